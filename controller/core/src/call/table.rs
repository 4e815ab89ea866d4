//! The call state table: which event does what in which state. Nothing happens to a call that is not a row here.
//!
//! A call is *new* for an instant: a unit has asked for it, or a site has reported one that was set up before this
//! controller began. Where every site that it waits for has a free slot it is granted and somebody is *talking*;
//! otherwise it is *queued*. A caller that has released its button by the time its turn comes is *called back*: the
//! slots are kept for it for a short time. When the talker stops, the call is *hanging*: it keeps its slots for the hang time so
//! that an answer needs no new channel, unless its talkgroup keeps none. It has *ended* when its slots are free and
//! its record is closed. A request that does not become a call of its own ends as well: refused, withdrawn, or
//! given the floor of a call that hangs.
//!
//! Where its talkgroup queues demands for the floor, the talker is followed by the first that waits, and the call never
//! hangs meanwhile. A demand that waits is part of its call, and ends with it.
//!
//! A request for another unit is not decided at once: while it is *paging* the called unit is asked, and where it is to
//! ring it is *ringing* until its user answers. Then it goes the way of all requests. An individual call is a group of
//! two: it ends as well when one of them hangs up or is gone. Where both units talk at once it has no floor: the two are
//! *conversing* until it ends.

use trunklab_protocol::{Cause, Clause};

use crate::timers::DeadlineReason;

/// Declares a fieldless enum whose variants carry the sentence that docs/call-states.md prints.
macro_rules! described {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident: $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $text] $variant,)* }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What it means.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }
    };
}

described! {
    /// What is going on.
    pub enum State {
        New: "asked for by a unit, or reported by a site's inventory",
        Paging: "the called unit is asked whether it can take the call; nothing is held",
        Ringing: "the called unit rings; nothing is held",
        Queued: "waits until every site that it waits for has a free slot",
        CallingBack: "holds its slots for a caller whose button was up when its turn came",
        Talking: "holds its slots; one unit has the floor",
        Hanging: "holds its slots; nobody has the floor",
        Conversing: "holds its slots; both units of an individual call talk at once",
        Ended: "holds nothing",
    }
}

described! {
    /// What can happen.
    pub enum Event {
        RoomEverywhere: "every site that must carry the call has a free slot",
        RoomAtCriticalSites: "the caller's and every critical site has a free slot, and another site has none",
        RoomAtCaller: "the talkgroup starts fast: the caller's site has a free slot, and another site has none",
        Overridden: "the caller has kept its button pressed for long enough: its site has a free slot, and another has none",
        RoomForCallBack: "every site that the call waits for has a free slot, and the caller's button is up",
        RoomForAnswer: "every site that must carry the call has a free slot, and the user of the called unit has answered",
        RoomForBoth: "there is a slot for each of the two units, and the user of the called unit has answered",
        RoomLacking: "a site that the call waits for has no free slot",
        CalledReachable: "the unit that is asked for is registered and free",
        CalledRings: "the called unit says that it rings",
        CalledBusy: "the called unit is doing something else",
        CalledRefuses: "the called unit, or its user, does not take the call",
        CalledGone: "the called unit is no longer registered at a site in service",
        PageExpired: "the called unit did not answer the page in time",
        RingExpired: "nobody answered the ringing unit in time",
        CallOpen: "the talkgroup's call has no other talker and reaches, or can reach, the caller's site",
        FloorHeld: "another unit talks in the talkgroup's call",
        AudienceBusy: "a talkgroup that shall hear the call has another call",
        BroadcastHeld: "nobody but the caller speaks in the talkgroup's call",
        NobodyListens: "an operator asks, and no site with a listener is in service",
        QueueFull: "the queue is full of requests that are no less urgent",
        Displaced: "the queue is full and a more urgent request came",
        WaitExpired: "the request waited for the longest time allowed",
        Cancelled: "the caller withdrew the request",
        CallerGone: "the caller is no longer there to talk",
        CallerPressed: "the caller that was called back presses",
        CallBackExpired: "nobody pressed in the time for which the slots are kept",
        ReportedTalking: "a site carries a call of an earlier term, in which a unit talks",
        ReportedHanging: "a site carries a call of an earlier term, in which nobody talks",
        PttPressed: "a unit asks for the floor",
        FloorWanted: "a unit asks for the floor of another, and may wait for it",
        FloorQueueFull: "a unit asks for the floor of another, and as many wait as may",
        FloorInterrupted: "a demand comes that takes the floor from the talker",
        FloorWaitExpired: "a demand for the floor waited for the longest time allowed",
        FloorWaitCancelled: "a unit withdrew its demand for the floor",
        FloorWaiterGone: "who waits for the floor is no longer there to talk",
        TalkerPressed: "the talker asks for the floor anew: its end was lost",
        PttReleased: "the talker has stopped",
        TalkerSilent: "the talker was not heard for the silence limit",
        TalkerGone: "the talker is no longer registered, affiliated or reachable where it talked",
        TransmissionEnding: "the talker comes near the transmission limit",
        TransmissionExpired: "the talker reached the transmission limit",
        DuplexEnding: "a full duplex call comes near its limit",
        DuplexExpired: "a full duplex call reached its limit",
        HangExpired: "nobody spoke before hang time ran out",
        TalkerArrived: "the talker is at another site, which has a slot for it",
        TalkerLost: "the talker that moves was not heard of at another site in time",
        NoSlotInTime: "the talker that moved found no slot at its new site in time",
        PartyLeft: "a party of an individual call hung up, or does something else",
        NobodyLeft: "the last site with a listener has left, or a party of an individual call is gone",
        SitesLost: "the last site that carried the call is lost",
        AreaWidened: "a request joins the call whose service area is not within the call's",
        EmergencyRaised: "an emergency of its talkgroup is asked for",
        EmergencyCleared: "the last emergency in which the call was asked for is cleared",
        Preempted: "an emergency takes the slots",
        AnnouncementComes: "an announcement comes that its talkgroup shall hear",
        MonitorEnded: "an operator ends the listening to a party of an individual call",
        SlotFaulty: "a slot of the call is faulty, no other is free at its site, and the call cannot do without the site",
        TakenOut: "the talkgroup, the service area or the slot is taken out of the configuration",
        ClosingDown: "the controller's term of office ends",
    }
}

