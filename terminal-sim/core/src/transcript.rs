//! A run as lines that people read, as a ladder, and as two runs compared.
//!
//! A line has a moment, a place and a sentence:
//!
//! ```text
//!  0.000  site 3 <- unit 1017 requests talkgroup 41
//!  0.000  site 3 -> call 9 granted, slot 12/3, talker 1017
//!  2.400  unit 1018  hears unit 1017 in call 9
//! ```
//!
//! What repeats by the clock (heartbeats, health) is left out; settings and inventories are shortened.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, Identity, Moment, SiteId, Span, UnitId};

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
        /// The message.
        message: &'a ToSite,
    },
    /// A handset's user noticed something.
    Unit {
        /// The unit.
        unit: UnitId,
        /// What.
        event: &'a HandsetEvent,
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

/// The first thing in which two runs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose lines are compared: a call or a unit.
    pub whose: String,
    /// The line's number among them, from 1.
    pub number: usize,
    /// The line of the first run; `None` where it has no more.
    pub one: Option<Box<Line>>,
    /// The line of the second run; `None` where it has no more.
    pub other: Option<Box<Line>>,
}

impl Transcript {
    /// An empty transcript.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes one entry down; what repeats by the clock is left out.
    pub fn push(&mut self, at: Moment, entry: Entry<'_>) {
        let said = match entry {
            Entry::FromSite { message, .. } => from_site(message),
            Entry::ToSite { message, .. } => to_site(message),
            Entry::Unit { unit, event } => Some(handset(unit, event)),
            Entry::Site { text, .. } | Entry::Controller { text } => Some(Said::plain(text.to_owned())),
        };
        let Some(Said { text, call, unit }) = said else { return };
        let place = match entry {
            Entry::FromSite { site, .. } => Place::FromSite(site),
            Entry::ToSite { site, .. } => Place::ToSite(site),
            Entry::Unit { unit, .. } => Place::Unit(unit),
            Entry::Site { site, .. } => Place::Site(site),
            Entry::Controller { .. } => Place::Controller,
        };
        self.lines.push(Line { at, place, text, call, unit });
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

    /// The run as a Mermaid sequence diagram.
    pub fn mermaid(&self) -> String {
        let mut ladder = String::from("sequenceDiagram\n");
        for name in self.participants() {
            writeln!(ladder, "    participant {name}").expect("a String takes everything");
        }
        for line in &self.lines {
            let text = line.text.replace([';', '#', '\n', '\r'], " ");
            let (from, arrow, to) = match line.place {
                Place::FromSite(site) => (format!("S{site}"), "->>", "C".to_owned()),
                Place::ToSite(site) => ("C".to_owned(), "->>", format!("S{site}")),
                Place::Unit(unit) => (format!("Note over U{unit}"), "", String::new()),
                Place::Site(site) => (format!("Note over S{site}"), "", String::new()),
                Place::Controller => ("Note over C".to_owned(), "", String::new()),
            };
            writeln!(ladder, "    {from}{arrow}{to}: {} {text}", line.at).expect("a String takes everything");
        }
        ladder
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

    /// Units, then sites, then the controller.
    fn participants(&self) -> Vec<String> {
        let mut places: Vec<Place> = self.lines.iter().map(|line| line.place).collect();
        places.sort_unstable();
        places.dedup();
        let mut units = Vec::new();
        let mut sites = Vec::new();
        for place in places {
            match place {
                Place::Unit(unit) => units.push(format!("U{unit} as unit {unit}")),
                Place::FromSite(site) | Place::ToSite(site) | Place::Site(site) => {
                    sites.push(site);
                }
                Place::Controller => {}
            }
        }
        sites.sort_unstable();
        sites.dedup();
        let sites = sites.into_iter().map(|site| format!("S{site} as site {site}"));
        units.into_iter().chain(sites).chain(["C as controller".to_owned()]).collect()
    }
}

/// Whether two runs say the same of each call and of each unit, each line within `tolerance`.
///
/// Calls are matched in the order of their ids; the ids themselves may differ. Each place is compared by itself: what
/// two places say at the same moment has no order.
///
/// # Errors
/// The first line that differs.
pub fn compare(one: &Transcript, other: &Transcript, tolerance: Span) -> Result<(), Difference> {
    let (ours, theirs) = (one.per_call(), other.per_call());
    let none = Vec::new();
    let (mut mine, mut yours) = (ours.iter(), theirs.iter());
    loop {
        let (mine, yours) = (mine.next(), yours.next());
        let Some((call, _)) = mine.or(yours) else { break };
        let [mine, yours] = [mine, yours].map(|lines| lines.map_or(&none, |(_, lines)| lines));
        same_at_each_place(&format!("call {call}"), mine, yours, tolerance)?;
    }
    let (ours, theirs) = (one.per_unit(), other.per_unit());
    let mut units: Vec<_> = ours.keys().chain(theirs.keys()).copied().collect();
    units.sort_unstable();
    units.dedup();
    for unit in units {
        let (mine, yours) = (ours.get(&unit).unwrap_or(&none), theirs.get(&unit).unwrap_or(&none));
        same_at_each_place(&format!("unit {unit}"), mine, yours, tolerance)?;
    }
    Ok(())
}

fn same_at_each_place(
    whose: &str,
    one: &[&Line],
    other: &[&Line],
    tolerance: Span,
) -> Result<(), Difference> {
    let mut places: Vec<_> = one.iter().chain(other).map(|line| line.place).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        let [mine, yours] = [one, other]
            .map(|lines| lines.iter().copied().filter(|line| line.place == place).collect::<Vec<_>>());
        same(&format!("{whose}, {place}"), &mine, &yours, tolerance)?;
    }
    Ok(())
}

fn same(whose: &str, one: &[&Line], other: &[&Line], tolerance: Span) -> Result<(), Difference> {
    for index in 0..one.len().max(other.len()) {
        let (mine, yours) = (one.get(index), other.get(index));
        let alike = match (mine, yours) {
            (Some(mine), Some(yours)) => {
                let apart = mine.at.since(yours.at).max(yours.at.since(mine.at));
                mine.place == yours.place && without_id(mine) == without_id(yours) && apart <= tolerance
            }
            (Some(_), None) | (None, Some(_)) | (None, None) => false,
        };
        if !alike {
            return Err(Difference {
                whose: whose.to_owned(),
                number: index + 1,
                one: mine.map(|line| Box::new((*line).clone())),
                other: yours.map(|line| Box::new((*line).clone())),
            });
        }
    }
    Ok(())
}

fn without_id(line: &Line) -> String {
    match line.call {
        None => line.text.clone(),
        Some(call) => line.text.replace(&format!("call {call}"), "call"),
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8}  {} {}", self.at, self.place, self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromSite(site) => write!(f, "site {site} <-"),
            Self::ToSite(site) => write!(f, "site {site} ->"),
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

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |line: &Option<Box<Line>>| {
            line.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        write!(f, "{}, line {}: {} | {}", self.whose, self.number, shown(&self.one), shown(&self.other))
    }
}

impl std::error::Error for Difference {}

/// A sentence and what it is about.
struct Said {
    text: String,
    call: Option<CallId>,
    unit: Option<UnitId>,
}

impl Said {
    fn plain(text: String) -> Self {
        Self { text, call: None, unit: None }
    }

