//! Registration: name yourself, answer the challenge, be registered (docs/protocol.md, clause 5.4).

use trunklab_protocol::air_downlink::{Challenge, DownlinkWord, RegisterRefused, Registered, System};
use trunklab_protocol::air_uplink::{Answer, Register, RequestKind};
use trunklab_protocol::proof::{Challenge as ChallengeOctets, SessionKey};
use trunklab_protocol::{Cause, Identity, Moment, ScanList, Span, Subscription, TalkgroupId};

use super::access::{Access, Persistence, Step as AccessStep};
use super::camp::{Camp, Change};
use super::radio::{Naming, Turn, transmit};
use super::timers::{REGISTER_AGAIN, SPREAD_AFTER_LOSS, WORKING};
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// How often the pause after no answer is doubled.
const DOUBLINGS_MAX: u32 = 4;

/// A handset that registers.
#[derive(Debug, Clone)]
pub(super) struct Registration {
    pub(super) camp: Camp,
    naming: Naming,
    /// How often nothing has answered since it began.
    unanswered: u32,
    step: Step,
}

#[derive(Debug, Clone)]
enum Step {
    /// Waits for its turn, or for the site to have service.
    Waiting { until: Moment },
    /// Waits for its moment among others, in the site's window or after no answer; a user who wants something does not wait
    /// for that.
    Spread { until: Moment },
    /// Has named itself.
    Asking { identity: Identity, access: Access },
    /// Has answered.
    Answering { identity: Identity, challenge: ChallengeOctets, access: Access },
}

/// What a registration came to.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    Registered { session: SessionKey, talkgroup: Option<TalkgroupId>, secondary: ScanList },
    Denied,
    Barred,
}

/// What a handset does about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// The same again, later.
    Again,
    /// From the beginning, soon: the site is well, the answer came too late.
    Afresh,
    /// At once, by the name that lasts.
    ByLastingName,
    /// Look for another site.
    Elsewhere,
    /// Nothing, until it is switched off and on or moves.
    None,
}

impl Registration {
    /// Begins at a random moment within the site's window, or within `usual` where it has none.
    pub(super) fn new(turn: &mut Turn<'_>, camp: Camp, usual: Span) -> Self {
        let Some(window) = camp.registration_window else { return Self::soon(turn, camp, usual) };
        let until = turn.now + turn.radio.dice.span_below(window);
        Self { camp, naming: Naming::Usual, unanswered: 0, step: Step::Spread { until } }
    }

    /// Begins at a random moment within `spread`, whatever the site says.
    fn soon(turn: &mut Turn<'_>, camp: Camp, spread: Span) -> Self {
        let until = turn.now + turn.radio.dice.span_below(spread);
        Self { camp, naming: Naming::Usual, unanswered: 0, step: Step::Waiting { until } }
    }

