//! The clauses of the specification that decisions cite: why something was granted, refused or released can be read
//! in `docs/protocol.md`, and for chapters 12 to 14 in `docs/call-processing.md`, `docs/services.md` and
//! `docs/resilience.md`.

use std::fmt;

macro_rules! clauses {
    ($($name:ident = $number:literal, $title:literal;)*) => {
        /// A clause of the specification.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Clause { $(#[doc = $title] $name,)* }

        impl Clause {
            /// Every one that is cited, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its number, as `12.5.3`.
            pub const fn number(self) -> &'static str {
                match self { $(Self::$name => $number,)* }
            }

            /// Its heading.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

clauses! {
    Epoch = "2.1.6", "Epoch";
    SiteService = "5.2.1", "Enumeration SiteService";
    RandomAccess = "5.3.1", "Random access";
    FloorOnTheSlot = "5.3.3", "Floor";
    LateEntry = "5.3.4", "Late entry";
    Registration = "5.4.1", "Procedure";
    RegistrationRefused = "5.4.2", "Refusal";
    RegistrationEnd = "5.4.3", "End";
    Affiliation = "5.4.4", "Affiliation";
    Connecting = "6.1.1", "Connecting";
    Inventory = "6.1.2", "Inventory";
    SignsOfLife = "6.1.3", "Heartbeat";
    RequestsOnTheLink = "6.1.4", "Requests";
    Orders = "7.1", "Orders";

    OrderOfChecks = "12.1.1", "Order of checks";
    Repetition = "12.1.2", "Repetition";
    Coverage = "12.2.1", "Coverage";
    AllStart = "12.2.2", "All start";
    OneCall = "12.2.3", "One call";
    CoverageChanges = "12.2.4", "Changes of coverage";
    CriticalStart = "12.2.5", "Critical sites";
    FastStart = "12.2.6", "Fast start";
    BusyOverride = "12.2.7", "Busy override";
    ServiceAreas = "12.2.8", "Service areas";
    Widening = "12.2.9", "Widening";
    OneTalker = "12.3.1", "One talker";
    EndOfTalk = "12.3.2", "End of talk";
    SilentTalker = "12.3.3", "Silent talker";
    TransmissionLimit = "12.3.4", "Transmission limit";
    TransmissionWarning = "12.3.5", "Warning before the limit";
    FloorQueue = "12.3.6", "Waiting for the floor";
    FloorDemand = "12.3.7", "Demand and interruption";
    ConsoleTalk = "12.3.8", "An operator talks";
    ConsoleFloor = "12.3.9", "The floor of an operator";
    MessageTrunking = "12.4.1", "Message trunking";
    TransmissionTrunking = "12.4.2", "Transmission trunking";
    QuasiTrunking = "12.4.3", "Quasi-transmission trunking";
    QueueOrder = "12.5.1", "Order";
    QueuePlace = "12.5.2", "Place";
    LongestWait = "12.5.3", "Longest wait";
    Cancelling = "12.5.4", "Cancelling";
    FullQueue = "12.5.5", "Full queue";
    HeldBack = "12.5.6", "Held back";
    ReleaseInQueue = "12.5.7", "Release of the button";
    CallBack = "12.5.8", "Call back";
    RecentUser = "12.5.9", "Recent user";
    Ageing = "12.5.10", "Ageing";
    EmergencyRank = "12.6.1", "Rank";
    Cut = "12.6.2", "Cut";
    ProtectedCalls = "12.6.3", "Protected calls";
    EmergencyInCall = "12.6.4", "Emergency in a running call";
    EmergencyHangTime = "12.6.5", "Hang time of emergency calls";
    Alarm = "12.6.6", "Alarm";
    EmergencyAnswered = "12.6.7", "Acknowledged and cleared";
    EmergencyTalkgroup = "12.6.8", "Emergency talkgroup";
    EmergencyOfTalker = "12.6.9", "Emergency of the talker";
    LowestFirst = "12.7.1", "Lowest first";
    SpreadWear = "12.7.2", "Spread wear";
    PackCarriers = "12.7.3", "Pack carriers";
    LostSites = "12.8.1", "Lost sites";
    EarlierTerm = "12.8.2", "Calls of an earlier term";
    EndOfTerm = "12.8.3", "End of a term";
    CalledChecks = "12.9.1", "Checks of the called unit";
    Page = "12.9.2", "Page";
    ImmediateCall = "12.9.3", "Immediate call";
    Ringing = "12.9.4", "Ringing";
    IndividualCall = "12.9.5", "Course of the call";
    CrossedRequests = "12.9.6", "Crossed requests";
    HangUp = "12.9.7", "Hanging up";
    FullDuplex = "12.9.8", "Full duplex";
    DuplexLimit = "12.9.9", "Limit of a full duplex call";
    AnnouncementGroup = "12.10.1", "Announcement group";
    BroadcastCall = "12.10.2", "Broadcast call";
    SystemWideCall = "12.10.3", "System-wide call";
    Patch = "12.10.4", "Patch";
    Multiselect = "12.10.5", "Multiselect";
    Audience = "12.10.6", "Audience";
    ConsoleSelect = "12.10.7", "An operator talks to several";
    Reselection = "12.11.1", "Reselection";
    LocationUpdate = "12.11.2", "Location update";
    Roaming = "12.11.3", "Sites that a unit may use";
    MovingListener = "12.11.4", "A listener that moves";
    MovingTalker = "12.11.5", "A talker that moves";
    NoSlotForTalker = "12.11.6", "No slot for a talker";
    Scan = "12.11.7", "Secondary talkgroups";
    PriorityScan = "12.11.8", "Priority scan";
    LateEntryYields = "12.12.1", "Late entry under load";
    RegistrationWindow = "12.12.2", "Mass registration";
    WordUrgency = "12.12.3", "Urgency of words";
    RepeatedGrants = "12.12.4", "Repeated grants";
    MeasuredLoad = "12.12.5", "Measured load";
    Sectors = "12.12.6", "Sectors";
    FrequencyReuse = "12.12.7", "Frequency reuse";
    SearchedControl = "12.12.10", "Searched control channel";
    AssociatedSignalling = "12.12.11", "Associated signalling";
    DistributedControl = "12.12.12", "Distributed control";

    Names = "13.1.1", "Names";
    Removal = "13.1.2", "Removal";
    ServiceRights = "13.1.3", "Rights";
    UnitPriority = "13.1.4", "Priority of a unit";
    HomeSite = "13.1.5", "Home site";
    CopiedRights = "13.1.6", "Visitor register";
    SeveralAtOnce = "13.1.7", "Several at once";

    FirstRegistration = "13.2.1", "First registration";
    TemporaryIdentity = "13.2.2", "Temporary identity";
    AuthenticationVector = "13.2.3", "Authentication vector";
    BoundEquipment = "13.2.4", "Equipment";
    ClonedIdentity = "13.2.5", "Cloned identity";

    RadioOrders = "13.3.1", "Orders for radios";
    PendingOrders = "13.3.2", "Orders that wait";
    Stun = "13.3.3", "Stun and revive";
    Kill = "13.3.4", "Kill";
    RadioCheck = "13.3.5", "Radio check";
    Regrouping = "13.3.6", "Regrouping";
    RemoteMonitor = "13.3.7", "Remote monitor";
    RightsByOrder = "13.3.8", "Priority and rights by order";
    StatusTable = "13.4.1", "Status";
    MessageChecks = "13.4.2", "Checks of a message";
    MessageToUnit = "13.4.3", "To a unit";
    MessageToTalkgroup = "13.4.4", "To a talkgroup";
    MessageToConsoles = "13.4.5", "To the consoles";
    MessageInCall = "13.4.6", "Beside a call";
    CallAlert = "13.4.7", "Call alert";
    AlertAnswer = "13.4.8", "Answer to a call alert";
    AlertEnd = "13.4.9", "End of a call alert";
    MessageRecords = "13.4.10", "Records";

    CompleteRecord = "13.5.1", "Call record";
    CutRecord = "13.5.2", "A record that a fault ends";
    KeptAttempt = "13.5.3", "Attempts";
    ReadRecords = "13.5.4", "Reading records";
    Recordings = "13.5.5", "Recordings";

    Configuration = "13.6.1", "Configuration";
    ConfigurationChange = "13.6.2", "Change";
    TimersKept = "13.6.3", "Running timers";
    SiteChanged = "13.6.4", "A changed site";
    TakenOut = "13.6.5", "Talkgroups, areas and sites taken out";
    ConfigurationVersions = "13.6.6", "Versions";
    SiteConfiguration = "13.6.7", "Configuration of a site";
    StatisticsKept = "13.6.8", "Statistics";
    StatisticsCounted = "13.6.9", "What is counted";
    RadioConfiguration = "13.6.10", "Configuration of a radio";

    Copy = "14.1.1", "Copy";
    IsolationBegins = "14.1.2", "Beginning";
    IsolatedService = "14.1.3", "Service";
    CopiedRegistration = "14.1.4", "Registration from the copy";
    IsolationEnds = "14.1.5", "Return";
    IsolationReport = "14.1.6", "Report";
    ExerciseFault = "14.2.1", "Exercise faults";
    SelfTest = "14.2.2", "Self-test";
    FaultySlot = "14.2.3", "Faulty slot";
    SoundSlot = "14.2.4", "Return of a slot";
    OwnHealth = "14.2.5", "Voice switch and controller";
    NetworkAlarm = "14.3.1", "Alarms";
    AlarmDamping = "14.3.2", "Damping";
    AlarmAcknowledged = "14.3.3", "Acknowledged";
    AlarmHistory = "14.3.4", "History";
    AvailabilityReport = "14.4.1", "Report";

    ControlCandidates = "14.5.1", "Candidates";
    ControlRotates = "14.5.2", "Rotation";
    ControlFollowed = "14.5.3", "Radios after a rotation";

    FailsoftChannel = "14.6.1", "Failsoft channel";
    FailsoftBegins = "14.6.2", "Beginning of failsoft";
    FailsoftRepeats = "14.6.3", "Repeating";
    FailsoftRadio = "14.6.4", "Radios in failsoft";
    FailsoftEnds = "14.6.5", "End of failsoft";
    FailsoftReport = "14.6.6", "Report of failsoft";
    ControlLost = "14.6.7", "Failsoft under a link";
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_stand_in_the_order_of_the_specification() {
        let numbers = |clause: &Clause| -> Vec<u8> {
            clause.number().split('.').map(|part| part.parse().unwrap()).collect()
        };
        assert!(Clause::ALL.is_sorted_by(|one, other| numbers(one) < numbers(other)));
    }
}
