//! `zone.toml`: what a zone consists of, in a form that people write. `docs/operating.md` explains it by example.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trunklab_controller_core::call::console::CONSOLES_MAX;
use trunklab_controller_core::config::{
    Change, ConsoleUnit, QueueRelease, Reach, ServiceArea, SiteConfig, Subscriber, SystemParameters,
    Talkgroup,
};
use trunklab_controller_core::registry::control_place::CONTROL_MOVES_MS_MIN;
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::operator::ConsoleName;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::{
    Announcement, AreaChoice, AreaId, CarrierNumber, ControlLayout, ControlPlace, Demand, EmergencyPolicy,
    FleetMember, FloorPolicy, Imei, Imsi, Msisdn, NodeId, Position, Priority, ProfileId, Signalling, SiteId,
    SlotAddress, SlotChoice, SlotNumber, StartPolicy, TalkgroupId, Trunking, UnitId,
};

/// Why a zone's file cannot be used; each sentence names the place.
#[derive(Debug, thiserror::Error)]
pub enum ZoneFileError {
    /// It cannot be read.
    #[error("{}: {source}; check the path", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not TOML, or a field is not what it should be. The text has line and column.
    #[error("{}: {text}", path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// What, and where.
        text: String,
    },
    /// The parts do not fit together.
    #[error("{}: {place}: {what}", path.display())]
    Unfit {
        /// Which.
        path: PathBuf,
        /// Which part.
        place: String,
        /// What is wrong, and the remedy.
        what: String,
    },
}

/// Reads a zone's file whole: system, sites, talkgroups, subscribers.
///
/// # Errors
/// At the first defect; nothing is half-read.
pub fn read(path: &Path) -> Result<Vec<Change>, ZoneFileError> {
    let text =
        fs::read_to_string(path).map_err(|source| ZoneFileError::File { path: path.to_owned(), source })?;
    parse(&text).map_err(|defect| match defect {
        Defect::Syntax(error) => {
            ZoneFileError::Syntax { path: path.to_owned(), text: error.to_string().trim_end().to_owned() }
        }
        Defect::Unfit { place, what } => ZoneFileError::Unfit { path: path.to_owned(), place, what },
    })
}

