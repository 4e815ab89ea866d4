//! Registration, affiliation, moves.

use trunklab_controller_core::config::Change;
use trunklab_protocol::from_site::Register;
use trunklab_protocol::operator::Order;
use trunklab_protocol::proof::Response;
use trunklab_protocol::{Identity, UnitId};

use crate::support::{System, imei, press, site, subscriber, unit};

fn system() -> System {
    let mut system = System::new();
    system.has_site(3, 2);
    system.has_site(5, 2);
    system.has_talkgroup(41);
    for number in [1017, 1018] {
        system.provision(Change::Subscriber(subscriber(number, &[41])));
    }
    system
}

fn identity(number: u32) -> Identity {
    Identity::Imei(imei(unit(number)))
}

fn registered(system: &System) -> Vec<u32> {
    system.controller.snapshot(system.now).sites.iter().map(|site| site.radios).collect()
}

#[test]
fn a_unit_is_challenged_answers_and_is_registered_and_affiliated() {
    let mut system = system();
    system.unit(1017).asks_to_register_at(3);
    system.expect_sites_hear(&["site 3 -> imei 350000000001017 challenged"]);
    system.unit(1017).answers_rightly(Some(41));
    system.expect_sites_hear(&["site 3 -> unit 1017 registered"]);
    system.expect("event: unit 1017 registered at site 3").expect("event: unit 1017 affiliated to 41");
}

#[test]
fn an_unknown_identity_is_refused() {
    let mut system = system();
    system.unit(1099).asks_to_register_at(3);
    system.expect("site 3 -> imei 350000000001099 not registered: the identity is not in the home register");
}

#[test]
fn a_wrong_answer_is_refused_and_the_challenge_is_spent() {
    let mut system = system();
    system.unit(1017).asks_to_register_at(3);
    system.unit(1017).answers(Response::new([0; 8]), None);
    system.expect_sites_hear(&[
        "site 3 -> imei 350000000001017 not registered: the answer to the challenge is wrong",
    ]);
    system.unit(1017).answers_rightly(None);
    system.expect_sites_hear(&[
        "site 3 -> imei 350000000001017 not registered: no challenge was given to this identity at this site",
    ]);
    assert_eq!(registered(&system), [0, 0]);
}

#[test]
fn a_repeated_request_gets_the_same_challenge() {
    let mut system = system();
    system.unit(1017).asks_to_register_at(3);
    let first = system.challenges[&identity(1017)];
    system.unit(1017).asks_to_register_at(3);
    assert_eq!(system.challenges[&identity(1017)], first);
    system.unit(1017).answers_rightly(None);
    system.unit(1017).asks_to_register_at(3);
    assert_ne!(system.challenges[&identity(1017)], first);
}

#[test]
fn a_challenge_counts_at_its_own_site_only() {
    let mut system = system();
    system.unit(1017).asks_to_register_at(3);
    system.unit(1017).speaks_through(5).answers_rightly(None);
    system.expect(
        "site 5 -> imei 350000000001017 not registered: no challenge was given to this identity at this site",
    );
}

#[test]
fn a_challenge_expires() {
    let mut system = system();
    system.unit(1017).asks_to_register_at(3);
    system.after_ms(5_000);
    system.expect("event: imei 350000000001017 not registered: the challenge was not answered in time");
    system.unit(1017).answers_rightly(None);
    system.expect_no("-> unit 1017 registered");
}

#[test]
fn a_good_answer_repeated_is_welcomed_in_the_same_words() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    let first = system.outputs[0].clone();
    system.unit(1017).answers_rightly(Some(41));
    assert_eq!(system.outputs, [first]);
}

#[test]
fn a_stranger_does_not_evict_a_registered_unit() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).asks_to_register_at(5);
    system.unit(1017).answers(Response::new([9; 8]), None);
    assert_eq!(registered(&system), [1, 0]);
    system.unit(1017).speaks_through(3).presses_ptt(41);
    system.expect("event: call 1 granted after 0 ms");
}

#[test]
fn registrations_under_way_are_bounded() {
    let mut system = system();
    system.with(|system| system.challenges_max = 1);
    system.unit(1017).asks_to_register_at(3);
    system.unit(1018).asks_to_register_at(3);
    system.expect(
        "site 3 -> imei 350000000001018 not registered: too many registrations are under way at this site",
    );
}

#[test]
fn the_visitor_register_is_bounded() {
    let mut system = system();
    system.with(|system| system.visitors_max = 1);
    system.unit(1017).registers_at(3, None);
    system.unit(1018).asks_to_register_at(3);
    system
        .expect("site 3 -> imei 350000000001018 not registered: the register holds as many units as it may");
    system.unit(1017).registers_at(5, None);
}

