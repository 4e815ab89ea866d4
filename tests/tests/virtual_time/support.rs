//! What the tests of the shipped scenarios share: where they lie, on which profiles they make sense, how one is played.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use trunklab::lab::account::Account;
use trunklab::lab::scenario::{plan, read, script};
use trunklab::lab::script::Deed;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::{Rules, World};
use trunklab_protocol::{Moment, ProfileId, Span, UnitId};
use trunklab_terminal_core::handset::Phase;
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::scenario::{Scenario, Verdict};
use trunklab_terminal_core::transcript::Transcript;
use trunklab_tests::tree::root;

use crate::watch::Watch;

/// Every shipped scenario, in order of its name.
pub const SCENARIOS: &[&str] = &[
    "alarm-flapping",
    "alarm-raised-cleared",
    "announcement-interrupt",
    "announcement-wait",
    "area-local",
    "area-selected",
    "broadcast",
    "busy-override",
    "call-alert",
    "call-alert-in-call",
    "call-alert-refused",
    "call-outlives-controller",
    "config-change",
    "config-slot-removed",
    "config-talkgroup-removed",
    "control-associated",
    "control-distributed",
    "control-lost-failsoft",
    "control-rotates",
    "control-rotates-in-call",
    "control-rotates-in-emergency",
    "control-rotates-in-handover",
    "control-rotates-in-queue",
    "control-rotates-in-registration",
    "control-searched",
    "control-urgency",
    "controller-restart",
    "controller-shutdown",
    "emergency-acknowledged",
    "emergency-alarm",
    "emergency-by-talker",
    "emergency-cleared",
    "emergency-in-call",
    "emergency-protected",
    "emergency-queue",
    "emergency-revert",
    "emergency-ruthless",
    "failsoft-begins-and-ends",
    "failsoft-cold-start",
    "failsoft-collision",
    "failsoft-in-emergency",
    "failsoft-in-handover",
    "failsoft-in-queue",
    "failsoft-in-registration",
    "failsoft-return-spread",
    "failsoft-switched-on",
    "failsoft-talk",
    "floor-emergency",
    "floor-interrupt",
    "floor-queue",
    "floor-race",
    "floor-refused",
    "group-call",
    "handover-full",
    "handover-listener",
    "handover-talker",
    "individual-busy",
    "individual-crossed",
    "individual-declined",
    "individual-duplex",
    "individual-duplex-limit",
    "individual-duplex-never",
    "individual-duplex-one-site",
    "individual-duplex-unable",
    "individual-immediate",
    "individual-queued",
    "individual-ringing",
    "individual-silent",
    "individual-unregistered",
    "isolated-call-goes-on",
    "isolated-calls",
    "isolated-cold-start",
    "isolated-in-emergency",
    "isolated-in-handover",
    "isolated-in-queue",
    "isolated-in-registration",
    "isolated-individual",
    "isolated-merge",
    "isolated-queue",
    "isolated-registration",
    "kill-mutual",
    "last-listener-leaves",
    "late-entry",
    "late-entry-yields",
    "lost-release",
    "mass-registration",
    "multiselect",
    "console-alone",
    "console-silent",
    "console-talks",
    "console-multiselect",
    "new-database",
    "nobody-left",
    "nobody-listens",
    "patch",
    "patch-restart",
    "pending-order",
    "press-in-unheard-call",
    "queue",
    "queue-ageing",
    "queue-call-back",
    "queue-cancel",
    "queue-full",
    "queue-multi-site",
    "queue-recent-user",
    "queue-timeout",
    "record-fault",
    "radio-check",
    "regroup-lock-restore",
    "regroup-taken-out",
    "registration-refused",
    "first-registration",
    "temporary-identity",
    "equipment-bound",
    "clone-replaced",
    "clone-kept-out",
    "clone-refused",
    "remote-monitor",
    "monitor-ended",
    "reselect",
    "reselect-hysteresis",
    "rights-by-order",
    "rights-refused",
    "roaming-restricted",
    "scan",
    "scan-answer",
    "scan-priority",
    "sector-reuse",
    "site-lost-in-call",
    "site-restart",
    "slot-fails-call-ends",
    "slot-fails-call-moves",
    "slot-returns",
    "slots-pack",
    "slots-spread",
    "start-critical",
    "start-fast",
    "stun-revive",
    "status-console",
    "status-in-call",
    "status-refused",
    "status-restart",
    "messages-stunned",
    "status-talkgroup",
    "status-unit",
    "system-wide",
    "talker-returns-last",
    "talker-vanishes",
    "three-sectors",
    "transmission-limit",
    "trunking-message",
    "trunking-quasi",
    "trunking-transmission",
    "unit-priority",
];

