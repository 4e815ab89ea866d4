//! What the controller tells operators.

use trunklab_protocol::operator::{AlarmChange, EventKind, Sender, TalkWord};
use trunklab_protocol::{Addressee, Cause, Clause, EmergencyKind, MessageKind};

use super::{Said, addressee, counted, groups, message, seconds};
use crate::citation::of_cause;

pub(in crate::transcript) fn to_console(word: &TalkWord) -> Said {
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
pub(in crate::transcript) fn reported(event: &EventKind) -> Option<(Clause, Said)> {
    Some(match event {
        EventKind::SiteUp { site, .. } => {
            (Clause::Inventory, Said::plain(format!("site {site} is in service")))
        }
        EventKind::SiteLost { site, cause } => {
            (Clause::SignsOfLife, Said::plain(format!("site {site} is lost: {cause}")))
        }
        EventKind::SiteServedAlone { site, alone_ms, .. } => {
            let text = format!("site {site} has served alone for {}", seconds(*alone_ms));
            (Clause::IsolationReport, Said::plain(text))
        }
        EventKind::SiteServedFailsoft { site, failsoft_ms, spurts, unproved, collisions, .. } => {
            let spurts = counted(*spurts as usize, "spurt");
            let lost = counted(*collisions as usize, "burst");
            let text = format!(
                "site {site} was in failsoft for {}: {spurts}, {unproved} unproved, {lost} lost to others",
                seconds(*failsoft_ms)
            );
            (Clause::FailsoftReport, Said::plain(text))
        }
        EventKind::SiteInFailsoft { site } => {
            (Clause::ControlLost, Said::plain(format!("site {site} is in failsoft")))
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
        // That it is raised and cleared follows from what is told of its source.
        EventKind::NetworkAlarm { change: AlarmChange::Flaps, alarm } => {
            let text = format!("{} comes and goes: {}", alarm.object, alarm.kind.text());
            (Clause::AlarmDamping, Said::plain(text))
        }
        EventKind::NetworkAlarm { change: AlarmChange::Settled, alarm } => {
            let text = format!("{} comes and goes no more: {}", alarm.object, alarm.kind.text());
            (Clause::AlarmDamping, Said::plain(text))
        }
        EventKind::NetworkAlarm { change: AlarmChange::Cleared, alarm } if alarm.flapping => {
            let text = format!("{} is quiet: {}", alarm.object, alarm.kind.text());
            (Clause::AlarmDamping, Said::plain(text))
        }
        EventKind::NetworkAlarm { change: AlarmChange::Acknowledged, alarm } => {
            let by = alarm.acknowledged_by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            let text = format!("alarm of {} seen{by}: {}", alarm.object, alarm.kind.text());
            (Clause::AlarmAcknowledged, Said::plain(text))
        }
        EventKind::NetworkAlarm { .. }
        | EventKind::SlotHealth { .. }
        | EventKind::SlotTested { .. }
        | EventKind::MessageSent { .. }
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
        (Cause::NotMonitored, Clause::RemoteMonitor),
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
