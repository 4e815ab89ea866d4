//! What has to exist before a scenario can run, as plain data: the lab turns it into what its controller is given.

use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    Announcement, Antenna, AreaChoice, AreaId, Azimuth, CarrierNumber, ClonePolicy, ControlLayout,
    ControlPlace, Demand, EmergencyPolicy, FloorPolicy, FullDuplex, Identity, Imei, Imsi, MastId, Position,
    Priority, ProfileId, ScanList, Services, Signalling, SiteId, SlotAddress, SlotChoice, StartPolicy,
    TalkgroupId, Trunking, UnitId,
};

/// Everything that a scenario needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provision {
    /// Limits of the whole network.
    pub network: NetworkProvision,
    /// Sites in ascending order.
    pub sites: Vec<SiteProvision>,
    /// Service areas.
    pub areas: Vec<AreaProvision>,
    /// Talkgroups in ascending order.
    pub talkgroups: Vec<TalkgroupProvision>,
    /// The home register in ascending order.
    pub subscribers: Vec<SubscriberProvision>,
    /// The handsets in ascending order; one without a subscriber is unknown to the network.
    pub units: Vec<UnitProvision>,
}

/// Limits of the whole network; `None` takes the controller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NetworkProvision {
    /// Requests that may wait at once.
    pub queue_len_max: Option<u16>,
    /// Longest wait in the queue, in milliseconds.
    pub queue_wait_ms_max: Option<u32>,
    /// What an emergency request does that finds no room.
    pub emergency: Option<EmergencyPolicy>,
    /// Hang time of emergency calls, in milliseconds.
    pub emergency_hang_time_ms: Option<u32>,
    /// What becomes of a waiting request when its caller releases the button.
    pub queue_release: Option<QueueRelease>,
    /// How long slots are kept for a caller that is called back, in milliseconds.
    pub call_back_ms: Option<u32>,
    /// How long a talkgroup counts as a recent user, in milliseconds; 0: not at all.
    pub recent_user_ms: Option<u32>,
    /// Who is served where one identity is active twice.
    pub clones: Option<ClonePolicy>,
    /// For each such time waited a request counts one priority level higher, in milliseconds.
    pub ageing_ms: Option<u32>,
    /// How long a waiting caller must keep its button pressed to begin without the full sites, in milliseconds.
    pub busy_override_ms: Option<u32>,
    /// Longest transmission, in milliseconds.
    pub transmission_ms_max: Option<u32>,
    /// Units that may wait for the floor of one call.
    pub floor_queue_len_max: Option<u16>,
    /// Longest wait for a floor, in milliseconds.
    pub floor_wait_ms_max: Option<u32>,
    /// How long the floor is kept for a talker on its way to another site, in milliseconds.
    pub handover_ms: Option<u32>,
    /// How long a page may be answered, in milliseconds.
    pub page_ms_max: Option<u32>,
    /// How long a called unit rings, in milliseconds.
    pub ring_ms_max: Option<u32>,
    /// As whom radios hear the console's operator; `None` where it does not talk.
    pub console_unit: Option<UnitId>,
    /// Whether units may talk at once.
    pub full_duplex: Option<FullDuplex>,
    /// How long a full duplex call may last, in milliseconds.
    pub duplex_ms_max: Option<u32>,
    /// The priority of individual calls.
    pub individual_priority: Option<Priority>,
    /// Hang time of individual calls, in milliseconds.
    pub individual_hang_time_ms: Option<u32>,
    /// How many predefined statuses there are, numbered from 1.
    pub statuses: u16,
    /// How often a call alert alerts its user, in milliseconds.
    pub call_alert_repeat_ms: Option<u32>,
    /// For how long it does, in milliseconds.
    pub call_alert_ms_max: Option<u32>,
    /// How often an alarm may be raised within the window before it counts as one that comes and goes.
    pub alarm_flaps_max: Option<u8>,
    /// How far back that counts, in milliseconds.
    pub alarm_window_ms: Option<u32>,
    /// How long such an alarm stays raised after it came or went last, in milliseconds.
    pub alarm_quiet_ms: Option<u32>,
}