described! {
    /// What is done about it.
    pub enum Action {
        Page: "ask the called unit at its site",
        TellRinging: "tell the caller that the called unit rings",
        EndSetUp: "forget that the called unit was asked",
        EnterQueue: "take a place in the queue and tell the caller which",
        LeaveQueue: "give the place in the queue up",
        RefuseCaller: "tell the caller the cause, and a called unit that rings",
        WithdrawRequest: "tell the caller, where it can be told, that its request is no more, and a called unit that rings",
        CallBack: "tell the caller that its turn has come",
        EndCallBack: "call the caller back no longer, and tell it the cause where there is one",
        AssignChannels: "take one slot at every site that must carry the call and has a free one",
        AdoptChannel: "take the slot that the site reports",
        OpenRecord: "open the call record and have it stored",
        GrantFloor: "start a spurt, give the caller the floor and open the voice route",
        KeepFloor: "let the reported spurt go on and open its voice route",
        AssertCall: "tell every site that carries the call its slot and its talker",
        JoinCall: "take a slot at the caller's site if it has none, and ask for the floor of the running call",
        WidenArea: "let the call be heard in the wider area, and take a slot at each new site that has one free",
        RaiseEmergency: "make the call an emergency call until its emergencies are cleared",
        EndEmergency: "make the call a usual one",
        RefuseFloor: "tell the unit the cause",
        EnterFloorQueue: "note the demand and tell the unit its place",
        LeaveFloorQueue: "forget the demand",
        GrantNextFloor: "start a spurt of the unit that waits first, and open its voice route",
        EmptyFloorQueue: "forget every demand for the floor of a call that is over",
        MoveFloor: "start a spurt of the same talker at its new site, and open its voice route",
        RefuseHandover: "tell who moved the cause",
        WarnTalker: "tell the talker how much time is left",
        WithdrawFloor: "end the spurt and shut the voice route",
        TellTalker: "tell who talked until now that the floor was taken away, and why",
        OpenBoth: "start a spurt of each of the two, and open their voice routes",
        WarnBoth: "tell both how much time is left",
        ShutBoth: "end both spurts and shut their voice routes",
        ReleaseChannels: "tell every site, and give the slots back",
        CloseRecord: "close the call record with the cause and have it stored",
    }
}

described! {
    /// What becomes of a call when its talker stops.
    pub enum Sequel {
        NextTalker: "somebody waits for the floor",
        Message: "message trunking: the call keeps its slots for the hang time",
        Quasi: "quasi-transmission trunking: the call keeps its slots for a short time",
        Transmission: "transmission trunking, or a full record: the slots are given back at once",
    }
}

/// Where a row leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The state and its timer go on.
    Stay,
    /// The state is entered; its timer starts.
    Enter(State),
}

/// What ends a state that nothing else ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateTimer {
    /// A timer, and the event that it raises.
    Runs(DeadlineReason, Event),
    /// None, and why none is needed.
    None(&'static str),
}

/// One allowed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// In this state
    pub state: State,
    /// at this event
    pub event: Event,
    /// where one of these would follow the talker
    pub sequels: &'static [Sequel],
    /// this is next
    pub next: Next,
    /// after these actions, in order;
    pub actions: &'static [Action],
    /// and this is why (`None`: the event's own cause, or none is due).
    pub cause: Option<Cause>,
    /// The rule that it follows.
    pub clause: Clause,
}

