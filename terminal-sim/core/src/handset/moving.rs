//! On the way to a better site (docs/protocol.md, clause 5.3.5): hear it, register there. Until that is done the
//! registration at the site that is left holds, and is what a handset goes back to when the other does not take it in.

use trunklab_protocol::air_downlink::{Burst, DownlinkWord};
use trunklab_protocol::{Cause, Moment, SiteId};

use super::camp::Camp;
use super::handover::LeftTalk;
use super::hunt::is_for;
use super::neighbours::Place;
use super::radio::Turn;
use super::registration::{Registration, Verdict};
use super::service::Service;
use super::timers::{CAMP_LEVEL_DBM, MOVE, SEEK};
use crate::deadline::{Deadline, Why};
use crate::output::{HandsetEvent, Output};

/// A handset between two sites.
#[derive(Debug, Clone)]
pub(super) struct Moving {
    /// As it stood at the site that it left.
    pub(super) left: Service,
    /// What it said when it left.
    pub(super) talk: Option<LeftTalk>,
    to: Place,
    since: Moment,
    step: Step,
}

#[derive(Debug, Clone)]
enum Step {
    /// Waits for the other site's own word.
    Seeking,
    /// Registers there.
    Registering(Box<Registration>),
}

/// How a move ends.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// Registered at the other site.
    Arrived(Box<Service>),
    /// The site does not allow this unit.
    Forbidden,
    /// The site is not heard, does not serve or does not answer.
    Failed,
}

impl Moving {
    /// Leaves for a neighbour.
    pub(super) fn begin(turn: &mut Turn<'_>, mut left: Service, to: Place) -> Self {
        turn.tell(HandsetEvent::LeavesFor { site: to.site });
        let talk = left.forsake(turn);
        turn.out.push(Output::Tune { site: to.site, carrier: to.carrier });
        Self { left, talk, to, since: turn.now, step: Step::Seeking }
    }

    /// Which site it goes to.
    pub(super) fn to(&self) -> SiteId {
        self.to.site
    }

    pub(super) fn deadline(&self) -> Deadline {
        match &self.step {
            Step::Seeking => Deadline { at: self.since + SEEK, why: Why::MoveFails },
            Step::Registering(registration) => {
                registration.deadline().min(Deadline { at: self.since + MOVE, why: Why::MoveFails })
            }
        }
    }

    /// To be called when the deadline has come.
    pub(super) fn fire(&mut self, turn: &mut Turn<'_>, why: Why) -> Option<End> {
        match &mut self.step {
            Step::Registering(registration) if why != Why::MoveFails && why != Why::SignalLost => {
                registration.fire(turn);
                registration.is_put_off().then_some(End::Failed)
            }
            Step::Seeking | Step::Registering(_) => {
                turn.tell(HandsetEvent::RegisterRefused { cause: Cause::NoAnswer });
                Some(End::Failed)
            }
        }
    }

    /// A burst of any site.
    pub(super) fn hears(
        &mut self,
        turn: &mut Turn<'_>,
        site: SiteId,
        level_dbm: i8,
        burst: &Burst,
    ) -> Option<End> {
        if site != self.to.site {
            return None;
        }
        match &mut self.step {
            Step::Seeking => self.find(turn, level_dbm, burst),
            Step::Registering(registration) => {
                let camp = &mut registration.camp;
                if !camp.concerns(burst.place, None)
                    || !camp.hears(turn.now, level_dbm, burst)
                    || camp.was_under_way(burst.place)
                {
                    return None;
                }
                let verdict = registration.word(turn, &burst.word);
                let (put_off, camp) = (registration.is_put_off(), registration.camp.clone());
                match verdict {
                    Some(Verdict::Registered { session, talkgroup, secondary }) => Some(End::Arrived(
                        Box::new(Service::new(turn, camp, session, (talkgroup, secondary))),
                    )),
                    Some(Verdict::Barred) => Some(End::Forbidden),
                    Some(Verdict::Denied) => Some(End::Failed),
                    None => put_off.then_some(End::Failed),
                }
            }
        }
    }

    fn find(&mut self, turn: &mut Turn<'_>, level_dbm: i8, burst: &Burst) -> Option<End> {
        let DownlinkWord::System(system) = &burst.word else { return None };
        if system.site != self.to.site || level_dbm < CAMP_LEVEL_DBM {
            return None;
        }
        if !is_for(system, turn.radio.known_unit()) {
            // Ours is another one of that site.
            turn.out.push(Output::Hunt);
            return None;
        }
        let carrier = burst.place.at.carrier;
        if carrier != self.to.carrier {
            turn.out.push(Output::Tune { site: system.site, carrier });
        }
        let mut camp = Camp::new(turn.now, level_dbm, burst.place, system);
        camp.tuned(self.since);
        if camp.was_under_way(burst.place) {
            return None;
        }
        if !system.service.decides() {
            turn.tell(HandsetEvent::RegisterRefused { cause: Cause::SiteUnavailable });
            return Some(End::Failed);
        }
        self.step = Step::Registering(Box::new(Registration::at_once(turn, camp)));
        None
    }
}
