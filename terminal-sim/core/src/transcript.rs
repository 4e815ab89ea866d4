//! A run as lines that people read, as a ladder, and as two runs compared.
//!
//! A line has a moment, the clause of the specification that it follows, a place and a sentence:
//!
//! ```text
//!  0.000  6.1.4   site 3 <- unit 1017 requests talkgroup 41
//!  0.000  12.2.2  site 3 -> call 9 granted, slot 12/3, talker 1017
//!  2.400  5.3.3   unit 1018  hears unit 1017 in call 9
//! ```
//!
//! What happens to the network itself follows no clause: `-` stands there. Where a site serves alone, double arrows stand between it and its own dispatch:
//! `site 3 <= unit 1017 requests talkgroup 41`.
//!
//! What repeats by the clock (heartbeats, health) is left out; settings and inventories are shortened.

mod compare;
mod ladder;
mod load;
mod record;
mod sentences;

use std::collections::BTreeMap;
use std::fmt;

use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::operator::{AttemptEntry, EventKind, RecordEntry, TalkWord};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, Clause, Moment, SiteId, UnitId};

pub use self::compare::{Difference, compare};
pub use self::sentences::sentence;
use self::sentences::{Said, from_site, handset, reported, to_console, to_site};
use crate::citation;
use crate::output::HandsetEvent;

/// One thing that was seen.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// The controller took a message from a site.
    FromSite {
        /// The site.
        site: SiteId,
        /// The message.
        message: &'a FromSite,
    },
    /// The controller sent a message to a site.
    ToSite {
        /// The site.
        site: SiteId,
        /// The clause that the controller cites.
        clause: Clause,
        /// The message.
        message: &'a ToSite,
    },
    /// The dispatch of a site that serves alone took a message.
    HeardAlone {
        /// The site.
        site: SiteId,
        /// The message.
        message: &'a FromSite,
    },
    /// It ordered something.
    DecidedAlone {
        /// The site.
        site: SiteId,
        /// The clause that it cites.
        clause: Clause,
        /// The message.
        message: &'a ToSite,
    },
    /// It reported something.
    ReportedAlone {
        /// The site.
        site: SiteId,
        /// What.
        event: &'a EventKind,
    },
    /// A site begins to serve alone.
    ServesAlone {
        /// The site.
        site: SiteId,
    },
    /// A site goes into failsoft.
    GoesIntoFailsoft {
        /// The site.
        site: SiteId,
    },
    /// The controller told the console how its talk stands.
    ToConsole {
        /// The clause that the controller cites.
        clause: Clause,
        /// The word.
        word: &'a TalkWord,
    },
    /// The controller reported something to its operators.
    Reported {
        /// What.
        event: &'a EventKind,
    },
    /// What a call has used.
    Record(&'a RecordEntry),
    /// A request that came to nothing.
    Attempt(&'a AttemptEntry),
    /// A handset's user noticed something.
    Unit {
        /// The unit.
        unit: UnitId,
        /// What.
        event: &'a HandsetEvent,
    },
    /// Something happened to a handset that it does not say itself.
    Handset {
        /// The unit.
        unit: UnitId,
        /// A sentence without its subject.
        text: &'a str,
    },
    /// Something happened to a site.
    Site {
        /// The site.
        site: SiteId,
        /// A sentence without its subject.
        text: &'a str,
    },
    /// Something happened to the controller.
    Controller {
        /// A sentence without its subject.
        text: &'a str,
    },
}

/// Who speaks to whom in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// From a site to the controller.
    FromSite(SiteId),
    /// From the controller to a site.
    ToSite(SiteId),
    /// From a site that serves alone to its own dispatch.
    FromAlone(SiteId),
    /// From its own dispatch to a site.
    ToAlone(SiteId),
    /// From the controller to the console.
    ToConsole,
    /// On a handset.
    Unit(UnitId),
    /// At a site.
    Site(SiteId),
    /// At the controller.
    Controller,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Moment,
    /// By which clause; `None` for what happens to the network itself.
    pub clause: Option<Clause>,
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
    /// The call that it is about.
    pub call: Option<CallId>,
    /// The unit that it is about.
    pub unit: Option<UnitId>,
}

