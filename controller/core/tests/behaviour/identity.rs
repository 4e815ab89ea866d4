//! Who a radio is: first registration, temporary identities, vectors, equipment, clones (docs/services.md 13.2).

use std::collections::BTreeMap;

use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::from_site::{Answer, FromSite, Register};
use trunklab_protocol::proof::{Response, UnitKey};
use trunklab_protocol::to_site::{Registered, ToSite};
use trunklab_protocol::{Cause, ClonePolicy, Identity, Imei, Imsi, ScanList, Tmsi, UnitId};

use crate::support::{System, held_radio, imei, key, press, site, subscriber, unit};

/// Sites 3 and 5, talkgroup 41, subscribers 1017 and 1018 whose equipment the register does not know.
fn system() -> System {
    let mut system = System::new();
    system.has_site(3, 2);
    system.has_site(5, 2);
    system.has_talkgroup(41);
    for number in [1017, 1018] {
        system.provision(Change::Subscriber(unbound(number)));
    }
    system
}

fn unbound(number: u32) -> Subscriber {
    Subscriber { imei: None, ..subscriber(number, &[41]) }
}

fn imsi(number: u32) -> Identity {
    Identity::Imsi(Imsi::new(260_000_000_000_000 + u64::from(number)).unwrap())
}

fn equipment(number: u64) -> Option<Imei> {
    Imei::new(number)
}

/// What the site was told of a registration.
fn welcome(system: &System) -> Registered {
    let told = system.outputs.iter().find_map(|output| match output {
        Output::ToSite { message: ToSite::Registered(word), .. } => Some(word.clone()),
        _ => None,
    });
    told.expect("a site was told of a registration")
}

/// Registers by a name and with equipment.
fn registers(system: &mut System, number: u32, at: u16, named: Identity, with: Option<Imei>) -> Tmsi {
    system.unit(number).asks_to_register_as(at, named, with);
    system.unit(number).answers_rightly(Some(41));
    welcome(system).tmsi
}

fn radios(system: &System) -> Vec<u32> {
    system.controller.snapshot(system.now).sites.iter().map(|site| site.radios).collect()
}

#[test]
fn who_names_its_equipment_alone_is_told_who_it_is_under_its_own_seal() {
    let mut system = System::new();
    system.has_site(3, 2);
    system.provision(Change::Subscriber(subscriber(1017, &[])));
    system.unit(1017).asks_to_register_at(3);
    let challenge = system.challenges[&Identity::Imei(imei(unit(1017)))];
    system.unit(1017).answers_rightly(None);
    let told = welcome(&system);
    let given = told.subscription.expect("a blank radio is given its subscription");
    let imsi = Imsi::new(260_000_000_001_017);
    assert_eq!((told.unit, given.imsi), (unit(1017), imsi));
    assert!(given.seal.matches(&key(unit(1017)).seal(&challenge, imei(unit(1017)), unit(1017), imsi)));
    assert!(!given.seal.matches(&UnitKey::new([0; 16]).seal(&challenge, imei(unit(1017)), unit(1017), imsi)));
}

#[test]
fn who_names_its_subscription_is_given_none() {
    let mut system = system();
    registers(&mut system, 1017, 3, imsi(1017), None);
    assert_eq!(welcome(&system).subscription, None);
}

#[test]
fn each_registration_has_a_temporary_identity_of_its_own() {
    let mut system = system();
    let mut given = vec![
        registers(&mut system, 1017, 3, imsi(1017), None),
        registers(&mut system, 1018, 3, imsi(1018), None),
    ];
    given.push(registers(&mut system, 1017, 5, Identity::Tmsi(given[0]), None));
    system.unit(1017).is_switched_off();
    given.push(registers(&mut system, 1017, 5, imsi(1017), None));
    let all = given.len();
    given.sort_unstable();
    given.dedup();
    assert_eq!(given.len(), all);
}

