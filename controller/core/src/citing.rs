//! Which clause an order follows where no row of the state table is being walked.

use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Clause};

/// The clause of an order that answers or follows from something outside the state table.
pub(crate) const fn clause_of(message: &ToSite) -> Clause {
    match message {
        ToSite::Configure(_) | ToSite::Heartbeat(_) | ToSite::Close(_) => Clause::Orders,
        ToSite::Challenge(_) | ToSite::Registered(_) => Clause::Registration,
        ToSite::RegisterRefused(_) => Clause::RegistrationRefused,
        ToSite::Deregister(_) => Clause::RegistrationEnd,
        ToSite::Affiliated(_) => Clause::Affiliation,
        ToSite::Refused(word) if matches!(word.cause, Cause::RequestCancelled) => Clause::Cancelling,
        ToSite::Refused(word)
            if matches!(
                word.cause,
                Cause::CalledUnknown | Cause::CalledNotRegistered | Cause::CalledBusy
            ) =>
        {
            Clause::CalledChecks
        }
        ToSite::Refused(word) if is_about_rights(word.cause) => Clause::ServiceRights,
        ToSite::FloorRefused(word) if is_about_rights(word.cause) => Clause::ServiceRights,
        ToSite::Refused(_) | ToSite::FloorRefused(_) => Clause::OrderOfChecks,
        ToSite::Page(_) => Clause::Page,
        ToSite::Ringing(_) | ToSite::PageOver(_) => Clause::Ringing,
        ToSite::Queued(_) => Clause::QueuePlace,
        ToSite::FloorQueued(_) => Clause::FloorQueue,
        ToSite::TalkWarning(_) => Clause::TransmissionWarning,
        ToSite::FloorWithdrawn(_) => Clause::TransmissionLimit,
        ToSite::CallBack(_) => Clause::CallBack,
        ToSite::EmergencyStatus(_) => Clause::Alarm,
        ToSite::RadioOrder(_) => Clause::RadioOrders,
        ToSite::NetworkAnswer(_) => Clause::Kill,
        ToSite::Status(_) | ToSite::MessageDelivered(_) => Clause::MessageToUnit,
        ToSite::CallAlert(_) => Clause::CallAlert,
        ToSite::AlertOver(_) => Clause::AlertEnd,
        ToSite::MessageRefused(_) => Clause::MessageChecks,
        ToSite::Assert(_) | ToSite::Release(_) => Clause::CoverageChanges,
        ToSite::CopyConfiguration(_)
        | ToSite::CopySubscriber(_)
        | ToSite::CopyDropped(_)
        | ToSite::CopyEnd(_) => Clause::Copy,
        ToSite::TestSlot(_) => Clause::SelfTest,
        ToSite::ExerciseFault(_) => Clause::ExerciseFault,
        ToSite::ReportKept(_) => Clause::IsolationReport,
        ToSite::TellControl(_) => Clause::ControlFollowed,
    }
}

const fn is_about_rights(cause: Cause) -> bool {
    matches!(cause, Cause::AreaNotAllowed | Cause::EmergencyNotAllowed | Cause::IndividualNotAllowed)
}