#[test]
fn a_unit_registers_only_where_it_is_allowed() {
    let mut system = system();
    let mut bound = subscriber(1017, &[41]);
    bound.sites = Some(vec![site(5)]);
    system.provision(Change::Subscriber(bound));
    system.unit(1017).asks_to_register_at(3);
    system.expect("site 3 -> imei 350000000001017 not registered: unit is not allowed at this site");
    system.unit(1017).registers_at(5, None);
}

#[test]
fn a_refused_affiliation_does_not_undo_the_registration() {
    let mut system = system();
    system.has_talkgroup(42);
    system.unit(1017).asks_to_register_at(3);
    system.unit(1017).answers_rightly(Some(42));
    system.expect_sites_hear(&[
        "site 3 -> unit 1017 registered",
        "site 3 -> unit 1017 refused: unit is not a member of the talkgroup",
    ]);
    assert_eq!(registered(&system), [1, 0]);
}

#[test]
fn a_unit_that_moves_is_registered_at_one_site() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).registers_at(5, Some(41));
    system.expect("site 3 -> unit 1017 deregistered: unit registered at another site");
    system.expect("event: unit 1017 moved from site 3 to site 5");
    assert_eq!(registered(&system), [0, 1]);
}

#[test]
fn a_unit_may_name_itself_by_its_individual_id() {
    let mut system = system();
    let identity = Identity::Unit(UnitId::new(1017).unwrap());
    system.from_site(3, Register { identity, press: press(1), equipment: None });
    system.expect("site 3 -> unit 1017 challenged");
}

#[test]
fn a_unit_changes_its_talkgroup() {
    let mut system = system();
    system.has_talkgroup(42);
    system.provision(Change::Subscriber(subscriber(1017, &[41, 42])));
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).affiliates_to(42);
    system.expect_sites_hear(&["site 3 -> unit 1017 affiliated to 42"]);
    let counts: Vec<_> =
        system.controller.snapshot(system.now).talkgroups.iter().map(|view| view.affiliated).collect();
    assert_eq!(counts, [0, 1]);
}

#[test]
fn an_affiliation_is_refused_with_its_cause() {
    let mut system = system();
    system.unit(1017).speaks_through(3).affiliates_to(41);
    system.expect("site 3 -> unit 1017 refused: unit is not registered at this site");
    system.unit(1017).registers_at(3, None);
    system.unit(1017).affiliates_to(42);
    system.expect("site 3 -> unit 1017 refused: talkgroup is not known");
    system.has_talkgroup(42);
    system.unit(1017).affiliates_to(42);
    system.expect("site 3 -> unit 1017 refused: unit is not a member of the talkgroup");
}

#[test]
fn a_unit_that_is_switched_off_is_registered_no_more() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).is_switched_off();
    system.expect("event: unit 1017 left site 3: unit was switched off");
    system.unit(1017).is_switched_off();
    system.expect("event: dropped: unit is not registered at this site");
}

#[test]
fn a_subscription_that_is_narrowed_ends_what_it_no_longer_allows() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.provision(Change::Subscriber(subscriber(1017, &[])));
    system.expect_sites_hear(&["site 3 -> unit 1017 deregistered: unit is not a member of the talkgroup"]);
}

#[test]
fn an_identity_of_another_subscriber_is_not_provisioned() {
    let mut system = system();
    let mut thief = subscriber(1099, &[41]);
    thief.imei = Some(imei(unit(1017)));
    system.provision(Change::Subscriber(thief));
    system.expect("event: dropped: the equipment identity belongs to another unit");
}

#[test]
fn an_emergency_outlives_its_subscriber_until_it_is_cleared() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).raises_the_alarm();
    system.provision(Change::SubscriberRemoved(unit(1017)));
    assert_eq!(system.controller.snapshot(system.now).emergencies.len(), 1);
    system.console(Order::ClearEmergency { unit: unit(1017) });
    assert!(system.controller.snapshot(system.now).emergencies.is_empty());
}

#[test]
fn a_subscriber_that_is_taken_out_is_registered_no_more_and_cannot_register() {
    let mut system = system();
    system.unit(1017).registers_at(3, Some(41));
    system.unit(1017).presses_ptt(41);
    system.provision(Change::SubscriberRemoved(unit(1017)));
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, no talker",
        "site 3 -> call 1 released: no listener is left",
        "site 3 -> unit 1017 deregistered: unit is not in the home register",
    ]);
    system.unit(1017).asks_to_register_at(3);
    system.expect("site 3 -> imei 350000000001017 not registered: the identity is not in the home register");
    system.provision(Change::SubscriberRemoved(unit(1017)));
    system.expect_no("dropped");
}
