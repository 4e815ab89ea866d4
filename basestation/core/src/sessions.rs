//! The radios that this site holds, each with the key that its bursts are proved with.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::from_site::HeldRadio;
use trunklab_protocol::proof::{Proof, SessionKey};
use trunklab_protocol::{
    BurstPlace, Cause, Incarnation, Moment, ScanList, SiteId, TalkgroupId, Tmsi, UnitId,
};

/// Radios that a site can hold: the individual ids of a large city's fleet, in about 5 MB.
pub const SESSIONS_MAX: usize = 65_536;

/// One registration.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// The temporary identity.
    pub tmsi: Tmsi,
    /// The talkgroup that the unit is affiliated to.
    pub talkgroup: Option<TalkgroupId>,
    /// Those that it hears beside it.
    pub secondary: ScanList,
    /// What its bursts are proved with.
    pub key: SessionKey,
    /// When the unit registered.
    pub since: Moment,
}

impl Session {
    /// The place of a talkgroup among those that the unit hears: its own is 0.
    fn rank(&self, talkgroup: TalkgroupId) -> Option<usize> {
        self.talkgroup.into_iter().chain(self.secondary.iter()).position(|heard| heard == talkgroup)
    }
}

/// All registrations at this site.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    held: BTreeMap<UnitId, Session>,
    /// Those of them that hear more than one talkgroup.
    scanners: BTreeSet<UnitId>,
}

impl Sessions {
    /// Holds a radio; a new registration takes the place of the old. One that is told again is as old as it was.
    ///
    /// # Errors
    /// [`Cause::RegisterFull`].
    pub fn hold(&mut self, unit: UnitId, session: Session) -> Result<(), Cause> {
        if self.held.len() >= SESSIONS_MAX && !self.held.contains_key(&unit) {
            return Err(Cause::RegisterFull);
        }
        let told_before = self.held.get(&unit).filter(|held| held.tmsi == session.tmsi);
        let since = told_before.map_or(session.since, |held| held.since);
        self.held.insert(unit, Session { since, ..session });
        self.note_scanner(unit, session.secondary);
        Ok(())
    }

    /// Forgets a radio.
    pub fn drop(&mut self, unit: UnitId) {
        self.held.remove(&unit);
        self.scanners.remove(&unit);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.held.clear();
        self.scanners.clear();
    }

    /// Notes the talkgroups of a radio that is held.
    pub fn affiliate(&mut self, unit: UnitId, talkgroup: TalkgroupId, secondary: ScanList) {
        if let Some(session) = self.held.get_mut(&unit) {
            (session.talkgroup, session.secondary) = (Some(talkgroup), secondary);
            self.note_scanner(unit, secondary);
        }
    }

    /// Whether some radio here hears both talkgroups, and the first goes before the second in its list.
    pub fn prefer(&self, first: TalkgroupId, second: TalkgroupId) -> bool {
        let sessions = self.scanners.iter().filter_map(|unit| self.held.get(unit));
        sessions.into_iter().any(|session| {
            let ranks = session.rank(first).zip(session.rank(second));
            ranks.is_some_and(|(first, second)| first < second)
        })
    }

    /// Whether some radio here may hear a call of the first talkgroup and hears the second.
    pub fn has_listener_to_both(&self, first: TalkgroupId, second: TalkgroupId) -> bool {
        first == second
            || first == TalkgroupId::ALL
            || self.prefer(first, second)
            || self.prefer(second, first)
    }

    fn note_scanner(&mut self, unit: UnitId, secondary: ScanList) {
        if secondary.is_empty() {
            self.scanners.remove(&unit);
        } else {
            self.scanners.insert(unit);
        }
    }

    /// Whether a radio that is held hears a talkgroup.
    pub fn hears(&self, unit: UnitId, talkgroup: TalkgroupId) -> bool {
        self.held.get(&unit).is_some_and(|session| session.rank(talkgroup).is_some())
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

    /// Every radio, in order of its unit, as it is held now.
    pub fn radios(&self, now: Moment) -> impl Iterator<Item = HeldRadio> + '_ {
        let held_ms = move |since| u32::try_from(now.since(since).as_millis()).unwrap_or(u32::MAX);
        self.held.iter().map(move |(unit, session)| HeldRadio {
            unit: *unit,
            tmsi: session.tmsi,
            talkgroup: session.talkgroup,
            secondary: session.secondary,
            held_ms: held_ms(session.since),
        })
    }
}
