//! Subscribers as CSV: columns in any order, found by their names.

use std::fmt::Write as _;
use std::io::{self, Read};

use csv::{ReaderBuilder, StringRecord, Trim};
use trunklab_controller_core::config::Subscriber;

use super::columns::{COLUMNS, Column, KEY};
use super::draft::{Draft, Entry};
use super::{Defects, Keys, Progress, shown};

pub(super) fn read(file: impl Read, defects: &mut Defects, progress: &Progress) -> io::Result<Vec<Entry>> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
    let Some(columns) = columns(reader.headers().map_err(io::Error::from)?, defects) else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::new();
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(entries),
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                if let Some(draft) = draft(&record, &columns, line, defects) {
                    entries.extend(draft.finish(line, defects));
                }
            }
            Err(error) if error.is_io_error() => return Err(error.into()),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let lengths = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
                    Some(format!("has {len} cells under {expected_len} columns: each cell needs its comma"))
                } else {
                    None
                };
                let what = lengths.unwrap_or_else(|| "is no UTF-8 text: save the file as UTF-8".to_owned());
                defects.note(line, what);
            }
        }
        progress.at("read", entries.len() as u64);
    }
}

/// The columns of the header, in its order.
fn columns(header: &StringRecord, defects: &mut Defects) -> Option<Vec<&'static Column>> {
    let before = defects.count();
    let mut columns: Vec<&Column> = Vec::new();
    for name in header {
        let name = name.trim_start_matches('\u{FEFF}').trim().to_ascii_lowercase();
        match COLUMNS.iter().find(|column| column.name == name) {
            Some(column) if columns.iter().any(|other| other.name == name) => {
                defects.note(1, format!("column {} is there twice: remove one", column.name));
            }
            Some(column) => columns.push(column),
            None => {
                let known: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
                defects.note(
                    1,
                    format!("column `{}` is not known; known are {}", shown(&name), known.join(", ")),
                );
            }
        }
    }
    if !columns.iter().any(|column| column.name == "unit") {
        defects.note(1, "has no column `unit`: the first line names the columns");
    }
    (defects.count() == before).then_some(columns)
}

fn draft(record: &StringRecord, columns: &[&Column], line: u64, defects: &mut Defects) -> Option<Draft> {
    let (mut draft, before) = (Draft::default(), defects.count());
    for (cell, column) in record.iter().zip(columns).filter(|(cell, _)| !cell.is_empty()) {
        if (column.read)(cell, &mut draft).is_none() {
            // It may be a key that is cut short.
            let found = if column.name == KEY { "something else" } else { &format!("`{}`", shown(cell)) };
            defects.note(line, format!("{} is {found}; expected {}", column.name, column.holds));
        }
    }
    (defects.count() == before).then_some(draft)
}

fn written(keys: Keys) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(move |column| keys == Keys::Written || column.name != KEY)
}

pub(super) fn header(keys: Keys) -> String {
    let names: Vec<_> = written(keys).map(|column| column.name).collect();
    names.join(",") + "\n"
}

/// No cell holds a comma or a quotation mark.
pub(super) fn row(subscriber: &Subscriber, keys: Keys) -> String {
    let cells: Vec<_> = written(keys).map(|column| (column.write)(subscriber)).collect();
    cells.join(",") + "\n"
}

/// A line for each column but the key.
pub(super) fn sheet(subscriber: &Subscriber) -> String {
    let mut lines = String::new();
    for column in written(Keys::Left) {
        let cell = (column.write)(subscriber);
        let cell = if cell.is_empty() { "-" } else { &cell };
        writeln!(lines, "{:20} {cell}", column.name).expect("text grows");
    }
    lines
}
