//! Random access: one word, said until it is answered (docs/protocol.md, clause 5.3).
//!
//! The first try takes the first opportunity. A try that nothing answers within `wait` opportunities is repeated,
//! spread evenly over the opportunities that follow, over the more the more radios wait, until the tries are used up.

use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{BurstPlace, Moment, SlotAddress, Span};

use super::camp::Camp;
use super::clock::Opportunity;
use super::dice::Dice;
use crate::deadline::{Deadline, Why};

/// What a user asks for is spread over no more opportunities than this, however many radios wait to register.
const ASKED_SPREAD_MAX: u16 = 64;

/// One word on its way.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) word: UplinkWord,
    channel: Channel,
    at: SlotAddress,
    /// Whether it is for the control channel, wherever that is.
    common: bool,
    urgent: bool,
    limit: u8,
    tries: u8,
    next: Next,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    Send(Opportunity),
    Answer { until: Moment },
}

/// What a due moment leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send the word here, now.
    Send(BurstPlace),
    /// The opportunity was missed or the next one is awaited.
    Wait,
    /// Nothing answered.
    GiveUp,
}

/// How often a word is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// As often as the site says for this kind.
    Request(RequestKind),
    /// So many times, for words that nothing answers.
    Times(u8),
}

/// Whom a word makes way for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// Nobody.
    Emergency,
    /// Nobody but emergencies: what it goes on with is soon over, and few are so far.
    Begun,
    /// Emergencies: a user waits for it.
    Asked,
    /// Everybody: radios come in crowds.
    Crowd,
}

impl Haste {
    const fn of(word: &UplinkWord, urgent: bool) -> Self {
        match word {
            _ if urgent => Self::Emergency,
            UplinkWord::Register(_) | UplinkWord::Affiliate(_) => Self::Crowd,
            UplinkWord::Answer(_) => Self::Begun,
            UplinkWord::Alarm(_) => Self::Emergency,
            UplinkWord::Detach(_)
            | UplinkWord::CallRequest(_)
            | UplinkWord::CallCancel(_)
            | UplinkWord::PttReleased(_)
            | UplinkWord::UnitRequest(_)
            | UplinkWord::PageAnswer(_)
            | UplinkWord::HangUp(_)
            | UplinkWord::Handover(_)
            | UplinkWord::FloorRequest(_)
            | UplinkWord::TalkEnd(_)
            | UplinkWord::Leaving(_)
            | UplinkWord::Voice(_)
            | UplinkWord::FailsoftVoice(_)
            | UplinkWord::OrderAnswer(_)
            | UplinkWord::NetworkChallenge(_)
            | UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_) => Self::Asked,
        }
    }
}

impl Access {
    /// On the control channel, at the first opportunity from `from` on.
    pub(super) fn on_control(camp: &Camp, word: UplinkWord, persistence: Persistence, from: Moment) -> Self {
        Self::new(camp, Channel::Control, camp.control, word, persistence, from)
    }

    /// On a call's own slot.
    pub(super) fn on_traffic(
        camp: &Camp,
        at: SlotAddress,
        word: UplinkWord,
        persistence: Persistence,
        from: Moment,
    ) -> Self {
        Self::new(camp, Channel::Traffic, at, word, persistence, from)
    }

    fn new(
        camp: &Camp,
        channel: Channel,
        at: SlotAddress,
        word: UplinkWord,
        persistence: Persistence,
        from: Moment,
    ) -> Self {
        let limit = match persistence {
            Persistence::Request(RequestKind::Normal) => camp.access.tries,
            Persistence::Request(RequestKind::Emergency) => camp.access.tries_emergency,
            Persistence::Times(times) => times,
        };
        let next = Next::Send(camp.next_uplink(channel, at, from));
        let common = channel == Channel::Control;
        let urgent = persistence == Persistence::Request(RequestKind::Emergency);
        Self { word, channel, at, common, urgent, limit: limit.max(1), tries: 0, next }
    }

    /// When and why to come back.
    pub(super) fn deadline(&self) -> Deadline {
        match self.next {
            Next::Send(opportunity) => Deadline { at: opportunity.at, why: Why::AccessOpportunity },
            Next::Answer { until } => Deadline { at: until, why: Why::AnswerOverdue },
        }
    }

