//! Who waits for a channel, in the order in which they will be served.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use trunklab_protocol::SiteId;
use trunklab_protocol::operator::Snapshot;

use super::columns::{Columns, Heads, left, rest, right};
use super::{hidden, panel, window};
use crate::clock::duration;
use crate::model::{Grade, Model};
use crate::sentence::{in_area, number_of, title_of};
use crate::theme::Role;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, picture: &Snapshot, heads: Heads) {
    let queue = &picture.queue;
    let shown = window(queue.len(), area.height.saturating_sub(1 + heads.rows()), 0);
    let aside = match hidden(&shown, queue.len()) {
        cut if !cut.is_empty() => cut,
        _ if queue.is_empty() => String::new(),
        _ => queue.len().to_string(),
    };
    let inner = panel(frame, area, model, "Queue", &aside);
    let (unit_cells, priority_cells, site_cells) = match heads {
        Heads::Shown => (8, 4, 5),
        Heads::Left => (13, 7, 10),
    };
    let word = |word: &str| match heads {
        Heads::Shown => String::new(),
        Heads::Left => format!("{word} "),
    };
    let columns = Columns::new(
        &[
            left("", 2),
            right("", 3),
            left("unit", unit_cells),
            right("tg", 5),
            rest("name"),
            left("prio", priority_cells),
            left("site", site_cells),
            right("waits", 6),
        ],
        area.width.saturating_sub(1),
    );
    let mut lines = heads.line(&columns, model);
    lines.extend(shown.map(|place| {
        let waiting = &queue[place];
        let grade = if waiting.emergency { Grade::Emergency } else { Grade::Normal };
        columns.row(vec![
            Line::styled(grade.mark(), model.theme.grade(grade)),
            Line::raw(format!("{}.", place + 1)),
            Line::raw(format!("{}{}", word("unit"), waiting.unit)),
            Line::styled(number_of(waiting.parties), model.theme.parties(waiting.parties)),
            Line::raw(format!("{}{}", title_of(waiting.parties, picture), in_area(waiting.area))),
            Line::raw(format!("{}{}", word("prio"), waiting.priority)),
            Line::styled(from_where(waiting.site, &word("site")), model.theme.style(Role::Faint)),
            Line::raw(duration(model.now.since(waiting.since))),
        ])
    }));
    if queue.is_empty() {
        lines.push(Line::styled("   nobody waits", model.theme.style(Role::Faint)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `site 3`, or that an operator waits.
fn from_where(site: Option<SiteId>, word: &str) -> String {
    site.map_or_else(|| "console".to_owned(), |site| format!("{word}{site}"))
}
