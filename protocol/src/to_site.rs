//! Controller to base station, over TLS (docs/protocol.md, chapter 7). Commands assert state: a repeated command
//! changes nothing.

use crate::air_downlink::{Sides, Talker};
use crate::cause::Cause;
use crate::emergency::EmergencyStage;
use crate::field::record;
use crate::health::PlantPart;
use crate::identity::{Identity, TalkgroupId, Tmsi, UnitId};
use crate::individual::CallSetup;
use crate::message::messages;
use crate::network::{AreaId, CallId, Press, Priority, SlotAddress, SpurtId};
use crate::part::PART_LEN_MAX;
use crate::parties::Parties;
use crate::policy::FloorPolicy;
use crate::proof::{Challenge as ChallengeOctets, Response, SessionKey};
use crate::scan::ScanList;
use crate::settings::SiteSettings;
use crate::subscription::Subscription;

/// Talkgroups beside its own that can hear one call.
pub const OTHERS_MAX: usize = 15;

/// The most vectors of one unit in a site's copy.
pub const COPIED_VECTORS_MAX: usize = 8;

record! {
    /// A challenge and its answer, for a site that may serve alone (docs/resilience.md 14.1.1).
    #[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct CopiedVector {
        /// What the unit is asked.
        pub challenge: ChallengeOctets,
        /// The right answer.
        pub expected: Response,
        /// What its bursts are proved with then.
        pub session: SessionKey,
    }
}

/// The answer that is expected is as good as the key, as long as it is expected.
impl std::fmt::Debug for CopiedVector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopiedVector").field("challenge", &self.challenge).finish_non_exhaustive()
    }
}