    /// The control channel is elsewhere now: a word for it is said there, even one that may have been heard before.
    pub(super) fn aim(&mut self, camp: &Camp, now: Moment) {
        if self.common && self.at != camp.control {
            (self.channel, self.at) = (Channel::Control, camp.control);
            self.next = Next::Send(camp.next_uplink(self.channel, self.at, now));
        }
    }

    /// Whether the word cannot be said where it was to be: it waits, or goes the way that is open. Emergencies go first.
    fn turns(&mut self, now: Moment, opportunity: Opportunity, camp: &Camp, dice: &mut Dice) -> bool {
        match camp.way() {
            _ if !self.common => false,
            None => {
                let later = opportunity.count.saturating_add(1);
                self.next = Next::Send(camp.uplink(self.channel, self.at, later));
                true
            }
            Some(way) if way == (self.channel, self.at) => false,
            Some((channel, at)) => {
                (self.channel, self.at) = (channel, at);
                let first = camp.next_uplink(channel, at, now);
                let spread = if self.urgent { 1 } else { self.spread(camp) };
                let count = first.count.saturating_add(dice.below(spread));
                self.next = Next::Send(camp.uplink(channel, at, count));
                true
            }
        }
    }

    /// Whether others are the reason why nothing answers, as the site says: trying again costs them no more than it allows,
    /// and does not count.
    fn is_in_crowd(&self, camp: &Camp) -> bool {
        let is_crowded = camp.backoff_now > u16::from(camp.access.backoff.max(1));
        is_crowded && matches!(Haste::of(&self.word, self.urgent), Haste::Begun | Haste::Crowd)
    }

    /// From how many opportunities a retry is drawn: one at least.
    fn spread(&self, camp: &Camp) -> u32 {
        let rules = u16::from(camp.access.backoff.max(1));
        let all = camp.backoff_now.max(rules);
        u32::from(match Haste::of(&self.word, self.urgent) {
            Haste::Emergency | Haste::Begun => rules,
            Haste::Asked => all.min(ASKED_SPREAD_MAX.max(rules)),
            Haste::Crowd => all,
        })
    }

    /// Whether the word has been on the air.
    pub(super) fn was_sent(&self) -> bool {
        self.tries > 0
    }

    /// Times that the word was sent, but for further ones in a crowd.
    pub(super) fn tries(&self) -> u8 {
        self.tries
    }

    /// The network works on it: be patient before the word is said again.
    pub(super) fn be_patient(&mut self, now: Moment, patience: Span) {
        if self.was_sent() {
            self.next = Next::Answer { until: now + patience };
        }
    }

    /// Whether this word waits for the next place, for another word of this handset has just taken the one that it was
    /// to be said in.
    pub(super) fn gives_way(&mut self, now: Moment, camp: &Camp, taken: Option<BurstPlace>) -> bool {
        match (self.next, taken) {
            (Next::Send(opportunity), Some(taken))
                if (self.at, self.channel, opportunity.count) == (taken.at, taken.channel, taken.count) =>
            {
                self.next = Next::Send(camp.uplink(self.channel, self.at, taken.count.saturating_add(1)));
                self.deadline().at > now
            }
            (Next::Send(_) | Next::Answer { .. }, _) => false,
        }
    }

    /// To be called when the deadline has come.
    pub(super) fn fire(&mut self, now: Moment, camp: &Camp, dice: &mut Dice) -> Step {
        let next = self.next;
        match next {
            Next::Send(opportunity) if now > opportunity.at + camp.lateness_max(self.channel) => {
                self.next = Next::Send(camp.next_uplink(self.channel, self.at, now));
                Step::Wait
            }
            Next::Send(opportunity) if self.turns(now, opportunity, camp, dice) => Step::Wait,
            Next::Send(opportunity) => {
                self.tries = if self.is_in_crowd(camp) { self.tries.max(1) } else { self.tries + 1 };
                let beat = camp.profile.uplink_cadence(self.channel);
                let patience = beat.start(u32::from(camp.access.wait.max(1)));
                self.next = Next::Answer { until: opportunity.at + patience };
                Step::Send(BurstPlace { at: self.at, channel: self.channel, count: opportunity.count })
            }
            Next::Answer { .. } if self.tries >= self.limit => Step::GiveUp,
            Next::Answer { .. } => {
                let first = camp.next_uplink(self.channel, self.at, now);
                let later = dice.below(self.spread(camp));
                let count = first.count.saturating_add(later);
                self.next = Next::Send(camp.uplink(self.channel, self.at, count));
                Step::Wait
            }
        }
    }
}
