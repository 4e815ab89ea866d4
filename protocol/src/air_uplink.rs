//! Handset to base station (docs/protocol.md, chapter 4).
//!
//! A datagram is a [`AirUplink`] frame. A radio's transmission is a [`Burst`]: a word at a place in time, with
//! the level at which it arrives and, once the unit has a session, a proof (clause 4.1).

use crate::area::AreaChoice;
use crate::cause::Cause;
use crate::field::octet_enum;
use crate::identity::{Identity, Imei, TalkgroupId, UnitId};
use crate::individual::{CallSetup, PageReply};
use crate::message::messages;
use crate::network::{BurstPlace, CallId, CarrierNumber, OrderNumber, Press, SiteId, SpurtId};
use crate::policy::Demand;
use crate::proof::{Challenge, Proof, ProvedOrder, Response};
use crate::scan::ScanList;
use crate::status::{MessageId, MessageReply};
use crate::voice::FrameRun;

/// The most carriers that one listener hears at a port.
pub const LISTEN_MAX: usize = 64;

octet_enum! {
    /// What a call request is for.
    pub enum RequestKind {
        /// An ordinary group call.
        Normal = 0,
        /// An emergency call (stage of priority above all levels).
        Emergency = 1,
    }
}

messages! {
    /// What a handset's process sends to an air port.
    pub enum AirUplink {
        /// Asks the port to send what these carriers radiate; repeated while it listens. The cookie is zero at first
        /// and then the one that the port gave (clause 4.2): nobody is flooded in another's name.
        0x01 Listen {
            /// The cookie from the port, or zero.
            cookie: u64,
            /// Carriers to hear; empty to stop.
            carriers: Vec<CarrierNumber> [at most LISTEN_MAX],
        }
        /// One transmission.
        0x02 Burst {
            /// The slot and its count.
            place: BurstPlace,
            /// The level at the base station's antenna, in dBm.
            level_dbm: i8,
            /// What was sent.
            word: UplinkWord,
            /// Proof over place and word under the unit's session key; zero for `Register` and `Answer`.
            proof: Proof,
        }
    }
}

