//! What an operator provisions. Each change enters the core as an input, so that a standby and a replay see it too.

use core::net::SocketAddr;

use serde::{Deserialize, Serialize};
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::operator::{ConfigurationVersion, ConsoleName, StatusText};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::{FailsoftPlace, Neighbour};
use trunklab_protocol::{
    Announcement, Antenna, AreaChoice, AreaId, CarrierNumber, ClonePolicy, ControlLayout, ControlPlace,
    Demand, EmergencyPolicy, FleetMember, FloorPolicy, FullDuplex, Imei, Imsi, MastId, Msisdn, NodeId,
    Position, Priority, ProfileId, Services, Signalling, SiteId, SlotAddress, SlotChoice, StartPolicy,
    TalkgroupId, Trunking, UnitId,
};

use crate::fault::AlarmRecord;
use crate::remote::RemoteUnit;

/// One change of what is provisioned. A change of something that exists replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Parameters of the whole system.
    System(SystemParameters),
    /// A site.
    Site(SiteConfig),
    /// A service area.
    Area(ServiceArea),
    /// A talkgroup.
    Talkgroup(Talkgroup),
    /// A subscriber.
    Subscriber(Subscriber),
    /// Several subscribers, each of another unit, all or none: they may hand names to each other.
    Subscribers(Vec<Subscriber>),
    /// A subscriber is taken out; one that is not there is no failure.
    SubscriberRemoved(UnitId),
    /// Talkgroups that an operator has joined in an earlier term.
    Patch(Vec<TalkgroupId>),
    /// A site is taken out; one that is not there is no failure.
    SiteRemoved(SiteId),
    /// A service area is taken out.
    AreaRemoved(AreaId),
    /// A talkgroup is taken out.
    TalkgroupRemoved(TalkgroupId),
    /// Which version of the configuration stands.
    Version(ConfigurationVersion),
    /// What an earlier term wrote down about a unit's remote control.
    Remote(RemoteUnit),
    /// An alarm of an earlier term that is still raised.
    Alarm(Box<AlarmRecord>),
}

/// Statuses that one system may have.
pub const STATUSES_MAX: usize = 1_000;

