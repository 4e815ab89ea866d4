//! A table with one place for each cause.

use std::ops::{Index, IndexMut};

use crate::Cause;

/// One value for each cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerCause<T>([T; Cause::ALL.len()]);

impl<T: Default> Default for PerCause<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| T::default()))
    }
}

impl<T> PerCause<T> {
    /// The causes in order of their codes, each with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &T)> + '_ {
        Cause::ALL.iter().copied().zip(&self.0)
    }
}

impl<T> Index<Cause> for PerCause<T> {
    type Output = T;

    fn index(&self, cause: Cause) -> &T {
        &self.0[place(cause)]
    }
}

impl<T> IndexMut<Cause> for PerCause<T> {
    fn index_mut(&mut self, cause: Cause) -> &mut T {
        &mut self.0[place(cause)]
    }
}

fn place(cause: Cause) -> usize {
    Cause::ALL.binary_search(&cause).expect("every cause is in the table, in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_place_of_its_own() {
        let mut table = PerCause::<Option<Cause>>::default();
        for cause in Cause::ALL {
            table[*cause] = Some(*cause);
        }
        assert!(table.iter().all(|(cause, value)| *value == Some(cause) && table[cause] == Some(cause)));
    }
}
