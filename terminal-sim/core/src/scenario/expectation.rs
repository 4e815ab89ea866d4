//! What must be seen, and what never: facts, and the judge who watches for them.

use std::collections::BTreeMap;

use trunklab_protocol::operator::{AlarmChange, AlarmKind, EventKind, Sender, TalkWord};
use trunklab_protocol::{
    CallId, CarrierNumber, Cause, EmergencyStage, MessageKind, Moment, Pair, Parties, SiteId, SlotHealth,
    StatusNumber, TalkgroupId, UnitId,
};

use super::file::{Expectation, Scenario, Wish};
use crate::output::{HandsetEvent, MessageSource};

/// Something that can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the sentence of its name in docs/scenarios.md")]
pub enum Fact {
    Registers { unit: UnitId, site: SiteId },
    Subscribed { unit: UnitId },
    Cloned { unit: UnitId },
    RegisterRefused { unit: UnitId, cause: Cause },
    OutOfRange { unit: UnitId },
    LeavesFor { unit: UnitId, site: SiteId },
    Affiliates { unit: UnitId, talkgroup: TalkgroupId },
    MayTalk { unit: UnitId },
    StopsTalking { unit: UnitId },
    WaitsForFloor { unit: UnitId },
    Warned { unit: UnitId },
    LosesFloor { unit: UnitId, cause: Cause },
    Queued { unit: UnitId },
    CalledBack { unit: UnitId },
    Emergency { unit: UnitId, stage: EmergencyStage },
    EmergencyRaised { unit: UnitId },
    OrderRefused { cause: Cause },
    ConsoleMayTalk,
    ConsoleWaits,
    ConsoleRefused { cause: Cause },
    ConsoleStops { cause: Cause },
    Rings { unit: UnitId, caller: UnitId },
    CalledRings { unit: UnitId, called: UnitId },
    RingOver { unit: UnitId, cause: Cause },
    Refused { unit: UnitId, cause: Cause },
    RefusedAnyhow { unit: UnitId },
    Joins { unit: UnitId },
    JoinsLate { unit: UnitId },
    JoinsCallOf { unit: UnitId, talkgroup: TalkgroupId },
    Hears { unit: UnitId, talker: UnitId },
    Leaves { unit: UnitId, cause: Cause },
    SiteUp { site: SiteId },
    SiteLost { site: SiteId },
    ControlMoved { site: SiteId },
    Alarm { kind: AlarmKind, site: Option<SiteId>, change: AlarmChange },
    CarrierHealth { site: SiteId, carrier: CarrierNumber, health: SlotHealth },
    FindsControl { unit: UnitId, site: SiteId },
    Carries { site: SiteId, talkgroup: TalkgroupId },
    LeftBySite { site: SiteId, talkgroup: TalkgroupId },
    Granted { talkgroup: TalkgroupId },
    CallQueued { talkgroup: TalkgroupId },
    Released { talkgroup: TalkgroupId, cause: Cause },
    PairGranted { unit: UnitId, other: UnitId },
    PairReleased { unit: UnitId, other: UnitId, cause: Cause },
    FloorEnds { unit: UnitId, cause: Cause },
    InFailsoft { unit: UnitId, site: SiteId },
    HearsTone { unit: UnitId },
    LeavesFailsoft { unit: UnitId, site: SiteId },
    SiteInFailsoft { site: SiteId },
    WasInFailsoft { site: SiteId },
    Stunned { unit: UnitId },
    Revived { unit: UnitId },
    Killed { unit: UnitId },
    RegroupedTo { unit: UnitId, talkgroup: TalkgroupId },
    RestoredTo { unit: UnitId, talkgroup: TalkgroupId },
    OrderPending { unit: UnitId },
    OrderConfirmed { unit: UnitId },
    OrderFailed { unit: UnitId, cause: Cause },
    Monitored { unit: UnitId, listener: UnitId },
    RightsChanged { unit: UnitId },
    ShowsStatus { unit: UnitId, number: StatusNumber, from: MessageSource },
    ConsoleShowsStatus { number: StatusNumber, from: UnitId },
    Alerted { unit: UnitId, from: MessageSource },
    AlertedNoMore { unit: UnitId, cause: Cause },
    AlertEnds { unit: UnitId, cause: Cause },
    MessageDelivered { unit: UnitId },
    MessageRefused { unit: UnitId, cause: Cause },
}