/// Where a scenario makes no sense, and why: scenario, profile, reason.
pub const EXCLUSIONS: &[(&str, ProfileId, &str)] = &[(
    "control-associated",
    ProfileId::P25p2,
    "the control carrier is two slots, and while a call talks on one nobody can ask for the other",
)];

/// After the end of a scenario every button comes up; so long later nothing may be held any more. The longest wait is
/// in the queue (30 s); hang time and the accesses come on top.
const REST: Span = Span::from_secs(45);

pub fn file(scenario: &str) -> PathBuf {
    root().join("terminal-sim/scenarios").join(format!("{scenario}.toml"))
}

pub fn scenario(name: &str, profile: ProfileId) -> Scenario {
    read(&file(name), Some(profile)).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The command that shows a run to a person.
pub fn command(name: &str, profile: ProfileId, more: &str) -> String {
    format!("trunklab simulate terminal-sim/scenarios/{name}.toml --profile {profile}{more}")
}

/// Each scenario on each profile where it makes sense.
pub fn pairs() -> Vec<(&'static str, ProfileId)> {
    let every = SCENARIOS.iter().flat_map(|name| ProfileId::ALL.iter().map(|profile| (*name, *profile)));
    every.filter(|(name, profile)| exclusion(name, *profile).is_none()).collect()
}

pub fn exclusion(name: &str, profile: ProfileId) -> Option<&'static str> {
    EXCLUSIONS.iter().find(|(other, on, _)| *other == name && *on == profile).map(|(_, _, reason)| *reason)
}

/// The table of docs/capabilities.md.
pub fn capability_table() -> String {
    let mut table = String::from("| Scenario |");
    for profile in ProfileId::ALL {
        write!(table, " {profile} |").unwrap();
    }
    table.push_str("\n|---|");
    table.push_str(&"---|".repeat(ProfileId::ALL.len()));
    table.push('\n');
    for name in SCENARIOS {
        write!(table, "| `{name}` |").unwrap();
        for profile in ProfileId::ALL {
            write!(table, " {} |", exclusion(name, *profile).unwrap_or("holds")).unwrap();
        }
        table.push('\n');
    }
    table
}

/// Does each piece of work on one of a few threads; what failed, in the order of the work.
pub fn in_threads<T: Sync>(work: &[T], job: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(piece) = work.get(index) else { return };
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(piece)));
                    let outcome = outcome.unwrap_or_else(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        let text =
                            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                        Err(format!("piece {index} panicked: {}", text.unwrap_or_default()))
                    });
                    if let Err(text) = outcome {
                        failed.lock().unwrap().insert(index, text);
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap().into_values().collect()
}

/// What a scenario came to.
pub struct Played {
    pub transcript: Transcript,
    pub verdicts: Vec<Verdict>,
}

impl Played {
    /// What does not hold among the wanted expectations.
    pub fn failures(&self, wanted: impl Fn(&Verdict) -> bool) -> Vec<String> {
        self.verdicts
            .iter()
            .filter(|verdict| !verdict.holds && wanted(verdict))
            .map(|verdict| format!("line {}: {}", verdict.line, verdict.text))
            .collect()
    }
}

