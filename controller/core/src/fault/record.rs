//! What is kept of an alarm. It may outlive the term of office in which it was raised, so each moment names its own.

use serde::{Deserialize, Serialize};
use trunklab_protocol::operator::{AlarmId, ConsoleName, NetworkAlarm};
use trunklab_protocol::{Epoch, Moment};

use super::Source;

/// A moment of a term of office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Of which term.
    pub epoch: Epoch,
    /// When in it.
    pub at: Moment,
}

/// An alarm, from when it was raised until it was cleared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlarmRecord {
    /// Which.
    pub id: AlarmId,
    /// What is wrong with what.
    pub source: Source,
    /// When it was raised.
    pub raised: Stamp,
    /// When it was cleared; `None`: it is raised.
    pub cleared: Option<Stamp>,
    /// How often it was raised meanwhile.
    pub count: u32,
    /// Whether it comes and goes so often that it stays raised until it is quiet; of one that is over, whether it did to its end.
    pub flapping: bool,
    /// Who saw it first, and when.
    pub acknowledged: Option<(Stamp, ConsoleName)>,
}

impl AlarmRecord {
    /// As operators are shown it in this term.
    pub fn view(&self, epoch: Epoch) -> NetworkAlarm {
        NetworkAlarm {
            id: self.id,
            kind: self.source.kind,
            severity: self.source.kind.severity(),
            object: self.source.object,
            since: Some(self.raised.at).filter(|_| self.raised.epoch == epoch),
            count: self.count,
            flapping: self.flapping,
            acknowledged_by: self.acknowledged.as_ref().map(|(_, by)| by.clone()),
        }
    }
}
