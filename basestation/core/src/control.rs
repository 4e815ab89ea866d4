//! The control channel's downlink: one word on every beat, the most urgent first. What a word says is settled when it
//! begins; radios have it when it ends.
//!
//! Words that are for somebody wait in bounded queues, one for each urgency. Late-entry words, the broadcast and the
//! neighbours do not wait: they are made on a beat that nothing more urgent takes. The order is a table (`urgency.rs`).
//! The broadcast is never later than its interval, whatever the load, so that a hunting radio finds the site.

use std::collections::{BTreeMap, VecDeque};

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::{
    Burst, DownlinkWord, EmergencyStatus, FailsoftChannel, Grant, Idle, Neighbour, Release, System,
};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{CallId, Cause, Moment, SlotAddress, Span, UnitId};

use crate::begun::Begun;
use crate::load::Load;
use crate::radiate::says_something;
use crate::timing::{Beat, Timing};
use crate::urgency::{URGENCIES, Urgency, WordOrder, Words};

/// A late-entry word that was put off for so many intervals is overdue (docs/call-processing.md, clause 12.12.1).
const LATE_ENTRY_PATIENCE: u64 = 3;

/// Failsoft channels told after one broadcast: the others are told after the next.
const FAILSOFT_AT_ONCE: usize = 8;

/// Where grants wait.
const GRANTS: [Urgency; 3] = [Urgency::EmergencyGrant, Urgency::Grant, Urgency::GrantAgain];

/// What late-entry words had to wait for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LateEntry {
    /// Words said.
    pub words: u64,
    /// Of them, those that were said later than they were due.
    pub put_off: u64,
    /// The longest time by which one was put off.
    pub delay_max: Span,
}

impl LateEntry {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            put_off: self.put_off + other.put_off,
            delay_max: self.delay_max.max(other.delay_max),
        }
    }
}

/// A word that waits.
#[derive(Debug, Clone)]
struct Pending {
    word: DownlinkWord,
    /// Since when, where it was not said at all yet.
    since: Option<Moment>,
    sayings_left: u8,
}

/// A beat, as whoever chooses its word must know it.
#[derive(Clone, Copy)]
struct Saying<'a> {
    /// When it begins.
    now: Moment,
    /// When its word ends.
    ends: Moment,
    /// When the word after it ends.
    ends_after: Moment,
    settings: &'a SiteSettings,
    /// Who the site is.
    system: &'a System,
}

/// What is said of one call: a word for each talkgroup that hears it.
pub type Grants = SmallVec<[Grant; 1]>;

/// A call that late-entry words tell of.
#[derive(Debug, Clone)]
struct Announced {
    grants: Grants,
    /// Whose radios are told next.
    next: usize,
    late_entry_due: Moment,
}

/// The control channel's downlink.
#[derive(Debug, Clone)]
pub struct ControlChannel {
    beat: Beat,
    begun: Option<Begun>,
    order: WordOrder,
    queues: [VecDeque<Pending>; URGENCIES],
    calls: BTreeMap<CallId, Announced>,
    system_said: Option<Moment>,
    system_was_last: bool,
    late_entry_was_last: bool,
    late_entry: LateEntry,
    neighbours_left: usize,
    neighbour_next: usize,
    failsoft_left: usize,
    failsoft_next: usize,
}

impl ControlChannel {
    /// A channel that speaks from the first word that begins after `now`.
    pub fn new(timing: &Timing, at: SlotAddress, now: Moment, order: WordOrder) -> Self {
        Self {
            order,
            beat: Beat::from(timing, Channel::Control, at, now),
            begun: None,
            queues: std::array::from_fn(|_| VecDeque::new()),
            calls: BTreeMap::new(),
            system_said: None,
            system_was_last: false,
            late_entry_was_last: false,
            late_entry: LateEntry::default(),
            neighbours_left: 0,
            neighbour_next: 0,
            failsoft_left: 0,
            failsoft_next: 0,
        }
    }

    /// Goes on in another slot when the word that is being radiated has ended: who it is, first of all.
    pub fn move_to(&mut self, timing: &Timing, at: SlotAddress, now: Moment) {
        let from = self.begun.as_ref().map_or(now, |begun| begun.ends.max(now));
        self.beat = Beat::from(timing, Channel::Control, at, from);
        self.broadcast_now();
    }

    /// Whether a grant is still to be said.
    pub fn has_grants(&self) -> bool {
        GRANTS.iter().any(|urgency| !self.queues[*urgency as usize].is_empty())
    }

