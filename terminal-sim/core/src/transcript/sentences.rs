//! A message or event as the sentence that a line says.

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::{EventKind, Sender, TalkWord};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    Addressee, CallId, CallSetup, Cause, Clause, Demand, EmergencyKind, EmergencyStage, Identity,
    MessageKind, MessageReply, PageReply, Parties, ScanList, TalkgroupId, Teller, UnitId,
};

use crate::citation::of_cause;
use crate::output::HandsetEvent;

/// A sentence and what it is about.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) call: Option<CallId>,
    pub(super) unit: Option<UnitId>,
}

impl Said {
    pub(super) fn plain(text: String) -> Self {
        Self { text, call: None, unit: None }
    }

    pub(super) fn of_unit(unit: UnitId, text: String) -> Self {
        Self { text, call: None, unit: Some(unit) }
    }

    fn of_call(call: CallId, text: String) -> Self {
        Self { text, call: Some(call), unit: None }
    }
}

/// So many of a thing whose plural takes an s.
fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// The talkgroups that are heard beside another.
fn scans(secondary: ScanList) -> String {
    let listed: Vec<_> = secondary.iter().map(|talkgroup| talkgroup.to_string()).collect();
    if listed.is_empty() { String::new() } else { format!(", scans {}", listed.join(", ")) }
}

/// How urgent a demand is, where it is more than usual.
fn urgency(demand: Demand) -> &'static str {
    match demand {
        Demand::Low => "",
        Demand::High => " with high demand",
        Demand::Preemptive => " with pre-emptive demand",
        Demand::Emergency => " in an emergency",
    }
}

/// Milliseconds as people say them.
fn seconds(millis: u32) -> String {
    format!("{} s", f64::from(millis) / 1e3)
}

/// Talkgroups in a sentence.
fn groups(talkgroups: &[TalkgroupId]) -> String {
    if talkgroups == [TalkgroupId::ALL] {
        return "all talkgroups".to_owned();
    }
    let numbers: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
    format!("talkgroups {}", numbers.join(", "))
}

/// How a call with another unit is to begin.
const fn set_up(setup: CallSetup) -> &'static str {
    match setup {
        CallSetup::Immediate => "",
        CallSetup::Ringing => ", to ring",
        CallSetup::Duplex => ", to ring, both to talk at once",
        CallSetup::Monitor => ", to be listened to",
    }
}

/// Whom a message is for.
fn addressee(to: Option<Addressee>) -> String {
    to.map_or_else(|| "the consoles".to_owned(), |to| to.to_string())
}

/// Who tells a message, as a radio is told.
fn told_by(from: Option<Teller>) -> String {
    from.map_or_else(|| "an operator".to_owned(), |teller| format!("unit {teller}"))
}

/// What a message is.
fn message(kind: MessageKind) -> String {
    match kind {
        MessageKind::Status(number) => format!("status {number}"),
        MessageKind::CallAlert => "call alert".to_owned(),
    }
}

/// How far an emergency is.
fn stage(stage: EmergencyStage) -> &'static str {
    match stage {
        EmergencyStage::Raised => "known",
        EmergencyStage::Acknowledged => "acknowledged",
        EmergencyStage::Cleared => "cleared",
    }
}

