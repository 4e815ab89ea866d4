//! How rows are shared among panels that want more than there is.

/// What a panel wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    /// It is of no use with fewer rows.
    pub(super) least: u16,
    /// With more it would only be emptier.
    pub(super) most: u16,
}

/// Rows for each panel, in order: first the least of each, then one by one in turn up to what each wants.
pub(super) fn share<const N: usize>(rows: u16, wants: [Want; N]) -> [u16; N] {
    let mut given = [0; N];
    let mut left = rows;
    for (given, want) in given.iter_mut().zip(wants) {
        *given = want.least.min(left);
        left -= *given;
    }
    while left > 0 {
        let before = left;
        for (given, want) in given.iter_mut().zip(wants) {
            if left > 0 && *given < want.most {
                *given += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_wanted_and_everybody_the_least() {
        let wants = [Want { least: 2, most: 3 }, Want { least: 1, most: 20 }, Want { least: 4, most: 30 }];
        assert_eq!(share(20, wants), [3, 7, 10]);
        assert_eq!(share(7, wants), [2, 1, 4]);
        assert_eq!(share(100, wants), [3, 20, 30]);
        assert_eq!(share(1, wants), [1, 0, 0]);
    }
}
