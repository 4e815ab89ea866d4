//! What names a subscriber, and where its row is (clause 13.1.1).
//!
//! A register of a million rows has five such indexes. An entry is the place of a row and not the name itself, which stands
//! in the row: five octets each, where a map from name to unit takes three times as much.

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use trunklab_protocol::{Cause, FleetMember, Imei, Imsi, Msisdn, UnitId};

/// What names one subscriber and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// The individual id.
    Unit(UnitId),
    /// The equipment.
    Imei(Imei),
    /// The subscription.
    Imsi(Imsi),
    /// The telephone number.
    Msisdn(Msisdn),
    /// Fleet and member.
    FleetMember(FleetMember),
}

/// The kinds of names.
const KINDS: usize = 5;

impl Name {
    /// Why another subscriber cannot have it.
    pub const fn taken(self) -> Cause {
        match self {
            Self::Unit(_) => Cause::Duplicate,
            Self::Imei(_) => Cause::ImeiTaken,
            Self::Imsi(_) => Cause::ImsiTaken,
            Self::Msisdn(_) => Cause::MsisdnTaken,
            Self::FleetMember(_) => Cause::FleetMemberTaken,
        }
    }

    const fn kind(self) -> usize {
        match self {
            Self::Unit(_) => 0,
            Self::Imei(_) => 1,
            Self::Imsi(_) => 2,
            Self::Msisdn(_) => 3,
            Self::FleetMember(_) => 4,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Imei(imei) => write!(f, "imei {imei}"),
            Self::Imsi(imsi) => write!(f, "imsi {imsi}"),
            Self::Msisdn(msisdn) => write!(f, "msisdn {msisdn}"),
            Self::FleetMember(pair) => write!(f, "fleet {} member {}", pair.fleet, pair.member),
        }
    }
}

/// A row that has names, at most one of each kind.
pub trait Named {
    /// All of them, in order of their kinds.
    fn names(&self) -> impl Iterator<Item = Name>;

    /// Whether this is one of them.
    fn is_named(&self, name: Name) -> bool;
}

/// Finds rows by their names.
#[derive(Debug, Clone, Default)]
pub struct Names([HashTable<u32>; KINDS]);

impl Names {
    /// Where the row of this name is.
    pub fn find<R: Named>(&self, name: Name, rows: &[R]) -> Option<usize> {
        let is_it = |at: &u32| rows[*at as usize].is_named(name);
        self.0[name.kind()].find(hash(name), is_it).map(|at| *at as usize)
    }

    /// The row at this place is found by its names from here on.
    pub fn add<R: Named>(&mut self, at: usize, rows: &[R]) {
        let place = u32::try_from(at).expect("there are fewer than 2^24 units");
        for name in rows[at].names() {
            let kind = name.kind();
            let again = |at: &u32| {
                let mut names = rows[*at as usize].names();
                hash(names.find(|name| name.kind() == kind).expect("a row is found by a name that it has"))
            };
            self.0[kind].insert_unique(hash(name), place, again);
        }
    }

    /// The row at this place is found no more.
    pub fn remove<R: Named>(&mut self, at: usize, rows: &[R]) {
        for name in rows[at].names() {
            let entry = self.0[name.kind()].find_entry(hash(name), |place| *place as usize == at);
            entry.expect("a row is found by its names").remove();
        }
    }
}

fn hash(name: Name) -> u64 {
    FxBuildHasher.hash_one(name)
}
