//! Base station to controller, over TLS (docs/protocol.md, chapter 6).

use crate::air_downlink::Talker;
use crate::air_uplink::RequestKind;
use crate::area::AreaChoice;
use crate::cause::Cause;
use crate::field::record;
use crate::health::SlotState;
use crate::identity::{Identity, Imei, TalkgroupId, Tmsi, UnitId};
use crate::individual::{CallSetup, PageReply};
use crate::load::ControlLoad;
use crate::message::messages;
use crate::network::{AreaId, CallId, Epoch, Incarnation, OrderNumber, Press, SiteId, SlotAddress, SpurtId};
use crate::part::PART_LEN_MAX;
use crate::parties::Parties;
use crate::policy::Demand;
use crate::proof::{Challenge, ProvedOrder, Response};
use crate::scan::ScanList;
use crate::settings::{CARRIERS_MAX, SiteSettings};
use crate::status::{MessageId, MessageReply};

/// Radios or calls in one inventory frame: the lists of a large site are cut into frames of this many.
pub const INVENTORY_PART_MAX: usize = 200;

record! {
    /// A radio that a site holds.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct HeldRadio {
        /// Who.
        pub unit: UnitId,
        /// Its temporary identity.
        pub tmsi: Tmsi,
        /// Its talkgroup.
        pub talkgroup: Option<TalkgroupId>,
        /// Those that it hears beside it.
        pub secondary: ScanList,
        /// How long ago it registered here, in milliseconds.
        pub held_ms: u32,
    }
}

record! {
    /// A call that a site carries.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct HeldCall {
        /// The call.
        pub call: CallId,
        /// Whom it is for.
        pub parties: Parties,
        /// Where.
        pub at: SlotAddress,
        /// Who has the floor; `None` while it hangs.
        pub talker: Option<Talker>,
        /// Whether the talker is at this site.
        pub talker_is_here: bool,
        /// Whether it is an emergency call.
        pub emergency: bool,
        /// The service area in which it is heard; `None`: everywhere.
        pub area: Option<AreaId>,
        /// Milliseconds for which nobody has talked, zero while somebody talks.
        pub hung_ms: u32,
    }
}

