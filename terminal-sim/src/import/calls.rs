//! The one model that every call log is read into.

use std::collections::BTreeSet;

use serde::Serialize;
use trunklab_protocol::{Moment, Span, TalkgroupId, UnitId};

use super::merge::{Merges, merge};
use super::{CallFigures, Figures, Findings, Format, Report, WallTime};

/// The longest call that is believed.
pub(super) const CALL_LENGTH_MAX: Span = Span::from_secs(24 * 3_600);

/// What a length must be to be believed.
pub(super) const LENGTH_EXPECTED: &str = "a length of at most 24 hours";

/// What a talkgroup must be.
pub(super) const TALKGROUP_EXPECTED: &str = "a talkgroup number from 1 to 65535";

/// One radio speaking in one talkgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Transmission {
    /// When it begins: microseconds since the log's origin.
    #[serde(rename = "start_us")]
    pub start: Moment,
    /// How long it lasts, in microseconds.
    #[serde(rename = "duration_us")]
    pub duration: Span,
    /// Where the radio speaks.
    pub talkgroup: TalkgroupId,
    /// Which radio speaks, where the log tells.
    pub radio: Option<UnitId>,
    /// On which frequency in hertz, where the log tells; of merged rows, the first.
    pub frequency_hz: Option<u64>,
    /// Whether any of its rows is an emergency.
    pub emergency: bool,
    /// Whether any of its rows is encrypted.
    pub encrypted: bool,
    /// The line of its first row, from 1.
    pub line: u64,
}

impl Transmission {
    /// When it ends.
    pub fn end(&self) -> Moment {
        self.start + self.duration
    }
}

/// Recorded calls: transmissions sorted by their start. No radio overlaps itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallLog {
    /// Figures and defects.
    pub report: Report,
    /// The recorder's clock at the log's first moment: the start of the earliest row.
    pub origin: WallTime,
    /// What was said, when, where and by whom.
    pub transmissions: Vec<Transmission>,
}

/// One row of a call log before merging.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallRow {
    pub(super) start: WallTime,
    pub(super) duration: Span,
    pub(super) talkgroup: TalkgroupId,
    pub(super) radio: Option<UnitId>,
    pub(super) frequency_hz: Option<u64>,
    pub(super) emergency: bool,
    pub(super) encrypted: bool,
    pub(super) line: u64,
}

impl CallLog {
    /// Builds the log from rows in any order; `None` without rows. `known` holds the figures that only the format's
    /// reader can count.
    pub(super) fn build(
        file: String,
        format: Format,
        rows: usize,
        calls: Vec<CallRow>,
        known: CallFigures,
        defects: Findings,
    ) -> Option<Self> {
        let origin = calls.iter().map(|row| row.start).min()?;
        let placed = calls.into_iter().map(|row| row.after(origin)).collect();
        let (transmissions, merges) = merge(placed);
        let figures = Figures::Calls(CallFigures { merges, ..count(&transmissions, known) });
        Some(Self { report: Report { file, format, rows, figures, defects }, origin, transmissions })
    }

    /// The figures of the log.
    pub fn figures(&self) -> CallFigures {
        match &self.report.figures {
            Figures::Calls(figures) => *figures,
            Figures::Talkgroups(_) | Figures::Sites(_) => CallFigures::default(),
        }
    }
}

impl CallRow {
    fn after(self, origin: WallTime) -> Transmission {
        let micros = u64::try_from(self.start.as_micros() - origin.as_micros());
        Transmission {
            start: Moment::from_micros(micros.expect("the origin is the earliest start")),
            duration: self.duration,
            talkgroup: self.talkgroup,
            radio: self.radio,
            frequency_hz: self.frequency_hz,
            emergency: self.emergency,
            encrypted: self.encrypted,
            line: self.line,
        }
    }
}

fn count(transmissions: &[Transmission], known: CallFigures) -> CallFigures {
    let talkgroups: BTreeSet<_> = transmissions.iter().map(|one| one.talkgroup).collect();
    let radios: BTreeSet<_> = transmissions.iter().filter_map(|one| one.radio).collect();
    let airtime_us: u64 = transmissions.iter().map(|one| one.duration.as_micros()).sum();
    let end = transmissions.iter().map(Transmission::end).max().unwrap_or(Moment::ORIGIN);
    CallFigures {
        transmissions: transmissions.len(),
        talkgroups: talkgroups.len(),
        radios: radios.len(),
        radio_unknown: transmissions.iter().filter(|one| one.radio.is_none()).count(),
        emergencies: transmissions.iter().filter(|one| one.emergency).count(),
        encrypted: transmissions.iter().filter(|one| one.encrypted).count(),
        airtime_s: airtime_us / 1_000_000,
        length_s: end.as_micros() / 1_000_000,
        merges: Merges::default(),
        ..known
    }
}
