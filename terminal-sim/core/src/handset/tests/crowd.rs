//! A site where many radios wait to be heard (docs/protocol.md, clause 5.3.7).

use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::{ProfileId, Span};

use super::bench::Bench;
use crate::input::Input;

/// From how many opportunities the site has retries drawn.
const BACKOFF_NOW: u16 = 600;

/// How many opportunities lay between the sayings of the same word.
fn gaps(bench: &Bench, is_it: impl Fn(&UplinkWord) -> bool) -> Vec<u32> {
    let counts: Vec<u32> = bench
        .uplink
        .iter()
        .filter(|(_, burst)| is_it(&burst.word))
        .map(|(_, burst)| burst.place.count)
        .collect();
    assert!(counts.len() > 2, "it was said only {} times", counts.len());
    counts.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// A radio that nothing is answered any more at a crowded site.
fn unanswered() -> Bench {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.system.backoff_now = BACKOFF_NOW;
    bench.run(Span::from_secs(3));
    bench.forget();
    bench
}

#[test]
fn a_registration_is_tried_again_over_all_that_the_site_says() {
    let mut bench = Bench::new(ProfileId::Tetra);
    bench.system.backoff_now = BACKOFF_NOW;
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(60));
    let gaps = gaps(&bench, |word| matches!(word, UplinkWord::Register(_)));
    assert!(gaps.iter().any(|gap| *gap > 100), "{gaps:?}");
}

#[test]
fn it_does_not_give_up_before_the_crowd_is_over() {
    let mut bench = Bench::new(ProfileId::Tetra);
    bench.system.backoff_now = 20;
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(60));
    let tries = bench.words().len();
    assert!(
        tries > 20,
        "without a crowd it would have been three times, and three after some ten seconds: {tries}"
    );
    bench.system.backoff_now = u16::from(bench.system.access.backoff);
    bench.run(Span::from_secs(4));
    bench.forget();
    bench.run(Span::from_secs(6));
    assert_eq!(bench.words(), [], "it waits before it begins anew");
}

#[test]
fn a_press_is_tried_again_before_registrations() {
    let mut bench = unanswered();
    bench.input(Input::PressPtt { kind: RequestKind::Normal });
    bench.run(Span::from_secs(10));
    let gaps = gaps(&bench, |word| matches!(word, UplinkWord::CallRequest(_)));
    let wait = u32::from(bench.system.access.wait);
    assert!(gaps.iter().all(|gap| *gap <= 64 + wait + 1), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap > 4 + wait + 1), "it makes way for others who press: {gaps:?}");
}

#[test]
fn an_alarm_makes_way_for_nobody() {
    let mut bench = unanswered();
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(10));
    let gaps = gaps(&bench, |word| matches!(word, UplinkWord::Alarm(_)));
    let (backoff, wait) = (u32::from(bench.system.access.backoff), u32::from(bench.system.access.wait));
    assert!(gaps.iter().all(|gap| *gap <= backoff + wait + 1), "{gaps:?}");
}