messages! {
    /// What a base station tells its controller. Which site speaks is the certificate's name, never a field.
    pub enum FromSite {
        /// First on every connection.
        0x01 Hello {
            /// This run of the base station.
            incarnation: Incarnation,
            /// The newest epoch that it has obeyed.
            newest_epoch: Epoch,
            /// Where it receives voice, as the switch shall address it.
            voice_address: std::net::SocketAddr,
            /// Where its control channels are; empty before it was configured.
            controls: Vec<SlotAddress> [at most CARRIERS_MAX],
        }
        /// Radios that it holds, in parts, after `Hello`.
        0x02 InventoryRadios {
            /// This part of them.
            radios: Vec<HeldRadio> [at most INVENTORY_PART_MAX],
        }
        /// Calls that it carries, in parts.
        0x03 InventoryCalls {
            /// This part of them.
            calls: Vec<HeldCall> [at most INVENTORY_PART_MAX],
        }
        /// The inventory is complete; the site is in service from here.
        0x04 InventoryEnd {}
        /// Heartbeat with counters since the base station's start, and the load of its control channels.
        0x05 Health {
            /// Control words sent.
            control_words: u64,
            /// Of them, words that said something other than idle or broadcast.
            control_words_busy: u64,
            /// Uplink bursts taken.
            bursts: u64,
            /// Uplink bursts lost to collisions.
            collisions: u64,
            /// Uplink bursts that came too late.
            late: u64,
            /// Uplink bursts dropped for any other cause.
            dropped: u64,
            /// The load of each control channel, in their order; empty before it was configured.
            controls: Vec<ControlLoad> [at most CARRIERS_MAX],
            /// The digest of the settings that it runs (clause 7.2); 0 before it was configured.
            settings: u32,
        }
        /// All settings that it runs, when it was configured and each time that it is again.
        0x06 Settings {
            /// The settings, with zeros for the two keys.
            settings: Box<SiteSettings>,
        }
        /// A radio wants to register.
        0x10 Register {
            /// How it names itself.
            identity: Identity,
            /// Its request's number.
            press: Press,
            /// Its equipment, as it said.
            equipment: Option<Imei>,
        }
        /// A radio answers a challenge.
        0x11 Answer {
            /// As in `Register`.
            identity: Identity,
            /// Its answer.
            response: Response,
            /// The talkgroup to affiliate to.
            talkgroup: Option<TalkgroupId>,
            /// Those to hear beside it.
            secondary: ScanList,
        }
        /// A radio wants to affiliate.
        0x12 Affiliate {
            /// Who.
            unit: UnitId,
            /// Its request's number.
            press: Press,
            /// To which talkgroup.
            talkgroup: TalkgroupId,
            /// Those to hear beside it.
            secondary: ScanList,
        }
        /// A radio is being switched off.
        0x13 Detach {
            /// Who.
            unit: UnitId,
        }
        /// A radio wants a group call.
        0x20 CallRequest {
            /// Who.
            unit: UnitId,
            /// Its request's number.
            press: Press,
            /// To which talkgroup.
            talkgroup: TalkgroupId,
            /// Normal or emergency.
            kind: RequestKind,
            /// Where it is to be heard; `None`: where its talkgroup's calls usually are.
            area: Option<AreaChoice>,
        }
        /// A radio no longer wants its call.
        0x21 CallCancel {
            /// Who.
            unit: UnitId,
            /// The request's number.
            press: Press,
        }
        /// A radio wants the floor of a running call.
        0x22 FloorRequest {
            /// Who.
            unit: UnitId,
            /// Its request's number.
            press: Press,
            /// Of which call.
            call: CallId,
            /// How urgently.
            demand: Demand,
        }
        /// A talker has stopped.
        0x23 TalkEnd {
            /// Who.
            unit: UnitId,
            /// Of which call.
            call: CallId,
            /// Which spurt.
            spurt: SpurtId,
        }
        /// A talker was not heard for the silence limit.
        0x24 TalkerSilent {
            /// Of which call.
            call: CallId,
            /// Which spurt.
            spurt: SpurtId,
        }
        /// A radio's button came up before its request was granted.
        0x28 PttReleased {
            /// Who.
            unit: UnitId,
            /// The number of the request that waits.
            press: Press,
        }
        /// A radio raises the alarm.
        0x30 Alarm {
            /// Who.
            unit: UnitId,
            /// The emergency's number.
            press: Press,
            /// Whether the network has answered it before: then it is asked after, and not raised anew.
            known: bool,
        }
        /// A radio wants a call with another.
        0x31 UnitRequest {
            /// Who.
            unit: UnitId,
            /// Its request's number.
            press: Press,
            /// With whom.
            called: UnitId,
            /// How it is set up.
            setup: CallSetup,
        }
        /// A paged radio has answered.
        0x32 PageAnswer {
            /// Who was paged.
            unit: UnitId,
            /// Who calls.
            caller: UnitId,
            /// The caller's request, as in `Page`.
            page: Press,
            /// What it says.
            reply: PageReply,
        }
        /// A radio ends its individual call.
        0x33 HangUp {
            /// Who.
            unit: UnitId,
            /// Which call.
            call: CallId,
        }
        /// A talker goes to another site and wants to keep the floor.
        0x38 TalkerLeaving {
            /// Who.
            unit: UnitId,
            /// Of which call.
            call: CallId,
            /// In which spurt it talks.
            spurt: SpurtId,
            /// Where it goes.
            to: SiteId,
        }
        /// A talker has moved here and goes on talking.
        0x39 Handover {
            /// Who.
            unit: UnitId,
            /// Its request's number.
            press: Press,
            /// In which call.
            call: CallId,
            /// The spurt in which it talked where it comes from.
            spurt: SpurtId,
        }
        /// A radio says what became of an order.
        0x40 OrderAnswer {
            /// Who.
            unit: UnitId,
            /// Of which order.
            number: OrderNumber,
            /// Why it is not obeyed; `None` where it is.
            refusal: Option<Cause>,
        }
        /// A radio wants the network to prove itself before it obeys.
        0x41 NetworkChallenge {
            /// Who.
            unit: UnitId,
            /// What was ordered.
            order: ProvedOrder,
            /// To be answered.
            challenge: Challenge,
        }
        /// A radio tells a status.
        0x48 Status (crate::passed_up::Status)
        /// A radio wants another unit to call back.
        0x49 CallAlert (crate::passed_up::CallAlert)
        /// A radio no longer wants its call alert.
        0x4A AlertCancel (crate::passed_up::AlertCancel)
        /// A radio says that it has a message, or what its user says to it.
        0x4B MessageAnswer {
            /// Who.
            unit: UnitId,
            /// To which message.
            message: MessageId,
            /// What it says.
            reply: MessageReply,
        }
        /// The site served alone before this link stood.
        0x50 ServedAlone {
            /// Its epoch of that time.
            epoch: Epoch,
            /// For how long, in milliseconds.
            alone_ms: u32,
            /// How many reports it has to make.
            reports: u32,
        }
        /// A part of something that it kept meanwhile.
        0x51 Report {
            /// Which report.
            number: u32,
            /// The site's time, in microseconds.
            now_us: u64,
            /// Which part, from 1.
            part: u16,
            /// Of how many.
            parts: u16,
            /// The part of its JSON.
            text: String [at most PART_LEN_MAX],
        }
        /// Slots whose health has changed; in the inventory every faulty one, in parts.
        0x52 SlotStates {
            /// The slots.
            slots: Vec<SlotState> [at most INVENTORY_PART_MAX],
        }
        /// What came of a test that was ordered.
        0x53 SlotTested {
            /// Which slot.
            at: SlotAddress,
            /// Whether the burst was heard that was looped back.
            heard: bool,
        }
        /// The site was in failsoft before this link stood.
        0x56 ServedFailsoft {
            /// Its epoch of that time.
            epoch: Epoch,
            /// For how long, in milliseconds.
            failsoft_ms: u32,
            /// How many spurts it repeated, recorded or not.
            spurts: u32,
            /// Of them, those whose radio did not prove who it is: of these there is no record.
            unproved: u32,
            /// How many uplink bursts were lost to others.
            collisions: u32,
            /// How many reports it has to make.
            reports: u32,
        }
        /// The site is in failsoft though the link stands: nobody can ask for anything there.
        0x57 InFailsoft {}
    }
}

