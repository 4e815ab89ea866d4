//! Everything that can reach a handset's core.

use trunklab_protocol::air_downlink::{Beacon, Burst};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{Addressee, AreaChoice, CallSetup, SiteId, StatusNumber, TalkgroupId, UnitId};

/// One input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Time alone has passed: a deadline is due.
    Time,
    /// Switched on: hunts, registers, affiliates.
    PowerOn,
    /// Switched off: says so if it can, then is silent.
    PowerOff,
    /// The selector was turned.
    Select(TalkgroupId),
    /// The selector of the service area was turned; `None`: where the talkgroup's calls usually are.
    SelectArea(Option<AreaChoice>),
    /// Scan was switched.
    Scan {
        /// Whether the secondary talkgroups are to be heard.
        on: bool,
    },
    /// The push-to-talk button went down.
    PressPtt {
        /// Normal or emergency.
        kind: RequestKind,
    },
    /// The push-to-talk button came up.
    ReleasePtt,
    /// The alarm key: an emergency without a call.
    Alarm,
    /// The button goes down for another unit, or its number is dialled.
    Call {
        /// Whom to call.
        called: UnitId,
        /// How: with the button down, or ringing.
        setup: CallSetup,
    },
    /// The user answers a ringing handset.
    Answer,
    /// The user ends an individual call, gives its request up, declines it, or does not want to call back who alerts.
    HangUp,
    /// The user tells a status.
    Status {
        /// Which.
        number: StatusNumber,
        /// Whom; `None`: the consoles.
        to: Option<Addressee>,
    },
    /// The user alerts another unit, which shall call back.
    CallAlert {
        /// Whom.
        called: UnitId,
    },
    /// The user no longer wants to be called back.
    CancelAlert,
    /// Speech into the microphone, coded: spoken from now on, or after what was given before.
    Speech(Vec<VoiceFrame>),
    /// The laws of nature: a site can be heard, at this level.
    Beacon {
        /// The site.
        beacon: Beacon,
        /// The level here, in dBm.
        level_dbm: i8,
    },
    /// A site can no longer be heard.
    Silence {
        /// The site.
        site: SiteId,
    },
    /// What a measurement found.
    Level {
        /// Whose carrier.
        site: SiteId,
        /// The level here, in dBm.
        level_dbm: i8,
    },
    /// A burst was received on a carrier that the handset is tuned to.
    Burst {
        /// Whose.
        site: SiteId,
        /// The level here, in dBm.
        level_dbm: i8,
        /// What.
        burst: Burst,
    },
}
