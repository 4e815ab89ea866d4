//! Rules that a key of the configuration chooses, and that are not a row of the state table, are guarded as well: with the
//! key changed, the reviewed transcript of the scenario that shows the rule fails.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{SCENARIOS, file, in_threads, says_what_was_reviewed};
use trunklab::lab::scenario::{plan, script};
use trunklab::lab::weather::Weather;
use trunklab::lab::world::{Rules, World};
use trunklab_controller_core::call::table::TABLE;
use trunklab_protocol::{Clause, Moment, ProfileId, SiteId};
use trunklab_terminal_core::scenario::Scenario;

/// A rule does not depend on the air interface: one is enough to see it broken.
const PROFILE: ProfileId = ProfileId::Iden;

/// The rule, the scenario that shows it, the line of the file that chooses it, and what stands there instead.
pub const POLICIES: &[(Clause, &str, &str, &str)] = &[
    (
        Clause::ServiceAreas,
        "area-selected",
        "do = \"unit 1017 selects area 2\"",
        "do = \"unit 1017 selects the usual area\"",
    ),
    (Clause::ReleaseInQueue, "queue-cancel", "queue_release = \"cancel\"", ""),
    (Clause::RecentUser, "queue-recent-user", "recent_user = \"10 s\"", "recent_user = \"0 s\""),
    (Clause::Ageing, "queue-ageing", "ageing = \"4 s\"", ""),
    (Clause::SpreadWear, "slots-spread", "slot_choice = \"spread\"", ""),
    (Clause::SearchedControl, "control-searched", "control_channel = \"searched\"", ""),
    (Clause::AssociatedSignalling, "control-associated", "signalling = \"associated\"", ""),
    (Clause::DistributedControl, "control-distributed", "control_layout = \"distributed\"", ""),
    (Clause::PackCarriers, "slots-pack", "slot_choice = \"pack\"", ""),
    (Clause::RegistrationWindow, "mass-registration", "registration_window = \"90 s\"", ""),
    (Clause::EmergencyHangTime, "emergency-in-call", "emergency_hang_time = \"6 s\"", ""),
    (Clause::EmergencyTalkgroup, "emergency-revert", "emergency_talkgroup = 49", ""),
    (Clause::SystemWideCall, "system-wide", "system_wide = true", "broadcast = true"),
    (Clause::Roaming, "roaming-restricted", "allowed_sites = [3, 7]", ""),
    (Clause::Scan, "scan", "scan = [42, 43]", "scan = [43]"),
    (Clause::PriorityScan, "scan-priority", "scan = [42, 43]", "scan = [43, 42]"),
    (Clause::LateEntryYields, "late-entry-yields", "late_entry_interval = \"500 ms\"", ""),
    (
        Clause::FrequencyReuse,
        "sector-reuse",
        "    { id = 1, azimuth_deg = 270, carriers = [12, 14] },",
        "    { id = 1, azimuth_deg = 90, carriers = [12, 14] },",
    ),
];

/// Whether a scenario says what was reviewed; one that is refused when it is read says nothing.
pub fn says_the_same(name: &str, text: &str) -> bool {
    Scenario::parse(name, text, Some(PROFILE))
        .is_ok_and(|scenario| says_what_was_reviewed(name, &scenario, Rules::default()))
}

#[test]
fn for_each_policy_its_scenario_says_something_else_without_it() {
    let failed = in_threads(POLICIES, |(clause, name, line, instead)| {
        let text = fs::read_to_string(file(name)).unwrap();
        assert!(text.lines().any(|there| there == *line), "{name} has no line {line}");
        if says_the_same(name, &text.replacen(line, instead, 1)) {
            return Err(format!(
                "{clause} {}: {name} says the same with {instead:?} for {line}",
                clause.title()
            ));
        }
        Ok(())
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_policy_is_listed_once_and_is_no_row_of_the_table() {
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.clause).collect();
    let clauses: BTreeSet<_> = POLICIES.iter().map(|(clause, ..)| *clause).collect();
    assert_eq!(clauses.len(), POLICIES.len());
    assert!(clauses.is_disjoint(&rows), "the mutations of the table show these");
    assert!(POLICIES.iter().all(|(_, name, ..)| SCENARIOS.contains(name)));
}

/// Clause 12.12.2: what the window is for.
#[test]
fn radios_that_spread_their_registrations_collide_far_less() {
    let name = "mass-registration";
    let text = fs::read_to_string(file(name)).unwrap();
    let collisions = |text: &str| {
        let scenario = Scenario::parse(name, text, Some(PROFILE)).unwrap();
        let mut world = World::new(plan(scenario.provision()), Weather::CALM, scenario.seed);
        let script = script(&scenario, &file(name)).unwrap();
        world.play(&script, Moment::ORIGIN + scenario.duration, |_, _| {});
        world.station(SiteId::new(3).unwrap()).unwrap().view().counts.collisions
    };
    let (spread, at_once) =
        (collisions(&text), collisions(&text.replace("registration_window = \"90 s\"", "")));
    assert!(spread * 8 < at_once, "{spread} bursts collided with the window, {at_once} without");
}