pub(super) fn from_site(message: &FromSite) -> Option<Said> {
    Some(match message {
        FromSite::Health(_) | FromSite::Settings(_) | FromSite::InventoryEnd(_) => return None,
        FromSite::Hello(word) => Said::plain(format!("says hello, newest epoch {}", word.newest_epoch)),
        FromSite::InventoryRadios(word) => {
            Said::plain(format!("holds {}", counted(word.radios.len(), "radio")))
        }
        FromSite::InventoryCalls(word) => {
            Said::plain(format!("carries {}", counted(word.calls.len(), "call")))
        }
        FromSite::Register(word) => of_identity(word.identity, "wants to register"),
        FromSite::Answer(word) => of_identity(word.identity, "answers the challenge"),
        FromSite::Affiliate(word) => {
            let scans = scans(word.secondary);
            let text = format!("unit {} affiliates to talkgroup {}{scans}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        FromSite::Detach(word) => Said::of_unit(word.unit, format!("unit {} is switched off", word.unit)),
        FromSite::CallRequest(word) => {
            let how = if word.kind == RequestKind::Emergency { " in an emergency" } else { "" };
            let area = word.area.map_or_else(String::new, |area| format!(", {area}"));
            let text = format!("unit {} requests talkgroup {}{how}{area}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        FromSite::CallCancel(word) => {
            Said::of_unit(word.unit, format!("unit {} cancels its request", word.unit))
        }
        FromSite::UnitRequest(word) => Said::of_unit(
            word.unit,
            format!("unit {} requests unit {}{}", word.unit, word.called, set_up(word.setup)),
        ),
        FromSite::PageAnswer(word) => {
            let what = match word.reply {
                PageReply::Available => "is available for",
                PageReply::Busy => "is busy for",
                PageReply::Refuses => "refuses",
                PageReply::Answers => "answers",
            };
            Said::of_unit(word.unit, format!("unit {} {what} unit {}", word.unit, word.caller))
        }
        FromSite::HangUp(word) => Said {
            text: format!("unit {} hangs up call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::OrderAnswer(word) => {
            let text = match word.refusal {
                None => format!("unit {} has obeyed", word.unit),
                Some(cause) => format!("unit {} does not obey: {cause}", word.unit),
            };
            Said::of_unit(word.unit, text)
        }
        FromSite::NetworkChallenge(word) => {
            Said::of_unit(word.unit, format!("unit {} challenges the network", word.unit))
        }
        FromSite::PttReleased(word) => {
            Said::of_unit(word.unit, format!("unit {} releases ptt before its turn", word.unit))
        }
        FromSite::Alarm(word) => {
            Said::of_unit(word.unit, format!("unit {} says that it is in an emergency", word.unit))
        }
        FromSite::FloorRequest(word) => Said {
            text: format!(
                "unit {} requests the floor of call {}{}",
                word.unit,
                word.call,
                urgency(word.demand)
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkEnd(word) => Said {
            text: format!("unit {} releases ptt in call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkerLeaving(word) => Said {
            text: format!("unit {} leaves for site {}, talking in call {}", word.unit, word.to, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::Handover(word) => Said {
            text: format!("unit {} goes on talking in call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkerSilent(word) => {
            Said::of_call(word.call, format!("the talker of call {} is silent", word.call))
        }
        FromSite::Status(word) => {
            let whom = addressee(word.to);
            Said::of_unit(word.unit, format!("unit {} tells status {} to {whom}", word.unit, word.number))
        }
        FromSite::CallAlert(word) => {
            Said::of_unit(word.unit, format!("unit {} alerts unit {}", word.unit, word.called))
        }
        FromSite::AlertCancel(word) => {
            Said::of_unit(word.unit, format!("unit {} calls its alert back", word.unit))
        }
        FromSite::MessageAnswer(word) => {
            let what = match word.reply {
                MessageReply::Received => "confirms",
                MessageReply::Dismissed => "dismisses",
            };
            Said::of_unit(word.unit, format!("unit {} {what} message {}", word.unit, word.message))
        }
    })
}

pub(super) fn to_site(message: &ToSite) -> Option<Said> {
    Some(match message {
        ToSite::Heartbeat(_) => return None,
        ToSite::Configure(word) => {
            let carriers = counted(word.settings.carriers.len(), "carrier");
            Said::plain(format!("configured: {}, {carriers}", word.settings.profile))
        }
        ToSite::Close(word) => Said::plain(format!("link closed: {}", word.cause)),
        ToSite::Challenge(word) => of_identity(word.identity, "is challenged"),
        ToSite::Registered(word) => {
            let talkgroup = word.talkgroup.map_or_else(String::new, |group| format!(", talkgroup {group}"));
            let scans = scans(word.secondary);
            Said::of_unit(word.unit, format!("unit {} registered{talkgroup}{scans}", word.unit))
        }
        ToSite::RegisterRefused(word) => {
            of_identity(word.identity, &format!("is not registered: {}", word.cause))
        }
        ToSite::Affiliated(word) => {
            let scans = scans(word.secondary);
            let text = format!("unit {} affiliated to talkgroup {}{scans}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        ToSite::Refused(word) => {
            Said::of_unit(word.unit, format!("unit {} refused: {}", word.unit, word.cause))
        }
        ToSite::Queued(word) => {
            Said::of_unit(word.unit, format!("unit {} queued at place {}", word.unit, word.position))
        }
        ToSite::EmergencyStatus(word) => {
            Said::of_unit(word.unit, format!("emergency of unit {} is {}", word.unit, stage(word.stage)))
        }
        ToSite::RadioOrder(word) => {
            Said::of_unit(word.unit, format!("unit {} is ordered to: {}", word.unit, word.order))
        }
        ToSite::NetworkAnswer(word) => {
            Said::of_unit(word.unit, format!("the network proves itself to unit {}", word.unit))
        }
        ToSite::CallBack(word) => Said::of_unit(word.unit, format!("unit {} called back", word.unit)),
        ToSite::Page(word) => {
            let text = format!("unit {} paged for unit {}{}", word.unit, word.caller, set_up(word.setup));
            Said::of_unit(word.unit, text)
        }
        ToSite::Ringing(word) => Said::of_unit(word.unit, format!("unit {} told that it rings", word.unit)),
        ToSite::PageOver(word) => Said::of_unit(
            word.unit,
            format!("unit {} rings no more for unit {}: {}", word.unit, word.caller, word.cause),
        ),
        ToSite::Deregister(word) => {
            Said::of_unit(word.unit, format!("unit {} deregistered: {}", word.unit, word.cause))
        }
        ToSite::Assert(word) => {
            let how = if word.emergency { ", emergency" } else { "" };
            let whom = match word.parties {
                Parties::Group(_) => String::new(),
                Parties::Pair(_) => format!(" of {}", word.parties),
            };
            let area = word.area.map_or_else(String::new, |area| format!(", area {area}"));
            let what = match (word.talker, word.duplex) {
                (Some(Talker { unit, .. }), _) => format!("granted, slot {}, talker {unit}", word.at),
                (None, Some(sides)) => {
                    format!("granted, slot {} for unit {}, both talk", word.at, sides.near.unit)
                }
                (None, None) => format!("keeps slot {}, nobody talks", word.at),
            };
            Said::of_call(word.call, format!("call {}{whom} {what}{how}{area}", word.call))
        }
        ToSite::Release(word) => {
            Said::of_call(word.call, format!("call {} released: {}", word.call, word.cause))
        }
        ToSite::FloorQueued(word) => Said {
            text: format!(
                "unit {} waits for the floor of call {} at place {}",
                word.unit, word.call, word.position
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::TalkWarning(word) => Said {
            text: format!(
                "unit {} has {} left to talk in call {}",
                word.unit,
                seconds(word.left_ms),
                word.call
            ),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::FloorWithdrawn(word) => Said {
            text: format!("unit {} loses the floor of call {}: {}", word.unit, word.call, word.cause),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        ToSite::Status(word) => {
            let from = told_by(word.from);
            Said {
                text: format!("message {}: status {} from {from} for {}", word.message, word.number, word.to),
                call: None,
                unit: word.to.unit(),
            }
        }
        ToSite::CallAlert(word) => Said::of_unit(
            word.unit,
            format!("message {}: {} alerts unit {}", word.message, told_by(word.from), word.unit),
        ),
        ToSite::AlertOver(word) => {
            let text = format!("message {} alerts unit {} no more: {}", word.message, word.unit, word.cause);
            Said::of_unit(word.unit, text)
        }
        ToSite::MessageDelivered(word) => {
            Said::of_unit(word.unit, format!("message of unit {} delivered", word.unit))
        }
        ToSite::MessageRefused(word) => {
            Said::of_unit(word.unit, format!("message of unit {} refused: {}", word.unit, word.cause))
        }
        ToSite::FloorRefused(word) => Said {
            text: format!("unit {} refused the floor of call {}: {}", word.unit, word.call, word.cause),
            call: Some(word.call),
            unit: Some(word.unit),
        },
    })
}

pub(super) fn to_console(word: &TalkWord) -> Said {
    let (text, call) = match word {
        TalkWord::Queued { position } => (format!("queued at place {position}"), None),
        TalkWord::Granted { call, .. } => (format!("may talk in call {call}"), Some(*call)),
        TalkWord::Warning { left_ms } => (format!("has {} left to talk", seconds(*left_ms)), None),
        TalkWord::Refused { cause } => (format!("refused: {cause}"), None),
        TalkWord::Ended { cause } => (format!("stops talking: {cause}"), None),
    };
    Said { text, call, unit: None }
}

/// What the controller reports and no site can be told, or what says why a site is told: other reports repeat what the
/// messages say.
pub(super) fn reported(event: &EventKind) -> Option<(Clause, Said)> {
    Some(match event {
        EventKind::SiteUp { site, .. } => {
            (Clause::Inventory, Said::plain(format!("site {site} is in service")))
        }
        EventKind::SiteLost { site, cause } => {
            (Clause::SignsOfLife, Said::plain(format!("site {site} is lost: {cause}")))
        }
        EventKind::ControlMoved { site, control } => (
            Clause::SearchedControl,
            Said::plain(format!("control channel of site {site} moves to {control}")),
        ),
        EventKind::Cloned { unit, site, held_at, policy, .. } => {
            let text =
                format!("unit {unit} is active at site {held_at} and at site {site}: {}", policy.text());
            (Clause::ClonedIdentity, Said::of_unit(*unit, text))
        }
        EventKind::FloorReleased { call, unit, cause } if *cause != Cause::TransmissionEnded => {
            let text = format!("unit {unit} loses the floor of call {call}: {cause}");
            (of_cause(*cause), Said { text, call: Some(*call), unit: Some(*unit) })
        }
        EventKind::CallReleased { call, cause: cause @ (Cause::CallLost | Cause::NobodyLeft), .. } => {
            (of_cause(*cause), Said::of_call(*call, format!("call {call} released: {cause}")))
        }
        EventKind::EmergencyRaised { call, unit, .. } => {
            let text = format!("unit {unit} makes call {call} an emergency call");
            (Clause::EmergencyInCall, Said { text, call: Some(*call), unit: Some(*unit) })
        }
        EventKind::EmergencyOver { call, .. } => {
            let text = format!("call {call} is no emergency call any more");
            (Clause::EmergencyAnswered, Said::of_call(*call, text))
        }
        EventKind::CallReaches { call, talkgroups } => {
            let text = format!("call {call} reaches {}", groups(talkgroups));
            (Clause::Audience, Said::of_call(*call, text))
        }
        EventKind::Patched { talkgroups, lasting, by } => {
            let (clause, how) = match lasting {
                true => (Clause::Patch, ""),
                false => (Clause::Multiselect, " for one call"),
            };
            let text = match by {
                Some(by) => format!("{by} joins {}{how}", groups(talkgroups)),
                None => format!("{} are joined again", groups(talkgroups)),
            };
            (clause, Said::plain(text))
        }
        EventKind::Configured { version, by } => (
            Clause::ConfigurationChange,
            Said::plain(format!("{by} makes version {version} of the configuration")),
        ),
        EventKind::Unpatched { talkgroups, by } => {
            let (clause, who) = match by {
                Some(by) => (Clause::Patch, format!("by {by}")),
                None => (Clause::Multiselect, "with the end of their call".to_owned()),
            };
            (clause, Said::plain(format!("{} parted {who}", groups(talkgroups))))
        }
        EventKind::EmergencyBegan { unit, talkgroup, kind, .. } => {
            let how = match kind {
                EmergencyKind::Alarm => "raises the alarm",
                EmergencyKind::Call => "is in an emergency",
            };
            let group = talkgroup.map_or_else(String::new, |group| format!(", talkgroup {group}"));
            (Clause::Alarm, Said::of_unit(*unit, format!("unit {unit} {how}{group}")))
        }
        EventKind::EmergencyAcknowledged { unit, by } => (
            Clause::EmergencyAnswered,
            Said::plain(format!("{by} acknowledges the emergency of unit {unit}")),
        ),
        EventKind::EmergencyCleared { unit, by } => {
            (Clause::EmergencyAnswered, Said::plain(format!("{by} clears the emergency of unit {unit}")))
        }
        EventKind::OrderRefused { by, cause } => {
            (clause_of_order(*cause), Said::plain(format!("order of {by} refused: {cause}")))
        }
        EventKind::CallArea { call, area: None } => {
            (Clause::Widening, Said::of_call(*call, format!("call {call} is heard everywhere")))
        }
        EventKind::CallArea { call, area: Some(area) } => {
            (Clause::ServiceAreas, Said::of_call(*call, format!("call {call} is heard in area {area}")))
        }
        EventKind::CallCalledBack { call, unit, sites, .. } => {
            let slots: Vec<_> = sites.iter().map(|(site, at)| format!("site {site} slot {at}")).collect();
            let text = format!("call {call} kept for unit {unit}: {}", slots.join(", "));
            (Clause::CallBack, Said { text, call: Some(*call), unit: Some(*unit) })
        }
        EventKind::RadioOrderPending { unit, of_radio, by } => {
            let text = format!("order of {by} waits for unit {unit}: {of_radio}");
            (Clause::PendingOrders, Said::of_unit(*unit, text))
        }
        EventKind::RadioOrderDone { unit, of_radio, .. } => {
            (Clause::PendingOrders, Said::of_unit(*unit, format!("unit {unit} has confirmed: {of_radio}")))
        }
        EventKind::RadioOrderFailed { unit, of_radio, cause, .. } => {
            let text = format!("order for unit {unit} is over, {of_radio}: {cause}");
            (Clause::PendingOrders, Said::of_unit(*unit, text))
        }
        EventKind::Monitored { call, unit, listener, by } => {
            let text = format!("unit {listener} listens to unit {unit} in call {call} by order of {by}");
            (Clause::RemoteMonitor, Said { text, call: Some(*call), unit: Some(*unit) })
        }
        EventKind::RightsChanged { unit, priority, services, by } => {
            let services: Vec<_> = services.iter().map(|service| service.name()).collect();
            let rights = if services.is_empty() { "none".to_owned() } else { services.join(", ") };
            let text = format!("{by} gives unit {unit} priority {priority} and the rights: {rights}");
            (Clause::RightsByOrder, Said::of_unit(*unit, text))
        }
        EventKind::MessageSent { kind, from: from @ Sender::Console(_), to, .. } => {
            let text = format!("{from} sends {} to {}", message(*kind), addressee(*to));
            (clause_of_message(*kind, *to), Said::plain(text))
        }
        EventKind::MessageSent { kind, from, to: None, .. } => {
            (Clause::MessageToConsoles, Said::plain(format!("{} from {from} is shown", message(*kind))))
        }
        EventKind::MessageDelivered { kind, from: from @ Sender::Console(_), to, .. } => {
            let text = format!("{} of {from} to {} delivered", message(*kind), addressee(*to));
            (clause_of_message(*kind, *to), Said::plain(text))
        }
        EventKind::AlertOver { unit, from, cause, .. } => {
            let is_answer = matches!(cause, Cause::AlertAnswered | Cause::AlertDismissed);
            let clause = if is_answer { Clause::AlertAnswer } else { Clause::AlertEnd };
            (clause, Said::plain(format!("call alert of {from} for unit {unit} is over: {cause}")))
        }
        EventKind::MessageSent { .. }
        | EventKind::MessageDelivered { .. }
        | EventKind::MessageRefused { .. }
        | EventKind::FloorReleased { .. }
        | EventKind::CallReleased { .. }
        | EventKind::Registered { .. }
        | EventKind::RegisterRefused { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::CallQueued { .. }
        | EventKind::CallCancelled { .. }
        | EventKind::CallRefused { .. }
        | EventKind::CallGranted { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::SiteJoined { .. }
        | EventKind::SiteLeft { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::Dropped { .. } => return None,
    })
}

/// The clause by which a message goes its way.
fn clause_of_message(kind: MessageKind, to: Option<Addressee>) -> Clause {
    match (kind, to) {
        (MessageKind::CallAlert, _) => Clause::CallAlert,
        (MessageKind::Status(_), Some(Addressee::Unit(_))) => Clause::MessageToUnit,
        (MessageKind::Status(_), Some(Addressee::Talkgroup(_))) => Clause::MessageToTalkgroup,
        (MessageKind::Status(_), None) => Clause::MessageToConsoles,
    }
}

/// The clause by which an order is refused.
fn clause_of_order(cause: Cause) -> Clause {
    const CLAUSES: &[(Cause, Clause)] = &[
        (Cause::UnknownEmergency, Clause::EmergencyAnswered),
        (Cause::NoConsoleUnit, Clause::ConsoleTalk),
        (Cause::EmergencyGoesOn, Clause::ConsoleSelect),
        (Cause::ConfigurationChanged, Clause::ConfigurationChange),
        (Cause::ConfigurationUnfit, Clause::ConfigurationChange),
        (Cause::UnitKilled, Clause::Kill),
        (Cause::UnitStunned, Clause::RemoteMonitor),
        (Cause::NotRegrouped, Clause::Regrouping),
        (Cause::TooManyPendingOrders, Clause::PendingOrders),
        (Cause::OrderUnderWay, Clause::PendingOrders),
        (Cause::UnknownUnit, Clause::RadioOrders),
        (Cause::StatusUnknown, Clause::StatusTable),
        (Cause::MessageUnconfirmed, Clause::MessageToUnit),
        (Cause::UnknownAlert, Clause::AlertEnd),
        (Cause::CalledUnknown, Clause::MessageChecks),
        (Cause::CalledNotRegistered, Clause::MessageChecks),
        (Cause::CalledRefuses, Clause::MessageChecks),
        (Cause::NobodyListens, Clause::MessageChecks),
        (Cause::TooManyAlerts, Clause::MessageChecks),
    ];
    CLAUSES.iter().find(|(known, _)| *known == cause).map_or(Clause::Patch, |(_, clause)| *clause)
}

/// What a handset's user noticed, as a sentence without its subject.
pub fn sentence(unit: UnitId, event: &HandsetEvent) -> String {
    handset(unit, event).text
}

pub(super) fn handset(unit: UnitId, event: &HandsetEvent) -> Said {
    let (text, call) = match event {
        HandsetEvent::OutOfRange => ("is out of range".to_owned(), None),
        HandsetEvent::Camped { site } => (format!("camps on site {site}"), None),
        HandsetEvent::Searches { site } => (format!("searches for the control channel of site {site}"), None),
        HandsetEvent::FindsControl { site, control } => {
            (format!("finds the control channel of site {site} at {control}"), None)
        }
        HandsetEvent::LeavesFor { site } => (format!("leaves for site {site}"), None),
        HandsetEvent::Service { site, service } => {
            use trunklab_protocol::air_downlink::SiteService::{Isolated, NoService, Wide};
            let what = match service {
                Wide => "serves the whole network",
                Isolated => "is isolated",
                NoService => "has no service",
            };
            (format!("sees that site {site} {what}"), None)
        }
        HandsetEvent::Subscribed { unit: told, imsi } => {
            let imsi = imsi.map_or_else(String::new, |imsi| format!(", imsi {imsi}"));
            (format!("is told that it is unit {told}{imsi}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: Some(talkgroup) } => {
            (format!("registered at site {site}, talkgroup {talkgroup}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: None } => (format!("registered at site {site}"), None),
        HandsetEvent::RegisterRefused { cause } => (format!("is not registered: {cause}"), None),
        HandsetEvent::Affiliated { talkgroup } => (format!("affiliated to talkgroup {talkgroup}"), None),
        HandsetEvent::Queued { position } => (format!("is queued at place {position}"), None),
        HandsetEvent::CalledBack => ("is called back: press to talk".to_owned(), None),
        HandsetEvent::Emergency { stage } => {
            let text = match stage {
                EmergencyStage::Raised => "is heard in its emergency",
                EmergencyStage::Acknowledged => "has its emergency acknowledged",
                EmergencyStage::Cleared => "has its emergency cleared",
            };
            (text.to_owned(), None)
        }
        HandsetEvent::Refused { cause } => (format!("is refused: {cause}"), None),
        HandsetEvent::Rings { caller } => (format!("rings: unit {caller} calls"), None),
        HandsetEvent::RingOver { caller, cause } => {
            (format!("rings no more for unit {caller}: {cause}"), None)
        }
        HandsetEvent::CalledRings { called } => (format!("hears that unit {called} rings"), None),
        HandsetEvent::TalkPermit { call } => (format!("may talk in call {call}"), Some(*call)),
        HandsetEvent::FloorQueued { call, position } => {
            (format!("waits for the floor of call {call} at place {position}"), Some(*call))
        }
        HandsetEvent::TalkWarning { call, left_ms } => {
            (format!("is warned: {} left to talk in call {call}", seconds(*left_ms)), Some(*call))
        }
        HandsetEvent::FloorLost { call, cause } => {
            (format!("loses the floor of call {call}: {cause}"), Some(*call))
        }
        HandsetEvent::TalkEnded { call } => (format!("stops talking in call {call}"), Some(*call)),
        HandsetEvent::Joined { call, parties, late_entry } => {
            let late = if *late_entry { " late" } else { "" };
            (format!("joins call {call} of {parties}{late}"), Some(*call))
        }
        HandsetEvent::Hears { call, talker } => (format!("hears unit {talker} in call {call}"), Some(*call)),
        HandsetEvent::Stunned => ("is stunned".to_owned(), None),
        HandsetEvent::Revived => ("is revived".to_owned(), None),
        HandsetEvent::Killed => ("is out of use for good".to_owned(), None),
        HandsetEvent::Regrouped { talkgroup, locked } => {
            let lock = if *locked { ", its selector locked" } else { "" };
            (format!("is set to talkgroup {talkgroup}{lock}"), None)
        }
        HandsetEvent::Restored { talkgroup } => (format!("is set back to talkgroup {talkgroup}"), None),
        HandsetEvent::ShowsStatus { number, from, to: Addressee::Unit(_) } => {
            (format!("shows status {number} from {from}"), None)
        }
        HandsetEvent::ShowsStatus { number, from, to: Addressee::Talkgroup(talkgroup) } => {
            (format!("shows status {number} from {from} for talkgroup {talkgroup}"), None)
        }
        HandsetEvent::Alerted { from } => (format!("is alerted by {from}"), None),
        HandsetEvent::AlertOver { from, cause } => (format!("is alerted no more by {from}: {cause}"), None),
        HandsetEvent::MessageDelivered => ("learns that its message was delivered".to_owned(), None),
        HandsetEvent::MessageRefused { cause } => {
            (format!("learns that its message was refused: {cause}"), None)
        }
        HandsetEvent::Left { call, cause } => (format!("leaves call {call}: {cause}"), Some(*call)),
    };
    Said { text, call, unit: Some(unit) }
}

fn of_identity(identity: Identity, text: &str) -> Said {
    let unit = match identity {
        Identity::Unit(unit) => Some(unit),
        Identity::Imei(_) | Identity::Imsi(_) | Identity::Tmsi(_) => None,
    };
    Said { text: format!("{identity} {text}"), call: None, unit }
}