/// The timer of a state; it starts when the state is entered and stops when it is left.
pub const fn timer(state: State) -> StateTimer {
    match state {
        State::New => StateTimer::None("it is decided before the next input is taken"),
        State::Paging => StateTimer::Runs(DeadlineReason::Page, Event::PageExpired),
        State::Ringing => StateTimer::Runs(DeadlineReason::Ring, Event::RingExpired),
        State::Queued => StateTimer::Runs(DeadlineReason::QueueWait, Event::WaitExpired),
        State::CallingBack => StateTimer::Runs(DeadlineReason::CallBack, Event::CallBackExpired),
        State::Talking => StateTimer::Runs(DeadlineReason::TransmissionLimit, Event::TransmissionExpired),
        State::Conversing => StateTimer::Runs(DeadlineReason::DuplexLimit, Event::DuplexExpired),
        State::Hanging => StateTimer::Runs(DeadlineReason::HangTime, Event::HangExpired),
        State::Ended => StateTimer::None("nothing is held"),
    }
}

/// Every row, grouped by state.
#[rustfmt::skip]
pub const TABLE: &[Row] = {
    use Action::*;
    use Event::*;
    use Sequel::*;
    use State::*;

    const fn row(
        state: State,
        event: Event,
        next: State,
        actions: &'static [Action],
        cause: Option<Cause>,
        clause: Clause,
    ) -> Row {
        Row { state, event, sequels: Sequel::ALL, next: Next::Enter(next), actions, cause, clause }
    }
    const fn when(sequels: &'static [Sequel], row: Row) -> Row {
        Row { sequels, ..row }
    }
    const fn stay(row: Row) -> Row {
        Row { next: Next::Stay, ..row }
    }
    const NEXT: &[Sequel] = &[NextTalker];
    const KEEPS: &[Sequel] = &[Message, Quasi];
    const ENDS: &[Sequel] = &[Transmission];
    const QUASI: &[Sequel] = &[Quasi];
    const BUT_QUASI: &[Sequel] = &[NextTalker, Message, Transmission];
    const SET_UP: &[Action] = &[AssignChannels, OpenRecord, GrantFloor, AssertCall];
    const SET_UP_FROM_QUEUE: &[Action] = &[LeaveQueue, AssignChannels, OpenRecord, GrantFloor, AssertCall];
    const SET_UP_AS_CALLED: &[Action] = &[EndSetUp, AssignChannels, OpenRecord, GrantFloor, AssertCall];
    const SET_UP_AS_ANSWERED: &[Action] = &[EndSetUp, AssignChannels, OpenRecord, AssertCall];
    const REFUSE_SET_UP: &[Action] = &[EndSetUp, RefuseCaller];
    const WITHDRAW_SET_UP: &[Action] = &[EndSetUp, WithdrawRequest];
    const REFUSE_FROM_QUEUE: &[Action] = &[LeaveQueue, RefuseCaller];
    const CALL_BACK: &[Action] = &[LeaveQueue, AssignChannels, CallBack, OpenRecord];
    const KEY_UP: &[Action] = &[EndCallBack, GrantFloor, AssertCall];
    const END_CALLING_BACK: &[Action] = &[EndCallBack, ReleaseChannels, CloseRecord];
    const SILENCE: &[Action] = &[WithdrawFloor, AssertCall];
    const SILENCE_TOLD: &[Action] = &[WithdrawFloor, TellTalker, AssertCall];
    const NEXT_TALKER: &[Action] = &[WithdrawFloor, GrantNextFloor, AssertCall];
    const NEXT_TALKER_TOLD: &[Action] = &[WithdrawFloor, TellTalker, GrantNextFloor, AssertCall];
    const END_TALKING: &[Action] = &[WithdrawFloor, EmptyFloorQueue, ReleaseChannels, CloseRecord];
    const END_HANGING: &[Action] = &[ReleaseChannels, CloseRecord];
    const END_CONVERSING: &[Action] = &[ShutBoth, ReleaseChannels, CloseRecord];
    const SET_UP_DUPLEX: &[Action] = &[EndSetUp, AssignChannels, OpenRecord, OpenBoth, AssertCall];

    &[
        row(New, RoomEverywhere,      Talking, SET_UP,                                  None, Clause::AllStart),
        row(New, RoomAtCriticalSites, Talking, SET_UP,                                  None, Clause::CriticalStart),
        row(New, RoomAtCaller,        Talking, SET_UP,                                  None, Clause::FastStart),
        row(New, RoomLacking,         Queued,  &[EnterQueue],                           None, Clause::QueueOrder),
        row(New, CallOpen,            Ended,   &[JoinCall],                             None, Clause::OneCall),
        row(New, FloorHeld,           Ended,   &[RefuseCaller],                         Some(Cause::FloorTaken), Clause::OneTalker),
        row(New, AudienceBusy,        Queued,  &[EnterQueue],                           None, Clause::AnnouncementGroup),
        row(New, BroadcastHeld,       Ended,   &[RefuseCaller],                         Some(Cause::ListenOnly), Clause::BroadcastCall),
        row(New, NobodyListens,       Ended,   &[RefuseCaller],                         Some(Cause::NobodyListens), Clause::ConsoleTalk),
        row(New, QueueFull,           Ended,   &[RefuseCaller],                         Some(Cause::QueueFull), Clause::FullQueue),
        row(New, ReportedTalking,     Talking, &[AdoptChannel, OpenRecord, KeepFloor, AssertCall], None, Clause::EarlierTerm),
        row(New, ReportedHanging,     Hanging, &[AdoptChannel, OpenRecord, AssertCall], None, Clause::EarlierTerm),

        row(New, CalledReachable,     Paging,  &[Page],                                 None, Clause::Page),

        row(Paging, CalledRings,      Ringing, &[TellRinging],                          None, Clause::Ringing),
        row(Paging, RoomEverywhere,   Talking, SET_UP_AS_CALLED,                        None, Clause::ImmediateCall),
        row(Paging, RoomForAnswer,    Hanging, SET_UP_AS_ANSWERED,                      None, Clause::Ringing),
        row(Paging, RoomForBoth,      Conversing, SET_UP_DUPLEX,                        None, Clause::FullDuplex),
        row(Paging, RoomLacking,      Queued,  &[EndSetUp, EnterQueue],                 None, Clause::QueueOrder),
        row(Paging, QueueFull,        Ended,   REFUSE_SET_UP,                           Some(Cause::QueueFull), Clause::FullQueue),
        row(Paging, CalledBusy,       Ended,   REFUSE_SET_UP,                           Some(Cause::CalledBusy), Clause::Page),
        row(Paging, CalledRefuses,    Ended,   REFUSE_SET_UP,                           Some(Cause::CalledRefuses), Clause::Page),
        row(Paging, CalledGone,       Ended,   REFUSE_SET_UP,                           Some(Cause::CalledNotRegistered), Clause::Page),
        row(Paging, PageExpired,      Ended,   REFUSE_SET_UP,                           Some(Cause::CalledSilent), Clause::Page),
        row(Paging, Cancelled,        Ended,   WITHDRAW_SET_UP,                         Some(Cause::RequestCancelled), Clause::Cancelling),
        row(Paging, CallerGone,       Ended,   WITHDRAW_SET_UP,                         None, Clause::Cancelling),
        row(Paging, ClosingDown,      Ended,   REFUSE_SET_UP,                           None, Clause::EndOfTerm),

        row(Ringing, RoomForAnswer,   Hanging, SET_UP_AS_ANSWERED,                      None, Clause::Ringing),
        row(Ringing, RoomForBoth,     Conversing, SET_UP_DUPLEX,                        None, Clause::FullDuplex),
        row(Ringing, RoomLacking,     Queued,  &[EndSetUp, EnterQueue],                 None, Clause::QueueOrder),
        row(Ringing, QueueFull,       Ended,   REFUSE_SET_UP,                           Some(Cause::QueueFull), Clause::FullQueue),
        row(Ringing, CalledBusy,      Ended,   REFUSE_SET_UP,                           Some(Cause::CalledBusy), Clause::Ringing),
        row(Ringing, CalledRefuses,   Ended,   REFUSE_SET_UP,                           Some(Cause::CalledRefuses), Clause::Ringing),
        row(Ringing, CalledGone,      Ended,   REFUSE_SET_UP,                           Some(Cause::CalledNotRegistered), Clause::Ringing),
        row(Ringing, RingExpired,     Ended,   REFUSE_SET_UP,                           Some(Cause::CalledUnanswered), Clause::Ringing),
        row(Ringing, Cancelled,       Ended,   WITHDRAW_SET_UP,                         Some(Cause::RequestCancelled), Clause::Cancelling),
        row(Ringing, CallerGone,      Ended,   WITHDRAW_SET_UP,                         None, Clause::Cancelling),
        row(Ringing, ClosingDown,     Ended,   REFUSE_SET_UP,                           None, Clause::EndOfTerm),

        row(Queued, RoomForAnswer,    Hanging, &[LeaveQueue, AssignChannels, OpenRecord, AssertCall], None, Clause::QueueOrder),
        row(Queued, RoomForBoth,      Conversing, &[LeaveQueue, AssignChannels, OpenRecord, OpenBoth, AssertCall], None, Clause::FullDuplex),
        row(Queued, CalledBusy,       Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::CalledBusy), Clause::Page),
        row(Queued, CalledGone,       Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::CalledNotRegistered), Clause::Page),
        row(Queued, RoomEverywhere,   Talking, SET_UP_FROM_QUEUE,                       None, Clause::QueueOrder),
        row(Queued, RoomAtCriticalSites, Talking, SET_UP_FROM_QUEUE,                    None, Clause::CriticalStart),
        row(Queued, RoomAtCaller,     Talking, SET_UP_FROM_QUEUE,                       None, Clause::FastStart),
        row(Queued, Overridden,       Talking, SET_UP_FROM_QUEUE,                       None, Clause::BusyOverride),
        row(Queued, RoomForCallBack,  CallingBack, CALL_BACK,                           None, Clause::CallBack),
        row(Queued, CallOpen,         Ended,   &[LeaveQueue, JoinCall],                 None, Clause::OneCall),
        row(Queued, FloorHeld,        Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::FloorTaken), Clause::OneTalker),
        row(Queued, BroadcastHeld,    Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::ListenOnly), Clause::BroadcastCall),
        row(Queued, NobodyListens,    Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::NobodyListens), Clause::ConsoleTalk),
        row(Queued, Displaced,        Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::QueueFull), Clause::FullQueue),
        row(Queued, WaitExpired,      Ended,   REFUSE_FROM_QUEUE,                       Some(Cause::QueueTimeout), Clause::LongestWait),
        row(Queued, Cancelled,        Ended,   &[LeaveQueue, WithdrawRequest],          Some(Cause::RequestCancelled), Clause::Cancelling),
        row(Queued, CallerGone,       Ended,   &[LeaveQueue, WithdrawRequest],          None, Clause::Cancelling),
        row(Queued, TakenOut,         Ended,   REFUSE_FROM_QUEUE,                       None, Clause::TakenOut),
        row(Queued, ClosingDown,      Ended,   REFUSE_FROM_QUEUE,                       None, Clause::EndOfTerm),

        row(CallingBack, CallerPressed,   Talking, KEY_UP,           None, Clause::CallBack),
        row(CallingBack, PttPressed,      Talking, KEY_UP,           Some(Cause::FloorTaken), Clause::CallBack),
        row(CallingBack, CallBackExpired, Ended,   END_CALLING_BACK, Some(Cause::CallBackExpired), Clause::CallBack),
        row(CallingBack, Cancelled,       Ended,   END_CALLING_BACK, Some(Cause::RequestCancelled), Clause::Cancelling),
        row(CallingBack, CallerGone,      Ended,   END_CALLING_BACK, None, Clause::Cancelling),
        stay(row(CallingBack, BroadcastHeld, CallingBack, &[RefuseFloor],               Some(Cause::ListenOnly), Clause::BroadcastCall)),
        stay(row(CallingBack, AreaWidened, CallingBack, &[WidenArea],                   None, Clause::Widening)),
        stay(row(CallingBack, EmergencyRaised, CallingBack, &[RaiseEmergency], None, Clause::EmergencyInCall)),
        stay(row(CallingBack, EmergencyCleared, CallingBack, &[EndEmergency],  None, Clause::EmergencyAnswered)),
        row(CallingBack, PartyLeft,       Ended,   END_CALLING_BACK, Some(Cause::HungUp), Clause::HangUp),
        row(CallingBack, NobodyLeft,      Ended,   END_CALLING_BACK, Some(Cause::NobodyLeft), Clause::CoverageChanges),
        row(CallingBack, SitesLost,       Ended,   END_CALLING_BACK, Some(Cause::CallLost), Clause::LostSites),
        row(CallingBack, AnnouncementComes, Ended, END_CALLING_BACK, Some(Cause::Announced), Clause::AnnouncementGroup),
        row(CallingBack, Preempted,       Ended,   END_CALLING_BACK, Some(Cause::Preempted), Clause::Cut),
        row(CallingBack, MonitorEnded,    Ended,   END_CALLING_BACK, Some(Cause::MonitorEnded), Clause::RemoteMonitor),
        row(CallingBack, SlotFaulty,      Ended,   END_CALLING_BACK, Some(Cause::SlotFaulty), Clause::FaultySlot),
        row(CallingBack, TakenOut,        Ended,   END_CALLING_BACK, None, Clause::TakenOut),
        row(CallingBack, ClosingDown,     Ended,   END_CALLING_BACK, None, Clause::EndOfTerm),

        when(NEXT,  row(Talking, PttReleased,       Talking, NEXT_TALKER,  Some(Cause::TransmissionEnded), Clause::FloorQueue)),
        when(KEEPS, row(Talking, PttReleased,       Hanging, SILENCE,      Some(Cause::TransmissionEnded), Clause::EndOfTalk)),
        when(ENDS,  row(Talking, PttReleased,       Ended,   END_TALKING,  Some(Cause::TransmissionEnded), Clause::TransmissionTrunking)),
        when(NEXT,  row(Talking, TalkerSilent,      Talking, NEXT_TALKER,  Some(Cause::TalkerLost), Clause::SilentTalker)),
        when(KEEPS, row(Talking, TalkerSilent,      Hanging, SILENCE,      Some(Cause::TalkerLost), Clause::SilentTalker)),
        when(ENDS,  row(Talking, TalkerSilent,      Ended,   END_TALKING,  Some(Cause::TalkerLost), Clause::SilentTalker)),
        when(NEXT,  row(Talking, TalkerGone,        Talking, NEXT_TALKER,  Some(Cause::TalkerLost), Clause::SilentTalker)),
        when(KEEPS, row(Talking, TalkerGone,        Hanging, SILENCE,      Some(Cause::TalkerLost), Clause::SilentTalker)),
        when(ENDS,  row(Talking, TalkerGone,        Ended,   END_TALKING,  Some(Cause::TalkerLost), Clause::SilentTalker)),
        stay(row(Talking, TransmissionEnding,       Talking, &[WarnTalker], None, Clause::TransmissionWarning)),
        when(NEXT,  row(Talking, TransmissionExpired, Talking, NEXT_TALKER_TOLD, Some(Cause::TransmissionLimit), Clause::TransmissionLimit)),
        when(KEEPS, row(Talking, TransmissionExpired, Hanging, SILENCE_TOLD, Some(Cause::TransmissionLimit), Clause::TransmissionLimit)),
        when(ENDS,  row(Talking, TransmissionExpired, Ended, END_TALKING,  Some(Cause::TransmissionLimit), Clause::TransmissionLimit)),
        row(Talking, TalkerPressed,   Talking, &[WithdrawFloor, GrantFloor, AssertCall], Some(Cause::TransmissionEnded), Clause::EndOfTalk),
        stay(row(Talking, PttPressed, Talking, &[RefuseFloor],                          Some(Cause::FloorTaken), Clause::OneTalker)),
        stay(row(Talking, BroadcastHeld, Talking, &[RefuseFloor],                       Some(Cause::ListenOnly), Clause::BroadcastCall)),
        stay(row(Talking, FloorWanted, Talking, &[EnterFloorQueue],                     None, Clause::FloorQueue)),
        stay(row(Talking, FloorQueueFull, Talking, &[RefuseFloor],                      Some(Cause::FloorQueueFull), Clause::FloorQueue)),
        stay(row(Talking, FloorWaitExpired, Talking, &[LeaveFloorQueue, RefuseFloor],   Some(Cause::FloorTimeout), Clause::FloorQueue)),
        stay(row(Talking, FloorWaitCancelled, Talking, &[LeaveFloorQueue, RefuseFloor], Some(Cause::RequestCancelled), Clause::FloorQueue)),
        stay(row(Talking, FloorWaiterGone, Talking, &[LeaveFloorQueue, RefuseFloor],    None, Clause::FloorQueue)),
        row(Talking, FloorInterrupted, Talking, &[WithdrawFloor, TellTalker, GrantFloor, AssertCall], Some(Cause::FloorInterrupted), Clause::FloorDemand),
        stay(row(Talking, TalkerArrived,      Talking, &[MoveFloor, AssertCall], None, Clause::MovingTalker)),
        when(NEXT,  row(Talking, TalkerLost,        Talking, NEXT_TALKER,  Some(Cause::TalkerLost), Clause::MovingTalker)),
        when(KEEPS, row(Talking, TalkerLost,        Hanging, SILENCE,      Some(Cause::TalkerLost), Clause::MovingTalker)),
        when(ENDS,  row(Talking, TalkerLost,        Ended,   END_TALKING,  Some(Cause::TalkerLost), Clause::MovingTalker)),
        when(NEXT,  row(Talking, NoSlotInTime,      Talking, &[WithdrawFloor, RefuseHandover, GrantNextFloor, AssertCall], Some(Cause::HandoverFailed), Clause::NoSlotForTalker)),
        when(KEEPS, row(Talking, NoSlotInTime,      Hanging, &[WithdrawFloor, RefuseHandover, AssertCall], Some(Cause::HandoverFailed), Clause::NoSlotForTalker)),
        when(ENDS,  row(Talking, NoSlotInTime,      Ended,   &[WithdrawFloor, RefuseHandover, EmptyFloorQueue, ReleaseChannels, CloseRecord], Some(Cause::HandoverFailed), Clause::NoSlotForTalker)),
        row(Talking, PartyLeft,       Ended,   END_TALKING,                             Some(Cause::HungUp), Clause::HangUp),
        row(Talking, NobodyLeft,      Ended,   END_TALKING,                             Some(Cause::NobodyLeft), Clause::CoverageChanges),
        row(Talking, SitesLost,       Ended,   END_TALKING,                             Some(Cause::CallLost), Clause::LostSites),
        stay(row(Talking, AreaWidened, Talking, &[WidenArea, AssertCall],               None, Clause::Widening)),
        stay(row(Talking, EmergencyRaised, Talking, &[RaiseEmergency, AssertCall],      None, Clause::EmergencyInCall)),
        stay(row(Talking, EmergencyCleared, Talking, &[EndEmergency, AssertCall],       None, Clause::EmergencyAnswered)),
        row(Talking, AnnouncementComes, Ended, END_TALKING, Some(Cause::Announced), Clause::AnnouncementGroup),
        row(Talking, Preempted,       Ended,   END_TALKING,                             Some(Cause::Preempted), Clause::Cut),
        row(Talking, MonitorEnded,    Ended,   END_TALKING,                             Some(Cause::MonitorEnded), Clause::RemoteMonitor),
        row(Talking, SlotFaulty,      Ended,   END_TALKING,                             Some(Cause::SlotFaulty), Clause::FaultySlot),
        row(Talking, TakenOut,        Ended,   END_TALKING,                             None, Clause::TakenOut),
        row(Talking, ClosingDown,     Ended,   END_TALKING,                             None, Clause::EndOfTerm),

        when(BUT_QUASI, row(Hanging, PttPressed,  Talking, &[GrantFloor, AssertCall],   None, Clause::MessageTrunking)),
        when(QUASI,     row(Hanging, PttPressed,  Talking, &[GrantFloor, AssertCall],   None, Clause::QuasiTrunking)),
        when(BUT_QUASI, row(Hanging, HangExpired, Ended,   END_HANGING,                 Some(Cause::HangTimeOver), Clause::MessageTrunking)),
        when(QUASI,     row(Hanging, HangExpired, Ended,   END_HANGING,                 Some(Cause::HangTimeOver), Clause::QuasiTrunking)),
        row(Hanging, ReportedTalking, Talking, &[KeepFloor, AssertCall],                None, Clause::EarlierTerm),
        row(Hanging, PartyLeft,       Ended,   END_HANGING,                             Some(Cause::HungUp), Clause::HangUp),
        row(Hanging, NobodyLeft,      Ended,   END_HANGING,                             Some(Cause::NobodyLeft), Clause::CoverageChanges),
        row(Hanging, SitesLost,       Ended,   END_HANGING,                             Some(Cause::CallLost), Clause::LostSites),
        stay(row(Hanging, AreaWidened, Hanging, &[WidenArea, AssertCall],               None, Clause::Widening)),
        stay(row(Hanging, EmergencyRaised, Hanging, &[RaiseEmergency, AssertCall],      None, Clause::EmergencyInCall)),
        row(Hanging, EmergencyCleared, Hanging, &[EndEmergency, AssertCall],            None, Clause::EmergencyAnswered),
        row(Hanging, AnnouncementComes, Ended, END_HANGING, Some(Cause::Announced), Clause::AnnouncementGroup),
        row(Hanging, Preempted,       Ended,   END_HANGING,                             Some(Cause::Preempted), Clause::Cut),
        row(Hanging, MonitorEnded,    Ended,   END_HANGING,                             Some(Cause::MonitorEnded), Clause::RemoteMonitor),
        row(Hanging, SlotFaulty,      Ended,   END_HANGING,                             Some(Cause::SlotFaulty), Clause::FaultySlot),
        row(Hanging, TakenOut,        Ended,   END_HANGING,                             None, Clause::TakenOut),
        row(Hanging, ClosingDown,     Ended,   END_HANGING,                             None, Clause::EndOfTerm),

        row(Conversing, PartyLeft,    Ended,   END_CONVERSING,                          Some(Cause::HungUp), Clause::HangUp),
        stay(row(Conversing, DuplexEnding, Conversing, &[WarnBoth],                     None, Clause::DuplexLimit)),
        row(Conversing, DuplexExpired, Ended,  END_CONVERSING,                          Some(Cause::DuplexLimit), Clause::DuplexLimit),
        row(Conversing, TalkerSilent, Ended,   END_CONVERSING,                          Some(Cause::TalkerLost), Clause::FullDuplex),
        row(Conversing, NobodyLeft,   Ended,   END_CONVERSING,                          Some(Cause::NobodyLeft), Clause::HangUp),
        row(Conversing, SitesLost,    Ended,   END_CONVERSING,                          Some(Cause::CallLost), Clause::LostSites),
        row(Conversing, Preempted,    Ended,   END_CONVERSING,                          Some(Cause::Preempted), Clause::Cut),
        row(Conversing, MonitorEnded, Ended,   END_CONVERSING,                          Some(Cause::MonitorEnded), Clause::RemoteMonitor),
        row(Conversing, SlotFaulty,   Ended,   END_CONVERSING,                          Some(Cause::SlotFaulty), Clause::FaultySlot),
        row(Conversing, TakenOut,     Ended,   END_CONVERSING,                          None, Clause::TakenOut),
        row(Conversing, ClosingDown,  Ended,   END_CONVERSING,                          None, Clause::EndOfTerm),
    ]
};

