//! SDRTrunk's event log: one call is many rows, each longer than the one before.

use std::collections::BTreeMap;

use trunklab_protocol::{Span, TalkgroupId, UnitId};

use super::calls::{CALL_LENGTH_MAX, CallRow, LENGTH_EXPECTED, TALKGROUP_EXPECTED};
use super::finding::Findings;
use super::number::megahertz;
use super::recorded::need;
use super::source::Source;
use super::table::{Row, Table};
use super::talkgroups::optional;
use super::{CallFigures, CallLog, Format, ImportError, Limits, WallTime};

/// The events that are speech to a talkgroup, and whether it is encrypted.
const SPEECH: &[(&str, bool)] = &[
    ("Call", false),
    ("Group Call", false),
    ("Patch Call", false),
    ("Encrypted Call", true),
    ("Encrypted Group Call", true),
    ("Encrypted Patch Call", true),
];

struct Columns {
    timestamp: Option<usize>,
    duration: Option<usize>,
    event: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
    channel: Option<usize>,
    frequency: Option<usize>,
    timeslot: Option<usize>,
    details: Option<usize>,
    event_id: Option<usize>,
}

/// What the rows of one call have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    /// The number that newer versions write.
    Event(String),
    /// Time, sender, receiver, channel and slot, in logs without that number.
    Described([String; 5]),
}

pub(super) fn parse(source: &Source, delimiter: char, limits: &Limits) -> Result<CallLog, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let format = Format::SdrTrunkEvents;
    let mut table = Table::open(source, format, delimiter, limits, &mut findings)?;
    let columns = Columns {
        timestamp: table.need(&["TIMESTAMP"], &mut findings)?,
        duration: table.need(&["DURATION_MS"], &mut findings)?,
        event: table.need(&["EVENT"], &mut findings)?,
        from: table.need(&["FROM"], &mut findings)?,
        to: table.need(&["TO"], &mut findings)?,
        channel: table.find(&["CHANNEL_NUMBER"], &mut findings),
        frequency: table.find(&["FREQUENCY"], &mut findings),
        timeslot: table.find(&["TIMESLOT"], &mut findings),
        details: table.find(&["DETAILS"], &mut findings),
        event_id: table.find(&["EVENT_ID"], &mut findings),
    };
    let mut calls: BTreeMap<Call, CallRow> = BTreeMap::new();
    let mut known = CallFigures::default();
    while let Some(row) = table.next(&mut findings)? {
        let event = row.cell(columns.event);
        let Some((_, encrypted)) = SPEECH.iter().find(|(name, _)| name.eq_ignore_ascii_case(event)) else {
            known.other_events += 1;
            continue;
        };
        let Some(read) = columns.read(&row, *encrypted, &mut findings) else { continue };
        match calls.get_mut(&columns.call(&row)) {
            Some(call) => {
                known.rows_repeated += 1;
                call.grow(read);
            }
            None => {
                calls.insert(columns.call(&row), read);
            }
        }
    }
    let rows = table.rows();
    let nothing = table.nothing_usable(&findings);
    let calls = calls.into_values().collect();
    CallLog::build(source.name.clone(), format, rows, calls, known, findings).ok_or(nothing)
}

impl CallRow {
    /// Takes what a later row of the same call adds; the longest row keeps its length and its place.
    fn grow(&mut self, later: Self) {
        if later.duration > self.duration {
            (self.start, self.duration) = (later.start, later.duration);
        }
        self.radio = self.radio.or(later.radio);
        self.frequency_hz = self.frequency_hz.or(later.frequency_hz);
        self.emergency |= later.emergency;
        self.encrypted |= later.encrypted;
    }
}

impl Columns {
    fn call(&self, row: &Row) -> Call {
        let id = row.cell(self.event_id);
        if id.is_empty() {
            let columns = [self.timestamp, self.from, self.to, self.channel, self.timeslot];
            Call::Described(columns.map(|at| row.cell(at).to_owned()))
        } else {
            Call::Event(id.to_owned())
        }
    }