    /// A word that goes with the call which has the control channel's slot, if one is due.
    pub fn aside(&mut self, now: Moment, settings: &SiteSettings, load: &mut Load) -> Option<DownlinkWord> {
        let interval = Span::from_millis(u64::from(settings.late_entry_interval_ms));
        self.order.rows().iter().find_map(|row| match row.words {
            Words::Wait { .. } | Words::Again { .. } => self.waiting(row.urgency, now, load),
            Words::Made if row.urgency == Urgency::LateEntry => self.late_entry(now, now, interval, load),
            Words::Made => None,
        })
    }

    /// When the next word begins.
    pub fn begins(&self, timing: &Timing) -> Moment {
        self.beat.settled(timing)
    }

    /// When the word that has begun ends.
    pub fn ends(&self) -> Option<Moment> {
        self.begun.as_ref().map(|begun| begun.ends)
    }

    /// Leaves out words that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u32 {
        let begun = self.begun.take_if(|begun| begun.is_too_late(now));
        u32::from(begun.is_some()) + self.beat.skip_late(timing, now)
    }

    /// Tells of a call at once and again, and from then on of its latest state to latecomers.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`]: only the late-entry words will tell of it.
    pub fn grant(&mut self, grants: Grants, late_entry_due: Moment, now: Moment) -> Result<(), Cause> {
        let Some(first) = grants.first().cloned() else { return Ok(()) };
        self.withdraw_grants(first.call);
        if let Some(talker) = first.talker {
            self.withdraw_waits(talker.unit);
        }
        let urgency = if first.emergency { Urgency::EmergencyGrant } else { Urgency::Grant };
        self.calls.insert(first.call, Announced { grants: grants.clone(), next: 0, late_entry_due });
        grants.into_iter().try_for_each(|grant| self.queue(urgency, grant.into(), now))
    }

    /// Corrects what latecomers will hear, without a grant: the floor became free.
    pub fn correct(&mut self, grants: Grants) {
        let Some(call) = grants.first().map(|grant| grant.call) else { return };
        self.withdraw_grants(call);
        if let Some(announced) = self.calls.get_mut(&call) {
            announced.grants = grants;
        }
    }

    /// Tells of a call's end and no more of the call.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn release(&mut self, call: CallId, cause: Cause, now: Moment) -> Result<(), Cause> {
        self.withdraw_grants(call);
        self.calls.remove(&call);
        self.queue(Urgency::Release, Release { call, cause }.into(), now)
    }

    /// Answers one radio. An answer takes the place of one to the same unit that was not yet said and told it only to wait:
    /// `Working`, or a place in a queue that it has left since.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn answer(&mut self, word: DownlinkWord, now: Moment) -> Result<(), Cause> {
        let urgency = urgency_of(&word);
        let Some(unit) = answered_unit(&word) else { return self.queue(urgency, word, now) };
        let answers = &self.queues[Urgency::Answer as usize];
        let stale = answers.iter().position(|pending| told_to_wait(&pending.word) == Some(unit));
        let first = stale.map(|place| (place, answers[place].clone()));
        self.withdraw_waits(unit);
        let answers = &mut self.queues[Urgency::Answer as usize];
        match first {
            Some((place, first)) if urgency == Urgency::Answer => {
                answers.retain(|pending| pending.word != word);
                answers.insert(place.min(answers.len()), Pending { word, ..first });
                Ok(())
            }
            Some(_) | None => self.queue(urgency, word, now),
        }
    }

    /// Tells one radio how far its emergency is; what it was told before is not said any more.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn emergency(&mut self, status: EmergencyStatus, now: Moment) -> Result<(), Cause> {
        self.queues[Urgency::Emergency as usize].retain(|pending| {
            !matches!(&pending.word, DownlinkWord::EmergencyStatus(other) if other.unit == status.unit)
        });
        self.queue(Urgency::Emergency, status.into(), now)
    }

    /// The broadcast is said on the next beat.
    pub fn broadcast_now(&mut self) {
        self.system_said = None;
    }

    /// The next word begins.
    pub fn begin(
        &mut self,
        timing: &Timing,
        settings: &SiteSettings,
        system: &System,
        now: Moment,
        load: &mut Load,
    ) {
        let (ends, ends_after) = (self.beat.ends(timing), self.beat.ends_after(timing));
        let word = self.choose(&Saying { now, ends, ends_after, settings, system }, load);
        load.said(now, says_something(&word));
        self.system_was_last = matches!(word, DownlinkWord::System(_));
        self.late_entry_was_last = matches!(&word, DownlinkWord::Grant(grant) if grant.late_entry);
        self.begun = Some(Begun { ends, burst: Burst { place: self.beat.take(), word } });
    }

    /// Whether the word that began last is the broadcast.
    pub const fn says_system(&self) -> bool {
        self.system_was_last
    }

    /// The word that has begun ends.
    pub fn end(&mut self) -> Option<Burst> {
        self.begun.take().map(|begun| begun.burst)
    }

    /// The most urgent word for this beat.
    fn choose(&mut self, beat: &Saying<'_>, load: &mut Load) -> DownlinkWord {
        let rows = self.order.rows();
        rows.iter().find_map(|row| self.say(row.urgency, beat, load)).unwrap_or_else(|| Idle {}.into())
    }

    /// What there is to say of one urgency.
    fn say(&mut self, urgency: Urgency, beat: &Saying<'_>, load: &mut Load) -> Option<DownlinkWord> {
        let Saying { now, ends, ends_after, settings, system } = *beat;
        let broadcast_interval = Span::from_millis(u64::from(settings.broadcast_interval_ms));
        let late_entry_interval = Span::from_millis(u64::from(settings.late_entry_interval_ms));
        match urgency {
            Urgency::EmergencyGrant
            | Urgency::Grant
            | Urgency::GrantAgain
            | Urgency::Release
            | Urgency::CallBack
            | Urgency::Emergency
            | Urgency::Page
            | Urgency::Answer => self.waiting(urgency, now, load),
            Urgency::BroadcastDue => {
                let late_on_next_beat =
                    self.system_said.is_none_or(|said| said + broadcast_interval < ends_after);
                // An interval shorter than two beats must not silence everything else.
                (late_on_next_beat && !self.system_was_last).then(|| self.system(ends, settings, system))
            }
            Urgency::LateEntryOverdue if self.late_entry_is_overdue(ends, late_entry_interval) => {
                self.late_entry(ends, ends_after, late_entry_interval, load)
            }
            Urgency::LateEntryOverdue => None,
            Urgency::LateEntry => self.late_entry(ends, ends_after, late_entry_interval, load),
            Urgency::Broadcast => {
                let half = Span::from_micros(broadcast_interval.as_micros() / 2);
                let half_over = self.system_said.is_none_or(|said| ends.since(said) >= half);
                half_over.then(|| self.system(ends, settings, system))
            }
            Urgency::Neighbour => self.neighbour(settings).or_else(|| self.failsoft_channel(settings)),
            Urgency::Idle => Some(Idle {}.into()),
        }
    }

    fn system(&mut self, now: Moment, settings: &SiteSettings, system: &System) -> DownlinkWord {
        self.system_said = Some(now);
        self.neighbours_left = settings.neighbours.len();
        self.failsoft_left = settings.failsoft.len().min(FAILSOFT_AT_ONCE);
        system.clone().into()
    }

    /// The next neighbour of those that are still to be said. The settings may have fewer, or none, since their round began.
    fn neighbour(&mut self, settings: &SiteSettings) -> Option<DownlinkWord> {
        self.neighbours_left = self.neighbours_left.min(settings.neighbours.len()).checked_sub(1)?;
        let neighbour = settings.neighbours[self.neighbour_next % settings.neighbours.len()];
        self.neighbour_next = (self.neighbour_next + 1) % settings.neighbours.len();
        Some(Neighbour { site: neighbour.site, carrier: neighbour.carrier }.into())
    }

    /// The next failsoft channel, likewise.
    fn failsoft_channel(&mut self, settings: &SiteSettings) -> Option<DownlinkWord> {
        self.failsoft_left = self.failsoft_left.min(settings.failsoft.len()).checked_sub(1)?;
        let place = settings.failsoft[self.failsoft_next % settings.failsoft.len()];
        self.failsoft_next = (self.failsoft_next + 1) % settings.failsoft.len();
        Some(FailsoftChannel { site: settings.site, talkgroup: place.talkgroup, at: place.at }.into())
    }

    /// The first word that waits, which may have to wait to be said again.
    fn waiting(&mut self, urgency: Urgency, now: Moment, load: &mut Load) -> Option<DownlinkWord> {
        let mut pending = self.queues[urgency as usize].pop_front()?;
        match pending.since.take() {
            Some(since) => load.waited(now, now.since(since)),
            None if matches!(pending.word, DownlinkWord::Grant(_)) => load.said_again(now),
            None => {}
        }
        let word = pending.word.clone();
        pending.sayings_left -= 1;
        let again = match self.order.words(urgency) {
            Words::Wait { again, .. } => again,
            Words::Again { .. } | Words::Made => urgency,
        };
        let queue = &mut self.queues[again as usize];
        if pending.sayings_left > 0 && queue.len() < self.order.waiting_max(again) {
            queue.push_back(pending);
        }
        Some(word)
    }

    /// Words that wait, those to be said again among them.
    pub fn waiting_count(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Since when the first word waits that was not said at all yet.
    pub fn waits_since(&self) -> Option<Moment> {
        self.queues.iter().flatten().filter_map(|pending| pending.since).min()
    }

    /// How late entry has fared.
    pub const fn late_entry_counts(&self) -> LateEntry {
        self.late_entry
    }

    /// Whether a latecomer has waited long enough for the answers to others. It takes every second word at most.
    fn late_entry_is_overdue(&self, now: Moment, interval: Span) -> bool {
        let patience = Span::from_micros(interval.as_micros().saturating_mul(LATE_ENTRY_PATIENCE));
        !self.late_entry_was_last
            && self.calls.values().any(|announced| announced.late_entry_due + patience <= now)
    }

    /// The call that has waited longest, of those whose late-entry word would be late on the next beat.
    fn late_entry(
        &mut self,
        now: Moment,
        next: Moment,
        interval: Span,
        load: &mut Load,
    ) -> Option<DownlinkWord> {
        let announced = self
            .calls
            .values_mut()
            .filter(|announced| announced.late_entry_due < next)
            .min_by_key(|announced| announced.late_entry_due)?;
        let delay = now.since(announced.late_entry_due);
        load.put_off(now, delay);
        self.late_entry.words += 1;
        self.late_entry.put_off += u64::from(delay > Span::ZERO);
        self.late_entry.delay_max = self.late_entry.delay_max.max(delay);
        let count = announced.grants.len();
        // Each talkgroup's radios are told once in an interval.
        announced.late_entry_due = now + Span::from_micros(interval.as_micros() / (count as u64).max(1));
        announced.next = (announced.next + 1) % count.max(1);
        let grant = announced.grants.get((announced.next + count - 1) % count.max(1))?;
        Some(Grant { late_entry: true, ..grant.clone() }.into())
    }

    fn queue(&mut self, urgency: Urgency, word: DownlinkWord, now: Moment) -> Result<(), Cause> {
        let Words::Wait { max, sayings, .. } = self.order.words(urgency) else {
            return Err(Cause::ControlChannelFull);
        };
        let queue = &mut self.queues[urgency as usize];
        if let Some(same) = queue.iter_mut().find(|pending| pending.word == word) {
            same.sayings_left = sayings;
            return Ok(());
        }
        if queue.len() >= max {
            return Err(Cause::ControlChannelFull);
        }
        queue.push_back(Pending { word, since: Some(now), sayings_left: sayings });
        Ok(())
    }

    fn withdraw_grants(&mut self, call: CallId) {
        for urgency in GRANTS {
            self.queues[urgency as usize]
                .retain(|pending| !matches!(&pending.word, DownlinkWord::Grant(grant) if grant.call == call));
        }
    }

    fn withdraw_waits(&mut self, unit: UnitId) {
        self.queues[Urgency::Answer as usize].retain(|pending| told_to_wait(&pending.word) != Some(unit));
    }
}

