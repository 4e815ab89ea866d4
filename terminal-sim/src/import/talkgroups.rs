//! RadioReference talkgroup lists: columns by name in any order, the decimal number decides.

use std::collections::BTreeMap;

use serde::Serialize;
use trunklab_protocol::TalkgroupId;

use super::finding::{Defect, Findings};
use super::source::Source;
use super::table::{Row, Table};
use super::{Figures, Format, ImportError, Limits, Report, TalkgroupFigures};

/// How a talkgroup's speech is modulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `A`.
    Analogue,
    /// `D`.
    Digital,
    /// `M`: analogue and digital.
    Mixed,
    /// `T`: digital in time slots.
    Tdma,
}

/// How much of a talkgroup's speech is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Nothing.
    None,
    /// `e`: some calls.
    Partial,
    /// `E`: all calls.
    Full,
}

/// One talkgroup of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Talkgroup {
    /// Its number.
    pub talkgroup: TalkgroupId,
    /// The short name that displays show.
    pub alpha_tag: String,
    /// The long name.
    pub description: String,
    /// The service, such as `Law Dispatch`.
    pub tag: String,
    /// The owner, such as `Police`.
    pub category: String,
    /// The modulation, where the list tells.
    pub mode: Option<Mode>,
    /// The encryption; none where the list does not tell.
    pub encryption: Encryption,
    /// The list's own priority, where it has that column: 1 is the highest, below 1 means never.
    pub priority: Option<i32>,
    /// The network access code to prefer, where the list has that column.
    pub preferred_nac: Option<u16>,
    /// The row's line, from 1.
    pub line: u64,
}

/// A list of talkgroups: each number once, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Talkgroups {
    /// Figures and defects.
    pub report: Report,
    /// Each number once; of rows that claim the same number, the first.
    pub talkgroups: Vec<Talkgroup>,
    /// Later rows that claim a number under another name.
    pub conflicts: Vec<Talkgroup>,
}

const NUMBER: &str = "a talkgroup number from 1 to 65535";

struct Columns {
    decimal: Option<usize>,
    hex: Option<usize>,
    alpha_tag: Option<usize>,
    mode: Option<usize>,
    description: Option<usize>,
    tag: Option<usize>,
    category: Option<usize>,
    priority: Option<usize>,
    preferred_nac: Option<usize>,
}

pub(super) fn parse(source: &Source, delimiter: char, limits: &Limits) -> Result<Talkgroups, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let format = Format::RadioReferenceTalkgroups;
    let mut table = Table::open(source, format, delimiter, limits, &mut findings)?;
    let columns = Columns {
        decimal: table.need(&["Decimal", "Dec"], &mut findings)?,
        hex: table.find(&["Hex"], &mut findings),
        alpha_tag: table.find(&["Alpha Tag", "AlphaTag"], &mut findings),
        mode: table.find(&["Mode"], &mut findings),
        description: table.find(&["Description"], &mut findings),
        tag: table.find(&["Tag"], &mut findings),
        category: table.find(&["Category", "Group"], &mut findings),
        priority: table.find(&["Priority"], &mut findings),
        preferred_nac: table.find(&["Preferred NAC"], &mut findings),
    };
    let mut list = List::default();
    while let Some(row) = table.next(&mut findings)? {
        table.check_width(&row, &mut findings);
        if let Some(talkgroup) = columns.read(&row, &mut list.figures, &mut findings) {
            list.add(talkgroup, "Decimal", &mut findings);
        }
    }
    if list.talkgroups.is_empty() {
        return Err(table.nothing_usable(&findings));
    }
    Ok(list.finish(source.name.clone(), format, table.rows(), findings))
}

/// A list in the making: no number twice.
#[derive(Default)]
pub(super) struct List {
    talkgroups: Vec<Talkgroup>,
    conflicts: Vec<Talkgroup>,
    places: BTreeMap<TalkgroupId, usize>,
    figures: TalkgroupFigures,
}

impl List {
    pub(super) fn is_empty(&self) -> bool {
        self.talkgroups.is_empty()
    }

