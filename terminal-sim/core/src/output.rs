//! Everything that a handset's core can ask of its shell.

use serde::Serialize;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::Burst;
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{
    Addressee, CallId, CarrierNumber, Cause, EmergencyStage, Imsi, Parties, SiteId, SlotAddress, SpurtId,
    StatusNumber, TalkgroupId, UnitId,
};

/// All that one call of `handle` caused, in order. The caller owns and drains it.
pub type Outbox = Vec<Output>;

/// One thing for the shell to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Hear the control channels of every site within range: the handset hunts.
    Hunt,
    /// Hear one carrier of one site, and nothing else.
    Tune {
        /// The site.
        site: SiteId,
        /// The carrier.
        carrier: CarrierNumber,
    },
    /// Measure how strongly a carrier is heard, beside whatever else is heard; answer with `Input::Level`, or not at all
    /// where nothing is heard.
    Measure {
        /// The site.
        site: SiteId,
        /// Its control carrier.
        carrier: CarrierNumber,
    },
    /// Receiver off.
    Mute,
    /// Transmit now: the burst's slot begins.
    Transmit {
        /// To which site; the shell fills in the level at that site's antenna.
        site: SiteId,
        /// What.
        burst: Burst,
    },
    /// Speech for the loudspeaker.
    Heard {
        /// Which call.
        call: CallId,
        /// Who talks.
        talker: UnitId,
        /// Which spurt.
        spurt: SpurtId,
        /// Vocoder frames since the spurt began (20 ms each).
        position: u32,
        /// The frames.
        frames: FrameRun,
    },
    /// Speech for the loudspeaker, in failsoft.
    HeardInFailsoft {
        /// Who talks, as the radio says of itself.
        talker: UnitId,
        /// By what spurts of one talker are told apart: no controller has given it.
        spurt: SpurtId,
        /// Vocoder frames since the spurt began (20 ms each).
        position: u32,
        /// The frames.
        frames: FrameRun,
    },
    /// Speech was cut off, for it came before the talk permit.
    Clipped {
        /// How many vocoder frames.
        frames: u32,
    },
    /// Something that the user sees or hears.
    Event(HandsetEvent),
}

