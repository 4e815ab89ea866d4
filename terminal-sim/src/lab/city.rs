//! From a city (imported lists and a call log) to a plan and a script: what the demo and `replay` run.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_controller_core::config::{SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::AccessRules;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::StatusText;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    CarrierNumber, Demand, Identity, Moment, Position, Priority, ProfileId, ScanList, SiteId, Span,
    StatusNumber, TalkgroupId, UnitId,
};
use trunklab_terminal_core::input::Input;

use crate::import::city::{City, CityCall, CityRadio, CitySite};
use crate::lab::plan::{Plan, RadioPlan};
use crate::lab::script::{Deed, Script};
use crate::lab::weather::Chance;

/// Between the selector's turn and the press: long enough to affiliate.
const SELECT_AHEAD: Span = Span::from_millis(1_500);

/// A city's radios come by the dozen: a wide draw and many tries, so that they reach the network through one another.
const ACCESS: AccessRules = AccessRules { backoff: 12, tries: 8, tries_emergency: 12, wait: 3 };

/// Whoever answers another waits so long: the floor is free by then.
const ANSWER_AFTER: Span = Span::from_millis(700);

/// How a city becomes a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CityOptions {
    /// The air interface of every site.
    pub profile: ProfileId,
    /// At most this many sites, in the list's order.
    pub sites_max: usize,
    /// At most this many carriers a site, its control carrier among them; fewer carriers make queues.
    pub carriers_max: usize,
    /// Draws places and keys.
    pub seed: u64,
}

/// A plan for the city: each radio near one of its sites, its key drawn from the seed.
pub fn plan(city: &City, options: &CityOptions) -> Plan {
    let sites: Vec<SiteConfig> =
        city.sites.iter().take(options.sites_max.max(1)).map(|site| site_config(site, options)).collect();
    let sites = with_neighbours(sites);
    let talkgroups = city
        .talkgroups
        .iter()
        .map(|talkgroup| Talkgroup {
            priority: priority(talkgroup.priority),
            ..Talkgroup::named(talkgroup.talkgroup, &talkgroup.alpha_tag)
        })
        .collect();
    let radios = (0..)
        .zip(&city.radios)
        .map(|(index, radio)| radio_plan(index, radio, &sites, options.seed))
        .collect();
    let subscribers = city
        .radios
        .iter()
        .map(|radio| Subscriber {
            talkgroups: radio.talkgroups.clone(),
            ..Subscriber::new(radio.unit, key(options.seed, radio.unit))
        })
        .collect();
    let system = SystemParameters { statuses: statuses(), ..SystemParameters::default() };
    Plan { system, sites, areas: Vec::new(), talkgroups, subscribers, radios }
}

/// What crews of a city tell by a number.
const STATUSES: &[&str] = &["available", "on the way", "at the scene", "transporting", "busy", "off duty"];

fn statuses() -> Vec<StatusText> {
    let numbers = (1..).filter_map(StatusNumber::new);
    let status = |(number, text): (StatusNumber, &&str)| StatusText { number, text: (*text).to_owned() };
    numbers.zip(STATUSES).map(status).collect()
}

/// When the calls of a log happen in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When the log's moment `from` happens in the run: after the radios have registered.
    pub begin: Moment,
    /// The first moment of the log that is played.
    pub from: Moment,
    /// The end of what is played.
    pub to: Moment,
    /// Radios are switched on evenly over this span.
    pub power_on: Span,
}

/// A script of the log's calls: every radio is switched on, turns its selector before a call in another talkgroup,
/// presses, speaks what `speech` gives it, and releases.
pub fn script(
    city: &City,
    schedule: &Schedule,
    speech: impl FnMut(UnitId, Span) -> Vec<trunklab_protocol::voice::VoiceFrame>,
) -> Script {
    let mut deeds = switch_on(city, schedule.power_on);
    deeds.extend(talk(&city.calls, schedule, &mut selectors(city), speech));
    Script::new(deeds)
}

