//! The invented network itself: three sites, eight talkgroups, forty units, and chance from a seed.

use std::collections::BTreeMap;

use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::operator::{
    AirCounters, CallView, Event, EventKind, QueueView, SiteView, SlotView, Snapshot, TalkgroupView, Totals,
};
use trunklab_protocol::{
    Antenna, Azimuth, CallId, CarrierNumber, Cause, EmergencyKind, Epoch, Incarnation, MastId, Moment,
    NodeId, Priority, ProfileId, SiteId, SlotAddress, SlotNumber, Span, SpurtId, TalkgroupId, UnitId,
};

const QUEUE_MAX: usize = 3;
const SITES: [(&str, ProfileId, u16); 3] = [
    ("Town Hall", ProfileId::Iden, 2),
    ("Harbour", ProfileId::Tetra, 2),
    ("North Ridge Water Tower", ProfileId::Dmr3, 3),
];
const TALKGROUPS: [(u16, &str); 8] = [
    (41, "Fire Dispatch"),
    (42, "Fire Tactical"),
    (110, "Police North"),
    (111, "Police South and Harbour Patrol"),
    (305, "Ambulance"),
    (1203, "Public Works"),
    (2001, "Buses"),
    (40961, "Snow Clearing"),
];

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn slot(carrier: u16, slot: u8) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot: SlotNumber::new(slot).unwrap() }
}

/// One call as the world keeps it.
#[derive(Clone)]
struct Call {
    talkgroup: TalkgroupId,
    talker: Option<UnitId>,
    emergency: bool,
    since: Moment,
    places: BTreeMap<SiteId, SlotAddress>,
}

/// One site as the world keeps it.
struct Site {
    name: &'static str,
    mast: Option<MastId>,
    antenna: Antenna,
    profile: ProfileId,
    in_service: bool,
    control: SlotAddress,
    slots: Vec<SlotAddress>,
    radios: BTreeMap<UnitId, ()>,
}

/// The network.
pub struct World {
    epoch: u32,
    sequence: u64,
    at: Moment,
    chance: u64,
    calls_made: u32,
    spurts: u32,
    sites: BTreeMap<SiteId, Site>,
    calls: BTreeMap<u32, Call>,
    queue: Vec<QueueView>,
    totals: Totals,
    told: Vec<Event>,
}

impl World {
    pub fn new(seed: u64, epoch: u32) -> Self {
        let sites = (1..).zip(SITES).map(|(number, (name, profile, carriers))| {
            let control = slot(number * 10, 0);
            let slots_each = profile.profile().slots;
            let slots = (0..carriers)
                .flat_map(|carrier| (0..slots_each).map(move |place| slot(number * 10 + carrier, place)))
                .filter(|at| *at != control)
                .collect();
            let radios = (0..14).map(|radio| (unit(1_000 + u32::from(number) * 14 + radio), ())).collect();
            (
                site(number),
                Site {
                    name,
                    mast: None,
                    antenna: Antenna::Omni,
                    profile,
                    in_service: true,
                    control,
                    slots,
                    radios,
                },
            )
        });
        Self {
            epoch,
            sequence: 0,
            at: Moment::ORIGIN + Span::from_secs(754),
            chance: seed,
            calls_made: 0,
            spurts: 0,
            sites: sites.collect(),
            calls: BTreeMap::new(),
            queue: Vec::new(),
            totals: Totals { registered: 42, ..Totals::default() },
            told: Vec::new(),
        }
    }

    /// From here on the sites are sectors of one name, each of the mast that is given.
    pub fn raise_masts(&mut self, masts: [u16; 3]) {
        for (index, (site, mast)) in self.sites.values_mut().zip(masts).enumerate() {
            site.mast = MastId::new(mast);
            site.name = "Water Tower";
            site.antenna = Antenna::Sector(Azimuth::of_sector(index, 3));
        }
    }

