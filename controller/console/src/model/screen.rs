//! Where the operator stands: exactly one screen at a time.

use trunklab_protocol::{SiteId, UnitId};

/// One screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// The whole network at a glance.
    Overview,
    /// Every site with what it counts.
    Sites,
    /// One site, slot by slot.
    Site(SiteId),
    /// Every call, and one of them in full.
    Calls,
    /// Every talkgroup, to join some.
    Groups,
    /// The units that are not as usual, and the way to order any.
    Units,
    /// One unit as it is set up.
    Unit(UnitId),
    /// Statuses and call alerts.
    Messages,
    /// What is wrong with the network's parts.
    Alarms,
    /// The event log.
    Events,
    /// The last hour of each site.
    Statistics,
    /// The configuration's versions.
    Configuration,
    /// The keys of the screen that it was asked from.
    Help(Box<Screen>),
}

impl Screen {
    /// The screen that Esc leads to; `None` where there is none.
    pub fn back(&self) -> Option<Self> {
        match self {
            Self::Overview => None,
            Self::Sites
            | Self::Calls
            | Self::Groups
            | Self::Units
            | Self::Messages
            | Self::Alarms
            | Self::Events
            | Self::Statistics
            | Self::Configuration => Some(Self::Overview),
            Self::Site(_) => Some(Self::Sites),
            Self::Unit(_) => Some(Self::Units),
            Self::Help(from) => Some((**from).clone()),
        }
    }

    /// Its title.
    pub fn title(&self) -> String {
        match self {
            Self::Overview => "overview".to_owned(),
            Self::Sites => "sites".to_owned(),
            Self::Site(site) => format!("site {site}"),
            Self::Calls => "calls".to_owned(),
            Self::Groups => "talkgroups".to_owned(),
            Self::Units => "units".to_owned(),
            Self::Unit(unit) => format!("unit {unit}"),
            Self::Messages => "messages".to_owned(),
            Self::Alarms => "alarms".to_owned(),
            Self::Events => "events".to_owned(),
            Self::Statistics => "statistics".to_owned(),
            Self::Configuration => "configuration".to_owned(),
            Self::Help(from) => format!("help: {}", from.title()),
        }
    }
}