    fn read(&self, row: &Row, encrypted: bool, findings: &mut Findings) -> Option<CallRow> {
        let start =
            need(row, self.timestamp, "TIMESTAMP", "a time like 2024:05:14:17:00:18", findings, |text| {
                WallTime::parse_coloned(text)
            })?;
        let talkgroup = need(row, self.to, "TO", TALKGROUP_EXPECTED, findings, |text| {
            number_in(text).and_then(|number| u16::try_from(number).ok()).and_then(TalkgroupId::new)
        })?;
        let duration = need(row, self.duration, "DURATION_MS", LENGTH_EXPECTED, findings, |text| {
            let millis = if text.is_empty() { 0 } else { text.parse::<u64>().ok()? };
            Some(millis).filter(|&millis| millis <= CALL_LENGTH_MAX.as_millis()).map(Span::from_millis)
        })?;
        let radio = optional(row, self.from, "FROM", "a radio from 1 to 16777215", findings, |text| {
            number_in(text).and_then(UnitId::new)
        });
        let frequency_hz =
            optional(row, self.frequency, "FREQUENCY", "a frequency in megahertz", findings, |text| {
                // Conventional channels and unknown tuners are logged as zero.
                if text.bytes().all(|octet| octet == b'0' || octet == b'.') {
                    Some(None)
                } else {
                    megahertz(text).map(Some)
                }
            })
            .flatten();
        let details = row.cell(self.details).to_ascii_lowercase();
        Some(CallRow {
            start,
            duration,
            talkgroup,
            radio,
            frequency_hz,
            emergency: details.contains("emergency"),
            encrypted: encrypted || details.contains("encrypted"),
            line: row.line,
        })
    }
}

/// The number in `SPD Disp N (401)`, or in `401`.
fn number_in(text: &str) -> Option<u32> {
    let text = text.trim();
    let inner =
        text.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map_or(text, |(_, inner)| inner);
    inner.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\"TIMESTAMP\",\"DURATION_MS\",\"PROTOCOL\",\"EVENT\",\"FROM\",\"TO\",\"CHANNEL_NUMBER\",\
                          \"FREQUENCY\",\"TIMESLOT\",\"DETAILS\"";

    fn log(text: &str) -> CallLog {
        let limits = Limits::default();
        let source = Source::of("events.log".into(), text.as_bytes().to_vec(), &limits).unwrap();
        parse(&source, ',', &limits).unwrap()
    }

    #[test]
    fn growing_rows_of_one_call_become_its_longest_row() {
        let log = log(&format!(
            "{HEADER}\n\
             \"2024:05:14:17:00:18\",\"\",\"APCO-25\",\"Group Call\",\"20101\",\"SPD Disp N (401)\",\"0-41\",\"852.012500\",\"\",\"\"\n\
             \"2024:05:14:17:00:18\",\"1200\",\"APCO-25\",\"Group Call\",\"20101\",\"SPD Disp N (401)\",\"0-41\",\"852.012500\",\"\",\"\"\n\
             \"2024:05:14:17:00:19\",\"0\",\"APCO-25\",\"Registration\",\"20102\",\"\",\"\",\"0.000000\",\"\",\"\"\n\
             \"2024:05:14:17:00:18\",\"2400\",\"APCO-25\",\"Group Call\",\"20101\",\"SPD Disp N (401)\",\"0-41\",\"852.012500\",\"\",\"EMERGENCY\"\n"
        ));
        let [call] = log.transmissions[..] else { panic!("one transmission") };
        assert_eq!((call.duration, call.talkgroup.number()), (Span::from_millis(2_400), 401));
        assert_eq!((call.radio.unwrap().number(), call.frequency_hz), (20_101, Some(852_012_500)));
        assert!(call.emergency && !call.encrypted);
        let figures = log.figures();
        assert_eq!((log.report.rows, figures.rows_repeated, figures.other_events), (4, 2, 1));
        assert_eq!(log.report.defects.total(), 0);
    }

    #[test]
    fn the_event_number_binds_rows_whose_description_changes() {
        let log = log(&format!(
            "{HEADER},\"EVENT_ID\"\n\
             \"2024:05:14:17:00:18\",\"100\",\"P\",\"Group Call\",\"\",\"401\",\"\",\"0.000000\",\"\",\"\",\"77\"\n\
             \"2024:05:14:17:00:18\",\"900\",\"P\",\"Encrypted Group Call\",\"Unit 5 (5)\",\"401\",\"\",\"\",\"\",\"\",\"77\"\n\
             \"2024:05:14:17:00:18\",\"300\",\"P\",\"Group Call\",\"6\",\"401\",\"\",\"\",\"\",\"\",\"78\"\n"
        ));
        assert_eq!(log.transmissions.len(), 2);
        assert_eq!(log.transmissions[0].radio, UnitId::new(5));
        assert!(log.transmissions[0].encrypted);
        assert_eq!(log.figures().merges.floor_contests, 1);
    }
}
