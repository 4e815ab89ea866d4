//! Two runs compared, call by call and unit by unit.

use std::fmt;

use trunklab_protocol::Span;

use super::{Line, Transcript};

/// The first thing in which two runs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose lines are compared: a call or a unit.
    pub whose: String,
    /// The line's number among them, from 1.
    pub number: usize,
    /// The line of the first run; `None` where it has no more.
    pub one: Option<Box<Line>>,
    /// The line of the second run; `None` where it has no more.
    pub other: Option<Box<Line>>,
}

/// Whether two runs say the same of each call and of each unit, each line within `tolerance`.
///
/// Calls are matched in the order of their ids; the ids themselves may differ. Each place is compared by itself: what
/// two places say at the same moment has no order.
///
/// # Errors
/// The first line that differs.
pub fn compare(one: &Transcript, other: &Transcript, tolerance: Span) -> Result<(), Difference> {
    let (ours, theirs) = (one.per_call(), other.per_call());
    let none = Vec::new();
    let (mut mine, mut yours) = (ours.iter(), theirs.iter());
    loop {
        let (mine, yours) = (mine.next(), yours.next());
        let Some((call, _)) = mine.or(yours) else { break };
        let [mine, yours] = [mine, yours].map(|lines| lines.map_or(&none, |(_, lines)| lines));
        same_at_each_place(&format!("call {call}"), mine, yours, tolerance)?;
    }
    let (ours, theirs) = (one.per_unit(), other.per_unit());
    let mut units: Vec<_> = ours.keys().chain(theirs.keys()).copied().collect();
    units.sort_unstable();
    units.dedup();
    for unit in units {
        let (mine, yours) = (ours.get(&unit).unwrap_or(&none), theirs.get(&unit).unwrap_or(&none));
        same_at_each_place(&format!("unit {unit}"), mine, yours, tolerance)?;
    }
    Ok(())
}

fn same_at_each_place(
    whose: &str,
    one: &[&Line],
    other: &[&Line],
    tolerance: Span,
) -> Result<(), Difference> {
    let mut places: Vec<_> = one.iter().chain(other).map(|line| line.place).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        let [mine, yours] = [one, other]
            .map(|lines| lines.iter().copied().filter(|line| line.place == place).collect::<Vec<_>>());
        same(&format!("{whose}, {place}"), &mine, &yours, tolerance)?;
    }
    Ok(())
}

fn same(whose: &str, one: &[&Line], other: &[&Line], tolerance: Span) -> Result<(), Difference> {
    for index in 0..one.len().max(other.len()) {
        let (mine, yours) = (one.get(index), other.get(index));
        let alike = match (mine, yours) {
            (Some(mine), Some(yours)) => {
                let apart = mine.at.since(yours.at).max(yours.at.since(mine.at));
                let same = (mine.clause, mine.place) == (yours.clause, yours.place);
                same && without_id(mine) == without_id(yours) && apart <= tolerance
            }
            (Some(_), None) | (None, Some(_)) | (None, None) => false,
        };
        if !alike {
            return Err(Difference {
                whose: whose.to_owned(),
                number: index + 1,
                one: mine.map(|line| Box::new((*line).clone())),
                other: yours.map(|line| Box::new((*line).clone())),
            });
        }
    }
    Ok(())
}

fn without_id(line: &Line) -> String {
    match line.call {
        None => line.text.clone(),
        Some(call) => line.text.replace(&format!("call {call}"), "call"),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |line: &Option<Box<Line>>| {
            line.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        write!(f, "{}, line {}: {} | {}", self.whose, self.number, shown(&self.one), shown(&self.other))
    }
}

impl std::error::Error for Difference {}
