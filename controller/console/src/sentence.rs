//! One sentence for each event: what the log shows and the filter searches. Causes speak their own text.

use trunklab_protocol::operator::{AlarmChange, ConsoleName, EventKind, Severity, Snapshot};
use trunklab_protocol::{
    Addressee, AreaId, CallId, EmergencyKind, MessageKind, Parties, SiteId, SlotAddress, SlotHealth,
    TalkgroupId, UnitId,
};

use crate::model::Grade;

/// The sentence, with the names that the picture knows.
pub fn of(kind: &EventKind, picture: &Snapshot) -> String {
    match kind {
        EventKind::SiteUp { site, .. } => format!("{} is in service", site_name(*site, picture)),
        EventKind::SiteLost { site, cause } => format!("{} is LOST: {cause}", site_name(*site, picture)),
        EventKind::ControlMoved { site, control } => {
            format!("control channel of {} is now {control}", site_name(*site, picture))
        }
        EventKind::NetworkAlarm { change, alarm } => {
            let what = match change {
                AlarmChange::Raised => "raised",
                AlarmChange::Flaps => "raised, comes and goes",
                AlarmChange::Settled => "comes and goes no more",
                AlarmChange::Acknowledged => "acknowledged",
                AlarmChange::Cleared => "cleared",
            };
            format!("{} alarm {what}: {}, {}", alarm.severity.name(), alarm.object, alarm.kind.text())
        }
        EventKind::SlotHealth { site, at, health: SlotHealth::Faulty } => {
            format!("slot {at} of {} is FAULTY", site_name(*site, picture))
        }
        EventKind::SlotHealth { site, at, health: SlotHealth::Sound } => {
            format!("slot {at} of {} is sound again", site_name(*site, picture))
        }
        EventKind::SlotTested { site, at, heard } => {
            let what = if *heard { "heard" } else { "NOT HEARD" };
            format!("test of slot {at} of {}: {what}", site_name(*site, picture))
        }
        EventKind::Registered { unit, site } => format!("unit {unit} registered at site {site}"),
        EventKind::RegisterRefused { identity, site, cause } => {
            format!("{identity} may not register at site {site}: {cause}")
        }
        EventKind::Deregistered { unit, site, cause } => format!("unit {unit} left site {site}: {cause}"),
        EventKind::Cloned { unit, site, held_at, equipment, policy } => {
            let equipment = equipment.map_or_else(String::new, |imei| format!(", imei {imei}"));
            let places = format!("at site {held_at} and at site {site}{equipment}");
            format!("ALARM: unit {unit} is active twice, {places}: {}", policy.text())
        }
        EventKind::Moved { unit, from, to } => format!("unit {unit} moved from site {from} to site {to}"),
        EventKind::Affiliated { unit, site, talkgroup } => {
            format!("unit {unit} affiliated to {} at site {site}", talkgroup_name(*talkgroup, picture))
        }
        EventKind::CallQueued { unit, site, parties, area, emergency, position, .. } => {
            let group = parties_name(*parties, picture);
            let place = in_area(*area);
            let emergency = if *emergency { "EMERGENCY, " } else { "" };
            format!(
                "{emergency}{} waits for {group}{place}{}, place {position}",
                who(*unit, picture),
                at_site(*site)
            )
        }
        EventKind::CallRefused { unit, site, parties, cause } => match parties {
            Some(parties) => {
                let group = parties_name(*parties, picture);
                format!("{} refused{} for {group}: {cause}", who(*unit, picture), at_site(*site))
            }
            None => format!("{} refused{}: {cause}", who(*unit, picture), at_site(*site)),
        },
        EventKind::CallCancelled { unit, parties, cause } => {
            format!("unit {unit} waits no longer for {}: {cause}", parties_name(*parties, picture))
        }
        EventKind::CallGranted { call, parties, talker, emergency, sites, waited_ms, .. } => {
            let group = parties_name(*parties, picture);
            let emergency = if *emergency { "EMERGENCY call" } else { "call" };
            let waited = match waited_ms {
                0 => String::new(),
                waited => format!(" after {:.1} s", f64::from(*waited) / 1e3),
            };
            format!(
                "{emergency} {call} granted{waited}: {} talks on {group}{}",
                who(*talker, picture),
                at_sites(sites)
            )
        }
        EventKind::EmergencyRaised { call, unit, .. } => {
            format!("EMERGENCY: unit {unit} raises {}", call_name(*call, picture))
        }
        EventKind::EmergencyOver { call, .. } => {
            format!("{} is no emergency call any more", call_name(*call, picture))
        }
        EventKind::CallReaches { call, talkgroups } => {
            format!("{} is heard by {} as well", call_name(*call, picture), groups(talkgroups, picture))
        }
        EventKind::Patched { talkgroups, lasting, by } => {
            let how = if *lasting { "" } else { " for one call" };
            let who = by.as_ref().map_or_else(|| " again".to_owned(), |by| format!(" by {by}"));
            format!("{} joined{who}{how}", groups(talkgroups, picture))
        }
        EventKind::Configured { version, by } => format!("configuration {version} made by {by}"),
        EventKind::Unpatched { talkgroups, by } => match by {
            Some(by) => format!("{} parted by {by}", groups(talkgroups, picture)),
            None => format!("{} parted: their call is over", groups(talkgroups, picture)),
        },
        EventKind::EmergencyBegan { unit, site, talkgroup, kind } => {
            let how = match kind {
                EmergencyKind::Alarm => "raises the alarm",
                EmergencyKind::Call => "asks for an emergency call",
            };
            let group =
                talkgroup.map_or_else(String::new, |group| format!(", {}", talkgroup_name(group, picture)));
            format!("EMERGENCY: unit {unit} {how} at site {site}{group}")
        }
        EventKind::EmergencyAcknowledged { unit, by } => {
            format!("emergency of unit {unit} acknowledged by {by}")
        }
        EventKind::EmergencyCleared { unit, by } => format!("emergency of unit {unit} cleared by {by}"),
        EventKind::OrderRefused { by, cause } => format!("order of {by} refused: {cause}"),
        EventKind::RadioOrderPending { unit, of_radio, by } => {
            format!("order of {by} waits for unit {unit}: {of_radio}")
        }
        EventKind::RadioOrderDone { unit, of_radio, by } => {
            format!("unit {unit} has confirmed the order of {by}: {of_radio}")
        }
        EventKind::RadioOrderFailed { unit, of_radio, by, cause } => {
            format!("order of {by} for unit {unit} is over, {of_radio}: {cause}")
        }
        EventKind::Monitored { call, unit, listener, by } => {
            format!("unit {listener} LISTENS to unit {unit} in call {call} by order of {by}")
        }
        EventKind::RightsChanged { unit, priority, by, .. } => {
            format!("rights of unit {unit} changed by {by}: priority {priority}")
        }
        EventKind::CallArea { call, area } => {
            let place = if area.is_some() { in_area(*area) } else { " everywhere".to_owned() };
            format!("{} is heard{place}", call_name(*call, picture))
        }
        EventKind::CallCalledBack { call, parties, unit, sites, .. } => {
            let group = parties_name(*parties, picture);
            format!("call {call} is kept for unit {unit}, called back on {group}{}", at_sites(sites))
        }
        EventKind::UnitPaged { unit, caller, site } => {
            format!("unit {caller} calls unit {unit}, paged at site {site}")
        }
        EventKind::UnitRings { unit, caller } => format!("unit {unit} rings for unit {caller}"),
        EventKind::CallAnswered { call, parties, sites, duplex, .. } => {
            let pair = parties_name(*parties, picture);
            let how = if *duplex { ", both talk at once" } else { "" };
            format!("call {call} of {pair} answered{}{how}", at_sites(sites))
        }
        EventKind::SiteJoined { call, site, at } => {
            format!("site {site} joins {} on {at}", call_name(*call, picture))
        }
        EventKind::SiteLeft { call, site, cause } => {
            format!("site {site} leaves {}: {cause}", call_name(*call, picture))
        }
        EventKind::SiteServedAlone { site, alone_ms, reports, .. } => {
            let records = if *reports == 1 { "record" } else { "records" };
            let (site, alone_s) = (site_name(*site, picture), alone_ms / 1_000);
            format!("{site} SERVED ALONE for {alone_s} s, reports {reports} {records}")
        }
        EventKind::SiteInFailsoft { site } => {
            format!("{} is in FAILSOFT: its control channel is lost", site_name(*site, picture))
        }
        EventKind::SiteServedFailsoft { site, failsoft_ms, spurts, unproved, collisions, .. } => {
            let (site, failsoft_s) = (site_name(*site, picture), failsoft_ms / 1_000);
            format!(
                "{site} WAS IN FAILSOFT for {failsoft_s} s: {spurts} spurts, {unproved} unproved, {collisions} bursts lost"
            )
        }
        EventKind::FloorTaken { call, unit, .. } => {
            format!("{} talks on {}", who(*unit, picture), call_name(*call, picture))
        }
        EventKind::FloorReleased { call, unit, cause } => {
            format!("{} falls silent on {}: {cause}", who(*unit, picture), call_name(*call, picture))
        }
        EventKind::FloorQueued { call, unit, demand, position } => {
            let call = call_name(*call, picture);
            format!("unit {unit} waits for the floor of {call}, {} demand, place {position}", demand.name())
        }
        EventKind::FloorRefused { call, unit, cause } => {
            format!("{} may not talk on {}: {cause}", who(*unit, picture), call_name(*call, picture))
        }
        EventKind::CallReleased { call, parties, cause } => {
            format!("call {call} released, {}: {cause}", parties_name(*parties, picture))
        }
        EventKind::MessageSent { kind: MessageKind::CallAlert, from, to, .. } => {
            format!("{from} alerts {}", addressee_name(*to, picture))
        }
        EventKind::MessageSent { kind, from, to: None, .. } => {
            format!("{} from {from}", message_name(*kind, picture))
        }
        EventKind::MessageSent { kind, from, to, .. } => {
            format!("{} from {from} to {}", message_name(*kind, picture), addressee_name(*to, picture))
        }
        EventKind::MessageDelivered { kind, from, to, .. } => {
            let (what, whom) = (message_name(*kind, picture), addressee_name(*to, picture));
            format!("{what} from {from} to {whom} delivered")
        }
        EventKind::MessageRefused { kind, from, to, cause, .. } => {
            let (what, whom) = (message_name(*kind, picture), addressee_name(*to, picture));
            format!("{what} from {from} to {whom} not delivered: {cause}")
        }
        EventKind::AlertOver { unit, from, cause, .. } => {
            format!("call alert from {from} to unit {unit} is over: {cause}")
        }
        EventKind::Dropped { site, cause } => match site {
            Some(site) => format!("dropped at site {site}: {cause}"),
            None => format!("dropped: {cause}"),
        },
    }
}

