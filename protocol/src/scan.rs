//! The talkgroups that a radio hears beside the one that it is affiliated to.

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed};
use crate::identity::TalkgroupId;

/// The most secondary talkgroups of a radio.
pub const SCAN_MAX: usize = 3;

/// Secondary talkgroups, first the one that goes before the others (docs/call-processing.md 12.11.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<TalkgroupId>", into = "Vec<TalkgroupId>")]
pub struct ScanList([Option<TalkgroupId>; SCAN_MAX]);

impl ScanList {
    /// A list in this order; `None` for more than [`SCAN_MAX`].
    pub fn new(talkgroups: impl IntoIterator<Item = TalkgroupId>) -> Option<Self> {
        let mut list = Self::default();
        talkgroups.into_iter().all(|talkgroup| list.push(talkgroup)).then_some(list)
    }

    /// The talkgroups in order.
    pub fn iter(self) -> impl Iterator<Item = TalkgroupId> {
        self.0.into_iter().flatten()
    }

    /// Whether it names this one.
    pub fn contains(self, talkgroup: TalkgroupId) -> bool {
        self.iter().any(|listed| listed == talkgroup)
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Those that are to be kept, each once.
    #[must_use]
    pub fn only(self, mut keep: impl FnMut(TalkgroupId) -> bool) -> Self {
        let mut kept = Self::default();
        for talkgroup in self.iter() {
            if keep(talkgroup) && !kept.contains(talkgroup) {
                kept.push(talkgroup);
            }
        }
        kept
    }

    fn push(&mut self, talkgroup: TalkgroupId) -> bool {
        let room = self.0.iter_mut().find(|place| place.is_none());
        room.map(|place| *place = Some(talkgroup)).is_some()
    }
}

impl From<ScanList> for Vec<TalkgroupId> {
    fn from(list: ScanList) -> Self {
        list.iter().collect()
    }
}

impl TryFrom<Vec<TalkgroupId>> for ScanList {
    type Error = &'static str;

    fn try_from(talkgroups: Vec<TalkgroupId>) -> Result<Self, Self::Error> {
        Self::new(talkgroups).ok_or("a radio has at most three secondary talkgroups")
    }
}

/// As any list: a count of two octets, then the values (clause 2.2.5).
impl Field for ScanList {
    const LEAST: usize = 2;
    const MOST: usize = 2 + SCAN_MAX * TalkgroupId::MOST;
    const KIND: Kind = Kind::List { of: &TalkgroupId::KIND, most: SCAN_MAX };
    fn put(&self, into: &mut BytesMut) {
        u16::try_from(self.len()).expect("at most SCAN_MAX").put(into);
        self.iter().for_each(|talkgroup| talkgroup.put(into));
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (mut rest, count) = u16::take(input)?;
        if usize::from(count) > SCAN_MAX {
            return Err(Fault::out_of_range(input));
        }
        let mut list = Self::default();
        for _ in 0..count {
            let (next, talkgroup) = TalkgroupId::take(rest)?;
            list.push(talkgroup);
            rest = next;
        }
        Ok((rest, list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(numbers: &[u16]) -> Option<ScanList> {
        ScanList::new(numbers.iter().map(|number| TalkgroupId::new(*number).unwrap()))
    }

    #[test]
    fn holds_three_in_order_and_no_more() {
        let three = list(&[43, 41, 42]).unwrap();
        assert_eq!(three.iter().map(TalkgroupId::number).collect::<Vec<_>>(), [43, 41, 42]);
        assert_eq!(list(&[1, 2, 3, 4]), None);
    }

    #[test]
    fn keeps_each_once() {
        assert_eq!(list(&[41, 42, 41]).unwrap().only(|_| true), list(&[41, 42]).unwrap());
        assert!(list(&[41]).unwrap().only(|talkgroup| talkgroup.number() != 41).is_empty());
    }

    #[test]
    fn four_on_the_wire_are_refused_at_their_count() {
        assert!(ScanList::take(&[0, 4, 0, 1, 0, 2, 0, 3, 0, 4]).is_err());
        assert_eq!(ScanList::take(&[0, 1, 0, 41]).unwrap().1, list(&[41]).unwrap());
    }
}