    /// The user wants something: whoever waits for its moment among others registers now.
    pub(super) fn hurry(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.step, Step::Spread { .. }) && self.camp.service.decides() {
            self.ask(turn);
        }
    }

    /// Begins now, at another site than the one where it is registered.
    pub(super) fn at_once(turn: &mut Turn<'_>, camp: Camp) -> Self {
        let step = Step::Waiting { until: turn.now };
        let mut registration = Self { camp, naming: Naming::Temporary, unanswered: 0, step };
        registration.ask(turn);
        registration
    }

    /// Whether it waits for a later try.
    pub(super) fn is_put_off(&self) -> bool {
        matches!(self.step, Step::Waiting { .. } | Step::Spread { .. })
    }

    pub(super) fn deadline(&self) -> Deadline {
        let lost = Deadline { at: self.camp.lost_at(), why: Why::SignalLost };
        match &self.step {
            Step::Waiting { .. } | Step::Spread { .. } if !self.camp.service.decides() => lost,
            Step::Waiting { until } | Step::Spread { until } => {
                lost.min(Deadline { at: *until, why: Why::RegisterAgain })
            }
            Step::Asking { access, .. } | Step::Answering { access, .. } => lost.min(access.deadline()),
        }
    }

    pub(super) fn tries(&self) -> u8 {
        match &self.step {
            Step::Waiting { .. } | Step::Spread { .. } => 0,
            Step::Asking { access, .. } | Step::Answering { access, .. } => access.tries(),
        }
    }

    /// To be called when the deadline has come, unless the signal is lost.
    pub(super) fn fire(&mut self, turn: &mut Turn<'_>) {
        match &mut self.step {
            Step::Waiting { .. } | Step::Spread { .. } => self.ask(turn),
            Step::Asking { access, .. } | Step::Answering { access, .. } => {
                match access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
                    AccessStep::Send(place) => {
                        transmit(&self.camp, None, place, access.word.clone(), turn.out);
                    }
                    AccessStep::Wait => {}
                    AccessStep::GiveUp => {
                        turn.tell(HandsetEvent::RegisterRefused { cause: Cause::NoAnswer });
                        self.wait_longer(turn);
                    }
                }
            }
        }
    }

    /// A control word of this site.
    pub(super) fn word(&mut self, turn: &mut Turn<'_>, word: &DownlinkWord) -> Option<Verdict> {
        match word {
            DownlinkWord::System(system) => {
                self.system(turn, system);
                None
            }
            DownlinkWord::Challenge(word) => {
                self.answer(turn, word);
                None
            }
            DownlinkWord::Registered(word) => self.registered(turn, word),
            DownlinkWord::RegisterRefused(word) => self.refused(turn, word),
            DownlinkWord::Working(word) if Some(word.unit) == turn.radio.known_unit() => {
                if let Step::Asking { access, .. } | Step::Answering { access, .. } = &mut self.step {
                    access.be_patient(turn.now, WORKING);
                }
                None
            }
            DownlinkWord::Idle(_)
            | DownlinkWord::Neighbour(_)
            | DownlinkWord::ControlAt(_)
            | DownlinkWord::FailsoftChannel(_)
            | DownlinkWord::FailsoftOpen(_)
            | DownlinkWord::FailsoftVoice(_)
            | DownlinkWord::FailsoftOver(_)
            | DownlinkWord::Affiliated(_)
            | DownlinkWord::Refused(_)
            | DownlinkWord::Queued(_)
            | DownlinkWord::CallBack(_)
            | DownlinkWord::Page(_)
            | DownlinkWord::Ringing(_)
            | DownlinkWord::PageOver(_)
            | DownlinkWord::RadioOrder(_)
            | DownlinkWord::NetworkAnswer(_)
            | DownlinkWord::Working(_)
            | DownlinkWord::Deregistered(_)
            | DownlinkWord::Grant(_)
            | DownlinkWord::Release(_)
            | DownlinkWord::EmergencyStatus(_)
            | DownlinkWord::Voice(_)
            | DownlinkWord::FloorTaken(_)
            | DownlinkWord::FloorIdle(_)
            | DownlinkWord::FloorRefused(_)
            | DownlinkWord::FloorQueued(_)
            | DownlinkWord::TalkWarning(_)
            | DownlinkWord::Status(_)
            | DownlinkWord::CallAlert(_)
            | DownlinkWord::AlertOver(_)
            | DownlinkWord::MessageDelivered(_)
            | DownlinkWord::MessageRefused(_)
            | DownlinkWord::FloorWithdrawn(_) => None,
        }
    }

    fn system(&mut self, turn: &mut Turn<'_>, system: &System) {
        let was_decided = self.camp.service.decides();
        match self.camp.update(system) {
            Change::Restarted => *self = Self::new(turn, self.camp.clone(), SPREAD_AFTER_LOSS),
            Change::Service => {
                turn.tell_service(&self.camp);
                if !was_decided && self.camp.service.decides() && self.is_put_off() {
                    self.spread_anew(turn);
                }
            }
            Change::None => {}
        }
    }

    /// Somebody decides again: whoever waited for that would begin in this moment, and so would all others.
    fn spread_anew(&mut self, turn: &mut Turn<'_>) {
        let naming = self.naming;
        *self = Self { naming, ..Self::new(turn, self.camp.clone(), SPREAD_AFTER_LOSS) };
    }

    fn ask(&mut self, turn: &mut Turn<'_>) {
        let identity = turn.radio.identity(self.naming);
        let (press, equipment) = (turn.radio.next_press(), turn.radio.config.equipment);
        let word = Register { identity, press, equipment }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, word, persistence, turn.now);
        self.step = Step::Asking { identity, access };
    }

    fn answer(&mut self, turn: &mut Turn<'_>, word: &Challenge) {
        let identity = match &self.step {
            Step::Asking { identity, access } if access.was_sent() => *identity,
            // Another challenge than the one answered: the site has forgotten that one.
            Step::Answering { identity, challenge, .. } if *challenge != word.challenge => *identity,
            Step::Waiting { .. } | Step::Spread { .. } | Step::Asking { .. } | Step::Answering { .. } => {
                return;
            }
        };
        if identity != word.identity {
            return;
        }
        let response = turn.radio.config.key.answer(&word.challenge, turn.radio.config.equipment);
        // Without service it hears no talkgroup.
        let serves = turn.radio.remote.serves();
        let talkgroup = Some(turn.radio.selected).filter(|_| serves);
        let secondary = turn.radio.secondary().only(|_| serves);
        let answer = Answer { identity, response, talkgroup, secondary }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, answer, persistence, turn.now);
        self.step = Step::Answering { identity, challenge: word.challenge, access };
    }

    fn registered(&mut self, turn: &mut Turn<'_>, word: &Registered) -> Option<Verdict> {
        let Step::Answering { identity, challenge, .. } = &self.step else { return None };
        if word.identity != *identity || !is_meant(turn, word, challenge) {
            return None;
        }
        (turn.radio.known, turn.radio.tmsi) = (true, Some(word.tmsi));
        let session = turn.radio.config.key.session(challenge);
        turn.tell(HandsetEvent::Registered { site: self.camp.site, talkgroup: word.talkgroup });
        Some(Verdict::Registered { session, talkgroup: word.talkgroup, secondary: word.secondary })
    }

    fn refused(&mut self, turn: &mut Turn<'_>, word: &RegisterRefused) -> Option<Verdict> {
        let identity = match &self.step {
            Step::Waiting { .. } | Step::Spread { .. } => return None,
            Step::Asking { identity, .. } | Step::Answering { identity, .. } => *identity,
        };
        if word.identity != identity {
            return None;
        }
        turn.tell(HandsetEvent::RegisterRefused { cause: word.cause });
        let by_tmsi = matches!(identity, Identity::Tmsi(_)) && AFTER_TMSI.contains(&word.cause);
        match if by_tmsi { Remedy::ByLastingName } else { remedy(word.cause) } {
            Remedy::ByLastingName => {
                self.naming = Naming::Lasting;
                self.ask(turn);
                None
            }
            Remedy::Again => {
                self.wait_long(turn);
                None
            }
            Remedy::Afresh => {
                *self = Self::soon(turn, self.camp.clone(), SPREAD_AFTER_LOSS);
                None
            }
            Remedy::Elsewhere => Some(Verdict::Barred),
            Remedy::None => Some(Verdict::Denied),
        }
    }

    /// Others may have asked at the same times, and will again: each time over twice as long, so that a crowd comes apart. A
    /// user who wants something does not wait for that.
    fn wait_longer(&mut self, turn: &mut Turn<'_>) {
        let pause = Span::from_micros(REGISTER_AGAIN.as_micros() << self.unanswered.min(DOUBLINGS_MAX));
        let until = turn.now + pause + turn.radio.dice.span_below(pause);
        self.unanswered = self.unanswered.saturating_add(1);
        self.step = Step::Spread { until };
    }

    fn wait_long(&mut self, turn: &mut Turn<'_>) {
        let until = turn.now + REGISTER_AGAIN + turn.radio.dice.span_below(REGISTER_AGAIN);
        self.step = Step::Waiting { until };
    }
}