/// What a user of the handset notices. Programs read it as JSON: the event's name in `event`, its fields beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HandsetEvent {
    /// No site is found; the handset keeps looking.
    OutOfRange,
    /// A site was chosen.
    Camped {
        /// Which.
        site: SiteId,
    },
    /// The site's service changed, or is not the whole network when the handset comes.
    Service {
        /// Which site.
        site: SiteId,
        /// What it can do.
        service: SiteService,
    },
    /// The control channel is not where it was: the handset searches for it.
    Searches {
        /// Of which site.
        site: SiteId,
    },
    /// It found the control channel again; its registration holds.
    FindsControl {
        /// Of which site.
        site: SiteId,
        /// Where.
        control: SlotAddress,
    },
    /// A neighbour is better: the handset goes there.
    LeavesFor {
        /// Which.
        site: SiteId,
    },
    /// The network has said who the handset is, which was blank: it keeps that.
    Subscribed {
        /// Its individual id; beside it programs read what the radio is called.
        #[serde(rename = "individual_id")]
        unit: UnitId,
        /// Its subscription, where it has one.
        imsi: Option<Imsi>,
    },
    /// Registered, and affiliated where a talkgroup is named.
    Registered {
        /// Where.
        site: SiteId,
        /// To which talkgroup.
        talkgroup: Option<TalkgroupId>,
    },
    /// Registration failed.
    RegisterRefused {
        /// Why.
        cause: Cause,
    },
    /// Affiliated.
    Affiliated {
        /// To which talkgroup.
        talkgroup: TalkgroupId,
    },
    /// A request waits in the queue.
    Queued {
        /// Place, from 1.
        position: u16,
    },
    /// The turn of a request has come while the button was up: press to talk.
    CalledBack,
    /// The network, or an operator, says how far the user's emergency is.
    Emergency {
        /// How far it is.
        stage: EmergencyStage,
    },
    /// Another unit calls: the handset rings.
    Rings {
        /// Who calls.
        caller: UnitId,
    },
    /// It rings no more, and no call came of it.
    RingOver {
        /// Who called.
        caller: UnitId,
        /// Why.
        cause: Cause,
    },
    /// The unit that was asked for rings.
    CalledRings {
        /// Which.
        called: UnitId,
    },
    /// A demand for the floor waits.
    FloorQueued {
        /// In which call.
        call: CallId,
        /// Place, from 1.
        position: u16,
    },
    /// A request was refused, by the network or for want of an answer.
    Refused {
        /// Why.
        cause: Cause,
    },
    /// Talk permit: speak now.
    TalkPermit {
        /// In which call.
        call: CallId,
    },
    /// The talker's time is nearly over.
    TalkWarning {
        /// In which call.
        call: CallId,
        /// How much of it is left, in milliseconds.
        left_ms: u32,
    },
    /// The network took the floor away.
    FloorLost {
        /// In which call.
        call: CallId,
        /// Why.
        cause: Cause,
    },
    /// The floor is lost or given up.
    TalkEnded {
        /// In which call.
        call: CallId,
    },
    /// Joined a call as a listener.
    Joined {
        /// Which call.
        call: CallId,
        /// For whom.
        parties: Parties,
        /// Whether it was running already.
        late_entry: bool,
    },
    /// Somebody else talks.
    Hears {
        /// In which call.
        call: CallId,
        /// Who.
        talker: UnitId,
    },
    /// FAILSOFT: nobody decides, and the handset is on the channel that is programmed for its talkgroup.
    Failsoft {
        /// At which site.
        site: SiteId,
        /// For which talkgroup.
        talkgroup: TalkgroupId,
        /// Where.
        at: SlotAddress,
    },
    /// The tone that reminds of failsoft.
    FailsoftTone,
    /// The button is down in failsoft: speak, nobody is asked.
    FailsoftPermit,
    /// What was said in failsoft is over.
    FailsoftTalkEnded,
    /// Somebody talks in failsoft.
    FailsoftHears {
        /// Who, as the radio says of itself.
        talker: UnitId,
        /// For which talkgroup.
        talkgroup: TalkgroupId,
    },
    /// The handset leaves its failsoft channel.
    FailsoftOver {
        /// Of which site.
        site: SiteId,
    },
    /// An operator has stunned the handset.
    Stunned,
    /// It serves its user again.
    Revived,
    /// It is out of use for good.
    Killed,
    /// Its selector is set from afar.
    Regrouped {
        /// To which talkgroup.
        talkgroup: TalkgroupId,
        /// Whether the user can turn it.
        locked: bool,
    },
    /// Its selector stands where the user had it.
    Restored {
        /// At which talkgroup.
        talkgroup: TalkgroupId,
    },
    /// Somebody tells a status.
    ShowsStatus {
        /// Which.
        number: StatusNumber,
        /// Who.
        from: MessageSource,
        /// Whom: this unit, or a talkgroup that it hears.
        to: Addressee,
    },
    /// Somebody wants to be called back; told again and again.
    Alerted {
        /// Who.
        from: MessageSource,
    },
    /// A call alert is over.
    AlertOver {
        /// Who wanted to be called back.
        from: MessageSource,
        /// Why.
        cause: Cause,
    },
    /// The user's own status or call alert was delivered.
    MessageDelivered,
    /// It was not, or was called back.
    MessageRefused {
        /// Why.
        cause: Cause,
    },
    /// The call is over for this handset.
    Left {
        /// Which call.
        call: CallId,
        /// Why.
        cause: Cause,
    },
}

/// Who tells a message, as a radio shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageSource {
    /// Another radio's user.
    Unit(UnitId),
    /// An operator.
    Operator,
}

impl std::fmt::Display for MessageSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Operator => f.write_str("the console"),
        }
    }
}
