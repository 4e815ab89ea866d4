//! Where each running call stands in the table of calls.
//!
//! Every step of a call looks it up many times. Calls of one term are numbered in a row, so the low bits of the
//! number point at a place that hardly ever belongs to another; where it does, a hash map helps out.

use trunklab_protocol::CallId;

use crate::lookup::Lookup;

/// Places that are found at once: more than the calls of a large network.
const DIRECT: usize = 4_096;

/// Finds the row of a call by its id.
#[derive(Debug)]
pub(super) struct Places {
    direct: Box<[Option<(CallId, u32)>; DIRECT]>,
    /// Calls whose place in `direct` another call has.
    others: Lookup<CallId, u32>,
    len: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { direct: Box::new([None; DIRECT]), others: Lookup::default(), len: 0 }
    }
}

impl Places {
    /// The row of a call.
    #[inline]
    pub(super) fn get(&self, id: CallId) -> Option<u32> {
        match self.direct[at(id)] {
            Some((held, row)) if held == id => Some(row),
            _ => self.among_others(id),
        }
    }

    #[cold]
    fn among_others(&self, id: CallId) -> Option<u32> {
        self.others.get(&id).copied()
    }

    /// Puts a call that is not there yet.
    pub(super) fn insert(&mut self, id: CallId, row: u32) {
        self.len += 1;
        let direct = &mut self.direct[at(id)];
        match direct {
            Some(_) => {
                self.others.insert(id, row);
            }
            None => *direct = Some((id, row)),
        }
    }

    /// Takes a call out.
    pub(super) fn remove(&mut self, id: CallId) -> Option<u32> {
        let direct = &mut self.direct[at(id)];
        let row = match direct {
            Some((held, row)) if *held == id => {
                let row = *row;
                *direct = None;
                Some(row)
            }
            _ => self.others.remove(&id),
        };
        self.len -= usize::from(row.is_some());
        row
    }

    /// How many calls there are.
    pub(super) const fn len(&self) -> usize {
        self.len
    }
}

const fn at(id: CallId) -> usize {
    id.counter as usize % DIRECT
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::{Epoch, NodeId};

    fn call(epoch: u32, counter: u32) -> CallId {
        CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(epoch).unwrap(), counter }
    }

    #[test]
    fn calls_that_fall_on_one_place_are_all_found() {
        let ids = [call(1, 7), call(2, 7), call(1, 7 + DIRECT as u32)];
        let mut places = Places::default();
        for (row, id) in (0..).zip(ids) {
            assert_eq!(places.get(id), None);
            places.insert(id, row);
        }
        assert_eq!(ids.map(|id| places.get(id)), [Some(0), Some(1), Some(2)]);
        assert_eq!(places.remove(ids[0]), Some(0));
        assert_eq!(places.remove(ids[0]), None);
        assert_eq!(ids.map(|id| places.get(id)), [None, Some(1), Some(2)]);
        places.insert(ids[0], 5);
        assert_eq!(ids.map(|id| places.get(id)), [Some(5), Some(1), Some(2)]);
        assert_eq!((places.len(), ids.map(|id| places.remove(id))), (3, [Some(5), Some(1), Some(2)]));
        assert_eq!(places.len(), 0);
    }
}
