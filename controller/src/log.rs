//! The order of inputs. The core sees nothing that has not passed through here.
//!
//! One machine keeps the order in memory: it has nobody to agree with, and after a restart the sites' inventories
//! say what is going on. A replicated log gives entries back once a majority holds them.

use std::collections::VecDeque;

use trunklab_controller_core::input::Input;
use trunklab_protocol::Moment;

/// One input with the moment at which it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the order, from 1.
    pub index: u64,
    /// When it was taken.
    pub at: Moment,
    /// What.
    pub input: Input,
}

/// An order of inputs.
pub trait Log: Send + 'static {
    /// Puts an input at the end of the order and gives its place.
    fn append(&mut self, at: Moment, input: Input) -> u64;

    /// The next entry that is committed, in order; `None` while there is none.
    fn committed(&mut self) -> Option<Entry>;
}

/// The order of a controller that stands alone: an entry is committed as soon as it is appended.
#[derive(Debug, Default)]
pub struct LocalLog {
    last: u64,
    waiting: VecDeque<Entry>,
}

impl Log for LocalLog {
    fn append(&mut self, at: Moment, input: Input) -> u64 {
        self.last += 1;
        self.waiting.push_back(Entry { index: self.last, at, input });
        self.last
    }

    fn committed(&mut self) -> Option<Entry> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_order_with_their_moments() {
        let mut log = LocalLog::default();
        let moments = [3, 5, 5].map(Moment::from_micros);
        let places = moments.map(|at| log.append(at, Input::Time));
        assert_eq!(places, [1, 2, 3]);
        let back: Vec<_> =
            std::iter::from_fn(|| log.committed()).map(|entry| (entry.index, entry.at)).collect();
        assert_eq!(back, places.into_iter().zip(moments).collect::<Vec<_>>());
    }
}
