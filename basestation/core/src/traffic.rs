//! The channel machine of one traffic slot.
//!
//! A slot is free, carries one call, or tells of a call's end. While it carries a call each downlink burst says the
//! most useful thing that is known when it begins: speech where there is some, what one radio is to be told, else who
//! has the floor or that nobody has it. Speech that is still on its way when the floor or the call ends is heard to its
//! end first.

mod asides;
mod call;
mod downlink;
mod floor;
mod silence;
mod uplink;

use trunklab_protocol::air_downlink::{Grant, Release};
use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::{CallId, Cause, Moment, Parties, SlotAddress, Span, TalkgroupId, UnitId};

use crate::access::Uplink;
use crate::begun::Begun;
use crate::control::Grants;
use crate::speech::Speech;
use crate::timing::{Beat, Timing};

use call::Call;
use floor::Floor;

pub use uplink::Heard;

/// Bursts in which a slot tells of a call's end.
const RELEASE_BURSTS: u8 = 3;

/// One traffic slot.
#[derive(Debug, Clone)]
pub struct TrafficChannel {
    at: SlotAddress,
    state: State,
    /// The downlink burst that is being radiated, whatever has become of the slot since it began.
    begun: Option<Begun>,
    /// Its uplink.
    pub uplink: Uplink,
}

#[derive(Debug, Clone)]
enum State {
    Free,
    Carrying { beat: Beat, call: Box<Call> },
    Releasing { beat: Beat, call: CallId, cause: Cause, bursts_left: u8, tail: Option<Box<Speech>> },
}

/// What an assertion changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// A call begins here, or its floor was given to somebody, or it became an emergency: radios must be told.
    Announce,
    /// Other details: latecomers shall hear the new state.
    Correct,
    /// Nothing, for that talker has stopped: the controller does not know yet.
    TalkIsOver,
}

impl TrafficChannel {
    /// A free slot.
    pub const fn new(at: SlotAddress) -> Self {
        Self { at, state: State::Free, begun: None, uplink: Uplink::new(Channel::Traffic, at) }
    }

    /// Whether it carries a call, or still tells of one.
    pub fn is_in_use(&self) -> bool {
        self.begun.is_some() || !matches!(self.state, State::Free)
    }

    /// It radiates from `now` on, and not before: its talker, who waits for that, is missed from the first burst on.
    pub fn begin_at(&mut self, timing: &Timing, now: Moment) {
        let first = Beat::from(timing, Channel::Traffic, self.at, now);
        match &mut self.state {
            State::Free => {}
            State::Carrying { beat, call } => {
                *beat = first;
                call.floor.is_missed_from(first.settled(timing));
            }
            State::Releasing { beat, .. } => *beat = first,
        }
    }

    /// Carrier and slot.
    pub const fn at(&self) -> SlotAddress {
        self.at
    }

    /// The call that it carries.
    pub fn call(&self) -> Option<CallId> {
        match &self.state {
            State::Carrying { call, .. } => Some(call.asserted.call),
            State::Free | State::Releasing { .. } => None,
        }
    }

    /// What radios are told of the call.
    pub fn grant(&self) -> Option<Grant> {
        let call = self.carried()?;
        Some(Grant {
            call: call.asserted.call,
            parties: call.asserted.parties,
            at: self.at,
            talker: call.floor.talker(),
            emergency: call.asserted.emergency,
            late_entry: false,
            floor: call.asserted.floor,
            duplex: call.asserted.duplex,
        })
    }

    /// What the radios of each talkgroup that hears the call are told, its own first.
    pub fn grants(&self) -> Grants {
        let (Some(grant), Some(call)) = (self.grant(), self.carried()) else { return Grants::new() };
        let other = |talkgroup: &TalkgroupId| Grant { parties: Parties::Group(*talkgroup), ..grant.clone() };
        std::iter::once(grant.clone()).chain(call.asserted.others.iter().map(other)).collect()
    }

    /// What the controller is told of the call.
    pub fn held(&self, now: Moment) -> Option<HeldCall> {
        let call = self.carried()?;
        let hung = match call.floor {
            Floor::Idle { since, .. } => now.since(since),
            Floor::Taken { .. } | Floor::Both(_) => Span::ZERO,
        };
        Some(HeldCall {
            call: call.asserted.call,
            parties: call.asserted.parties,
            at: self.at,
            talker: call.floor.talker(),
            talker_is_here: call.floor.talker().is_some() && call.asserted.talker_is_here,
            emergency: call.asserted.emergency,
            area: call.asserted.area,
            hung_ms: u32::try_from(hung.as_millis()).unwrap_or(u32::MAX),
        })
    }

    /// The controller says how the call stands: the slot carries it from now on. `sequence` is the first sequence
    /// number of the spurt's packets, should its talker be here.
    pub fn assert(&mut self, timing: &Timing, now: Moment, asserted: Assert, sequence: u16) -> Change {
        if let State::Carrying { call, .. } = &mut self.state
            && call.asserted.call == asserted.call
        {
            return call.assert(timing, now, asserted, sequence);
        }
        let beat = match &self.state {
            State::Carrying { beat, .. } | State::Releasing { beat, .. } => *beat,
            State::Free => Beat::from(timing, Channel::Traffic, self.at, now),
        };
        let before = match &self.state {
            State::Releasing { call, cause, .. } => Some(Release { call: *call, cause: *cause }),
            State::Free | State::Carrying { .. } => None,
        };
        let call = Box::new(Call::new(now, asserted, sequence, before));
        self.state = State::Carrying { beat, call };
        Change::Announce
    }

    /// The call is over here; the slot says so and is free.
    pub fn release(&mut self, timing: &Timing, cause: Cause) {
        let State::Carrying { beat, call } = &mut self.state else {
            return;
        };
        let tail = call.floor.take_speech(timing).map(Box::new);
        let (beat, call) = (*beat, call.asserted.call);
        self.state = State::Releasing { beat, call, cause, bursts_left: RELEASE_BURSTS, tail };
    }

    /// The call goes on in another slot, and its speech is heard there: this one says so and is free.
    pub fn leave(&mut self) {
        let State::Carrying { beat, call } = &self.state else {
            return;
        };
        let (beat, call, cause) = (*beat, call.asserted.call, Cause::SlotReassigned);
        self.state = State::Releasing { beat, call, cause, bursts_left: RELEASE_BURSTS, tail: None };
    }

    /// Somebody still takes part in a call that is not here: says that it is over.
    pub fn deny(&mut self, timing: &Timing, now: Moment, call: CallId) {
        if let State::Free = self.state {
            let beat = Beat::from(timing, Channel::Traffic, self.at, now);
            let cause = Cause::UnknownCall;
            self.state = State::Releasing { beat, call, cause, bursts_left: RELEASE_BURSTS, tail: None };
        }
    }

    /// Whose slot it is, in a full duplex call.
    pub fn near(&self) -> Option<UnitId> {
        self.carried()?.asserted.duplex.map(|sides| sides.near.unit)
    }

    fn carried(&self) -> Option<&Call> {
        match &self.state {
            State::Carrying { call, .. } => Some(call),
            State::Free | State::Releasing { .. } => None,
        }
    }

    fn carried_mut(&mut self, id: CallId) -> Result<&mut Call, Cause> {
        match &mut self.state {
            State::Carrying { call, .. } if call.asserted.call == id => Ok(call),
            State::Free | State::Carrying { .. } | State::Releasing { .. } => Err(Cause::UnknownCall),
        }
    }
}
