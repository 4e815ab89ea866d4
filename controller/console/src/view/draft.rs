//! An order that is being put together: what it still needs, above the bottom line.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::Snapshot;
use trunklab_protocol::{Priority, Service};

use super::sites::marker;
use super::{hidden, panel, window};
use crate::model::{Draft, Model, StatusDraft};
use crate::sentence::addressee_name;
use crate::theme::Role;

/// Rows of the panel: it leaves room for the list above it on a low screen.
const ROWS: u16 = 9;

/// Takes the room that it needs from the foot of an area; gives what is left.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) -> Rect {
    let Some(draft) = &model.draft else { return area };
    let [left, own] = Layout::vertical([Constraint::Fill(1), Constraint::Length(ROWS)]).areas(area);
    let rows = own.height.saturating_sub(2);
    let (title, aside, first, lines) = match draft {
        Draft::Status(draft) => status(draft, model, picture, rows),
        Draft::Listener { unit, typed } => {
            let title = format!("Who shall listen to unit {unit}?");
            let aside = "for 30 s at most; its user notices nothing";
            (title, aside.to_owned(), format!("   unit {typed}_"), Vec::new())
        }
        Draft::Priority { unit, known, cursor } => {
            let levels = Draft::levels();
            let chosen = cursor.line(&levels).unwrap_or(0);
            let shown = window(levels.len(), rows, chosen);
            let lines = levels[shown.clone()].iter().zip(shown.clone());
            let lines = lines.map(|(level, line)| entry(model, line == chosen, &level_text(*level)));
            let first = known.map_or_else(on_its_way, |known| format!("   it has {}", known.priority));
            (format!("Priority of unit {unit}"), hidden(&shown, levels.len()), first, lines.collect())
        }
        Draft::Rights { unit, known, services, cursor } => {
            let chosen = cursor.line(Service::ALL).unwrap_or(0);
            let lines = Service::ALL.iter().enumerate().map(|(line, service)| {
                let tick = if services.contains(*service) { "[x]" } else { "[ ]" };
                entry(model, line == chosen, &format!("{tick} {}", service.name()))
            });
            let first =
                known.map_or_else(on_its_way, |_| "   marked is what it may, once you are done".to_owned());
            (format!("Rights of unit {unit}"), String::new(), first, lines.collect())
        }
    };
    let inner = panel(frame, own, model, &title, &aside);
    let mut all = vec![Line::styled(first, model.theme.style(Role::Faint))];
    all.extend(lines);
    frame.render_widget(Paragraph::new(all), inner);
    left
}

type Contents = (String, String, String, Vec<Line<'static>>);

fn status(draft: &StatusDraft, model: &Model, picture: &Snapshot, rows: u16) -> Contents {
    let list = draft.list(&picture.statuses);
    let chosen = draft.line(&picture.statuses).unwrap_or(0);
    let shown = window(list.len(), rows, chosen);
    let aside = hidden(&shown, list.len());
    let mut lines: Vec<_> = list[shown.clone()]
        .iter()
        .zip(shown)
        .map(|(status, line)| entry(model, line == chosen, &format!("{:>5} {}", status.number, status.text)))
        .collect();
    if lines.is_empty() {
        lines.push(Line::styled("   no status has this number or text", model.theme.style(Role::Faint)));
    }
    let title = format!("Status for {}", addressee_name(Some(draft.to), picture));
    let first = match draft.typed.as_str() {
        "" => "   type a number or a word to find one".to_owned(),
        typed => format!("   only those with: {typed}_"),
    };
    (title, aside, first, lines)
}

fn level_text(level: Priority) -> String {
    let means = match level {
        Priority::HIGHEST => " (highest)",
        Priority::LOWEST => " (lowest)",
        _ => "",
    };
    format!("{:>2}{means}", level.level())
}

fn on_its_way() -> String {
    "   what it has is on its way".to_owned()
}

fn entry(model: &Model, is_chosen: bool, text: &str) -> Line<'static> {
    let style = model.theme.style(if is_chosen { Role::Chosen } else { Role::Plain });
    let mut line = marker(is_chosen);
    line.push_span(ratatui::text::Span::styled(format!(" {text} "), style));
    line
}