/// The lines of a run, in the order in which they were seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    lines: Vec<Line>,
}

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes one entry down; what repeats by the clock is left out.
    pub fn push(&mut self, at: Moment, entry: Entry<'_>) {
        let (clause, said) = match entry {
            Entry::FromSite { message, .. } | Entry::HeardAlone { message, .. } => {
                (Some(citation::of_from_site(message)), from_site(message))
            }
            Entry::ToSite { clause, message, .. } | Entry::DecidedAlone { clause, message, .. } => {
                (Some(clause), to_site(message))
            }
            Entry::ServesAlone { .. } => {
                (Some(Clause::IsolationBegins), Some(Said::plain("serves alone".to_owned())))
            }
            Entry::GoesIntoFailsoft { .. } => {
                (Some(Clause::FailsoftBegins), Some(Said::plain("goes into failsoft".to_owned())))
            }
            Entry::ToConsole { clause, word } => (Some(clause), Some(to_console(word))),
            Entry::Reported { event } | Entry::ReportedAlone { event, .. } => reported(event).unzip(),
            Entry::Record(entry) => Some(record::record(entry)).unzip(),
            Entry::Attempt(entry) => Some(record::attempt(entry)).unzip(),
            Entry::Unit { unit, event } => (Some(citation::of_handset(event)), Some(handset(unit, event))),
            Entry::Handset { unit, text } => (None, Some(Said::of_unit(unit, text.to_owned()))),
            Entry::Site { text, .. } | Entry::Controller { text } => {
                (None, Some(Said::plain(text.to_owned())))
            }
        };
        let Some(Said { text, call, unit }) = said else { return };
        let place = match entry {
            Entry::FromSite { site, .. } => Place::FromSite(site),
            Entry::ToSite { site, .. } => Place::ToSite(site),
            Entry::HeardAlone { site, .. } => Place::FromAlone(site),
            Entry::DecidedAlone { site, .. } => Place::ToAlone(site),
            Entry::ToConsole { .. } => Place::ToConsole,
            Entry::Unit { unit, .. } | Entry::Handset { unit, .. } => Place::Unit(unit),
            Entry::Site { site, .. }
            | Entry::ReportedAlone { site, .. }
            | Entry::ServesAlone { site }
            | Entry::GoesIntoFailsoft { site } => Place::Site(site),
            Entry::Reported { .. } | Entry::Record(_) | Entry::Attempt(_) | Entry::Controller { .. } => {
                Place::Controller
            }
        };
        self.lines.push(Line { at, clause, place, text, call, unit });
    }

    /// Writes down how loaded a control channel was: a line for each clause that shaped it.
    pub fn push_load(&mut self, at: Moment, site: SiteId, load: &ControlLoad) {
        let line = |(clause, text)| Line {
            at,
            clause: Some(clause),
            place: Place::Site(site),
            text,
            call: None,
            unit: None,
        };
        self.lines.extend(load::sentences(load).into_iter().map(line));
    }

    /// The lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The part from `moment` on.
    #[must_use]
    pub fn since(&self, moment: Moment) -> Self {
        Self { lines: self.lines.iter().filter(|line| line.at >= moment).cloned().collect() }
    }

    /// The lines of each call.
    pub fn per_call(&self) -> BTreeMap<CallId, Vec<&Line>> {
        self.per(|line| line.call)
    }

    /// The lines of each unit.
    pub fn per_unit(&self) -> BTreeMap<UnitId, Vec<&Line>> {
        self.per(|line| line.unit)
    }

    fn per<K: Ord>(&self, key: impl Fn(&Line) -> Option<K>) -> BTreeMap<K, Vec<&Line>> {
        let mut lines = BTreeMap::new();
        for line in &self.lines {
            if let Some(key) = key(line) {
                lines.entry(key).or_insert_with(Vec::new).push(line);
            }
        }
        lines
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clause = self.clause.map_or("-", Clause::number);
        write!(f, "{:>8}  {clause:<6}  {} {}", self.at, self.place, self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromSite(site) => write!(f, "site {site} <-"),
            Self::ToSite(site) => write!(f, "site {site} ->"),
            Self::FromAlone(site) => write!(f, "site {site} <="),
            Self::ToAlone(site) => write!(f, "site {site} =>"),
            Self::ToConsole => f.write_str("console ->"),
            Self::Unit(unit) => write!(f, "unit {unit} "),
            Self::Site(site) => write!(f, "site {site} --"),
            Self::Controller => f.write_str("controller --"),
        }
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::air_downlink::Talker;
    use trunklab_protocol::air_uplink::RequestKind;
    use trunklab_protocol::from_site::{CallRequest, FloorRequest};
    use trunklab_protocol::to_site::{Assert, Heartbeat, Release};
    use trunklab_protocol::{Cause, Demand, FloorPolicy, Press, Priority, Span};

    use super::*;
    use crate::handset::tests::bench::{call, site, slot, spurt, talkgroup, unit};

    fn at(millis: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(millis)
    }

    /// The same little run, each line so many milliseconds later than the first time, as call `number`.
    fn run(later: u64, number: u32) -> Transcript {
        let press = Press::new(1).unwrap();
        let request: FromSite = CallRequest {
            unit: unit(1017),
            press,
            talkgroup: talkgroup(41),
            kind: RequestKind::Normal,
            area: None,
        }
        .into();
        let grant: ToSite = Assert {
            call: call(number),
            parties: talkgroup(41).into(),
            at: slot(12, 3),
            talker: Some(Talker { unit: unit(1017), spurt: spurt(1), press }),
            talker_is_here: true,
            emergency: false,
            priority: Priority::HIGHEST,
            floor: FloorPolicy::Refuse,
            others: Vec::new(),
            area: None,
            duplex: None,
        }
        .into();
        let floor: FromSite =
            FloorRequest { unit: unit(1018), press, call: call(number), demand: Demand::Low }.into();
        let hears = HandsetEvent::Hears { call: call(number), talker: unit(1017) };
        let release: ToSite = Release { call: call(number), cause: Cause::HangTimeOver }.into();
        let mut transcript = Transcript::new();
        transcript.push(at(later), Entry::FromSite { site: site(3), message: &request });
        transcript
            .push(at(later), Entry::ToSite { site: site(3), clause: Clause::AllStart, message: &grant });
        let heartbeat = Heartbeat {}.into();
        let entry = Entry::ToSite { site: site(3), clause: Clause::Orders, message: &heartbeat };
        transcript.push(at(later + 5), entry);
        transcript.push(at(later + 2_400), Entry::Unit { unit: unit(1018), event: &hears });
        transcript.push(at(later + 2_500), Entry::FromSite { site: site(3), message: &floor });
        transcript.push(at(later + 2_600), Entry::Site { site: site(3), text: "link cut" });
        let entry = Entry::ToSite { site: site(3), clause: Clause::MessageTrunking, message: &release };
        transcript.push(at(later + 5_400), entry);
        transcript
    }

    #[test]
    fn reads_like_a_radio_log() {
        let expected = "   0.000  6.1.4   site 3 <- unit 1017 requests talkgroup 41
   0.000  12.2.2  site 3 -> call 9 granted, slot 12/3, talker 1017
   2.400  5.3.3   unit 1018  hears unit 1017 in call 9
   2.500  6.1.4   site 3 <- unit 1018 requests the floor of call 9
   2.600  -       site 3 -- link cut
   5.400  12.4.1  site 3 -> call 9 released: nobody spoke before hang time ran out
";
        assert_eq!(run(0, 9).to_string(), expected);
    }

    #[test]
    fn compares_each_call_and_unit_within_a_tolerance_whatever_the_calls_number() {
        assert_eq!(compare(&run(0, 9), &run(40, 12), Span::from_millis(40)), Ok(()));
        let late = compare(&run(0, 9), &run(41, 9), Span::from_millis(40)).unwrap_err();
        assert_eq!((late.whose.as_str(), late.number), ("call 9, site 3 <-", 1));
        let mut shorter = run(0, 9);
        shorter.lines.remove(0);
        let missing = compare(&run(0, 9), &shorter, Span::ZERO).unwrap_err();
        assert_eq!((missing.whose.as_str(), missing.other.clone()), ("unit 1017, site 3 <-", None));
        assert!(missing.to_string().contains("requests talkgroup 41 | nothing"), "{missing}");
    }

    #[test]
    fn tells_hang_time_from_a_grant() {
        let order = |talker| -> ToSite {
            Assert {
                call: call(9),
                parties: talkgroup(41).into(),
                at: slot(12, 3),
                talker,
                talker_is_here: false,
                emergency: true,
                priority: Priority::HIGHEST,
                floor: FloorPolicy::Refuse,
                others: Vec::new(),
                area: None,
                duplex: None,
            }
            .into()
        };
        let talker = Talker { unit: unit(1017), spurt: spurt(1), press: Press::new(1).unwrap() };
        let mut transcript = Transcript::new();
        for (millis, talker) in [(0, Some(talker)), (1, None)] {
            let message = order(talker);
            let entry = Entry::ToSite { site: site(3), clause: Clause::MessageTrunking, message: &message };
            transcript.push(at(millis), entry);
        }
        transcript.push(at(2), Entry::Controller { text: "killed" });
        transcript.push(at(3), Entry::Handset { unit: unit(1017), text: "vanishes" });
        let expected = "   0.000  12.4.1  site 3 -> call 9 granted, slot 12/3, talker 1017, emergency
   0.001  12.4.1  site 3 -> call 9 keeps slot 12/3, nobody talks, emergency
   0.002  -       controller -- killed
   0.003  -       unit 1017  vanishes
";
        assert_eq!(transcript.to_string(), expected);
        assert_eq!(transcript.since(at(1)).lines().len(), 3);
    }

    #[test]
    fn draws_a_ladder() {
        let ladder = run(0, 9).mermaid();
        let expected = "sequenceDiagram
    participant U1018 as unit 1018
    participant S3 as site 3
    participant C as controller
    S3->>C: 0.000 unit 1017 requests talkgroup 41
    C->>S3: 0.000 call 9 granted, slot 12/3, talker 1017
    Note over U1018: 2.400 hears unit 1017 in call 9
";
        assert!(ladder.starts_with(expected), "{ladder}");
    }
}
