//! How many radios wait to be heard on a control channel, as far as it can be known (docs/protocol.md, clause
//! 5.3.7).
//!
//! Nobody counts them: a receiver knows of an opportunity only whether one burst came, none, or several. The estimate is
//! Rivest's: what is right on average where each of the radios sends in one opportunity of as many as there are radios. It
//! is slow where it is far off, as when a thousand come in one moment; that shows by the same thing happening over and over.

use trunklab_protocol::air_downlink::AccessRules;

/// A radio, in the unit of the estimate.
const RADIO: u32 = 1_000;

/// By how much a collision raises it: 1 / (e - 2).
const COLLISION: u32 = 1_392;

/// So many collisions in a row happen by chance once in a hundred million: they double the estimate. Radios have heard of one
/// such step by the next.
const FAR_OFF: u32 = 16;

/// More radios than this are not told apart.
const RADIOS_MAX: u32 = 2_000;

/// The estimate of one control channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backlog {
    /// In thousandths of a radio.
    waiting: u32,
    /// Opportunities seen, from the station's origin; `None` before the first, and after a time in which the channel was not
    /// heard.
    seen: Option<u32>,
    /// Collisions in a row, up to now.
    collisions: u32,
    /// What radios are told, or will be at once.
    told: u16,
}

impl Backlog {
    /// So many opportunities are over since the station's origin, and nothing came in those that are new.
    pub fn nobody_came(&mut self, over: u32) {
        let since = over.saturating_sub(self.seen.replace(over).unwrap_or(over));
        if since > 0 {
            self.collisions = 0;
            self.waiting = self.waiting.saturating_sub(since.saturating_mul(RADIO));
        }
    }

    /// In the last of so many opportunities one burst was received, or several were lost. Whether radios must be told at once,
    /// for it is twice what they know.
    pub fn heard(&mut self, over: u32, received: bool, rules: AccessRules) -> bool {
        self.nobody_came(over.saturating_sub(1));
        self.seen = Some(over);
        if received {
            self.collisions = 0;
            self.waiting = self.waiting.saturating_sub(RADIO);
            return false;
        }
        self.collisions += 1;
        let is_far_off = self.collisions == FAR_OFF;
        if is_far_off {
            self.collisions = 0;
        }
        let waiting = (self.waiting + COLLISION) * if is_far_off { 2 } else { 1 };
        self.waiting = waiting.min(RADIOS_MAX * RADIO);
        let backoff = self.backoff(rules);
        let is_news = backoff >= self.told.saturating_mul(2).max(u16::from(rules.backoff) + 1);
        if is_news {
            self.told = backoff;
        }
        is_news
    }

    /// From now on the channel is elsewhere, or a call has it.
    pub const fn pause(&mut self) {
        self.seen = None;
    }

    /// The broadcast says this now.
    pub const fn told(&mut self, backoff: u16) {
        self.told = backoff;
    }

    /// How many opportunities a retry is drawn from, so that in each of them one radio sends on average: it waits for its
    /// answer first, and then for half of them.
    pub fn backoff(self, rules: AccessRules) -> u16 {
        let beyond_wait = self.waiting.div_ceil(RADIO).saturating_sub(u32::from(rules.wait));
        let spread = u16::try_from(2 * beyond_wait).unwrap_or(u16::MAX);
        spread.max(u16::from(rules.backoff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: AccessRules = AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 };

    fn after_collisions(count: u32) -> Backlog {
        let mut backlog = Backlog::default();
        for over in 1..=count {
            backlog.heard(over, false, RULES);
        }
        backlog
    }

    #[test]
    fn a_few_collisions_change_nothing() {
        assert_eq!(after_collisions(0).backoff(RULES), 8);
        assert_eq!(after_collisions(7).backoff(RULES), 8, "9.7 radios, of which 6 wait for answers");
    }

    #[test]
    fn one_collision_after_another_doubles_it_up_to_its_bound() {
        assert_eq!(after_collisions(15).backoff(RULES), 2 * (21 - 6));
        assert_eq!(after_collisions(16).backoff(RULES), 2 * (45 - 6), "twice 22.3 radios");
        assert_eq!(after_collisions(31).backoff(RULES), 2 * (66 - 6), "15 collisions later");
        assert_eq!(after_collisions(32).backoff(RULES), 2 * (134 - 6), "twice 66.8 radios");
        assert_eq!(after_collisions(100_000).backoff(RULES), 2 * (2_000 - 6));
    }

    /// By Rivest's rule alone: of two opportunities one is received in, which makes 0.392 more.
    #[test]
    fn where_some_are_received_it_grows_by_the_collisions_alone() {
        let mut backlog = Backlog::default();
        for over in 1..=500 {
            backlog.heard(over, over % 2 == 0, RULES);
        }
        assert_eq!(backlog.backoff(RULES), 2 * (98 - 6));
    }

    #[test]
    fn silence_takes_it_back() {
        let mut backlog = after_collisions(32);
        backlog.nobody_came(32 + 34);
        assert_eq!(backlog.backoff(RULES), 2 * (100 - 6), "34 opportunities in which nobody came");
        backlog.nobody_came(32 + 200);
        assert_eq!(backlog.backoff(RULES), 8);
    }

    #[test]
    fn radios_are_told_at_once_of_twice_as_many() {
        let mut backlog = Backlog::default();
        backlog.told(8);
        let news: Vec<u32> = (1..=40).filter(|over| backlog.heard(*over, false, RULES)).collect();
        assert_eq!(news, [10, 16, 32], "16, 78 and 256 opportunities");
    }

    #[test]
    fn time_in_which_the_channel_was_not_heard_is_no_silence() {
        let mut backlog = after_collisions(32);
        backlog.pause();
        backlog.nobody_came(5_000);
        assert_eq!(backlog.backoff(RULES), 2 * (134 - 6));
    }
}
