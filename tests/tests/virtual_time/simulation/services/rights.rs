//! Promise: what a unit has no right to is refused with the right's cause, whatever else is wrong with the request.

use std::collections::BTreeMap;

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{FloorRefused, MessageRefused, Refused, ToSite};
use trunklab_protocol::{CallSetup, Cause, Demand, Press, Service, UnitId};

/// Whether the unit is there and served comes before its rights.
const PRESENCE: &[Cause] = &[Cause::NotRegistered, Cause::WrongSite, Cause::UnitStunned];

/// What a radio asks for that needs a right.
#[derive(Debug, Clone, Copy)]
struct Asked {
    unit: UnitId,
    press: Press,
    service: Service,
    /// What else is looked at before the right.
    before: &'static [Cause],
}

impl Asked {
    #[allow(clippy::wildcard_enum_match_arm, reason = "whatever else is said needs no right")]
    fn by(message: &FromSite) -> Option<Self> {
        let (unit, press, service, before): (_, _, _, &[Cause]) = match message {
            FromSite::CallRequest(word) if word.kind == RequestKind::Emergency => {
                (word.unit, word.press, Service::Emergency, &[])
            }
            FromSite::CallRequest(word) if word.area.is_some() => {
                (word.unit, word.press, Service::AreaSelection, &[Cause::NotAMember, Cause::NotAffiliated])
            }
            FromSite::FloorRequest(word) if word.demand == Demand::Emergency => {
                (word.unit, word.press, Service::Emergency, &[Cause::UnknownCall, Cause::NotAffiliated])
            }
            FromSite::Alarm(word) => (word.unit, word.press, Service::Emergency, &[]),
            FromSite::UnitRequest(word) if word.setup != CallSetup::Monitor => {
                (word.unit, word.press, Service::Individual, &[])
            }
            FromSite::CallAlert(word) => (word.unit, word.press, Service::Individual, &[]),
            _ => return None,
        };
        Some(Self { unit, press, service, before })
    }

    fn own_cause(self) -> Cause {
        match self.service {
            Service::Emergency => Cause::EmergencyNotAllowed,
            Service::AreaSelection => Cause::AreaNotAllowed,
            Service::Individual => Cause::IndividualNotAllowed,
            Service::Telephone | Service::Data => unreachable!("nobody asks for {:?}", self.service),
        }
    }
}

/// Requests that need a right.
#[derive(Debug, Default)]
pub struct Rights {
    /// The last one of each unit: said again it is answered as before, whatever the unit may now.
    last: BTreeMap<UnitId, Press>,
    /// One without the right that is not refused yet.
    open: Option<Asked>,
    /// How often the want of each right was the cause.
    refused: BTreeMap<Service, u32>,
}

impl Rights {
    /// A site passes a request on; `lacks`: whether its unit is known to have no such right.
    pub fn asked(&mut self, message: &FromSite, lacks: impl Fn(UnitId, Service) -> bool) {
        self.nothing_is_open();
        let Some(asked) = Asked::by(message) else { return };
        let is_new = self.last.insert(asked.unit, asked.press) != Some(asked.press);
        self.open = Some(asked).filter(|asked| is_new && lacks(asked.unit, asked.service));
    }

    /// A site is told something.
    pub fn told(&mut self, message: &ToSite) {
        let (ToSite::Refused(Refused { unit, press, cause })
        | ToSite::MessageRefused(MessageRefused { unit, press, cause })
        | ToSite::FloorRefused(FloorRefused { unit, press, cause, .. })) = message
        else {
            return;
        };
        let Some(asked) = self.open.take_if(|asked| (asked.unit, asked.press) == (*unit, *press)) else {
            return;
        };
        let is_own = *cause == asked.own_cause();
        let may_be = is_own || PRESENCE.contains(cause) || asked.before.contains(cause);
        assert!(may_be, "{asked:?} is refused with {cause:?}");
        *self.refused.entry(asked.service).or_default() += u32::from(is_own);
    }

    /// Operators are told something: a word that does not count is no request.
    pub fn see(&mut self, event: &EventKind) {
        if matches!(event, EventKind::Dropped { .. }) {
            self.open = None;
        }
    }

    /// What came of a word was told before the next one comes.
    pub fn nothing_is_open(&self) {
        assert!(self.open.is_none(), "without the right, and not refused: {:?}", self.open);
    }

    /// Whatever was asked of the term before is over.
    pub fn begin_term(&mut self) {
        self.open = None;
    }

    pub const fn refused(&self) -> &BTreeMap<Service, u32> {
        &self.refused
    }
}
