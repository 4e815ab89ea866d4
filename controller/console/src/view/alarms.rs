//! Alarms: what is wrong with which part of the network, how badly, since when, and who has seen it.

use std::cmp::Reverse;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::{NetworkAlarm, Severity, Snapshot};

use super::columns::{Columns, left, rest, right};
use super::sites::marker;
use super::{hidden, panel, window};
use crate::clock::time_of_day;
use crate::model::Model;
use crate::theme::Role;
use crate::update::alarms::alarm_list;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) {
    let list = alarm_list(model);
    let chosen = model.alarms.line(&list);
    let shown = window(list.len(), area.height.saturating_sub(2), chosen.unwrap_or(0));
    let inner = panel(frame, area, model, "Alarms", &hidden(&shown, list.len()));
    let columns = Columns::new(
        &[
            left("", 1),
            left("severity", 8),
            left("since", 8),
            left("of", 18),
            rest("what"),
            right("times", 5),
            left("", 1),
            left("seen by", if area.width < 100 { 10 } else { 20 }),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = vec![columns.head(model.theme.style(Role::Faint))];
    lines.extend(shown.filter_map(|place| {
        let (_, Reverse(id)) = list[place];
        let alarm = picture.alarms.iter().find(|alarm| alarm.id == id)?;
        let is_chosen = chosen == Some(place);
        let style = if is_chosen { Role::Chosen } else { Role::Plain };
        let seen = alarm.acknowledged_by.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        Some(columns.row(vec![
            marker(is_chosen),
            Line::styled(alarm.severity.name(), model.theme.style(look(alarm.severity))),
            Line::raw(alarm.since.map_or_else(|| "before".to_owned(), time_of_day)),
            Line::raw(alarm.object.to_string()),
            Line::styled(what(alarm), model.theme.style(style)),
            Line::raw(alarm.count.to_string()),
            Line::raw(""),
            Line::raw(seen),
        ]))
    }));
    if list.is_empty() {
        lines.push(Line::styled("   nothing is wrong", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn what(alarm: &NetworkAlarm) -> String {
    let flaps = if alarm.flapping { ", comes and goes" } else { "" };
    format!("{}{flaps}", alarm.kind.text())
}

/// How a severity looks.
pub(super) const fn look(severity: Severity) -> Role {
    match severity {
        Severity::Critical => Role::Emergency,
        Severity::Major => Role::Warning,
        Severity::Minor => Role::Notice,
        Severity::Warning => Role::Plain,
    }
}
