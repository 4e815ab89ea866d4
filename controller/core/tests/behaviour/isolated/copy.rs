//! The copy (clause 14.1.1).

use trunklab_controller_core::config::{Change, ServiceArea, Subscriber};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::isolated::{UnitCopy, node_of};
use trunklab_controller_core::output::Output;
use trunklab_protocol::from_site::HeldRadio;
use trunklab_protocol::operator::Order;
use trunklab_protocol::part::{PART_LEN_MAX, Parts};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::to_site::{CopySubscriber, ToSite};
use trunklab_protocol::{Condition, Identity, Imei, Priority, StartPolicy};

use super::with_one_that_may;
use crate::support::{System, area, held_radio, imei, key, site, subscriber, talkgroup, unit};

impl System {
    /// Lines about copies alone, in order.
    fn copied(&self) -> Vec<&str> {
        self.log.iter().filter(|line| line.contains(" cop")).map(String::as_str).collect()
    }

    /// What a site was told of a unit last.
    fn copy_of(&self, number: u32) -> (UnitCopy, CopySubscriber) {
        let told = self.outputs.iter().rev().find_map(|output| match output {
            Output::ToSite { message: ToSite::CopySubscriber(word), .. } if word.unit == unit(number) => {
                Some(word.clone())
            }
            _ => None,
        });
        let word = told.expect("the unit was copied");
        (serde_json::from_str(&word.text).unwrap(), word)
    }

    /// The configuration that a site was told, put together.
    fn configuration_copied(&self) -> Option<Configuration> {
        let mut parts = Parts::default();
        self.outputs.iter().find_map(|output| match output {
            Output::ToSite { message: ToSite::CopyConfiguration(word), .. } => parts
                .take(word.revision, word.part, word.parts, &word.text)
                .unwrap()
                .map(|text| serde_json::from_str(&text).unwrap()),
            _ => None,
        })
    }
}

#[test]
fn a_site_that_may_serve_alone_has_a_copy_when_its_inventory_is_in() {
    let mut system = with_one_that_may();
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    assert_eq!(
        system.copied(),
        [
            "site 3 -> copy 3 of the configuration, part 1 of 1",
            "site 3 -> copy of unit 1017 with 4 vectors",
            "site 3 -> copy whole",
        ]
    );
    assert!(system.log.last().unwrap().contains("copy whole"), "it comes after all else");
}

#[test]
fn a_site_that_may_not_serve_alone_is_told_nothing() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.expect_no(" cop");
    system.unit(1018).registers_at(3, Some(41));
    system.configures(|of| of.talkgroups[0].name = "Pilots".into());
    system.expect_no(" cop");
}

#[test]
fn a_site_without_a_node_of_its_own_has_no_copy() {
    let mut system = System::new();
    system.has_site_that_may_serve_alone(32_768);
    system.expect_no(" cop");
}

#[test]
fn a_site_that_serves_alone_copies_nothing_to_itself() {
    let mut system = System::new();
    system.with(|parameters| parameters.node = node_of(site(3)).unwrap());
    system.has_site_that_may_serve_alone(3);
    system.expect_no(" cop");
}

#[test]
fn the_configuration_is_cut_to_the_site() {
    let mut system = with_one_that_may();
    for (number, sites) in [(1, vec![site(3), site(5)]), (2, vec![site(5)])] {
        system.provision(Change::Area(ServiceArea { area: area(number), name: "Bay".into(), sites }));
    }
    system.has_talkgroup_as(42, |group| group.start = StartPolicy::Critical(vec![site(3), site(5)]));
    system.loses_site(3);
    system.connects(3, 1, &[], &[]);
    let copied = system.configuration_copied().unwrap();
    let (_, whole) = system.controller.configuration();
    assert_eq!(copied.system, whole.system);
    assert_eq!(copied.sites, [whole.sites[0].clone()]);
    let areas: Vec<_> = copied.areas.iter().map(|area| (area.area, &area.sites[..])).collect();
    assert_eq!(areas, [(area(1), &[site(3)][..])]);
    assert_eq!(copied.talkgroups[0], whole.talkgroups[0]);
    assert_eq!(copied.talkgroups[1].start, StartPolicy::Critical(vec![site(3)]));
}

#[test]
fn a_change_of_the_configuration_is_copied_once_and_only_where_it_concerns() {
    let mut system = with_one_that_may();
    system.configures(|of| {
        of.talkgroups[0].name = "Pilots".into();
        of.system.ring_ms_max = 9_000;
    });
    assert_eq!(system.copied(), ["site 3 -> copy 3 of the configuration, part 1 of 1"]);
    assert_eq!(system.configuration_copied().unwrap().talkgroups[0].name, "Pilots");
    system.configures(|of| of.sites[1].name = "Harbour".into());
    system.expect_no(" cop");
}