/// Every radio is switched on, evenly over this span: who speaks first in the log comes first.
pub fn switch_on(city: &City, over: Span) -> Vec<(Moment, Deed)> {
    let mut units: Vec<UnitId> = Vec::new();
    let mut known = BTreeSet::new();
    for unit in city.calls.iter().map(|call| call.unit).chain(city.radios.iter().map(|radio| radio.unit)) {
        if known.insert(unit) {
            units.push(unit);
        }
    }
    let count = u64::try_from(units.len().max(1)).expect("a city is small");
    (0..)
        .zip(units)
        .map(|(index, unit): (u64, UnitId)| {
            (Moment::from_micros(over.as_micros() * index / count), Deed::User(unit, Input::PowerOn))
        })
        .collect()
}

/// What every selector shows when its radio is switched on.
pub fn selectors(city: &City) -> BTreeMap<UnitId, TalkgroupId> {
    city.radios.iter().filter_map(|radio| Some((radio.unit, *radio.talkgroups.first()?))).collect()
}

/// Calls as deeds: selector, press, speech, release. `selected` is what each selector shows, before and after.
pub fn talk(
    calls: &[CityCall],
    schedule: &Schedule,
    selected: &mut BTreeMap<UnitId, TalkgroupId>,
    mut speech: impl FnMut(UnitId, Span) -> Vec<trunklab_protocol::voice::VoiceFrame>,
) -> Vec<(Moment, Deed)> {
    let mut deeds = Vec::new();
    for call in calls.iter().filter(|call| (schedule.from..schedule.to).contains(&call.start)) {
        let at = schedule.begin + call.start.since(schedule.from);
        if selected.insert(call.unit, call.talkgroup) != Some(call.talkgroup) {
            deeds.push((at - SELECT_AHEAD, Deed::User(call.unit, Input::Select(call.talkgroup))));
        }
        deeds.push((at, Deed::User(call.unit, Input::PressPtt { kind: kind(call) })));
        let frames = speech(call.unit, call.duration);
        if !frames.is_empty() {
            deeds.push((at, Deed::User(call.unit, Input::Speech(frames))));
        }
        deeds.push((at + call.duration, Deed::User(call.unit, Input::ReleasePtt)));
    }
    deeds
}

/// The log's calls with every silence shortened: each begins at most `pause_max` after the one before it; but no radio
/// begins before it has ended what it said and turned its selector, nor while its talkgroup hears another.
pub fn without_silences(calls: &[CityCall], pause_max: Span) -> Vec<CityCall> {
    let mut unit_free: BTreeMap<UnitId, Moment> = BTreeMap::new();
    let mut floor_free: BTreeMap<TalkgroupId, Moment> = BTreeMap::new();
    let mut before = calls.first().map_or(Moment::ORIGIN, |call| call.start);
    let mut start = Moment::ORIGIN;
    let mut busy: Vec<CityCall> = calls
        .iter()
        .map(|call| {
            start += call.start.since(before).min(pause_max);
            before = call.start;
            let free = [unit_free.get(&call.unit), floor_free.get(&call.talkgroup)];
            let begins = free.into_iter().flatten().fold(start, |start, free| start.max(*free));
            unit_free.insert(call.unit, begins + call.duration + SELECT_AHEAD + SELECT_AHEAD);
            floor_free.insert(call.talkgroup, begins + call.duration + ANSWER_AFTER);
            CityCall { start: begins, ..*call }
        })
        .collect();
    busy.sort_by_key(|call| call.start);
    busy
}

fn kind(call: &CityCall) -> RequestKind {
    if call.emergency { RequestKind::Emergency } else { RequestKind::Normal }
}

/// The key of a unit in a simulated network: drawn from the seed, never used outside it.
pub fn key(seed: u64, unit: UnitId) -> UnitKey {
    let octets = Chance::new(seed, (1 << 40) + u64::from(unit.number())).octets();
    UnitKey::new(std::array::from_fn(|index| octets[index]))
}

fn site_config(site: &CitySite, options: &CityOptions) -> SiteConfig {
    let control = site.carriers.iter().find(|carrier| carrier.control).unwrap_or(&site.carriers[0]);
    let number =
        |channel: u16| CarrierNumber::new(channel).expect("a channel of the plan is a carrier number");
    let control = number(control.channel.number());
    let mut carriers = vec![control];
    let others =
        site.carriers.iter().map(|carrier| number(carrier.channel.number())).filter(|one| *one != control);
    carriers.extend(others.take(options.carriers_max.max(1) - 1));
    // A list without places puts its sites on a line, each within reach of the next.
    let line = i32::from(site.id.number() - 1) * 5_000;
    SiteConfig {
        name: site.name.clone(),
        position: site.position.unwrap_or(Position { east_m: line, north_m: 0 }),
        power_dbm: 50,
        carriers,
        access: ACCESS,
        talker_silence_ms: 1_500,
        late_entry_interval_ms: 1_000,
        ..SiteConfig::new(site.id, options.profile, control)
    }
}