#[derive(Debug)]
enum Defect {
    Syntax(toml::de::Error),
    Unfit { place: String, what: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneFile {
    system: Option<SystemTable>,
    #[serde(default)]
    site: Vec<SiteTable>,
    #[serde(default)]
    area: Vec<AreaTable>,
    #[serde(default)]
    talkgroup: Vec<TalkgroupTable>,
    #[serde(default)]
    subscriber: Vec<SubscriberTable>,
    #[serde(default)]
    console: Vec<ConsoleTable>,
}

/// A console whose operator may talk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsoleTable {
    name: ConsoleName,
    unit: UnitId,
}

/// Where the voice switch receives is not here: the controller knows where it was bound.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemTable {
    node: Option<NodeId>,
    queue_len_max: Option<u16>,
    queue_wait_ms_max: Option<u32>,
    emergency: Option<EmergencyPolicy>,
    emergency_hang_time_ms: Option<u32>,
    emergencies_max: Option<u16>,
    queue_release: Option<QueueRelease>,
    call_back_ms: Option<u32>,
    recent_user_ms: Option<u32>,
    ageing_ms: Option<u32>,
    busy_override_ms: Option<u32>,
    transmission_ms_max: Option<u32>,
    transmission_warning_ms: Option<u32>,
    floor_queue_len_max: Option<u16>,
    floor_wait_ms_max: Option<u32>,
    handover_ms: Option<u32>,
    page_ms_max: Option<u32>,
    ring_ms_max: Option<u32>,
    individual_priority: Option<Priority>,
    individual_hang_time_ms: Option<u32>,
    challenge_ms_max: Option<u32>,
    challenges_max: Option<u16>,
    visitors_max: Option<u32>,
    site_silence_ms_max: Option<u32>,
    heartbeat_ms: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteTable {
    id: SiteId,
    name: String,
    profile: ProfileId,
    carriers: Vec<CarrierNumber>,
    control: Place,
    #[serde(default)]
    control_channel: ControlPlace,
    control_moves_ms: Option<u32>,
    #[serde(default)]
    signalling: Signalling,
    #[serde(default)]
    control_layout: ControlLayout,
    #[serde(default)]
    position: Position,
    #[serde(default = "default_power_dbm")]
    power_dbm: i8,
    #[serde(default)]
    slot_choice: SlotChoice,
    #[serde(default)]
    neighbours: Vec<SiteId>,
    #[serde(default = "default_access")]
    access: AccessRules,
    #[serde(default)]
    reselection: Reselection,
    #[serde(default)]
    registration_window_ms: u32,
    #[serde(default = "default_interval_ms")]
    broadcast_interval_ms: u16,
    #[serde(default = "default_interval_ms")]
    talker_silence_ms: u16,
    #[serde(default = "default_late_entry_ms")]
    late_entry_interval_ms: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaTable {
    id: AreaId,
    name: String,
    sites: Vec<SiteId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TalkgroupTable {
    id: TalkgroupId,
    name: String,
    #[serde(default = "default_priority")]
    priority: Priority,
    #[serde(default)]
    trunking: Trunking,
    hang_time_ms: Option<u32>,
    transmission_ms_max: Option<u32>,
    #[serde(default)]
    floor: FloorPolicy,
    #[serde(default)]
    area: AreaWord,
    home_area: Option<AreaId>,
    #[serde(default)]
    start: Start,
    critical_sites: Option<Vec<SiteId>>,
    busy_override_ms: Option<u32>,
    members: Option<Vec<TalkgroupId>>,
    #[serde(default)]
    announcement: Announcement,
    #[serde(default)]
    broadcast: bool,
    #[serde(default)]
    system_wide: bool,
}

/// Where calls are heard: a word, or the number of a service area.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "where calls are heard is \"wide\", \"local\" or the number of a service area")]
enum AreaWord {
    Word(AreaName),
    Number(AreaId),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AreaName {
    Wide,
    Local,
}

impl Default for AreaWord {
    fn default() -> Self {
        Self::Word(AreaName::Wide)
    }
}

impl From<AreaWord> for AreaChoice {
    fn from(word: AreaWord) -> Self {
        match word {
            AreaWord::Word(AreaName::Wide) => Self::Wide,
            AreaWord::Word(AreaName::Local) => Self::Local,
            AreaWord::Number(area) => Self::Named(area),
        }
    }
}

/// The word for a start policy; its sites stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Start {
    #[default]
    All,
    Critical,
    Fast,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriberTable {
    unit: UnitId,
    key: Key,
    talkgroups: Vec<TalkgroupId>,
    imei: Option<Imei>,
    imsi: Option<Imsi>,
    msisdn: Option<Msisdn>,
    fleet: Option<u16>,
    member: Option<u16>,
    sites: Option<Vec<SiteId>>,
    #[serde(default)]
    floor_demand: Demand,
    emergency_talkgroup: Option<TalkgroupId>,
    #[serde(default)]
    duplex: bool,
}

/// `"1/0"`: carrier and slot, as screens show it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Place(SlotAddress);

impl TryFrom<String> for Place {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let place = || {
            let (carrier, slot) = text.split_once('/')?;
            let carrier = CarrierNumber::new(carrier.parse().ok()?)?;
            let slot = SlotNumber::new(slot.parse().ok()?)?;
            Some(Self(SlotAddress { carrier, slot }))
        };
        place().ok_or("a place is written \"carrier/slot\", like \"1/0\"")
    }
}

/// 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Key(UnitKey);

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The text itself never appears in the message: it is a secret.
        let expected = "a key is 32 hexadecimal digits; `openssl rand -hex 16` makes one";
        if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(expected);
        }
        u128::from_str_radix(&text, 16).map(|key| Self(UnitKey::new(key.to_be_bytes()))).map_err(|_| expected)
    }
}

const fn default_power_dbm() -> i8 {
    40
}

const fn default_access() -> AccessRules {
    AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 }
}

const fn default_interval_ms() -> u16 {
    1_000
}

const fn default_late_entry_ms() -> u16 {
    2_000
}

const fn default_priority() -> Priority {
    Priority::new(5).expect("5 is a level")
}