#[test]
fn a_unit_that_moves_may_name_its_temporary_identity_which_is_good_once() {
    let mut system = system();
    let first = registers(&mut system, 1017, 3, imsi(1017), None);
    system.unit(1017).asks_to_register_as(5, Identity::Tmsi(first), None);
    system.expect(&format!("site 5 -> tmsi {first} challenged"));
    system.unit(1017).answers_rightly(Some(41));
    system.expect("event: unit 1017 moved from site 3 to site 5");
    // Its answer may come again: the welcome was lost on the air.
    let welcomed = system.outputs[0].clone();
    system.unit(1017).answers_rightly(Some(41));
    assert_eq!(system.outputs, [welcomed]);
    system.unit(1017).asks_to_register_as(3, Identity::Tmsi(first), None);
    system.expect_sites_hear(&[&format!(
        "site 3 -> tmsi {first} not registered: the temporary identity is no unit's any more"
    )]);
    assert_eq!(radios(&system), [0, 1]);
}

#[test]
fn a_temporary_identity_that_is_no_units_is_refused() {
    let mut system = system();
    let gone = registers(&mut system, 1017, 3, imsi(1017), None);
    system.unit(1017).is_switched_off();
    for tmsi in [gone, Tmsi::new(1).unwrap()] {
        system.unit(1017).asks_to_register_as(5, Identity::Tmsi(tmsi), None);
        system.expect(&format!(
            "site 5 -> tmsi {tmsi} not registered: the temporary identity is no unit's any more"
        ));
    }
}

/// Two sites ask for one unit's challenge; the one that is answered late names a temporary identity that is over.
#[test]
fn a_temporary_identity_that_went_over_while_it_was_challenged_is_refused() {
    let mut system = system();
    let first = registers(&mut system, 1017, 3, imsi(1017), None);
    system.unit(1017).asks_to_register_as(5, Identity::Tmsi(first), None);
    let challenge = system.challenges[&Identity::Tmsi(first)];
    registers(&mut system, 1017, 3, Identity::Unit(unit(1017)), None);
    let response = key(unit(1017)).answer(&challenge, None);
    let (identity, secondary) = (Identity::Tmsi(first), ScanList::default());
    system.from_site(5, Answer { identity, response, talkgroup: None, secondary });
    system.expect(&format!(
        "site 5 -> tmsi {first} not registered: the temporary identity is no unit's any more"
    ));
    assert_eq!(radios(&system), [1, 0]);
}

#[test]
fn a_temporary_identity_of_an_inventory_leads_to_its_unit() {
    let mut system = system();
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, None)], &[]);
    let held = Identity::Tmsi(held_radio(1017, None).tmsi);
    system.unit(1017).asks_to_register_as(5, held, None);
    system.unit(1017).answers_rightly(None);
    system.expect("event: unit 1017 moved from site 3 to site 5");
}

#[test]
fn an_answer_counts_for_the_equipment_that_was_named_with_the_request() {
    let mut system = system();
    system.unit(1017).asks_to_register_as(3, imsi(1017), equipment(7));
    let challenge = system.challenges[&imsi(1017)];
    // Another request for the same name does not change what was named first.
    system.unit(1017).asks_to_register_as(3, imsi(1017), equipment(8));
    assert_eq!(system.challenges[&imsi(1017)], challenge);
    system.unit(1017).answers(key(unit(1017)).answer(&challenge, equipment(8)), None);
    system.expect_sites_hear(&[
        "site 3 -> imsi 260000000001017 not registered: the answer to the challenge is wrong",
    ]);
    assert_eq!(radios(&system), [0, 0]);
}

#[test]
fn a_challenge_is_void_when_the_subscription_changes() {
    let mut system = system();
    system.unit(1017).asks_to_register_as(3, imsi(1017), None);
    system.provision(Change::Subscriber(Subscriber { key: UnitKey::new([9; 16]), ..unbound(1017) }));
    system.unit(1017).answers_rightly(None);
    system.expect(
        "site 3 -> imsi 260000000001017 not registered: no challenge was given to this identity at this site",
    );
    system.unit(1017).asks_to_register_as(3, imsi(1017), None);
    system.unit(1017).answers_rightly(None);
    system.expect("site 3 -> imsi 260000000001017 not registered: the answer to the challenge is wrong");
}

