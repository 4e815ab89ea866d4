use trunklab_protocol::air_uplink::{UplinkWord, Voice};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{Moment, ProfileId, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::Output;

fn voices(bench: &Bench) -> Vec<Voice> {
    bench
        .words()
        .into_iter()
        .filter_map(|word| if let UplinkWord::Voice(voice) = word { Some(voice) } else { None })
        .collect()
}

#[test]
fn speech_goes_out_in_order_at_the_profiles_rate_in_the_calls_own_slots() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).talking();
        let speech: Vec<VoiceFrame> = (0..100).map(|frame| [frame; 8]).collect();
        bench.input(Input::Speech(speech));
        bench.run(Span::from_secs(2) + profile.traffic.period());
        let mut position = voices(&bench)[0].position;
        let mut spoken = Vec::new();
        for voice in voices(&bench) {
            assert_eq!(voice.position, position, "{}", profile.name);
            position += u32::try_from(voice.frames.len()).unwrap();
            spoken.extend(voice.frames.frames().iter().map(|frame| frame.expect("a talker loses nothing")));
        }
        // Bursts before the speech came carry silence.
        let spoken: Vec<_> = spoken.into_iter().skip_while(|frame| *frame == [0; 8]).collect();
        assert!(spoken.len() >= 90, "{}: {}", profile.name, spoken.len());
        for (index, frame) in spoken.iter().take(99).enumerate() {
            assert_eq!(frame[0], u8::try_from(index + 1).unwrap(), "{}", profile.name);
        }
        for (at, burst) in &bench.uplink {
            let start =
                profile.uplink_start(ORIGIN, Channel::Traffic, burst.place.at.slot, burst.place.count);
            assert_eq!((*at, burst.place.at), (start, bench.traffic()), "{}", profile.name);
        }
    }
}

/// Presses and speaks for three seconds, and is granted the floor some time after; when the permit came, how many frames
/// were clipped, and each burst of speech with its beginning.
fn three_seconds(bench: &mut Bench, granted_after: Span) -> (Moment, u32, Vec<(Moment, Voice)>) {
    let end = bench.now + Span::from_secs(3);
    bench.press();
    bench.input(Input::Speech((1..=150).map(|frame| [frame; 8]).collect()));
    bench.run(granted_after);
    let talker = bench.talker(1017, 5, bench.last_press());
    bench.says(bench.grant(Some(talker)));
    bench.shows(bench.floor_taken(talker));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
    let permit = bench.now;
    bench.run(end.since(bench.now));
    bench.input(Input::ReleasePtt);
    bench.run_until(|bench| bench.words().iter().any(is_talk_end), Span::from_secs(1));
    let clipped = bench.outputs.iter().find_map(|(_, output)| match output {
        Output::Clipped { frames } => Some(*frames),
        Output::Hunt
        | Output::Tune { .. }
        | Output::Measure { .. }
        | Output::Mute
        | Output::HeardInFailsoft { .. }
        | Output::Transmit { .. }
        | Output::Heard { .. }
        | Output::Event(_) => None,
    });
    let voices = bench.uplink.iter().filter_map(|(at, burst)| {
        if let UplinkWord::Voice(voice) = &burst.word { Some((*at, voice.clone())) } else { None }
    });
    (permit, clipped.unwrap_or(0), voices.collect())
}

fn is_talk_end(word: &UplinkWord) -> bool {
    matches!(word, UplinkWord::TalkEnd(_))
}

#[test]
fn all_that_is_said_between_permit_and_release_is_sent_before_the_end_of_talk() {
    for profile in PROFILES {
        for step in 0..23 {
            let mut bench = Bench::registered(profile.id);
            let pressed = bench.now;
            let (permit, clipped, voices) = three_seconds(&mut bench, Span::from_millis(100 + 13 * step));
            let before = permit.since(pressed).as_millis() / 20;
            assert_eq!(
                u64::from(clipped),
                before,
                "{}: what is said before the permit is lost",
                profile.name
            );
            let mut next = 0;
            for (_, voice) in &voices {
                assert_eq!(voice.position, next, "{}", profile.name);
                for frame in voice.frames.frames() {
                    let number = clipped + next + 1;
                    // A long burst that was under way at the release goes to its end in silence.
                    let expected = if number <= 150 { u8::try_from(number).unwrap() } else { 0 };
                    assert_eq!(*frame, Some([expected; 8]), "{}", profile.name);
                    next += 1;
                }
            }
            let fills = if profile.slotted { 0 } else { u32::from(profile.voice_frames(0)) - 1 };
            assert!(clipped + next >= 150 && clipped + next <= 150 + fills, "{}: {next}", profile.name);
            assert!(is_talk_end(bench.words().last().unwrap()), "{}", profile.name);
        }
    }
}

