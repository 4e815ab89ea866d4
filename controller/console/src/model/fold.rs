//! What an event changes in the picture. Events after a snapshot, folded over it, lead to what a newer snapshot shows,
//! but for what no event tells: the counters on the air, affiliations, and names. Those come with the next snapshot.

use trunklab_protocol::operator::{
    AlarmChange, CallView, EmergencyView, Event, EventKind, FloorView, MessageStage, NetworkAlarm, PatchView,
    QueueView, SiteView, Snapshot,
};
use trunklab_protocol::{CallId, EmergencyStage, Parties, SiteId, SlotAddress, SlotHealth, UnitId};

use super::messages;

/// Whether the picture could take the event in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grasp {
    /// All that it names was known.
    Whole,
    /// It names a site, slot or call that the picture lacks: a new snapshot is due.
    Partial,
}

impl Grasp {
    fn of(known: bool) -> Self {
        if known { Self::Whole } else { Self::Partial }
    }
}

/// Takes one event into the picture.
pub fn fold(picture: &mut Snapshot, event: &Event) -> Grasp {
    picture.sequence = event.sequence;
    picture.at = picture.at.max(event.at);
    match &event.kind {
        EventKind::SiteUp { site, .. } => set_service(picture, *site, true),
        EventKind::SiteLost { site, .. } => set_service(picture, *site, false),
        EventKind::SiteInFailsoft { site } => {
            set_service(picture, *site, false);
            set_time_without(picture, *site, |view| view.in_failsoft = true)
        }
        EventKind::SiteServedAlone { site, alone_ms, .. } => {
            set_time_without(picture, *site, |view| view.served_alone_ms = Some(*alone_ms))
        }
        EventKind::SiteServedFailsoft { site, failsoft_ms, .. } => {
            set_time_without(picture, *site, |view| view.in_failsoft_ms = Some(*failsoft_ms))
        }
        EventKind::ControlMoved { site, control } => move_control(picture, *site, *control),
        EventKind::NetworkAlarm { change, alarm } => set_alarm(picture, *change, alarm),
        EventKind::SlotHealth { site, at, health } => set_health(picture, *site, *at, *health),
        EventKind::Registered { site, .. } => {
            picture.totals.registered += 1;
            count_radios(picture, *site, |radios| radios.saturating_add(1))
        }
        EventKind::Deregistered { site, .. } => {
            count_radios(picture, *site, |radios| radios.saturating_sub(1))
        }
        EventKind::Moved { from, to, .. } => {
            let left = count_radios(picture, *from, |radios| radios.saturating_sub(1));
            let arrived = count_radios(picture, *to, |radios| radios.saturating_add(1));
            Grasp::of(left == Grasp::Whole && arrived == Grasp::Whole)
        }
        EventKind::RegisterRefused { .. }
        | EventKind::SlotTested { .. }
        | EventKind::Cloned { .. }
        | EventKind::Affiliated { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::RightsChanged { .. }
        | EventKind::CallReaches { .. }
        | EventKind::Dropped { .. } => Grasp::Whole,
        // What becomes of the unit the register knows.
        EventKind::RadioOrderPending { .. }
        | EventKind::RadioOrderDone { .. }
        | EventKind::RadioOrderFailed { .. } => Grasp::Partial,
        EventKind::Patched { talkgroups, lasting, .. } => {
            let view = PatchView { talkgroups: talkgroups.clone(), lasting: *lasting };
            let place = picture.patches.partition_point(|known| known.talkgroups < view.talkgroups);
            picture.patches.insert(place, view);
            Grasp::Whole
        }
        // Sites and talkgroups may be others now: a snapshot tells.
        EventKind::Configured { .. } => Grasp::Partial,
        EventKind::Unpatched { talkgroups, .. } => {
            let known = picture.patches.len();
            picture.patches.retain(|view| view.talkgroups != *talkgroups);
            Grasp::of(picture.patches.len() < known)
        }
        EventKind::EmergencyBegan { unit, site, talkgroup, kind } => {
            let since = emergency_mut(picture, *unit).map_or(event.at, |known| known.since);
            let (unit, site, talkgroup, kind) = (*unit, *site, *talkgroup, *kind);
            let stage = EmergencyStage::Raised;
            picture.emergencies.retain(|known| known.unit != unit);
            let place = picture.emergencies.partition_point(|known| known.unit < unit);
            let view = EmergencyView { unit, site, talkgroup, kind, stage, since };
            picture.emergencies.insert(place, view);
            Grasp::Whole
        }
        EventKind::EmergencyAcknowledged { unit, .. } => {
            let Some(view) = emergency_mut(picture, *unit) else { return Grasp::Partial };
            view.stage = EmergencyStage::Acknowledged;
            Grasp::Whole
        }
        EventKind::EmergencyCleared { unit, .. } => {
            let known = emergency_mut(picture, *unit).is_some();
            picture.emergencies.retain(|view| view.unit != *unit);
            Grasp::of(known)
        }
        EventKind::CallQueued { unit, site, parties, area, priority, emergency, position } => {
            picture.totals.queued += 1;
            leave_queue(picture, *unit, *parties);
            let place = usize::from(position.saturating_sub(1)).min(picture.queue.len());
            picture.queue.insert(
                place,
                QueueView {
                    unit: *unit,
                    parties: *parties,
                    area: *area,
                    site: *site,
                    priority: *priority,
                    emergency: *emergency,
                    since: event.at,
                },
            );
            Grasp::Whole
        }
        EventKind::CallRefused { unit, parties, .. } => {
            picture.totals.refused += 1;
            if let Some(parties) = parties {
                leave_queue(picture, *unit, *parties);
            }
            Grasp::Whole
        }
        EventKind::CallCancelled { unit, parties, .. } => {
            leave_queue(picture, *unit, *parties);
            Grasp::Whole
        }
        EventKind::UnitPaged { .. } | EventKind::UnitRings { .. } => Grasp::Whole,
        EventKind::CallGranted { call, parties, talker: unit, priority, emergency, sites, .. }
        | EventKind::CallCalledBack { call, parties, unit, priority, emergency, sites, .. } => {
            leave_queue(picture, *unit, *parties);
            let talks = matches!(event.kind, EventKind::CallGranted { .. });
            let view = CallView {
                call: *call,
                parties: *parties,
                talker: talks.then_some(*unit),
                priority: *priority,
                emergency: *emergency,
                duplex: false,
                area: None,
                since: event.at,
                sites: sites.clone(),
                waiting: Vec::new(),
                monitored_by: None,
            };
            begin_call(picture, view)
        }
        EventKind::CallAnswered { call, parties, priority, sites, duplex, .. } => {
            if let Parties::Pair(pair) = parties {
                leave_queue(picture, pair.caller, *parties);
            }
            let view = CallView {
                call: *call,
                parties: *parties,
                talker: None,
                priority: *priority,
                emergency: false,
                duplex: *duplex,
                area: None,
                since: event.at,
                sites: sites.clone(),
                waiting: Vec::new(),
                monitored_by: None,
            };
            begin_call(picture, view)
        }
        EventKind::EmergencyRaised { call, .. } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.emergency = true;
            Grasp::Whole
        }
        EventKind::EmergencyOver { call, .. } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.emergency = false;
            Grasp::Whole
        }
        EventKind::Monitored { call, by, .. } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.monitored_by = Some(by.clone());
            Grasp::Whole
        }
        EventKind::CallArea { call, area } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.area = *area;
            Grasp::Whole
        }
        EventKind::SiteJoined { call, site, at } => {
            let slot_known = occupy(picture, *site, *at, *call);
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            match view.sites.binary_search_by_key(site, |(site, _)| *site) {
                Ok(known) => view.sites[known].1 = *at,
                Err(place) => view.sites.insert(place, (*site, *at)),
            }
            Grasp::of(slot_known)
        }
        EventKind::SiteLeft { call, site, .. } => {
            vacate(picture, *call, |slot_site| slot_site == *site);
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.sites.retain(|(known, _)| known != site);
            Grasp::Whole
        }
        EventKind::FloorTaken { call, unit, .. } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.talker = Some(*unit);
            view.waiting.retain(|waiting| waiting.unit != *unit);
            let parties = view.parties;
            // A request that waited for a channel may have become a wish to speak in a call.
            leave_queue(picture, *unit, parties);
            Grasp::Whole
        }
        EventKind::FloorReleased { call, .. } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.talker = None;
            Grasp::Whole
        }
        EventKind::FloorQueued { call, unit, demand, position } => {
            let Some(view) = call_mut(picture, *call) else { return Grasp::Partial };
            view.waiting.retain(|waiting| waiting.unit != *unit);
            let place = usize::from(position.saturating_sub(1)).min(view.waiting.len());
            view.waiting.insert(place, FloorView { unit: *unit, demand: *demand });
            let parties = view.parties;
            leave_queue(picture, *unit, parties);
            Grasp::Whole
        }
        // A call that the picture lacks is over: nobody waits in it.
        EventKind::FloorRefused { call, unit, .. } => {
            if let Some(view) = call_mut(picture, *call) {
                view.waiting.retain(|waiting| waiting.unit != *unit);
            }
            Grasp::Whole
        }
        EventKind::MessageSent { message, kind, from, to, .. } => {
            messages::add(picture, event.at, (*message, *kind, *to), from, MessageStage::Sent)
        }
        EventKind::MessageRefused { message, kind, from, to, cause } => {
            messages::add(picture, event.at, (*message, *kind, *to), from, MessageStage::Refused(*cause))
        }
        EventKind::MessageDelivered { message, .. } => messages::deliver(picture, *message),
        EventKind::AlertOver { message, cause, .. } => messages::end(picture, *message, *cause),
        EventKind::CallReleased { call, .. } => {
            picture.totals.released += 1;
            vacate(picture, *call, |_| true);
            let known = picture.calls.len();
            picture.calls.retain(|view| view.call != *call);
            Grasp::of(picture.calls.len() < known)
        }
    }
}

