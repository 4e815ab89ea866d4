//! The vectors of a site that serves alone: each is used once, and nobody here can make another (clause 14.1.4).

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::CopiedVector;
use trunklab_protocol::{Cause, Imei, UnitId};

use super::CopiedUnit;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::vector::Vector;
use crate::remote::RemoteUnit;

/// What is left of the copied vectors.
#[derive(Debug, Default)]
pub(crate) struct CopiedVectors {
    left: BTreeMap<UnitId, (Option<Imei>, Vec<CopiedVector>)>,
}

impl CopiedVectors {
    /// A vector of the unit, which is gone from here with that.
    ///
    /// # Errors
    /// [`Cause::NotCopied`] where none was made for this equipment, [`Cause::NoVectorLeft`].
    pub(crate) fn take(&mut self, unit: UnitId, equipment: Option<Imei>) -> Result<Vector, Cause> {
        let made = self.left.get_mut(&unit).filter(|(of, _)| *of == equipment);
        let (_, left) = made.ok_or(Cause::NotCopied)?;
        left.pop().map(Vector::from).ok_or(Cause::NoVectorLeft)
    }

    /// For the digest.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        for (unit, (equipment, left)) in &self.left {
            (unit, equipment, left.len()).hash(hasher);
        }
    }
}

impl Controller {
    /// The vectors that nobody was challenged with, for whoever may serve alone again.
    pub fn vectors_left(&self) -> impl Iterator<Item = (UnitId, &[CopiedVector])> {
        self.copied_vectors.left.iter().map(|(unit, (_, left))| (*unit, left.as_slice()))
    }

    /// What is known of a unit: a copy of the home register takes the place of the register itself.
    pub(crate) fn provision_copied(&mut self, unit: CopiedUnit, out: &mut Outbox) {
        let CopiedUnit { copy, vectors } = unit;
        let (unit, equipment) = (copy.unit, copy.equipment);
        let (condition, regrouped) = (copy.condition, copy.regrouped);
        if let Err(cause) = self.home.provision(copy) {
            return self.report(EventKind::Dropped { site: None, cause }, out);
        }
        self.copied_vectors.left.insert(unit, (equipment, vectors));
        self.remote.copy(RemoteUnit { condition, regrouped, ..RemoteUnit::usual(unit) });
    }
}
