//! Changes to source files, as `diff -u` writes them: applied where their lines stand, wherever that is by now.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// A change to some files. What stands before it is for readers.
#[derive(Debug)]
pub struct Patch {
    hunks: Vec<Hunk>,
}

/// Lines of one file, and what takes their place.
#[derive(Debug)]
struct Hunk {
    file: PathBuf,
    there: String,
    instead: String,
}

impl Patch {
    /// Reads one.
    ///
    /// # Errors
    /// When it changes nothing, or has a line that is none of a hunk.
    pub fn parse(text: &str) -> Result<Self> {
        let mut file = None;
        let mut hunks: Vec<Hunk> = Vec::new();
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("--- a/") {
                file = Some(PathBuf::from(path));
            } else if line.starts_with("@@ ") {
                let file = file.clone().context("a hunk comes before its file")?;
                hunks.push(Hunk { file, there: String::new(), instead: String::new() });
            } else if let Some(hunk) = hunks.last_mut().filter(|_| !line.starts_with("+++ b/")) {
                hunk.add(line)?;
            }
        }
        ensure!(hunks.iter().any(|hunk| hunk.there != hunk.instead), "it changes nothing");
        Ok(Self { hunks })
    }

    /// What the files of a tree would be with it; nothing is written.
    ///
    /// # Errors
    /// When the lines of a hunk do not stand in its file, or more than once.
    pub fn applied_to(&self, root: &Path) -> Result<BTreeMap<PathBuf, String>> {
        let mut texts = BTreeMap::new();
        for Hunk { file, there, instead } in &self.hunks {
            let path = root.join(file);
            let text = match texts.remove(&path) {
                Some(text) => text,
                None => fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?,
            };
            let count = text.matches(there.as_str()).count();
            ensure!(count == 1, "{} has these lines {count} times:\n{there}", file.display());
            texts.insert(path, text.replacen(there, instead, 1));
        }
        Ok(texts)
    }
}

impl Hunk {
    fn add(&mut self, line: &str) -> Result<()> {
        let (before, after) = match line.chars().next() {
            Some(' ') => (true, true),
            Some('-') => (true, false),
            Some('+') => (false, true),
            Some(_) | None => bail!("no line of a hunk: {line:?}"),
        };
        for (text, _) in [(&mut self.there, before), (&mut self.instead, after)].into_iter().filter(|it| it.1)
        {
            text.push_str(&line[1..]);
            text.push('\n');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str =
        "Why.\n\n--- a/one\n+++ b/one\n@@ -7,3 +7,3 @@\n a\n-b\n+B\n c\n@@ -20 +20 @@\n-d\n+D\n";

    fn applied(text: &str) -> Result<String> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("one"), text)?;
        let texts = Patch::parse(PATCH)?.applied_to(folder.path())?;
        assert_eq!(fs::read_to_string(folder.path().join("one"))?, text, "nothing is written");
        texts.into_values().next().context("no file is changed")
    }

    #[test]
    fn lines_are_changed_wherever_they_stand() {
        assert_eq!(applied("x\na\nb\nc\nd\n").unwrap(), "x\na\nB\nc\nD\n");
    }

    #[test]
    fn lines_that_are_not_there_or_are_there_twice_are_an_error() {
        assert!(applied("a\nb\nd\n").is_err());
        assert!(applied("a\nb\nc\nd\nd\n").is_err());
    }

    #[test]
    fn a_patch_that_changes_nothing_or_says_something_else_is_an_error() {
        for text in [
            "",
            "--- a/one\n+++ b/one\n@@ -1 +1 @@\n a\n",
            "--- a/one\n@@ -1 +1 @@\n-a\n+b\n?\n",
            "@@ -1 +1 @@\n-a\n",
        ] {
            assert!(Patch::parse(text).is_err(), "{text:?}");
        }
    }
}
