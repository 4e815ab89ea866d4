//! Alarms of the network's own parts, as operators see them (docs/resilience.md 14.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ConsoleName;
use crate::identity::UnitId;
use crate::moment::Moment;
use crate::network::{Epoch, SiteId, SlotAddress};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// A slot is faulty.
    SlotFaulty,
    /// A site's link is lost.
    SiteLost,
    /// The store does not keep what has to last.
    StoreFailing,
    /// One identity is active twice.
    IdentityCloned,
    /// A site has served alone.
    ServedAlone,
    /// A site was in failsoft.
    ServedFailsoft,
    /// A site has no sound control channel.
    ControlLost,
    /// The voice switch does not hear itself.
    SwitchFaulty,
    /// Inputs wait too long for the controller.
    ControllerOverloaded,
    /// Another base station was turned away that shows the certificate of a site.
    SiteTaken,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should know.
    Warning,
    /// Less is served than could be.
    Minor,
    /// Something is not served.
    Major,
    /// A place is not served, or what has to last does not.
    Critical,
}

/// What ends an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmEnd {
    /// What it is about is well again.
    ByItself,
    /// An operator has seen it: it is about something that has happened.
    ByAcknowledgement,
}

/// Kind, name, severity, end, text: one row each.
const KINDS: [(AlarmKind, &str, Severity, AlarmEnd, &str); 10] = [
    (AlarmKind::SlotFaulty, "slot_faulty", Severity::Minor, AlarmEnd::ByItself, "slot is faulty"),
    (AlarmKind::SiteLost, "site_lost", Severity::Critical, AlarmEnd::ByItself, "link is lost"),
    (AlarmKind::StoreFailing, "store_failing", Severity::Critical, AlarmEnd::ByItself, "store keeps nothing"),
    (
        AlarmKind::IdentityCloned,
        "identity_cloned",
        Severity::Major,
        AlarmEnd::ByAcknowledgement,
        "identity active twice",
    ),
    (
        AlarmKind::ServedAlone,
        "served_alone",
        Severity::Warning,
        AlarmEnd::ByAcknowledgement,
        "has served alone",
    ),
    (
        AlarmKind::ServedFailsoft,
        "served_failsoft",
        Severity::Major,
        AlarmEnd::ByAcknowledgement,
        "was in failsoft",
    ),
    (
        AlarmKind::ControlLost,
        "control_lost",
        Severity::Critical,
        AlarmEnd::ByItself,
        "no sound control channel",
    ),
    (
        AlarmKind::SwitchFaulty,
        "switch_faulty",
        Severity::Critical,
        AlarmEnd::ByItself,
        "does not hear itself",
    ),
    (
        AlarmKind::ControllerOverloaded,
        "controller_overloaded",
        Severity::Major,
        AlarmEnd::ByItself,
        "inputs wait too long",
    ),
    (AlarmKind::SiteTaken, "site_taken", Severity::Major, AlarmEnd::ByAcknowledgement, "second base station"),
];

impl AlarmKind {
    /// Every kind.
    pub const ALL: [Self; KINDS.len()] = [
        Self::SlotFaulty,
        Self::SiteLost,
        Self::StoreFailing,
        Self::IdentityCloned,
        Self::ServedAlone,
        Self::ServedFailsoft,
        Self::ControlLost,
        Self::SwitchFaulty,
        Self::ControllerOverloaded,
        Self::SiteTaken,
    ];

    /// Those of a site at which nobody is served while they stand (docs/resilience.md 14.4.1).
    pub const OF_SITES_DOWN: &[Self] = &[Self::SiteLost, Self::ControlLost];

    /// Its name, as in the API and the database.
    pub const fn name(self) -> &'static str {
        KINDS[self as usize].1
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        KINDS[self as usize].2
    }

    /// What ends it.
    pub const fn end(self) -> AlarmEnd {
        KINDS[self as usize].3
    }

    /// The sentence that people read.
    pub const fn text(self) -> &'static str {
        KINDS[self as usize].4
    }
}