/// Limits and times of the whole system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SystemParameters {
    /// Who sets up the calls: part of every call's id.
    pub node: NodeId,
    /// Where the voice switch receives; sites are told.
    pub switch_address: SocketAddr,
    /// Requests that may wait at once.
    pub queue_len_max: u16,
    /// Longest wait in the queue, in milliseconds.
    pub queue_wait_ms_max: u32,
    /// What an emergency request does that finds no room.
    pub emergency: EmergencyPolicy,
    /// Hang time of emergency calls, in milliseconds; `None` takes that of other calls.
    pub emergency_hang_time_ms: Option<u32>,
    /// Emergencies that may be active at once.
    #[serde(default = "default_emergencies_max")]
    pub emergencies_max: u16,
    /// Orders that may wait for radios at once.
    #[serde(default = "default_radio_orders_max")]
    pub radio_orders_max: u16,
    /// What becomes of a waiting request when its caller releases the button.
    pub queue_release: QueueRelease,
    /// How long slots are kept for a caller that is called back, in milliseconds.
    pub call_back_ms: u32,
    /// A talkgroup that talked so shortly before its request goes before others of its priority, in milliseconds; 0: none.
    pub recent_user_ms: u32,
    /// For each such time waited a request counts one priority level higher, in milliseconds; 0: never.
    pub ageing_ms: u32,
    /// How long a waiting caller must keep its button pressed to begin without the full sites, in milliseconds; 0: for ever.
    pub busy_override_ms: u32,
    /// Longest transmission, in milliseconds (MPT 1327: TT 60 s).
    pub transmission_ms_max: u32,
    /// How long before that limit the talker is warned, in milliseconds; 0 for no warning.
    pub transmission_warning_ms: u32,
    /// Units that may wait for the floor of one call.
    pub floor_queue_len_max: u16,
    /// Longest wait for a floor, in milliseconds.
    pub floor_wait_ms_max: u32,
    /// How long the floor is kept for a talker on its way to another site, in milliseconds; 0 keeps none.
    pub handover_ms: u32,
    /// How long a page may be answered, in milliseconds.
    pub page_ms_max: u32,
    /// How long a called unit rings, in milliseconds.
    pub ring_ms_max: u32,
    /// Whether units may talk at once.
    pub full_duplex: FullDuplex,
    /// How long a full duplex call may last, in milliseconds.
    pub duplex_ms_max: u32,
    /// The priority of individual calls.
    pub individual_priority: Priority,
    /// How long an individual call keeps its slots after speech, in milliseconds; `None` takes the profile's time.
    pub individual_hang_time_ms: Option<u32>,
    /// How long a challenge may be answered, in milliseconds.
    pub challenge_ms_max: u32,
    /// Who is served where one identity is active twice.
    pub clones: ClonePolicy,
    /// A radio heard so shortly ago is active: other equipment under its identity is a clone, in milliseconds.
    pub clone_heard_ms: u32,
    /// A radio heard so shortly ago cannot have been switched off and on again at another site, in milliseconds.
    pub clone_leap_ms: u32,
    /// How long both holders of a cloned identity are refused, in milliseconds.
    pub clone_refused_ms: u32,
    /// Registrations under way at one site.
    pub challenges_max: u16,
    /// Authentication vectors of each unit in the copy of a site that may serve alone.
    #[serde(default = "default_copied_vectors")]
    pub copied_vectors: u8,
    /// Radios in the visitor register.
    pub visitors_max: u32,
    /// A site not heard from for this long is lost, in milliseconds.
    pub site_silence_ms_max: u32,
    /// How often a link shows that it lives, in milliseconds.
    pub heartbeat_ms: u16,
    /// How long a period of the statistics is, in seconds: a divisor of an hour.
    pub statistics_step_s: u16,
    /// How long periods are kept before they are put together to hours, in hours.
    pub statistics_fine_h: u16,
    /// How long hours are kept, in days.
    pub statistics_days: u16,
    /// Consoles whose operators may talk, at most [`CONSOLES_MAX`](crate::call::console::CONSOLES_MAX).
    pub consoles: Vec<ConsoleUnit>,
    /// Predefined statuses in order of their numbers, at most [`STATUSES_MAX`].
    pub statuses: Vec<StatusText>,
    /// Messages (status and call alert) that may be under way at once.
    pub messages_max: u16,
    /// How long a message waits to be confirmed before it is said again, in milliseconds.
    pub message_wait_ms: u32,
    /// How often a message is said at most.
    pub message_tries: u8,
    /// How often a call alert alerts its user, in milliseconds.
    pub call_alert_repeat_ms: u32,
    /// For how long it does, in milliseconds.
    pub call_alert_ms_max: u32,
    /// So often within the window an alarm may be raised before it counts as one that comes and goes; 0: ever so often.
    pub alarm_flaps_max: u8,
    /// How far back that counts, in milliseconds.
    pub alarm_window_ms: u32,
    /// How long such an alarm stays raised after it came or went last, in milliseconds.
    pub alarm_quiet_ms: u32,
}

/// A console whose operator may talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleUnit {
    /// Its name: that of its token.
    pub name: ConsoleName,
    /// As whom radios hear it: no subscriber's number, and no other console's.
    pub unit: UnitId,
}

const fn default_control_moves_ms() -> u32 {
    60_000
}

const fn default_tests_in_a_row() -> u8 {
    3
}

const fn default_copied_vectors() -> u8 {
    4
}

const fn default_radio_orders_max() -> u16 {
    1_000
}

const fn default_emergencies_max() -> u16 {
    100
}

