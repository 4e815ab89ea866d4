//! trunk-recorder's JSON: one object per recording, with a list of the radios that spoke in it.

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use trunklab_protocol::{Span, TalkgroupId, UnitId};

use super::calls::{CALL_LENGTH_MAX, CallRow, LENGTH_EXPECTED, TALKGROUP_EXPECTED};
use super::finding::{Defect, Findings};
use super::source::Source;
use super::{CallFigures, CallLog, Format, ImportError, Limits, WallTime};

/// The clock counts whole seconds: a talker may seem to begin this much before the talker ahead of him ends.
const CLOCK_STEP_US: i64 = 1_000_000;

/// The longest description of one recording, in bytes: room for ten thousand talkers.
const RECORDING_BYTES_MAX: usize = 1 << 20;

const TIME_EXPECTED: &str = "a time in Unix seconds";

/// A recording as the recorder describes it; fields that are not named here are not needed.
#[derive(Deserialize)]
#[serde(default)]
struct Recording {
    freq: f64,
    start_time: i64,
    start_time_ms: Option<i64>,
    stop_time: i64,
    stop_time_ms: Option<i64>,
    call_length: f64,
    call_length_ms: Option<f64>,
    emergency: Flag,
    encrypted: Flag,
    talkgroup: i64,
    #[serde(rename = "srcList")]
    sources: Vec<Talker>,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            freq: 0.0,
            start_time: -1,
            start_time_ms: None,
            stop_time: -1,
            stop_time_ms: None,
            call_length: -1.0,
            call_length_ms: None,
            emergency: Flag::Number(0),
            encrypted: Flag::Number(0),
            talkgroup: 0,
            sources: Vec::new(),
        }
    }
}

/// One radio's part: `pos` is where it begins in the recording, in seconds.
#[derive(Deserialize)]
struct Talker {
    #[serde(default)]
    src: i64,
    time: Option<i64>,
    time_ms: Option<i64>,
    #[serde(default)]
    pos: f64,
    #[serde(default = "no")]
    emergency: Flag,
}

/// Versions differ: some write 0 and 1, others false and true.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(i64),
}

impl Flag {
    const fn is_set(self) -> bool {
        match self {
            Self::Word(word) => word,
            Self::Number(number) => number != 0,
        }
    }
}

const fn no() -> Flag {
    Flag::Number(0)
}

#[derive(Default)]
struct Calls {
    calls: Vec<CallRow>,
    recordings: usize,
}

/// One object, or several one after another.
pub(super) fn parse(source: &Source, limits: &Limits) -> Result<CallLog, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let mut calls = Calls::default();
    calls.read(source, limits, &mut findings)?;
    calls.finish(source.name.clone(), findings)
}

/// The objects of all files as one log.
pub(super) fn parse_folder(
    folder: String,
    files: &[PathBuf],
    limits: &Limits,
) -> Result<CallLog, ImportError> {
    let mut findings = Findings::new(limits.findings_max);
    let mut calls = Calls::default();
    for file in files {
        let source = Source::open(file, limits)?;
        findings.in_file(&source.name);
        calls.read(&source, limits, &mut findings)?;
    }
    calls.finish(folder, findings)
}

impl Calls {
    fn read(&mut self, source: &Source, limits: &Limits, findings: &mut Findings) -> Result<(), ImportError> {
        // The first look only finds where an object ends, so that a hostile one is never built in memory.
        let octets = source.octets();
        let mut objects = serde_json::Deserializer::from_slice(octets).into_iter::<IgnoredAny>();
        let (mut line, mut counted) = (1, 0);
        loop {
            let before = objects.byte_offset();
            let Some(object) = objects.next() else { return Ok(()) };
            object.map_err(|error| ImportError::BadJson {
                file: source.name.clone(),
                line: error.line() as u64,
                column: error.column(),
                problem: without_place(&error),
            })?;
            let blank = octets[before..].iter().take_while(|octet| octet.is_ascii_whitespace()).count();
            let begins = before + blank;
            line += octets[counted..begins].iter().filter(|&&octet| octet == b'\n').count() as u64;
            counted = begins;
            self.check_limits(source, objects.byte_offset() - begins, line, limits)?;
            self.recordings += 1;
            self.add(&octets[begins..objects.byte_offset()], line, findings);
        }
    }

