//! What this console has asked the controller to do, and what came of it: the last lines of the screens with such keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::Snapshot;

use super::columns::cut;
use super::{footer, panel};
use crate::model::{Given, Model, Outcome};
use crate::theme::Role;

/// Orders that are shown.
const SHOWN_MAX: usize = 3;

/// Takes the room that they need from the foot of an area; gives what is left.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot) -> Rect {
    let shown = model.given.iter().len().min(SHOWN_MAX);
    if shown == 0 {
        return area;
    }
    let rows = u16::try_from(shown + 1).unwrap_or(u16::MAX);
    let [left, own] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
    let inner = panel(frame, own, model, "Your orders", "the newest first");
    let width = usize::from(inner.width.saturating_sub(1));
    let lines: Vec<_> =
        model.given.iter().take(shown).map(|given| line(given, model, picture, width)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
    left
}

fn line(given: &Given, model: &Model, picture: &Snapshot, width: usize) -> Line<'static> {
    let (role, mark, says) = match &given.outcome {
        Outcome::UnderWay => (Role::Faint, "  ", "under way".to_owned()),
        Outcome::Taken => (Role::Plain, "  ", "taken".to_owned()),
        Outcome::Waits => (Role::Notice, "- ", "pending: waits for its radio".to_owned()),
        Outcome::Done => (Role::Good, "  ", "confirmed".to_owned()),
        Outcome::Refused(why) => (Role::Warning, "! ", format!("refused: {why}")),
        Outcome::Unknown => {
            (Role::Warning, "! ", "unknown: the connection broke, look whether it was done".to_owned())
        }
    };
    let wanted = footer::wanted(&given.asked, picture);
    // What came of it is the news: what was wanted gives way.
    let room = width.saturating_sub(says.chars().count() + 6).max(12);
    let wanted = if wanted.chars().count() > room { cut(&wanted, room) } else { wanted };
    Line::from(vec![Span::raw(format!(" {mark}{wanted}: ")), Span::styled(says, model.theme.style(role))])
}
