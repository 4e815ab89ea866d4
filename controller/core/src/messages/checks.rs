//! What a message must satisfy, in order (clause 13.4.2).

use trunklab_protocol::operator::Sender;
use trunklab_protocol::{Addressee, Cause, Condition, MessageKind, Service, TalkgroupId, UnitId};

use crate::controller::Controller;
use crate::registry::visitors::Presence;

/// Call alerts that one unit may have at once.
pub const ALERTS_OF_UNIT_MAX: usize = 4;

/// A message beside all that its checks look at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub controller: &'a Controller,
    pub kind: MessageKind,
    pub from: &'a Sender,
    /// `None`: the consoles.
    pub to: Option<Addressee>,
}

type Check = fn(Asked<'_>) -> bool;

/// The first check that fails is the cause.
const CHECKS: &[(Cause, Check)] = &[
    (Cause::StatusUnknown, |asked| asked.is_in_table()),
    (Cause::IndividualNotAllowed, |asked| asked.may_be_called_back()),
    (Cause::MessageToSelf, |asked| asked.sender().is_none() || asked.sender() != asked.unit()),
    (Cause::CalledUnknown, |asked| {
        asked.unit().is_none_or(|unit| asked.controller.home.unit(unit).is_some())
    }),
    (Cause::CalledNotRegistered, |asked| asked.unit().is_none_or(|unit| asked.controller.is_reachable(unit))),
    (Cause::CalledRefuses, |asked| asked.unit().is_none_or(|unit| asked.controller.is_served(unit))),
    (Cause::UnknownTalkgroup, |asked| {
        asked.talkgroup().is_none_or(|talkgroup| asked.controller.talkgroups.contains(talkgroup))
    }),
    (Cause::NotAMember, |asked| asked.is_a_member()),
    (Cause::NobodyListens, |asked| asked.somebody_listens()),
    (Cause::TooManyAlerts, |asked| asked.has_room_for_alert()),
    (Cause::TooManyMessages, |asked| {
        asked.controller.messages.len() < usize::from(asked.controller.system.messages_max)
    }),
];

impl Asked<'_> {
    /// Why the message is refused, if it is.
    pub fn check(self) -> Result<(), Cause> {
        match CHECKS.iter().find(|(_, holds)| !holds(self)) {
            Some((cause, _)) => Err(*cause),
            None => Ok(()),
        }
    }

    fn unit(self) -> Option<UnitId> {
        self.to.and_then(Addressee::unit)
    }

    fn talkgroup(self) -> Option<TalkgroupId> {
        self.to.and_then(Addressee::talkgroup)
    }

    fn sender(self) -> Option<UnitId> {
        match self.from {
            Sender::Unit(unit) => Some(*unit),
            Sender::Console(_) => None,
        }
    }

    fn is_in_table(self) -> bool {
        match self.kind {
            MessageKind::Status(number) => {
                self.controller.system.statuses.iter().any(|status| status.number == number)
            }
            MessageKind::CallAlert => true,
        }
    }

    /// A call alert asks for a call with another unit, though the other way round.
    fn may_be_called_back(self) -> bool {
        let sender = self.sender().filter(|_| self.kind == MessageKind::CallAlert);
        let visitor = sender.and_then(|unit| self.controller.visitors.get(unit));
        visitor.is_none_or(|visitor| visitor.rights.include(Service::Individual))
    }

    fn is_a_member(self) -> bool {
        let (Some(unit), Some(talkgroup)) = (self.sender(), self.talkgroup()) else { return true };
        self.controller.home.unit(unit).is_some_and(|row| self.controller.is_member(row, talkgroup))
    }

    /// Its sender does not count.
    fn somebody_listens(self) -> bool {
        let Some(talkgroup) = self.talkgroup() else { return true };
        let hears = |unit| {
            self.controller
                .visitors
                .get(unit)
                .is_some_and(|visitor| visitor.presence == Presence::Present && visitor.hears(talkgroup))
        };
        let itself = u32::from(self.sender().is_some_and(hears));
        self.controller.talkgroups.get(talkgroup).is_some_and(|row| row.affiliated() > itself)
    }

    fn has_room_for_alert(self) -> bool {
        let Some(unit) = self.unit().filter(|_| self.kind == MessageKind::CallAlert) else { return true };
        self.controller.messages.to_unit(unit).filter(|message| message.is_alert()).count()
            < ALERTS_OF_UNIT_MAX
    }
}

impl Controller {
    fn is_served(&self, unit: UnitId) -> bool {
        self.remote.condition(unit) == Condition::Active
    }

    fn is_reachable(&self, unit: UnitId) -> bool {
        self.visitors.get(unit).is_some_and(|visitor| visitor.presence == Presence::Present)
    }
}
