//! Recorded calls: one row per recording, local time, seconds, hertz.

use trunklab_protocol::{Span, TalkgroupId, UnitId};

use super::calls::{CALL_LENGTH_MAX, CallRow, LENGTH_EXPECTED, TALKGROUP_EXPECTED};
use super::finding::{Defect, Findings};
use super::number::{decimal, flag};
use super::source::Source;
use super::table::{Row, Table};
use super::talkgroups::optional;
use super::{CallFigures, CallLog, Format, ImportError, Limits, WallTime};

struct Columns {
    start: Option<usize>,
    duration: Option<usize>,
    talkgroup: Option<usize>,
    radio: Option<usize>,
    frequency: Option<usize>,
    emergency: Option<usize>,
    encrypted: Option<usize>,
}

pub(super) fn parse(source: &Source, delimiter: char, limits: &Limits) -> Result<CallLog, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let format = Format::RecordedCalls;
    let mut table = Table::open(source, format, delimiter, limits, &mut findings)?;
    let columns = Columns {
        start: table.need(&["start_local"], &mut findings)?,
        duration: table.need(&["duration_s"], &mut findings)?,
        talkgroup: table.need(&["talkgroup"], &mut findings)?,
        radio: table.need(&["radio_id"], &mut findings)?,
        frequency: table.find(&["frequency_hz"], &mut findings),
        emergency: table.find(&["emergency"], &mut findings),
        encrypted: table.find(&["encrypted"], &mut findings),
    };
    let mut calls: Vec<CallRow> = Vec::new();
    while let Some(row) = table.next(&mut findings)? {
        table.check_width(&row, &mut findings);
        let Some(call) = columns.read(&row, &mut findings) else { continue };
        if calls.last().is_some_and(|above| call.start < above.start) {
            findings.add(row.line, "start_local", row.cell(columns.start), Defect::OutOfOrder);
        }
        calls.push(call);
    }
    let rows = table.rows();
    let nothing = table.nothing_usable(&findings);
    CallLog::build(source.name.clone(), format, rows, calls, CallFigures::default(), findings).ok_or(nothing)
}

impl Columns {
    fn read(&self, row: &Row, findings: &mut Findings) -> Option<CallRow> {
        let start =
            need(row, self.start, "start_local", "a time like 2024-05-14 17:00:07.248", findings, |text| {
                WallTime::parse_dashed(text)
            })?;
        let duration = need(row, self.duration, "duration_s", LENGTH_EXPECTED, findings, |text| {
            decimal(text, 6).map(Span::from_micros).filter(|&length| length <= CALL_LENGTH_MAX)
        })?;
        let talkgroup = need(row, self.talkgroup, "talkgroup", TALKGROUP_EXPECTED, findings, |text| {
            text.parse().ok().and_then(TalkgroupId::new)
        })?;
        if duration == Span::ZERO {
            findings.add(row.line, "duration_s", row.cell(self.duration), Defect::NoLength);
        }
        Some(CallRow {
            start,
            duration,
            talkgroup,
            radio: optional(row, self.radio, "radio_id", "a radio from 1 to 16777215", findings, |text| {
                text.parse().ok().and_then(UnitId::new)
            }),
            frequency_hz: optional(
                row,
                self.frequency,
                "frequency_hz",
                "a frequency in whole hertz",
                findings,
                |text| text.parse().ok(),
            ),
            emergency: self.flag(row, self.emergency, "emergency", findings),
            encrypted: self.flag(row, self.encrypted, "encrypted", findings),
            line: row.line,
        })
    }

    fn flag(&self, row: &Row, at: Option<usize>, column: &str, findings: &mut Findings) -> bool {
        optional(row, at, column, "0 or 1", findings, flag).unwrap_or(false)
    }
}

/// A value without which the row is skipped.
pub(super) fn need<T>(
    row: &Row,
    at: Option<usize>,
    column: &str,
    expected: &'static str,
    findings: &mut Findings,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = row.cell(at);
    let value = read(text);
    if value.is_none() {
        findings.add(row.line, column, text, Defect::RowSkipped { expected });
    }
    value
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::Moment;

    use super::*;

    const HEADER: &str = "start_local,duration_s,talkgroup,radio_id,frequency_hz,emergency\n";

    fn log(rows: &str) -> CallLog {
        let limits = Limits::default();
        let source = Source::of("calls.csv".into(), format!("{HEADER}{rows}").into_bytes(), &limits).unwrap();
        parse(&source, ',', &limits).unwrap()
    }

    #[test]
    fn counts_from_the_earliest_row_whatever_the_order() {
        let log = log(
            "2024-05-14 17:00:01.500,2.25,402,9,852012500,\n2024-05-14 17:00:00.250,1,402,,852012500,1\n",
        );
        assert_eq!(log.origin.to_string(), "2024-05-14 17:00:00.250");
        let [first, second] = log.transmissions[..] else { panic!("two transmissions") };
        assert_eq!((first.start, first.radio, first.emergency), (Moment::ORIGIN, None, true));
        assert_eq!(second.start, Moment::from_micros(1_250_000));
        assert_eq!(second.duration, Span::from_millis(2_250));
        assert_eq!((second.radio.unwrap().number(), second.frequency_hz), (9, Some(852_012_500)));
        assert_eq!(log.report.defects.first[0].defect, Defect::OutOfOrder);
    }

    #[test]
    fn skips_rows_that_name_no_time_length_or_talkgroup() {
        let log = log("yesterday,1,1,1,1,\n\
             2024-05-14 17:00:00,-1,1,1,1,\n\
             2024-05-14 17:00:00,86401,1,1,1,\n\
             2024-05-14 17:00:00,1,0,1,1,\n\
             2024-05-14 17:00:00,0.0,1,x,y,maybe\n");
        assert_eq!((log.report.rows, log.transmissions.len()), (5, 1));
        assert_eq!((log.report.defects.skipped, log.report.defects.warnings), (4, 4));
    }
}