/// One thing that was seen.
#[derive(Debug, Clone, Copy)]
pub enum Observation<'a> {
    /// On a handset.
    Handset(UnitId, &'a HandsetEvent),
    /// At the console that talks.
    Console(&'a TalkWord),
    /// At the controller.
    Controller(&'a EventKind),
}

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The line of the scenario, from 1.
    pub line: usize,
    /// The expectation's sentence.
    pub text: String,
    /// Which of its units this is about, where the sentence names several.
    pub unit: Option<UnitId>,
    /// When it was seen first, within its time.
    pub seen: Option<Moment>,
    /// Whether all is well.
    pub holds: bool,
}

/// Watches a run and judges a scenario's expectations.
#[derive(Debug, Clone)]
pub struct Judge<'a> {
    expectations: &'a [Expectation],
    seen: Vec<Option<Moment>>,
    parties: BTreeMap<CallId, Parties>,
}

impl<'a> Judge<'a> {
    /// A judge who has seen nothing yet.
    pub fn new(scenario: &'a Scenario) -> Self {
        let expectations = &scenario.expectations;
        Self { expectations, seen: vec![None; expectations.len()], parties: BTreeMap::new() }
    }

    /// Takes one observation; they come in order of time.
    pub fn observe(&mut self, at: Moment, observation: Observation<'_>) {
        if let Observation::Controller(
            EventKind::CallGranted { call, parties, .. }
            | EventKind::CallAnswered { call, parties, .. }
            | EventKind::CallCalledBack { call, parties, .. },
        ) = observation
        {
            self.parties.insert(*call, *parties);
        }
        for (expectation, seen) in self.expectations.iter().zip(&mut self.seen) {
            let in_time = at >= expectation.from && at <= expectation.until;
            if seen.is_none() && in_time && shows(&self.parties, observation, expectation.fact) {
                *seen = Some(at);
            }
        }
        // Released calls are forgotten, so that a long run does not grow.
        if let Observation::Controller(EventKind::CallReleased { call, .. }) = observation {
            self.parties.remove(call);
        }
    }

    /// A verdict for each expectation, in the order of the file.
    pub fn verdicts(&self) -> Vec<Verdict> {
        let line = |index: usize| self.expectations.get(index).map(|expectation| expectation.line);
        let verdict = |(index, (expectation, seen)): (usize, (&Expectation, &Option<Moment>))| {
            // A sentence that names several units is as many expectations, one after the other.
            let around = [index.checked_sub(1).and_then(line), line(index + 1)];
            let names_several = around.contains(&Some(expectation.line));
            Verdict {
                line: expectation.line,
                text: expectation.text.clone(),
                unit: expectation.fact.names().0.first().copied().filter(|_| names_several),
                seen: *seen,
                holds: seen.is_some() == (expectation.wish == Wish::Must),
            }
        };
        self.expectations.iter().zip(&self.seen).enumerate().map(verdict).collect()
    }
}

fn shows(parties: &BTreeMap<CallId, Parties>, observation: Observation<'_>, fact: Fact) -> bool {
    match observation {
        Observation::Handset(unit, event) => handset_shows(unit, event, fact),
        Observation::Console(word) => console_shows(word, fact),
        Observation::Controller(event) => controller_shows(parties, event, fact),
    }
}