/// What a handset does about a refusal; whatever is not named here may pass by itself and is tried again.
const REMEDIES: &[(Cause, Remedy)] = &[
    (Cause::SiteNotAllowed, Remedy::Elsewhere),
    (Cause::ChallengeExpired, Remedy::Afresh),
    (Cause::NoChallenge, Remedy::Afresh),
    (Cause::UnknownIdentity, Remedy::None),
    (Cause::UnknownUnit, Remedy::None),
    (Cause::UnitKilled, Remedy::None),
    (Cause::AuthenticationFailed, Remedy::None),
    (Cause::StaleTmsi, Remedy::ByLastingName),
    (Cause::WrongEquipment, Remedy::None),
    (Cause::ClonedIdentity, Remedy::None),
];

/// Refusals of a temporary identity that say nothing of the unit: it may be no unit's any more, or already another's.
const AFTER_TMSI: &[Cause] = &[Cause::StaleTmsi, Cause::UnknownIdentity, Cause::AuthenticationFailed];

/// Whether a welcome is for this handset. A blank one is told with it who it is, and believes its own network alone.
fn is_meant(turn: &mut Turn<'_>, word: &Registered, challenge: &ChallengeOctets) -> bool {
    let config = &turn.radio.config;
    let (true, Some(equipment)) = (config.is_blank(), config.equipment) else {
        return word.unit == config.unit;
    };
    let Some(Subscription { imsi, seal }) = word.subscription else { return false };
    if !config.key.seal(challenge, equipment, word.unit, imsi).matches(&seal) {
        turn.tell(HandsetEvent::RegisterRefused { cause: Cause::BrokenSeal });
        return false;
    }
    turn.radio.subscribe(word.unit, imsi);
    turn.tell(HandsetEvent::Subscribed { unit: word.unit, imsi });
    true
}

fn remedy(cause: Cause) -> Remedy {
    REMEDIES.iter().find(|(named, _)| *named == cause).map_or(Remedy::Again, |(_, remedy)| *remedy)
}
