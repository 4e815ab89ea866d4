//! What is done in a scenario.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{
    Addressee, AreaChoice, CallSetup, CarrierNumber, Position, SiteId, Span, StatusNumber, TalkgroupId,
    UnitId,
};

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A handset is switched on.
    SwitchOn(UnitId),
    /// A handset is switched off, and says so.
    SwitchOff(UnitId),
    /// A handset's button goes down.
    Press(UnitId, RequestKind),
    /// It comes up.
    Release(UnitId),
    /// A handset's alarm key is pressed.
    Alarm(UnitId),
    /// The console orders something.
    Order(Order),
    /// The console changes the configuration.
    Reconfigure(Alteration),
    /// The operator at the console speaks from here on.
    OperatorSpeaks {
        /// As whom radios hear it.
        unit: UnitId,
        /// For how long.
        span: Span,
    },
    /// The operator speaks no more, though the button is down.
    OperatorFallsSilent,
    /// A handset calls another unit.
    Call {
        /// Who.
        caller: UnitId,
        /// Whom.
        called: UnitId,
        /// How.
        setup: CallSetup,
    },
    /// The user of a handset that rings answers.
    Answer(UnitId),
    /// The user of a handset hangs up, gives up, or declines.
    HangUp(UnitId),
    /// The user of a handset tells a status; `None`: to the consoles.
    Status(UnitId, StatusNumber, Option<Addressee>),
    /// The user of a handset alerts another unit.
    CallAlert {
        /// Who.
        caller: UnitId,
        /// Whom.
        called: UnitId,
    },
    /// The user of a handset calls its alert back.
    CancelAlert(UnitId),
    /// Somebody speaks into a handset, from the moment that it may talk.
    Speak(UnitId, Speech),
    /// A handset's selector is turned.
    Select(UnitId, TalkgroupId),
    /// A handset's selector of the service area is turned.
    SelectArea(UnitId, Option<AreaChoice>),
    /// Scan is switched on or off.
    Scan(UnitId, bool),
    /// A handset is carried to another place.
    Move(UnitId, Position),
    /// A handset's battery is out: from now on it neither sends nor hears.
    Vanish(UnitId),
    /// A site's link to its controller is cut.
    CutLink(SiteId),
    /// It can be used again.
    MendLink(SiteId),
    /// A base station is killed.
    KillStation(SiteId),
    /// A base station is started.
    StartStation(SiteId),
    /// A carrier of a base station breaks: it radiates nothing and hears nothing.
    CarrierFails(SiteId, CarrierNumber),
    /// It works again.
    CarrierMends(SiteId, CarrierNumber),
    /// The load of a site's control channels is written down.
    TellLoad(SiteId),
    /// What the controller has charged is written down.
    TellRecords,
    /// The disk of the controller is full, or has room again.
    SetDisk {
        /// Whether it is full from here on.
        full: bool,
    },
    /// The controller is killed.
    KillController,
    /// The controller is shut down in order.
    StopController,
    /// The controller is started.
    StartController,
    /// The controller is started with a new database.
    StartControllerAnew,
    /// One voice packet of a unit's running or next spurt is lost between base station and switch.
    LoseVoicePacket {
        /// Who talks.
        unit: UnitId,
        /// Which packet of the spurt, from 0.
        packet: u16,
    },
    /// Every end-of-talk burst of a unit's running or next spurt is lost on the air.
    LoseTalkEnd(UnitId),
}

/// One change of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// How long a talkgroup's calls keep their channels after speech.
    HangTime(TalkgroupId, Span),
    /// A site has a carrier no longer.
    CarrierOut(SiteId, CarrierNumber),
    /// There is a talkgroup no longer.
    TalkgroupOut(TalkgroupId),
}

/// What is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    /// A WAV file, looked for beside the scenario.
    File(String),
    /// Synthesised speech of this length.
    Synthesised(Span),
}

impl Action {
    /// The unit that acts, where one does.
    pub fn unit(&self) -> Option<UnitId> {
        match self {
            Self::SwitchOn(unit)
            | Self::SwitchOff(unit)
            | Self::Press(unit, _)
            | Self::Release(unit)
            | Self::Alarm(unit)
            | Self::Call { caller: unit, .. }
            | Self::Answer(unit)
            | Self::HangUp(unit)
            | Self::Status(unit, ..)
            | Self::CallAlert { caller: unit, .. }
            | Self::CancelAlert(unit)
            | Self::Speak(unit, _)
            | Self::Select(unit, _)
            | Self::SelectArea(unit, _)
            | Self::Scan(unit, _)
            | Self::Move(unit, _)
            | Self::Vanish(unit)
            | Self::LoseVoicePacket { unit, .. }
            | Self::LoseTalkEnd(unit) => Some(*unit),
            // An order may name a unit that nobody has: then that is its cause.
            Self::Order(_)
            | Self::Reconfigure(_)
            | Self::OperatorSpeaks { .. }
            | Self::OperatorFallsSilent
            | Self::CutLink(_)
            | Self::MendLink(_)
            | Self::KillStation(_)
            | Self::StartStation(_)
            | Self::CarrierFails(..)
            | Self::CarrierMends(..)
            | Self::TellLoad(_)
            | Self::TellRecords
            | Self::SetDisk { .. }
            | Self::KillController
            | Self::StopController
            | Self::StartController
            | Self::StartControllerAnew => None,
        }
    }

    /// The site that is meant, where one is.
    pub fn site(&self) -> Option<SiteId> {
        match self {
            Self::CutLink(site)
            | Self::MendLink(site)
            | Self::KillStation(site)
            | Self::StartStation(site)
            | Self::CarrierFails(site, _)
            | Self::CarrierMends(site, _)
            | Self::TellLoad(site) => Some(*site),
            Self::SwitchOn(_)
            | Self::SwitchOff(_)
            | Self::Press(..)
            | Self::Release(_)
            | Self::Alarm(_)
            | Self::Order(_)
            | Self::Reconfigure(_)
            | Self::OperatorSpeaks { .. }
            | Self::OperatorFallsSilent
            | Self::Call { .. }
            | Self::Answer(_)
            | Self::HangUp(_)
            | Self::Status(..)
            | Self::CallAlert { .. }
            | Self::CancelAlert(_)
            | Self::Speak(..)
            | Self::Select(..)
            | Self::SelectArea(..)
            | Self::Scan(..)
            | Self::Move(..)
            | Self::Vanish(_)
            | Self::LoseVoicePacket { .. }
            | Self::LoseTalkEnd(_)
            | Self::TellRecords
            | Self::SetDisk { .. }
            | Self::KillController
            | Self::StopController
            | Self::StartController
            | Self::StartControllerAnew => None,
        }
    }
}
