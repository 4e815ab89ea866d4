//! What an idle handset has to say by itself: that a request is to be forgotten, that another talkgroup is selected.

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::{Affiliate, CallCancel, RequestKind};
use trunklab_protocol::{Cause, Moment, Press, ScanList, TalkgroupId};

use super::access::{Access, Persistence};
use super::call::{Activity, Errand, ErrandKind, Idle};
use super::radio::Turn;
use super::service::Service;
use super::timers::SELECTION_AGAIN;
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// A selection that came to nothing: the user was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setback {
    /// The network refused it: it is not asked for again until the selector is turned.
    Refused(TalkgroupId),
    /// Nothing answered, or a site that could ask nobody: it is said again at this time, or as soon as the handset is idle.
    Undecided(TalkgroupId, Moment),
    /// Nothing came of it yet: after failsoft many may have to say one, and each has its moment (docs/resilience.md 14.6.5).
    Spread(TalkgroupId, Moment),
}

impl Setback {
    fn is_of(self, selected: TalkgroupId) -> bool {
        match self {
            Self::Refused(talkgroup) | Self::Undecided(talkgroup, _) | Self::Spread(talkgroup, _) => {
                talkgroup == selected
            }
        }
    }
}

impl Service {
    /// What an idle handset still has to say: a request to be forgotten, then a new selection.
    pub(super) fn idle(&mut self, turn: &mut Turn<'_>) -> Idle {
        let unit = turn.radio.unit();
        let (selected, secondary) = (self.talkgroup(turn), self.wanted(turn));
        let (kind, press, word) = if let Some(press) = self.owed_cancel {
            (ErrandKind::Cancel, press, CallCancel { unit, press }.into())
        } else if (self.affiliated != Some(selected) || self.asked != Some(secondary))
            && !self.setback.is_some_and(|setback| setback.is_of(selected))
            && turn.radio.remote.serves()
        {
            // Until it is answered: the network may have heard it, and its answer be lost.
            self.asked = None;
            let press = turn.radio.next_press();
            let word = Affiliate { unit, press, talkgroup: selected, secondary };
            (ErrandKind::Affiliate(selected, secondary), press, word.into())
        } else {
            return Idle::default();
        };
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, word, persistence, turn.now);
        Idle { errand: Some(Errand { kind, press, access }), press: None, called_back: None }
    }

    /// The errand was answered, or given up: the next, then a press that waited.
    pub(super) fn errand_done(&mut self, turn: &mut Turn<'_>) {
        let Activity::Idle(Idle { errand, press, called_back }) = &mut self.activity else { return };
        let (press, called_back) = (press.take(), *called_back);
        if errand.take().is_some_and(|errand| errand.kind == ErrandKind::Cancel) {
            self.owed_cancel = None;
        }
        let mut idle = self.idle(turn);
        idle.called_back = called_back;
        match press {
            Some(kind) if idle.errand.is_none() => {
                self.activity = Activity::Idle(idle);
                self.press(turn, kind);
            }
            Some(_) | None => {
                idle.press = press;
                self.activity = Activity::Idle(idle);
            }
        }
    }

    /// The network answered this press of an errand; true if it was one.
    pub(super) fn errand_answered(
        &mut self,
        turn: &mut Turn<'_>,
        press: Press,
        answer: Result<ScanList, Cause>,
    ) -> bool {
        let Activity::Idle(Idle { errand: Some(errand), .. }) = &self.activity else { return false };
        if errand.press != press {
            return false;
        }
        match (errand.kind, answer) {
            (ErrandKind::Cancel, _) => {}
            (ErrandKind::Affiliate(talkgroup, asked), Ok(secondary)) => {
                self.affiliated = Some(talkgroup);
                (self.asked, self.secondary) = (Some(asked), secondary);
                turn.tell(HandsetEvent::Affiliated { talkgroup });
            }
            (ErrandKind::Affiliate(talkgroup, _), Err(cause)) => {
                turn.refuse(cause);
                self.setback = Some(Setback::Refused(talkgroup));
                if cause == Cause::SiteUnavailable {
                    self.setback = Some(Setback::Undecided(talkgroup, turn.now + SELECTION_AGAIN));
                    self.is_out_of_service(turn);
                }
            }
        }
        self.errand_done(turn);
        true
    }

    /// What the site could not do before it may be able to do now: a selection that failed is told again, and one that is
    /// being told begins anew, for the tries until now were for nothing.
    pub(super) fn service_changed(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.setback, Some(Setback::Spread(..))) {
            return;
        }
        if self.affiliated.is_some() || matches!(self.setback, Some(Setback::Undecided(..))) {
            self.say_selection_anew(turn);
        }
    }

    /// When a selection that nothing answered is said again.
    pub(super) fn selection_deadline(&self) -> Option<Deadline> {
        let Some(Setback::Undecided(_, at) | Setback::Spread(_, at)) = self.setback else { return None };
        self.activity.is_free().then_some(Deadline { at, why: Why::Selection })
    }

    /// Whatever came of it until now: the selection is said, if the network does not know it.
    pub(super) fn say_selection_anew(&mut self, turn: &mut Turn<'_>) {
        self.setback = None;
        if let Activity::Idle(Idle { press, called_back, .. }) = self.activity {
            let idle = self.idle(turn);
            self.activity = Activity::Idle(Idle { press, called_back, ..idle });
        }
    }

    /// A refusal tells what the control channel did not: the handset was in a call when the site lost its link. The next
    /// word about the site may say that it has it again.
    fn is_out_of_service(&mut self, turn: &mut Turn<'_>) {
        if self.camp.service.decides() {
            self.camp.service = SiteService::NoService;
            turn.tell_service(&self.camp);
        }
    }

    /// The network has put us into another talkgroup than we asked for by itself: in an emergency.
    pub(super) fn reverted(&mut self, turn: &mut Turn<'_>, talkgroup: TalkgroupId) {
        if self.revert == Some(talkgroup) && self.affiliated != Some(talkgroup) {
            self.affiliated = Some(talkgroup);
            turn.tell(HandsetEvent::Affiliated { talkgroup });
        }
    }
}
