//! Rows in order of their keys, which know how many lie before them.

/// The most rows of one chunk: one that grows past it is cut in two.
const CHUNK_LEN_MAX: usize = 128;

/// A sorted list, kept in short chunks: to add or take out a row moves the rows of one chunk, and to find a position
/// adds up the lengths of the chunks before it. With ten thousand rows each step touches a few kilobytes.
#[derive(Debug, Clone)]
pub struct Ranked<K, V> {
    /// None is empty, and two neighbours hold together more than half of what fits in one.
    chunks: Vec<Vec<(K, V)>>,
    len: usize,
}

impl<K, V> Default for Ranked<K, V> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<K: Ord, V> Ranked<K, V> {
    /// Adds a row.
    ///
    /// # Panics
    /// Where its key has one already.
    pub fn add(&mut self, key: K, row: V) {
        if self.chunks.is_empty() {
            self.chunks.push(Vec::with_capacity(CHUNK_LEN_MAX));
        }
        // A key beyond all others goes to the end of the last chunk.
        let at = self.chunk_of(&key).min(self.chunks.len() - 1);
        let chunk = &mut self.chunks[at];
        let place = place_in(chunk, &key).expect_err("a key has one row");
        chunk.insert(place, (key, row));
        self.len += 1;
        if chunk.len() == CHUNK_LEN_MAX {
            let behind = chunk.split_off(CHUNK_LEN_MAX / 2);
            self.chunks.insert(at + 1, behind);
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.chunk_of(key);
        let chunk = self.chunks.get_mut(at)?;
        let (_, row) = chunk.remove(place_in(chunk, key).ok()?);
        self.len -= 1;
        self.join(at);
        self.join(at.saturating_sub(1));
        Some(row)
    }

    /// The row of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let chunk = self.chunks.get(self.chunk_of(key))?;
        place_in(chunk, key).ok().map(|place| &chunk[place].1)
    }

    /// The row of a key, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.chunk_of(key);
        let chunk = self.chunks.get_mut(at)?;
        place_in(chunk, key).ok().map(|place| &mut chunk[place].1)
    }

    /// How many rows lie before a key, whether it has one or not.
    pub fn position(&self, key: &K) -> usize {
        let at = self.chunk_of(key);
        let before: usize = self.chunks[..at].iter().map(Vec::len).sum();
        let place = self.chunks.get(at).map_or(0, |chunk| place_in(chunk, key).unwrap_or_else(|place| place));
        before + place
    }

    /// The first row after a key, or the very first.
    pub fn first_after(&self, key: Option<&K>) -> Option<&V> {
        let Some(key) = key else { return self.iter().next() };
        let at = self.chunk_of(key);
        let chunk = self.chunks.get(at)?;
        let place = place_in(chunk, key).map_or_else(|place| place, |place| place + 1);
        // The first of the next chunk follows the last of this one.
        let (_, row) = chunk.get(place).or_else(|| self.chunks.get(at + 1)?.first())?;
        Some(row)
    }

    /// The last row.
    pub fn last(&self) -> Option<&V> {
        self.chunks.last().and_then(|chunk| chunk.last()).map(|(_, row)| row)
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &V> + '_ {
        self.chunks.iter().flatten().map(|(_, row)| row)
    }

    /// The rows in order, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut V> + '_ {
        self.chunks.iter_mut().flatten().map(|(_, row)| row)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first chunk that does not end before a key.
    fn chunk_of(&self, key: &K) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|(last, _)| last < key))
    }

    /// Joins a chunk with the next where both are small, and drops an empty one.
    fn join(&mut self, at: usize) {
        let next_len = self.chunks.get(at + 1).map_or(0, Vec::len);
        let Some(chunk) = self.chunks.get(at) else { return };
        if chunk.is_empty() {
            self.chunks.remove(at);
        } else if next_len > 0 && chunk.len() + next_len <= CHUNK_LEN_MAX / 2 {
            let next = self.chunks.remove(at + 1);
            self.chunks[at].extend(next);
        }
    }
}

/// Where a key is in a chunk, or would be.
fn place_in<K: Ord, V>(chunk: &[(K, V)], key: &K) -> Result<usize, usize> {
    chunk.binary_search_by(|(other, _)| other.cmp(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Compares every answer with that of a map which counts.
    fn assert_agrees(ranked: &Ranked<u16, u32>, model: &BTreeMap<u16, u32>, key: u16) {
        assert_eq!(ranked.len(), model.len());
        assert_eq!(ranked.is_empty(), model.is_empty());
        assert!(ranked.iter().eq(model.values()));
        assert_eq!(ranked.last(), model.values().next_back());
        assert_eq!(ranked.get(&key), model.get(&key));
        assert_eq!(ranked.position(&key), model.range(..key).count());
        assert_eq!(ranked.first_after(None), model.values().next());
        let after = model.range(key..).find(|(other, _)| **other != key).map(|(_, row)| row);
        assert_eq!(ranked.first_after(Some(&key)), after);
    }

    fn assert_chunks_are_right(ranked: &Ranked<u16, u32>) {
        assert!(ranked.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() < CHUNK_LEN_MAX));
        let together = |pair: &[Vec<_>]| pair[0].len() + pair[1].len();
        assert!(ranked.chunks.windows(2).all(|pair| together(pair) > CHUNK_LEN_MAX / 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// Rows come and go at random, first more of them, then fewer: many chunks are cut and joined.
        #[test]
        fn agrees_with_a_map_that_counts(
            grow in prop::collection::vec((0_u8..4, 0_u16..2_000), 600),
            shrink in prop::collection::vec((0_u8..4, 0_u16..2_000), 900),
        ) {
            let (mut ranked, mut model) = (Ranked::default(), BTreeMap::new());
            let grow = grow.into_iter().map(|(step, key)| (step > 0, key));
            let shrink = shrink.into_iter().map(|(step, key)| (step == 0, key));
            for (count, (adds, key)) in (0..).zip(grow.chain(shrink)) {
                // What is taken out is there more often than not.
                let near = model.range(key..).next().map_or(key, |(near, _)| *near);
                if !adds {
                    prop_assert_eq!(ranked.remove(&near), model.remove(&near));
                } else {
                    model.entry(key).or_insert_with(|| {
                        ranked.add(key, count);
                        count
                    });
                }
                assert_agrees(&ranked, &model, key);
                assert_chunks_are_right(&ranked);
            }
        }
    }

    #[test]
    fn a_queue_of_ten_thousand_that_is_served_from_its_head_leaves_no_chunks_behind() {
        let mut ranked = Ranked::default();
        (0..10_000_u16).for_each(|key| ranked.add(key, u32::from(key)));
        assert_eq!(ranked.position(&9_999), 9_999);
        for key in 0..10_000 {
            assert_eq!(ranked.position(&key), 0);
            assert_eq!(ranked.remove(&key), Some(u32::from(key)));
        }
        assert!(ranked.is_empty() && ranked.chunks.is_empty());
    }

    #[test]
    #[should_panic(expected = "a key has one row")]
    fn a_key_is_added_once() {
        let mut ranked = Ranked::default();
        ranked.add(7, ());
        ranked.add(7, ());
    }
}
