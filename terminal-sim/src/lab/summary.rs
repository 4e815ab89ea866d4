//! Sums over a run: what the demo, `run`, `simulate` and `replay` print at their end, for people or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;
use trunklab_controller_core::statistics::{STEP_S_MAX, Statistics, erlangs};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, Cause, Moment, Press, SiteId, SpurtId, UnitId};
use trunklab_terminal_core::output::HandsetEvent;

use crate::lab::control_peak::{ControlPeak, busiest};
use crate::lab::observed::{Observed, Sight};
use crate::lab::world::Heard;

/// Collects while a run goes on.
#[derive(Debug)]
pub struct Tally {
    granted: u64,
    granted_last: Option<CallId>,
    floors: u64,
    queued: u64,
    registered: u64,
    refused: BTreeMap<Cause, u64>,
    released: BTreeMap<Cause, u64>,
    asked: BTreeMap<UnitId, Asked>,
    pressed: BTreeMap<UnitId, Moment>,
    presses: u64,
    presses_refused: BTreeMap<Cause, u64>,
    wait: Histogram<u64>,
    permit: Histogram<u64>,
    frames_heard: u64,
    frames_lost: u64,
    next_position: BTreeMap<UnitId, (SpurtId, u32)>,
    controls: BTreeMap<(SiteId, usize), ControlPeak>,
    /// What a controller counts as well (docs/services.md 13.6.9), by the hour.
    traffic: Statistics,
    /// Slot time in the hours that are over, in microseconds.
    held_us: u64,
    last: Moment,
}

/// A request that is not answered yet.
#[derive(Debug, Clone, Copy)]
struct Asked {
    press: Press,
    at: Moment,
    /// Whether it was given a place in the queue.
    queued: bool,
}

impl Default for Tally {
    fn default() -> Self {
        let histogram = || {
            Histogram::new_with_bounds(1, 3_600_000_000, 3)
                .expect("an hour in microseconds at three digits is allowed")
        };
        Self {
            granted: 0,
            granted_last: None,
            floors: 0,
            queued: 0,
            registered: 0,
            refused: BTreeMap::new(),
            released: BTreeMap::new(),
            asked: BTreeMap::new(),
            pressed: BTreeMap::new(),
            presses: 0,
            presses_refused: BTreeMap::new(),
            wait: histogram(),
            permit: histogram(),
            frames_heard: 0,
            frames_lost: 0,
            next_position: BTreeMap::new(),
            controls: BTreeMap::new(),
            traffic: Statistics::new(STEP_S_MAX, 0),
            held_us: 0,
            last: Moment::ORIGIN,
        }
    }
}

impl Tally {
    /// A button went down.
    pub fn press(&mut self, unit: UnitId, at: Moment) {
        self.presses += 1;
        self.pressed.insert(unit, at);
    }

    /// Something was seen.
    pub fn see(&mut self, observed: &Observed) {
        self.last = self.last.max(observed.at);
        match &observed.what {
            Sight::FromSite(_, FromSite::CallRequest(request)) => {
                // A repeated word is the same request: its wait runs from the first.
                let known = self.asked.get(&request.unit).is_some_and(|asked| asked.press == request.press);
                if !known {
                    let asked = Asked { press: request.press, at: observed.at, queued: false };
                    self.asked.insert(request.unit, asked);
                }
            }
            Sight::ToSite(_, _, ToSite::Queued(queued)) => {
                if let Some(asked) = self.asked.get_mut(&queued.unit).filter(|one| one.press == queued.press)
                {
                    asked.queued = true;
                }
            }
            Sight::ToSite(_, _, ToSite::Assert(order)) => {
                let Some(talker) = order.talker else { return };
                let asked = self.asked.get(&talker.unit).filter(|asked| asked.press == talker.press).copied();
                if let Some(asked) = asked {
                    if asked.queued {
                        self.wait.saturating_record(observed.at.since(asked.at).as_micros());
                    }
                    self.asked.remove(&talker.unit);
                }
            }
            Sight::FromSite(site, FromSite::Health(health)) => {
                for (number, load) in health.controls.iter().enumerate() {
                    let peak = self
                        .controls
                        .entry((*site, number))
                        .or_insert_with(|| ControlPeak::new(*site, number));
                    peak.see(load);
                }
            }
            Sight::FromSite(..)
            | Sight::ToSite(..)
            | Sight::ToConsole(..)
            | Sight::Record(_)
            | Sight::Attempt(_)
            | Sight::Ordered(..)
            | Sight::Station(..) => {}
            Sight::Controller(event) => {
                let over = self.traffic.advance(event.at);
                self.held_us += over.iter().map(|period| period.system.held_us).sum::<u64>();
                self.traffic.note(event.at, &event.kind, |_| 0);
                self.note(&event.kind);
            }
            Sight::Handset(unit, event) => self.notice(*unit, event, observed.at),
        }
    }