fn handset_shows(who: UnitId, event: &HandsetEvent, fact: Fact) -> bool {
    match *event {
        HandsetEvent::OutOfRange => fact == Fact::OutOfRange { unit: who },
        HandsetEvent::Camped { .. } | HandsetEvent::Service { .. } | HandsetEvent::Searches { .. } => false,
        HandsetEvent::FindsControl { site, .. } => fact == Fact::FindsControl { unit: who, site },
        HandsetEvent::LeavesFor { site } => fact == Fact::LeavesFor { unit: who, site },
        HandsetEvent::Registered { site, .. } => fact == Fact::Registers { unit: who, site },
        HandsetEvent::Subscribed { .. } => fact == Fact::Subscribed { unit: who },
        HandsetEvent::RegisterRefused { cause } => fact == Fact::RegisterRefused { unit: who, cause },
        HandsetEvent::Affiliated { talkgroup } => fact == Fact::Affiliates { unit: who, talkgroup },
        HandsetEvent::Queued { .. } => fact == Fact::Queued { unit: who },
        HandsetEvent::Emergency { stage } => fact == Fact::Emergency { unit: who, stage },
        HandsetEvent::CalledBack => fact == Fact::CalledBack { unit: who },
        HandsetEvent::Refused { cause } => {
            fact == Fact::Refused { unit: who, cause } || fact == Fact::RefusedAnyhow { unit: who }
        }
        HandsetEvent::Rings { caller } => fact == Fact::Rings { unit: who, caller },
        HandsetEvent::CalledRings { called } => fact == Fact::CalledRings { unit: who, called },
        HandsetEvent::RingOver { cause, .. } => fact == Fact::RingOver { unit: who, cause },
        HandsetEvent::TalkPermit { .. } => fact == Fact::MayTalk { unit: who },
        HandsetEvent::FloorQueued { .. } => fact == Fact::WaitsForFloor { unit: who },
        HandsetEvent::TalkWarning { .. } => fact == Fact::Warned { unit: who },
        HandsetEvent::FloorLost { cause, .. } => fact == Fact::LosesFloor { unit: who, cause },
        HandsetEvent::TalkEnded { .. } => fact == Fact::StopsTalking { unit: who },
        HandsetEvent::Joined { late_entry, parties, .. } => {
            let of = parties.talkgroup().map(|talkgroup| Fact::JoinsCallOf { unit: who, talkgroup });
            fact == Fact::Joins { unit: who }
                || late_entry && fact == Fact::JoinsLate { unit: who }
                || of == Some(fact)
        }
        HandsetEvent::Hears { talker, .. } => fact == Fact::Hears { unit: who, talker },
        HandsetEvent::ShowsStatus { number, from, .. } => {
            fact == Fact::ShowsStatus { unit: who, number, from }
        }
        HandsetEvent::Alerted { from } => fact == Fact::Alerted { unit: who, from },
        HandsetEvent::AlertOver { cause, .. } => fact == Fact::AlertedNoMore { unit: who, cause },
        HandsetEvent::MessageDelivered => fact == Fact::MessageDelivered { unit: who },
        HandsetEvent::MessageRefused { cause } => fact == Fact::MessageRefused { unit: who, cause },
        HandsetEvent::Left { cause, .. } => fact == Fact::Leaves { unit: who, cause },
        HandsetEvent::Failsoft { site, .. } => fact == Fact::InFailsoft { unit: who, site },
        HandsetEvent::FailsoftTone => fact == Fact::HearsTone { unit: who },
        HandsetEvent::FailsoftPermit => fact == Fact::MayTalk { unit: who },
        HandsetEvent::FailsoftTalkEnded => fact == Fact::StopsTalking { unit: who },
        HandsetEvent::FailsoftHears { talker, .. } => fact == Fact::Hears { unit: who, talker },
        HandsetEvent::FailsoftOver { site } => fact == Fact::LeavesFailsoft { unit: who, site },
        HandsetEvent::Stunned => fact == Fact::Stunned { unit: who },
        HandsetEvent::Revived => fact == Fact::Revived { unit: who },
        HandsetEvent::Killed => fact == Fact::Killed { unit: who },
        HandsetEvent::Regrouped { talkgroup, .. } => fact == Fact::RegroupedTo { unit: who, talkgroup },
        HandsetEvent::Restored { talkgroup } => fact == Fact::RestoredTo { unit: who, talkgroup },
    }
}

fn console_shows(word: &TalkWord, fact: Fact) -> bool {
    match *word {
        TalkWord::Queued { .. } => fact == Fact::ConsoleWaits,
        TalkWord::Granted { .. } => fact == Fact::ConsoleMayTalk,
        TalkWord::Warning { .. } => false,
        TalkWord::Refused { cause } => fact == Fact::ConsoleRefused { cause },
        TalkWord::Ended { cause } => fact == Fact::ConsoleStops { cause },
    }
}

