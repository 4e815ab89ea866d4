//! The bottom line: what the operator is asked or told, and the keys of this screen that one needs most.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::{Order, Snapshot};
use trunklab_protocol::{MessageKind, Service, Services, TalkgroupId};

use crate::keys::{self, Action};
use crate::model::{Asked, Grade, Model, Screen};
use crate::sentence::{addressee_name, message_name};
use crate::theme::Role;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let mut spans = Vec::new();
    if let Some(asked) = &model.asked {
        spans.push(Span::styled(format!(" {} ", question(asked)), model.theme.grade(Grade::Warning)));
    }
    if let Some(remark) = &model.remark {
        spans.push(Span::styled(format!(" {remark} "), model.theme.grade(Grade::Notice)));
    }
    for binding in keys::tables_in_force(model).iter().flat_map(|table| table.iter()) {
        let (Some(key), false) = (binding.keys.first(), binding.hint.is_empty()) else { continue };
        if leads_to(binding.action).as_ref() == Some(&model.screen) {
            continue;
        }
        let is_allowed = binding.action.right().is_none_or(|right| model.may(right));
        let style = model.theme.style(if is_allowed { Role::Title } else { Role::Forbidden });
        spans.push(Span::styled(format!(" {}", keys::name(*key)), style));
        spans.push(Span::styled(format!(" {} ", binding.hint), model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// What the operator is asked before an order is given.
fn question(asked: &Asked) -> String {
    let order = match asked {
        Asked::Order(order) => order,
        Asked::Revert { base, to } => return format!("Bring version {to} back as version {}?", base.next()),
    };
    match order {
        Order::AcknowledgeEmergency { unit } => format!("Acknowledge the emergency of unit {unit}?"),
        Order::ClearEmergency { unit } => format!("Clear the emergency of unit {unit}?"),
        Order::Patch { talkgroups } => format!("Join talkgroups {}?", list(talkgroups)),
        Order::Multiselect { talkgroups } => format!("Join talkgroups {} for one call?", list(talkgroups)),
        Order::Talk { .. } => "Talk to these talkgroups?".to_owned(),
        Order::EndTalk {} => "Stop talking?".to_owned(),
        Order::SendStatus { to, number } => format!("Send status {number} to {to}?"),
        Order::CallAlert { unit } => format!("Alert unit {unit}?"),
        Order::CancelAlert { unit } => format!("Cancel the alert of unit {unit}?"),
        Order::UndoPatch { talkgroup } => format!("Undo the patch of talkgroup {talkgroup}?"),
        Order::Stun { unit } => format!("Stun unit {unit}?"),
        Order::Revive { unit } => format!("Revive unit {unit}?"),
        Order::Kill { unit } => format!("PUT unit {unit} OUT OF USE FOR GOOD? Nothing brings it back."),
        Order::CheckRadio { unit } => format!("Check whether unit {unit} is there?"),
        Order::Regroup { unit, talkgroup, locked: false } => {
            format!("Set unit {unit} to talkgroup {talkgroup}?")
        }
        Order::Regroup { unit, talkgroup, locked: true } => {
            format!("Set unit {unit} to talkgroup {talkgroup} and lock it there?")
        }
        Order::RestoreGroups { unit } => format!("Set unit {unit} back to its own talkgroup?"),
        Order::Monitor { unit, listener } => format!("Let unit {listener} listen to unit {unit}?"),
        Order::EndMonitor { unit } => format!("End the listening to unit {unit}?"),
        Order::SetPriority { unit, priority } => format!("Give unit {unit} priority {priority}?"),
        Order::SetRights { unit, services } => format!("Give unit {unit} {}?", rights(*services)),
        Order::AcknowledgeAlarm { alarm } => format!("Acknowledge alarm {alarm}?"),
        Order::TestSlot { site, slot } => format!("Test slot {slot} of site {site}?"),
        Order::ExerciseFault { site, part, broken: true } => format!("BREAK {part} of site {site}?"),
        Order::ExerciseFault { site, part, broken: false } => {
            format!("Let {part} of site {site} work again?")
        }
    }
}

/// The same as somebody reads it who wants to know what was asked for: `stun unit 1017`.
pub(super) fn wanted(asked: &Asked, picture: &Snapshot) -> String {
    let order = match asked {
        Asked::Order(order) => order,
        Asked::Revert { to, .. } => return format!("bring version {to} of the configuration back"),
    };
    if let Some((unit, of_radio)) = order.for_radio() {
        return format!("unit {unit}: {of_radio}");
    }
    if let Order::SendStatus { to, number } = order {
        let status = message_name(MessageKind::Status(*number), picture);
        return format!("{status} to {}", addressee_name(Some(*to), picture));
    }
    question(asked).trim_end_matches('?').to_lowercase()
}

/// `the right to telephone and data`, or that it is none, or all.
pub(super) fn rights(services: Services) -> String {
    let names: Vec<_> = services.iter().map(Service::name).collect();
    match names.as_slice() {
        [] => "no right to any service".to_owned(),
        _ if services == Services::ALL => "the right to every service".to_owned(),
        names => format!("the right to {} alone", names.join(", ")),
    }
}

fn list(talkgroups: &[TalkgroupId]) -> String {
    talkgroups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The screen that a key shows at once: nobody needs the key of the screen in sight.
fn leads_to(action: Action) -> Option<Screen> {
    match action {
        Action::ShowOverview => Some(Screen::Overview),
        Action::ShowSites => Some(Screen::Sites),
        Action::ShowCalls => Some(Screen::Calls),
        Action::ShowGroups => Some(Screen::Groups),
        Action::ShowUnits => Some(Screen::Units),
        Action::ShowMessages => Some(Screen::Messages),
        Action::ShowAlarms => Some(Screen::Alarms),
        Action::ShowEvents => Some(Screen::Events),
        Action::ShowStatistics => Some(Screen::Statistics),
        Action::ShowConfiguration => Some(Screen::Configuration),
        Action::Move(_)
        | Action::MoveSlot(_)
        | Action::OrderSlot(_)
        | Action::Open
        | Action::Back
        | Action::Help
        | Action::Pause
        | Action::EditFilter
        | Action::Type(_)
        | Action::Erase
        | Action::KeepFilter
        | Action::DropFilter
        | Action::Acknowledge
        | Action::Clear
        | Action::NextEmergency
        | Action::Mark
        | Action::Patch
        | Action::Multiselect
        | Action::Part
        | Action::OrderUnit(_)
        | Action::Tell
        | Action::Choose
        | Action::Tick
        | Action::DropDraft
        | Action::AcknowledgeMessage
        | Action::AcknowledgeMessages
        | Action::AcknowledgeAlarm
        | Action::Revert
        | Action::Confirm
        | Action::Deny
        | Action::Reconnect
        | Action::Quit => None,
    }
}
