//! A file's octets, checked and cut into lines.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::ImportError;
use super::finding::{Defect, Findings};

/// What an import may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// The longest row, in bytes.
    pub row_bytes_max: usize,
    /// The most rows.
    pub rows_max: usize,
    /// The most findings that are kept; the others are only counted.
    pub findings_max: usize,
    /// The most files of a folder of recorded calls.
    pub files_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 64 << 20,
            row_bytes_max: 64 << 10,
            rows_max: 1_000_000,
            findings_max: 1_000,
            files_max: 100_000,
        }
    }
}

/// How far into a file control characters show that it is no text.
const SNIFF_BYTES: usize = 8 << 10;

/// A text file in memory, without its byte-order mark.
pub(super) struct Source {
    pub(super) name: String,
    octets: Vec<u8>,
}

impl Source {
    /// Reads a file of bounded size.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, ImportError> {
        let name = path.display().to_string();
        let unreadable = |problem| ImportError::Unreadable { file: name.clone(), problem };
        let file = File::open(path).map_err(unreadable)?;
        let mut octets = Vec::new();
        // One octet beyond the limit proves that there is more, even where a length cannot be asked for.
        file.take(limits.file_bytes_max.saturating_add(1)).read_to_end(&mut octets).map_err(unreadable)?;
        Self::of(name, octets, limits)
    }

    /// Checks octets that are in memory already.
    pub(super) fn of(name: String, mut octets: Vec<u8>, limits: &Limits) -> Result<Self, ImportError> {
        if octets.len() as u64 > limits.file_bytes_max {
            return Err(ImportError::TooLarge { file: name, limit: limits.file_bytes_max });
        }
        if let Some(offset) = not_text(&octets) {
            return Err(ImportError::Binary { file: name, offset });
        }
        if octets.starts_with(b"\xEF\xBB\xBF") {
            octets.drain(..3);
        }
        if octets.iter().all(u8::is_ascii_whitespace) {
            return Err(ImportError::Empty { file: name });
        }
        Ok(Self { name, octets })
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(super) fn lines<'a>(&'a self, limits: &Limits) -> Lines<'a> {
        Lines { source: self, rest: &self.octets, line: 0, row_bytes_max: limits.row_bytes_max }
    }
}

/// Where the first octet stands that no text has.
fn not_text(octets: &[u8]) -> Option<usize> {
    if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
        return Some(0);
    }
    octets
        .iter()
        .enumerate()
        .find(|&(offset, &octet)| {
            octet == 0 || (offset < SNIFF_BYTES && octet < b' ' && !octet.is_ascii_whitespace())
        })
        .map(|(offset, _)| offset)
}

/// One line without its end.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u64,
    pub(super) text: Cow<'a, str>,
}

/// The lines of a source that hold more than white space. A line ends at LF, CR LF or CR.
pub(super) struct Lines<'a> {
    source: &'a Source,
    rest: &'a [u8],
    line: u64,
    row_bytes_max: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn next(&mut self, findings: &mut Findings) -> Result<Option<Line<'a>>, ImportError> {
        while !self.rest.is_empty() {
            let octets = self.cut();
            if octets.len() > self.row_bytes_max {
                return Err(ImportError::RowTooLong {
                    file: self.source.name.clone(),
                    line: self.line,
                    limit: self.row_bytes_max,
                });
            }
            if !octets.trim_ascii().is_empty() {
                return Ok(Some(Line { number: self.line, text: text(octets, self.line, findings) }));
            }
        }
        Ok(None)
    }

    fn cut(&mut self) -> &'a [u8] {
        self.line += 1;
        let end = self.rest.iter().position(|&octet| octet == b'\n' || octet == b'\r');
        let Some(end) = end else {
            return std::mem::take(&mut self.rest);
        };
        let line = &self.rest[..end];
        let after = if self.rest[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        self.rest = &self.rest[after..];
        line
    }
}

/// A line as text that is safe to print.
fn text<'a>(octets: &'a [u8], line: u64, findings: &mut Findings) -> Cow<'a, str> {
    let text = match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let text: String = octets.iter().map(|&octet| windows_1252(octet)).collect();
            findings.add(line, "", &text, Defect::NotUtf8);
            Cow::Owned(text)
        }
    };
    if text.chars().any(steers) {
        findings.add(line, "", &text, Defect::ControlCharacter);
        return Cow::Owned(text.chars().map(|c| if steers(c) { ' ' } else { c }).collect());
    }
    text
}

fn steers(c: char) -> bool {
    c.is_control() && c != '\t'
}

/// The printable characters that Windows puts where Latin-1 has control characters; 0x80 to 0x9F.
#[rustfmt::skip]
const WINDOWS_1252: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}',
    '\u{FFFD}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
];

fn windows_1252(octet: u8) -> char {
    match octet {
        0x80..=0x9F => WINDOWS_1252[usize::from(octet - 0x80)],
        _ => char::from(octet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(octets: &[u8]) -> Result<Source, ImportError> {
        Source::of("list.csv".into(), octets.to_vec(), &Limits::default())
    }

    fn lines(octets: &[u8]) -> (Vec<(u64, String)>, Findings) {
        let (mut findings, mut out) = (Findings::new(9), Vec::new());
        let source = source(octets).unwrap();
        let mut lines = source.lines(&Limits::default());
        while let Some(line) = lines.next(&mut findings).unwrap() {
            out.push((line.number, line.text.into_owned()));
        }
        (out, findings)
    }

    #[test]
    fn cuts_lines_at_any_line_end_and_counts_blank_ones() {
        let (lines, findings) = lines(b"\xEF\xBB\xBFone\r\n\ntwo\rthree");
        assert_eq!(lines, [(1, "one".into()), (3, "two".into()), (4, "three".into())]);
        assert_eq!(findings.total(), 0);
    }

    #[test]
    fn reads_what_is_not_utf8_as_windows_1252_and_says_so() {
        let (lines, findings) = lines(b"ok\ncaf\xE9 \x96 x");
        assert_eq!(lines[1], (2, "café – x".into()));
        assert_eq!((findings.first[0].line, &findings.first[0].defect), (2, &Defect::NotUtf8));
    }

    #[test]
    fn refuses_what_is_no_text_with_the_place() {
        assert!(matches!(source(b"PK\x03\x04 and more"), Err(ImportError::Binary { offset: 2, .. })));
        assert!(matches!(source(b"\xFF\xFED\0e\0c\0"), Err(ImportError::Binary { offset: 0, .. })));
        assert!(matches!(source(b""), Err(ImportError::Empty { .. })));
        assert!(matches!(source(b"\xEF\xBB\xBF \r\n"), Err(ImportError::Empty { .. })));
    }

    #[test]
    fn refuses_what_is_too_large() {
        let limits = Limits { file_bytes_max: 4, row_bytes_max: 3, ..Limits::default() };
        let refused = Source::of("x".into(), b"12345".to_vec(), &limits);
        assert!(matches!(refused, Err(ImportError::TooLarge { limit: 4, .. })));
        let source = Source::of("x".into(), b"1234".to_vec(), &limits).unwrap();
        let refused = source.lines(&limits).next(&mut Findings::new(1));
        assert!(matches!(refused, Err(ImportError::RowTooLong { line: 1, limit: 3, .. })));
    }
}