messages! {
    /// What a radio says in one uplink slot.
    pub enum UplinkWord {
        /// Wants to register.
        0x01 Register {
            /// How the unit names itself.
            identity: Identity,
            /// A repeated word has the same number.
            press: Press,
            /// Its equipment, where it has an identity of its own; the answer covers it.
            equipment: Option<Imei>,
        }
        /// Answers a challenge; may affiliate in the same word.
        0x02 Answer {
            /// As in `Register`.
            identity: Identity,
            /// The answer to the challenge.
            response: Response,
            /// The talkgroup to affiliate to.
            talkgroup: Option<TalkgroupId>,
            /// Those to hear beside it.
            secondary: ScanList,
        }
        /// Wants to affiliate.
        0x03 Affiliate {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
            /// To which talkgroup.
            talkgroup: TalkgroupId,
            /// Those to hear beside it.
            secondary: ScanList,
        }
        /// Is being switched off.
        0x04 Detach {
            /// Who.
            unit: UnitId,
        }
        /// Wants a group call.
        0x10 CallRequest {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
            /// To which talkgroup.
            talkgroup: TalkgroupId,
            /// Normal or emergency.
            kind: RequestKind,
            /// Where it is to be heard; `None`: where its talkgroup's calls usually are.
            area: Option<AreaChoice>,
        }
        /// No longer wants the call that it asked for.
        0x11 CallCancel {
            /// Who.
            unit: UnitId,
            /// The number of the request to cancel.
            press: Press,
        }
        /// The button came up before the request was granted.
        0x12 PttReleased {
            /// Who.
            unit: UnitId,
            /// The number of the request that waits.
            press: Press,
        }
        /// Raises the alarm: an emergency that needs no channel.
        0x18 Alarm {
            /// Who.
            unit: UnitId,
            /// The emergency's number.
            press: Press,
            /// Whether the network has answered it before: then it is asked after, and not raised anew.
            known: bool,
        }
        /// Wants a call with another unit.
        0x19 UnitRequest {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
            /// With whom.
            called: UnitId,
            /// How it is set up.
            setup: CallSetup,
        }
        /// Says what becomes of a page.
        0x1A PageAnswer {
            /// Who was paged.
            unit: UnitId,
            /// The answer's number.
            press: Press,
            /// Who calls.
            caller: UnitId,
            /// The caller's request, as in `Page`.
            page: Press,
            /// What it says.
            reply: PageReply,
        }
        /// Ends its individual call.
        0x1B HangUp {
            /// Who.
            unit: UnitId,
            /// The word's number.
            press: Press,
            /// Which call.
            call: CallId,
        }
        /// Has moved here in the middle of its talk and goes on talking.
        0x1E Handover {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
            /// In which call.
            call: CallId,
            /// The spurt in which it talked where it comes from.
            spurt: SpurtId,
        }
        /// Wants the floor of a running call; sent on the call's own slot.
        0x20 FloorRequest {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
            /// Of which call.
            call: CallId,
            /// How urgently.
            demand: Demand,
        }
        /// Has stopped talking; repeated, a duplicate is harmless.
        0x21 TalkEnd {
            /// Who.
            unit: UnitId,
            /// Of which call.
            call: CallId,
            /// Which spurt ends.
            spurt: SpurtId,
        }
        /// Goes to another site and wants to keep the floor; said in place of speech.
        0x2E Leaving {
            /// Who.
            unit: UnitId,
            /// Of which call.
            call: CallId,
            /// In which spurt it talks.
            spurt: SpurtId,
            /// Where it goes.
            to: SiteId,
        }
        /// Speech.
        0x30 Voice {
            /// Who.
            unit: UnitId,
            /// Of which call.
            call: CallId,
            /// Of which spurt.
            spurt: SpurtId,
            /// Vocoder frames since the spurt began (20 ms each).
            position: u32,
            /// The frames.
            frames: FrameRun,
        }
        /// Speech on a failsoft channel: nobody is asked.
        0x31 FailsoftVoice {
            /// Who.
            unit: UnitId,
            /// For which talkgroup.
            talkgroup: TalkgroupId,
            /// Which of its presses.
            press: Press,
            /// Vocoder frames since the press (20 ms each).
            position: u32,
            /// The frames.
            frames: FrameRun,
            /// Whether this is the last of it.
            last: bool,
        }
        /// Says what became of an order.
        0x40 OrderAnswer {
            /// Who.
            unit: UnitId,
            /// The word's number.
            press: Press,
            /// Of which order.
            number: OrderNumber,
            /// Why it is not obeyed; `None` where it is.
            refusal: Option<Cause>,
        }
        /// Wants the network to prove itself before the order is obeyed.
        0x41 NetworkChallenge {
            /// Who.
            unit: UnitId,
            /// The word's number.
            press: Press,
            /// What was ordered.
            order: ProvedOrder,
            /// To be answered.
            challenge: Challenge,
        }
        /// Tells a status to a unit, a talkgroup or the consoles.
        0x48 Status (crate::passed_up::Status)
        /// Wants another unit to call back.
        0x49 CallAlert (crate::passed_up::CallAlert)
        /// No longer wants the call alert that it asked for.
        0x4A AlertCancel (crate::passed_up::AlertCancel)
        /// Says that it has a message, or what its user says to it.
        0x4B MessageAnswer {
            /// Who.
            unit: UnitId,
            /// The answer's number.
            press: Press,
            /// To which message.
            message: MessageId,
            /// What it says.
            reply: MessageReply,
        }
    }
}

impl UplinkWord {
    /// The unit that the word names, where it names one by individual id.
    pub const fn unit(&self) -> Option<UnitId> {
        match self {
            Self::Register(_) | Self::Answer(_) => None,
            Self::Affiliate(word) => Some(word.unit),
            Self::Detach(word) => Some(word.unit),
            Self::CallRequest(word) => Some(word.unit),
            Self::CallCancel(word) => Some(word.unit),
            Self::PttReleased(word) => Some(word.unit),
            Self::Alarm(word) => Some(word.unit),
            Self::Handover(word) => Some(word.unit),
            Self::Leaving(word) => Some(word.unit),
            Self::UnitRequest(word) => Some(word.unit),
            Self::PageAnswer(word) => Some(word.unit),
            Self::HangUp(word) => Some(word.unit),
            Self::FloorRequest(word) => Some(word.unit),
            Self::TalkEnd(word) => Some(word.unit),
            Self::Voice(word) => Some(word.unit),
            Self::FailsoftVoice(word) => Some(word.unit),
            Self::OrderAnswer(word) => Some(word.unit),
            Self::NetworkChallenge(word) => Some(word.unit),
            Self::Status(word) => Some(word.unit),
            Self::CallAlert(word) => Some(word.unit),
            Self::AlertCancel(word) => Some(word.unit),
            Self::MessageAnswer(word) => Some(word.unit),
        }
    }
}
