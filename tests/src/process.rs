//! A real program as a child process: what it says and logs, and its end.
//!
//! A child is ended by its own handle or process id, never by a name; whatever still runs is killed with its handle.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::program::command_within;

/// A guard against hanging, not a figure: nothing in a healthy network takes this long, not even a radio that asks again for what it
/// believes to be queued, and not on a machine that has a lot else to do.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Lines of one process that are kept for a failure's message.
const LINES_MAX: usize = 2_000;

/// In what a program is started.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// What stands in its environment beside what always does.
    pub environment: Vec<(String, String)>,
    /// The command that starts it, with its arguments; where it is empty nothing stands between.
    pub within: Vec<String>,
}

impl Surroundings {
    /// Starts a program in them.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn start(&self, name: &str, arguments: &[&str]) -> Result<Process> {
        let mut command = command_within(&self.within, name)?;
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        Process::spawn(name, command)
    }
}

/// A program that runs. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    log: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl fmt::Debug for Process {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "{} (process {})", self.name, self.child.id())
    }
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn start(name: &str, arguments: &[&str]) -> Result<Self> {
        Surroundings::default().start(name, arguments)
    }

    /// Starts a command that pipes its output and errors.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn spawn(name: &str, mut command: Command) -> Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).spawn().with_context(|| format!("cannot start {name}"))?;
        let (said, lines) = mpsc::channel();
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&log);
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let readers = vec![
            // Whoever no longer listens has ended the test.
            read_lines(stdout, move |line| drop(said.send(line))),
            read_lines(stderr, move |line| {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LINES_MAX {
                    kept.pop_front();
                }
                kept.push_back(line);
            }),
        ];
        let stdin = child.stdin.take();
        Ok(Self { name: name.to_owned(), child, stdin, lines, log, readers })
    }

    /// The system's number of it.
    pub fn number(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// When it has ended.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        writeln!(stdin, "{line}").with_context(|| format!("{} does not take `{line}`", self.name))
    }

    /// The next line of its standard output for which `wanted` holds; the lines before it are passed over.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect_line(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(line) => passed.push(line),
                Err(why) => bail!(
                    "{} never said {what} ({why}); it said:\n{}\nand logged:\n{}",
                    self.name,
                    passed.join("\n"),
                    self.log()
                ),
            }
        }
    }

    /// Every line of its standard output that nobody has taken yet.
    pub fn take_lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// What it wrote to its standard error output.
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Waits until it has logged `count` lines with this text.
    ///
    /// # Errors
    /// When that does not happen.
    pub fn expect_logged(&self, text: &str, count: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.log().lines().filter(|line| line.contains(text)).count() < count {
            ensure!(
                Instant::now() < deadline,
                "{} never logged `{text}` {count} times:\n{}",
                self.name,
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(mut self) -> Result<()> {
        ensure!(
            self.child.try_wait()?.is_none(),
            "{} had ended before it was killed:\n{}",
            self.name,
            self.log()
        );
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Errors
    /// When it does not.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal("TERM")?;
        self.wait()
    }

    /// Holds it up as it is, as a machine that stands still would (SIGSTOP): its connections stand, and it says nothing.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pause(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Lets it go on where it was held up (SIGCONT).
    ///
    /// # Errors
    /// When it has ended.
    pub fn resume(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let number = self.child.id().to_string();
        let given = Command::new("sh").args(["-c", "kill -$1 $0", &number, signal]).status()?;
        ensure!(given.success(), "{} takes no SIG{signal}", self.name);
        Ok(())
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                for reader in self.readers.drain(..) {
                    if reader.join().is_err() {
                        bail!("what {} said could not be read", self.name);
                    }
                }
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "{} does not end:\n{}", self.name, self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn take_output(&self) -> String {
        self.take_lines().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_lines(
    from: impl Read + Send + 'static,
    mut take: impl FnMut(String) + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            take(line);
        }
    })
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or does not end.
pub fn run(name: &str, arguments: &[&str]) -> Result<Output> {
    let mut process = Process::start(name, arguments)?;
    let status = process.wait()?;
    let (stdout, stderr) = (process.take_output(), process.log());
    Ok(Output { status, stdout: stdout.into_bytes(), stderr: stderr.into_bytes() })
}

/// Runs a program that must succeed; what it printed.
///
/// # Errors
/// What it complained of.
pub fn succeed(name: &str, arguments: &[&str]) -> Result<String> {
    let output = run(name, arguments)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} {arguments:?}: {}: {complaint}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The address that follows `word` in a process's ready line.
///
/// # Errors
/// When the line has none.
pub fn address(line: &str, word: &str) -> Result<SocketAddr> {
    let rest = line.split(word).nth(1).with_context(|| format!("`{line}` does not tell its {word}"))?;
    let text = rest.split(',').next().unwrap_or_default().trim();
    text.parse().with_context(|| format!("`{text}` in `{line}` is no address"))
}