/// Recorded, out of order, made up, of another site, of another name, of another unit: no such answer registers anybody,
/// and none disturbs who is registered.
#[test]
fn no_answer_but_the_right_one_to_this_challenge_registers() {
    let mut system = system();
    registers(&mut system, 1018, 5, imsi(1018), None);
    system.unit(1018).presses_ptt(41);
    let before = system.controller.snapshot(system.now);
    let answers = |named: Identity, response: Response| Answer {
        identity: named,
        response,
        talkgroup: None,
        secondary: ScanList::default(),
    };
    let right = |system: &System, number: u32, named: Identity| {
        key(unit(number)).answer(&system.challenges[&named], None)
    };
    // A recording of a registration that is over.
    registers(&mut system, 1017, 3, imsi(1017), None);
    let recorded = right(&system, 1017, imsi(1017));
    system.unit(1017).is_switched_off();
    system.from_site(3, answers(imsi(1017), recorded));
    system.expect(
        "site 3 -> imsi 260000000001017 not registered: no challenge was given to this identity at this site",
    );
    // Before the challenge, then the recording for a new one, which spends it.
    system.unit(1017).asks_to_register_as(3, imsi(1017), None);
    let fresh = right(&system, 1017, imsi(1017));
    system.from_site(3, answers(imsi(1017), recorded));
    system.expect("site 3 -> imsi 260000000001017 not registered: the answer to the challenge is wrong");
    system.from_site(3, answers(imsi(1017), fresh));
    system.expect(
        "site 3 -> imsi 260000000001017 not registered: no challenge was given to this identity at this site",
    );
    // Right, but for another site, and for another name of the same unit.
    system.unit(1017).asks_to_register_as(3, imsi(1017), None);
    let fresh = right(&system, 1017, imsi(1017));
    for (at, named) in [(5, imsi(1017)), (3, Identity::Unit(unit(1017))), (3, imsi(1018))] {
        system.from_site(at, answers(named, fresh));
        system.expect(&format!(
            "site {at} -> {named} not registered: no challenge was given to this identity at this site"
        ));
    }
    // Another unit's answer to this very challenge.
    let foreign = key(unit(1018)).answer(&system.challenges[&imsi(1017)], None);
    system.from_site(3, answers(imsi(1017), foreign));
    system.expect("site 3 -> imsi 260000000001017 not registered: the answer to the challenge is wrong");
    let after = system.controller.snapshot(system.now);
    assert_eq!((after.calls, radios(&system)), (before.calls, vec![0, 1]));
}

#[test]
fn equipment_that_belongs_to_a_subscription_is_the_only_one_that_may_use_it() {
    let mut system = system();
    system.provision(Change::Subscriber(subscriber(1017, &[41])));
    for other in [None, equipment(7), Some(imei(unit(1018)))] {
        system.unit(1017).asks_to_register_as(3, imsi(1017), other);
        system.unit(1017).answers_rightly(None);
        system.expect_sites_hear(&[
            "site 3 -> imsi 260000000001017 not registered: the equipment is not the one of the subscription",
        ]);
    }
    registers(&mut system, 1017, 3, imsi(1017), Some(imei(unit(1017))));
    assert_eq!(radios(&system), [1, 0]);
}

fn with_policy(policy: ClonePolicy) -> System {
    let mut system = system();
    system.with(|system| system.clones = policy);
    registers(&mut system, 1017, 3, imsi(1017), equipment(7));
    system
}

/// The clone's last step.
fn clone_answers(system: &mut System, with: Option<Imei>) {
    system.unit(1017).asks_to_register_as(5, imsi(1017), with);
    system.unit(1017).answers_rightly(Some(41));
}

const ALARM: &str = "event: unit 1017 is active twice, at site 3 and at site 5";
const CLONED: &str = "site 5 -> imsi 260000000001017 not registered: the identity is active twice";