fn parse(text: &str) -> Result<Vec<Change>, Defect> {
    let file: ZoneFile = toml::from_str(text).map_err(Defect::Syntax)?;
    check_numbers("site", file.site.iter().map(|site| site.id))?;
    check_numbers("area", file.area.iter().map(|area| area.id))?;
    check_numbers("talkgroup", file.talkgroup.iter().map(|talkgroup| talkgroup.id))?;
    check_numbers("subscriber", file.subscriber.iter().map(|subscriber| subscriber.unit))?;
    let talkgroups: BTreeSet<_> = file.talkgroup.iter().map(|talkgroup| talkgroup.id).collect();
    let sites: BTreeSet<_> = file.site.iter().map(|site| site.id).collect();
    let areas: BTreeSet<_> = file.area.iter().map(|area| area.id).collect();
    let mut changes = Vec::new();
    let consoles = consoles(file.console, &file.subscriber)?;
    if file.system.is_some() || !consoles.is_empty() {
        let parameters = file.system.unwrap_or_default().parameters();
        changes.push(Change::System(SystemParameters { consoles, ..parameters }));
    }
    for site in &file.site {
        changes.push(Change::Site(site.config(&file.site)?));
    }
    for area in file.area {
        changes.push(Change::Area(area.config(&sites)?));
    }
    for talkgroup in file.talkgroup {
        changes.push(Change::Talkgroup(talkgroup.config(&sites, &areas, &talkgroups)?));
    }
    for subscriber in file.subscriber {
        changes.push(Change::Subscriber(subscriber.config(&talkgroups)?));
    }
    Ok(changes)
}

fn consoles(tables: Vec<ConsoleTable>, subscribers: &[SubscriberTable]) -> Result<Vec<ConsoleUnit>, Defect> {
    check_numbers("console", tables.iter().map(|console| console.name.clone()))?;
    check_numbers("console unit", tables.iter().map(|console| console.unit))?;
    let unfit = |console: &ConsoleTable, what: String| {
        Err(Defect::Unfit { place: format!("console {}", console.name), what })
    };
    for console in &tables {
        if subscribers.iter().any(|subscriber| subscriber.unit == console.unit) {
            return unfit(
                console,
                format!("unit {} is a subscriber: give the console a number of its own", console.unit),
            );
        }
    }
    if let Some(console) = tables.get(CONSOLES_MAX) {
        return unfit(console, format!("is one too many: {CONSOLES_MAX} consoles may talk"));
    }
    Ok(tables.into_iter().map(|ConsoleTable { name, unit }| ConsoleUnit { name, unit }).collect())
}

fn check_numbers<T: Ord + std::fmt::Display>(
    kind: &str,
    numbers: impl Iterator<Item = T>,
) -> Result<(), Defect> {
    let mut seen = BTreeSet::new();
    for number in numbers {
        let place = format!("{kind} {number}");
        if !seen.insert(number) {
            return Err(Defect::Unfit { place, what: "is there twice: remove one of the two".to_owned() });
        }
    }
    Ok(())
}

impl SystemTable {
    fn parameters(self) -> SystemParameters {
        let usual = SystemParameters::default();
        SystemParameters {
            node: self.node.unwrap_or(usual.node),
            switch_address: SocketAddr::from(([127, 0, 0, 1], 0)),
            queue_len_max: self.queue_len_max.unwrap_or(usual.queue_len_max),
            queue_wait_ms_max: self.queue_wait_ms_max.unwrap_or(usual.queue_wait_ms_max),
            emergency: self.emergency.unwrap_or(usual.emergency),
            emergency_hang_time_ms: self.emergency_hang_time_ms.or(usual.emergency_hang_time_ms),
            emergencies_max: self.emergencies_max.unwrap_or(usual.emergencies_max),
            queue_release: self.queue_release.unwrap_or(usual.queue_release),
            call_back_ms: self.call_back_ms.unwrap_or(usual.call_back_ms),
            recent_user_ms: self.recent_user_ms.unwrap_or(usual.recent_user_ms),
            ageing_ms: self.ageing_ms.unwrap_or(usual.ageing_ms),
            busy_override_ms: self.busy_override_ms.unwrap_or(usual.busy_override_ms),
            transmission_ms_max: self.transmission_ms_max.unwrap_or(usual.transmission_ms_max),
            transmission_warning_ms: self.transmission_warning_ms.unwrap_or(usual.transmission_warning_ms),
            floor_queue_len_max: self.floor_queue_len_max.unwrap_or(usual.floor_queue_len_max),
            floor_wait_ms_max: self.floor_wait_ms_max.unwrap_or(usual.floor_wait_ms_max),
            handover_ms: self.handover_ms.unwrap_or(usual.handover_ms),
            page_ms_max: self.page_ms_max.unwrap_or(usual.page_ms_max),
            ring_ms_max: self.ring_ms_max.unwrap_or(usual.ring_ms_max),
            individual_priority: self.individual_priority.unwrap_or(usual.individual_priority),
            individual_hang_time_ms: self.individual_hang_time_ms.or(usual.individual_hang_time_ms),
            challenge_ms_max: self.challenge_ms_max.unwrap_or(usual.challenge_ms_max),
            challenges_max: self.challenges_max.unwrap_or(usual.challenges_max),
            visitors_max: self.visitors_max.unwrap_or(usual.visitors_max),
            site_silence_ms_max: self.site_silence_ms_max.unwrap_or(usual.site_silence_ms_max),
            heartbeat_ms: self.heartbeat_ms.unwrap_or(usual.heartbeat_ms),
            consoles: usual.consoles,
        }
    }
}

