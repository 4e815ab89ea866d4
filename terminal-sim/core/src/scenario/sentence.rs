//! The sentences of the language, as tables: what is read, what it means, what the documentation prints.

/// Declares tables of sentences.
macro_rules! sentences {
    ($(#[$meta:meta])* $vis:vis $name:ident: $($sort:ident $pattern:literal, $about:literal, $meaning:expr;)*) => {
        $(#[$meta])*
        $vis const $name: &[Sentence] = &[
            $(Sentence { sort: Sort::$sort, pattern: $pattern, about: $about, meaning: $meaning },)*
        ];
    };
}

mod action;
mod handset;
mod operator;
mod site;

use trunklab_protocol::{SiteId, Span, TalkgroupId, UnitId};

pub use self::action::{Action, Alteration, Speech};
use super::expectation::Fact;
use super::pattern::{Values, guess, read, words};

/// What a sentence comes to before it is placed in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Actions, each so long after the sentence's own time.
    Do(Vec<(Span, Action)>),
    /// All but so many slots of a site are taken by units made for it.
    Fill { site: SiteId, free: u16 },
    /// Those units let go.
    Empty { site: SiteId },
    /// The operator presses for these talkgroups, speaks for so long and releases.
    OperatorTalks { talkgroups: Vec<TalkgroupId>, span: Span },
    /// Facts to be seen.
    See(Vec<Fact>),
}

/// Where a sentence may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// After `do`.
    Do,
    /// After `expect` and `never`.
    See,
}

/// One row of the table.
pub struct Sentence {
    /// Where it may stand.
    pub sort: Sort,
    /// Its words and slots.
    pub pattern: &'static str,
    /// What it means, for people.
    pub about: &'static str,
    meaning: fn(&Values) -> Meaning,
}

/// All tables, in the order of the documentation.
const TABLES: [&[Sentence]; 7] =
    [handset::DONE, site::FILLED, operator::DONE, site::DONE, handset::SEEN, site::SEEN, operator::SEEN];

/// Every sentence, in the order of the documentation.
pub fn sentences() -> impl Iterator<Item = &'static Sentence> {
    TABLES.into_iter().flatten()
}

/// Reads a sentence; the error is the sentence that was probably meant.
pub(super) fn understand(sort: Sort, text: &str) -> Result<Meaning, Option<String>> {
    let words = words(text);
    let rows = || sentences().filter(move |row| row.sort == sort);
    for row in rows() {
        if let Some(values) = read(row.pattern, &words) {
            return Ok((row.meaning)(&values));
        }
    }
    Err(guess(rows().map(|row| row.pattern), &words))
}

fn each(values: &Values, action: impl Fn(UnitId) -> Action) -> Meaning {
    Meaning::Do(values.units().into_iter().map(|unit| (Span::ZERO, action(unit))).collect())
}

fn one(action: Action) -> Meaning {
    Meaning::Do(vec![(Span::ZERO, action)])
}

fn see(values: &Values, fact: impl Fn(UnitId) -> Fact) -> Meaning {
    Meaning::See(values.units().into_iter().map(fact).collect())
}
