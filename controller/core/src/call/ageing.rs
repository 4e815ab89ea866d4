//! What time does to a request: who talked just before goes first, and who waits comes to count more (clauses 12.5.9 and
//! 12.5.10).
//!
//! A request's rank changes at two kinds of moment alone, each a timer of its own: when it has waited for as long as recent
//! users go first, and whenever it has waited for another step of ageing. Each takes it out of the queue and puts it in
//! anew, and there are at most ten of them for one request.

use trunklab_protocol::{Priority, Span, UnitId};

use super::queue::{Recency, Request};
use crate::controller::Controller;
use crate::registry::talkgroups::TalkgroupState;
use crate::timers::TimerKey;

impl Controller {
    /// Whether a request that comes now carries on a conversation of its talkgroup.
    pub(crate) fn recency(&self, talkgroup: &TalkgroupState) -> Recency {
        let within = self.recent_user();
        match talkgroup.talked {
            Some(talked) if within > Span::ZERO && self.now.since(talked) <= within => Recency::Recent,
            Some(_) | None => Recency::Other,
        }
    }

    /// A request begins to wait.
    pub(crate) fn let_age(&mut self, request: &Request) {
        let (unit, passed) = (request.unit, self.recent_user());
        if request.recency == Recency::Other && passed > Span::ZERO {
            self.timers.set(TimerKey::Passed(unit), self.now + passed);
        }
        self.let_rise(unit, request.standing);
    }

    /// A request waits no more.
    pub(crate) fn stop_ageing(&mut self, unit: UnitId) {
        self.timers.cancel(TimerKey::Passed(unit));
        self.timers.cancel(TimerKey::Ageing(unit));
    }

    /// A request was passed by recent users for long enough.
    pub(crate) fn passed_enough(&mut self, unit: UnitId) {
        self.rank_anew(|controller| controller.queue.count_as_recent(unit));
    }

    /// The emergency in which a waiting request came is cleared: it goes on as a usual one.
    pub(crate) fn calm(&mut self, unit: UnitId) {
        self.rank_anew(|controller| controller.queue.count_as_usual(unit));
    }

    /// A request has waited for another step.
    pub(crate) fn age(&mut self, unit: UnitId) {
        let standing = self.rank_anew(|controller| controller.queue.promote(unit));
        self.let_rise(unit, standing.expect("who ages waits, below the highest level"));
    }

    /// A request of this standing comes to count more, where requests do and there is a level above.
    fn let_rise(&mut self, unit: UnitId, standing: Priority) {
        let every = Span::from_millis(u64::from(self.system.ageing_ms));
        if every > Span::ZERO && standing > Priority::HIGHEST {
            self.timers.set(TimerKey::Ageing(unit), self.now + every);
        }
    }

    /// Slots are held back for the head alone: where another request is that, they are held back elsewhere. Who is where
    /// behind it does not matter before a slot comes free.
    fn rank_anew<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let head = |controller: &Self| controller.queue.first_after(None).map(|request| request.unit);
        let earlier = head(self);
        let outcome = change(self);
        self.slots_freed |= head(self) != earlier;
        outcome
    }

    fn recent_user(&self) -> Span {
        Span::from_millis(u64::from(self.system.recent_user_ms))
    }
}
