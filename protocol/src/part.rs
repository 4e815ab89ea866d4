//! Texts that are longer than a frame, in parts (docs/protocol.md, clauses 6.5 and 7.5).

use crate::cause::Cause;

/// The most octets of one part.
pub const PART_LEN_MAX: usize = 4096;

/// The most octets of a text in parts: a configuration of some ten thousand talkgroups.
pub const TEXT_LEN_MAX: usize = 4 * 1024 * 1024;

/// A text cut into parts that fit a frame, each with its number from 1 and their count. An empty text has one part.
pub fn cut(text: &str) -> Vec<(u16, u16, String)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_LEN_MAX {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(PART_LEN_MAX));
        parts.push(part.to_owned());
        rest = behind;
    }
    parts.push(rest.to_owned());
    let count = u16::try_from(parts.len()).expect("whoever cuts a text keeps to its limit");
    (1..=count).zip(parts).map(|(part, text)| (part, count, text)).collect()
}

/// A text of which parts come in, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Parts {
    /// Of which text, and how many of its parts have come.
    under_way: Option<(u32, u16)>,
    text: String,
}

impl Parts {
    /// Takes a part of the text `of`; gives the text with its last part. A first part begins anew.
    ///
    /// # Errors
    /// [`Cause::FieldOutOfRange`] for a part that does not follow the one before, and for a text that is too long; what came is
    /// forgotten.
    pub fn take(&mut self, of: u32, part: u16, parts: u16, text: &str) -> Result<Option<String>, Cause> {
        if part == 1 {
            *self = Self { under_way: Some((of, 0)), text: String::new() };
        }
        let follows = self.under_way == Some((of, part.wrapping_sub(1)));
        if !follows || part > parts || self.text.len() + text.len() > TEXT_LEN_MAX {
            *self = Self::default();
            return Err(Cause::FieldOutOfRange);
        }
        self.text.push_str(text);
        self.under_way = Some((of, part));
        Ok((part == parts).then(|| std::mem::take(self).text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Umlauts, so that a cut meets the middle of one.
    fn long() -> String {
        "xü".repeat(PART_LEN_MAX)
    }

    #[test]
    fn a_text_in_parts_is_put_together_again() {
        for text in ["", "short", &long()] {
            let mut parts = Parts::default();
            let mut whole = None;
            for (part, count, piece) in cut(text) {
                assert!(whole.is_none() && piece.len() <= PART_LEN_MAX);
                whole = parts.take(7, part, count, &piece).unwrap();
            }
            assert_eq!(whole.as_deref(), Some(text));
        }
    }

    #[test]
    fn parts_that_do_not_follow_each_other_are_refused_and_forgotten() {
        let mut parts = Parts::default();
        assert_eq!(parts.take(1, 2, 3, "b"), Err(Cause::FieldOutOfRange), "no first one");
        assert_eq!(parts.take(1, 1, 3, "a"), Ok(None));
        assert_eq!(parts.take(2, 2, 3, "b"), Err(Cause::FieldOutOfRange), "of another text");
        assert_eq!(parts.take(1, 2, 3, "b"), Err(Cause::FieldOutOfRange), "what came is forgotten");
        assert_eq!(parts.take(1, 1, 0, "a"), Err(Cause::FieldOutOfRange), "more than there are");
        assert_eq!(parts.take(1, 1, 2, "a"), Ok(None));
        assert_eq!(parts.take(2, 1, 2, "c"), Ok(None), "another one begins");
        assert_eq!(parts.take(2, 2, 2, "d"), Ok(Some("cd".to_owned())));
    }

    #[test]
    fn a_text_longer_than_may_be_is_refused() {
        let mut parts = Parts::default();
        let piece = "x".repeat(PART_LEN_MAX);
        let refused = (1..u16::MAX).find(|part| parts.take(1, *part, u16::MAX, &piece).is_err());
        assert_eq!(usize::from(refused.unwrap() - 1) * PART_LEN_MAX, TEXT_LEN_MAX);
    }
}
