//! Why a file could not be imported at all. A defect in one row is a [`Finding`](super::Finding) instead.

use super::Format;

/// One sentence with the place and the remedy. Nothing of the file has been used.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read ({problem}); check the path and the permissions")]
    Unreadable {
        /// The file as it was named.
        file: String,
        /// What the operating system says.
        problem: std::io::Error,
    },
    /// The file has no content.
    #[error("{file}: the file is empty; export it again")]
    Empty {
        /// The file as it was named.
        file: String,
    },
    /// The file is larger than the limit.
    #[error("{file}: the file is larger than the limit of {limit} bytes; split it or raise the limit")]
    TooLarge {
        /// The file as it was named.
        file: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not text.
    #[error(
        "{file}, byte {offset}: this is not a text file; export it as CSV in UTF-8, not as a spreadsheet or archive"
    )]
    Binary {
        /// The file as it was named.
        file: String,
        /// Where the first octet stands that no text has, from 0.
        offset: usize,
    },
    /// One row is longer than the limit.
    #[error(
        "{file}, line {line}: the row is longer than the limit of {limit} bytes; look for missing line ends or raise the limit"
    )]
    RowTooLong {
        /// The file as it was named.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// There are more rows than the limit.
    #[error("{file}, line {line}: the file has more than {limit} rows; split it or raise the limit")]
    TooManyRows {
        /// The file as it was named.
        file: String,
        /// The first line beyond the limit, from 1.
        line: u64,
        /// The limit.
        limit: usize,
    },
    /// A folder holds more call files than the limit, or none.
    #[error(
        "{folder}: {count} JSON files were found, 1 to {limit} are expected; name a folder of recorded calls"
    )]
    FilesInFolder {
        /// The folder as it was named.
        folder: String,
        /// How many files were counted; counting stops beyond the limit.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The first line belongs to no known format.
    #[error(
        "{file}, line {line}: found \"{found}\", expected the header of a RadioReference talkgroup or site list, \
         of a recorded-calls or SDRTrunk log, OP25 tags, or trunk-recorder JSON; see docs/formats.md"
    )]
    UnknownFormat {
        /// The file as it was named.
        file: String,
        /// The line that was looked at, from 1.
        line: u64,
        /// The start of that line.
        found: String,
    },
    /// The header lacks a column that the format cannot do without.
    #[error("{file}, line {line}: the header has no column \"{column}\", which {format} need; add it")]
    MissingColumn {
        /// The file as it was named.
        file: String,
        /// The header's line, from 1.
        line: u64,
        /// The missing column.
        column: &'static str,
        /// The format that the header belongs to.
        format: Format,
    },
    /// The text is not JSON.
    #[error(
        "{file}, line {line}, column {column}: the JSON is broken ({problem}); copy the file again from the recorder"
    )]
    BadJson {
        /// The file as it was named.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The character in the line, from 1.
        column: usize,
        /// What the JSON reader says.
        problem: String,
    },
    /// The file is of another kind than the command needs.
    #[error("{file}: found {found}, expected {expected}; name another file")]
    WrongKind {
        /// The file as it was named.
        file: String,
        /// The kind that was asked for.
        expected: &'static str,
        /// The format that the file has.
        found: Format,
    },
    /// The header is good but no row could be used.
    #[error("{file}: none of its {rows} rows can be used{}; mend the rows or export the file again", first.as_ref().map(|first| format!(" ({first})")).unwrap_or_default())]
    NothingUsable {
        /// The file as it was named.
        file: String,
        /// How many rows were read.
        rows: usize,
        /// The first defect, in words.
        first: Option<String>,
    },
}
