//! Nobody reads half a burst: what was under way when a receiver was set to its channel is not heard.

use trunklab_protocol::air_downlink::{Grant, Release};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{BurstPlace, Cause, Moment, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::output::HandsetEvent;

fn hears(bench: &Bench) -> bool {
    bench.events.iter().any(|event| matches!(event, HandsetEvent::Hears { .. }))
}

fn joins(bench: &Bench) -> bool {
    bench.events.iter().any(|event| matches!(event, HandsetEvent::Joined { .. }))
}

/// A listener of every profile that is granted a call at some phase of its slot: when it joins, when it hears.
fn joined_and_heard(bench: &mut Bench) -> (Moment, Moment) {
    bench.says(bench.grant(Some(bench.talker(1018, 6, 1))));
    bench.shows(bench.voice(1018, 6, 0));
    bench.run_until(joins, Span::from_secs(1));
    let joined = bench.now;
    bench.run_until(hears, Span::from_secs(1));
    (joined, bench.now)
}

#[test]
fn a_burst_of_the_slot_that_was_under_way_is_not_heard() {
    for profile in PROFILES {
        for words in 0..8 {
            let mut bench = Bench::registered(profile.id);
            bench.run(profile.control.start(words));
            let (joined, heard) = joined_and_heard(&mut bench);
            let length = profile.burst_length(Channel::Traffic);
            assert!(heard >= joined + length, "{}: {joined} {heard}", profile.name);
            assert!(
                heard <= joined + length + profile.traffic.start(1),
                "{}: {joined} {heard}",
                profile.name
            );
        }
    }
}

#[test]
fn a_control_word_that_was_under_way_is_not_heard() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).listening();
        bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
        bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(1));
        let left = bench.now;
        let next = Grant { call: call(10), ..bench.grant(Some(bench.talker(1018, 7, 2))) };
        bench.shows = None;
        bench.says(next.clone());
        bench.run_until(|bench| bench.control_words.is_empty(), Span::from_secs(1));
        let began = bench.now - profile.burst_length(Channel::Control);
        assert_eq!(joins(&bench), began >= left, "{}: left at {left}, began at {began}", profile.name);
        bench.says(next);
        bench.run_until(joins, Span::from_secs(1));
        assert!(joins(&bench), "{}", profile.name);
    }
}

/// A machine that is late with a datagram does not make its radios miss the burst that follows at once.
#[test]
fn a_word_that_arrives_late_does_not_hide_the_burst_that_began_as_it_ended() {
    for profile in PROFILES.iter().filter(|profile| profile.slots > 1 && !profile.control_takes_carrier) {
        let mut bench = Bench::registered(profile.id);
        bench.lateness = Span::from_millis(3);
        let at = slot(14, 1);
        bench.says(Grant { at, ..bench.grant(Some(bench.talker(1018, 6, 1))) });
        bench.run_until(joins, Span::from_secs(1));
        let ended = bench.now - bench.lateness;
        let begins = |count| profile.downlink_start(ORIGIN, Channel::Traffic, at.slot, count);
        let count = (0..).find(|count| begins(*count) >= ended).unwrap();
        assert_eq!(begins(count), ended, "{}", profile.name);
        bench.run(profile.burst_length(Channel::Traffic));
        bench.radiate(BurstPlace { at, channel: Channel::Traffic, count }, bench.voice(1018, 6, 0).into());
        assert!(hears(&bench), "{}", profile.name);
    }
}
