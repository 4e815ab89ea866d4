//! Who a handset is, and by which of its names it registers (docs/services.md 13.2).

use trunklab_protocol::air_downlink::{Challenge, Deregistered, RegisterRefused, Registered};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::proof::{Seal, UnitKey};
use trunklab_protocol::{Cause, Identity, Imei, Imsi, ProfileId, ScanList, Span, StatusNumber, Subscription};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

fn imei() -> Imei {
    Imei::new(350_000_000_000_017).unwrap()
}

fn own_imsi() -> Option<Imsi> {
    Imsi::new(262_420_000_001_017)
}

/// A handset that knows its equipment and its key; the test answers it.
fn blank() -> Bench {
    let mut bench = Bench::programmed(ProfileId::Iden, |config| {
        (config.unit, config.identity, config.equipment) = (unit(9), Identity::Imei(imei()), Some(imei()));
    });
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench
}

fn named(bench: &Bench) -> Vec<Identity> {
    let words = bench.words();
    let register =
        |word: &UplinkWord| if let UplinkWord::Register(word) = word { Some(word.identity) } else { None };
    let mut named: Vec<_> = words.iter().filter_map(register).collect();
    named.dedup();
    named
}

fn answered(bench: &Bench) -> bool {
    bench.words().iter().any(|word| matches!(word, UplinkWord::Answer(_)))
}

/// Challenges it and waits for its answer.
fn challenge(bench: &mut Bench) {
    bench.run_until(|bench| !bench.words().is_empty(), Span::from_secs(8));
    bench.says(Challenge { identity: Identity::Imei(imei()), challenge: CHALLENGE });
    bench.run_until(answered, Span::from_secs(3));
    assert!(answered(bench));
}

fn welcome(seal: Option<Seal>) -> Registered {
    Registered {
        identity: Identity::Imei(imei()),
        unit: unit(1017),
        tmsi: TMSI,
        talkgroup: Some(talkgroup(41)),
        secondary: ScanList::default(),
        subscription: seal.map(|seal| Subscription { imsi: own_imsi(), seal }),
    }
}

fn own_seal() -> Seal {
    KEY.seal(&CHALLENGE, imei(), unit(1017), own_imsi())
}

#[test]
fn a_blank_handset_names_its_equipment_and_is_told_who_it_is() {
    let mut bench = blank();
    challenge(&mut bench);
    let answer = bench
        .words()
        .into_iter()
        .find_map(|word| if let UplinkWord::Answer(word) = word { Some(word.response) } else { None });
    assert_eq!(answer, Some(KEY.answer(&CHALLENGE, Some(imei()))));
    bench.says(welcome(Some(own_seal())));
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(3));
    assert!(bench.events.contains(&HandsetEvent::Subscribed { unit: unit(1017), imsi: own_imsi() }));
    assert_eq!((bench.phase(), bench.handset.state().unit), (Phase::Idle, unit(1017)));
}

/// A base station that is not its network's can say what it likes.
#[test]
fn a_blank_handset_believes_its_own_network_alone() {
    let strangers = UnitKey::new([9; 16]).seal(&CHALLENGE, imei(), unit(1017), own_imsi());
    let for_another = KEY.seal(&CHALLENGE, imei(), unit(1018), own_imsi());
    for (seal, told) in [(None, 0), (Some(strangers), 1), (Some(for_another), 1)] {
        let mut bench = blank();
        challenge(&mut bench);
        bench.says(welcome(seal));
        bench.run(Span::from_millis(500));
        assert_eq!(bench.phase(), Phase::Registering, "{seal:?}");
        let broken = HandsetEvent::RegisterRefused { cause: Cause::BrokenSeal };
        assert_eq!(bench.events.iter().filter(|event| **event == broken).count(), told);
        // The right welcome still finds it.
        bench.says(welcome(Some(own_seal())));
        bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(3));
        assert_eq!(bench.phase(), Phase::Idle, "{seal:?}");
    }
}

#[test]
fn what_it_was_told_outlasts_power_and_battery() {
    let mut bench = blank();
    challenge(&mut bench);
    bench.says(welcome(Some(own_seal())));
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(3));
    for new_battery in [false, true] {
        bench.input(Input::PowerOff);
        bench.run_until(|bench| bench.phase() == Phase::Off, Span::from_secs(8));
        if new_battery {
            bench.handset = bench.handset.with_new_battery();
        }
        bench.forget();
        bench.input(Input::PowerOn);
        bench.run_until(|bench| !named(bench).is_empty(), Span::from_secs(8));
        assert_eq!(named(&bench), [Identity::Imsi(own_imsi().unwrap())]);
    }
}

#[test]
fn without_a_subscription_it_names_its_individual_id() {
    let mut bench = blank();
    challenge(&mut bench);
    let seal = KEY.seal(&CHALLENGE, imei(), unit(1017), None);
    bench.says(Registered { subscription: Some(Subscription { imsi: None, seal }), ..welcome(None) });
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(3));
    assert_eq!(bench.handset.programming().identity, Identity::Unit(unit(1017)));
}

/// On its way to site 5, where the test answers it.
fn moving() -> Bench {
    let mut bench = super::moving::leaving();
    bench.registers = false;
    bench.run_until(|bench| !named(bench).is_empty(), Span::from_secs(5));
    assert_eq!(named(&bench), [Identity::Tmsi(TMSI)]);
    bench
}

#[test]
fn a_temporary_identity_that_is_refused_gives_way_to_the_subscription_at_once() {
    for cause in [Cause::StaleTmsi, Cause::UnknownIdentity, Cause::AuthenticationFailed] {
        let mut bench = moving();
        bench.says(RegisterRefused { identity: Identity::Tmsi(TMSI), cause });
        bench.registers = true;
        bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(5));
        assert_eq!(named(&bench), [Identity::Tmsi(TMSI), imsi()], "{cause:?}");
        assert_eq!((bench.phase(), bench.handset.state().site), (Phase::Idle, Some(site(5))));
    }
}

#[test]
fn another_refusal_of_a_temporary_identity_says_what_it_always_says() {
    let mut bench = moving();
    bench.says(RegisterRefused { identity: Identity::Tmsi(TMSI), cause: Cause::RegisterFull });
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(5));
    assert_eq!((bench.phase(), named(&bench).len()), (Phase::Idle, 1));
}

#[test]
fn what_the_user_of_a_cloned_handset_was_telling_is_not_told() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Status { number: StatusNumber::new(3).unwrap(), to: None });
    bench.says(Deregistered { unit: unit(1017), cause: Cause::ClonedIdentity });
    bench.run(Span::from_millis(200));
    let told = [
        HandsetEvent::MessageRefused { cause: Cause::NotRegistered },
        HandsetEvent::RegisterRefused { cause: Cause::ClonedIdentity },
    ];
    assert_eq!(bench.events, told);
}

/// Two radios of one identity would otherwise put each other out for ever.
#[test]
fn a_handset_whose_identity_is_cloned_waits_until_it_is_switched_on_again() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(Deregistered { unit: unit(1017), cause: Cause::ClonedIdentity });
    bench.run(Span::from_secs(60));
    assert_eq!((bench.phase(), named(&bench).len()), (Phase::Denied, 0));
    assert_eq!(bench.events, [HandsetEvent::RegisterRefused { cause: Cause::ClonedIdentity }]);
    bench.input(Input::PowerOff);
    bench.input(Input::PowerOn);
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(10));
    assert_eq!(named(&bench), [imsi()]);
}
