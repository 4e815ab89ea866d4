//! Base station to handset (docs/protocol.md, chapter 5).

use crate::antenna::Antenna;
use crate::cause::Cause;
use crate::control::{ControlPlace, Signalling};
use crate::emergency::EmergencyStage;
use crate::field::{octet_enum, record};
use crate::identity::{Identity, TalkgroupId, Tmsi, UnitId};
use crate::individual::CallSetup;
use crate::message::messages;
use crate::network::{
    BurstPlace, CallId, CarrierNumber, Incarnation, Position, Press, SiteId, SlotAddress, SpurtId,
};
use crate::parties::Parties;
use crate::policy::FloorPolicy;
use crate::profile::ProfileId;
use crate::proof::Challenge as ChallengeOctets;
use crate::scan::ScanList;
use crate::settings::CARRIERS_MAX;
use crate::subscription::Subscription;
use crate::voice::FrameRun;

octet_enum! {
    /// What a site can do now (clause 5.2.1): the rungs of degradation.
    pub enum SiteService {
        /// Linked to its controller: the whole network.
        Wide = 0,
        /// Link lost, serves its own radios.
        Isolated = 1,
        /// Link lost, refuses new calls.
        NoService = 2,
        /// Link lost, repeats on its failsoft channels what any radio says there.
        Failsoft = 3,
    }
}

impl SiteService {
    /// How much a radio that hunts has of it: the least is the best.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Wide => 0,
            Self::Isolated => 1,
            Self::Failsoft => 2,
            Self::NoService => 3,
        }
    }

    /// Whether somebody decides about what radios ask for.
    pub const fn decides(self) -> bool {
        match self {
            Self::Wide | Self::Isolated => true,
            Self::NoService | Self::Failsoft => false,
        }
    }

    /// Why a request is refused where nobody decides.
    pub const fn denial(self) -> Cause {
        match self {
            Self::Wide | Self::Isolated | Self::NoService => Cause::SiteUnavailable,
            Self::Failsoft => Cause::SiteInFailsoft,
        }
    }
}

record! {
    /// The rules of random access that a site announces (clause 5.3).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct AccessRules {
        /// A retry draws evenly from this many opportunities at least.
        pub backoff: u8,
        /// Tries before a handset gives up a normal request.
        pub tries: u8,
        /// Tries before it gives up an emergency.
        pub tries_emergency: u8,
        /// Opportunities to wait for an answer before a retry.
        pub wait: u8,
    }
}

record! {
    /// When a radio leaves a site for a neighbour, as the site announces it (clause 5.3.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct Reselection {
        /// A radio that hears the site weaker than this looks at its neighbours, in dBm.
        pub below_dbm: i8,
        /// By how much a neighbour must be stronger, in dB.
        pub hysteresis_db: u8,
        /// For how long it must be so without a break, in milliseconds.
        pub better_ms: u16,
    }
}

impl Default for Reselection {
    fn default() -> Self {
        Self { below_dbm: -85, hysteresis_db: 6, better_ms: 3_000 }
    }
}

record! {
    /// A party of a full duplex call and its spurt, which lasts as long as the call.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    pub struct Party {
        /// Who.
        pub unit: UnitId,
        /// Its spurt.
        pub spurt: SpurtId,
    }
}

record! {
    /// The two parties of a full duplex call, as they stand on the slot of one of them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    pub struct Sides {
        /// Whose slot it is: its speech is on the uplink.
        pub near: Party,
        /// Who is heard on the downlink.
        pub far: Party,
    }
}

messages! {
    /// What an air port sends to a handset's process.
    pub enum AirDownlink {
        /// Answers a `Listen` without a good cookie.
        0x01 Cookie {
            /// To be sent back.
            cookie: u64,
        }
        /// Answers a `Listen`, and repeats: what the laws of nature tell a receiver about this site. The handset's
        /// process computes path loss and timing from it; no radio decides by it (clause 5.1.2).
        0x02 Beacon {
            /// Which site radiates.
            site: SiteId,
            /// Where its antenna stands.
            position: Position,
            /// In which directions it radiates.
            antenna: Antenna,
            /// Radiated power in dBm.
            power_dbm: i8,
            /// Its air interface.
            profile: ProfileId,
            /// The control channel.
            control: SlotAddress,
            /// Further control channels, where control is distributed.
            further_controls: Vec<SlotAddress> [at most CARRIERS_MAX],
        }
        /// One burst.
        0x03 Burst {
            /// The slot and its count.
            place: BurstPlace,
            /// What is radiated.
            word: DownlinkWord,
        }
    }
}