/// How much an event should stand out.
pub(crate) fn grade(kind: &EventKind, picture: &Snapshot) -> Grade {
    match kind {
        EventKind::CallQueued { emergency: true, .. }
        | EventKind::CallGranted { emergency: true, .. }
        | EventKind::EmergencyRaised { .. }
        | EventKind::EmergencyBegan { .. } => Grade::Emergency,
        EventKind::NetworkAlarm { change: AlarmChange::Raised | AlarmChange::Flaps, alarm }
            if alarm.severity >= Severity::Major =>
        {
            Grade::Warning
        }
        EventKind::SiteLost { .. }
        | EventKind::SiteInFailsoft { .. }
        | EventKind::Cloned { .. }
        | EventKind::SlotHealth { health: SlotHealth::Faulty, .. } => Grade::Warning,
        EventKind::CallReleased { call, .. } if is_emergency(*call, picture) => Grade::Emergency,
        EventKind::CallQueued { .. }
        | EventKind::EmergencyOver { .. }
        | EventKind::CallRefused { .. }
        | EventKind::CallCancelled { .. }
        | EventKind::CallCalledBack { .. }
        | EventKind::RegisterRefused { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::SiteLeft { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::SiteServedAlone { .. }
        | EventKind::SiteServedFailsoft { .. }
        | EventKind::SlotTested { .. }
        | EventKind::NetworkAlarm { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::Configured { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::RadioOrderPending { .. }
        | EventKind::RadioOrderFailed { .. }
        | EventKind::Monitored { .. }
        | EventKind::RightsChanged { .. }
        | EventKind::MessageSent { to: None, .. }
        | EventKind::MessageRefused { .. }
        | EventKind::Dropped { .. } => Grade::Notice,
        EventKind::SiteUp { .. }
        | EventKind::ControlMoved { .. }
        | EventKind::SlotHealth { health: SlotHealth::Sound, .. }
        | EventKind::Registered { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::CallGranted { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::CallArea { .. }
        | EventKind::SiteJoined { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorReleased { .. }
        | EventKind::CallReaches { .. }
        | EventKind::RadioOrderDone { .. }
        | EventKind::MessageSent { .. }
        | EventKind::MessageDelivered { .. }
        | EventKind::AlertOver { .. }
        | EventKind::CallReleased { .. } => Grade::Normal,
    }
}

/// What a message is; a status with what it means: `status 1 (On scene)`.
pub(crate) fn message_name(kind: MessageKind, picture: &Snapshot) -> String {
    match kind {
        MessageKind::CallAlert => "call alert".to_owned(),
        MessageKind::Status(number) => {
            let known = picture.statuses.iter().find(|status| status.number == number);
            let text = known.map_or_else(String::new, |status| format!(" ({})", status.text));
            format!("status {number}{text}")
        }
    }
}

/// Whom a message is for.
pub(crate) fn addressee_name(to: Option<Addressee>, picture: &Snapshot) -> String {
    match to {
        Some(Addressee::Unit(unit)) => format!("unit {unit}"),
        Some(Addressee::Talkgroup(talkgroup)) => talkgroup_name(talkgroup, picture),
        None => "the consoles".to_owned(),
    }
}

/// The talkgroup's number and name: `41 Fire Dispatch`.
fn talkgroup_name(talkgroup: TalkgroupId, picture: &Snapshot) -> String {
    match name_of(talkgroup, picture) {
        "" => format!("talkgroup {talkgroup}"),
        name => format!("{talkgroup} {name}"),
    }
}

/// Whom a call is for: a talkgroup's number and name, or two units.
pub(crate) fn parties_name(parties: Parties, picture: &Snapshot) -> String {
    match parties {
        Parties::Group(talkgroup) => talkgroup_name(talkgroup, picture),
        Parties::Pair(_) => parties.to_string(),
    }
}

/// Whom a call is for, beside its number: a talkgroup's name, empty where none is known, or two units.
pub(crate) fn title_of(parties: Parties, picture: &Snapshot) -> String {
    match parties {
        Parties::Group(talkgroup) => name_of(talkgroup, picture).to_owned(),
        Parties::Pair(_) => parties.to_string(),
    }
}

/// Where a call is heard, to stand behind whom it is for; empty where that is everywhere.
pub(crate) fn in_area(area: Option<AreaId>) -> String {
    area.map_or_else(String::new, |area| format!(" in service area {area}"))
}

/// A call's number among those that it is for: the talkgroup's, or that there are two units.
pub(crate) fn number_of(parties: Parties) -> String {
    match parties {
        Parties::Group(talkgroup) => talkgroup.to_string(),
        Parties::Pair(_) => "pair".to_owned(),
    }
}

/// Talkgroups one by one, with the names that the picture knows.
pub(crate) fn groups(talkgroups: &[TalkgroupId], picture: &Snapshot) -> String {
    if talkgroups == [TalkgroupId::ALL] {
        return "all talkgroups".to_owned();
    }
    let names: Vec<_> = talkgroups.iter().map(|talkgroup| talkgroup_name(*talkgroup, picture)).collect();
    names.join(" + ")
}

/// The talkgroup's name; empty where none is known.
fn name_of(talkgroup: TalkgroupId, picture: &Snapshot) -> &str {
    match picture.talkgroups.binary_search_by_key(&talkgroup, |view| view.talkgroup) {
        Ok(place) => &picture.talkgroups[place].name,
        Err(_) => "",
    }
}

/// The site's number and name: `site 3 Harbour`.
/// A unit, or the console that radios hear as that unit.
pub(crate) fn who(unit: UnitId, picture: &Snapshot) -> String {
    match console_of(unit, picture) {
        Some(name) => format!("console {name}"),
        None => format!("unit {unit}"),
    }
}

/// The console that radios hear as a unit.
pub(crate) fn console_of(unit: UnitId, picture: &Snapshot) -> Option<&ConsoleName> {
    picture.consoles.iter().find(|view| view.unit == unit).map(|view| &view.name)
}

/// ` at site 3`; nothing for a console.
fn at_site(site: Option<SiteId>) -> String {
    site.map_or_else(String::new, |site| format!(" at site {site}"))
}

pub(crate) fn site_name(site: SiteId, picture: &Snapshot) -> String {
    match picture.sites.iter().find(|view| view.site == site) {
        Some(view) => format!("site {site} {}", view.name),
        None => format!("site {site}"),
    }
}

fn call_name(call: CallId, picture: &Snapshot) -> String {
    match picture.calls.iter().find(|view| view.call == call) {
        Some(view) => format!("{} (call {call})", parties_name(view.parties, picture)),
        None => format!("call {call}"),
    }
}

fn is_emergency(call: CallId, picture: &Snapshot) -> bool {
    picture.calls.iter().any(|view| view.call == call && view.emergency)
}

/// Sites named one by one in a sentence; the rest is counted.
const SITES_NAMED_MAX: usize = 6;

fn at_sites(sites: &[(SiteId, SlotAddress)]) -> String {
    let named: Vec<_> = sites.iter().take(SITES_NAMED_MAX).map(|(site, _)| site.to_string()).collect();
    let rest = match sites.len().saturating_sub(SITES_NAMED_MAX) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    match named.len() {
        0 => String::new(),
        1 => format!(" at site {}", named[0]),
        _ => format!(" at sites {}{rest}", named.join(", ")),
    }
}