#[test]
fn a_site_that_may_from_now_on_has_all_of_it_at_once_and_one_that_may_no_longer_learns_that() {
    let mut system = System::with_two_sites(2);
    system.configures(|of| of.sites[0].isolated_after_ms = 10_000);
    assert_eq!(
        system.copied(),
        [
            "site 3 -> copy 1 of the configuration, part 1 of 1",
            "site 3 -> copy of unit 1017 with 4 vectors",
            "site 3 -> copy whole",
        ]
    );
    system.configures(|of| of.sites[0].isolated_after_ms = 0);
    assert_eq!(
        system.copied(),
        ["site 3 -> copy 2 of the configuration, part 1 of 1", "site 3 -> copy whole"]
    );
    assert_eq!(system.configuration_copied().unwrap().sites[0].isolated_after_ms, 0);
    system.unit(1017).registers_at(3, Some(41));
    system.expect_no(" cop");
}

#[test]
fn a_site_that_was_away_when_its_right_was_taken_learns_it_when_it_returns() {
    let mut system = with_one_that_may();
    system.loses_site(3);
    system.configures(|of| of.sites[0].isolated_after_ms = 0);
    system.expect_no(" cop");
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    assert_eq!(
        system.copied(),
        ["site 3 -> copy 3 of the configuration, part 1 of 1", "site 3 -> copy whole"]
    );
}

#[test]
fn a_units_copy_goes_where_the_unit_registers() {
    let mut system = with_one_that_may();
    system.unit(1018).registers_at(3, Some(41));
    assert_eq!(system.copied(), ["site 3 -> copy of unit 1018 with 4 vectors"]);
    system.unit(1018).registers_at(5, Some(41));
    assert_eq!(system.copied(), ["site 3 -> copy of unit 1018 dropped"]);
    system.configures(|of| of.sites[1].isolated_after_ms = 10_000);
    system.unit(1017).registers_at(5, Some(41));
    assert_eq!(
        system.copied(),
        ["site 3 -> copy of unit 1017 dropped", "site 5 -> copy of unit 1017 with 4 vectors"]
    );
}

#[test]
fn a_unit_that_is_switched_off_keeps_its_copy_at_its_last_site() {
    let mut system = with_one_that_may();
    system.unit(1017).is_switched_off();
    system.expect_no(" cop");
    system.loses_site(3);
    system.connects(3, 1, &[], &[]);
    system.expect("site 3 -> copy of unit 1017 with 4 vectors");
    system.unit(1017).registers_at(5, Some(41));
    assert_eq!(system.copied(), ["site 3 -> copy of unit 1017 dropped"]);
}

#[test]
fn a_unit_that_another_site_reports_has_its_copy_there() {
    let mut system = with_one_that_may();
    system.unit(1017).is_switched_off();
    system.loses_site(5);
    system.connects(5, 1, &[held_radio(1017, Some(41)), held_radio(1018, Some(41))], &[]);
    assert_eq!(system.copied(), ["site 3 -> copy of unit 1017 dropped"]);
}

/// The answer to each challenge is that of the unit's own key, for the equipment with which it registered.
#[test]
fn each_vector_is_fresh_and_opened_by_the_unit_with_its_equipment() {
    let mut system = with_one_that_may();
    let other = Imei::new(990_000_000_000_001);
    let unbound = Subscriber { imei: None, ..subscriber(1020, &[41]) };
    system.provision(Change::Subscriber(unbound));
    let named = Identity::Unit(unit(1020));
    system.unit(1020).asks_to_register_as(3, named, other);
    system.unit(1020).answers_rightly(Some(41));
    let (copy, first) = system.copy_of(1020);
    assert_eq!(copy.equipment, other);
    system.configures(|of| of.system.copied_vectors = 8);
    system.provision(Change::Subscriber(Subscriber { imei: None, ..subscriber(1020, &[41]) }));
    let (_, second) = system.copy_of(1020);
    assert_eq!((first.vectors.len(), second.vectors.len()), (4, 8));
    let mut challenges: Vec<_> =
        first.vectors.iter().chain(&second.vectors).map(|vector| *vector.challenge.octets()).collect();
    for vector in first.vectors.iter().chain(&second.vectors) {
        assert!(vector.expected.matches(&key(unit(1020)).answer(&vector.challenge, other)));
        assert!(!vector.expected.matches(&key(unit(1020)).answer(&vector.challenge, None)));
        assert_eq!(vector.session.octets(), key(unit(1020)).session(&vector.challenge).octets());
    }
    challenges.sort_unstable();
    challenges.dedup();
    assert_eq!(challenges.len(), 12);
}