/// What becomes of a waiting request when its caller releases the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueRelease {
    /// It keeps its place and the caller is called back.
    CallBack,
    /// It is cancelled.
    Cancel,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteProvision {
    /// Which.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// Its air interface.
    pub profile: ProfileId,
    /// Where its antenna stands.
    pub position: Position,
    /// The mast whose sector it is; `None`: it stands alone.
    pub mast: Option<MastId>,
    /// In which directions it radiates.
    pub antenna: Antenna,
    /// Radiated power in dBm.
    pub power_dbm: i8,
    /// Its carriers, in order of use.
    pub carriers: Vec<CarrierNumber>,
    /// The control channel.
    pub control: SlotAddress,
    /// Which free slot a call takes.
    pub slot_choice: SlotChoice,
    /// Whether the control channel stays where it is.
    pub control_place: ControlPlace,
    /// Whether each carrier has a control channel of its own.
    pub control_layout: ControlLayout,
    /// Whether calls may have its slot as well.
    pub signalling: Signalling,
    /// How often it moves on average, in milliseconds.
    pub control_moves_ms: u32,
    /// Every other site of the scenario.
    pub neighbours: Vec<Neighbour>,
    /// The rules of random access.
    pub access: AccessRules,
    /// When radios leave for a neighbour.
    pub reselection: Reselection,
    /// Over what time radios spread their registrations, in milliseconds; 0: as they think fit.
    pub registration_window_ms: u32,
    /// Longest time between two `System` words, in milliseconds.
    pub broadcast_interval_ms: u16,
    /// A talker not heard for this long is reported silent, in milliseconds.
    pub talker_silence_ms: u16,
    /// How often late-entry words are repeated, in milliseconds.
    pub late_entry_interval_ms: u16,
    /// How long it waits for a controller before it serves alone, in milliseconds; 0: it never does.
    pub isolated_after_ms: u32,
    /// How long it waits for a controller before it goes into failsoft, in milliseconds; 0: it never does.
    pub failsoft_after_ms: u32,
    /// Its failsoft channels, each with the talkgroups that share it.
    pub failsoft: Vec<(SlotAddress, Vec<TalkgroupId>)>,
    /// Where the control channel goes when its slot is faulty, in order.
    pub control_candidates: Vec<SlotAddress>,
    /// How often it tests its slots, in milliseconds; 0: never by itself.
    pub self_test_ms: u32,
    /// So many bad tests in a row make a slot faulty.
    pub bad_tests: u8,
    /// So many good tests in a row make it sound again.
    pub good_tests: u8,
}

impl SiteProvision {
    /// How many calls the site can carry at once.
    pub fn traffic_slots(&self) -> usize {
        let profile = self.profile.profile();
        let slots = self.carriers.len() * usize::from(profile.slots);
        let shares = match self.control_layout {
            ControlLayout::Central => 1,
            ControlLayout::Distributed if profile.control_takes_carrier => (self.carriers.len() / 2).max(1),
            ControlLayout::Distributed => self.carriers.len(),
        };
        let control = match self.signalling {
            Signalling::Associated => 0,
            Signalling::Common => shares * usize::from(profile.control_slots()),
        };
        slots.saturating_sub(control)
    }

    /// A kilometre from the antenna, east or where it looks: near, and not under it. Who stands under it captures every
    /// burst.
    pub fn beside(&self) -> Position {
        self.antenna.azimuth().unwrap_or(Azimuth::EAST).place(self.position, 1_000.0)
    }
}

/// A service area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaProvision {
    /// Which.
    pub area: AreaId,
    /// Its name.
    pub name: String,
    /// Its sites.
    pub sites: Vec<SiteId>,
}