impl AreaTable {
    fn config(self, known: &BTreeSet<SiteId>) -> Result<ServiceArea, Defect> {
        if let Some(other) = self.sites.iter().find(|site| !known.contains(site)) {
            let what = format!("site {other} is not in this file: add a [[site]]");
            return Err(Defect::Unfit { place: format!("area {}", self.id), what });
        }
        let Self { id: area, name, sites } = self;
        Ok(ServiceArea { area, name, sites })
    }
}

impl TalkgroupTable {
    fn config(
        self,
        sites: &BTreeSet<SiteId>,
        areas: &BTreeSet<AreaId>,
        known: &BTreeSet<TalkgroupId>,
    ) -> Result<Talkgroup, Defect> {
        let start = self.start(sites)?;
        let (home_area, area) = self.areas(areas)?;
        let Self { id, trunking, hang_time_ms, .. } = self;
        let unfit =
            |what: &str| Err(Defect::Unfit { place: format!("talkgroup {id}"), what: what.to_owned() });
        if trunking == Trunking::Transmission && hang_time_ms.is_some_and(|time| time > 0) {
            return unfit(
                "transmission trunking keeps no channel: leave hang_time_ms out, or choose trunking = \"quasi\"",
            );
        }
        if id == TalkgroupId::ALL {
            return unfit("is the number of all talkgroups together: choose another");
        }
        let reach = match (self.system_wide, self.members) {
            (true, Some(_)) => return unfit("is system-wide already: leave members out"),
            (true, None) => Reach::System,
            (false, None) => Reach::Own,
            (false, Some(members)) if members.is_empty() || members.len() > OTHERS_MAX => {
                return unfit(&format!("names {} members: give 1 to {OTHERS_MAX}", members.len()));
            }
            (false, Some(members)) => match members.iter().find(|member| !known.contains(member)) {
                Some(other) => {
                    return unfit(&format!("member {other} is not in this file: add a [[talkgroup]]"));
                }
                None => Reach::Members(members),
            },
        };
        let closed = self.broadcast || self.system_wide;
        Ok(Talkgroup {
            priority: self.priority,
            trunking,
            hang_time_ms,
            transmission_ms_max: self.transmission_ms_max,
            floor: if closed { FloorPolicy::Closed } else { self.floor },
            reach,
            announcement: self.announcement,
            home_area,
            area,
            start,
            busy_override_ms: self.busy_override_ms,
            ..Talkgroup::named(id, self.name)
        })
    }

    fn areas(&self, known: &BTreeSet<AreaId>) -> Result<(Option<AreaId>, AreaChoice), Defect> {
        let unfit = |what: String| Err(Defect::Unfit { place: format!("talkgroup {}", self.id), what });
        let area = AreaChoice::from(self.area);
        let named = match area {
            AreaChoice::Named(area) => Some(area),
            AreaChoice::Wide | AreaChoice::Local => None,
        };
        if let Some(other) = self.home_area.into_iter().chain(named).find(|area| !known.contains(area)) {
            return unfit(format!("area {other} is not in this file: add an [[area]]"));
        }
        if area == AreaChoice::Local && self.home_area.is_none() {
            return unfit("area = \"local\" is the home area: name it in home_area".to_owned());
        }
        Ok((self.home_area, area))
    }

