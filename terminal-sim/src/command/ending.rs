//! How a command ends that somebody ends: by a signal, or because nobody reads what it prints.

use std::io;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// The code of a program that a closed pipe ends: 128 and the number of SIGPIPE.
pub const NOBODY_READS: u8 = 141;

/// Somebody wants the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A person, at the keyboard.
    Interrupt,
    /// Another program.
    Terminate,
}

impl Signal {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        }
    }

    /// The exit code of a program that did not finish its work because of it: 128 and its number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// Listens for both signals from its making on: none is missed while a command is busy.
#[derive(Debug)]
pub struct Signals {
    interrupt: Stream,
    terminate: Stream,
}

impl Signals {
    /// Begins to listen. It must be called within a runtime.
    ///
    /// # Errors
    /// When the system does not tell of signals.
    pub fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?,
            terminate: signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?,
        })
    }

    /// Waits for the first of them.
    pub async fn told(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// Whether an error says no more than that the reader of the standard output went away, as `head` does when it has
/// seen enough.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_known_beneath_what_was_said_of_it_and_a_full_disk_is_none() {
        let failed = |kind: io::ErrorKind| {
            Err::<(), _>(io::Error::from(kind)).context("cannot write the transcript").unwrap_err()
        };
        assert!(nobody_reads(&failed(io::ErrorKind::BrokenPipe)));
        assert!(!nobody_reads(&failed(io::ErrorKind::StorageFull)));
    }
}