/// A call was set up; says whether all its slots were known.
fn begin_call(picture: &mut Snapshot, view: CallView) -> Grasp {
    picture.totals.granted += 1;
    let (call, sites) = (view.call, view.sites.clone());
    match picture.calls.binary_search_by_key(&call, |view| view.call) {
        Ok(known) => picture.calls[known] = view,
        Err(place) => picture.calls.insert(place, view),
    }
    let mut known = true;
    for (site, at) in sites {
        known &= occupy(picture, site, at, call);
    }
    Grasp::of(known)
}

/// A site that is out of service measures nothing; one that comes back says with its next heartbeat what it measured.
fn set_service(picture: &mut Snapshot, site: SiteId, in_service: bool) -> Grasp {
    let Some(view) = picture.sites.iter_mut().find(|view| view.site == site) else { return Grasp::Partial };
    (view.in_service, view.in_failsoft) = (in_service, false);
    view.loads.clear();
    Grasp::Whole
}

/// What a site has told of a time without its controller.
fn set_time_without(picture: &mut Snapshot, site: SiteId, set: impl Fn(&mut SiteView)) -> Grasp {
    let view = picture.sites.iter_mut().find(|view| view.site == site);
    Grasp::of(view.map(set).is_some())
}

/// Which slots calls can use has changed with it: only a snapshot tells.
fn move_control(picture: &mut Snapshot, site: SiteId, control: SlotAddress) -> Grasp {
    let view = picture.sites.iter_mut().find(|view| view.site == site);
    if let Some(view) = view.filter(|view| view.further_controls.is_empty()) {
        view.control = control;
    }
    Grasp::Partial
}