#[test]
fn a_clone_takes_over_and_the_earlier_radio_is_told() {
    let mut system = with_policy(ClonePolicy::Replace);
    system.unit(1017).presses_ptt(41);
    clone_answers(&mut system, equipment(8));
    system.expect(&format!("{ALARM}: the later one is served"));
    system.expect("site 3 -> unit 1017 deregistered: the identity is active twice");
    // It is another radio: it does not go on with the earlier one's talk.
    assert!(system.controller.snapshot(system.now).calls.iter().all(|call| call.talker.is_none()));
    system.expect("event: unit 1017 registered at site 5");
    assert_eq!(radios(&system), [0, 1]);
    assert!(system.outputs.iter().any(|output| matches!(
        output,
        Output::Store { item: StoreItem::Cloned(alarm), .. }
            if (alarm.unit, alarm.site, alarm.held_at, alarm.equipment) == (unit(1017), site(5), site(3), equipment(8))
    )));
}

#[test]
fn a_clone_is_kept_out_and_the_earlier_radio_notices_nothing() {
    let mut system = with_policy(ClonePolicy::Keep);
    system.unit(1017).presses_ptt(41);
    clone_answers(&mut system, equipment(8));
    system.expect(&format!("{ALARM}: the earlier one is served"));
    system.expect_sites_hear(&[CLONED]);
    assert_eq!(radios(&system), [1, 0]);
    system.unit(1017).speaks_through(3).releases_ptt();
    system.expect_no("dropped");
}

#[test]
fn both_radios_of_a_cloned_identity_are_refused_for_a_while_or_until_the_subscription_changes() {
    let mut system = with_policy(ClonePolicy::RefuseBoth);
    clone_answers(&mut system, equipment(8));
    system.expect(&format!("{ALARM}: neither is served"));
    system.expect_sites_hear(&["site 3 -> unit 1017 deregistered: the identity is active twice", CLONED]);
    assert_eq!(radios(&system), [0, 0]);
    for named in [imsi(1017), Identity::Unit(unit(1017))] {
        system.unit(1017).asks_to_register_as(3, named, equipment(7));
        system.expect(&format!("site 3 -> {named} not registered: the identity is active twice"));
    }
    system.after_ms(600_000);
    registers(&mut system, 1017, 3, imsi(1017), equipment(7));
    clone_answers(&mut system, equipment(8));
    system.provision(Change::Subscriber(unbound(1017)));
    registers(&mut system, 1017, 3, imsi(1017), equipment(7));
    assert_eq!(radios(&system), [1, 0]);
}

/// At the radio's own site a clone is one as well.
#[test]
fn a_clone_at_the_same_site_is_told_by_its_equipment() {
    let mut system = with_policy(ClonePolicy::Keep);
    system.unit(1017).asks_to_register_as(3, imsi(1017), equipment(8));
    system.unit(1017).answers_rightly(None);
    system.expect("event: unit 1017 is active twice, at site 3 and at site 3: the earlier one is served");
}

#[test]
fn an_exact_copy_is_one_where_its_original_was_heard_a_moment_ago() {
    for (silent_ms, is_clone) in [(0, true), (4_900, true), (5_100, false)] {
        let mut system = with_policy(ClonePolicy::Keep);
        system.unit(1017).affiliates_to(41);
        system.after_ms(silent_ms);
        clone_answers(&mut system, equipment(7));
        assert_eq!(radios(&system) == [1, 0], is_clone, "silent for {silent_ms} ms");
    }
    // Who talks is heard all the while.
    let mut system = with_policy(ClonePolicy::Keep);
    system.unit(1017).presses_ptt(41);
    system.after_ms(20_000);
    clone_answers(&mut system, equipment(7));
    system.expect_sites_hear(&[CLONED]);
}