    fn check_limits(
        &self,
        source: &Source,
        bytes: usize,
        line: u64,
        limits: &Limits,
    ) -> Result<(), ImportError> {
        let file = source.name.clone();
        if bytes > RECORDING_BYTES_MAX {
            return Err(ImportError::RowTooLong { file, line, limit: RECORDING_BYTES_MAX });
        }
        if self.recordings == limits.rows_max || self.calls.len() > limits.rows_max {
            return Err(ImportError::TooManyRows { file, line, limit: limits.rows_max });
        }
        Ok(())
    }

    fn add(&mut self, object: &[u8], line: u64, findings: &mut Findings) {
        match serde_json::from_slice::<Recording>(object) {
            Ok(recording) => {
                if let Err((column, found, expected)) = recording.talkers(line, &mut self.calls) {
                    findings.add(line, column, &found, Defect::RowSkipped { expected });
                }
            }
            Err(error) => {
                let expected = "a call with numbers for times, lengths, talkgroup and sources";
                findings.add(line, "", &without_place(&error), Defect::RowSkipped { expected });
            }
        }
    }

    fn finish(self, file: String, findings: Findings) -> Result<CallLog, ImportError> {
        let first = findings.first.first().map(ToString::to_string);
        let nothing = ImportError::NothingUsable { file: file.clone(), rows: self.recordings, first };
        let format = Format::TrunkRecorderCalls;
        CallLog::build(file, format, self.recordings, self.calls, CallFigures::default(), findings)
            .ok_or(nothing)
    }
}

/// What is wrong, without the line and column that serde_json counts from the object's beginning.
fn without_place(error: &serde_json::Error) -> String {
    error.to_string().split(" at line ").next().unwrap_or_default().to_owned()
}

/// The field that cannot be used, what it holds, and what was expected.
type Refusal = (&'static str, String, &'static str);

impl Recording {
    /// Adds one row for each talker, or one without a radio where no talker is named.
    fn talkers(&self, line: u64, calls: &mut Vec<CallRow>) -> Result<(), Refusal> {
        let talkgroup = u16::try_from(self.talkgroup).ok().and_then(TalkgroupId::new);
        let talkgroup =
            talkgroup.ok_or_else(|| ("talkgroup", self.talkgroup.to_string(), TALKGROUP_EXPECTED))?;
        let start_us = micros(self.start_time, self.start_time_ms)
            .ok_or_else(|| ("start_time", self.start_time.to_string(), TIME_EXPECTED))?;
        let length_us = self
            .length_us(start_us)
            .ok_or_else(|| ("call_length", self.call_length.to_string(), LENGTH_EXPECTED))?;
        let row = |start_us: i64, length_us: i64, radio, emergency| {
            let start = WallTime::from_micros(start_us);
            let start = start.ok_or_else(|| ("start_time", start_us.to_string(), TIME_EXPECTED))?;
            let duration = Span::from_micros(u64::try_from(length_us).unwrap_or(0));
            Ok(CallRow {
                start,
                duration,
                talkgroup,
                radio,
                frequency_hz: if self.freq >= 1.0 { Some(self.freq as u64) } else { None },
                emergency: emergency || self.emergency.is_set(),
                encrypted: self.encrypted.is_set(),
                line,
            })
        };
        if self.sources.is_empty() {
            calls.push(row(start_us, length_us, None, false)?);
            return Ok(());
        }
        let mut ended_us = start_us;
        for (place, talker) in self.sources.iter().enumerate() {
            let begins = position_us(talker.pos, length_us);
            let next = self.sources.get(place + 1).map_or(length_us, |next| position_us(next.pos, length_us));
            let length = (next - begins).max(0);
            let said = micros(talker.time.unwrap_or(-1), talker.time_ms).unwrap_or(start_us + begins);
            let overlaps_by_rounding = said < ended_us && ended_us - said < CLOCK_STEP_US;
            let said = if overlaps_by_rounding { ended_us } else { said };
            ended_us = said + length;
            let radio = u32::try_from(talker.src).ok().and_then(UnitId::new);
            calls.push(row(said, length, radio, talker.emergency.is_set())?);
        }
        Ok(())
    }

    /// The recording's length: as given, or from start to stop.
    fn length_us(&self, start_us: i64) -> Option<i64> {
        let max = CALL_LENGTH_MAX.as_micros() as i64;
        let given = match self.call_length_ms {
            Some(millis) => Some(millis * 1e3),
            None if self.call_length >= 0.0 => Some(self.call_length * 1e6),
            None => None,
        };
        match given {
            Some(length) if length >= 0.0 && length <= max as f64 => Some(length.round() as i64),
            Some(_) => None,
            None => {
                let stop_us = micros(self.stop_time, self.stop_time_ms)?;
                Some(stop_us - start_us).filter(|length| (0..=max).contains(length))
            }
        }
    }
}

