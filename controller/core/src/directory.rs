//! Rows that are found in one step and walked in order of their keys.

use trunklab_protocol::{AreaId, SiteId, TalkgroupId};

/// A key that is a number of at most 16 bits, in whose order keys are sorted.
pub trait Numbered: Copy {
    /// The number.
    fn number(self) -> u16;
}

impl Numbered for SiteId {
    fn number(self) -> u16 {
        self.number()
    }
}

impl Numbered for AreaId {
    fn number(self) -> u16 {
        self.number()
    }
}

impl Numbered for TalkgroupId {
    fn number(self) -> u16 {
        self.number()
    }
}

/// A table of what is provisioned: sites, service areas, talkgroups.
#[derive(Debug, Clone)]
pub struct Directory<K, V> {
    rows: Vec<(K, V)>,
    /// The place of each number's row, as far as the greatest number that has one.
    places: Vec<Option<u16>>,
}

impl<K, V> Default for Directory<K, V> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: Vec::new() }
    }
}

impl<K: Numbered, V> Directory<K, V> {
    /// The row of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.place(key).map(|place| &self.rows[place].1)
    }

    /// The row of a key, to change it.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.place(key).map(|place| &mut self.rows[place].1)
    }

    /// Adds a row.
    ///
    /// # Panics
    /// Where the key has one already.
    pub fn add(&mut self, key: K, row: V) {
        assert!(!self.contains(key), "a row is added once");
        let place = u16::try_from(self.rows.len()).expect("there are fewer rows than numbers");
        let number = usize::from(key.number());
        if self.places.len() <= number {
            self.places.resize(number + 1, None);
        }
        self.places[number] = Some(place);
        self.rows.push((key, row));
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let place = self.place(key)?;
        let (_, row) = self.rows.swap_remove(place);
        // The last row has taken its place.
        if let Some((moved, _)) = self.rows.get(place) {
            self.places[usize::from(moved.number())] = u16::try_from(place).ok();
        }
        self.places[usize::from(key.number())] = None;
        Some(row)
    }

    /// Whether the key has a row.
    pub fn contains(&self, key: K) -> bool {
        self.place(key).is_some()
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = K> + '_ {
        self.iter().map(|(key, _)| key)
    }

    /// The rows in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> + '_ {
        self.places.iter().flatten().map(|place| {
            let (key, row) = &self.rows[usize::from(*place)];
            (*key, row)
        })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn place(&self, key: K) -> Option<usize> {
        self.places.get(usize::from(key.number())).copied().flatten().map(usize::from)
    }
}
