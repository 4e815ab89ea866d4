//! The copy of what the site needs to serve alone (clause 14.1.1), as it comes in.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::isolated::{CopiedUnit, UnitCopy};
use trunklab_protocol::part::Parts;
use trunklab_protocol::to_site::{CopiedVector, CopyConfiguration, CopySubscriber};
use trunklab_protocol::{Cause, UnitId};

use super::memory::{Remember, spend};
use crate::sessions::SESSIONS_MAX;

/// A copy, whole or in part.
#[derive(Debug, Default)]
pub struct Copied {
    configuration: Option<Box<Configuration>>,
    coming: Parts,
    units: BTreeMap<UnitId, CopiedUnit>,
    /// Units of which something was said on this connection.
    renewed: BTreeSet<UnitId>,
}

impl Copied {
    /// A copy as it was kept.
    pub fn of(configuration: Option<Box<Configuration>>, units: BTreeMap<UnitId, CopiedUnit>) -> Self {
        Self { configuration, units, ..Self::default() }
    }

    /// The configuration, of one site.
    pub fn configuration(&self) -> Option<&Configuration> {
        self.configuration.as_deref()
    }

    /// What a dispatch that begins knows of units, in order; the vectors that it is given are gone from here.
    pub fn spend(&mut self) -> Vec<CopiedUnit> {
        self.units.values_mut().map(spend).collect()
    }

    /// Those that were not used are back.
    pub fn return_vectors<'a>(&mut self, left: impl Iterator<Item = (UnitId, &'a [CopiedVector])>) {
        for (unit, vectors) in left {
            if let Some(copied) = self.units.get_mut(&unit) {
                copied.vectors.extend_from_slice(vectors);
            }
        }
    }

    /// Nothing of it is left: the network does not know the site any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// A new connection: what is not said anew on it is not true any more when the copy is whole.
    pub fn begin(&mut self) {
        self.renewed.clear();
        self.coming = Parts::default();
    }

    /// A part of the configuration.
    ///
    /// # Errors
    /// Where it cannot be read; the copy that was there stays.
    pub fn take_configuration(&mut self, word: &CopyConfiguration) -> Result<Option<Remember>, Cause> {
        let CopyConfiguration { revision, part, parts, text } = word;
        let Some(text) = self.coming.take(*revision, *part, *parts, text)? else { return Ok(None) };
        let configuration: Box<Configuration> = serde_json::from_str(&text).map_err(|_| Cause::CopyUnfit)?;
        if configuration.sites.len() != 1 {
            return Err(Cause::CopyUnfit);
        }
        self.configuration = Some(configuration.clone());
        Ok(Some(Remember::Configuration(configuration)))
    }

    /// A unit.
    ///
    /// # Errors
    /// Where it cannot be read, or there are as many as may.
    pub fn take_unit(&mut self, word: CopySubscriber) -> Result<Remember, Cause> {
        let copy: UnitCopy = serde_json::from_str(&word.text).map_err(|_| Cause::CopyUnfit)?;
        let unit = copy.unit;
        if unit != word.unit {
            return Err(Cause::CopyUnfit);
        }
        if self.units.len() >= SESSIONS_MAX && !self.units.contains_key(&unit) {
            return Err(Cause::RegisterFull);
        }
        let copied = CopiedUnit { copy, vectors: word.vectors };
        self.renewed.insert(unit);
        self.units.insert(unit, copied.clone());
        Ok(Remember::Unit(Box::new(copied)))
    }

    /// A unit is another site's.
    pub fn drop(&mut self, unit: UnitId) -> Option<Remember> {
        self.units.remove(&unit).map(|_| Remember::Dropped(unit))
    }

    /// The copy is whole: gives what is gone with that.
    pub fn end(&mut self) -> Vec<Remember> {
        let gone: Vec<_> = self.units.keys().filter(|unit| !self.renewed.contains(unit)).copied().collect();
        gone.into_iter().filter_map(|unit| self.drop(unit)).collect()
    }
}