#[test]
fn a_copy_has_no_key_and_shows_no_answer() {
    let mut system = with_one_that_may();
    let secret = Subscriber { key: UnitKey::new(*b"a key of secrets"), ..subscriber(1017, &[41]) };
    system.provision(Change::Subscriber(secret));
    let (copy, told) = system.copy_of(1017);
    assert_eq!((copy.imei, copy.imsi), (Some(imei(unit(1017))), subscriber(1017, &[41]).imsi));
    let shown = format!("{told:?}");
    assert!(!shown.contains("expected") && !shown.contains("session"), "{shown}");
    assert!(!told.text.contains("key"), "{}", told.text);
}

#[test]
fn what_an_order_makes_of_a_unit_is_copied_when_it_is_durable() {
    let mut system = with_one_that_may();
    system.console_without_store(Order::Stun { unit: unit(1017) });
    system.expect_no(" cop");
    system.remote_stored();
    assert_eq!(system.copy_of(1017).0.condition, Condition::Stunned);
    system.console(Order::Revive { unit: unit(1017) });
    system.unit(1017).obeys();
    assert_eq!(system.copy_of(1017).0.condition, Condition::Active);
    system.console(Order::SetPriority { unit: unit(1017), priority: Priority::new(2).unwrap() });
    assert_eq!(system.copy_of(1017).0.priority, Priority::new(2).unwrap());
}

#[test]
fn a_unit_that_is_killed_or_taken_out_has_no_copy() {
    let mut system = with_one_that_may();
    system.console(Order::Kill { unit: unit(1017) });
    system.unit(1017).obeys();
    system.expect("site 3 -> copy of unit 1017 dropped");
    system.unit(1018).registers_at(3, Some(41));
    system.provision(Change::SubscriberRemoved(unit(1018)));
    system.expect("site 3 -> copy of unit 1018 dropped");
    system.loses_site(3);
    system.connects(3, 1, &[], &[]);
    system.expect_no("copy of unit");
}

#[test]
fn a_unit_that_may_not_use_the_site_any_more_has_no_copy_there() {
    let mut system = with_one_that_may();
    system
        .provision(Change::Subscriber(Subscriber { sites: Some(vec![site(5)]), ..subscriber(1017, &[41]) }));
    system.expect("site 3 -> copy of unit 1017 dropped");
}

#[test]
fn of_a_list_that_is_too_long_the_talkgroups_that_a_unit_hears_are_copied_first() {
    let mut system = with_one_that_may();
    let many: Vec<u16> = (10_000..11_000).collect();
    for number in [60_000, 60_001] {
        system.has_talkgroup(number);
    }
    let groups: Vec<u16> = many.iter().copied().chain([60_000, 60_001]).collect();
    system.provision(Change::Subscriber(subscriber(1020, &groups)));
    system.unit(1020).registers_at(3, Some(60_000));
    system.unit(1020).affiliates_and_scans(60_000, &[60_001]);
    system.provision(Change::Subscriber(subscriber(1020, &groups)));
    let (copy, told) = system.copy_of(1020);
    assert!(told.text.len() <= PART_LEN_MAX && told.text.len() > PART_LEN_MAX - 8, "{}", told.text.len());
    assert_eq!(copy.talkgroups[..3], [60_000, 60_001, 10_000].map(talkgroup));
}

#[test]
fn a_site_with_many_units_is_told_of_them_in_steps() {
    let mut system = with_one_that_may();
    for number in 2_001..=2_200 {
        system.provision(Change::Subscriber(subscriber(number, &[41])));
    }
    let radios: Vec<HeldRadio> = (2_001..=2_200).map(|number| held_radio(number, Some(41))).collect();
    system.loses_site(3);
    system.connects(3, 1, &radios[..199], &[]);
    let units = |system: &System| system.copied().iter().filter(|line| line.contains("of unit")).count();
    // Unit 1017 was here, and is told of first.
    assert_eq!(units(&system), 200);
    system.expect_no("copy whole");
    system.loses_site(3);
    system.after_ms(1_000).expect_no(" cop");
    system.connects(3, 1, &radios, &[]);
    assert_eq!(units(&system), 200);
    system.after_ms(199).expect_no(" cop");
    system.after_ms(1);
    assert_eq!(system.copied(), ["site 3 -> copy of unit 2200 with 4 vectors", "site 3 -> copy whole"]);
}