messages! {
    /// What a controller orders a base station.
    pub enum ToSite {
        /// Everything that a site needs to work; sent after each `Hello`.
        0x01 Configure {
            /// The settings.
            settings: Box<SiteSettings>,
        }
        /// Nothing else was said for the heartbeat interval.
        0x02 Heartbeat {}
        /// The link is closed after this.
        0x03 Close {
            /// Why.
            cause: Cause,
        }
        /// A radio must prove itself.
        0x10 Challenge {
            /// As in its `Register`.
            identity: Identity,
            /// To be answered.
            challenge: ChallengeOctets,
        }
        /// A radio is registered at this site.
        0x11 Registered {
            /// As in its `Register`.
            identity: Identity,
            /// Its individual id.
            unit: UnitId,
            /// Its temporary identity.
            tmsi: Tmsi,
            /// Its talkgroup.
            talkgroup: Option<TalkgroupId>,
            /// Those that it hears beside it.
            secondary: ScanList,
            /// What its bursts are proved with.
            session_key: SessionKey,
            /// What it shall keep, where it named its equipment alone.
            subscription: Option<Subscription>,
        }
        /// A registration is refused.
        0x12 RegisterRefused {
            /// As in its `Register`.
            identity: Identity,
            /// Why.
            cause: Cause,
        }
        /// A radio is affiliated.
        0x13 Affiliated {
            /// Who.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// To which talkgroup.
            talkgroup: TalkgroupId,
            /// Those that it hears beside it.
            secondary: ScanList,
        }
        /// A request is refused.
        0x14 Refused {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Why.
            cause: Cause,
        }
        /// A request waits.
        0x15 Queued {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Place in the queue, from 1.
            position: u16,
        }
        /// A radio is no longer registered at this site.
        0x16 Deregister {
            /// Who.
            unit: UnitId,
            /// Why.
            cause: Cause,
        }
        /// A radio's turn has come while its button was up: it is called back.
        0x18 CallBack {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
        }
        /// A call stands at this site, in this slot, with this floor.
        0x20 Assert {
            /// The call.
            call: CallId,
            /// Whom it is for.
            parties: Parties,
            /// Where at this site.
            at: SlotAddress,
            /// Who has the floor; `None` while it hangs.
            talker: Option<Talker>,
            /// Whether the talker is at this site: its uplink is voice for the network.
            talker_is_here: bool,
            /// Whether it is an emergency call.
            emergency: bool,
            /// Its priority.
            priority: Priority,
            /// What becomes of a demand for the floor while another unit has it.
            floor: FloorPolicy,
            /// Further talkgroups that hear the call: their radios are told of it as well.
            others: Vec<TalkgroupId> [at most OTHERS_MAX],
            /// The service area in which it is heard; `None`: everywhere.
            area: Option<AreaId>,
            /// Both talk at once, and this slot is the near one's; `None`: half duplex.
            duplex: Option<Sides>,
        }
        /// A call is over at this site.
        0x21 Release {
            /// The call.
            call: CallId,
            /// Why.
            cause: Cause,
        }
        /// A request for the floor is refused.
        0x22 FloorRefused {
            /// The call.
            call: CallId,
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Why.
            cause: Cause,
        }
        /// The talker's time is nearly over.
        0x23 TalkWarning {
            /// The call.
            call: CallId,
            /// Who talks.
            unit: UnitId,
            /// In which spurt.
            spurt: SpurtId,
            /// How much time is left, in milliseconds.
            left_ms: u32,
        }
        /// The floor was taken away from the talker.
        0x24 FloorWithdrawn {
            /// The call.
            call: CallId,
            /// Who talked.
            unit: UnitId,
            /// Which spurt has ended.
            spurt: SpurtId,
            /// Why.
            cause: Cause,
        }
        /// A demand for the floor waits.
        0x25 FloorQueued {
            /// The call.
            call: CallId,
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Place among those that wait for this floor, from 1.
            position: u16,
        }
        /// How far a radio's emergency is.
        0x30 EmergencyStatus {
            /// Who is in an emergency.
            unit: UnitId,
            /// As in its alarm or request.
            press: Press,
            /// How far it is.
            stage: EmergencyStage,
        }
        /// Somebody wants a call with a radio: it is asked whether it can take it.
        0x38 Page {
            /// Who is called.
            unit: UnitId,
            /// Who calls.
            caller: UnitId,
            /// The caller's request.
            press: Press,
            /// How the call is set up.
            setup: CallSetup,
            /// How long it may ring, in milliseconds; zero where it shall not.
            ring_ms: u32,
        }
        /// The unit that was asked for rings.
        0x39 Ringing {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
        }
        /// A page is over without a call: a unit that rings stops.
        0x3A PageOver {
            /// Who was called.
            unit: UnitId,
            /// Who called.
            caller: UnitId,
            /// The caller's request.
            press: Press,
            /// Why.
            cause: Cause,
        }
        /// A radio is to do something.
        0x40 RadioOrder (crate::passed_down::RadioOrder)
        /// Proves the network to a radio that is to obey.
        0x41 NetworkAnswer (crate::passed_down::NetworkAnswer)
        /// A status for a unit or a talkgroup.
        0x48 Status (crate::passed_down::Status)
        /// Somebody wants to be called back by a unit.
        0x49 CallAlert (crate::passed_down::CallAlert)
        /// A call alert is over: the radio alerts no more.
        0x4A AlertOver (crate::passed_down::AlertOver)
        /// A message has reached its receiver.
        0x4B MessageDelivered (crate::passed_down::MessageDelivered)
        /// A message has not reached its receiver, or is called back.
        0x4C MessageRefused (crate::passed_down::MessageRefused)
        /// A part of the configuration, for a site that may serve alone.
        0x50 CopyConfiguration {
            /// Which copy.
            revision: u32,
            /// Which part, from 1.
            part: u16,
            /// Of how many.
            parts: u16,
            /// The part of its JSON.
            text: String [at most PART_LEN_MAX],
        }
        /// What such a site may need to know of a unit.
        0x51 CopySubscriber {
            /// Who.
            unit: UnitId,
            /// JSON: names, rights, talkgroups.
            text: String [at most PART_LEN_MAX],
            /// With which it can be challenged, each once.
            vectors: Vec<CopiedVector> [at most COPIED_VECTORS_MAX],
        }
        /// The unit is another site's now, or nobody's.
        0x52 CopyDropped {
            /// Who.
            unit: UnitId,
        }
        /// The copy is whole.
        0x53 CopyEnd {}
        /// A slot is to be tested now.
        0x54 TestSlot {
            /// Which.
            at: SlotAddress,
        }
        /// A part of the plant is to break, or to work again, as an exercise.
        0x55 ExerciseFault {
            /// Which.
            part: PlantPart,
            /// Whether it is broken from here on.
            broken: bool,
        }
        /// A report is durable.
        0x58 ReportKept {
            /// Which.
            number: u32,
        }
        /// Radios in the site's calls are to be told where its control channel is.
        0x59 TellControl {}
    }
}
