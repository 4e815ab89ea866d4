//! The one table of causes: the same on the wire, in the log, in the call record and on the screen (law 6).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed};

macro_rules! causes {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why a request was refused, a call released, a link closed or a burst dropped.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Cause { $(#[doc = $text] $(#[$meta])* $name = $code,)* }

        impl Cause {
            /// Every cause, in order of its code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The cause with this code.
            pub const fn new(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }

            /// The code on the wire.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The sentence that people read.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The name in metrics and records.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

causes! {
    // Refusals of a request.
    NotRegistered = 0x01, "unit is not registered at this site";
    UnknownUnit = 0x02, "unit is not in the home register";
    UnknownTalkgroup = 0x03, "talkgroup is not known";
    NotAMember = 0x04, "unit is not a member of the talkgroup";
    NotAffiliated = 0x05, "unit is not affiliated to the talkgroup";
    AuthenticationFailed = 0x06, "the answer to the challenge is wrong";
    ChallengeExpired = 0x07, "the challenge was not answered in time";
    NoChallenge = 0x08, "no challenge was given to this identity at this site";
    SiteNotAllowed = 0x09, "unit is not allowed at this site";
    TooManyRegistrations = 0x0A, "too many registrations are under way at this site";
    RegisterFull = 0x0B, "the register holds as many units as it may";
    WrongState = 0x0C, "the call's state does not allow the request";
    UnknownCall = 0x0D, "the call is over or was never set up";
    FloorTaken = 0x0E, "another unit has the floor";
    NotTheTalker = 0x0F, "unit does not have the floor";
    QueueFull = 0x10, "all channels are busy and the queue is full";
    QueueTimeout = 0x11, "no channel became free in time";
    RequestCancelled = 0x12, "the caller cancelled the request";
    NoTrafficChannel = 0x13, "the site has no traffic channel at all";
    SiteUnavailable = 0x14, "the site has no link to its controller";
    UnknownIdentity = 0x15, "the identity is not in the home register";
    NoAnswer = 0x16, "nothing answered within the retry limit";
    FloorQueueFull = 0x17, "as many units wait for the floor as may";
    FloorTimeout = 0x18, "the floor did not become free in time";
    CallBackExpired = 0x1A, "the caller was called back and did not press in time";
    UnknownArea = 0x1B, "the service area is not known";
    OutsideArea = 0x1C, "the site is not in the service area";
    TooManyEmergencies = 0x1D, "as many emergencies are active as may";
    UnknownEmergency = 0x1E, "the unit has no emergency that is active";
    ListenOnly = 0x1F, "only the caller speaks in a broadcast call";

    // Releases of a call.
    HangTimeOver = 0x20, "nobody spoke before hang time ran out";
    TransmissionEnded = 0x21, "the transmission ended";
    TalkerLost = 0x22, "the talker fell silent without releasing";
    TransmissionLimit = 0x23, "the talker reached the transmission limit";
    NobodyLeft = 0x24, "no listener is left";
    Preempted = 0x25, "the channel was taken for a call of higher priority";
    SlotReassigned = 0x26, "the slot was taken for another call";
    CallLost = 0x27, "no site could carry the call on";
    ControllerRestarted = 0x28, "the controller was started again and no site knew the call";
    Shutdown = 0x29, "the controller is shutting down";
    FloorInterrupted = 0x2A, "a more urgent demand took the floor";
    PriorityScan = 0x2B, "the radio turned to a talkgroup that goes before in its scan list";
    HungUp = 0x2C, "a party of the call hung up";
    DuplexLimit = 0x2D, "the full duplex call lasted as long as it may";
    HandoverFailed = 0x2E, "no channel became free for the talker at its new site";
    Announced = 0x2F, "the call made room for an announcement";

    // Ends of a registration.
    MovedToOtherSite = 0x30, "unit registered at another site";
    PoweredOff = 0x31, "unit was switched off";
    SiteLost = 0x32, "the site's radios are unknown since its link was lost";
    RegistrationReplaced = 0x33, "unit registered again";

    // Refusals of an individual call.
    CalledUnknown = 0x38, "the called unit is not in the home register";
    CalledNotRegistered = 0x39, "the called unit is not registered at a site in service";
    CalledBusy = 0x3A, "the called unit is busy";
    CalledSilent = 0x3B, "the called unit did not answer the page";
    CalledRefuses = 0x3C, "the called unit does not take the call";
    CalledUnanswered = 0x3D, "nobody answered the ringing unit in time";

    // Frames and links.
    FrameTooLong = 0x40, "the frame is longer than the limit";
    FrameTooShort = 0x41, "the frame is shorter than its header";
    WrongVersion = 0x42, "the protocol version is not spoken here";
    BadChecksum = 0x43, "the checksum does not match";
    SequenceGap = 0x44, "a frame is missing on an ordered link";
    WrongFamily = 0x45, "the message does not belong on this link";
    FieldTruncated = 0x46, "a field is cut short";
    FieldOutOfRange = 0x47, "a field has a value out of range";
    TrailingOctets = 0x48, "octets follow the message";
    UnknownMessage = 0x49, "the message number is not known";
    Deposed = 0x4A, "the frame is from a controller that was deposed";
    UnknownSite = 0x4B, "the site in the certificate is not configured";
    LinkReplaced = 0x4C, "the site connected again";
    LinkSilent = 0x4D, "nothing was heard on the link in time";
    NotGreeted = 0x4E, "a message came before the greeting";
    TooManyLinks = 0x4F, "too many links are open";
    LinkCongested = 0x50, "the link could not keep up";
    WrongSite = 0x51, "the unit is not at the site that speaks for it";
    Duplicate = 0x52, "the message repeats what is already known";
    LinkLost = 0x53, "the connection broke or the peer closed it";
    NotAuthenticated = 0x54, "the peer did not prove who it is";
    CertificateDenied = 0x55, "the certificate is on the deny list";
    HandshakeTimeout = 0x56, "the connection was not set up in time";
    EnrolmentRefused = 0x57, "the enrolment token is unknown, was used or has expired";
    SiteTaken = 0x58, "another base station serves the site with its certificate";

    // Air.
    WrongProof = 0x60, "the burst's proof does not match its unit's session";
    NoSession = 0x61, "the unit has no session at this site";
    LateBurst = 0x62, "the burst came after its slot was closed";
    EarlyBurst = 0x63, "the burst names a slot too far ahead";
    Collision = 0x64, "bursts collided in one slot";
    WrongSlot = 0x65, "the burst does not belong in the slot it names";
    NoSuchCarrier = 0x66, "the carrier is not in service at this site";
    BadCookie = 0x67, "the cookie does not match the sender's address";
    TooManyListeners = 0x68, "the air port has as many listeners as it may";
    ListenerExpired = 0x69, "the listener was not heard from in time";
    ControlChannelFull = 0x6A, "the control channel has more to say than it may keep";

    // Voice.
    UnknownSpurt = 0x70, "no route carries this talk spurt";
    WrongTag = 0x71, "the packet's tag does not match the site's key";
    NotRtp = 0x72, "the packet is not RTP of this profile";
    WrongSource = 0x73, "the packet comes from a site that does not carry the talker";
    StalePacket = 0x74, "the packet was seen before or is too old";
    VoiceOverrun = 0x75, "the voice buffer is full";
    SwitchFull = 0x76, "the voice switch holds as many routes or sites as it may";
    StrangeLoopBack = 0x77, "the voice switch awaits no such test of its own";

    // Orders of operators.
    PatchedAlready = 0x78, "a talkgroup is in another patch";
    UnknownPatch = 0x79, "the talkgroup is in no patch";
    TooManyPatches = 0x7A, "as many patches stand as may";
    NoConsoleUnit = 0x7B, "the console has no unit number to talk with";
    NobodyListens = 0x7C, "no radio of the talkgroup is at a site in service";
    EmergencyGoesOn = 0x7D, "a talkgroup is in an emergency call";

    // Ourselves.
    EntrySetAside = 0x7E, "an input broke an invariant and was set aside";
    DurableStoreFailed = 0x7F, "the store could not keep what had to last";

    // Subscribers and their rights.
    ImeiTaken = 0x80, "the equipment identity belongs to another unit";
    ImsiTaken = 0x81, "the subscription belongs to another unit";
    MsisdnTaken = 0x82, "the telephone number belongs to another unit";
    FleetMemberTaken = 0x83, "fleet and member belong to another unit";
    AreaNotAllowed = 0x84, "unit may not choose where its calls are heard";
    EmergencyNotAllowed = 0x85, "unit may not raise an emergency";
    IndividualNotAllowed = 0x86, "unit may not call other units";
    HomeSiteNotAllowed = 0x87, "the home site is not among the sites that the unit may use";
    StaleTmsi = 0x88, "the temporary identity is no unit's any more";
    WrongEquipment = 0x89, "the equipment is not the one of the subscription";
    ClonedIdentity = 0x8A, "the identity is active twice";
    BrokenSeal = 0x8B, "the subscription was not sealed with the radio's key";
    RecordingFailed = 0x8C, "the recording could not be written";
    RecordingsFull = 0x8D, "recordings take as much room as they may";

    // Remote control of radios.
    UnitStunned = 0x90, "the unit is stunned";
    UnitKilled = 0x91, "the unit is out of use for good";
    TooManyPendingOrders = 0x92, "as many orders wait for radios as may";
    OrderUnderWay = 0x93, "another order for the unit is being written down";
    OrderReplaced = 0x94, "a later order took the place of the order";
    OrderExpired = 0x95, "the radio did not confirm the order in time";
    SelectorLocked = 0x96, "the talkgroup is set from afar and the selector is locked";
    NotRegrouped = 0x97, "the unit is not regrouped";
    NetworkNotProved = 0x98, "the network did not prove who it is";
    NotMonitored = 0x99, "the unit was not ordered to open its microphone";
    UnknownOrder = 0x9A, "no such order waits for the unit";
    MonitorEnded = 0x9B, "an operator ended the listening";
    // Status and call alert.
    StatusUnknown = 0xA0, "no status has this number";
    MessageUnconfirmed = 0xA1, "the receiver's radio did not confirm the message";
    TooManyMessages = 0xA2, "as many messages are on their way as may";
    TooManyAlerts = 0xA3, "the unit is alerted by as many as may";
    AlertAnswered = 0xA4, "the alerted unit called back";
    AlertDismissed = 0xA5, "the alerted unit's user will not call back";
    AlertExpired = 0xA6, "nobody answered the call alert in time";
    UnknownAlert = 0xA7, "no call alert of the sender's is active for the unit";
    MessageToSelf = 0xA8, "the message is for its own sender";

    // Operators.
    NotAllowed = 0xB0, "the operator's role does not allow it";
    LoginRefused = 0xB1, "the name or the password is wrong";
    TooManyLogins = 0xB2, "too many logins were tried";
    TokenExpired = 0xB3, "the token has expired";
    SessionOver = 0xB4, "the session is over";
    TokenReused = 0xB5, "the refresh token was used before";
    RequestTooLong = 0xB6, "the request is longer than the limit";
    NotJson = 0xB7, "the request is not of the content type that it must have";
    EventsGone = 0xB8, "the events that were asked for are not kept";
    NotWebSocket = 0xB9, "the request does not begin a WebSocket";
    NothingHere = 0xBA, "nothing is at this path";
    NoSuchMethod = 0xBB, "this is not done at this path";
    ControllerBusy = 0xBC, "the controller has no time to answer";

    // Configuration.
    ConfigurationChanged = 0xC0, "the configuration was changed meanwhile";
    ConfigurationUnfit = 0xC1, "the parts of the configuration do not fit together";
    UnknownVersion = 0xC2, "no such version of the configuration is kept";
    TalkgroupRemoved = 0xC3, "the talkgroup was taken out of the configuration";
    SiteRemoved = 0xC4, "the site was taken out of the configuration";
    AreaRemoved = 0xC5, "the service area was taken out of the configuration";

    // A site that serves alone.
    HandedBack = 0xD0, "the site gave the call back to its controller";
    CallMerged = 0xD1, "the talkgroup has another call in the whole network";
    NoVectorLeft = 0xD2, "the site alone has no challenge left for the unit";
    CopyUnfit = 0xD3, "the copy for serving alone cannot be read";
    ReportUnfit = 0xD4, "the site's report of its time alone is no record that it may make";
    NotCopied = 0xD5, "the site alone knows nothing of the unit";

    // Faults.
    SlotFaulty = 0xD6, "the slot is faulty";
    UnknownAlarm = 0xD7, "no such alarm is raised";
    TooManyAlarms = 0xD8, "as many alarms are raised as may";

    // Failsoft.
    SiteInFailsoft = 0xDC, "the site is in failsoft: nobody grants anything";
    SaidInFailsoft = 0xDD, "said on a failsoft channel, where nobody grants and nobody waits";
    FailsoftOver = 0xDE, "failsoft is over";
    FailsoftBusy = 0xDF, "another radio talks on the failsoft channel";
    FailsoftTalkLimit = 0xE0, "the radio talked on the failsoft channel for as long as it may";

    // A base station that was killed while it served alone.
    StationRestarted = 0xE2, "the base station was started again while it served alone";

    // Voice that should come.
    VoiceMissing = 0xE3, "no speech of a talker elsewhere arrives from the voice switch";
}

impl Field for Cause {
    const LEAST: usize = 1;
    const MOST: usize = 1;
    const KIND: Kind = Kind::Named("cause");
    fn put(&self, into: &mut BytesMut) {
        self.code().put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, code) = u8::take(input)?;
        match Self::new(code) {
            Some(cause) => Ok((rest, cause)),
            None => Err(Fault::out_of_range(input)),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A payload that could not be read, as a cause.
impl From<crate::DecodeError> for Cause {
    fn from(error: crate::DecodeError) -> Self {
        use crate::DecodeError::{OutOfRange, Trailing, Truncated, UnknownMessage};
        match error {
            Truncated { .. } => Self::FieldTruncated,
            OutOfRange { .. } => Self::FieldOutOfRange,
            Trailing { .. } => Self::TrailingOctets,
            UnknownMessage { .. } => Self::UnknownMessage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_lead_back() {
        for (index, cause) in Cause::ALL.iter().enumerate() {
            assert_eq!(Cause::new(cause.code()), Some(*cause));
            assert!(
                Cause::ALL[..index].iter().all(|earlier| earlier.code() < cause.code()),
                "{cause:?} is out of order"
            );
        }
    }

    #[test]
    fn texts_are_unique() {
        let mut texts: Vec<_> = Cause::ALL.iter().map(|cause| cause.text()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Cause::ALL.len());
    }
}
