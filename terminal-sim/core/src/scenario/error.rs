//! What is wrong with a scenario, and where.

use std::fmt;
use std::ops::Range;

/// One defect: the place, what was found, what was expected, and the remedy where there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// The file's name as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What stands there.
    pub found: String,
    /// What should.
    pub expected: String,
    /// What to do about it; empty where nothing can be proposed.
    pub remedy: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        write!(f, "found {}; expected {}", self.found, self.expected)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}

/// A text with a name: turns octet ranges into lines and columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn error(
        &self,
        span: Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ScenarioError {
        let (line, column) = self.place(span.start);
        ScenarioError {
            file: self.file.to_owned(),
            line,
            column,
            found: found.into(),
            expected: expected.into(),
            remedy: remedy.into(),
        }
    }

    /// Line and column of an octet.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// What stands at a range, shortened for a message.
    pub(super) fn excerpt(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or("").lines().next().unwrap_or("").trim();
        let shown: String = text.chars().take(60).collect();
        if shown.is_empty() { "the end of the text".to_owned() } else { format!("`{shown}`") }
    }
}
