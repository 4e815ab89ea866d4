use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::BytesMut;
#[cfg(feature = "codec2")]
use serde_json::Value;
use smallvec::SmallVec;
use trunklab_controller_core::output::{CallRecord, HeldSlot, RecordedSpurt};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{VoiceFrame, VoicePacket};
use trunklab_protocol::{
    CallId, CarrierNumber, Cause, Epoch, Moment, NodeId, Priority, SiteId, SlotAddress, SlotNumber, SpurtId,
    TalkgroupId, UnitId,
};
#[cfg(feature = "codec2")]
use trunklab_speech::{envelope, synth, vocoder, wav};

use super::*;
use crate::counters::Counters;

const NOW_US: u64 = 1_700_000_000_250_000;

struct Bench {
    directory: tempfile::TempDir,
    counters: Arc<Counters>,
    recorder: Recorder,
}

fn epoch() -> Epoch {
    Epoch::new(1).unwrap()
}

fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: epoch(), counter }
}

fn spurt(counter: u32, number: u32, unit: u32) -> RecordedSpurt {
    RecordedSpurt {
        call: call(counter),
        talkgroup: TalkgroupId::new(41).unwrap(),
        spurt: SpurtId::new(number).unwrap(),
        unit: UnitId::new(unit).unwrap(),
    }
}

fn record(counter: u32) -> CallRecord {
    let at = SlotAddress { carrier: CarrierNumber::new(12).unwrap(), slot: SlotNumber::new(0).unwrap() };
    let held =
        HeldSlot { site: SiteId::new(3).unwrap(), at, from: Moment::ORIGIN, until: Some(Moment::ORIGIN) };
    CallRecord {
        call: call(counter),
        epoch: epoch(),
        parties: TalkgroupId::new(41).unwrap().into(),
        caller: UnitId::new(1017),
        kind: RequestKind::Emergency,
        area: None,
        priority: Priority::new(5).unwrap(),
        requested: Moment::ORIGIN,
        granted: Moment::ORIGIN,
        released: Some((Moment::ORIGIN, Cause::HangTimeOver)),
        slots: SmallVec::from_iter([held]),
        spurts: SmallVec::new(),
        monitored_by: None,
    }
}

impl Bench {
    fn with_room(octets_max: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("left.wav.part"), "by a controller that was killed").unwrap();
        let folder = Folder::open(directory.path(), octets_max).unwrap();
        let counters = Arc::new(Counters::default());
        let recorder = Recorder::start(folder, Arc::clone(&counters)).unwrap();
        Self { directory, counters, recorder }
    }

    /// Packets of five frames, without those that `lost` names.
    fn hear(&self, spurt: RecordedSpurt, frames: &[VoiceFrame], lost: impl Fn(usize) -> bool) {
        let key = VoiceKey::new([7; 16]);
        for (packet, frames) in frames.chunks(5).enumerate().filter(|(packet, _)| !lost(*packet)) {
            let mut datagram = BytesMut::new();
            let packet = VoicePacket {
                spurt: spurt.spurt,
                sequence: u16::try_from(packet).unwrap(),
                position: u32::try_from(packet * 5).unwrap(),
                marker: packet == 0,
                frames: SmallVec::from_slice(frames),
            };
            packet.encode(&key, &mut datagram);
            self.recorder.handle().hears(&datagram);
        }
    }

    /// Stops the recorder; the names of what is in the folder, and what was counted.
    fn stop(self) -> (tempfile::TempDir, Vec<String>, Vec<(Cause, u64)>) {
        self.recorder.stop();
        // A folder that is gone holds nothing.
        let mut names: Vec<_> = fs::read_dir(self.directory.path())
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        (self.directory, names, self.counters.recordings_failed.read())
    }
}

