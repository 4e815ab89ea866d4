//! What a console and the controller say to each other: JSON over HTTPS and WebSocket (docs/protocol.md,
//! chapter 10). Events are what the core reports; a snapshot is where they lead.

mod alarm;
mod audit;
mod availability;
mod configuration;
mod console;
mod event;
mod login;
mod message;
mod order;
mod record;
mod role;
mod snapshot;
mod statistics;
mod talk;
mod unit;

pub use alarm::{
    AlarmChange, AlarmEnd, AlarmEntry, AlarmId, AlarmKind, AlarmObject, NetworkAlarm, NoAlarmId, Severity,
};
pub use audit::{AuditEntry, Deed};
pub use availability::{AvailabilityPage, AvailabilityRow};
pub use configuration::{ConfigurationVersion, Difference, VersionView, Versions};
pub use console::ConsoleName;
pub use event::{Event, EventKind};
pub use login::{Admission, Login, Refresh, Tokens};
pub use message::{MESSAGES_SHOWN_MAX, MessageStage, MessageView, Sender, StatusText};
pub use order::Order;
pub use record::{AttemptEntry, MessageEntry, RecordEntry, SlotEntry, SpurtEntry, TalkerEntry};
pub use role::{Authority, NoRole, Right, Role};
pub use snapshot::{
    AirCounters, CallView, ConsoleView, EmergencyView, FloorView, PatchView, PendingView, QueueView,
    SiteView, SlotView, Snapshot, TalkgroupView, Totals, UnitView,
};
pub use statistics::{ControlView, StatisticsPage, StatisticsRow, WaitView};
pub use talk::TalkWord;
pub use unit::{UnitState, VisitView};
