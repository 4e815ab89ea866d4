//! The event log: its end on the overview, all of it with pause and filter on a screen of its own.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::columns::cut;
use super::{indented, panel};
use crate::clock::{time_of_day, time_to_the_millisecond};
use crate::model::{Entry, Focus, Model, Place};
use crate::theme::Role;

/// The newest entries, the newest at the bottom.
pub(super) fn render_tail(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let inner = panel(frame, area, model, "Events", "");
    let mut lines: Vec<_> = model
        .log
        .newest_first("")
        .take(usize::from(inner.height))
        .map(|(_, entry)| line(entry, model, false, inner.width))
        .collect();
    lines.reverse();
    if lines.is_empty() {
        lines.push(Line::styled(
            "   nothing has happened since this console began",
            model.theme.style(Role::Faint),
        ));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The whole log.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let view = &model.log_view;
    let paused = view.place != Place::Tail;
    let filtering = view.focus == Focus::Filter || !view.filter.is_empty();
    let [filter_area, list_area, detail_area] = Layout::vertical([
        Constraint::Length(u16::from(filtering)),
        Constraint::Fill(1),
        Constraint::Length(if paused { 3 } else { 0 }),
    ])
    .areas(area);
    render_filter(frame, filter_area, model);

    let (newer, chosen) = match view.place {
        Place::Tail => (0, None),
        Place::At(number) => {
            let newer = model.log.newest_first(&view.filter).take_while(|(known, _)| *known > number).count();
            (newer, model.log.newest_first(&view.filter).nth(newer))
        }
    };
    let aside = match (paused, newer) {
        (false, _) => String::new(),
        (true, 0) => "PAUSED".to_owned(),
        (true, newer) => format!("PAUSED, {newer} newer below"),
    };
    let inner = panel(frame, list_area, model, "Events", &aside);
    let rows = usize::from(inner.height);
    // The chosen entry stands at the bottom, unless too few are above it to fill the panel.
    let above = model.log.newest_first(&view.filter).skip(newer).take(rows).count();
    let below = (rows - above).min(newer);
    let mut lines: Vec<_> = model
        .log
        .newest_first(&view.filter)
        .skip(newer - below)
        .take(rows)
        .map(|(number, entry)| line(entry, model, view.place == Place::At(number), inner.width))
        .collect();
    lines.reverse();
    if lines.is_empty() {
        let says =
            if view.filter.is_empty() { "   nothing has happened" } else { "   no entry has this text" };
        lines.push(Line::styled(says, model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);

    if let (true, Some((_, entry))) = (paused, chosen) {
        let inner = panel(frame, detail_area, model, "In full", "");
        let text = format!("{}  {}", time_to_the_millisecond(entry.at), entry.text());
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), indented(inner));
    }
}

fn render_filter(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let view = &model.log_view;
    let label = " only entries with: ";
    let text =
        Line::from(vec![Span::styled(label, model.theme.style(Role::Title)), Span::raw(view.filter.clone())]);
    let end = u16::try_from(text.width()).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(text), area);
    if view.focus == Focus::Filter {
        frame.set_cursor_position(Position::new(area.x + end.min(area.width.saturating_sub(1)), area.y));
    }
}

fn line(entry: &Entry, model: &Model, chosen: bool, width: u16) -> Line<'static> {
    let style = if chosen { model.theme.style(Role::Chosen) } else { model.theme.grade(entry.grade) };
    let begins = format!("{}{} ", if chosen { ">" } else { " " }, time_of_day(entry.at));
    let room = usize::from(width).saturating_sub(begins.len());
    let text = format!("{} {}", entry.grade.mark(), entry.text());
    let text = if Span::raw(text.as_str()).width() > room { cut(&text, room) } else { text };
    Line::from(vec![Span::styled(begins, model.theme.style(Role::Faint)), Span::styled(text, style)])
}