#[test]
fn a_radio_is_no_clone_of_itself() {
    let mut system = with_policy(ClonePolicy::RefuseBoth);
    let no_alarm = |system: &System| {
        system.expect_no("active twice");
    };
    // It moves in the middle of what it does, and comes back after its signal was lost.
    system.unit(1017).affiliates_to(41);
    let tmsi = registers(&mut system, 1017, 5, Identity::Unit(unit(1017)), equipment(7));
    no_alarm(&system);
    system.unit(1017).affiliates_to(41);
    registers(&mut system, 1017, 3, Identity::Tmsi(tmsi), equipment(7));
    no_alarm(&system);
    // Switched off, which was heard, and on again in other equipment.
    system.unit(1017).is_switched_off();
    registers(&mut system, 1017, 5, imsi(1017), equipment(8));
    no_alarm(&system);
    // The one that was lost an hour ago is found in other equipment.
    system.after_ms(3_600_001);
    registers(&mut system, 1017, 3, imsi(1017), equipment(9));
    no_alarm(&system);
    // Its site's link is lost: nobody knows what became of it.
    system.loses_site(3);
    registers(&mut system, 1017, 5, imsi(1017), equipment(7));
    no_alarm(&system);
}

#[test]
fn a_unit_that_a_clone_has_kept_out_of_service_is_free_again_in_the_next_term() {
    let mut system = with_policy(ClonePolicy::RefuseBoth);
    clone_answers(&mut system, equipment(8));
    system.starts(2);
    system.connects(3, 1, &[], &[]);
    registers(&mut system, 1017, 3, imsi(1017), equipment(7));
}

/// Ten thousand units at once, at one site, each with its answer right, wrong or never given: every one ends.
#[test]
fn ten_thousand_registrations_at_once_all_end() {
    const UNITS: u32 = 10_000;
    let mut system = System::new();
    system.has_site(3, 2);
    system.with(|system| system.challenges_max = 9_000);
    let named = |number: u32| Identity::Unit(unit(number));
    for number in 1..=UNITS {
        system.provision(Change::Subscriber(unbound(number)));
    }
    let (controller, now) = (&mut system.controller, system.now);
    let mut says = |message: FromSite| {
        let mut out = Vec::new();
        controller.handle(now, Input::FromSite { site: site(3), message }, &mut out);
        let told = out.into_iter().find_map(|output| match output {
            Output::ToSite { message, .. } => Some(message),
            _ => None,
        });
        told.expect("each word is answered")
    };
    let mut ends: BTreeMap<UnitId, Result<(), Cause>> = BTreeMap::new();
    let mut end = |told: ToSite| match told {
        ToSite::Registered(word) => ends.insert(word.unit, Ok(())),
        ToSite::RegisterRefused(word) => {
            let Identity::Unit(unit) = word.identity else { panic!("{word:?}") };
            ends.insert(unit, Err(word.cause))
        }
        other => panic!("{other:?}"),
    };
    let mut challenges = Vec::new();
    for number in 1..=UNITS {
        match says(Register { identity: named(number), press: press(1), equipment: None }.into()) {
            ToSite::Challenge(word) => challenges.push((number, word.challenge)),
            told => _ = end(told),
        }
    }
    let (talkgroup, secondary) = (None, ScanList::default());
    for (number, challenge) in challenges {
        let right = key(unit(number)).answer(&challenge, None);
        let response = [Some(right), Some(Response::new([0; 8])), None][number as usize % 3];
        if let Some(response) = response {
            let twice = end(says(Answer { identity: named(number), response, talkgroup, secondary }.into()));
            assert_eq!(twice, None);
        }
    }
    system.after_ms(5_000);
    let expired =
        system.log.iter().filter(|line| line.contains("the challenge was not answered in time")).count();
    let count = |wanted| ends.values().filter(|end| **end == wanted).count();
    let refused = [Cause::TooManyRegistrations, Cause::AuthenticationFailed].map(|cause| count(Err(cause)));
    assert_eq!((count(Ok(())), refused, expired), (3_000, [1_000, 3_000], 3_000));
    assert_eq!((ends.len() + expired, radios(&system)), (UNITS as usize, vec![3_000]));
}