fn controller_shows(running: &BTreeMap<CallId, Parties>, event: &EventKind, fact: Fact) -> bool {
    let carries = |site, parties: Parties| {
        parties.talkgroup().is_some_and(|talkgroup| fact == Fact::Carries { site, talkgroup })
    };
    match event {
        EventKind::SiteUp { site, .. } => fact == Fact::SiteUp { site: *site },
        EventKind::SiteLost { site, .. } => fact == Fact::SiteLost { site: *site },
        EventKind::SiteInFailsoft { site } => fact == Fact::SiteInFailsoft { site: *site },
        EventKind::SiteServedFailsoft { site, .. } => fact == Fact::WasInFailsoft { site: *site },
        EventKind::ControlMoved { site, .. } => fact == Fact::ControlMoved { site: *site },
        EventKind::NetworkAlarm { change, alarm } => {
            fact == Fact::Alarm { kind: alarm.kind, site: alarm.object.site(), change: *change }
        }
        EventKind::SlotHealth { site, at, health } => {
            fact == Fact::CarrierHealth { site: *site, carrier: at.carrier, health: *health }
        }
        EventKind::CallQueued { parties, .. } => {
            parties.talkgroup().is_some_and(|talkgroup| fact == Fact::CallQueued { talkgroup })
        }
        EventKind::CallGranted { parties, sites, .. } => {
            parties.talkgroup().is_some_and(|talkgroup| fact == Fact::Granted { talkgroup })
                || is_granted(*parties, fact)
                || sites.iter().any(|(site, _)| carries(*site, *parties))
        }
        EventKind::SiteJoined { call, site, .. } => {
            running.get(call).is_some_and(|parties| carries(*site, *parties))
        }
        EventKind::SiteLeft { call, site, .. } => {
            let talkgroup = running.get(call).and_then(|parties| parties.talkgroup());
            talkgroup.is_some_and(|talkgroup| fact == Fact::LeftBySite { site: *site, talkgroup })
        }
        EventKind::CallAnswered { parties, .. } => is_granted(*parties, fact),
        EventKind::CallReleased { parties: Parties::Group(talkgroup), cause, .. } => {
            fact == Fact::Released { talkgroup: *talkgroup, cause: *cause }
        }
        EventKind::CallReleased { parties: Parties::Pair(Pair { caller, called }), cause, .. } => {
            let released = |unit, other| Fact::PairReleased { unit, other, cause: *cause };
            fact == released(*caller, *called) || fact == released(*called, *caller)
        }
        EventKind::EmergencyBegan { unit, .. } => fact == Fact::EmergencyRaised { unit: *unit },
        EventKind::Cloned { unit, .. } => fact == Fact::Cloned { unit: *unit },
        EventKind::OrderRefused { cause, .. } => fact == Fact::OrderRefused { cause: *cause },
        EventKind::MessageSent {
            kind: MessageKind::Status(number),
            from: Sender::Unit(from),
            to: None,
            ..
        } => fact == Fact::ConsoleShowsStatus { number: *number, from: *from },
        EventKind::AlertOver { unit, cause, .. } => fact == Fact::AlertEnds { unit: *unit, cause: *cause },
        EventKind::FloorReleased { unit, cause, .. } => {
            fact == Fact::FloorEnds { unit: *unit, cause: *cause }
        }
        EventKind::RadioOrderPending { unit, .. } => fact == Fact::OrderPending { unit: *unit },
        EventKind::RadioOrderDone { unit, .. } => fact == Fact::OrderConfirmed { unit: *unit },
        EventKind::RadioOrderFailed { unit, cause, .. } => {
            fact == Fact::OrderFailed { unit: *unit, cause: *cause }
        }
        EventKind::Monitored { unit, listener, .. } => {
            fact == Fact::Monitored { unit: *unit, listener: *listener }
        }
        EventKind::RightsChanged { unit, .. } => fact == Fact::RightsChanged { unit: *unit },
        EventKind::SiteServedAlone { .. }
        | EventKind::SlotTested { .. }
        | EventKind::Registered { .. }
        | EventKind::RegisterRefused { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::CallRefused { .. }
        | EventKind::CallCancelled { .. }
        | EventKind::CallCalledBack { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::EmergencyRaised { .. }
        | EventKind::EmergencyOver { .. }
        | EventKind::CallArea { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::CallReaches { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::Configured { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::MessageSent { .. }
        | EventKind::MessageDelivered { .. }
        | EventKind::MessageRefused { .. }
        | EventKind::Dropped { .. } => false,
    }
}

/// Whether a call that was set up is the pair's that a fact names, whoever called.
fn is_granted(parties: Parties, fact: Fact) -> bool {
    parties.pair().is_some_and(|Pair { caller, called }| {
        fact == Fact::PairGranted { unit: caller, other: called }
            || fact == Fact::PairGranted { unit: called, other: caller }
    })
}

impl Fact {
    /// Units, site and talkgroup that the fact names.
    pub(super) fn names(&self) -> (Vec<UnitId>, Option<SiteId>, Option<TalkgroupId>) {
        match *self {
            Self::Registers { unit, site }
            | Self::LeavesFor { unit, site }
            | Self::InFailsoft { unit, site }
            | Self::LeavesFailsoft { unit, site }
            | Self::FindsControl { unit, site } => (vec![unit], Some(site), None),
            Self::Affiliates { unit, talkgroup }
            | Self::RegroupedTo { unit, talkgroup }
            | Self::RestoredTo { unit, talkgroup }
            | Self::JoinsCallOf { unit, talkgroup } => (vec![unit], None, Some(talkgroup)),
            Self::Hears { unit, talker } => (vec![unit, talker], None, None),
            Self::Monitored { unit, listener } => (vec![unit, listener], None, None),
            Self::Rings { unit, caller: other }
            | Self::CalledRings { unit, called: other }
            | Self::PairGranted { unit, other }
            | Self::PairReleased { unit, other, .. } => (vec![unit, other], None, None),
            Self::ShowsStatus { unit, from: MessageSource::Unit(from), .. }
            | Self::Alerted { unit, from: MessageSource::Unit(from) } => (vec![unit, from], None, None),
            Self::ConsoleShowsStatus { from: unit, .. }
            | Self::ShowsStatus { unit, from: MessageSource::Operator, .. }
            | Self::Alerted { unit, from: MessageSource::Operator }
            | Self::AlertedNoMore { unit, .. }
            | Self::AlertEnds { unit, .. }
            | Self::MessageDelivered { unit }
            | Self::MessageRefused { unit, .. }
            | Self::Subscribed { unit }
            | Self::Cloned { unit }
            | Self::RegisterRefused { unit, .. }
            | Self::OutOfRange { unit }
            | Self::MayTalk { unit }
            | Self::HearsTone { unit }
            | Self::StopsTalking { unit }
            | Self::WaitsForFloor { unit }
            | Self::Warned { unit }
            | Self::LosesFloor { unit, .. }
            | Self::Queued { unit }
            | Self::CalledBack { unit }
            | Self::Emergency { unit, .. }
            | Self::EmergencyRaised { unit }
            | Self::RingOver { unit, .. }
            | Self::Refused { unit, .. }
            | Self::RefusedAnyhow { unit }
            | Self::Joins { unit }
            | Self::JoinsLate { unit }
            | Self::Leaves { unit, .. }
            | Self::Stunned { unit }
            | Self::Revived { unit }
            | Self::Killed { unit }
            | Self::OrderPending { unit }
            | Self::OrderConfirmed { unit }
            | Self::OrderFailed { unit, .. }
            | Self::RightsChanged { unit }
            | Self::FloorEnds { unit, .. } => (vec![unit], None, None),
            Self::OrderRefused { .. }
            | Self::ConsoleMayTalk
            | Self::ConsoleWaits
            | Self::ConsoleRefused { .. }
            | Self::ConsoleStops { .. } => (Vec::new(), None, None),
            Self::SiteUp { site }
            | Self::SiteInFailsoft { site }
            | Self::WasInFailsoft { site }
            | Self::SiteLost { site }
            | Self::ControlMoved { site }
            | Self::CarrierHealth { site, .. } => (Vec::new(), Some(site), None),
            Self::Alarm { site, .. } => (Vec::new(), site, None),
            Self::Carries { site, talkgroup } | Self::LeftBySite { site, talkgroup } => {
                (Vec::new(), Some(site), Some(talkgroup))
            }
            Self::Granted { talkgroup }
            | Self::CallQueued { talkgroup }
            | Self::Released { talkgroup, .. } => (Vec::new(), None, Some(talkgroup)),
        }
    }
}
