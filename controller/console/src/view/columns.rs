//! Lines in columns: each cell cut or filled to its width, a cut one with an ellipsis.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::model::Model;
use crate::theme::Role;

/// How wide a column is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Width {
    /// Exactly so many cells.
    Cells(u16),
    /// An equal share of what the others leave.
    Rest,
}

/// To which side a cell's text goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Left,
    Right,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) width: Width,
    pub(super) side: Side,
}

pub(super) const fn left(head: &'static str, cells: u16) -> Column {
    Column { head, width: Width::Cells(cells), side: Side::Left }
}

pub(super) const fn right(head: &'static str, cells: u16) -> Column {
    Column { head, width: Width::Cells(cells), side: Side::Right }
}

pub(super) const fn rest(head: &'static str) -> Column {
    Column { head, width: Width::Rest, side: Side::Left }
}

/// Whether a panel explains its columns by heads, or by words within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heads {
    Shown,
    Left,
}

impl Heads {
    pub(super) fn rows(self) -> u16 {
        match self {
            Self::Shown => 1,
            Self::Left => 0,
        }
    }

    pub(super) fn line(self, columns: &Columns, model: &Model) -> Vec<Line<'static>> {
        match self {
            Self::Shown => vec![columns.head(model.theme.style(Role::Faint))],
            Self::Left => Vec::new(),
        }
    }
}

/// Columns laid out on a given width, one blank between them.
pub(super) struct Columns {
    columns: Vec<Column>,
    widths: Vec<usize>,
}

impl Columns {
    pub(super) fn new(columns: &[Column], total: u16) -> Self {
        let fixed: usize = columns
            .iter()
            .map(|column| match column.width {
                Width::Cells(cells) => usize::from(cells),
                Width::Rest => 0,
            })
            .sum();
        let flexible = columns.iter().filter(|column| matches!(column.width, Width::Rest)).count();
        let blanks = columns.len().saturating_sub(1);
        let left = usize::from(total).saturating_sub(fixed + blanks);
        let widths = columns
            .iter()
            .map(|column| match column.width {
                Width::Cells(cells) => usize::from(cells),
                Width::Rest => left / flexible.max(1),
            })
            .collect();
        Self { columns: columns.to_vec(), widths }
    }

    /// The width of a column, in cells.
    pub(super) fn width(&self, column: usize) -> usize {
        self.widths[column]
    }

    pub(super) fn head(&self, style: Style) -> Line<'static> {
        self.row(self.columns.iter().map(|column| Line::raw(column.head)).collect()).style(style)
    }

    pub(super) fn row(&self, cells: Vec<Line<'_>>) -> Line<'static> {
        let mut spans = Vec::new();
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                spans.push(Span::raw(" "));
            }
            fit(cell, self.widths[place], self.columns[place].side, &mut spans);
        }
        Line::from(spans)
    }
}

fn fit(cell: Line<'_>, width: usize, side: Side, into: &mut Vec<Span<'static>>) {
    let wanted = cell.width();
    let blank = || Span::raw(" ".repeat(width.saturating_sub(wanted)));
    if matches!(side, Side::Right) {
        into.push(blank());
    }
    let mut left = width;
    for span in cell.spans {
        let style = cell.style.patch(span.style);
        let text = if span.width() > left || (wanted > width && span.width() == left) {
            cut(&span.content, left)
        } else {
            span.content.into_owned()
        };
        let span = Span::styled(text, style);
        left = left.saturating_sub(span.width());
        into.push(span);
    }
    if matches!(side, Side::Left) {
        into.push(blank());
    }
}

/// The text within `width` cells, its end replaced by an ellipsis.
pub(super) fn cut(text: &str, width: usize) -> String {
    let Some(room) = width.checked_sub(1) else { return String::new() };
    let mut kept = String::new();
    let mut used = 0;
    for letter in text.chars() {
        let cells = Span::raw(letter.to_string()).width();
        if used + cells > room {
            break;
        }
        used += cells;
        kept.push(letter);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn cells_are_filled_cut_and_set_to_their_side() {
        let columns = Columns::new(&[right("no", 3), rest("name"), left("x", 2)], 14);
        assert_eq!(text(&columns.head(Style::new())), " no name    x ");
        let row = columns.row(vec![Line::raw("7"), Line::raw("Fire Dispatch"), Line::raw("abc")]);
        assert_eq!(text(&row), "  7 Fire D… a…");
        assert_eq!(row.width(), 14);
    }

    #[test]
    fn wide_letters_are_counted_as_the_terminal_counts_them() {
        assert_eq!(Span::raw(cut("消防本部", 6)).width(), 5);
    }
}
