//! The order in which a control channel says its words, and how often each (docs/call-processing.md, clauses 12.12.3 and
//! 12.12.4). On every beat the table is read from its top: the first row that has something to say says it.

/// Why a word is said; in [`ORDER`] the most urgent comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Who the site is, where saying it one word later would be later than its interval.
    BroadcastDue,
    /// A grant of an emergency call, and its repetitions.
    EmergencyGrant,
    /// A grant, said for the first time.
    Grant,
    /// A running call, for latecomers who were put off for too long.
    LateEntryOverdue,
    /// A grant, said again.
    GrantAgain,
    /// The end of a call.
    Release,
    /// A radio whose turn has come: it has little time.
    CallBack,
    /// How far a radio's emergency is: nothing confirms it.
    Emergency,
    /// A radio that is called, or is not called any more.
    Page,
    /// An answer to one radio.
    Answer,
    /// A running call, for latecomers.
    LateEntry,
    /// Who the site is, where half of its interval is over.
    Broadcast,
    /// One of the neighbours, or of the failsoft channels.
    Neighbour,
    /// Nothing.
    Idle,
}

/// Where the words of one urgency come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// They wait for their turn.
    Wait {
        /// How many may wait.
        max: usize,
        /// How often each is said.
        sayings: u8,
        /// Where it waits to be said again.
        again: Urgency,
    },
    /// They were said before, and wait to be said again.
    Again {
        /// How many may wait.
        max: usize,
    },
    /// They are made on the beat, from what is true then.
    Made,
}

/// One urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub urgency: Urgency,
    /// Its words.
    pub words: Words,
    /// Its name in the specification.
    pub name: &'static str,
}

/// Urgencies, each with a queue of its own.
pub const URGENCIES: usize = ORDER.len();

/// Words that may wait to tell of calls: one for each slot that a site can have.
const CALLS: usize = 2048;

/// Words that may wait for single radios. An answer is worth nothing late.
const RADIOS: usize = 64;

/// A word that waits for its turn.
const fn waits(max: usize, sayings: u8, again: Urgency) -> Words {
    Words::Wait { max, sayings, again }
}

/// What a control channel says first. Nobody confirms a grant, so it is said again (standards.md G.3: twice at least).
#[rustfmt::skip]
pub const ORDER: [Row; 14] = [
    Row { urgency: Urgency::BroadcastDue,     words: Words::Made,                             name: "the broadcast, where it would be late one word later" },
    Row { urgency: Urgency::EmergencyGrant,   words: waits(CALLS, 3, Urgency::EmergencyGrant), name: "a grant of an emergency call" },
    Row { urgency: Urgency::Grant,            words: waits(CALLS, 3, Urgency::GrantAgain),     name: "another grant, for the first time" },
    Row { urgency: Urgency::LateEntryOverdue, words: Words::Made,                             name: "late entry that was put off for three intervals" },
    Row { urgency: Urgency::GrantAgain,       words: Words::Again { max: CALLS },                name: "a grant, again" },
    Row { urgency: Urgency::Release,          words: waits(CALLS, 2, Urgency::Release),        name: "the end of a call" },
    Row { urgency: Urgency::CallBack,         words: waits(RADIOS, 2, Urgency::CallBack),      name: "a call back" },
    Row { urgency: Urgency::Emergency,        words: waits(RADIOS, 3, Urgency::Emergency),     name: "how far a radio's emergency is" },
    Row { urgency: Urgency::Page,             words: waits(RADIOS, 2, Urgency::Page),          name: "a page or a message, or its end" },
    Row { urgency: Urgency::Answer,           words: waits(RADIOS, 1, Urgency::Answer),        name: "an answer to one radio" },
    Row { urgency: Urgency::LateEntry,        words: Words::Made,                             name: "late entry" },
    Row { urgency: Urgency::Broadcast,        words: Words::Made,                             name: "the broadcast, where half of its interval is over" },
    Row { urgency: Urgency::Neighbour,        words: Words::Made,                             name: "a neighbour, or a failsoft channel" },
    Row { urgency: Urgency::Idle,             words: Words::Made,                             name: "nothing" },
];

/// The order of words by which a station goes.
#[derive(Debug, Clone, Copy)]
pub struct WordOrder(&'static [Row; URGENCIES]);

/// The specification's order.
pub const STANDARD: WordOrder = WordOrder(&ORDER);

impl WordOrder {
    /// Another order, which has each urgency once.
    pub const fn new(rows: &'static [Row; URGENCIES]) -> Self {
        Self(rows)
    }

    /// The most urgent first.
    pub const fn rows(self) -> &'static [Row; URGENCIES] {
        self.0
    }

    /// How many words of one urgency may wait.
    pub fn waiting_max(self, urgency: Urgency) -> usize {
        match self.words(urgency) {
            Words::Wait { max, .. } | Words::Again { max } => max,
            Words::Made => 0,
        }
    }

    /// How the words of one urgency are treated.
    pub fn words(self, urgency: Urgency) -> Words {
        self.0.iter().find(|row| row.urgency == urgency).map_or(Words::Made, |row| row.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_urgency_has_one_row_and_its_queue_a_place_of_its_own() {
        let places: Vec<usize> = ORDER.iter().map(|row| row.urgency as usize).collect();
        assert_eq!(places, (0..URGENCIES).collect::<Vec<_>>());
    }

    /// What is said again waits where it can be said, and the last row always has something to say.
    #[test]
    fn repetitions_wait_where_words_wait_and_a_beat_is_never_empty() {
        for row in ORDER {
            if let Words::Wait { sayings, again, .. } = row.words {
                assert!(sayings > 0, "{}", row.name);
                assert!(STANDARD.waiting_max(again) > 0, "{}", row.name);
            }
        }
        assert_eq!(ORDER.last().map(|row| row.urgency), Some(Urgency::Idle));
    }

    /// standards.md G.3.
    #[test]
    fn every_grant_is_said_twice_at_least() {
        for urgency in [Urgency::EmergencyGrant, Urgency::Grant] {
            assert!(matches!(STANDARD.words(urgency), Words::Wait { sayings: 2.., .. }));
        }
    }
}
