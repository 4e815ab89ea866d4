//! What a listener hears is what the talker said: from speech through codec2, slots, RTP, the switch and slots again.

use crate::two_sites::{plan, unit};
use trunklab::lab::live::{Live, News};
use trunklab::lab::script::{Deed, Script};
use trunklab::lab::summary::Spoken;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::{Heard, World};
use trunklab::speech::{Recorder, envelope, synth, vocoder};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{Moment, ProfileId, Span};
use trunklab_terminal_core::input::Input;

/// Talks at site 2.
const TALKER: u32 = 1001;
/// Listens at site 2, and hears the talker off the site itself.
const NEAR: u32 = 1003;
/// Listens at site 1, and hears the talker through the switch.
const FAR: u32 = 1002;

/// The talker presses here, long after everybody has registered.
const PRESS: Moment = Moment::from_micros(20_000_000);
const SENTENCE_S: f64 = 6.0;

/// A second and a half for grant, slots and switch, in steps of the envelope.
const LAG_MAX: usize = 150;

/// Frames that begin and end a sentence may be lost to set-up and release; the rest may not.
const EDGE_FRAMES: u32 = 12;

/// The units, and at which site.
const UNITS: [(u32, u16); 3] = [(TALKER, 2), (FAR, 1), (NEAR, 2)];

/// Everything that was heard while the talker said the sentence.
fn say(profile: ProfileId, sentence: &[i16], also: Option<Deed>) -> Vec<Heard> {
    let mut world = World::new(plan(profile, &UNITS), Weather::CALM, 7);
    for number in [TALKER, FAR, NEAR] {
        world.user(unit(number), Input::PowerOn);
    }
    world.run_until(PRESS);
    if let Some(deed) = also {
        world.perform(deed);
    }
    world.user(unit(TALKER), Input::PressPtt { kind: RequestKind::Normal });
    world.user(unit(TALKER), Input::Speech(vocoder::encode(sentence)));
    // The button stays down for longer than the sentence lasts.
    world.run_until(PRESS + Span::from_secs(8));
    world.user(unit(TALKER), Input::ReleasePtt);
    world.run_until(PRESS + Span::from_secs(14));
    world.take_heard()
}

fn recording(heard: &[Heard], listener: u32, profile: ProfileId) -> Vec<i16> {
    let mut recorder = Recorder::new(PRESS, Span::from_secs(20));
    for run in heard.iter().filter(|heard| heard.unit == unit(listener)) {
        assert_eq!(run.talker, unit(TALKER), "{profile}");
        recorder.hear(run.at, run.spurt, run.position, &run.frames).unwrap();
    }
    recorder.finish(PRESS)
}

/// Positions of the spurt that a listener's loudspeaker played.
fn positions(heard: &[Heard], listener: u32) -> Vec<u32> {
    let runs = heard.iter().filter(|heard| heard.unit == unit(listener));
    runs.flat_map(|run| {
        let frames = run.frames.frames().iter().zip(run.position..);
        frames.filter(|(frame, _)| frame.is_some()).map(|(_, position)| position).collect::<Vec<_>>()
    })
    .collect()
}

/// The same over real sockets: everything that was heard while the talker said the sentence.
async fn say_live(profile: ProfileId, sentence: Vec<VoiceFrame>) -> Vec<Heard> {
    let on = [TALKER, FAR, NEAR].map(|number| (Moment::ORIGIN, Deed::User(unit(number), Input::PowerOn)));
    let press = Input::PressPtt { kind: RequestKind::Normal };
    let mut deeds = on.to_vec();
    deeds.extend([
        (PRESS, Deed::User(unit(TALKER), press)),
        (PRESS, Deed::User(unit(TALKER), Input::Speech(sentence))),
        (PRESS + Span::from_secs(8), Deed::User(unit(TALKER), Input::ReleasePtt)),
    ]);
    let mut live = Live::start(plan(profile, &UNITS), 7).await.unwrap();
    let mut heard = Vec::new();
    let until = PRESS + Span::from_secs(10);
    live.play(&Script::new(deeds), until, |_, _, news| {
        if let Some(News::Heard(run)) = news {
            heard.push(run);
        }
    })
    .await
    .unwrap();
    live.stop().await.unwrap();
    heard
}

/// Which of the listeners did not hear the talker's own sentence, or heard the other, and how like it was.
fn unlike(profile: ProfileId, heard: &[Heard], own: &[f32], other: &[f32]) -> Vec<String> {
    let mut unlike = Vec::new();
    for listener in [NEAR, FAR] {
        let envelope = envelope::of(&recording(heard, listener, profile));
        let [fit, stranger] = [own, other].map(|said| envelope::correlate(said, &envelope, LAG_MAX));
        println!("{profile}, unit {listener}: {fit:?}, another sentence {stranger:?}");
        let is_own = fit.is_some_and(|fit| fit.correlation >= 0.8);
        if !is_own || stranger.is_some_and(|stranger| stranger.correlation > 0.5) {
            unlike.push(format!("{profile}, unit {listener}: {fit:?}, another sentence {stranger:?}"));
        }
    }
    unlike
}

