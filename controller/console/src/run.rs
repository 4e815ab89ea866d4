//! The console's one loop: keys, reports and time go in, the screen comes out.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::EventStream;
use futures_util::StreamExt;
use ratatui::DefaultTerminal;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use trunklab_protocol::Span;

use crate::conn::{self, Client, ConnError, Report, Wish};
use crate::input::{self, Input};
use crate::keys;
use crate::model::{Asked, Model};
use crate::terminal::Taken;
use crate::theme::{Color, Theme};
use crate::update::{Command, Message, update};
use crate::view;

/// Reports that may wait for the screen; a controller faster than that waits for the console.
const REPORTS_MAX: usize = 1_024;
const WISHES_MAX: usize = 16;
/// How long the end waits for the controller to hear of it.
const FAREWELL_MAX: Duration = Duration::from_secs(2);
/// Shortest time between two drawings that nobody asked for by a key.
const FRAME: Duration = Duration::from_millis(50);
/// Frames after which the screen is drawn although nothing came: its clock goes on.
const FRAMES_UNCHANGED_MAX: u32 = 5;

/// What lets the operator in.
#[derive(Clone)]
pub enum Pass {
    /// A program's token; white space around it is ignored.
    Token(String),
    /// An account's name and password. The session ends with the console.
    Login {
        /// The account.
        name: String,
        /// Its password.
        password: String,
    },
}

/// Secrets stay out of every log.
impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token"),
            Self::Login { name, .. } => write!(f, "Login({name:?})"),
        }
    }
}

/// What a console needs to begin.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Where the controller's operator API listens.
    pub address: SocketAddr,
    /// What lets the operator in.
    pub pass: Pass,
    /// The zone's certificate authority, as PEM.
    pub ca_pem: String,
    /// Whether colour may be used.
    pub color: Color,
}

/// Why a console ended.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no screen to draw on.
    #[error("the console needs a terminal for its screen and keys: run it in one, without redirection")]
    NoTerminal,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// The controller cannot be heard, and trying again is in vain.
    #[error(transparent)]
    Connection(#[from] ConnError),
}

/// Shows the network until the operator leaves. The terminal is given back however it ends.
pub async fn run(options: ConsoleOptions) -> Result<(), ConsoleError> {
    run_until(options, std::future::pending()).await
}

/// Shows the network until the operator leaves, or `told` is over.
pub async fn run_until(options: ConsoleOptions, told: impl Future<Output = ()>) -> Result<(), ConsoleError> {
    let ConsoleOptions { address, ca_pem, .. } = &options;
    let client = Arc::new(match &options.pass {
        Pass::Token(token) => Client::new(*address, token, ca_pem)?,
        Pass::Login { name, password } => Client::log_in(*address, name, password, ca_pem).await?,
    });
    let outcome = tokio::select! {
        outcome = show(&options, Arc::clone(&client)) => outcome,
        () = told => Ok(()),
    };
    // A controller that does not hear it ends the session by itself.
    timeout(FAREWELL_MAX, client.log_out()).await.ok();
    outcome
}

async fn show(options: &ConsoleOptions, client: Arc<Client>) -> Result<(), ConsoleError> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(ConsoleError::NoTerminal);
    }
    let theme = Theme::choose(options.color, std::env::var_os("NO_COLOR").as_deref());
    let (reports_in, reports) = mpsc::channel(REPORTS_MAX);
    let (wishes, wishes_out) = mpsc::channel(WISHES_MAX);
    let mut taken = Taken::take()?;
    let shell = Shell {
        model: Model::new(options.address, theme),
        reports,
        wishes,
        connection: AbortOnDrop(tokio::spawn(conn::run(client, reports_in, wishes_out))),
    };
    shell.run(&mut taken.terminal).await
}

/// A task that ends with its owner.
struct AbortOnDrop(JoinHandle<Result<(), ConnError>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Shell {
    model: Model,
    reports: mpsc::Receiver<Report>,
    wishes: mpsc::Sender<Wish>,
    connection: AbortOnDrop,
}

/// Whether the loop goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Leave,
}

impl Shell {
    async fn run(mut self, terminal: &mut DefaultTerminal) -> Result<(), ConsoleError> {
        let mut keys = EventStream::new();
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_tick = Instant::now();
        let mut changed = true;
        let mut unchanged_frames = 0;
        loop {
            tokio::select! {
                event = keys.next() => {
                    let Some(event) = event else { return Err(ConsoleError::NoTerminal) };
                    match input::of(&event?) {
                        Some(Input::Key(key)) => {
                            if let Some(action) = keys::lookup(&self.model, key)
                                && self.take_in(Message::Act(action)) == Then::Leave
                            {
                                return Ok(());
                            }
                        }
                        Some(Input::Redraw) => {}
                        None => continue,
                    }
                    self.draw(terminal)?;
                    changed = false;
                }
                report = self.reports.recv() => {
                    let Some(report) = report else { return self.connection_ended().await };
                    if self.take_in(Message::Report(report)) == Then::Leave {
                        return Ok(());
                    }
                    changed = true;
                }
                _ = frames.tick() => {
                    let passed = last_tick.elapsed();
                    last_tick += passed;
                    let passed = Span::from_micros(u64::try_from(passed.as_micros()).unwrap_or(u64::MAX));
                    if self.take_in(Message::Tick(passed)) == Then::Leave {
                        return Ok(());
                    }
                    unchanged_frames += 1;
                    if changed || unchanged_frames >= FRAMES_UNCHANGED_MAX {
                        self.draw(terminal)?;
                        changed = false;
                        unchanged_frames = 0;
                    }
                }
            }
        }
    }

    fn take_in(&mut self, message: Message) -> Then {
        let wish = match update(&mut self.model, message) {
            None => return Then::GoOn,
            Some(Command::Quit) => return Then::Leave,
            Some(Command::Give(order)) => Wish::Give(order.into()),
            Some(Command::Revert { base, to }) => Wish::Give(Asked::Revert { base, to }),
            Some(Command::Refresh) => Wish::Refresh,
            Some(Command::Ask(question)) => Wish::Ask(question),
            Some(Command::Reconnect) => Wish::Reconnect,
        };
        // A full channel holds the same questions already; of an order the operator must hear.
        if let Err(TrySendError::Full(Wish::Give(asked))) = self.wishes.try_send(wish) {
            let answer = Err("too many orders wait to be given".to_owned());
            return self.take_in(Message::Report(Report::Answered { asked, answer }));
        }
        Then::GoOn
    }

    fn draw(&self, terminal: &mut DefaultTerminal) -> io::Result<()> {
        terminal.draw(|frame| view::render(frame, &self.model)).map(|_| ())
    }

    async fn connection_ended(&mut self) -> Result<(), ConsoleError> {
        match (&mut self.connection.0).await {
            Ok(outcome) => Ok(outcome?),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Ok(()),
        }
    }
}
