//! Whose speech is recorded.

use trunklab_controller_core::config::SpeechPolicy;
use trunklab_protocol::operator::Order;

use crate::support::{System, talkgroup};

const SAID: &str = "recorder: call 1: unit 1017 is recorded";

fn patched(own: SpeechPolicy, other: SpeechPolicy) -> System {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_as(41, |config| config.speech = own);
    system.has_talkgroup_as(42, |config| config.speech = other);
    system.console(Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] });
    system.unit(1017).presses_ptt(41);
    system
}

#[test]
fn the_speech_of_a_recorded_talkgroup_is_named_before_the_switch_hears_of_it() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_as(41, |config| config.speech = SpeechPolicy::Recorded);
    system.unit(1017).presses_ptt(41);
    system.expect(SAID);
    let place = |words: &str| system.log.iter().position(|line| line.contains(words)).unwrap();
    assert!(place("recorder: ") < place("switch"), "{:#?}", system.log);
    system.unit(1017).releases_ptt();
    system.expect_no("recorder: ");
    system.unit(1018).presses_ptt(41);
    system.expect("recorder: call 1: unit 1018 is recorded");
}

#[test]
fn what_an_encrypted_talkgroup_hears_is_never_recorded() {
    use SpeechPolicy::{Encrypted, Passing, Recorded};
    for (own, other, is_recorded) in [
        (Passing, Passing, false),
        (Recorded, Passing, true),
        (Passing, Recorded, true),
        (Encrypted, Recorded, false),
        (Recorded, Encrypted, false),
    ] {
        let system = patched(own, other);
        let said = system.log.iter().any(|line| line == SAID);
        assert_eq!(said, is_recorded, "{own:?} with {other:?}: {:#?}", system.log);
    }
}
