//! Which version of the configuration stands, and what the last ones changed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::VersionView;

use super::columns::cut;
use super::{indented, panel};
use crate::model::Model;
use crate::theme::Role;

/// Differences of one version that are shown.
const DIFFERENCES_MAX: usize = 4;

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let Some(versions) = &model.versions else {
        let line = Line::styled("The versions are on their way.", model.theme.style(Role::Faint));
        return frame.render_widget(Paragraph::new(vec![Line::default(), line]), indented(area));
    };
    let newest = versions.versions.first();
    let aside = newest.map_or_else(String::new, |newest| format!("version {} stands", newest.version));
    let inner = panel(frame, area, model, "Configuration", &aside);
    let width = usize::from(inner.width);
    let lines: Vec<_> = versions
        .versions
        .iter()
        .flat_map(|version| entry(version, model, width))
        .take(usize::from(inner.height))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Who made it and when, and the first of what it changed.
fn entry(version: &VersionView, model: &Model, width: usize) -> Vec<Line<'static>> {
    let faint = model.theme.style(Role::Faint);
    let role = version.role.map_or_else(String::new, |role| format!(" ({role})"));
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{:>5} ", version.version), model.theme.style(Role::Title)),
        Span::raw(format!("{} {}{role}", utc(version.at_us / 1_000_000), version.who)),
        Span::styled(format!(", {} changed", version.differences_count), faint),
    ])];
    let shown = version.differences.iter().take(DIFFERENCES_MAX);
    lines.extend(shown.map(|difference| {
        let text = format!("      {difference}");
        Line::raw(if text.chars().count() > width { cut(&text, width) } else { text })
    }));
    let more = version.differences_count.saturating_sub(DIFFERENCES_MAX as u64);
    if more > 0 {
        lines.push(Line::styled(format!("      and {more} more"), faint));
    }
    lines
}