impl Default for SystemParameters {
    fn default() -> Self {
        Self {
            node: NodeId::new(1).expect("1 is a node"),
            switch_address: SocketAddr::from(([127, 0, 0, 1], 0)),
            queue_len_max: 100,
            queue_wait_ms_max: 30_000,
            emergency: EmergencyPolicy::default(),
            emergency_hang_time_ms: None,
            emergencies_max: default_emergencies_max(),
            radio_orders_max: default_radio_orders_max(),
            queue_release: QueueRelease::CallBack,
            call_back_ms: 4_000,
            recent_user_ms: 10_000,
            ageing_ms: 0,
            busy_override_ms: 0,
            transmission_ms_max: 60_000,
            transmission_warning_ms: 5_000,
            floor_queue_len_max: 10,
            floor_wait_ms_max: 120_000,
            handover_ms: 5_000,
            page_ms_max: 4_000,
            ring_ms_max: 30_000,
            full_duplex: FullDuplex::default(),
            duplex_ms_max: 600_000,
            individual_priority: Priority::new(5).expect("5 is a level"),
            individual_hang_time_ms: None,
            challenge_ms_max: 5_000,
            clones: ClonePolicy::default(),
            clone_heard_ms: 3_600_000,
            clone_leap_ms: 5_000,
            clone_refused_ms: 600_000,
            challenges_max: 1_000,
            copied_vectors: default_copied_vectors(),
            visitors_max: 1_000_000,
            site_silence_ms_max: 3_000,
            heartbeat_ms: 1_000,
            statistics_step_s: 60,
            statistics_fine_h: 24,
            statistics_days: 90,
            consoles: Vec::new(),
            statuses: Vec::new(),
            messages_max: 1_000,
            message_wait_ms: 2_000,
            message_tries: 3,
            call_alert_repeat_ms: 5_000,
            call_alert_ms_max: 60_000,
            alarm_flaps_max: 5,
            alarm_window_ms: 600_000,
            alarm_quiet_ms: 300_000,
        }
    }
}

/// What becomes of a waiting request when its caller releases the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueRelease {
    /// It keeps its place; when its turn comes the caller is called back.
    #[default]
    CallBack,
    /// It is cancelled.
    Cancel,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteConfig {
    /// Which: the name in its certificate.
    pub site: SiteId,
    /// Its name, for people.
    pub name: String,
    /// Its air interface.
    pub profile: ProfileId,
    /// Where its antenna stands.
    #[serde(default)]
    pub position: Position,
    /// The mast whose sector it is; `None`: it stands alone.
    #[serde(default)]
    pub mast: Option<MastId>,
    /// In which directions it radiates.
    #[serde(default)]
    pub antenna: Antenna,
    /// Radiated power in dBm.
    pub power_dbm: i8,
    /// Its carriers, in order of use.
    pub carriers: Vec<CarrierNumber>,
    /// The control channel's place.
    pub control: SlotAddress,
    /// Whether it stays there; one that moves begins there.
    #[serde(default)]
    pub control_place: ControlPlace,
    /// Whether calls may have its slot as well.
    #[serde(default)]
    pub signalling: Signalling,
    /// Whether each carrier has a control channel of its own; then `control` is the one of its carrier.
    #[serde(default)]
    pub control_layout: ControlLayout,
    /// How often it moves on average, in milliseconds.
    #[serde(default = "default_control_moves_ms")]
    pub control_moves_ms: u32,
    /// Which free slot a call takes.
    #[serde(default)]
    pub slot_choice: SlotChoice,
    /// Where radios may move to.
    #[serde(default)]
    pub neighbours: Vec<Neighbour>,
    /// The rules of random access.
    pub access: AccessRules,
    /// When radios leave for a neighbour.
    #[serde(default)]
    pub reselection: Reselection,
    /// Over what time radios spread their registrations after power-on, loss or restart, in milliseconds; 0: as they think
    /// fit.
    #[serde(default)]
    pub registration_window_ms: u32,
    /// Longest time between two `System` words, in milliseconds.
    pub broadcast_interval_ms: u16,
    /// A talker not heard for this long is reported silent, in milliseconds.
    pub talker_silence_ms: u16,
    /// How often late-entry words are repeated for a call, in milliseconds.
    pub late_entry_interval_ms: u16,
    /// How long it waits for a controller before it serves alone, in milliseconds; 0: it never does
    /// (docs/resilience.md 14.1.2).
    #[serde(default)]
    pub isolated_after_ms: u32,
    /// How long it waits for a controller before it goes into failsoft, in milliseconds; 0: it never does. One that may serve alone
    /// does that instead (docs/resilience.md 14.6.2).
    #[serde(default)]
    pub failsoft_after_ms: u32,
    /// Its failsoft channels.
    #[serde(default)]
    pub failsoft: Vec<FailsoftChannel>,
    /// Where the control channel goes when its slot is faulty, in this order after `control` (docs/resilience.md 14.5.1).
    #[serde(default)]
    pub control_candidates: Vec<SlotAddress>,
    /// How often it tests each of its slots, in milliseconds; 0: never by itself (docs/resilience.md 14.2.2).
    #[serde(default)]
    pub self_test_ms: u32,
    /// So many bad tests in a row make a slot faulty.
    #[serde(default = "default_tests_in_a_row")]
    pub bad_tests: u8,
    /// So many good tests in a row make it sound again.
    #[serde(default = "default_tests_in_a_row")]
    pub good_tests: u8,
}

