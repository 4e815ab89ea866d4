//! A call of a recorded talkgroup over real sockets: what the controller keeps of it sounds as it was said, and our own import
//! reads who said it.

use std::fs;
use std::path::Path;

use crate::two_sites::{plan, unit};
use trunklab::import::{Limits, read_calls};
use trunklab::lab::live::Live;
use trunklab::lab::script::{Deed, Script};
use trunklab::speech::{SAMPLE_RATE_HZ, envelope, synth, vocoder, wav};
use trunklab_controller_core::config::SpeechPolicy;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Moment, ProfileId, Span, UnitId};
use trunklab_terminal_core::input::Input;

/// The units, and at which site.
const UNITS: [(u32, u16); 2] = [(1001, 2), (1002, 1)];

/// When each of them talks, long after both have registered; the second answers while the call hangs.
const TALKS: [u64; 2] = [15, 21];

const SENTENCE_S: f64 = 4.0;

/// A second and a half for grant and slots, in steps of the envelope.
const LAG_MAX: usize = 150;

/// One call in which both talk.
async fn call(speech: SpeechPolicy, recordings: &Path) {
    let mut plan = plan(ProfileId::Iden, &UNITS);
    plan.talkgroups[0].speech = speech;
    let mut live = Live::start_recorded(plan, 7, Some(recordings.to_owned())).await.unwrap();
    let mut deeds = Vec::new();
    for ((number, _), (second, seed)) in UNITS.into_iter().zip(TALKS.into_iter().zip(1..)) {
        let mut does = |at: Moment, input| deeds.push((at, Deed::User(unit(number), input)));
        let press = Moment::ORIGIN + Span::from_secs(second);
        does(Moment::ORIGIN, Input::PowerOn);
        does(press, Input::PressPtt { kind: RequestKind::Normal });
        does(press, Input::Speech(vocoder::encode(&synth::sentence(seed, SENTENCE_S))));
        does(press + Span::from_secs(5), Input::ReleasePtt);
    }
    live.play(&Script::new(deeds), Moment::ORIGIN + Span::from_secs(34), |_, _, _| {}).await.unwrap();
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_call_sounds_as_it_was_said_and_our_import_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    call(SpeechPolicy::Recorded, folder.path()).await;
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    println!("{names:?}");
    assert_eq!(names.len(), 2, "one recording and its description");

    let log = read_calls(folder.path(), &Limits::default()).unwrap();
    assert_eq!(log.report.defects.first, [], "nothing is wrong with what we write");
    let talkers: Vec<_> = log.transmissions.iter().map(|one| one.radio.map(UnitId::number)).collect();
    assert_eq!(talkers, [Some(1001), Some(1002)]);
    assert!(
        log.transmissions.iter().all(|one| one.talkgroup.number() == 41 && !one.encrypted && !one.emergency)
    );
    println!("{:?}", log.transmissions);

    let heard = wav::read(&folder.path().join(&names[1])).unwrap();
    let first_ms = log.transmissions[0].duration.as_millis();
    let at = usize::try_from(first_ms * u64::from(SAMPLE_RATE_HZ) / 1_000).unwrap();
    let (first, second) = heard.split_at(at);
    for (heard, said, other) in [(first, 1, 2), (second, 2, 1)] {
        let heard = envelope::of(heard);
        let fit =
            |seed| envelope::correlate(&envelope::of(&synth::sentence(seed, SENTENCE_S)), &heard, LAG_MAX);
        let (own, stranger) = (fit(said).unwrap(), fit(other).unwrap());
        println!("sentence {said}: {own:?}, the other {stranger:?}");
        // On a busy machine bursts come late and are lost: who spoke is plain all the same.
        assert!(own.correlation >= 0.7, "{own:?}");
        assert!(stranger.correlation <= own.correlation - 0.2, "{own:?}, {stranger:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_encrypted_talkgroup_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    call(SpeechPolicy::Encrypted, folder.path()).await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
