//! The event log: sentences in order, as many as the limit allows, and the operator's place in it.

use std::collections::VecDeque;

use trunklab_protocol::Moment;

use super::cursor::Step;

/// Entries kept; the oldest goes first.
const ENTRIES_MAX: usize = 5_000;

/// How much an entry should stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// The network at work.
    Normal,
    /// Someone had to wait, or was told no.
    Notice,
    /// Something is broken.
    Warning,
    /// Someone's life may depend on it.
    Emergency,
}

impl Grade {
    /// The mark that tells it without colour.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Normal => "  ",
            Self::Notice => "- ",
            Self::Warning => "! ",
            Self::Emergency => "!!",
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When; of repeated entries the last time.
    pub at: Moment,
    /// How much it should stand out.
    pub grade: Grade,
    /// What happened.
    pub sentence: String,
    /// How often in a row.
    pub times: u64,
}

impl Entry {
    /// An entry for something that happened once.
    pub fn new(at: Moment, grade: Grade, sentence: String) -> Self {
        Self { at, grade, sentence, times: 1 }
    }

    /// The sentence, and how often it came in a row.
    pub fn text(&self) -> String {
        if self.times == 1 { self.sentence.clone() } else { format!("{} (x{})", self.sentence, self.times) }
    }
}

/// The last entries, each with a number that it keeps for ever.
#[derive(Debug, Clone, Default)]
pub struct EventLog {
    entries: VecDeque<Entry>,
    /// The number of the oldest entry kept.
    first: u64,
}

impl EventLog {
    /// Appends an entry. One that only repeats the last is counted there, so that a flood leaves the rest in sight.
    pub fn push(&mut self, entry: Entry) {
        if let Some(last) = self.entries.back_mut().filter(|last| last.sentence == entry.sentence) {
            last.times += 1;
            last.at = entry.at;
            return;
        }
        if self.entries.len() == ENTRIES_MAX {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(entry);
    }

    /// The entries that contain `filter` (in whatever case), newest first, with their numbers.
    pub fn newest_first<'a>(&'a self, filter: &'a str) -> impl Iterator<Item = (u64, &'a Entry)> + 'a {
        let wanted = filter.to_lowercase();
        let numbered =
            self.entries.iter().enumerate().map(|(place, entry)| (self.first + place as u64, entry));
        numbered
            .rev()
            .filter(move |(_, entry)| wanted.is_empty() || entry.sentence.to_lowercase().contains(&wanted))
    }

    fn numbers(&self, filter: &str) -> Vec<u64> {
        let mut numbers: Vec<_> = self.newest_first(filter).map(|(number, _)| number).collect();
        numbers.reverse();
        numbers
    }
}

/// Where in the log the operator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// At the end, with what comes.
    #[default]
    Tail,
    /// Paused at the entry of this number.
    At(u64),
}

/// What the keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The list.
    #[default]
    List,
    /// The text of the filter.
    Filter,
}

/// How the operator looks at the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogView {
    /// Only entries with this text are shown.
    pub filter: String,
    /// Where.
    pub place: Place,
    /// What the keys go to.
    pub focus: Focus,
}

impl LogView {
    /// Longest filter, in characters.
    pub(crate) const FILTER_CHARS_MAX: usize = 60;

    /// Moves the place; stepping up from the tail pauses, stepping past the end follows again.
    pub(crate) fn step(&mut self, log: &EventLog, step: Step) {
        let numbers = log.numbers(&self.filter);
        let Some(last) = numbers.len().checked_sub(1) else { return };
        let line = match self.place {
            Place::Tail => last,
            Place::At(number) => numbers.partition_point(|known| *known < number).min(last),
        };
        let follows = match step {
            Step::Last => true,
            Step::Down | Step::PageDown => line == last,
            Step::Up | Step::PageUp | Step::First => false,
        };
        self.place = if follows { Place::Tail } else { Place::At(numbers[step.from(line, numbers.len())]) };
    }

    /// Pauses at the newest entry, or follows again.
    pub(crate) fn pause_or_follow(&mut self, log: &EventLog) {
        self.place = match self.place {
            Place::Tail => match log.newest_first(&self.filter).next() {
                Some((number, _)) => Place::At(number),
                None => Place::Tail,
            },
            Place::At(_) => Place::Tail,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(sentences: impl IntoIterator<Item = String>) -> EventLog {
        let mut log = EventLog::default();
        for sentence in sentences {
            log.push(Entry::new(Moment::ORIGIN, Grade::Normal, sentence));
        }
        log
    }

    #[test]
    fn keeps_the_newest_up_to_the_limit_and_their_numbers() {
        let log = log((0..ENTRIES_MAX + 7).map(|number| number.to_string()));
        assert_eq!(log.newest_first("").count(), ENTRIES_MAX);
        let (number, oldest) = log.newest_first("").last().unwrap();
        assert_eq!((number, oldest.sentence.as_str()), (7, "7"));
    }

    #[test]
    fn counts_what_repeats() {
        let log = log(["dropped", "dropped", "dropped", "up"].map(String::from));
        let texts: Vec<_> = log.newest_first("").map(|(_, entry)| entry.text()).collect();
        assert_eq!(texts, ["up", "dropped (x3)"]);
    }

    #[test]
    fn filters_in_whatever_case() {
        let log = log(["Fire talks", "police talks"].map(String::from));
        assert_eq!(log.newest_first("FIRE").count(), 1);
    }

    #[test]
    fn stepping_up_pauses_and_stepping_past_the_end_follows() {
        let log = log(["a", "b", "c"].map(String::from));
        let mut view = LogView::default();
        view.step(&log, Step::Up);
        assert_eq!(view.place, Place::At(1));
        view.step(&log, Step::Down);
        assert_eq!(view.place, Place::At(2));
        view.step(&log, Step::Down);
        assert_eq!(view.place, Place::Tail);
        view.step(&log, Step::First);
        assert_eq!(view.place, Place::At(0));
    }

    #[test]
    fn steps_over_what_the_filter_hides() {
        let log = log(["x1", "y", "x2", "y2", "x3"].map(String::from));
        let mut view = LogView { filter: "x".to_owned(), ..LogView::default() };
        view.step(&log, Step::Up);
        assert_eq!(view.place, Place::At(2));
        view.step(&log, Step::Up);
        assert_eq!(view.place, Place::At(0));
    }
}