    fn start(&self, known: &BTreeSet<SiteId>) -> Result<StartPolicy, Defect> {
        let unfit = |what: String| Err(Defect::Unfit { place: format!("talkgroup {}", self.id), what });
        let Some(sites) = &self.critical_sites else {
            return match self.start {
                Start::All => Ok(StartPolicy::All),
                Start::Fast => Ok(StartPolicy::Fast),
                Start::Critical => {
                    unfit("start = \"critical\" waits for some sites: name them in critical_sites".to_owned())
                }
            };
        };
        if self.start != Start::Critical {
            return unfit(
                "critical_sites are waited for with start = \"critical\" alone: write that too".to_owned(),
            );
        }
        if let Some(other) = sites.iter().find(|site| !known.contains(site)) {
            return unfit(format!("critical site {other} is not in this file: add a [[site]]"));
        }
        let sites: BTreeSet<_> = sites.iter().copied().collect();
        Ok(StartPolicy::Critical(sites.into_iter().collect()))
    }
}

impl SiteTable {
    fn config(&self, sites: &[Self]) -> Result<SiteConfig, Defect> {
        let unfit = |what| Defect::Unfit { place: format!("site {}", self.id), what };
        let profile = self.profile.profile();
        check_numbers(&format!("site {}: carrier", self.id), self.carriers.iter())?;
        if let Some(carrier) = self.carriers.iter().find(|carrier| carrier.number() > profile.carrier_max) {
            let most = profile.carrier_max;
            return Err(unfit(format!(
                "carrier {carrier} is beyond the {most} carriers of {}",
                profile.name
            )));
        }
        let control = self.control.0;
        if !self.carriers.contains(&control.carrier) || control.slot.number() >= profile.slots {
            let slots = profile.slots;
            return Err(unfit(format!(
                "control {control} is not at this site: name one of its carriers and a slot below {slots}"
            )));
        }
        let usual = SiteConfig::new(self.id, self.profile, control.carrier).control_moves_ms;
        let control_moves_ms = self.control_moves_ms.unwrap_or(usual);
        if control_moves_ms < CONTROL_MOVES_MS_MIN {
            return Err(unfit(format!(
                "control_moves_ms {control_moves_ms} leaves radios no time to find the control channel: write \
                 {CONTROL_MOVES_MS_MIN} or more"
            )));
        }
        let neighbours = self.neighbours.iter().map(|neighbour| {
            let known = sites.iter().find(|site| site.id == *neighbour && site.id != self.id);
            known
                .map(|site| Neighbour { site: site.id, carrier: site.control.0.carrier })
                .ok_or_else(|| unfit(format!("neighbour {neighbour} is not another site of this file")))
        });
        Ok(SiteConfig {
            site: self.id,
            name: self.name.clone(),
            profile: self.profile,
            position: self.position,
            power_dbm: self.power_dbm,
            carriers: self.carriers.clone(),
            control,
            control_place: self.control_channel,
            control_moves_ms,
            signalling: self.signalling,
            control_layout: self.control_layout,
            slot_choice: self.slot_choice,
            neighbours: neighbours.collect::<Result<_, _>>()?,
            access: self.access,
            reselection: self.reselection,
            registration_window_ms: self.registration_window_ms,
            broadcast_interval_ms: self.broadcast_interval_ms,
            talker_silence_ms: self.talker_silence_ms,
            late_entry_interval_ms: self.late_entry_interval_ms,
        })
    }
}