fn with_neighbours(mut sites: Vec<SiteConfig>) -> Vec<SiteConfig> {
    let all: Vec<Neighbour> =
        sites.iter().map(|site| Neighbour { site: site.site, carrier: site.control.carrier }).collect();
    for site in &mut sites {
        site.neighbours = all.iter().filter(|other| other.site != site.site).take(8).copied().collect();
    }
    sites
}

/// Lists say 1 for the highest; below 1 means that a scanner shall never stop there, which is no priority of ours.
fn priority(listed: Option<i32>) -> Priority {
    listed
        .and_then(|level| u8::try_from(level.min(10)).ok())
        .and_then(Priority::new)
        .unwrap_or(Priority::new(5).expect("5 is a level"))
}

/// A radio near the site whose turn it is: no control channel has to register more than its share.
fn radio_plan(index: usize, radio: &CityRadio, sites: &[SiteConfig], seed: u64) -> RadioPlan {
    let mut chance = Chance::new(seed, (2 << 40) + u64::from(radio.unit.number()));
    let mut offset = || i32::try_from(chance.number() % 2_400).expect("a small number") - 1_200;
    let home = sites[index % sites.len()].position;
    RadioPlan {
        unit: radio.unit,
        owner: radio.unit,
        identity: Identity::Unit(radio.unit),
        equipment: None,
        key: key(seed, radio.unit),
        talkgroup: *radio.talkgroups.first().expect("a city's radio has a talkgroup"),
        position: Position { east_m: home.east_m + offset(), north_m: home.north_m + offset() },
        scan: ScanList::default(),
        demand: Demand::Low,
        emergency_talkgroup: None,
        refuses_individual_calls: false,
    }
}

/// The sites that a plan has, for messages.
pub fn site_ids(plan: &Plan) -> Vec<SiteId> {
    plan.sites.iter().map(|site| site.site).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call of a radio in a talkgroup of its own.
    fn call(unit: u32, start_s: u64, duration_s: u64) -> CityCall {
        CityCall {
            start: Moment::ORIGIN + Span::from_secs(start_s),
            duration: Span::from_secs(duration_s),
            unit: UnitId::new(unit).unwrap(),
            talkgroup: TalkgroupId::new(u16::try_from(unit).unwrap()).unwrap(),
            emergency: false,
            encrypted: false,
        }
    }

    #[test]
    fn silences_are_shortened_and_nothing_else() {
        let log = [call(1, 100, 2), call(2, 101, 2), call(3, 500, 2)];
        let busy = without_silences(&log, Span::from_secs(2));
        let starts: Vec<u64> = busy.iter().map(|call| call.start.as_micros() / 1_000_000).collect();
        assert_eq!(starts, [0, 1, 3]);
        assert!(busy.iter().zip(&log).all(|(one, other)| one.duration == other.duration));
    }

    #[test]
    fn nobody_begins_before_having_ended() {
        let log = [call(1, 0, 10), call(1, 60, 1), call(2, 61, 1)];
        let busy = without_silences(&log, Span::from_secs(1));
        let of = |unit: u32| busy.iter().filter(move |call| call.unit.number() == unit);
        let (first, second) = (of(1).next().unwrap(), of(1).nth(1).unwrap());
        assert!(second.start >= first.start + first.duration + SELECT_AHEAD);
        assert!(busy.is_sorted_by_key(|call| call.start));
    }

    #[test]
    fn an_answer_begins_when_the_floor_is_free() {
        let question = call(1, 0, 4);
        let answer = CityCall { talkgroup: question.talkgroup, ..call(2, 1, 4) };
        let busy = without_silences(&[question, answer], Span::from_secs(1));
        assert!(busy[1].start > busy[0].start + busy[0].duration);
    }
}