#[cfg(feature = "codec2")]
#[test]
fn a_call_is_a_wav_file_with_its_description_and_sounds_as_it_did() {
    let bench = Bench::with_room(1 << 20);
    let handle = bench.recorder.handle();
    let sentences = [synth::sentence(1, 3.0), synth::sentence(2, 2.0)];
    for (index, sentence) in (0_u32..).zip(&sentences) {
        let talk = spurt(9, 100 + index, 1017 + index);
        handle.begins(talk, NOW_US + u64::from(index) * 7_000_000);
        handle.begins(talk, NOW_US + 99_000_000);
        assert!(handle.wants(talk.spurt) && !handle.wants(SpurtId::new(999).unwrap()));
        // A packet of the first talk is lost, and one comes again.
        bench.hear(talk, &vocoder::encode(sentence), |packet| index == 0 && packet == 7);
        bench.hear(talk, &vocoder::encode(sentence)[..5], |_| false);
        handle.forgets(talk.spurt);
    }
    handle.over(&record(9));
    let (directory, names, failed) = bench.stop();
    assert_eq!(names, ["41-1700000000-call_1.1.9.json", "41-1700000000-call_1.1.9.wav"]);
    assert_eq!(failed, [(Cause::StalePacket, 2)]);

    let place = |name: &str| directory.path().join(name);
    let heard = wav::read(&place(&names[1])).unwrap();
    assert_eq!(heard.len(), 5 * 8_000);
    let (first, second) = heard.split_at(3 * 8_000);
    assert!(
        first[7 * 800..8 * 800].iter().all(|sample| *sample == 0),
        "the lost packet is silence in its place"
    );
    for (sentence, heard) in sentences.iter().zip([first, second]) {
        let fit = envelope::correlate(&envelope::of(sentence), &envelope::of(heard), 10).unwrap();
        assert!(fit.correlation > 0.7, "{fit:?}");
    }
    let description: Value = serde_json::from_str(&fs::read_to_string(place(&names[0])).unwrap()).unwrap();
    let said = |name: &str| description[name].clone();
    assert_eq!(
        (said("talkgroup"), said("call_length"), said("emergency")),
        (41.into(), 5.0.into(), 1.into())
    );
    assert_eq!((said("start_time_ms"), said("freq")), (1_700_000_000_250_u64.into(), 851_287_500_u64.into()));
    let talkers: Vec<_> = said("srcList")
        .as_array()
        .unwrap()
        .iter()
        .map(|talker| {
            (
                talker["src"].as_u64().unwrap(),
                talker["pos"].as_f64().unwrap(),
                talker["time"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(talkers, [(1017, 0.0, 1_700_000_000), (1018, 3.0, 1_700_000_007)]);
}

#[test]
fn what_goes_beyond_the_room_is_given_up_and_the_next_that_fits_is_kept() {
    // Room for a second of sound and no more.
    let bench = Bench::with_room(4_096 + 256 + 16_000);
    let handle = bench.recorder.handle();
    let frames = [[0x5A; 8]; 51];
    for (counter, frames) in [(1, &frames[..]), (2, &frames[..50])] {
        let talk = spurt(counter, 100 + counter, 1017);
        handle.begins(talk, NOW_US);
        bench.hear(talk, frames, |_| false);
        handle.over(&record(counter));
    }
    let (_directory, names, failed) = bench.stop();
    assert_eq!(failed, [(Cause::RecordingsFull, 1)]);
    assert_eq!(names, ["41-1700000000-call_1.1.2.json", "41-1700000000-call_1.1.2.wav"]);
}

#[test]
fn what_cannot_be_written_is_counted_and_a_silent_call_leaves_nothing() {
    let bench = Bench::with_room(1 << 20);
    let handle = bench.recorder.handle();
    handle.begins(spurt(1, 101, 1017), NOW_US);
    handle.over(&record(1));
    bench.hear(spurt(1, 101, 1017), &[[0; 8]; 5], |_| false);
    while bench.counters.recordings_failed.read() != [(Cause::UnknownSpurt, 1)] {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let gone: PathBuf = bench.directory.path().to_owned();
    assert_eq!(fs::read_dir(&gone).unwrap().count(), 0, "nothing was said, and nothing unfinished is left");
    fs::remove_dir(&gone).unwrap();
    handle.begins(spurt(2, 102, 1017), NOW_US);
    bench.hear(spurt(2, 102, 1017), &[[0; 8]; 5], |_| false);
    handle.over(&record(2));
    let (_directory, _, failed) = bench.stop();
    assert_eq!(failed, [(Cause::UnknownSpurt, 1), (Cause::RecordingFailed, 1)]);
    assert!(Folder::open(&gone, 1).unwrap_err().to_string().starts_with("--recordings "));
}

/// Set in the process whose files may not grow.
#[cfg(unix)]
const LIMITED: &str = "TRUNKLAB_TEST_FILES_ARE_LIMITED";

/// The system itself refuses to write here: this test runs once more as a process whose files may not grow beyond 16 KiB (where a
/// shell counts in kilobytes, 32), and is told so by an error instead of the signal that ends it otherwise.
#[cfg(unix)]
#[test]
fn a_recording_for_which_the_system_has_no_room_is_given_up_and_the_next_that_fits_is_kept() {
    if std::env::var_os(LIMITED).is_none() {
        let (_, module) = module_path!().split_once("::").unwrap();
        let name = format!(
            "{module}::a_recording_for_which_the_system_has_no_room_is_given_up_and_the_next_that_fits_is_kept"
        );
        let output = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ && ulimit -f 32 && exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args([&name, "--exact", "--nocapture"])
            .env(LIMITED, "yes")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}{output:?}");
        return;
    }
    let bench = Bench::with_room(1 << 20);
    let handle = bench.recorder.handle();
    // Two seconds and a half, 40,000 octets, then a tenth of a second.
    let frames = [[0x5A; 8]; 125];
    for (counter, frames) in [(1, &frames[..]), (2, &frames[..5])] {
        let talk = spurt(counter, 100 + counter, 1017);
        handle.begins(talk, NOW_US);
        bench.hear(talk, frames, |_| false);
        handle.over(&record(counter));
    }
    let (_directory, names, failed) = bench.stop();
    assert_eq!(failed, [(Cause::RecordingFailed, 1)]);
    assert_eq!(names, ["41-1700000000-call_1.1.2.json", "41-1700000000-call_1.1.2.wav"]);
}

#[test]
fn a_term_that_ends_finishes_what_grows() {
    let bench = Bench::with_room(1 << 20);
    let handle = bench.recorder.handle();
    handle.begins(spurt(1, 101, 1017), NOW_US);
    bench.hear(spurt(1, 101, 1017), &[[0; 8]; 5], |_| false);
    handle.term_over();
    handle.over(&record(1));
    let (_directory, names, failed) = bench.stop();
    assert_eq!((names.len(), failed), (2, Vec::new()));
}
