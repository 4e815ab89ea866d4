//! Which clause each line of a transcript follows. What the controller orders, it cites itself; what sites report and
//! what users of handsets notice is cited here.

use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::{Addressee, Cause, Clause, EmergencyStage, MessageReply};

use crate::output::HandsetEvent;

/// The clause by which a site says this.
pub(crate) const fn of_from_site(message: &FromSite) -> Clause {
    match message {
        FromSite::Hello(_) | FromSite::Health(_) => Clause::Connecting,
        FromSite::Settings(_) => Clause::SiteConfiguration,
        FromSite::ServedAlone(_) | FromSite::Report(_) => Clause::IsolationReport,
        FromSite::ServedFailsoft(_) => Clause::FailsoftReport,
        FromSite::InFailsoft(_) => Clause::ControlLost,
        FromSite::InventoryRadios(_) | FromSite::InventoryCalls(_) | FromSite::InventoryEnd(_) => {
            Clause::Inventory
        }
        FromSite::SlotStates(_) | FromSite::SlotTested(_) => Clause::SelfTest,
        FromSite::Register(_) | FromSite::Answer(_) => Clause::Registration,
        FromSite::Affiliate(_) => Clause::Affiliation,
        FromSite::Detach(_) => Clause::RegistrationEnd,
        FromSite::CallRequest(_) | FromSite::FloorRequest(_) | FromSite::UnitRequest(_) => {
            Clause::RequestsOnTheLink
        }
        FromSite::PageAnswer(_) => Clause::Page,
        FromSite::HangUp(_) => Clause::HangUp,
        FromSite::CallCancel(_) => Clause::Cancelling,
        FromSite::PttReleased(_) => Clause::ReleaseInQueue,
        FromSite::Alarm(_) => Clause::Alarm,
        FromSite::TalkEnd(_) => Clause::EndOfTalk,
        FromSite::OrderAnswer(_) => Clause::PendingOrders,
        FromSite::NetworkChallenge(_) => Clause::Kill,
        FromSite::TalkerSilent(_) => Clause::SilentTalker,
        FromSite::TalkerLeaving(_) | FromSite::Handover(_) => Clause::MovingTalker,
        FromSite::Status(word) => match word.to {
            Some(Addressee::Unit(_)) => Clause::MessageToUnit,
            Some(Addressee::Talkgroup(_)) => Clause::MessageToTalkgroup,
            None => Clause::MessageToConsoles,
        },
        FromSite::CallAlert(_) => Clause::CallAlert,
        FromSite::AlertCancel(_) => Clause::AlertEnd,
        FromSite::MessageAnswer(word) => match word.reply {
            MessageReply::Received => Clause::MessageToUnit,
            MessageReply::Dismissed => Clause::AlertAnswer,
        },
    }
}

/// The clause by which a user notices this.
pub(crate) fn of_handset(event: &HandsetEvent) -> Clause {
    match event {
        HandsetEvent::OutOfRange | HandsetEvent::Camped { .. } | HandsetEvent::Registered { .. } => {
            Clause::Registration
        }
        HandsetEvent::Service { .. } => Clause::SiteService,
        HandsetEvent::Failsoft { .. }
        | HandsetEvent::FailsoftPermit
        | HandsetEvent::FailsoftTalkEnded
        | HandsetEvent::FailsoftHears { .. } => Clause::FailsoftRadio,
        HandsetEvent::FailsoftTone => Clause::FailsoftRepeats,
        HandsetEvent::FailsoftOver { .. } => Clause::FailsoftEnds,
        HandsetEvent::Subscribed { .. } => Clause::FirstRegistration,
        HandsetEvent::RegisterRefused { cause } => of_refused_registration(*cause),
        HandsetEvent::Searches { .. } | HandsetEvent::FindsControl { .. } => Clause::SearchedControl,
        HandsetEvent::LeavesFor { .. } => Clause::Reselection,
        HandsetEvent::Affiliated { .. } => Clause::Affiliation,
        HandsetEvent::Queued { .. } => Clause::QueuePlace,
        HandsetEvent::CalledBack => Clause::CallBack,
        HandsetEvent::Emergency { stage: EmergencyStage::Raised } => Clause::Alarm,
        HandsetEvent::Emergency { stage: EmergencyStage::Acknowledged | EmergencyStage::Cleared } => {
            Clause::EmergencyAnswered
        }
        HandsetEvent::Rings { .. } | HandsetEvent::RingOver { .. } | HandsetEvent::CalledRings { .. } => {
            Clause::Ringing
        }
        HandsetEvent::FloorQueued { .. } => Clause::FloorQueue,
        HandsetEvent::TalkPermit { .. } | HandsetEvent::Hears { .. } => Clause::FloorOnTheSlot,
        HandsetEvent::TalkWarning { .. } => Clause::TransmissionWarning,
        HandsetEvent::TalkEnded { .. } => Clause::EndOfTalk,
        HandsetEvent::Joined { late_entry: true, .. } => Clause::LateEntry,
        HandsetEvent::Joined { late_entry: false, .. } => Clause::Coverage,
        HandsetEvent::Stunned | HandsetEvent::Revived => Clause::Stun,
        HandsetEvent::Killed => Clause::Kill,
        HandsetEvent::Regrouped { .. } | HandsetEvent::Restored { .. } => Clause::Regrouping,
        HandsetEvent::ShowsStatus { to: Addressee::Unit(_), .. } | HandsetEvent::MessageDelivered => {
            Clause::MessageToUnit
        }
        HandsetEvent::ShowsStatus { to: Addressee::Talkgroup(_), .. } => Clause::MessageToTalkgroup,
        HandsetEvent::Alerted { .. } => Clause::CallAlert,
        HandsetEvent::AlertOver { cause: Cause::AlertDismissed, .. } => Clause::AlertAnswer,
        HandsetEvent::AlertOver { .. } => Clause::AlertEnd,
        HandsetEvent::MessageRefused { cause: Cause::StatusUnknown } => Clause::StatusTable,
        HandsetEvent::MessageRefused { cause: Cause::MessageUnconfirmed } => Clause::MessageToUnit,
        HandsetEvent::MessageRefused { cause: Cause::RequestCancelled } => Clause::AlertEnd,
        HandsetEvent::MessageRefused { cause: Cause::NoAnswer } => Clause::RandomAccess,
        HandsetEvent::MessageRefused { .. } => Clause::MessageChecks,
        HandsetEvent::Refused { cause }
        | HandsetEvent::FloorLost { cause, .. }
        | HandsetEvent::Left { cause, .. } => of_cause(*cause),
    }
}