messages! {
    /// What a base station says in one downlink slot. Up to 0x2F on the control channel, from 0x20 on a traffic slot, from 0x48
    /// to 0x4F on both.
    pub enum DownlinkWord {
        /// Nothing to say.
        0x01 Idle {}
        /// Who this is and on which terms it serves; at least every broadcast interval.
        0x02 System {
            /// The site.
            site: SiteId,
            /// Which run of the base station: after a change everything proved before is void.
            incarnation: Incarnation,
            /// What it can do.
            service: SiteService,
            /// Its air interface.
            profile: ProfileId,
            /// How to ask.
            access: AccessRules,
            /// How many opportunities retries are drawn from now: `backoff` of the rules at least, more while many radios
            /// wait (clause 5.3.7).
            backoff_now: u16,
            /// When to leave for a neighbour.
            reselection: Reselection,
            /// Whether the control channel stays where it is.
            place: ControlPlace,
            /// Whether calls may have its slot as well.
            signalling: Signalling,
            /// Over what time radios spread their registrations after power-on, loss or restart, in milliseconds; 0: as
            /// they think fit.
            registration_window_ms: u32,
            /// How many control channels the site has.
            channels: u8,
            /// Which of them this is, from 0.
            channel: u8,
        }
        /// Where else to look.
        0x03 Neighbour {
            /// A neighbouring site.
            site: SiteId,
            /// Its control carrier.
            carrier: CarrierNumber,
        }
        /// Where radios of a talkgroup go when the site is in failsoft: they keep it.
        0x04 FailsoftChannel {
            /// The site.
            site: SiteId,
            /// The talkgroup.
            talkgroup: TalkgroupId,
            /// Its failsoft channel.
            at: SlotAddress,
        }
        /// Where the site's control channel is, said on the slots of calls when it has moved.
        0x05 ControlAt {
            /// The site.
            site: SiteId,
            /// Where.
            control: SlotAddress,
        }
        /// Asks a registering unit to prove itself.
        0x10 Challenge {
            /// As in its `Register`.
            identity: Identity,
            /// To be answered.
            challenge: ChallengeOctets,
        }
        /// The unit is registered.
        0x11 Registered {
            /// As in its `Register`.
            identity: Identity,
            /// Its individual id.
            unit: UnitId,
            /// Its temporary identity until it moves or is switched off.
            tmsi: Tmsi,
            /// The talkgroup that it is now affiliated to.
            talkgroup: Option<TalkgroupId>,
            /// Those that it hears beside it.
            secondary: ScanList,
            /// What it shall keep, where it named its equipment alone.
            subscription: Option<Subscription>,
        }
        /// The unit is not registered.
        0x12 RegisterRefused {
            /// As in its `Register`.
            identity: Identity,
            /// Why.
            cause: Cause,
        }
        /// The unit is affiliated.
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
        /// The request is refused.
        0x14 Refused {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Why.
            cause: Cause,
        }
        /// The request waits for a channel.
        0x15 Queued {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Place in the queue, from 1.
            position: u16,
        }
        /// The request arrived and is being worked on: no need to repeat it.
        0x16 Working {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
        }
        /// The network has ended the unit's registration here.
        0x17 Deregistered {
            /// Who.
            unit: UnitId,
            /// Why.
            cause: Cause,
        }
        /// The unit's turn has come while its button was up: whoever presses in time has the floor.
        0x18 CallBack {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
        }
        /// How far the unit's emergency is.
        0x1C EmergencyStatus {
            /// Who is in an emergency.
            unit: UnitId,
            /// As in its alarm or request.
            press: Press,
            /// How far it is.
            stage: EmergencyStage,
        }
        /// Somebody wants a call with the unit.
        0x1D Page {
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
        0x1E Ringing {
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
        }
        /// A page is over without a call: a unit that rings stops.
        0x1F PageOver {
            /// Who was called.
            unit: UnitId,
            /// Who called.
            caller: UnitId,
            /// The caller's request.
            press: Press,
            /// Why.
            cause: Cause,
        }
        /// A call begins or goes on; on the control channel, repeated, then for late entry.
        0x20 Grant {
            /// The call.
            call: CallId,
            /// For whom.
            parties: Parties,
            /// Where.
            at: SlotAddress,
            /// Who talks and in which spurt; `None` while the call hangs.
            talker: Option<Talker>,
            /// Whether it is an emergency call.
            emergency: bool,
            /// Whether this word only tells latecomers.
            late_entry: bool,
            /// What becomes of a demand for the floor while another unit has it.
            floor: FloorPolicy,
            /// Both talk at once, and this slot is the near one's; `None`: half duplex.
            duplex: Option<Sides>,
        }
        /// A call is over here; repeated, on its slot and on the control channel.
        0x21 Release {
            /// The call.
            call: CallId,
            /// Why.
            cause: Cause,
        }
        /// Speech.
        0x30 Voice {
            /// The call.
            call: CallId,
            /// Who talks.
            talker: UnitId,
            /// The spurt.
            spurt: SpurtId,
            /// Vocoder frames since the spurt began (20 ms each).
            position: u32,
            /// The frames.
            frames: FrameRun,
        }
        /// Somebody was given the floor; sent on the call's slot until speech flows.
        0x31 FloorTaken {
            /// The call.
            call: CallId,
            /// For whom.
            parties: Parties,
            /// Who.
            talker: Talker,
        }
        /// Nobody talks; a press asks for the floor. Sent on the call's slot throughout the hang time.
        0x32 FloorIdle {
            /// The call.
            call: CallId,
            /// For whom.
            parties: Parties,
        }
        /// A request for the floor is refused.
        0x33 FloorRefused {
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
        0x34 TalkWarning {
            /// The call.
            call: CallId,
            /// Who talks.
            unit: UnitId,
            /// In which spurt.
            spurt: SpurtId,
            /// How much time was left when the controller said so, in milliseconds.
            left_ms: u32,
        }
        /// The floor was taken away from the talker.
        0x35 FloorWithdrawn {
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
        0x36 FloorQueued {
            /// The call.
            call: CallId,
            /// Who asked.
            unit: UnitId,
            /// As in its request.
            press: Press,
            /// Place among those that wait for this floor, from 1.
            position: u16,
        }
        /// The slot is a failsoft channel, and nobody talks there.
        0x38 FailsoftOpen {
            /// The site.
            site: SiteId,
            /// Whether the failsoft tone is heard in this burst.
            tone: bool,
        }
        /// Speech on a failsoft channel. Nobody has granted it, and who talks is what the radio says of itself.
        0x39 FailsoftVoice {
            /// The site.
            site: SiteId,
            /// For which talkgroup.
            talkgroup: TalkgroupId,
            /// Who talks.
            talker: UnitId,
            /// Which of its presses.
            press: Press,
            /// Vocoder frames since the press (20 ms each).
            position: u32,
            /// The frames.
            frames: FrameRun,
            /// Whether the talker has stopped.
            last: bool,
            /// Whether the failsoft tone is heard in this burst.
            tone: bool,
        }
        /// The slot is a failsoft channel no longer: radios go back to the control channel.
        0x3A FailsoftOver {
            /// The site.
            site: SiteId,
        }
        /// The unit is to do something.
        0x40 RadioOrder (crate::passed_down::RadioOrder)
        /// Proves the network to a unit that is to obey.
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
    }
}

record! {
    /// Who has the floor.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct Talker {
        /// The unit.
        pub unit: UnitId,
        /// Its spurt.
        pub spurt: SpurtId,
        /// The request that was granted: the talker knows its own press by it.
        pub press: Press,
    }
}
