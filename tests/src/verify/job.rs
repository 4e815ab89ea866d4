//! One program to be run to its end, with all that it says.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What is to be run.
pub struct Job {
    /// What it is called.
    pub name: String,
    /// The command that repeats it alone.
    pub again: String,
    command: Command,
}

/// What came of it.
pub struct Outcome {
    pub holds: bool,
    pub said: String,
    pub took: Duration,
}

impl Job {
    /// A command that is run in a folder.
    pub fn new(name: &str, folder: &Path, mut command: Command, again: String) -> Self {
        command.current_dir(folder);
        Self { name: name.to_owned(), again, command }
    }

    /// Leaves the machine to whatever else wants it.
    pub fn yields(mut self) -> Self {
        let mut nice = Command::new("nice");
        nice.args(["-n", "19"]).arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            nice.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = self.command.get_current_dir() {
            nice.current_dir(folder);
        }
        self.command = nice;
        self
    }

    /// Runs so many of its tests beside each other.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.command.env("RUST_TEST_THREADS", threads.to_string());
        self
    }

    /// Runs it; both of its outputs are kept in the order in which they were written.
    pub fn run(mut self) -> Result<Outcome> {
        let began = Instant::now();
        let (mut reader, writer) = std::io::pipe().context("no pipe")?;
        let also = writer.try_clone().context("no pipe")?;
        self.command.stdin(Stdio::null()).stdout(writer).stderr(also);
        let mut running = self.command.spawn().with_context(|| format!("cannot start {}", self.name))?;
        // The command holds our ends of the pipe, which would never close.
        drop(self.command);
        let mut said = Vec::new();
        reader.read_to_end(&mut said).with_context(|| format!("what {} says is lost", self.name))?;
        let status = running.wait().with_context(|| format!("cannot wait for {}", self.name))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok(Outcome { holds: status.success(), said, took: began.elapsed() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_tells_how_it_ended_and_what_it_said_in_order() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo one; echo \"$WORD\" >&2; exit 3"]).env("WORD", "two");
        let job = Job::new("shell", Path::new("."), shell, String::new()).yields();
        let outcome = job.run().unwrap();
        assert_eq!((outcome.holds, outcome.said.as_str()), (false, "one\ntwo\n"));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let absent = Command::new("/absent/program");
        assert!(Job::new("absent", Path::new("."), absent, String::new()).run().is_err());
    }
}