#[test]
fn a_slot_carries_only_what_was_spoken_when_it_began() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        let (permit, _, voices) = three_seconds(&mut bench, Span::from_millis(300));
        let allowed = if profile.slotted { Span::ZERO } else { profile.burst_length(Channel::Traffic) };
        let (mut spoken, mut latest) = (0, Span::ZERO);
        for (at, voice) in voices {
            spoken += voice.frames.len() as u64;
            let said = permit + Span::from_millis(20 * spoken);
            assert!(said <= at + allowed + Span::from_millis(1), "{}: {said} in {at}", profile.name);
            latest = latest.max(at.since(said));
        }
        assert!(latest <= Span::from_millis(200), "{}: speech piles up: {latest:?}", profile.name);
    }
}

#[test]
fn a_press_during_the_last_words_does_not_cut_them_off() {
    let mut bench = Bench::registered(ProfileId::Tetra).talking();
    bench.input(Input::Speech((1..=50).map(|frame| [frame; 8]).collect()));
    bench.run(Span::from_secs(1));
    bench.input(Input::ReleasePtt);
    bench.press();
    bench.run_until(|bench| bench.words().iter().any(is_talk_end), Span::from_secs(1));
    let said: Vec<_> = voices(&bench).iter().flat_map(|voice| voice.frames.frames().to_vec()).collect();
    assert_eq!(said.last().unwrap(), &Some([50; 8]));
}

#[test]
fn a_talker_without_speech_sends_silence() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.run(Span::from_secs(1));
    let voices = voices(&bench);
    assert!(voices.len() >= 10);
    assert!(voices.iter().all(|voice| voice.frames.frames().iter().all(|frame| *frame == Some([0; 8]))));
}

#[test]
fn a_late_wake_loses_its_bursts_and_keeps_the_time() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.run(Span::from_secs(1));
    let before = voices(&bench).last().unwrap().clone();
    let sent = bench.uplink.len();
    bench.now += Span::from_millis(450);
    bench.input(Input::Time);
    bench.run_until(|bench| bench.uplink.len() > sent, Span::from_secs(1));
    let (first, second) = (&bench.uplink[sent - 1].1, &bench.uplink[sent].1);
    let after = voices(&bench).last().unwrap().clone();
    let bursts = second.place.count - first.place.count;
    assert!(bursts > 1);
    let expected = u64::from(bursts) * 90 / 20;
    assert!(u64::from(after.position - before.position).abs_diff(expected) <= 1);
}

#[test]
fn speech_before_the_button_is_not_sent() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Speech(vec![[9; 8]; 50]));
    let mut bench = bench.talking();
    bench.run(Span::from_secs(1));
    assert!(voices(&bench).iter().all(|voice| !voice.frames.frames().contains(&Some([9; 8]))));
}

#[test]
fn what_is_heard_goes_to_the_loudspeaker_with_its_place_in_time() {
    let mut bench = Bench::registered(ProfileId::Tetra).listening();
    bench.shows(bench.voice(1018, 6, 30));
    bench.run(Span::from_millis(100));
    let heard = bench.outputs.iter().find_map(|(_, output)| match output {
        Output::Heard { talker, position: 30, frames, .. } => Some((*talker, frames.frames().to_vec())),
        Output::Hunt
        | Output::Tune { .. }
        | Output::Measure { .. }
        | Output::Mute
        | Output::HeardInFailsoft { .. }
        | Output::Transmit { .. }
        | Output::Heard { .. }
        | Output::Clipped { .. }
        | Output::Event(_) => None,
    });
    assert_eq!(heard, Some((unit(1018), vec![Some([30; 8]), None])));
}

#[test]
fn the_end_of_talk_never_shares_a_burst_with_speech() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).talking();
        bench.run(Span::from_millis(700));
        // Released in the very moment of a voice burst.
        let bursts = bench.uplink.len();
        bench.run_until(|bench| bench.uplink.len() > bursts, Span::from_secs(1));
        assert_eq!(bench.uplink.last().unwrap().0, bench.now, "{}", profile.name);
        bench.input(Input::ReleasePtt);
        bench.run(profile.traffic.start(3));
        let mut places: Vec<_> = bench.uplink.iter().map(|(_, burst)| burst.place).collect();
        let all = places.len();
        places.dedup();
        assert_eq!(places.len(), all, "{}", profile.name);
        assert!(matches!(bench.uplink.last().unwrap().1.word, UplinkWord::TalkEnd(_)), "{}", profile.name);
    }
}