/// A time in microseconds, from milliseconds where they are given; `None` outside the years that a clock shows.
fn micros(seconds: i64, millis: Option<i64>) -> Option<i64> {
    let micros = match millis {
        Some(millis) => millis.checked_mul(1_000)?,
        None => seconds.checked_mul(1_000_000)?,
    };
    WallTime::from_micros(micros).map(WallTime::as_micros)
}

/// A position within a recording of that length.
fn position_us(seconds: f64, length_us: i64) -> i64 {
    if seconds.is_finite() { ((seconds * 1e6).round() as i64).clamp(0, length_us) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> Result<CallLog, ImportError> {
        let limits = Limits::default();
        parse(&Source::of("call.json".into(), text.as_bytes().to_vec(), &limits).unwrap(), &limits)
    }

    #[test]
    fn each_talker_becomes_a_transmission() {
        let log = log(
            "{\"freq\": 851012500.0, \"start_time\": 1700000000, \"stop_time\": 1700000009, \"emergency\": 0,\n\
             \"encrypted\": 1, \"call_length\": 8.5, \"talkgroup\": 101, \"srcList\": [\n\
             {\"src\": 7, \"time\": 1700000000, \"pos\": 0.0, \"emergency\": 0},\n\
             {\"src\": 8, \"time\": 1700000002, \"pos\": 2.7, \"emergency\": 1},\n\
             {\"src\": -1, \"time\": 1700000008, \"pos\": 6.5}]}",
        )
        .unwrap();
        assert_eq!(log.origin.to_string(), "2023-11-14 22:13:20.000");
        let seen: Vec<_> = log
            .transmissions
            .iter()
            .map(|one| {
                (
                    one.start.as_micros() / 1_000,
                    one.duration.as_millis(),
                    one.radio.map(UnitId::number),
                    one.emergency,
                )
            })
            .collect();
        // The second talker's whole second lies before the first one's end, and is taken as that end.
        assert_eq!(
            seen,
            [(0, 2_700, Some(7), false), (2_700, 3_800, Some(8), true), (8_000, 2_000, None, false)]
        );
        assert!(log.transmissions.iter().all(|one| one.encrypted && one.frequency_hz == Some(851_012_500)));
        assert_eq!(log.figures().merges.floor_contests, 0);
    }

    #[test]
    fn newer_files_give_milliseconds_and_words() {
        let log = log("{\"start_time\": 1700000000, \"start_time_ms\": 1700000000250, \"call_length\": 2, \
             \"call_length_ms\": 1980, \"emergency\": true, \"talkgroup\": 5}\n{\"start_time\": 1700000060, \
             \"stop_time\": 1700000063, \"talkgroup\": 5}")
        .unwrap();
        assert_eq!(log.origin.to_string(), "2023-11-14 22:13:20.250");
        assert_eq!(log.transmissions[0].duration, Span::from_millis(1_980));
        assert!(log.transmissions[0].emergency);
        assert_eq!(log.transmissions[1].duration, Span::from_secs(3));
        assert_eq!(log.transmissions[1].line, 2);
    }

    #[test]
    fn a_bad_call_is_skipped_and_broken_json_is_an_error() {
        let text = "{\"talkgroup\": \"x\"}\n{\"talkgroup\": 70000, \"start_time\": 1, \"call_length\": 1}\n\
                    {\"talkgroup\": 7, \"start_time\": 1, \"call_length\": -3}\n\
                    {\"talkgroup\": 7, \"start_time\": 1, \"call_length\": 1}\n";
        let kept = log(text).unwrap();
        let places: Vec<_> = kept.report.defects.first.iter().map(|f| (f.line, f.column.as_str())).collect();
        assert_eq!(places, [(1, ""), (2, "talkgroup"), (3, "call_length")]);
        assert_eq!(kept.transmissions.len(), 1);
        let endless = format!("{{\"x\": [{}0]}}", "0,".repeat(RECORDING_BYTES_MAX / 2));
        assert!(matches!(log(&endless), Err(ImportError::RowTooLong { line: 1, .. })));

        let error = log("{\"talkgroup\": 7,\n  oops}").unwrap_err().to_string();
        assert!(
            error.starts_with("call.json, line 2, column 3: the JSON is broken (key must be a string)"),
            "{error}"
        );
    }
}
