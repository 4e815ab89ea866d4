//! The radios that this site holds, each with the key that its bursts are proved with.

use std::collections::BTreeMap;

use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::from_site::HeldRadio;
use trunklab_protocol::proof::{Proof, SessionKey};
use trunklab_protocol::{BurstPlace, Cause, Incarnation, SiteId, TalkgroupId, Tmsi, UnitId};

/// Radios that a site can hold: the individual ids of a large city's fleet, in about 5 MB.
pub const SESSIONS_MAX: usize = 65_536;

/// One registration.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// The temporary identity.
    pub tmsi: Tmsi,
    /// The talkgroup that the unit is affiliated to.
    pub talkgroup: Option<TalkgroupId>,
    /// What its bursts are proved with.
    pub key: SessionKey,
}

/// All registrations at this site.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    held: BTreeMap<UnitId, Session>,
}

impl Sessions {
    /// Holds a radio; a new registration takes the place of the old.
    ///
    /// # Errors
    /// [`Cause::RegisterFull`].
    pub fn hold(&mut self, unit: UnitId, session: Session) -> Result<(), Cause> {
        if self.held.len() >= SESSIONS_MAX && !self.held.contains_key(&unit) {
            return Err(Cause::RegisterFull);
        }
        self.held.insert(unit, session);
        Ok(())
    }

    /// Forgets a radio.
    pub fn drop(&mut self, unit: UnitId) {
        self.held.remove(&unit);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// Notes the talkgroup of a radio that is held.
    pub fn affiliate(&mut self, unit: UnitId, talkgroup: TalkgroupId) {
        if let Some(session) = self.held.get_mut(&unit) {
            session.talkgroup = Some(talkgroup);
        }
    }

    /// The talkgroup of a radio that is held.
    pub fn talkgroup(&self, unit: UnitId) -> Option<TalkgroupId> {
        self.held.get(&unit).and_then(|session| session.talkgroup)
    }

    /// Whether the unit that a word names sent it, here and in this place.
    ///
    /// # Errors
    /// [`Cause::NoSession`], [`Cause::WrongProof`].
    pub fn prove(
        &self,
        site: SiteId,
        incarnation: Incarnation,
        unit: UnitId,
        place: BurstPlace,
        word: &UplinkWord,
        proof: Proof,
    ) -> Result<(), Cause> {
        let session = self.held.get(&unit).ok_or(Cause::NoSession)?;
        if session.key.proves(site, incarnation, place, word, proof) {
            Ok(())
        } else {
            Err(Cause::WrongProof)
        }
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Every radio, in order of its unit.
    pub fn radios(&self) -> impl Iterator<Item = HeldRadio> + '_ {
        self.held.iter().map(|(unit, session)| HeldRadio {
            unit: *unit,
            tmsi: session.tmsi,
            talkgroup: session.talkgroup,
        })
    }
}
