//! What is wrong, above everything else, marked so that it is seen without colour.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::columns::cut;
use crate::model::Model;
use crate::warnings::Warning;

/// Rows for these warnings on a screen of this height.
pub(super) fn rows(warnings: &[Warning], screen_height: u16) -> u16 {
    let most = if screen_height < 30 { 3 } else { 6 };
    u16::try_from(warnings.len()).unwrap_or(u16::MAX).min(most)
}

pub(super) fn render(frame: &mut Frame<'_>, area: Rect, model: &Model, warnings: &[Warning]) {
    let width = usize::from(area.width);
    let rows = usize::from(area.height);
    let shown = if warnings.len() > rows { rows.saturating_sub(1) } else { rows };
    let mut lines: Vec<Line<'_>> = warnings
        .iter()
        .take(shown)
        .map(|warning| {
            let text = format!(" {} {}", warning.grade().mark(), warning.text(model.picture.as_ref()));
            // Painted to the edge, so that a warning is a bar and not a word.
            let text =
                if text.chars().count() > width { cut(&text, width) } else { format!("{text:width$}") };
            Line::styled(text, model.theme.grade(warning.grade()))
        })
        .collect();
    if let Some(grade) = warnings.iter().skip(shown).map(Warning::grade).max() {
        let text = format!(" {} and {} more", grade.mark(), warnings.len() - shown);
        lines.push(Line::styled(format!("{text:width$}"), model.theme.grade(grade)));
    }
    frame.render_widget(Paragraph::new(lines), area);
}
