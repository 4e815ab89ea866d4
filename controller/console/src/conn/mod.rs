//! The connection to the controller: a snapshot over HTTPS, the events after it over a WebSocket, both over TLS with
//! the zone's authority alone. It connects again by itself, goes on after its last event where the controller still
//! has what follows, and tells each change of its state as a [`Report`].

mod back_off;
mod client;
mod error;
mod pass;
mod session;
mod talk;
mod tls;

pub use client::Client;
pub use error::ConnError;
pub use session::{Wish, run};
pub use talk::Talk;

use trunklab_protocol::operator::{
    Admission, ConfigurationVersion, Event, Snapshot, StatisticsPage, Versions,
};
use trunklab_protocol::{SiteId, Span, UnitId};

use crate::model::{Asked, Comparison, DeviceView, Stream, UnitRights, UnitSheet, UnknownEvent};

/// What a screen asks for that no event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The figures of the last hour.
    Statistics,
    /// The configuration's versions, and what these sites say they run.
    Configuration {
        /// Which sites.
        sites: Vec<SiteId>,
    },
    /// What would be different if this version came back.
    Compare(ConfigurationVersion),
    /// What a unit may.
    Rights(UnitId),
    /// How a unit is set up.
    Unit(UnitId),
}

/// What the connection tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// An attempt begins.
    Connecting {
        /// The how-manieth since the connection last stood.
        attempt: u32,
    },
    /// Who the operator is to the controller, and as what.
    Admitted(Admission),
    /// Events arrive from now on.
    Live,
    /// The connection broke or did not come about.
    Lost {
        /// Why, as a sentence.
        why: String,
        /// How long until the next attempt.
        retry_in: Span,
    },
    /// A snapshot.
    Snapshot {
        /// What the controller shows.
        snapshot: Box<Snapshot>,
        /// Where the events go on.
        stream: Stream,
    },
    /// What came of something that the controller was asked to do.
    Answered {
        /// What.
        asked: Asked,
        /// Why it is not done, as a sentence.
        answer: Result<(), String>,
    },
    /// What a unit may.
    Rights(Result<UnitRights, String>),
    /// How a unit is set up.
    Unit(UnitId, Result<Box<UnitSheet>, String>),
    /// What would be different if an earlier version came back.
    Compared(Result<Comparison, String>),
    /// What some sites say they run.
    Devices(Vec<DeviceView>),
    /// The figures of the last hour.
    Statistics(Box<StatisticsPage>),
    /// The configuration's versions.
    Versions(Box<Versions>),
    /// An event.
    Event(Event),
    /// An event that cannot be read.
    UnknownEvent(UnknownEvent),
}
