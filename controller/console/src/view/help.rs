//! The keys of a screen, printed from the tables that the keys are looked up in, and what the marks mean.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::panel;
use crate::keys;
use crate::model::{Model, Screen};
use crate::theme::Role;

/// The longest row of any table of keys.
const KEYS_WIDTH: u16 = 48;

/// Marks that no panel explains where it uses them.
const MARKS: &[(&str, &str)] = &[
    ("C", "control channel"),
    ("·", "free slot"),
    ("41 #", "talkgroup 41 talks"),
    ("~41 ~", "it hangs: silent"),
    ("!41 !", "emergency call"),
    ("!!", "emergency"),
    ("!", "something is broken"),
    ("-", "waited or refused"),
];

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, from: &Screen) {
    let [keys_area, marks_area] =
        Layout::horizontal([Constraint::Length(KEYS_WIDTH), Constraint::Fill(1)]).areas(area);
    // On a low screen the end is cut off: what moves the choice can be guessed.
    let (moves, others): (Vec<&keys::Binding>, Vec<_>) = keys::tables(from)
        .iter()
        .flat_map(|table| table.iter())
        .partition(|binding| matches!(binding.action, keys::Action::Move(_)));
    let keys = others.into_iter().chain(moves).map(|binding: &keys::Binding| {
        let is_allowed = binding.action.right().is_none_or(|right| model.may(right));
        (keys::label(binding), binding.does, if is_allowed { Role::Plain } else { Role::Forbidden })
    });
    let title = format!("Keys: {}", from.title());
    let rows = usize::from(keys_area.height.saturating_sub(1));
    let count = keys::tables(from).iter().map(|table| table.len()).sum::<usize>();
    let aside = if count > rows { "Down shows more" } else { "" };
    let inner = panel(frame, keys_area, model, &title, aside);
    let keys: Vec<_> = keys.collect();
    // A low screen shows a part, and more of it as one goes down.
    let top = model.help_line.min(keys.len().saturating_sub(usize::from(inner.height)));
    print(frame, inner, model, keys.into_iter().skip(top));
    let marks = MARKS.iter().map(|(mark, means)| ((*mark).to_owned(), *means, Role::Plain));
    let inner = panel(frame, marks_area, model, "Marks", "");
    print(frame, inner, model, marks);
}

fn print(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    rows: impl Iterator<Item = (String, &'static str, Role)>,
) {
    let line = |(term, means, role): (String, &'static str, Role)| {
        let style = model.theme.style(if role == Role::Forbidden { role } else { Role::Title });
        Line::from(vec![
            Span::styled(format!(" {term:10} "), style),
            Span::styled(means, model.theme.style(role)),
        ])
    };
    let lines: Vec<_> = rows.map(line).collect();
    frame.render_widget(Paragraph::new(lines), area);
}