/// The networks run at once, and a machine that stalls for longer than a slot costs one of them a burst, or the talk permit
/// its opportunity. So a sentence that was not heard well is said again, by a network alone; what fails twice, fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_over_real_sockets_is_the_talkers_speech() {
    let sentence = synth::sentence(1, SENTENCE_S);
    let (own, other) = (envelope::of(&sentence), envelope::of(&synth::sentence(2, SENTENCE_S)));
    // The vocoder takes its time: nothing that lives in real time is to wait for it.
    let frames = vocoder::encode(&sentence);
    let runs = [ProfileId::Iden, ProfileId::Tetra, ProfileId::P25p1]
        .map(|profile| (profile, tokio::spawn(say_live(profile, frames.clone()))));
    let mut all_heard = Vec::new();
    for (profile, run) in runs {
        all_heard.push((profile, run.await.unwrap()));
    }
    let mut failed = Vec::new();
    for (profile, heard) in all_heard {
        let first = unlike(profile, &heard, &own, &other);
        if !first.is_empty() {
            println!("beside the others: {}", first.join("; "));
            failed.extend(unlike(profile, &say_live(profile, frames.clone()).await, &own, &other));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_recording_is_the_talkers_speech_with_every_profile() {
    let sentence = synth::sentence(1, SENTENCE_S);
    let (own, other) = (envelope::of(&sentence), envelope::of(&synth::sentence(2, SENTENCE_S)));
    for profile in ProfileId::ALL {
        let heard = say(*profile, &sentence, None);
        for listener in [NEAR, FAR] {
            let envelope = envelope::of(&recording(&heard, listener, *profile));
            let fit = envelope::correlate(&own, &envelope, LAG_MAX).unwrap();
            assert!(fit.correlation >= 0.8, "{profile}, unit {listener}: {fit:?}");
            assert!(fit.lag > 0, "{profile}, unit {listener}: nothing is heard before it is said: {fit:?}");
            let stranger = envelope::correlate(&other, &envelope, LAG_MAX).unwrap();
            assert!(stranger.correlation <= 0.5, "{profile}, unit {listener}: {stranger:?}");
        }
    }
}

/// Three seconds pressed are three seconds less what was said before the permit, for the listener at the talker's site
/// and for the one behind the switch.
#[test]
fn all_that_is_said_between_permit_and_release_is_heard_with_every_profile() {
    let sentence = synth::sentence(1, 3.0);
    for profile in ProfileId::ALL {
        let mut world = World::new(plan(*profile, &UNITS), Weather::CALM, 7);
        for number in [TALKER, FAR, NEAR] {
            world.user(unit(number), Input::PowerOn);
        }
        world.run_until(PRESS);
        world.user(unit(TALKER), Input::PressPtt { kind: RequestKind::Normal });
        world.user(unit(TALKER), Input::Speech(vocoder::encode(&sentence)));
        world.run_until(PRESS + Span::from_secs(3));
        world.user(unit(TALKER), Input::ReleasePtt);
        world.run_until(PRESS + Span::from_secs(8));
        let Spoken { sent, clipped } = world.traffic().spoken;
        // A burst that was under way at the release goes to its end.
        let air = profile.profile();
        let fills = if air.slotted { 0 } else { u64::from(air.voice_frames(0)) - 1 };
        assert!((150..=150 + fills).contains(&(sent + clipped)), "{profile}: {sent} sent, {clipped} clipped");
        assert!((1..25).contains(&clipped), "{profile}: {clipped}");
        let heard = world.take_heard();
        for listener in [NEAR, FAR] {
            let expected: Vec<u32> = (0..u32::try_from(sent).unwrap()).collect();
            assert_eq!(positions(&heard, listener), expected, "{profile}, unit {listener}");
        }
    }
}

#[test]
fn a_lost_packet_is_a_gap_at_that_instant_and_only_beyond_the_switch() {
    let sentence = synth::sentence(1, SENTENCE_S);
    for profile in ProfileId::ALL {
        let whole = say(*profile, &sentence, None);
        let lost = Deed::LoseVoicePacket { unit: unit(TALKER), packet: 15 };
        let holed = say(*profile, &sentence, Some(lost));
        assert_eq!(
            positions(&whole, NEAR),
            positions(&holed, NEAR),
            "{profile}: the talker's own site hears all"
        );
        let (before, after) = (positions(&whole, FAR), positions(&holed, FAR));
        let gap: Vec<u32> = before.iter().copied().filter(|position| !after.contains(position)).collect();
        assert_eq!(before.len() - after.len(), gap.len(), "{profile}: nothing else has changed");
        let first = *gap.first().unwrap_or_else(|| panic!("{profile}: no gap"));
        let frames = u32::try_from(gap.len()).unwrap();
        assert!(gap.iter().copied().eq(first..first + frames), "{profile}: one gap, not {gap:?}");
        assert!(frames <= 9, "{profile}: a packet has at most nine frames, not {gap:?}");
        assert!(
            first >= EDGE_FRAMES && first + frames + EDGE_FRAMES < 300,
            "{profile}: in mid-sentence: {gap:?}"
        );
    }
}
