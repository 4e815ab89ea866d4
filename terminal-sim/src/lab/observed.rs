//! What an observer writes down: the same in virtual and in real time.

use trunklab_basestation_core::output::StationEvent;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::{AttemptEntry, Event, RecordEntry, TalkWord};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Clause, Moment, SiteId, UnitId};
use trunklab_terminal_core::output::HandsetEvent;

/// One thing that was seen, with the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// When.
    pub at: Moment,
    /// What.
    pub what: Sight,
}

/// What can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// The controller took a message from a site.
    FromSite(SiteId, FromSite),
    /// The controller sent a message to a site, by this clause.
    ToSite(SiteId, Clause, ToSite),
    /// The controller told the console how its talk stands, by this clause.
    ToConsole(Clause, TalkWord),
    /// The controller reported something.
    Controller(Event),
    /// The controller answered the console's order of this number.
    Ordered(u64, Result<(), Cause>),
    /// The controller told what a call has used.
    Record(Box<RecordEntry>),
    /// The controller told of a request that came to nothing.
    Attempt(AttemptEntry),
    /// A base station reported something.
    Station(SiteId, StationEvent),
    /// A handset's user noticed something.
    Handset(UnitId, HandsetEvent),
}
