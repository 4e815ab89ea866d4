//! Rows that are found in one step and walked in order of their keys.

use std::collections::BTreeMap;

use crate::lookup::Lookup;

/// A table of what is provisioned and never taken out: sites, talkgroups.
#[derive(Debug, Clone)]
pub struct Directory<K, V> {
    rows: Vec<V>,
    places: Lookup<K, u32>,
    order: BTreeMap<K, u32>,
}

impl<K, V> Default for Directory<K, V> {
    fn default() -> Self {
        Self { rows: Vec::new(), places: Lookup::default(), order: BTreeMap::new() }
    }
}

impl<K: Copy + Ord + std::hash::Hash, V> Directory<K, V> {
    /// The row of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.places.get(&key).map(|place| &self.rows[*place as usize])
    }

    /// The row of a key, to change it.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.places.get(&key).map(|place| &mut self.rows[*place as usize])
    }

    /// Adds a row.
    ///
    /// # Panics
    /// Where the key has one already.
    pub fn add(&mut self, key: K, row: V) {
        let place = u32::try_from(self.rows.len()).expect("keys have at most 16 bits");
        self.rows.push(row);
        let earlier = self.places.insert(key, place);
        assert!(earlier.is_none(), "a row is added once");
        self.order.insert(key, place);
    }

    /// Whether the key has a row.
    pub fn contains(&self, key: K) -> bool {
        self.places.contains(&key)
    }

    /// The keys in order.
    pub fn keys(&self) -> impl Iterator<Item = K> + '_ {
        self.order.keys().copied()
    }

    /// The rows in order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> + '_ {
        self.order.iter().map(|(key, place)| (*key, &self.rows[*place as usize]))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