/// A slot that a site repeats on in failsoft, and whose radios go there (docs/resilience.md 14.6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailsoftChannel {
    /// Where.
    pub at: SlotAddress,
    /// Which talkgroups share it.
    pub talkgroups: Vec<TalkgroupId>,
}

impl SiteConfig {
    /// A site with one carrier, whose first slot is its control channel, and with usual timing.
    pub fn new(site: SiteId, profile: ProfileId, carrier: CarrierNumber) -> Self {
        Self {
            site,
            name: format!("Site {site}"),
            profile,
            position: Position::default(),
            mast: None,
            antenna: Antenna::default(),
            power_dbm: 40,
            carriers: vec![carrier],
            control: SlotAddress::first_of(carrier),
            control_place: ControlPlace::default(),
            signalling: Signalling::default(),
            control_layout: ControlLayout::default(),
            control_moves_ms: default_control_moves_ms(),
            slot_choice: SlotChoice::default(),
            neighbours: Vec::new(),
            access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 },
            reselection: Reselection::default(),
            registration_window_ms: 0,
            broadcast_interval_ms: 1_000,
            talker_silence_ms: 1_000,
            late_entry_interval_ms: 2_000,
            isolated_after_ms: 0,
            failsoft_after_ms: 0,
            failsoft: Vec::new(),
            control_candidates: Vec::new(),
            self_test_ms: 0,
            bad_tests: default_tests_in_a_row(),
            good_tests: default_tests_in_a_row(),
        }
    }

    /// Whether radios search for the control channel where it is not heard any more.
    pub fn searched(&self) -> ControlPlace {
        if self.control_candidates.is_empty() { self.control_place } else { ControlPlace::Searched }
    }

    /// The failsoft channel of each talkgroup that has one, as radios and base station are told.
    pub fn failsoft_places(&self) -> Vec<FailsoftPlace> {
        let places = |channel: &FailsoftChannel| {
            let at = channel.at;
            channel
                .talkgroups
                .iter()
                .map(move |talkgroup| FailsoftPlace { talkgroup: *talkgroup, at })
                .collect::<Vec<_>>()
        };
        self.failsoft.iter().flat_map(places).collect()
    }
}

/// A service area: a named set of sites in which calls can be heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceArea {
    /// Which.
    pub area: AreaId,
    /// Its name, for people.
    pub name: String,
    /// Its sites.
    pub sites: Vec<SiteId>,
}