impl SubscriberTable {
    fn config(self, known: &BTreeSet<TalkgroupId>) -> Result<Subscriber, Defect> {
        let unfit =
            |what: &str| Defect::Unfit { place: format!("subscriber {}", self.unit), what: what.to_owned() };
        if let Some(other) = self.talkgroups.iter().find(|talkgroup| !known.contains(talkgroup)) {
            return Err(unfit(&format!("talkgroup {other} is not in this file: add a [[talkgroup]]")));
        }
        if self.emergency_talkgroup.is_some_and(|talkgroup| !self.talkgroups.contains(&talkgroup)) {
            return Err(unfit("emergency_talkgroup is not one of its talkgroups: add it there"));
        }
        if self.floor_demand == Demand::Emergency {
            return Err(unfit("floor_demand emergency is everybody's: write low, high or preemptive"));
        }
        let fleet_member = match (self.fleet, self.member) {
            (Some(fleet), Some(member)) => Some(FleetMember { fleet, member }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(unfit("fleet and member belong together: give both"));
            }
        };
        let talkgroups: BTreeSet<_> = self.talkgroups.into_iter().collect();
        Ok(Subscriber {
            unit: self.unit,
            imei: self.imei,
            imsi: self.imsi,
            msisdn: self.msisdn,
            fleet_member,
            key: self.key.0,
            talkgroups: talkgroups.into_iter().collect(),
            sites: self.sites,
            floor_demand: self.floor_demand,
            emergency_talkgroup: self.emergency_talkgroup,
            duplex: self.duplex,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: &str = r#"
        [system]
        queue_len_max = 7
        emergency = "ruthless"
        queue_release = "cancel"

        [[site]]
        id = 1
        name = "Hill"
        profile = "iden"
        carriers = [1, 2]
        control = "1/0"
        neighbours = [2]

        [[site]]
        id = 2
        name = "Harbour"
        profile = "tetra"
        carriers = [9]
        control = "9/3"

        [[talkgroup]]
        id = 41
        name = "Fire"

        [[subscriber]]
        unit = 1017
        key = "000102030405060708090a0b0c0d0e0f"
        talkgroups = [41]
    "#;

    fn defect(from: &str, to: &str) -> String {
        assert!(ZONE.contains(from), "{from}");
        match parse(&ZONE.replacen(from, to, 1)).unwrap_err() {
            Defect::Syntax(error) => error.to_string(),
            Defect::Unfit { place, what } => format!("{place}: {what}"),
        }
    }

    #[test]
    fn a_zone_reads_with_the_usual_values_where_it_is_silent() {
        let changes = parse(ZONE).unwrap();
        let [
            Change::System(system),
            Change::Site(hill),
            Change::Site(_),
            Change::Talkgroup(fire),
            Change::Subscriber(unit),
        ] = &changes[..]
        else {
            panic!("{changes:?}")
        };
        assert_eq!((system.queue_len_max, system.heartbeat_ms), (7, 1_000));
        assert_eq!(system.emergency, EmergencyPolicy::Ruthless);
        assert_eq!((system.queue_release, system.call_back_ms), (QueueRelease::Cancel, 4_000));
        let neighbour = Neighbour { site: SiteId::new(2).unwrap(), carrier: CarrierNumber::new(9).unwrap() };
        assert_eq!(hill.neighbours, [neighbour]);
        assert_eq!(hill.traffic_slots(&hill.first_controls()).count(), 11);
        assert_eq!(fire.priority.level(), 5);
        assert_eq!(unit.key.octets(), &std::array::from_fn(|index| index as u8));
    }

    #[test]
    fn every_defect_names_its_place_and_a_remedy() {
        for (from, to, said) in [
            ("id = 2", "id = 1", "site 1: is there twice"),
            ("control = \"1/0\"", "control = \"3/0\"", "site 1: control 3/0 is not at this site"),
            ("control = \"9/3\"", "control = \"9/4\"", "a slot below 4"),
            ("control = \"1/0\"", "control = \"one\"", "\"carrier/slot\""),
            (
                "carriers = [1, 2]",
                "carriers = [1, 601]",
                "site 1: carrier 601 is beyond the 600 carriers of iden",
            ),
            ("neighbours = [2]", "neighbours = [1]", "site 1: neighbour 1 is not another site"),
            ("talkgroups = [41]", "talkgroups = [42]", "subscriber 1017: talkgroup 42 is not in this file"),
            ("talkgroups = [41]", "talkgroups = []\nfleet = 1", "fleet and member belong together"),
            ("unit = 1017", "unit = 0", "a unit is a number from 1 to 16777215"),
            ("name = \"Fire\"", "nmae = \"Fire\"", "unknown field `nmae`"),
            ("profile = \"iden\"", "profile = \"gsm\"", "unknown variant `gsm`"),
            ("id = 41", "id = 41\ntrunking = \"short\"", "unknown variant `short`"),
            ("id = 41", "id = 41\nfloor = \"wait\"", "unknown variant `wait`"),
            ("id = 41", "id = 41\nmembers = [42]", "talkgroup 41: member 42 is not in this file"),
            ("id = 41", "id = 41\nmembers = []", "talkgroup 41: names 0 members: give 1 to 15"),
            ("id = 41", "id = 41\nsystem_wide = true\nmembers = [41]", "leave members out"),
            ("unit = 1017", "unit = 1017\nfloor_demand = \"emergency\"", "write low, high or preemptive"),
            ("unit = 1017", "unit = 1017\nemergency_talkgroup = 49", "not one of its talkgroups"),
            (
                "id = 41",
                "id = 41\ntrunking = \"transmission\"\nhang_time_ms = 500",
                "talkgroup 41: transmission trunking keeps no channel: leave hang_time_ms out",
            ),
        ] {
            let defect = defect(from, to);
            assert!(defect.contains(said), "`{to}` gives: {defect}");
        }
    }

    #[test]
    fn a_damaged_key_is_refused_and_stays_secret() {
        let said = defect("000102030405060708090a0b0c0d0e0f", "secretsecretsecret");
        assert!(said.contains("32 hexadecimal digits"), "{said}");
    }

    #[test]
    fn the_example_of_the_manual_is_a_zone() {
        let manual = include_str!("../../docs/operating.md");
        let example = manual.split("```toml").nth(1).unwrap().split("```").next().unwrap();
        let changes = parse(example).unwrap_or_else(|defect| panic!("{defect:?}"));
        assert!(changes.iter().any(|change| matches!(change, Change::Subscriber(_))));
    }

    #[test]
    fn critical_sites_stand_with_a_critical_start_alone_and_are_known() {
        let with = |keys: &str| format!("name = \"Fire\"\n{keys}");
        let fire = "name = \"Fire\"";
        let text = defect(fire, &with("start = \"critical\""));
        assert!(text.contains("talkgroup 41: start = \"critical\" waits for some sites"), "{text}");
        let text = defect(fire, &with("critical_sites = [1]"));
        assert!(text.contains("critical_sites are waited for with start = \"critical\" alone"), "{text}");
        let text = defect(fire, &with("start = \"critical\"\ncritical_sites = [1, 9]"));
        assert!(text.contains("critical site 9 is not in this file"), "{text}");
        let zone = ZONE.replacen(fire, &with("start = \"critical\"\ncritical_sites = [2, 1, 2]"), 1);
        let start = parse(&zone).unwrap().into_iter().find_map(|change| {
            if let Change::Talkgroup(talkgroup) = change { Some(talkgroup.start) } else { None }
        });
        assert_eq!(
            start,
            Some(StartPolicy::Critical([1, 2].map(|site| SiteId::new(site).unwrap()).to_vec()))
        );
    }

    #[test]
    fn a_talkgroup_names_service_areas_of_the_file() {
        let fire = "name = \"Fire\"";
        let with = |keys: &str| format!("{fire}\n{keys}");
        let text = defect(fire, &with("home_area = 7"));
        assert!(text.contains("talkgroup 41: area 7 is not in this file"), "{text}");
        let text = defect(fire, &with("area = \"local\""));
        assert!(text.contains("talkgroup 41: area = \"local\" is the home area"), "{text}");
        let text = defect(fire, &with("area = \"near\""));
        assert!(text.contains("\"wide\", \"local\" or the number of a service area"), "{text}");
        let text = defect("[[talkgroup]]", "[[area]]\nid = 7\nname = \"City\"\nsites = [3]\n[[talkgroup]]");
        assert!(text.contains("area 7: site 3 is not in this file"), "{text}");
        let area = "[[area]]\nid = 7\nname = \"City\"\nsites = [1]\n[[talkgroup]]";
        let zone =
            ZONE.replacen("[[talkgroup]]", area, 1).replacen(fire, &with("home_area = 7\narea = 7"), 1);
        let seven = AreaId::new(7).unwrap();
        let changes = parse(&zone).unwrap();
        assert!(changes.iter().any(|change| matches!(change, Change::Area(area) if area.area == seven)));
        let talkgroup = changes.into_iter().find_map(|change| {
            if let Change::Talkgroup(talkgroup) = change { Some(talkgroup) } else { None }
        });
        let talkgroup = talkgroup.unwrap();
        assert_eq!((talkgroup.home_area, talkgroup.area), (Some(seven), AreaChoice::Named(seven)));
    }
}