    /// What the controller would show now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            sequence: self.sequence,
            at: self.at,
            epoch: Epoch::new(self.epoch).unwrap(),
            sites: self.sites.iter().map(|(number, site)| self.site_view(*number, site)).collect(),
            calls: self
                .calls
                .iter()
                .map(|(number, call)| CallView {
                    call: self.call_id(*number),
                    parties: call.talkgroup.into(),
                    talker: call.talker,
                    priority: priority(call.emergency),
                    emergency: call.emergency,
                    duplex: false,
                    area: None,
                    since: call.since,
                    sites: call.places.iter().map(|(site, at)| (*site, *at)).collect(),
                    waiting: Vec::new(),
                    monitored_by: None,
                })
                .collect(),
            queue: self.queue.clone(),
            talkgroups: TALKGROUPS
                .iter()
                .map(|(number, name)| TalkgroupView {
                    talkgroup: talkgroup(*number),
                    name: (*name).to_owned(),
                    affiliated: 5,
                })
                .collect(),
            patches: Vec::new(),
            consoles: Vec::new(),
            emergencies: Vec::new(),
            units: Vec::new(),
            messages: Vec::new(),
            alarms: Vec::new(),
            statuses: Vec::new(),
            totals: self.totals,
        }
    }

    fn site_view(&self, number: SiteId, site: &Site) -> SiteView {
        let holder = |at: &SlotAddress| {
            self.calls.iter().find(|(_, call)| call.places.get(&number) == Some(at)).map(|(call, _)| *call)
        };
        SiteView {
            site: number,
            name: site.name.to_owned(),
            mast: site.mast,
            antenna: site.antenna,
            profile: site.profile,
            in_service: site.in_service,
            control: site.control,
            further_controls: Vec::new(),
            slots: site
                .slots
                .iter()
                .map(|at| SlotView { at: *at, call: holder(at).map(|call| self.call_id(call)) })
                .collect(),
            faulty: Vec::new(),
            radios: u32::try_from(site.radios.len()).unwrap(),
            air: AirCounters {
                control_words: 61_200,
                control_words_busy: 4_310,
                bursts: 90_412,
                collisions: 37,
                late: 2,
                dropped: 5,
            },
            in_failsoft: false,
            served_alone_ms: None,
            in_failsoft_ms: None,
            loads: if site.in_service { vec![load(site.control)] } else { Vec::new() },
        }
    }

    /// Lets time pass and something happen; gives the events that tell it (none where nothing could happen).
    pub fn step(&mut self, passed: Span) -> Vec<Event> {
        self.at += passed;
        match self.roll(100) {
            0..=29 => self.request(false),
            30 => self.request(true),
            31..=59 => self.speak_or_fall_silent(),
            60..=77 => self.end_a_hanging_call(),
            78..=82 => self.register(),
            83..=86 => self.move_away(),
            87..=88 => self.give_up_waiting(),
            89..=90 => self.affiliate(),
            91..=93 => self.join_or_leave(),
            94 => self.lose_or_regain_a_site(),
            95..=96 => self.refuse_the_floor(),
            97 => self.tell(EventKind::Dropped { site: Some(site(1)), cause: Cause::Collision }),
            98 => self.refuse_a_registration(),
            _ => {}
        }
        self.serve_the_queue();
        std::mem::take(&mut self.told)
    }

    /// A unit asks for an emergency call, whatever chance says.
    pub fn emergency(&mut self) -> Vec<Event> {
        self.request(true);
        std::mem::take(&mut self.told)
    }

    /// A unit raises the alarm at site 3.
    pub fn alarm(&mut self, unit: u32) -> Vec<Event> {
        let (unit, talkgroup) = (UnitId::new(unit).unwrap(), TalkgroupId::new(41));
        self.tell(EventKind::EmergencyBegan { unit, site: site(3), talkgroup, kind: EmergencyKind::Alarm });
        std::mem::take(&mut self.told)
    }

    /// A site's link is lost, whatever chance says.
    pub fn lose(&mut self, number: u16) -> Vec<Event> {
        self.lose_site(site(number));
        std::mem::take(&mut self.told)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        // Knuth's multiplier: chance enough for a picture.
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % sides
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let count = u64::try_from(from.len()).unwrap();
        if count == 0 { None } else { Some(from[usize::try_from(self.roll(count)).unwrap()].clone()) }
    }

    fn tell(&mut self, kind: EventKind) {
        self.sequence += 1;
        self.told.push(Event { sequence: self.sequence, at: self.at, kind });
    }

    fn call_id(&self, counter: u32) -> CallId {
        CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(self.epoch).unwrap(), counter }
    }

    fn a_radio(&mut self) -> Option<(SiteId, UnitId)> {
        let radios: Vec<_> = self
            .sites
            .iter()
            .filter(|(_, site)| site.in_service)
            .flat_map(|(number, site)| site.radios.keys().map(|unit| (*number, *unit)))
            .collect();
        self.pick(&radios)
    }

    fn request(&mut self, emergency: bool) {
        let Some((site, unit)) = self.a_radio() else { return };
        let (number, _) = self.pick(&TALKGROUPS).unwrap();
        let talkgroup = talkgroup(number);
        let busy = self.calls.values().any(|call| call.talkgroup == talkgroup)
            || self.queue.iter().any(|waiting| waiting.parties == talkgroup.into() || waiting.unit == unit);
        if busy {
            return;
        }
        if self.grant(unit, talkgroup, emergency, Span::ZERO) {
            return;
        }
        let site = Some(site);
        if self.queue.len() == QUEUE_MAX {
            self.totals.refused += 1;
            let parties = Some(talkgroup.into());
            self.tell(EventKind::CallRefused { unit, site, parties, cause: Cause::QueueFull });
            return;
        }
        let place = if emergency { 0 } else { self.queue.len() };
        let (parties, priority) = (talkgroup.into(), priority(emergency));
        self.queue.insert(
            place,
            QueueView { unit, parties, area: None, site, priority, emergency, since: self.at },
        );
        self.totals.queued += 1;
        let position = u16::try_from(place + 1).unwrap();
        self.tell(EventKind::CallQueued { unit, site, parties, area: None, priority, emergency, position });
    }

    fn free_slot(&self, number: SiteId) -> Option<SlotAddress> {
        let site = &self.sites[&number];
        let held: Vec<_> = self.calls.values().filter_map(|call| call.places.get(&number)).collect();
        site.slots.iter().find(|at| site.in_service && !held.contains(at)).copied()
    }

    fn grant(&mut self, talker: UnitId, talkgroup: TalkgroupId, emergency: bool, waited: Span) -> bool {
        let wanted: Vec<_> = self.sites.keys().copied().filter(|site| self.sites[site].in_service).collect();
        let places: BTreeMap<_, _> =
            wanted.iter().filter_map(|site| Some((*site, self.free_slot(*site)?))).collect();
        // The smallest site decides, so that a queue forms.
        if wanted.is_empty() || places.len() < wanted.len() {
            return false;
        }
        self.calls_made += 1;
        let sites = places.iter().map(|(site, at)| (*site, *at)).collect();
        let call = Call { talkgroup, talker: Some(talker), emergency, since: self.at, places };
        self.calls.insert(self.calls_made, call);
        self.totals.granted += 1;
        self.tell(EventKind::CallGranted {
            call: self.call_id(self.calls_made),
            parties: talkgroup.into(),
            talker,
            priority: priority(emergency),
            emergency,
            sites,
            waited_ms: u32::try_from(waited.as_millis()).unwrap(),
        });
        true
    }

    fn serve_the_queue(&mut self) {
        while let Some(first) = self.queue.first().copied() {
            let waited = self.at.since(first.since);
            self.queue.remove(0);
            let talkgroup = first.parties.talkgroup().unwrap();
            if !self.grant(first.unit, talkgroup, first.emergency, waited) {
                self.queue.insert(0, first);
                return;
            }
        }
    }

    fn a_call(&mut self) -> Option<u32> {
        let calls: Vec<_> = self.calls.keys().copied().collect();
        self.pick(&calls)
    }

    fn speak_or_fall_silent(&mut self) {
        let Some(number) = self.a_call() else { return };
        let call = self.call_id(number);
        match self.calls[&number].talker {
            Some(unit) => {
                self.calls.get_mut(&number).unwrap().talker = None;
                self.tell(EventKind::FloorReleased { call, unit, cause: Cause::TransmissionEnded });
            }
            None => {
                let Some((_, unit)) = self.a_radio() else { return };
                self.calls.get_mut(&number).unwrap().talker = Some(unit);
                self.spurts += 1;
                self.tell(EventKind::FloorTaken { call, unit, spurt: SpurtId::new(self.spurts).unwrap() });
            }
        }
    }

    fn end_a_hanging_call(&mut self) {
        let hanging: Vec<_> =
            self.calls.iter().filter(|(_, call)| call.talker.is_none()).map(|(number, _)| *number).collect();
        if let Some(number) = self.pick(&hanging) {
            self.release(number, Cause::HangTimeOver);
        }
    }

    fn release(&mut self, number: u32, cause: Cause) {
        let ended = self.calls.remove(&number).unwrap();
        self.totals.released += 1;
        self.tell(EventKind::CallReleased {
            call: self.call_id(number),
            parties: ended.talkgroup.into(),
            cause,
        });
    }

    fn register(&mut self) {
        let unit = unit(2_000 + u32::try_from(self.roll(40)).unwrap());
        let sites: Vec<_> = self.sites.keys().copied().collect();
        let site = self.pick(&sites).unwrap();
        if !self.sites[&site].in_service || self.sites.values().any(|site| site.radios.contains_key(&unit)) {
            return;
        }
        self.sites.get_mut(&site).unwrap().radios.insert(unit, ());
        self.totals.registered += 1;
        self.tell(EventKind::Registered { unit, site });
    }

    fn move_away(&mut self) {
        let Some((site, unit)) = self.a_radio() else { return };
        self.sites.get_mut(&site).unwrap().radios.remove(&unit);
        self.tell(EventKind::Deregistered { unit, site, cause: Cause::PoweredOff });
    }

    fn affiliate(&mut self) {
        let Some((site, unit)) = self.a_radio() else { return };
        self.tell(EventKind::Affiliated { unit, site, talkgroup: talkgroup(305) });
    }

    fn give_up_waiting(&mut self) {
        let waiting = self.queue.clone();
        let Some(QueueView { unit, parties, site, .. }) = self.pick(&waiting) else { return };
        self.queue.retain(|waiting| waiting.unit != unit);
        if self.roll(2) == 0 {
            self.tell(EventKind::CallCancelled { unit, parties, cause: Cause::RequestCancelled });
        } else {
            self.totals.refused += 1;
            let parties = Some(parties);
            self.tell(EventKind::CallRefused { unit, site, parties, cause: Cause::QueueTimeout });
        }
    }

    fn refuse_the_floor(&mut self) {
        let (Some(number), Some((_, unit))) = (self.a_call(), self.a_radio()) else { return };
        self.tell(EventKind::FloorRefused { call: self.call_id(number), unit, cause: Cause::FloorTaken });
    }

    fn refuse_a_registration(&mut self) {
        let identity = trunklab_protocol::Identity::Unit(unit(666));
        self.tell(EventKind::RegisterRefused { identity, site: site(2), cause: Cause::UnknownIdentity });
    }

    fn join_or_leave(&mut self) {
        let Some(number) = self.a_call() else { return };
        let call = self.call_id(number);
        let sites: Vec<_> = self.sites.keys().copied().collect();
        let site = self.pick(&sites).unwrap();
        if self.calls[&number].places.contains_key(&site) {
            if self.calls[&number].places.len() > 1 {
                self.calls.get_mut(&number).unwrap().places.remove(&site);
                self.tell(EventKind::SiteLeft { call, site, cause: Cause::NobodyLeft });
            }
        } else if let Some(at) = self.free_slot(site) {
            self.calls.get_mut(&number).unwrap().places.insert(site, at);
            self.tell(EventKind::SiteJoined { call, site, at });
        }
    }

    fn lose_or_regain_a_site(&mut self) {
        let lost: Vec<_> =
            self.sites.iter().filter(|(_, site)| !site.in_service).map(|(number, _)| *number).collect();
        let Some(site) = self.pick(&lost) else {
            let sites: Vec<_> = self.sites.keys().copied().collect();
            let site = self.pick(&sites).unwrap();
            self.lose_site(site);
            return;
        };
        self.sites.get_mut(&site).unwrap().in_service = true;
        self.tell(EventKind::SiteUp { site, incarnation: Incarnation::new(7).unwrap() });
    }

    fn lose_site(&mut self, lost: SiteId) {
        if !self.sites[&lost].in_service {
            return;
        }
        self.sites.get_mut(&lost).unwrap().in_service = false;
        self.tell(EventKind::SiteLost { site: lost, cause: Cause::LinkSilent });
        let calls: Vec<_> = self.calls.keys().copied().collect();
        for number in calls {
            if self.calls.get_mut(&number).unwrap().places.remove(&lost).is_none() {
                continue;
            }
            self.tell(EventKind::SiteLeft {
                call: self.call_id(number),
                site: lost,
                cause: Cause::SiteUnavailable,
            });
            if self.calls[&number].places.is_empty() {
                self.release(number, Cause::CallLost);
            }
        }
    }
}

fn priority(emergency: bool) -> Priority {
    Priority::new(if emergency { 1 } else { 5 }).unwrap()
}

/// A control channel with something to do.
fn load(at: SlotAddress) -> ControlLoad {
    ControlLoad {
        at,
        words: 111,
        words_busy: 46,
        grants_again: 8,
        waiting: 2,
        wait_ms_max: 310,
        late_entry_put_off: 1,
        late_entry_delay_ms_max: 90,
        opportunities: 111,
        bursts: 23,
        collided: 4,
        captured: 1,
    }
}
