//! A choice in a list that changes while one looks at it: it follows the thing, not the line.

/// How a choice moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// Ten lines up.
    PageUp,
    /// Ten lines down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
}

impl Step {
    /// Lines in a page: less than any screen shows, so that no line is jumped over unseen.
    const PAGE: usize = 10;

    /// The line that a step leads to, in a list of `count` lines.
    pub(crate) fn from(self, line: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        match self {
            Self::Up => line.saturating_sub(1),
            Self::Down => (line + 1).min(last),
            Self::PageUp => line.saturating_sub(Self::PAGE),
            Self::PageDown => (line + Self::PAGE).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

/// The chosen one of a list in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor<T> {
    chosen: Option<T>,
}

impl<T> Default for Cursor<T> {
    fn default() -> Self {
        Self { chosen: None }
    }
}

impl<T: Copy + Ord> Cursor<T> {
    /// The chosen line: the first where nothing was chosen, the next one where the chosen thing is gone; `None` in
    /// an empty list.
    pub fn line(&self, list: &[T]) -> Option<usize> {
        let last = list.len().checked_sub(1)?;
        let Some(chosen) = self.chosen else { return Some(0) };
        Some(list.partition_point(|entry| *entry < chosen).min(last))
    }

    /// What is chosen.
    pub fn chosen(&self, list: &[T]) -> Option<T> {
        self.line(list).map(|line| list[line])
    }

    /// Keeps the choice where it is, whatever comes before it in the list.
    pub fn hold(&mut self, list: &[T]) {
        self.chosen = self.chosen(list).or(self.chosen);
    }

    /// Chooses one.
    pub(crate) fn choose(&mut self, chosen: T) {
        self.chosen = Some(chosen);
    }

    /// Moves the choice, from the last to the first.
    pub fn step_round(&mut self, list: &[T]) {
        let next = self.line(list).map(|line| (line + 1) % list.len());
        self.chosen = next.map(|line| list[line]);
    }

    /// Moves the choice.
    pub fn step(&mut self, list: &[T], step: Step) {
        self.chosen = self.line(list).map(|line| list[step.from(line, list.len())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_at_the_first_and_stays_within_the_list() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.chosen(&[3, 5, 9]), Some(3));
        cursor.step(&[3, 5, 9], Step::Up);
        assert_eq!(cursor.chosen(&[3, 5, 9]), Some(3));
        cursor.step(&[3, 5, 9], Step::PageDown);
        assert_eq!(cursor.chosen(&[3, 5, 9]), Some(9));
        assert_eq!(cursor.chosen(&[]), None);
    }

    #[test]
    fn follows_the_thing_when_lines_come_and_go() {
        let mut cursor = Cursor::default();
        cursor.step(&[3, 5, 9], Step::Down);
        assert_eq!(cursor.line(&[1, 2, 3, 5, 9]), Some(3));
        assert_eq!(cursor.chosen(&[1, 9]), Some(9), "the one after what is gone");
        assert_eq!(cursor.chosen(&[1, 2]), Some(2), "the last where none is after it");
    }

    #[test]
    fn a_choice_that_is_held_stays_though_nothing_was_chosen() {
        let mut cursor = Cursor::default();
        cursor.hold(&[5]);
        assert_eq!(cursor.chosen(&[3, 5, 9]), Some(5), "not the first of the list");
        cursor.hold(&[3, 9]);
        assert_eq!(cursor.chosen(&[3, 7, 9]), Some(9), "the one that was after it");
    }

    #[test]
    fn goes_round() {
        let mut cursor = Cursor::default();
        let seen: Vec<_> = (0..3)
            .map(|_| {
                cursor.step_round(&[3, 5]);
                cursor.chosen(&[3, 5])
            })
            .collect();
        assert_eq!(seen, [Some(5), Some(3), Some(5)]);
        cursor.step_round(&[]);
        assert_eq!(cursor.chosen(&[]), None);
    }
}