    fn of_unit(unit: UnitId, text: String) -> Self {
        Self { text, call: None, unit: Some(unit) }
    }

    fn of_call(call: CallId, text: String) -> Self {
        Self { text, call: Some(call), unit: None }
    }
}

fn from_site(message: &FromSite) -> Option<Said> {
    Some(match message {
        FromSite::Health(_) | FromSite::InventoryEnd(_) => return None,
        FromSite::Hello(word) => Said::plain(format!("says hello, newest epoch {}", word.newest_epoch)),
        FromSite::InventoryRadios(word) => Said::plain(format!("holds {} radios", word.radios.len())),
        FromSite::InventoryCalls(word) => Said::plain(format!("carries {} calls", word.calls.len())),
        FromSite::Register(word) => of_identity(word.identity, "wants to register"),
        FromSite::Answer(word) => of_identity(word.identity, "answers the challenge"),
        FromSite::Affiliate(word) => {
            Said::of_unit(word.unit, format!("unit {} affiliates to talkgroup {}", word.unit, word.talkgroup))
        }
        FromSite::Detach(word) => Said::of_unit(word.unit, format!("unit {} is switched off", word.unit)),
        FromSite::CallRequest(word) => {
            let how = if word.kind == RequestKind::Emergency { " in an emergency" } else { "" };
            let text = format!("unit {} requests talkgroup {}{how}", word.unit, word.talkgroup);
            Said::of_unit(word.unit, text)
        }
        FromSite::CallCancel(word) => {
            Said::of_unit(word.unit, format!("unit {} cancels its request", word.unit))
        }
        FromSite::FloorRequest(word) => Said {
            text: format!("unit {} requests the floor of call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkEnd(word) => Said {
            text: format!("unit {} releases ptt in call {}", word.unit, word.call),
            call: Some(word.call),
            unit: Some(word.unit),
        },
        FromSite::TalkerSilent(word) => {
            Said::of_call(word.call, format!("the talker of call {} is silent", word.call))
        }
    })
}

fn to_site(message: &ToSite) -> Option<Said> {
    Some(match message {
        ToSite::Heartbeat(_) => return None,
        ToSite::Configure(word) => {
            let count = word.settings.carriers.len();
            Said::plain(format!("configured: {}, {count} carriers", word.settings.profile))
        }
        ToSite::Close(word) => Said::plain(format!("link closed: {}", word.cause)),
        ToSite::Challenge(word) => of_identity(word.identity, "is challenged"),
        ToSite::Registered(word) => {
            let talkgroup = word.talkgroup.map_or_else(String::new, |group| format!(", talkgroup {group}"));
            Said::of_unit(word.unit, format!("unit {} registered{talkgroup}", word.unit))
        }
        ToSite::RegisterRefused(word) => {
            of_identity(word.identity, &format!("is not registered: {}", word.cause))
        }
        ToSite::Affiliated(word) => {
            Said::of_unit(word.unit, format!("unit {} affiliated to talkgroup {}", word.unit, word.talkgroup))
        }
        ToSite::Refused(word) => {
            Said::of_unit(word.unit, format!("unit {} refused: {}", word.unit, word.cause))
        }
        ToSite::Queued(word) => {
            Said::of_unit(word.unit, format!("unit {} queued at place {}", word.unit, word.position))
        }
        ToSite::Deregister(word) => {
            Said::of_unit(word.unit, format!("unit {} deregistered: {}", word.unit, word.cause))
        }
        ToSite::Assert(word) => {
            let how = if word.emergency { ", emergency" } else { "" };
            let what = match word.talker {
                Some(Talker { unit, .. }) => format!("granted, slot {}, talker {unit}", word.at),
                None => format!("keeps slot {}, nobody talks", word.at),
            };
            Said::of_call(word.call, format!("call {} {what}{how}", word.call))
        }
        ToSite::Release(word) => {
            Said::of_call(word.call, format!("call {} released: {}", word.call, word.cause))
        }
        ToSite::FloorRefused(word) => Said {
            text: format!("unit {} refused the floor of call {}: {}", word.unit, word.call, word.cause),
            call: Some(word.call),
            unit: Some(word.unit),
        },
    })
}

fn handset(unit: UnitId, event: &HandsetEvent) -> Said {
    let (text, call) = match event {
        HandsetEvent::OutOfRange => ("is out of range".to_owned(), None),
        HandsetEvent::Camped { site } => (format!("camps on site {site}"), None),
        HandsetEvent::Service { site, service } => {
            use trunklab_protocol::air_downlink::SiteService::{Isolated, NoService, Wide};
            let what = match service {
                Wide => "serves the whole network",
                Isolated => "is isolated",
                NoService => "has no service",
            };
            (format!("sees that site {site} {what}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: Some(talkgroup) } => {
            (format!("registered at site {site}, talkgroup {talkgroup}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: None } => (format!("registered at site {site}"), None),
        HandsetEvent::RegisterRefused { cause } => (format!("is not registered: {cause}"), None),
        HandsetEvent::Affiliated { talkgroup } => (format!("affiliated to talkgroup {talkgroup}"), None),
        HandsetEvent::Queued { position } => (format!("is queued at place {position}"), None),
        HandsetEvent::Refused { cause } => (format!("is refused: {cause}"), None),
        HandsetEvent::TalkPermit { call } => (format!("may talk in call {call}"), Some(*call)),
        HandsetEvent::TalkEnded { call } => (format!("stops talking in call {call}"), Some(*call)),
        HandsetEvent::Joined { call, talkgroup, late_entry } => {
            let late = if *late_entry { " late" } else { "" };
            (format!("joins call {call} of talkgroup {talkgroup}{late}"), Some(*call))
        }
        HandsetEvent::Hears { call, talker } => (format!("hears unit {talker} in call {call}"), Some(*call)),
        HandsetEvent::Left { call, cause } => (format!("leaves call {call}: {cause}"), Some(*call)),
    };
    Said { text, call, unit: Some(unit) }
}

fn of_identity(identity: Identity, text: &str) -> Said {
    let unit = match identity {
        Identity::Unit(unit) => Some(unit),
        Identity::Imei(_) | Identity::Imsi(_) => None,
    };
    Said { text: format!("{identity} {text}"), call: None, unit }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::air_uplink::RequestKind;
    use trunklab_protocol::from_site::{CallRequest, FloorRequest};
    use trunklab_protocol::to_site::{Assert, Heartbeat, Release};
    use trunklab_protocol::{Cause, Press, Priority};

    use super::*;
    use crate::handset::tests::bench::{call, site, slot, spurt, talkgroup, unit};

    fn at(millis: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(millis)
    }

    /// The same little run, each line so many milliseconds later than the first time, as call `number`.
    fn run(later: u64, number: u32) -> Transcript {
        let press = Press::new(1).unwrap();
        let request: FromSite =
            CallRequest { unit: unit(1017), press, talkgroup: talkgroup(41), kind: RequestKind::Normal }
                .into();
        let grant: ToSite = Assert {
            call: call(number),
            talkgroup: talkgroup(41),
            at: slot(12, 3),
            talker: Some(Talker { unit: unit(1017), spurt: spurt(1), press }),
            talker_is_here: true,
            emergency: false,
            priority: Priority::HIGHEST,
        }
        .into();
        let floor: FromSite = FloorRequest { unit: unit(1018), press, call: call(number) }.into();
        let hears = HandsetEvent::Hears { call: call(number), talker: unit(1017) };
        let release: ToSite = Release { call: call(number), cause: Cause::HangTimeOver }.into();
        let mut transcript = Transcript::new();
        transcript.push(at(later), Entry::FromSite { site: site(3), message: &request });
        transcript.push(at(later), Entry::ToSite { site: site(3), message: &grant });
        transcript.push(at(later + 5), Entry::ToSite { site: site(3), message: &Heartbeat {}.into() });
        transcript.push(at(later + 2_400), Entry::Unit { unit: unit(1018), event: &hears });
        transcript.push(at(later + 2_500), Entry::FromSite { site: site(3), message: &floor });
        transcript.push(at(later + 2_600), Entry::Site { site: site(3), text: "link cut" });
        transcript.push(at(later + 5_400), Entry::ToSite { site: site(3), message: &release });
        transcript
    }

    #[test]
    fn reads_like_a_radio_log() {
        let expected = "   0.000  site 3 <- unit 1017 requests talkgroup 41
   0.000  site 3 -> call 9 granted, slot 12/3, talker 1017
   2.400  unit 1018  hears unit 1017 in call 9
   2.500  site 3 <- unit 1018 requests the floor of call 9
   2.600  site 3 -- link cut
   5.400  site 3 -> call 9 released: nobody spoke before hang time ran out
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
                talkgroup: talkgroup(41),
                at: slot(12, 3),
                talker,
                talker_is_here: false,
                emergency: true,
                priority: Priority::HIGHEST,
            }
            .into()
        };
        let talker = Talker { unit: unit(1017), spurt: spurt(1), press: Press::new(1).unwrap() };
        let mut transcript = Transcript::new();
        transcript.push(at(0), Entry::ToSite { site: site(3), message: &order(Some(talker)) });
        transcript.push(at(1), Entry::ToSite { site: site(3), message: &order(None) });
        transcript.push(at(2), Entry::Controller { text: "killed" });
        let expected = "   0.000  site 3 -> call 9 granted, slot 12/3, talker 1017, emergency
   0.001  site 3 -> call 9 keeps slot 12/3, nobody talks, emergency
   0.002  controller -- killed
";
        assert_eq!(transcript.to_string(), expected);
        assert_eq!(transcript.since(at(1)).lines().len(), 2);
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