/// The clause by which a registration is refused.
fn of_refused_registration(cause: Cause) -> Clause {
    const CLAUSES: &[(Cause, Clause)] = &[
        (Cause::SiteNotAllowed, Clause::Roaming),
        (Cause::UnitKilled, Clause::Kill),
        (Cause::BrokenSeal, Clause::FirstRegistration),
        (Cause::StaleTmsi, Clause::TemporaryIdentity),
        (Cause::AuthenticationFailed, Clause::AuthenticationVector),
        (Cause::NoChallenge, Clause::AuthenticationVector),
        (Cause::WrongEquipment, Clause::BoundEquipment),
        (Cause::ClonedIdentity, Clause::ClonedIdentity),
    ];
    CLAUSES
        .iter()
        .find(|(known, _)| *known == cause)
        .map_or(Clause::RegistrationRefused, |(_, clause)| *clause)
}

/// The clause behind a cause that a handset is told.
pub(crate) fn of_cause(cause: Cause) -> Clause {
    const CLAUSES: &[(Cause, Clause)] = &[
        (Cause::NoAnswer, Clause::RandomAccess),
        (Cause::SlotReassigned, Clause::FloorOnTheSlot),
        (Cause::FloorTaken, Clause::OneTalker),
        (Cause::TransmissionEnded, Clause::TransmissionTrunking),
        (Cause::FloorQueueFull, Clause::FloorQueue),
        (Cause::FloorTimeout, Clause::FloorQueue),
        (Cause::FloorInterrupted, Clause::FloorDemand),
        (Cause::TalkerLost, Clause::SilentTalker),
        (Cause::TransmissionLimit, Clause::TransmissionLimit),
        (Cause::HangTimeOver, Clause::MessageTrunking),
        (Cause::QueueTimeout, Clause::LongestWait),
        (Cause::QueueFull, Clause::FullQueue),
        (Cause::UnknownArea, Clause::ServiceAreas),
        (Cause::OutsideArea, Clause::ServiceAreas),
        (Cause::CallBackExpired, Clause::CallBack),
        (Cause::RequestCancelled, Clause::Cancelling),
        (Cause::CalledUnknown, Clause::CalledChecks),
        (Cause::CalledNotRegistered, Clause::CalledChecks),
        (Cause::CalledBusy, Clause::CalledChecks),
        (Cause::CalledSilent, Clause::Page),
        (Cause::CalledRefuses, Clause::Page),
        (Cause::CalledUnanswered, Clause::Ringing),
        (Cause::HungUp, Clause::HangUp),
        (Cause::DuplexLimit, Clause::DuplexLimit),
        (Cause::NobodyLeft, Clause::CoverageChanges),
        (Cause::Preempted, Clause::Cut),
        (Cause::TooManyEmergencies, Clause::Alarm),
        (Cause::HandoverFailed, Clause::NoSlotForTalker),
        (Cause::NotTheTalker, Clause::MovingTalker),
        (Cause::ListenOnly, Clause::BroadcastCall),
        (Cause::Announced, Clause::AnnouncementGroup),
        (Cause::PriorityScan, Clause::PriorityScan),
        (Cause::CallLost, Clause::LostSites),
        (Cause::ControllerRestarted, Clause::EarlierTerm),
        (Cause::Shutdown, Clause::EndOfTerm),
        (Cause::NoSuchCarrier, Clause::SiteChanged),
        (Cause::SlotFaulty, Clause::FaultySlot),
        (Cause::TalkgroupRemoved, Clause::TakenOut),
        (Cause::AreaRemoved, Clause::TakenOut),
        (Cause::SiteRemoved, Clause::TakenOut),
        (Cause::UnitStunned, Clause::Stun),
        (Cause::UnitKilled, Clause::Kill),
        (Cause::NetworkNotProved, Clause::Kill),
        (Cause::SelectorLocked, Clause::Regrouping),
        (Cause::NotMonitored, Clause::RemoteMonitor),
        (Cause::MonitorEnded, Clause::RemoteMonitor),
        (Cause::SiteInFailsoft, Clause::FailsoftBegins),
        (Cause::FailsoftTalkLimit, Clause::FailsoftRepeats),
    ];
    CLAUSES.iter().find(|(known, _)| *known == cause).map_or(Clause::OrderOfChecks, |(_, clause)| *clause)
}