/// How urgent a word to one radio is.
fn urgency_of(word: &DownlinkWord) -> Urgency {
    if matches!(word, DownlinkWord::CallBack(_)) {
        Urgency::CallBack
    } else if tells_of_somebody(word) {
        Urgency::Page
    } else {
        Urgency::Answer
    }
}

/// Whether a word tells a radio what it has not asked for.
const fn tells_of_somebody(word: &DownlinkWord) -> bool {
    matches!(
        word,
        DownlinkWord::Page(_)
            | DownlinkWord::PageOver(_)
            | DownlinkWord::Status(_)
            | DownlinkWord::CallAlert(_)
            | DownlinkWord::AlertOver(_)
    )
}

/// The unit that a word tells no more than to wait.
fn told_to_wait(word: &DownlinkWord) -> Option<UnitId> {
    let waits =
        matches!(word, DownlinkWord::Working(_) | DownlinkWord::Queued(_) | DownlinkWord::FloorQueued(_));
    named_unit(word).filter(|_| waits)
}

/// The unit that a word is for, where it is for one.
pub fn named_unit(word: &DownlinkWord) -> Option<UnitId> {
    match word {
        DownlinkWord::Registered(word) => Some(word.unit),
        DownlinkWord::Affiliated(word) => Some(word.unit),
        DownlinkWord::Refused(word) => Some(word.unit),
        DownlinkWord::Queued(word) => Some(word.unit),
        DownlinkWord::Working(word) => Some(word.unit),
        DownlinkWord::Deregistered(word) => Some(word.unit),
        DownlinkWord::CallBack(word) => Some(word.unit),
        DownlinkWord::EmergencyStatus(word) => Some(word.unit),
        DownlinkWord::Page(word) => Some(word.unit),
        DownlinkWord::Ringing(word) => Some(word.unit),
        DownlinkWord::PageOver(word) => Some(word.unit),
        DownlinkWord::FloorRefused(word) => Some(word.unit),
        DownlinkWord::TalkWarning(word) => Some(word.unit),
        DownlinkWord::FloorWithdrawn(word) => Some(word.unit),
        DownlinkWord::FloorQueued(word) => Some(word.unit),
        DownlinkWord::RadioOrder(word) => Some(word.unit),
        DownlinkWord::NetworkAnswer(word) => Some(word.unit),
        DownlinkWord::Status(word) => word.to.unit(),
        DownlinkWord::CallAlert(word) => Some(word.unit),
        DownlinkWord::AlertOver(word) => Some(word.unit),
        DownlinkWord::MessageDelivered(word) => Some(word.unit),
        DownlinkWord::MessageRefused(word) => Some(word.unit),
        DownlinkWord::Idle(_)
        | DownlinkWord::System(_)
        | DownlinkWord::Neighbour(_)
        | DownlinkWord::ControlAt(_)
        | DownlinkWord::FailsoftChannel(_)
        | DownlinkWord::FailsoftOpen(_)
        | DownlinkWord::FailsoftVoice(_)
        | DownlinkWord::FailsoftOver(_)
        | DownlinkWord::Challenge(_)
        | DownlinkWord::RegisterRefused(_)
        | DownlinkWord::Grant(_)
        | DownlinkWord::Release(_)
        | DownlinkWord::Voice(_)
        | DownlinkWord::FloorTaken(_)
        | DownlinkWord::FloorIdle(_) => None,
    }
}