const STATES: usize = State::ALL.len();
const EVENTS: usize = Event::ALL.len();
const SEQUELS: usize = Sequel::ALL.len();

/// Rows, and where each is found: a table is for reading, an index for finding.
#[derive(Debug)]
pub struct CallTable {
    rows: &'static [Row],
    /// The row's place, by state, event and sequel.
    index: [[[u8; SEQUELS]; EVENTS]; STATES],
}

/// The table that controllers go by.
pub static STANDARD: CallTable = CallTable::new(TABLE);

impl CallTable {
    /// A table of these rows.
    ///
    /// # Panics
    /// Where two rows claim one state, event and sequel.
    pub const fn new(rows: &'static [Row]) -> Self {
        let mut index = [[[u8::MAX; SEQUELS]; EVENTS]; STATES];
        let mut place = 0;
        while place < rows.len() {
            let row = &rows[place];
            let cell = &mut index[row.state as usize][row.event as usize];
            let mut one = 0;
            while one < row.sequels.len() {
                let sequel = row.sequels[one] as usize;
                assert!(cell[sequel] == u8::MAX, "one row for one state, event and sequel");
                cell[sequel] = place as u8;
                one += 1;
            }
            place += 1;
        }
        Self { rows, index }
    }

    /// The row for an event in a state, if the event is allowed there.
    pub fn find(&self, state: State, event: Event, sequel: Sequel) -> Option<&'static Row> {
        self.rows.get(usize::from(self.index[state as usize][event as usize][sequel as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_timer_or_a_reason_for_none() {
        for state in State::ALL {
            match timer(*state) {
                StateTimer::Runs(_, event) => {
                    for sequel in Sequel::ALL {
                        assert!(
                            STANDARD.find(*state, event, *sequel).is_some(),
                            "{state:?} must end at {event:?}"
                        );
                    }
                }
                StateTimer::None(reason) => assert!(!reason.is_empty()),
            }
        }
    }

    #[test]
    fn every_event_and_every_action_appears_in_a_row() {
        for event in Event::ALL {
            assert!(TABLE.iter().any(|row| row.event == *event), "{event:?} does nothing");
        }
        for action in Action::ALL {
            assert!(TABLE.iter().any(|row| row.actions.contains(action)), "{action:?} is never done");
        }
    }

    #[test]
    fn every_state_but_the_first_is_entered_and_every_state_but_the_last_is_left() {
        for state in State::ALL {
            let entered = TABLE.iter().any(|row| row.next == Next::Enter(*state));
            let left = TABLE.iter().any(|row| row.state == *state && row.next != Next::Stay);
            assert_eq!(entered, *state != State::New, "{state:?}");
            assert_eq!(left, *state != State::Ended, "{state:?}");
        }
    }

    #[test]
    fn a_row_has_sisters_for_every_other_sequel() {
        for row in TABLE {
            for sequel in Sequel::ALL {
                assert!(
                    STANDARD.find(row.state, row.event, *sequel).is_some(),
                    "{:?} {:?}",
                    row.state,
                    row.event
                );
            }
        }
    }

    #[test]
    fn what_holds_slots_gives_them_back_with_a_cause() {
        let holds = |row: &&Row| {
            matches!(row.state, State::CallingBack | State::Talking | State::Hanging | State::Conversing)
        };
        for row in TABLE.iter().filter(holds) {
            let ends = row.next == Next::Enter(State::Ended);
            assert_eq!(ends, row.actions.contains(&Action::ReleaseChannels), "{row:?}");
            assert_eq!(ends, row.actions.contains(&Action::CloseRecord), "{row:?}");
            let brings_cause = matches!(row.event, Event::ClosingDown | Event::TakenOut | Event::CallerGone);
            assert!(!ends || row.cause.is_some() || brings_cause, "{row:?}");
        }
    }

    #[test]
    fn the_talker_gives_the_floor_back_before_it_goes_to_another() {
        for row in TABLE.iter().filter(|row| row.state == State::Talking && row.next != Next::Stay) {
            assert_eq!(row.actions.first(), Some(&Action::WithdrawFloor), "{row:?}");
        }
    }

    #[test]
    fn the_index_finds_each_row() {
        for row in TABLE {
            for sequel in row.sequels {
                let found = STANDARD.find(row.state, row.event, *sequel).unwrap();
                assert_eq!(found, row);
            }
        }
        assert!(STANDARD.find(State::Ended, Event::PttPressed, Sequel::Message).is_none());
    }
}
