//! Who asks for a call: a unit at a site, or an operator at a console. What differs between them is here.
//!
//! A unit is told over its site's control channel, and what it was told is kept in the visitor register, for it may ask
//! again. An operator is told over its own connection, and has no site for which a call could wait.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Queued, Refused};
use trunklab_protocol::{Cause, Demand, SiteId};

use super::floor_queue::Claim;
use super::queue::Request;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::visitors::{Activity, Answer, Answered};

/// Who asks for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// An operator at a console.
    Console,
    /// A unit in the field, at this site.
    Field(SiteId),
}

impl Caller {
    /// Where it is; an operator is at no site.
    pub const fn site(self) -> Option<SiteId> {
        match self {
            Self::Console => None,
            Self::Field(site) => Some(site),
        }
    }

    /// Its claim to a floor.
    pub const fn claim(self, demand: Demand) -> Claim {
        match self {
            Self::Console => Claim::of_console(demand),
            Self::Field(_) => Claim::of_field(demand),
        }
    }
}

impl Controller {
    /// A caller begins to wait.
    pub(crate) fn caller_waits(&mut self, request: &Request, position: u16, out: &mut Outbox) {
        let Request { unit, press, parties, .. } = *request;
        match request.caller {
            Caller::Console => self.console_waits(unit, position, out),
            Caller::Field(site) => {
                self.await_override(unit, parties);
                let visitor = self.visitors.get_mut(unit).expect("who waits is registered");
                visitor.activity = Activity::Waiting;
                visitor.last_request = Some(Answered { press, answer: Answer::Queued });
                self.tell(site, Queued { unit, press, position }, out);
            }
        }
    }

    /// A caller waits no more, whatever comes of its request.
    pub(crate) fn caller_waits_no_more(&mut self, request: &Request) {
        match request.caller {
            Caller::Console => self.console_waits_no_more(request.unit),
            Caller::Field(_) => {
                let visitor = self.visitors.get_mut(request.unit);
                visitor.expect("who waits is registered").activity = Activity::Idle;
            }
        }
    }

    /// A caller's place in the queue has changed.
    pub(crate) fn tell_caller_place(&mut self, request: &Request, position: u16, out: &mut Outbox) {
        let Request { unit, press, .. } = *request;
        match request.caller {
            Caller::Console => self.tell_console_place(unit, position, out),
            Caller::Field(site) => self.tell(site, Queued { unit, press, position }, out),
        }
    }

    /// A caller gets nothing, and operators see why.
    pub(crate) fn refuse_caller(
        &mut self,
        request: &Request,
        cause: Cause,
        event: EventKind,
        out: &mut Outbox,
    ) {
        let Request { unit, press, parties, .. } = *request;
        self.remote.take_monitor(parties);
        match request.caller {
            Caller::Console => {
                self.report(event, out);
                self.console_refused(unit, cause, out);
            }
            Caller::Field(site) => {
                self.remember_refusal(unit, press, site, cause);
                self.tell(site, Refused { unit, press, cause }, out);
                self.report(event, out);
            }
        }
        self.stop_ringing(request, cause, out);
    }
}