/// Whose request a word settles.
fn answered_unit(word: &DownlinkWord) -> Option<UnitId> {
    match word {
        DownlinkWord::Affiliated(word) => Some(word.unit),
        DownlinkWord::Refused(word) => Some(word.unit),
        DownlinkWord::Queued(word) => Some(word.unit),
        DownlinkWord::Deregistered(word) => Some(word.unit),
        DownlinkWord::CallBack(word) => Some(word.unit),
        DownlinkWord::FloorQueued(word) => Some(word.unit),
        DownlinkWord::Ringing(word) => Some(word.unit),
        DownlinkWord::MessageDelivered(word) => Some(word.unit),
        DownlinkWord::MessageRefused(word) => Some(word.unit),
        DownlinkWord::Page(_)
        | DownlinkWord::Status(_)
        | DownlinkWord::CallAlert(_)
        | DownlinkWord::AlertOver(_)
        | DownlinkWord::PageOver(_)
        | DownlinkWord::Idle(_)
        | DownlinkWord::System(_)
        | DownlinkWord::Neighbour(_)
        | DownlinkWord::ControlAt(_)
        | DownlinkWord::FailsoftChannel(_)
        | DownlinkWord::FailsoftOpen(_)
        | DownlinkWord::FailsoftVoice(_)
        | DownlinkWord::FailsoftOver(_)
        | DownlinkWord::Challenge(_)
        | DownlinkWord::Registered(_)
        | DownlinkWord::RegisterRefused(_)
        | DownlinkWord::Working(_)
        | DownlinkWord::Grant(_)
        | DownlinkWord::Release(_)
        | DownlinkWord::Voice(_)
        | DownlinkWord::FloorTaken(_)
        | DownlinkWord::FloorIdle(_)
        | DownlinkWord::FloorRefused(_)
        | DownlinkWord::EmergencyStatus(_)
        | DownlinkWord::TalkWarning(_)
        | DownlinkWord::FloorWithdrawn(_)
        | DownlinkWord::RadioOrder(_)
        | DownlinkWord::NetworkAnswer(_) => None,
    }
}
