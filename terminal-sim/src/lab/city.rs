//! From a city (imported lists and a call log) to a plan and a script: what the demo and `replay` run.

use std::collections::BTreeMap;

use trunklab_controller_core::config::{SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::AccessRules;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    CarrierNumber, Identity, Moment, Position, Priority, ProfileId, SiteId, SlotAddress, SlotNumber, Span,
    TalkgroupId, UnitId,
};
use trunklab_terminal_core::input::Input;

use crate::import::city::{City, CityCall, CityRadio, CitySite};
use crate::lab::plan::{Plan, RadioPlan};
use crate::lab::script::{Deed, Script};
use crate::lab::weather::Chance;

/// Between the selector's turn and the press: long enough to affiliate.
const SELECT_AHEAD: Span = Span::from_millis(1_500);

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
            id: talkgroup.talkgroup,
            name: talkgroup.alpha_tag.clone(),
            priority: priority(talkgroup.priority),
            hang_time_ms: None,
        })
        .collect();
    let radios = city.radios.iter().map(|radio| radio_plan(radio, &sites, options.seed)).collect();
    let subscribers = city
        .radios
        .iter()
        .map(|radio| Subscriber {
            unit: radio.unit,
            imei: None,
            imsi: None,
            msisdn: None,
            fleet_member: None,
            key: key(options.seed, radio.unit),
            talkgroups: radio.talkgroups.clone(),
            sites: None,
        })
        .collect();
    Plan { system: SystemParameters::default(), sites, talkgroups, subscribers, radios }
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
    mut speech: impl FnMut(UnitId, Span) -> Vec<trunklab_protocol::voice::VoiceFrame>,
) -> Script {
    let mut deeds = Vec::new();
    let count = u64::try_from(city.radios.len().max(1)).expect("a city is small");
    for (index, radio) in city.radios.iter().enumerate() {
        let offset = schedule.power_on.as_micros() * u64::try_from(index).expect("a city is small") / count;
        deeds.push((Moment::from_micros(offset), Deed::User(radio.unit, Input::PowerOn)));
    }
    let mut selected: BTreeMap<UnitId, TalkgroupId> =
        city.radios.iter().filter_map(|radio| Some((radio.unit, *radio.talkgroups.first()?))).collect();
    for call in city.calls.iter().filter(|call| (schedule.from..schedule.to).contains(&call.start)) {
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
    Script::new(deeds)
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
        site: site.id,
        name: site.name.clone(),
        profile: options.profile,
        position: site.position.unwrap_or(Position { east_m: line, north_m: 0 }),
        power_dbm: 50,
        carriers,
        control: SlotAddress { carrier: control, slot: SlotNumber::new(0).expect("0 is a slot") },
        neighbours: Vec::new(),
        access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 5 },
        broadcast_interval_ms: 1_000,
        talker_silence_ms: 1_500,
        late_entry_interval_ms: 1_000,
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

fn radio_plan(radio: &CityRadio, sites: &[SiteConfig], seed: u64) -> RadioPlan {
    let mut chance = Chance::new(seed, (2 << 40) + u64::from(radio.unit.number()));
    let index = chance.number() as usize % sites.len();
    let mut offset = || i32::try_from(chance.number() % 2_400).expect("a small number") - 1_200;
    let home = sites[index].position;
    RadioPlan {
        unit: radio.unit,
        identity: Identity::Unit(radio.unit),
        key: key(seed, radio.unit),
        talkgroup: *radio.talkgroups.first().expect("a city's radio has a talkgroup"),
        position: Position { east_m: home.east_m + offset(), north_m: home.north_m + offset() },
    }
}

/// The sites that a plan has, for messages.
pub fn site_ids(plan: &Plan) -> Vec<SiteId> {
    plan.sites.iter().map(|site| site.site).collect()
}
