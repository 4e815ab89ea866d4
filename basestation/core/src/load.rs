//! The load of one control channel over a window that slides in steps (docs/call-processing.md, clause 12.12.5).

use trunklab_protocol::load::{ControlLoad, LOAD_WINDOW};
use trunklab_protocol::{Moment, SlotAddress, Span};

use crate::access::Outcome;

/// How far the window slides at once.
const STEP: Span = Span::from_secs(1);

/// How many steps it has.
const STEPS: usize = (LOAD_WINDOW.as_micros() / STEP.as_micros()) as usize;

/// What happened on a control channel in the last steps.
#[derive(Debug, Clone, Default)]
pub struct Load {
    steps: [Step; STEPS],
    /// Opportunities counted so far, from the station's origin; `None` before the first, and after a time in which the
    /// channel was not heard.
    counted: Option<u32>,
}

/// One step; all of it saturates.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// Steps since the origin of time.
    number: u64,
    words: u16,
    words_busy: u16,
    grants_again: u16,
    wait_max: Span,
    late_entry_put_off: u16,
    late_entry_delay_max: Span,
    opportunities: u16,
    bursts: u32,
    collided: u32,
    captured: u16,
}

impl Load {
    /// A word was said, to somebody or not.
    pub fn said(&mut self, now: Moment, busy: bool) {
        let step = self.step(now);
        step.words = step.words.saturating_add(1);
        step.words_busy = step.words_busy.saturating_add(u16::from(busy));
    }

    /// It was a grant, not for the first time.
    pub fn said_again(&mut self, now: Moment) {
        let step = self.step(now);
        step.grants_again = step.grants_again.saturating_add(1);
    }

    /// It had waited to be said for the first time.
    pub fn waited(&mut self, now: Moment, wait: Span) {
        let step = self.step(now);
        step.wait_max = step.wait_max.max(wait);
    }

    /// It was for latecomers, and this much later than due.
    pub fn put_off(&mut self, now: Moment, delay: Span) {
        if delay > Span::ZERO {
            let step = self.step(now);
            step.late_entry_put_off = step.late_entry_put_off.saturating_add(1);
            step.late_entry_delay_max = step.late_entry_delay_max.max(delay);
        }
    }

    /// So many opportunities were over since the station's origin.
    pub fn count_opportunities(&mut self, now: Moment, over: u32) {
        let since = over.saturating_sub(self.counted.replace(over).unwrap_or(over));
        let step = self.step(now);
        step.opportunities = step.opportunities.saturating_add(u16::try_from(since).unwrap_or(u16::MAX));
    }

    /// From now on the channel is elsewhere, or a call has it.
    pub const fn pause(&mut self) {
        self.counted = None;
    }

    /// What became of an opportunity in which something was sent.
    pub fn heard(&mut self, now: Moment, outcome: &Outcome) {
        let (taken, lost) = (outcome.taken.is_some(), u32::from(outcome.lost));
        let step = self.step(now);
        step.bursts = step.bursts.saturating_add(lost + u32::from(taken));
        step.collided = step.collided.saturating_add(lost);
        step.captured = step.captured.saturating_add(u16::from(taken && lost > 0));
    }

    /// The sums, with what waits now and since when the first of it does.
    pub fn sums(&self, now: Moment, at: SlotAddress, waiting: usize, since: Option<Moment>) -> ControlLoad {
        let last = number(now);
        let waits_now = since.map_or(Span::ZERO, |since| now.since(since));
        let none = Step { wait_max: waits_now, ..Step::default() };
        let within = |step: &&Step| step.number + STEPS as u64 > last && step.number <= last;
        let sum = self.steps.iter().filter(within).fold(none, Step::plus);
        ControlLoad {
            at,
            words: sum.words,
            words_busy: sum.words_busy,
            grants_again: sum.grants_again,
            waiting: u16::try_from(waiting).unwrap_or(u16::MAX),
            wait_ms_max: millis(sum.wait_max),
            late_entry_put_off: sum.late_entry_put_off,
            late_entry_delay_ms_max: millis(sum.late_entry_delay_max),
            opportunities: sum.opportunities,
            bursts: sum.bursts,
            collided: sum.collided,
            captured: sum.captured,
        }
    }

    fn step(&mut self, now: Moment) -> &mut Step {
        let number = number(now);
        let step = &mut self.steps[(number % STEPS as u64) as usize];
        if step.number != number {
            *step = Step { number, ..Step::default() };
        }
        step
    }
}

impl Step {
    fn plus(self, other: &Self) -> Self {
        Self {
            number: self.number,
            words: self.words.saturating_add(other.words),
            words_busy: self.words_busy.saturating_add(other.words_busy),
            grants_again: self.grants_again.saturating_add(other.grants_again),
            wait_max: self.wait_max.max(other.wait_max),
            late_entry_put_off: self.late_entry_put_off.saturating_add(other.late_entry_put_off),
            late_entry_delay_max: self.late_entry_delay_max.max(other.late_entry_delay_max),
            opportunities: self.opportunities.saturating_add(other.opportunities),
            bursts: self.bursts.saturating_add(other.bursts),
            collided: self.collided.saturating_add(other.collided),
            captured: self.captured.saturating_add(other.captured),
        }
    }
}

fn number(now: Moment) -> u64 {
    now.since(Moment::ORIGIN).as_micros() / STEP.as_micros()
}

fn millis(span: Span) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{CarrierNumber, SlotNumber};

    use super::*;

    fn at(secs: u64) -> Moment {
        Moment::ORIGIN + Span::from_secs(secs)
    }

    fn sums(load: &Load, now: Moment) -> ControlLoad {
        let place =
            SlotAddress { carrier: CarrierNumber::new(12).unwrap(), slot: SlotNumber::new(0).unwrap() };
        load.sums(now, place, 0, None)
    }

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut load = Load::default();
        load.said(at(3), true);
        load.waited(at(3), Span::from_secs(2));
        for second in 4..13 {
            load.said(at(second), false);
        }
        let before = sums(&load, at(12));
        assert_eq!((before.words, before.words_busy, before.wait_ms_max), (10, 1, 2_000));
        assert_eq!(before.busy_percent(), Some(10));
        let after = sums(&load, at(13));
        assert_eq!((after.words, after.words_busy, after.wait_ms_max), (9, 0, 0));
        assert_eq!(sums(&load, at(60)).busy_percent(), None, "nothing was said for a long time");
    }

    #[test]
    fn a_word_that_still_waits_counts_by_its_age() {
        let load = Load::default();
        let place =
            SlotAddress { carrier: CarrierNumber::new(12).unwrap(), slot: SlotNumber::new(0).unwrap() };
        let sums = load.sums(at(9), place, 7, Some(at(4)));
        assert_eq!((sums.waiting, sums.wait_ms_max), (7, 5_000));
    }

    #[test]
    fn opportunities_are_counted_while_the_channel_is_heard() {
        let mut load = Load::default();
        load.count_opportunities(at(1), 100);
        load.count_opportunities(at(2), 110);
        load.pause();
        load.count_opportunities(at(4), 130);
        load.count_opportunities(at(5), 131);
        assert_eq!(sums(&load, at(5)).opportunities, 11);
    }

    #[test]
    fn bursts_that_met_are_lost_or_one_of_them_captures() {
        let mut load = Load::default();
        load.heard(at(1), &Outcome { taken: None, lost: 3 });
        load.heard(at(1), &Outcome { taken: None, lost: 2 });
        let sums = sums(&load, at(1));
        assert_eq!((sums.bursts, sums.collided, sums.captured), (5, 5, 0));
    }
}
