//! Promises: a unit is registered at one site at a time, and each alarm about a cloned identity is written down.

use std::collections::BTreeMap;

use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{SiteId, UnitId};

#[derive(Debug, Default)]
pub struct Registers {
    at: BTreeMap<UnitId, SiteId>,
    /// Alarms that are written down, and were not yet told.
    alarms: Vec<(UnitId, SiteId)>,
}

impl Registers {
    pub fn keep(&mut self, item: &StoreItem) {
        if let StoreItem::Cloned(cloned) = item {
            let told = self.alarms.iter().position(|alarm| *alarm == (cloned.unit, cloned.site));
            let told = told.unwrap_or_else(|| panic!("unit {} is cloned, and nobody is told", cloned.unit));
            self.alarms.remove(told);
        }
    }

    pub fn see(&mut self, event: &EventKind) {
        assert!(
            self.alarms.len() <= 1,
            "not written down: units that are cloned, and where: {:?}",
            self.alarms
        );
        if let EventKind::Registered { unit, site } = event {
            let before = self.at.insert(*unit, *site);
            assert!(before.is_none_or(|before| before == *site), "unit {unit} is at {before:?} and {site}");
        } else if let EventKind::Moved { unit, from, to } = event {
            let before = self.at.insert(*unit, *to);
            assert_eq!(before, Some(*from), "unit {unit} goes to site {to}");
        } else if let EventKind::Deregistered { unit, site, .. } = event {
            let before = self.at.remove(unit);
            assert_eq!(before, Some(*site), "unit {unit} is deregistered");
        } else if let EventKind::Cloned { unit, site, .. } = event {
            self.alarms.push((*unit, *site));
        }
    }

    pub fn begin_term(&mut self) {
        self.at.clear();
        self.alarms.clear();
    }

    /// Where each registered unit is.
    pub const fn at(&self) -> &BTreeMap<UnitId, SiteId> {
        &self.at
    }
}
