//! What each status means, as it is programmed into the radios: CSV with the columns `number,text`.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use trunklab_protocol::StatusNumber;

/// The most statuses that a network has (docs/services.md 13.4.1).
const STATUSES_MAX: usize = 1_000;

/// Characters of the longest text that a display shows.
const TEXT_MAX: usize = 60;

#[derive(Debug, Deserialize)]
struct Row {
    number: StatusNumber,
    text: String,
}

/// The statuses, in order of their numbers; none where the radios are programmed with none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statuses(Vec<(StatusNumber, String)>);

impl Statuses {
    /// Reads the list.
    ///
    /// # Errors
    /// The file and line of the first row that is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            anyhow!("{file}: {error}; the statuses cannot be read: check the path and the permissions")
        })?;
        let mut statuses = Self::default();
        for (index, row) in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>().enumerate() {
            let line = index + 2;
            let Row { number, text } = row.map_err(|error| {
                let what = if let csv::ErrorKind::Deserialize { err, .. } = error.kind() {
                    err.to_string()
                } else {
                    error.to_string()
                };
                anyhow!("{file}, line {line}: {what}; the columns are number,text")
            })?;
            let text = text.trim().to_owned();
            if text.is_empty() || text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
                bail!("{file}, line {line}: a text has 1 to {TEXT_MAX} characters that can be shown");
            }
            if statuses.0.len() == STATUSES_MAX {
                bail!("{file}, line {line}: a network has at most {STATUSES_MAX} statuses; leave some out");
            }
            match statuses.0.binary_search_by_key(&number, |(known, _)| *known) {
                Ok(_) => bail!("{file}, line {line}: status {number} stands twice; leave one out"),
                Err(place) => statuses.0.insert(place, (number, text)),
            }
        }
        if statuses.0.is_empty() {
            bail!("{file} names no status; its columns are number,text");
        }
        Ok(statuses)
    }

    /// What a status means; `None` where the radios do not know it.
    pub(super) fn text(&self, number: StatusNumber) -> Option<&str> {
        let place = self.0.binary_search_by_key(&number, |(known, _)| *known).ok()?;
        Some(&self.0[place].1)
    }

    /// As a display shows it: `3 (At hospital)`, or the number alone.
    pub(super) fn name(&self, number: StatusNumber) -> String {
        self.text(number).map_or_else(|| number.to_string(), |text| format!("{number} ({text})"))
    }

    /// All of them.
    pub(super) fn list(&self) -> &[(StatusNumber, String)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(text: &str) -> Result<Statuses> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Statuses::read(file.path())
    }

    #[test]
    fn a_status_is_named_by_its_text_and_an_unknown_one_by_its_number() {
        let read = statuses("number,text\n12,At hospital\n1, On scene \n").unwrap();
        let number = |number| StatusNumber::new(number).unwrap();
        assert_eq!(read.name(number(1)), "1 (On scene)");
        assert_eq!(read.name(number(2)), "2");
        let listed: Vec<_> = read.list().iter().map(|(number, _)| number.number()).collect();
        assert_eq!(listed, [1, 12], "in order");
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        for (rows, line, says) in [
            ("0,None", 2, "from 1 to 65535"),
            ("1,On scene\n1,Again", 3, "stands twice"),
            ("1,", 2, "1 to 60 characters"),
            ("1,\u{1b}[31mred", 2, "can be shown"),
            ("one,On scene", 2, "the columns are number,text"),
        ] {
            let error = format!("{:#}", statuses(&format!("number,text\n{rows}\n")).unwrap_err());
            assert!(error.contains(&format!("line {line}")) && error.contains(says), "{rows}: {error}");
        }
        assert!(statuses("number,text\n").unwrap_err().to_string().contains("names no status"));
    }
}
