//! Two lines that never leave: where this is, whether it is live, what time it is there; and the sums.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use trunklab_protocol::operator::Admission;

use super::radios;
use crate::clock::{duration, time_of_day};
use crate::model::{Link, Model};
use crate::theme::Role;

/// Rows that the header takes.
pub(super) const ROWS: u16 = 2;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let width = usize::from(area.width);
    let first = between(place(model), state(model), width);
    frame.render_widget(Paragraph::new(vec![first, sums(model)]), area);
}

fn place(model: &Model) -> Line<'static> {
    let mut spans = vec![
        Span::styled(" trunklab", model.theme.style(Role::Title)),
        Span::raw(format!("  {}", model.screen.title())),
    ];
    if let Some(Admission { name, role }) = &model.operator {
        spans.push(Span::raw(format!("  {name} ({role})")));
    }
    spans.push(Span::styled(format!("  {}", model.address), model.theme.style(Role::Faint)));
    if let Some(picture) = &model.picture {
        spans.push(Span::raw(format!("  epoch {}", picture.epoch)));
    }
    Line::from(spans)
}

fn state(model: &Model) -> Line<'static> {
    let link = match &model.link {
        Link::Live => Span::styled("live", model.theme.style(Role::Good)),
        Link::Connecting { attempt } => {
            Span::styled(format!("connecting ({attempt})"), model.theme.style(Role::Notice))
        }
        Link::Lost { retry_in, .. } => {
            let state = if model.picture.is_some() { "LINK LOST" } else { "not connected" };
            let text = format!("{state}, again in {}", duration(*retry_in));
            Span::styled(text, model.theme.style(Role::Warning))
        }
    };
    let clock = match &model.picture {
        Some(_) => format!("  {} ", time_of_day(model.now)),
        None => " ".to_owned(),
    };
    Line::from(vec![link, Span::raw(clock)])
}

fn sums(model: &Model) -> Line<'static> {
    let Some(picture) = &model.picture else { return Line::default() };
    let in_service = picture.sites.iter().filter(|site| site.in_service).count();
    let sites = format!("{in_service}/{}", picture.sites.len());
    let totals = &picture.totals;
    let mut spans = Vec::new();
    if let Some(gravest) = picture.alarms.iter().map(|alarm| alarm.severity).max() {
        let text = format!(" {} alarms ", picture.alarms.len());
        spans.extend([Span::styled(text, model.theme.style(super::alarms::look(gravest))), Span::raw(" ")]);
    }
    for (value, name) in [
        (sites, "sites"),
        (radios(picture).to_string(), "radios"),
        (totals.granted.to_string(), "granted"),
        (totals.queued.to_string(), "queued"),
        (totals.refused.to_string(), "refused"),
        (totals.released.to_string(), "released"),
    ] {
        spans.push(Span::raw(format!(" {value} ")));
        spans.push(Span::styled(format!("{name}  "), model.theme.style(Role::Faint)));
    }
    Line::from(spans)
}

/// One line at the left end, one at the right; where both do not fit, the right one wins.
fn between(at_left: Line<'static>, at_right: Line<'static>, width: usize) -> Line<'static> {
    let room = width.saturating_sub(at_right.width());
    let mut spans = Vec::new();
    let mut left = room;
    for span in at_left.spans {
        if span.width() > left {
            break;
        }
        left -= span.width();
        spans.push(span);
    }
    spans.push(Span::raw(" ".repeat(left)));
    spans.extend(at_right.spans);
    Line::from(spans)
}