    pub(super) fn add(&mut self, talkgroup: Talkgroup, column: &str, findings: &mut Findings) {
        let id = talkgroup.talkgroup;
        let Some(first) = self.places.get(&id).map(|&place| &self.talkgroups[place]) else {
            match talkgroup.encryption {
                Encryption::None => {}
                Encryption::Partial => self.figures.encrypted_partly += 1,
                Encryption::Full => self.figures.encrypted_fully += 1,
            }
            self.places.insert(id, self.talkgroups.len());
            self.talkgroups.push(talkgroup);
            return;
        };
        let (first_line, number, line) = (first.line, id.number(), talkgroup.line);
        if first.alpha_tag == talkgroup.alpha_tag && first.description == talkgroup.description {
            let repeated = Defect::RepeatedTalkgroup { talkgroup: number, first_line };
            findings.add(line, column, &talkgroup.alpha_tag, repeated);
            return;
        }
        let kept = first.alpha_tag.clone();
        let conflict = Defect::TalkgroupConflict { talkgroup: number, first_line, kept };
        findings.add(line, column, &talkgroup.alpha_tag, conflict);
        self.figures.conflicts += 1;
        self.conflicts.push(talkgroup);
    }

    pub(super) fn finish(self, file: String, format: Format, rows: usize, defects: Findings) -> Talkgroups {
        let figures =
            Figures::Talkgroups(TalkgroupFigures { distinct: self.talkgroups.len(), ..self.figures });
        Talkgroups {
            report: Report { file, format, rows, figures, defects },
            talkgroups: self.talkgroups,
            conflicts: self.conflicts,
        }
    }
}

impl Columns {
    fn read(&self, row: &Row, figures: &mut TalkgroupFigures, findings: &mut Findings) -> Option<Talkgroup> {
        let decimal = row.cell(self.decimal);
        let Some(talkgroup) = decimal.parse().ok().and_then(TalkgroupId::new) else {
            findings.add(row.line, "Decimal", decimal, Defect::RowSkipped { expected: NUMBER });
            return None;
        };
        let hex = row.cell(self.hex);
        if let Some(defect) = damaged_hex(hex, u32::from(talkgroup.number())) {
            figures.damaged_hex += 1;
            findings.add(row.line, "Hex", hex, defect);
        }
        let (mode, encryption) = self.mode(row, findings);
        Some(Talkgroup {
            talkgroup,
            alpha_tag: row.cell(self.alpha_tag).to_owned(),
            description: row.cell(self.description).to_owned(),
            tag: row.cell(self.tag).to_owned(),
            category: row.cell(self.category).to_owned(),
            mode,
            encryption,
            priority: optional(row, self.priority, "Priority", "a whole number", findings, |text| {
                text.parse().ok()
            }),
            preferred_nac: optional(
                row,
                self.preferred_nac,
                "Preferred NAC",
                "a network access code from 000 to FFF",
                findings,
                network_access_code,
            ),
            line: row.line,
        })
    }

    fn mode(&self, row: &Row, findings: &mut Findings) -> (Option<Mode>, Encryption) {
        let text = row.cell(self.mode);
        let mode = match text.chars().next() {
            None => return (None, Encryption::None),
            Some('A' | 'a') => Some(Mode::Analogue),
            Some('D' | 'd') => Some(Mode::Digital),
            Some('M' | 'm') => Some(Mode::Mixed),
            Some('T' | 't') => Some(Mode::Tdma),
            Some(_) => None,
        };
        let encryption = match text.get(1..) {
            Some("") => Some(Encryption::None),
            Some("e") => Some(Encryption::Partial),
            Some("E") => Some(Encryption::Full),
            _ => None,
        };
        if let (Some(mode), Some(encryption)) = (mode, encryption) {
            return (Some(mode), encryption);
        }
        let expected = "A, D, M or T, followed by E or e where calls are encrypted";
        findings.add(row.line, "Mode", text, Defect::ValueIgnored { expected });
        (None, Encryption::None)
    }
}

/// A value that may be missing; one that cannot be read is reported and counts as missing.
pub(super) fn optional<T>(
    row: &Row,
    at: Option<usize>,
    column: &str,
    expected: &'static str,
    findings: &mut Findings,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = row.cell(at);
    if text.is_empty() {
        return None;
    }
    let value = read(text);
    if value.is_none() {
        findings.add(row.line, column, text, Defect::ValueIgnored { expected });
    }
    value
}

/// Three hexadecimal digits, with or without `0x`.
pub(super) fn network_access_code(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u16::from_str_radix(digits, 16).ok().filter(|&code| code <= 0xFFF && !digits.starts_with('+'))
}

/// The defect of a hexadecimal number that is not its decimal twin. An empty cell has none.
pub(super) fn damaged_hex(hex: &str, decimal: u32) -> Option<Defect> {
    let digits = hex.strip_prefix("0x").unwrap_or(hex);
    if hex.is_empty() || u32::from_str_radix(digits, 16).is_ok_and(|number| number == decimal) {
        return None;
    }
    let expected = format!("{decimal:x}");
    let spreadsheet = as_power_of_ten(&expected).is_some_and(|number| same_number(hex, &number));
    Some(Defect::DamagedHex { expected, spreadsheet })
}