/// A talkgroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talkgroup {
    /// Which.
    pub id: TalkgroupId,
    /// Its name.
    pub name: String,
    /// The priority of its calls.
    pub priority: Priority,
    /// When its calls give their channels back.
    #[serde(default)]
    pub trunking: Trunking,
    /// How long a call keeps its channel after speech, in milliseconds; `None` takes the time of the trunking mode. 0
    /// is transmission trunking.
    #[serde(default)]
    pub hang_time_ms: Option<u32>,
    /// Longest transmission in its calls, in milliseconds; `None` takes the system's.
    #[serde(default)]
    pub transmission_ms_max: Option<u32>,
    /// What becomes of a demand for the floor while another unit has it.
    #[serde(default)]
    pub floor: FloorPolicy,
    /// Where its local calls are heard.
    #[serde(default)]
    pub home_area: Option<AreaId>,
    /// Where its calls are heard whose caller chooses nothing.
    #[serde(default)]
    pub area: AreaChoice,
    /// For which sites its calls wait before they begin.
    #[serde(default)]
    pub start: StartPolicy,
    /// How long a waiting caller must keep its button pressed to begin without the full sites, in milliseconds; `None`
    /// takes the system's time, 0 is for ever.
    #[serde(default)]
    pub busy_override_ms: Option<u32>,
    /// Who hears its calls beside its own members.
    #[serde(default)]
    pub reach: Reach,
    /// What becomes of a call request while a talkgroup that shall hear it has a call.
    #[serde(default)]
    pub announcement: Announcement,
    /// What becomes of the speech of its calls.
    #[serde(default)]
    pub speech: SpeechPolicy,
}

/// What becomes of the speech of a talkgroup's calls, beside being heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechPolicy {
    /// It is heard and gone.
    #[default]
    Passing,
    /// It is recorded.
    Recorded,
    /// It is encrypted, and so never recorded, whoever else hears the call.
    Encrypted,
}

/// Who hears a talkgroup's calls beside its own members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Nobody.
    #[default]
    Own,
    /// An announcement group: the members of these talkgroups, at most [`trunklab_protocol::to_site::OTHERS_MAX`].
    Members(Vec<TalkgroupId>),
    /// Everybody.
    System,
}

impl Talkgroup {
    /// A talkgroup with the usual policies: priority 5, message trunking, the profile's and the system's times.
    pub fn named(id: TalkgroupId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            priority: Priority::new(5).expect("5 is a level"),
            trunking: Trunking::default(),
            hang_time_ms: None,
            transmission_ms_max: None,
            floor: FloorPolicy::default(),
            home_area: None,
            area: AreaChoice::default(),
            start: StartPolicy::default(),
            busy_override_ms: None,
            reach: Reach::default(),
            announcement: Announcement::default(),
            speech: SpeechPolicy::default(),
        }
    }
}

/// A subscriber in the home register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The individual id.
    pub unit: UnitId,
    /// The equipment, if one is bound.
    #[serde(default)]
    pub imei: Option<Imei>,
    /// The subscription.
    #[serde(default)]
    pub imsi: Option<Imsi>,
    /// The telephone number.
    #[serde(default)]
    pub msisdn: Option<Msisdn>,
    /// Fleet and member.
    #[serde(default)]
    pub fleet_member: Option<FleetMember>,
    /// The key that it shares with the home register.
    pub key: UnitKey,
    /// Talkgroups that it may affiliate to, in ascending order.
    pub talkgroups: Vec<TalkgroupId>,
    /// Sites where it may register; `None` for all.
    #[serde(default)]
    pub sites: Option<Vec<SiteId>>,
    /// Where it usually is; one of those sites.
    #[serde(default)]
    pub home_site: Option<SiteId>,
    /// The least priority of its requests.
    #[serde(default = "lowest")]
    pub priority: Priority,
    /// What it has the right to.
    #[serde(default)]
    pub services: Services,
    /// The highest demand for a floor that it may make, but for an emergency.
    #[serde(default)]
    pub floor_demand: Demand,
    /// Where it asks for an emergency call, which affiliates it there; one of its talkgroups.
    #[serde(default)]
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether the radio can talk and hear at once: full duplex.
    #[serde(default)]
    pub duplex: bool,
}

const fn lowest() -> Priority {
    Priority::LOWEST
}

impl Subscriber {
    /// A subscriber with a number and a key: no other identity, no talkgroup, every site.
    pub const fn new(unit: UnitId, key: UnitKey) -> Self {
        Self {
            unit,
            imei: None,
            imsi: None,
            msisdn: None,
            fleet_member: None,
            key,
            talkgroups: Vec::new(),
            sites: None,
            home_site: None,
            priority: Priority::LOWEST,
            services: Services::ALL,
            floor_demand: Demand::Low,
            emergency_talkgroup: None,
            duplex: false,
        }
    }
}