fn set_alarm(picture: &mut Snapshot, change: AlarmChange, alarm: &NetworkAlarm) -> Grasp {
    picture.alarms.retain(|known| known.id != alarm.id);
    if change != AlarmChange::Cleared {
        let place =
            picture.alarms.partition_point(|known| (known.kind, known.object) < (alarm.kind, alarm.object));
        picture.alarms.insert(place, alarm.clone());
    }
    Grasp::Whole
}

fn set_health(picture: &mut Snapshot, site: SiteId, at: SlotAddress, health: SlotHealth) -> Grasp {
    let Some(view) = picture.sites.iter_mut().find(|view| view.site == site) else { return Grasp::Partial };
    view.faulty.retain(|other| *other != at);
    if health == SlotHealth::Faulty {
        view.faulty.insert(view.faulty.partition_point(|other| *other < at), at);
    }
    Grasp::Whole
}

fn count_radios(picture: &mut Snapshot, site: SiteId, count: impl Fn(u32) -> u32) -> Grasp {
    let Some(view) = picture.sites.iter_mut().find(|view| view.site == site) else { return Grasp::Partial };
    view.radios = count(view.radios);
    Grasp::Whole
}

fn leave_queue(picture: &mut Snapshot, unit: UnitId, parties: Parties) {
    picture.queue.retain(|waiting| (waiting.unit, waiting.parties) != (unit, parties));
}

fn emergency_mut(picture: &mut Snapshot, unit: UnitId) -> Option<&mut EmergencyView> {
    picture.emergencies.iter_mut().find(|view| view.unit == unit)
}

fn call_mut(picture: &mut Snapshot, call: CallId) -> Option<&mut CallView> {
    let place = picture.calls.binary_search_by_key(&call, |view| view.call).ok()?;
    Some(&mut picture.calls[place])
}

/// Puts the call on a slot; says whether the slot was known.
fn occupy(picture: &mut Snapshot, site: SiteId, at: SlotAddress, call: CallId) -> bool {
    let slots = picture.sites.iter_mut().filter(|view| view.site == site).flat_map(|view| &mut view.slots);
    let mut known = false;
    for slot in slots {
        // A call holds at most one slot of a site.
        if slot.at == at {
            slot.call = Some(call);
            known = true;
        } else if slot.call == Some(call) {
            slot.call = None;
        }
    }
    known
}

fn vacate(picture: &mut Snapshot, call: CallId, from: impl Fn(SiteId) -> bool) {
    for view in picture.sites.iter_mut().filter(|view| from(view.site)) {
        for slot in view.slots.iter_mut().filter(|slot| slot.call == Some(call)) {
            slot.call = None;
        }
    }
}
