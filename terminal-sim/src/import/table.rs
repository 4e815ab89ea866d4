//! Rows and columns: a header maps names to positions, and a row is exactly one line.
//!
//! A cell splitter of our own, because these lists hold quotation marks that nobody doubled: a reader that follows
//! the book lets one such mark swallow every row after it. Here a quoted cell ends at a mark before a delimiter or
//! the line's end, and never reaches into the next line.

use super::finding::{Defect, Findings, readable};
use super::source::{Line, Lines, Source};
use super::{Format, ImportError, Limits};

/// What may stand between cells.
pub(super) const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// One line's cells, trimmed.
pub(super) struct Row {
    /// From 1.
    pub(super) line: u64,
    cells: Vec<String>,
}

impl Row {
    /// The cell at a position; empty where the row is too short or the file has no such column.
    pub(super) fn cell(&self, at: Option<usize>) -> &str {
        at.and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }

    /// The cells from a position on; none where the row is too short.
    pub(super) fn cells_from(&self, at: usize) -> &[String] {
        self.cells.get(at..).unwrap_or_default()
    }
}

/// A file with a header, read row by row.
pub(super) struct Table<'a> {
    source: &'a Source,
    lines: Lines<'a>,
    format: Format,
    delimiter: char,
    header: Vec<String>,
    header_line: u64,
    rows_max: usize,
    rows: usize,
}

impl<'a> Table<'a> {
    /// Reads the header, whose delimiter the detection has found.
    pub(super) fn open(
        source: &'a Source,
        format: Format,
        delimiter: char,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Self, ImportError> {
        let mut lines = source.lines(limits);
        let Some(line) = lines.next(findings)? else {
            return Err(ImportError::Empty { file: source.name.clone() });
        };
        let header_line = line.number;
        let header = split(&line, delimiter, findings);
        let rows_max = limits.rows_max;
        Ok(Self { source, lines, format, delimiter, header, header_line, rows_max, rows: 0 })
    }

    /// Rows read so far.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Columns that the header names, counted up to the last name.
    pub(super) fn columns(&self) -> usize {
        self.header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }

    /// Where a column stands that may be missing, by any of its names.
    pub(super) fn find(&self, names: &[&str], findings: &mut Findings) -> Option<usize> {
        let mut found = self
            .header
            .iter()
            .enumerate()
            .filter(|(_, name)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)));
        let (at, _) = found.next()?;
        if let Some((_, again)) = found.next() {
            findings.add(self.header_line, again, again, Defect::RepeatedColumn);
        }
        Some(at)
    }

    /// Where a column stands that the format cannot do without; `names` begins with its proper name.
    pub(super) fn need(
        &self,
        names: &[&'static str],
        findings: &mut Findings,
    ) -> Result<Option<usize>, ImportError> {
        match self.find(names, findings) {
            Some(at) => Ok(Some(at)),
            None => Err(ImportError::MissingColumn {
                file: self.source.name.clone(),
                line: self.header_line,
                column: names.first().copied().unwrap_or_default(),
                format: self.format,
            }),
        }
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self, findings: &mut Findings) -> Result<Option<Row>, ImportError> {
        while let Some(line) = self.lines.next(findings)? {
            let cells = split(&line, self.delimiter, findings);
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if self.rows == self.rows_max {
                return Err(ImportError::TooManyRows {
                    file: self.source.name.clone(),
                    line: line.number,
                    limit: self.rows_max,
                });
            }
            self.rows += 1;
            return Ok(Some(Row { line: line.number, cells }));
        }
        Ok(None)
    }

    /// Reports cells beyond the header's last column.
    pub(super) fn check_width(&self, row: &Row, findings: &mut Findings) {
        let columns = self.columns();
        if let Some(extra) = row.cells_from(columns).iter().find(|cell| !cell.is_empty()) {
            findings.add(row.line, "", extra, Defect::ExtraCells { cells: row.cells.len(), columns });
        }
    }

    /// The error for a file of which nothing could be used.
    pub(super) fn nothing_usable(&self, findings: &Findings) -> ImportError {
        let first = findings.first.first().map(ToString::to_string);
        ImportError::NothingUsable { file: self.source.name.clone(), rows: self.rows, first }
    }
}

/// The cells of one line without their quotation marks and outer spaces.
pub(super) fn split(line: &Line<'_>, delimiter: char, findings: &mut Findings) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = Some(line.text.as_ref());
    while let Some(text) = rest {
        let (cell, after) = match text.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, delimiter, line.number, findings),
            None => match text.split_once(delimiter) {
                Some((cell, after)) => (cell.trim().to_owned(), Some(after)),
                None => (text.trim().to_owned(), None),
            },
        };
        cells.push(cell);
        rest = after;
    }
    cells
}

/// A cell whose opening mark is gone, and what follows its delimiter.
fn quoted_cell<'a>(
    text: &'a str,
    delimiter: char,
    line: u64,
    findings: &mut Findings,
) -> (String, Option<&'a str>) {
    let mut cell = String::new();
    let mut rest = text;
    let mut stray = false;
    while let Some(mark) = rest.find('"') {
        cell.push_str(&rest[..mark]);
        let after = &rest[mark + 1..];
        let beyond = after.trim_start_matches(' ');
        if beyond.is_empty() || beyond.starts_with(delimiter) {
            if stray {
                findings.add(line, "", &cell, Defect::StrayQuote);
            }
            return (cell.trim().to_owned(), beyond.strip_prefix(delimiter));
        }
        cell.push('"');
        rest = if let Some(doubled) = after.strip_prefix('"') {
            doubled
        } else {
            stray = true;
            after
        };
    }
    cell.push_str(rest);
    findings.add(line, "", &readable(text), Defect::UnclosedQuote);
    (cell.trim().to_owned(), None)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn cells(text: &str) -> (Vec<String>, Vec<Defect>) {
        let mut findings = Findings::new(9);
        let line = Line { number: 3, text: Cow::Borrowed(text) };
        let cells = split(&line, ',', &mut findings);
        (cells, findings.first.into_iter().map(|finding| finding.defect).collect())
    }

    #[test]
    fn splits_plain_spaced_and_quoted_cells() {
        assert_eq!(cells("1, 2 ,,3").0, ["1", "2", "", "3"]);
        assert_eq!(cells(r#"7, "a, b" ,"c""d""#).0, ["7", "a, b", r#"c"d"#]);
        assert_eq!(cells(r#""","""""#).0, ["", r#"""#]);
        assert_eq!(cells(r#"x "y" z,1"#), (vec![r#"x "y" z"#.into(), "1".into()], vec![]));
    }

    #[test]
    fn keeps_an_undoubled_mark_as_text() {
        let (cells, defects) = cells(r#"1,"The "Annex" door",2"#);
        assert_eq!(cells, ["1", r#"The "Annex" door"#, "2"]);
        assert_eq!(defects, [Defect::StrayQuote]);
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        let (cells, defects) = cells(r#"1,"never closed,2"#);
        assert_eq!(cells, ["1", "never closed,2"]);
        assert_eq!(defects, [Defect::UnclosedQuote]);
    }
}