    /// A loudspeaker played something.
    pub fn hear(&mut self, heard: &Heard) {
        let known = self.next_position.get(&heard.unit).filter(|(spurt, _)| *spurt == heard.spurt);
        let next = known.map_or(heard.position, |(_, next)| *next);
        let skipped = heard.position.saturating_sub(next);
        let covered = u32::try_from(heard.frames.len()).expect("a run is short");
        self.next_position.insert(heard.unit, (heard.spurt, next.max(heard.position + covered)));
        let arrived = heard.frames.frames().iter().filter(|frame| frame.is_some()).count() as u64;
        self.frames_heard += arrived;
        self.frames_lost += u64::from(skipped) + u64::from(covered) - arrived;
    }

    fn note(&mut self, kind: &EventKind) {
        match kind {
            EventKind::CallAnswered { .. } => self.granted += 1,
            EventKind::CallGranted { call, .. } => {
                self.granted += 1;
                self.granted_last = Some(*call);
            }
            // A grant's own talker is announced as well.
            EventKind::FloorTaken { call, .. } if self.granted_last.take() == Some(*call) => {}
            EventKind::FloorTaken { .. } => self.floors += 1,
            EventKind::CallQueued { position: 1.., .. } => self.queued += 1,
            EventKind::Registered { .. } => self.registered += 1,
            EventKind::CallRefused { cause, .. }
            | EventKind::FloorRefused { cause, .. }
            | EventKind::RegisterRefused { cause, .. } => *self.refused.entry(*cause).or_default() += 1,
            EventKind::CallReleased { cause, .. } => *self.released.entry(*cause).or_default() += 1,
            EventKind::SiteUp { .. }
            | EventKind::SiteLost { .. }
            | EventKind::SiteServedAlone { .. }
            | EventKind::SiteServedFailsoft { .. }
            | EventKind::SiteInFailsoft { .. }
            | EventKind::ControlMoved { .. }
            | EventKind::SlotHealth { .. }
            | EventKind::SlotTested { .. }
            | EventKind::NetworkAlarm { .. }
            | EventKind::Deregistered { .. }
            | EventKind::Moved { .. }
            | EventKind::Cloned { .. }
            | EventKind::Affiliated { .. }
            | EventKind::CallQueued { .. }
            | EventKind::CallCancelled { .. }
            | EventKind::CallCalledBack { .. }
            | EventKind::UnitPaged { .. }
            | EventKind::UnitRings { .. }
            | EventKind::SiteJoined { .. }
            | EventKind::SiteLeft { .. }
            | EventKind::FloorQueued { .. }
            | EventKind::FloorReleased { .. }
            | EventKind::EmergencyRaised { .. }
            | EventKind::EmergencyOver { .. }
            | EventKind::CallArea { .. }
            | EventKind::EmergencyBegan { .. }
            | EventKind::CallReaches { .. }
            | EventKind::Patched { .. }
            | EventKind::Unpatched { .. }
            | EventKind::Configured { .. }
            | EventKind::EmergencyAcknowledged { .. }
            | EventKind::EmergencyCleared { .. }
            | EventKind::OrderRefused { .. }
            | EventKind::RadioOrderPending { .. }
            | EventKind::RadioOrderDone { .. }
            | EventKind::RadioOrderFailed { .. }
            | EventKind::Monitored { .. }
            | EventKind::RightsChanged { .. }
            | EventKind::MessageSent { .. }
            | EventKind::MessageDelivered { .. }
            | EventKind::MessageRefused { .. }
            | EventKind::AlertOver { .. }
            | EventKind::Dropped { .. } => {}
        }
    }