/// What a spreadsheet makes of digits, `e`, digits: `2e1` becomes 20.
fn as_power_of_ten(hex: &str) -> Option<String> {
    let (mantissa, exponent) = hex.split_once('e')?;
    if mantissa.is_empty() || !mantissa.bytes().chain(exponent.bytes()).all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let zeros = exponent.parse::<usize>().ok().filter(|&zeros| zeros <= 16)?;
    Some(format!("{mantissa}{}", "0".repeat(zeros)))
}

/// Whether a cell shows a number, plainly or as `2.00E+01`.
fn same_number(cell: &str, number: &str) -> bool {
    match (cell.parse::<f64>(), number.parse::<f64>()) {
        (Ok(cell), Ok(number)) => cell == number,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Talkgroups {
        let limits = Limits::default();
        let source = Source::of("list.csv".into(), text.as_bytes().to_vec(), &limits).unwrap();
        parse(&source, ',', &limits).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let list = list(
            "\u{FEFF}Category, Mode, Priority, Decimal, Preferred NAC, Alpha Tag\r\nPolice, Te, 3, 101, 0x2a1, PD 1\r\n",
        );
        let row = &list.talkgroups[0];
        assert_eq!((row.talkgroup.number(), row.alpha_tag.as_str(), row.line), (101, "PD 1", 2));
        assert_eq!((row.mode, row.encryption), (Some(Mode::Tdma), Encryption::Partial));
        assert_eq!((row.priority, row.preferred_nac), (Some(3), Some(0x2A1)));
        assert_eq!(list.report.defects.total(), 0);
    }

    #[test]
    fn a_number_under_two_names_is_a_conflict_and_the_first_stays() {
        let list = list("Decimal,Alpha Tag\n7,One\n8,Other\n7,Two\n7,One\n");
        assert_eq!(list.talkgroups.len(), 2);
        assert_eq!(list.conflicts[0].alpha_tag, "Two");
        let defects: Vec<_> = list.report.defects.first.iter().map(ToString::to_string).collect();
        assert_eq!(
            defects,
            [
                "line 4, column Decimal: found \"Two\": talkgroup 7 is \"One\" in line 2; \
                 that name is used, this one is kept aside",
                "line 5, column Decimal: found \"One\": talkgroup 7 stands in line 2 already, under the same name; \
                 the row was skipped",
            ]
        );
    }

    #[test]
    fn knows_what_a_spreadsheet_does_to_hex() {
        let damage = |hex, decimal| match damaged_hex(hex, decimal) {
            Some(Defect::DamagedHex { spreadsheet, .. }) => Some(spreadsheet),
            _ => None,
        };
        assert_eq!(damage("20", 0x2E1), Some(true));
        assert_eq!(damage("2.00E+06", 0x2E6), Some(true));
        assert_eq!(damage("2e2", 0x2E1), Some(false));
        assert_eq!(damage("zz", 0x2E1), Some(false));
        for good in ["2e1", "2E1", "02e1", "0x2e1", ""] {
            assert_eq!(damage(good, 0x2E1), None, "{good}");
        }
    }

    #[test]
    fn a_bad_row_is_skipped_and_a_bad_value_ignored() {
        let list = list("Decimal,Mode,Priority\n0,D,1\n65536,D,1\n5,X,high\n6,DEE,2\n");
        assert_eq!(list.talkgroups.len(), 2);
        assert_eq!((list.report.defects.skipped, list.report.defects.warnings), (2, 3));
        assert_eq!(list.talkgroups[0].mode, None);
    }

    #[test]
    fn a_header_without_numbers_or_rows_is_an_error() {
        let limits = Limits::default();
        let error = |text: &str| {
            let source = Source::of("list.csv".into(), text.as_bytes().to_vec(), &limits).unwrap();
            parse(&source, ',', &limits).unwrap_err().to_string()
        };
        assert_eq!(
            error("Alpha Tag,Mode\nPD,D\n"),
            "list.csv, line 1: the header has no column \"Decimal\", which RadioReference talkgroups need; add it"
        );
        assert!(error("Decimal,Mode\n").starts_with("list.csv: none of its 0 rows can be used;"));
        assert!(error("Decimal,Mode\nx,D\n").contains("(line 2, column Decimal: found \"x\""));
    }
}
