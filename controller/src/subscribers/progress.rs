//! How far a long command is: a spinner for a person, a line now and then for a pipe.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

/// Rows between two signs of life.
const STEP: u64 = 100_000;

/// Tells how far a command is.
#[derive(Debug)]
pub enum Progress {
    /// Nobody is told.
    Silent,
    /// A line on a terminal that changes.
    Bar(ProgressBar),
    /// A line for every hundred thousand rows.
    Lines,
}

impl Progress {
    /// On the standard error, as fits what is there.
    pub fn on_standard_error() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is well formed"));
        Self::Bar(bar)
    }

    /// So many rows have come so far.
    pub fn at(&self, what: &str, count: u64) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) if count.is_multiple_of(STEP / 100) => {
                bar.set_message(format!("{count} {what}"));
                bar.tick();
            }
            Self::Lines if count > 0 && count.is_multiple_of(STEP) => {
                // Whether anybody reads it is no matter.
                writeln!(std::io::stderr(), "{count} {what}").ok();
            }
            Self::Bar(_) | Self::Lines => {}
        }
    }

    /// The command is over.
    pub fn done(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