impl FromSite {
    /// Whose proved word the site passes on; `None` for what it says itself, for words without a session, and for the last word
    /// of a radio that is switched off.
    pub const fn speaker(&self) -> Option<UnitId> {
        match self {
            Self::Affiliate(word) => Some(word.unit),
            Self::CallRequest(word) => Some(word.unit),
            Self::CallCancel(word) => Some(word.unit),
            Self::UnitRequest(word) => Some(word.unit),
            Self::PageAnswer(word) => Some(word.unit),
            Self::HangUp(word) => Some(word.unit),
            Self::PttReleased(word) => Some(word.unit),
            Self::Alarm(word) => Some(word.unit),
            Self::FloorRequest(word) => Some(word.unit),
            Self::TalkEnd(word) => Some(word.unit),
            Self::TalkerLeaving(word) => Some(word.unit),
            Self::Handover(word) => Some(word.unit),
            Self::OrderAnswer(word) => Some(word.unit),
            Self::NetworkChallenge(word) => Some(word.unit),
            Self::Status(word) => Some(word.unit),
            Self::CallAlert(word) => Some(word.unit),
            Self::AlertCancel(word) => Some(word.unit),
            Self::MessageAnswer(word) => Some(word.unit),
            Self::Hello(_)
            | Self::InventoryRadios(_)
            | Self::InventoryCalls(_)
            | Self::InventoryEnd(_)
            | Self::Health(_)
            | Self::Settings(_)
            | Self::ServedAlone(_)
            | Self::ServedFailsoft(_)
            | Self::InFailsoft(_)
            | Self::Report(_)
            | Self::SlotStates(_)
            | Self::SlotTested(_)
            | Self::Register(_)
            | Self::Answer(_)
            | Self::Detach(_)
            | Self::TalkerSilent(_) => None,
        }
    }
}