    fn notice(&mut self, unit: UnitId, event: &HandsetEvent, at: Moment) {
        match event {
            HandsetEvent::TalkPermit { .. } | HandsetEvent::FailsoftPermit => {
                if let Some(pressed) = self.pressed.remove(&unit) {
                    self.permit.saturating_record(at.since(pressed).as_micros());
                }
            }
            HandsetEvent::Refused { cause } => {
                *self.presses_refused.entry(*cause).or_default() += 1;
                self.pressed.remove(&unit);
            }
            HandsetEvent::OutOfRange
            | HandsetEvent::LeavesFor { .. }
            | HandsetEvent::Camped { .. }
            | HandsetEvent::Searches { .. }
            | HandsetEvent::FindsControl { .. }
            | HandsetEvent::Subscribed { .. }
            | HandsetEvent::Registered { .. }
            | HandsetEvent::RegisterRefused { .. }
            | HandsetEvent::Affiliated { .. }
            | HandsetEvent::Queued { .. }
            | HandsetEvent::FloorQueued { .. }
            | HandsetEvent::TalkWarning { .. }
            | HandsetEvent::FloorLost { .. }
            | HandsetEvent::CalledBack
            | HandsetEvent::Emergency { .. }
            | HandsetEvent::Rings { .. }
            | HandsetEvent::RingOver { .. }
            | HandsetEvent::CalledRings { .. }
            | HandsetEvent::TalkEnded { .. }
            | HandsetEvent::Joined { .. }
            | HandsetEvent::Hears { .. }
            | HandsetEvent::Left { .. }
            | HandsetEvent::Failsoft { .. }
            | HandsetEvent::FailsoftTone
            | HandsetEvent::FailsoftTalkEnded
            | HandsetEvent::FailsoftHears { .. }
            | HandsetEvent::FailsoftOver { .. }
            | HandsetEvent::Stunned
            | HandsetEvent::Revived
            | HandsetEvent::Killed
            | HandsetEvent::Regrouped { .. }
            | HandsetEvent::Restored { .. }
            | HandsetEvent::ShowsStatus { .. }
            | HandsetEvent::Alerted { .. }
            | HandsetEvent::AlertOver { .. }
            | HandsetEvent::MessageDelivered
            | HandsetEvent::MessageRefused { .. }
            | HandsetEvent::Service { .. } => {}
        }
    }

    /// The sums so far, with what talkers said.
    pub fn summary(&self, spoken: Spoken) -> Summary {
        let by_name = |counts: &BTreeMap<Cause, u64>| {
            counts.iter().map(|(cause, count)| (cause.name(), *count)).collect()
        };
        Summary {
            presses: self.presses,
            permits: self.permit.len(),
            presses_refused_by_cause: by_name(&self.presses_refused),
            registered: self.registered,
            granted: self.granted,
            floors: self.floors,
            queued: self.queued,
            refused: self.refused.values().sum(),
            refused_by_cause: by_name(&self.refused),
            released_by_cause: by_name(&self.released),
            queue_wait: Quantiles::of(&self.wait),
            press_to_talk_permit: Quantiles::of(&self.permit),
            voice_frames_sent: spoken.sent,
            voice_frames_clipped: spoken.clipped,
            voice_frames_delivered: self.frames_heard,
            voice_frames_lost: self.frames_lost,
            control_channels: self.controls.values().copied().collect(),
            erlangs: self.erlangs(),
        }
    }

    /// Slots held by calls, on average from the origin to the last thing that was seen.
    fn erlangs(&self) -> f64 {
        let over = self.traffic.clone().finish(self.last);
        let held_us = self.held_us + over.iter().map(|period| period.system.held_us).sum::<u64>();
        erlangs(held_us, self.last.since(Moment::ORIGIN))
    }
}