/// A talkgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkgroupProvision {
    /// Which.
    pub talkgroup: TalkgroupId,
    /// Its name.
    pub name: String,
    /// The priority of its calls.
    pub priority: Priority,
    /// When its calls give their channels back.
    pub trunking: Trunking,
    /// Its hang time in milliseconds; `None` takes the trunking mode's.
    pub hang_time_ms: Option<u32>,
    /// Its longest transmission in milliseconds; `None` takes the system's.
    pub transmission_ms_max: Option<u32>,
    /// What becomes of a demand for the floor while another unit has it.
    pub floor: FloorPolicy,
    /// Where its local calls are heard.
    pub home_area: Option<AreaId>,
    /// Where its calls are heard whose caller chooses nothing.
    pub area: AreaChoice,
    /// For which sites its calls wait before they begin.
    pub start: StartPolicy,
    /// How long a waiting caller must keep its button pressed to begin without the full sites, in milliseconds; `None`
    /// takes the network's.
    pub busy_override_ms: Option<u32>,
    /// The talkgroups of an announcement group; empty for any other.
    pub members: Vec<TalkgroupId>,
    /// What an announcement does that finds one of its talkgroups in a call.
    pub announcement: Announcement,
    /// Whether everybody hears its calls.
    pub system_wide: bool,
}

/// A subscriber in the home register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriberProvision {
    /// Who.
    pub unit: UnitId,
    /// Its subscription.
    pub imsi: Imsi,
    /// The equipment that belongs to it.
    pub imei: Option<Imei>,
    /// The key that the register holds.
    pub key: UnitKey,
    /// Talkgroups that it may affiliate to, in ascending order.
    pub talkgroups: Vec<TalkgroupId>,
    /// Sites where it may register; `None` for all.
    pub sites: Option<Vec<SiteId>>,
    /// The least priority of its requests.
    pub priority: Priority,
    /// What it has the right to.
    pub services: Services,
    /// The highest demand for a floor that it may make, but for an emergency.
    pub floor_demand: Demand,
    /// Where it asks for an emergency call, which affiliates it there.
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether its radio can talk and hear at once.
    pub duplex: bool,
}

/// A handset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitProvision {
    /// What the scenario calls it.
    pub unit: UnitId,
    /// Whose individual id it has: its own, but for a clone.
    pub owner: UnitId,
    /// How it names itself.
    pub identity: Identity,
    /// Its own identity as a piece of equipment.
    pub equipment: Option<Imei>,
    /// The key in the handset.
    pub key: UnitKey,
    /// What its selector shows at first.
    pub talkgroup: TalkgroupId,
    /// What it hears beside that.
    pub scan: ScanList,
    /// Where it is at first.
    pub position: Position,
    /// How urgently its presses ask for a floor that another unit has.
    pub demand: Demand,
    /// Where it asks for an emergency call, if not in the selected talkgroup.
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether it refuses every individual call.
    pub refuses_individual_calls: bool,
}

/// A unit's key in a simulation, which is no secret: the octets `trunklab`, then eight octets of seed and unit mixed by
/// SplitMix64, so that no two units of a run share a key.
pub fn derive_key(seed: u64, unit: UnitId) -> UnitKey {
    let mut mixed = seed ^ (u64::from(unit.number()) << 32 | u64::from(unit.number()));
    mixed = mixed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let mut octets = *b"trunklab________";
    octets[8..].copy_from_slice(&mixed.to_be_bytes());
    UnitKey::new(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_and_each_seed_has_its_own_key() {
        let key = |seed, unit| *derive_key(seed, UnitId::new(unit).unwrap()).octets();
        let mut keys: Vec<_> = (0..4).flat_map(|seed| (1..500).map(move |unit| key(seed, unit))).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 4 * 499);
        assert_eq!(key(7, 1017), key(7, 1017));
    }
}