/// Plays a scenario in virtual time as `trunklab simulate` does, checking what must always hold.
pub fn play(name: &str, scenario: &Scenario, weather: Weather) -> Played {
    let script = script(scenario, &file(name)).unwrap();
    let mut world = World::new(plan(scenario.provision()), weather, scenario.seed);
    let mut account = Account::judged(scenario);
    let mut watch = Watch::default();
    world.play(&script, Moment::ORIGIN + scenario.duration, |world, deed| {
        if let Some(deed) = deed {
            account.did(deed, world.now());
        }
        for observed in world.take_observed() {
            watch.see(&observed);
            account.see(&observed);
        }
        for heard in world.take_heard() {
            account.hear(&heard);
        }
        watch.check(world);
    });
    let units: Vec<UnitId> = scenario.provision().units.iter().map(|unit| unit.unit).collect();
    for unit in &units {
        world.user(*unit, Input::ReleasePtt);
    }
    let sites: Vec<_> = scenario.provision().sites.iter().map(|site| site.site).collect();
    let end = world.now() + REST;
    while world.now() < end {
        world.run_until(world.now() + Span::from_secs(1));
        for observed in world.take_observed() {
            watch.see(&observed);
        }
        world.take_heard();
        watch.check(&world);
    }
    let gone: BTreeSet<UnitId> = script
        .deeds()
        .iter()
        .filter_map(|(_, deed)| if let Deed::Vanish(unit) = deed { Some(*unit) } else { None })
        .collect();
    assert_at_rest(&world, &sites, units.iter().copied().filter(|unit| !gone.contains(unit)));
    Played { transcript: account.transcript().clone(), verdicts: account.verdicts() }
}

/// Nobody holds anything: no call, no slot, no place in the queue; handsets are idle or were never let in.
pub fn assert_at_rest(
    world: &World,
    sites: &[trunklab_protocol::SiteId],
    units: impl Iterator<Item = UnitId>,
) {
    if let Some(controller) = world.controller() {
        let snapshot = controller.snapshot(world.now());
        assert!(snapshot.calls.is_empty(), "calls are held: {:?}", snapshot.calls);
        assert!(snapshot.queue.is_empty(), "requests wait for ever: {:?}", snapshot.queue);
    }
    for site in sites {
        let Some(station) = world.station(*site) else { continue };
        for slot in station.view().slots {
            assert!(slot.call.is_none(), "site {site} still carries {:?}", slot.call);
        }
    }
    for unit in units {
        let view = world.handset(unit).unwrap().state();
        assert!(
            matches!(
                view.phase,
                Phase::Idle
                    | Phase::Off
                    | Phase::Denied
                    | Phase::OutOfRange
                    | Phase::Hunting
                    | Phase::Registering
            ),
            "unit {unit} is {}",
            view.phase.text()
        );
        assert_eq!((view.call, view.queue_position), (None, None), "unit {unit} holds on to something");
    }
}

/// The reviewed transcript of a scenario.
pub fn reviewed(name: &str, profile: ProfileId) -> String {
    let path = root().join(format!("terminal-sim/scenarios/expected/{name}.{profile}.txt"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether a scenario says what was reviewed, where nodes go by other tables or it is provisioned otherwise. The run
/// ends with the first line that is another; nothing is judged.
pub fn says_what_was_reviewed(name: &str, scenario: &Scenario, rules: Rules) -> bool {
    let script = script(scenario, &file(name)).unwrap();
    let reviewed = reviewed(name, scenario.profile);
    let mut reviewed = reviewed.lines();
    let mut world = World::with_rules(plan(scenario.provision()), Weather::CALM, scenario.seed, rules);
    let mut account = Account::unjudged();
    let mut goes_on = |world: &mut World, deed: Option<&Deed>| {
        if let Some(deed) = deed {
            account.did(deed, world.now());
        }
        for observed in world.take_observed() {
            account.see(&observed);
        }
        world.take_heard();
        account.new_lines().iter().all(|line| reviewed.next() == Some(line.to_string().as_str()))
    };
    let ends = std::iter::once((Moment::ORIGIN + scenario.duration, None));
    let deeds = script.deeds().iter().map(|(at, deed)| (*at, Some(deed)));
    for (at, deed) in deeds.chain(ends) {
        while world.now() < at {
            world.run_until(at.min(world.now() + Span::from_secs(1)));
            if !goes_on(&mut world, None) {
                return false;
            }
        }
        if let Some(deed) = deed {
            world.perform(deed.clone());
            if !goes_on(&mut world, Some(deed)) {
                return false;
            }
        }
    }
    reviewed.next().is_none()
}