/// What talkers said, in vocoder frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spoken {
    /// Sent.
    pub sent: u64,
    /// Cut off, for they were spoken before the talk permit.
    pub clipped: u64,
}

/// Median and tail of a distribution of times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// How many times were measured.
    pub count: u64,
    /// Half were no longer than this, in milliseconds.
    pub p50_ms: f64,
    /// 99 in 100 were no longer than this, in milliseconds.
    pub p99_ms: f64,
    /// The longest, in milliseconds.
    pub max_ms: f64,
}

impl Quantiles {
    fn of(histogram: &Histogram<u64>) -> Self {
        let millis = |micros: u64| micros as f64 / 1_000.0;
        Self {
            count: histogram.len(),
            p50_ms: millis(histogram.value_at_quantile(0.5)),
            p99_ms: millis(histogram.value_at_quantile(0.99)),
            max_ms: millis(histogram.max()),
        }
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return f.write_str("nothing to measure");
        }
        write!(f, "p50 {:.1} ms, p99 {:.1} ms ({} measured)", self.p50_ms, self.p99_ms, self.count)
    }
}

/// The sums of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Registrations accepted.
    pub registered: u64,
    /// Times that a button went down.
    pub presses: u64,
    /// Those that led to a talk permit.
    pub permits: u64,
    /// Those that were refused, by cause: by the network, or by the handset that heard another talk.
    pub presses_refused_by_cause: BTreeMap<&'static str, u64>,
    /// Calls granted.
    pub granted: u64,
    /// Further talkers who got the floor of a call that stood.
    pub floors: u64,
    /// Requests that had to wait.
    pub queued: u64,
    /// Requests refused, for any cause.
    pub refused: u64,
    /// The same by cause.
    pub refused_by_cause: BTreeMap<&'static str, u64>,
    /// Calls released, by cause.
    pub released_by_cause: BTreeMap<&'static str, u64>,
    /// From a queued request's arrival at the controller to its grant; requests that did not wait are left out.
    pub queue_wait: Quantiles,
    /// From the button to the grant at the handset, its talk permit.
    pub press_to_talk_permit: Quantiles,
    /// Vocoder frames that talkers sent.
    pub voice_frames_sent: u64,
    /// Vocoder frames that were spoken before the talk permit, and so cut off.
    pub voice_frames_clipped: u64,
    /// Vocoder frames that loudspeakers played; a group call has many listeners.
    pub voice_frames_delivered: u64,
    /// Vocoder frames that loudspeakers missed in the middle of speech.
    pub voice_frames_lost: u64,
    /// The worst ten seconds of each control channel, in the order of sites.
    pub control_channels: Vec<ControlPeak>,
    /// Slots held by calls, on average over the run: the traffic in Erlangs.
    pub erlangs: f64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "registrations          {}", self.registered)?;
        writeln!(f, "presses                {}, {} of them may talk", self.presses, self.permits)?;
        for (cause, count) in &self.presses_refused_by_cause {
            writeln!(f, "  refused              {count} {cause}")?;
        }
        writeln!(
            f,
            "calls                  {} granted, {} queued, {} refused; {} more talkers in them",
            self.granted, self.queued, self.refused, self.floors
        )?;
        for (cause, count) in &self.refused_by_cause {
            writeln!(f, "  refused              {count} {cause}")?;
        }
        for (cause, count) in &self.released_by_cause {
            writeln!(f, "  released             {count} {cause}")?;
        }
        writeln!(f, "traffic                {:.2} Erlang", self.erlangs)?;
        writeln!(f, "push-to-talk to grant  {}", self.press_to_talk_permit)?;
        writeln!(f, "wait in the queue      {}", self.queue_wait)?;
        for peak in busiest(&self.control_channels) {
            writeln!(f, "control channel        {peak}")?;
        }
        write!(
            f,
            "voice frames           {} sent, {} clipped before the permit, {} delivered, {} lost",
            self.voice_frames_sent,
            self.voice_frames_clipped,
            self.voice_frames_delivered,
            self.voice_frames_lost
        )
    }
}
