//! The screen. One panel per file, each a `render`.
//!
//! ```text
//! 80 × 24                                     from 120 columns
//! +---------------- header ----------------+  +---------------- header ----------------+
//! | link, epoch, clock; totals             |  | link, epoch, clock; totals             |
//! +--------------- warnings ---------------+  +--------------- warnings ---------------+
//! | only if there are any, gravest first   |  | only if there are any, gravest first   |
//! +---------------- sites -----------------+  +---------------- sites -----------------+
//! | one line each, its slots as a strip    |  | one line each, slots with talkgroups   |
//! +---------------- calls -----------------+  +------- calls -------+----- queue ------+
//! | who talks on which channel             |  | who talks on which  | who waits, and   |
//! +---------------- queue -----------------+  | channel             | how long         |
//! | who waits, and how long                |  +---------------------+------------------+
//! +---------------- events ----------------+  +---------------- events ----------------+
//! | the end of the log                     |  | the end of the log                     |
//! +---------------- footer ----------------+  +---------------- footer ----------------+
//! ```
//!
//! The other screens keep header, warnings and footer, and give the rest to one thing.

mod alarms;
mod calls;
mod columns;
mod configuration;
mod draft;
mod event_list;
mod footer;
mod given;
mod groups;
mod header;
mod help;
mod messages;
mod overview;
mod queue;
mod share;
mod site;
mod sites;
mod statistics;
mod strip;
mod unit;
mod units;
mod warning_lines;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};
use trunklab_protocol::operator::Snapshot;

use crate::model::{Link, Model, Screen};
use crate::theme::Role;
use crate::warnings::warnings;

/// Draws the model; the whole frame is painted.
pub fn render(frame: &mut Frame<'_>, model: &Model) {
    let warnings = warnings(model);
    let [header, warned, body, footer] = Layout::vertical([
        Constraint::Length(header::ROWS),
        Constraint::Length(warning_lines::rows(&warnings, frame.area().height)),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    header::render(frame, header, model);
    warning_lines::render(frame, warned, model, &warnings);
    footer::render(frame, footer, model);
    let body = match (&model.screen, &model.picture) {
        (
            Screen::Groups
            | Screen::Units
            | Screen::Unit(_)
            | Screen::Messages
            | Screen::Alarms
            | Screen::Configuration,
            Some(picture),
        ) => {
            let left = draft::render(frame, body, model, picture);
            given::render(frame, left, model, picture)
        }
        _ => body,
    };
    match (&model.screen, &model.picture) {
        (Screen::Help(from), _) => help::render(frame, body, model, from),
        (Screen::Events, _) => event_list::render(frame, body, model),
        (Screen::Configuration, _) => configuration::render(frame, body, model),
        (
            Screen::Overview
            | Screen::Sites
            | Screen::Site(_)
            | Screen::Calls
            | Screen::Groups
            | Screen::Units
            | Screen::Unit(_)
            | Screen::Messages
            | Screen::Alarms
            | Screen::Statistics,
            None,
        ) => render_nothing_yet(frame, body, model),
        (Screen::Statistics, Some(picture)) => statistics::render(frame, body, model, picture),
        (Screen::Overview, Some(picture)) => overview::render(frame, body, model, picture),
        (Screen::Sites, Some(picture)) => sites::render_table(frame, body, model, picture),
        (Screen::Site(site), Some(picture)) => site::render(frame, body, model, picture, *site),
        (Screen::Calls, Some(picture)) => calls::render_screen(frame, body, model, picture),
        (Screen::Groups, Some(picture)) => groups::render(frame, body, model, picture),
        (Screen::Messages, Some(picture)) => messages::render(frame, body, model, picture),
        (Screen::Alarms, Some(picture)) => alarms::render(frame, body, model, picture),
        (Screen::Units, Some(picture)) => units::render(frame, body, model, picture),
        (Screen::Unit(unit), Some(picture)) => unit::render(frame, body, model, picture, *unit),
    }
}

fn render_nothing_yet(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let says = match &model.link {
        Link::Connecting { attempt } => format!("Connecting to {} (attempt {attempt}).", model.address),
        Link::Live => "The first snapshot is on its way.".to_owned(),
        Link::Lost { why, .. } => format!("Not connected: {why}."),
    };
    let lines = vec![
        Line::default(),
        Line::from(says),
        Line::default(),
        Line::styled(
            "The console goes on trying. r tries at once, q leaves.",
            model.theme.style(Role::Faint),
        ),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), indented(area));
}

fn indented(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// A titled rule above a panel; gives the rows below it.
fn panel(frame: &mut Frame<'_>, area: Rect, model: &Model, title: &str, aside: &str) -> Rect {
    let faint = model.theme.style(Role::Faint);
    let mut title =
        vec![Span::raw(" "), Span::styled(title.to_owned(), model.theme.style(Role::Title)), Span::raw(" ")];
    if !aside.is_empty() {
        title.push(Span::styled(format!("{aside} "), faint));
    }
    let block = Block::new().borders(Borders::TOP).border_style(faint).title(Line::from(title));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// The lines of a list of `count` that fit on `rows`, with the chosen one among them.
fn window(count: usize, rows: u16, chosen: usize) -> std::ops::Range<usize> {
    let rows = usize::from(rows).min(count);
    let first = chosen.saturating_sub(rows / 2).min(count - rows);
    first..first + rows
}

/// `5–9 of 40` where a window hides lines; empty where it shows all.
fn hidden(window: &std::ops::Range<usize>, count: usize) -> String {
    if window.len() == count || window.is_empty() {
        String::new()
    } else {
        format!("{}-{} of {count}", window.start + 1, window.end)
    }
}

fn radios(picture: &Snapshot) -> u64 {
    picture.sites.iter().map(|site| u64::from(site.radios)).sum()
}