impl Severity {
    /// Its name on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AlarmObject {
    /// The controller.
    System,
    /// A site.
    Site(SiteId),
    /// A slot of a site.
    Slot {
        /// Of which site.
        site: SiteId,
        /// Which.
        at: SlotAddress,
    },
    /// A unit.
    Unit(UnitId),
    /// The voice switch.
    Switch,
}

impl AlarmObject {
    /// The site that is meant, or of which a part is.
    pub const fn site(self) -> Option<SiteId> {
        match self {
            Self::Site(site) | Self::Slot { site, .. } => Some(site),
            Self::System | Self::Unit(_) | Self::Switch => None,
        }
    }
}

impl fmt::Display for AlarmObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Site(site) => write!(f, "site {site}"),
            Self::Slot { site, at } => write!(f, "site {site} slot {at}"),
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Switch => f.write_str("voice switch"),
        }
    }
}

/// One alarm, from when it was raised until it was cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlarmId {
    /// In which term of office it was raised.
    pub epoch: Epoch,
    /// The how-manieth of that term, from 1.
    pub counter: u32,
}

/// `12.9`: as in paths.
impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.counter)
    }
}

/// A text was no alarm's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alarm's id is its term of office, a point and its number, such as `12.9`")]
pub struct NoAlarmId;

impl FromStr for AlarmId {
    type Err = NoAlarmId;

    fn from_str(text: &str) -> Result<Self, NoAlarmId> {
        let (epoch, counter) = text.split_once('.').ok_or(NoAlarmId)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| NoAlarmId);
        let epoch = Epoch::new(number(epoch)?).ok_or(NoAlarmId)?;
        Ok(Self { epoch, counter: number(counter)? })
    }
}

/// An alarm that is raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NetworkAlarm {
    /// Which.
    pub id: AlarmId,
    /// What is wrong.
    pub kind: AlarmKind,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub object: AlarmObject,
    /// Since when; `None`: since an earlier term of office.
    pub since: Option<Moment>,
    /// How often it was raised meanwhile.
    pub count: u32,
    /// Whether it comes and goes so often that it stays raised until it is quiet.
    pub flapping: bool,
    /// Who has seen it first.
    pub acknowledged_by: Option<ConsoleName>,
}

/// What has become of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmChange {
    /// It is raised.
    Raised,
    /// It is raised, and has come and gone so often that it stays so until it is quiet.
    Flaps,
    /// It was quiet for long enough, and what it is about is still wrong.
    Settled,
    /// An operator has seen it.
    Acknowledged,
    /// It is over.
    Cleared,
}

/// An alarm of the past or the present, as the controller keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlarmEntry {
    /// Its place among those that are kept.
    pub id: u64,
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub alarm: String,
    /// What was wrong.
    pub kind: AlarmKind,
    /// How bad it was.
    pub severity: Severity,
    /// What it was about.
    pub object: AlarmObject,
    /// When it was raised, in microseconds since 1970.
    pub raised_us: u64,
    /// When it was cleared; `None`: it is raised.
    pub cleared_us: Option<u64>,
    /// How often it was raised meanwhile.
    pub count: u32,
    /// Whether it came and went so often that it stayed raised until it was quiet.
    pub flapping: bool,
    /// Who saw it first.
    pub acknowledged_by: Option<ConsoleName>,
    /// When; `None`: nobody did.
    pub acknowledged_us: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_kinds() {
        for ((kind, name, ..), place) in KINDS.iter().zip(0..) {
            assert_eq!(*kind as u8, place);
            assert_eq!(serde_json::to_value(kind).unwrap(), *name);
            assert_eq!(AlarmKind::ALL[usize::from(place)], *kind);
        }
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = AlarmId { epoch: Epoch::new(12).unwrap(), counter: 9 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "12", "12.", ".9", "12.9.1", "a.b", "-1.2"] {
            assert_eq!(text.parse::<AlarmId>(), Err(NoAlarmId), "{text}");
        }
    }
}
