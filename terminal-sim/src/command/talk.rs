//! `trunklab talk`: the dispatcher speaks. A recording goes to talkgroups as an operator's speech: over the operator API for
//! the floor, to the voice switch in real time.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use tokio::net::UdpSocket;
use tokio::time::{MissedTickBehavior, interval, timeout};
use trunklab_console::conn::{Client, Talk};
use trunklab_protocol::operator::{Order, Snapshot, TalkWord};
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::voice::{FRAME_MS, VoiceFrame};
use trunklab_protocol::{CallId, Cause, TalkgroupId};

use crate::command::ending::{Signal, Signals};
use crate::command::{Outcome, print_json};
use crate::lab::mouth::{Mouth, PACE, Permit, packets};
use crate::speech::{vocoder, wav};

/// Whom to talk to, and what is said.
#[derive(Debug, Args)]
#[command(after_help = "\
The console needs a unit number, by which radios know it: [[console]] with `name` and `unit` in zone.toml, under
the name of its token. An operator takes the floor from whoever talks, or waits for channels; several talkgroups
hear one call. It ends with 0 when all was said, and with 1 when the talk was refused, or interrupted by a limit
or the end of the call. Ctrl-C ends the talk.

Example: trunklab talk --talkgroup 41,42 --token-file console.token --ca zone/ca.pem announcement.wav")]
pub struct TalkOptions {
    /// Talkgroups by name or number; several hear one call
    #[arg(long = "talkgroup", required = true, value_delimiter = ',', value_name = "NAME|ID")]
    talkgroups: Vec<String>,
    /// Where the controller's operator API listens: address and port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7143")]
    controller: SocketAddr,
    /// File with the operator's token
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// File with the certificate of the zone's authority (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Print what came of it as JSON
    #[arg(long)]
    json: bool,
    /// The recording: a WAV file, or `-` for the standard input
    #[arg(value_name = "FILE.wav|-")]
    recording: PathBuf,
}

/// Where the system keeps the standard input as a file.
const STANDARD_INPUT: &str = "/dev/stdin";

/// How long the controller may take to say that a talk has ended.
const END_MAX: Duration = Duration::from_secs(5);

/// Talkgroups that an error names.
const NAMED_MAX: usize = 20;

/// What came of a talk.
#[derive(Debug, Serialize)]
struct Account {
    talkgroups: Vec<TalkgroupId>,
    /// The call in which the operator talked.
    call: Option<CallId>,
    /// Milliseconds of the recording, and of what was sent of it.
    recorded_ms: u64,
    sent_ms: u64,
    /// Whether it waited for channels.
    queued: bool,
    /// How the talk was refused or ended.
    cause: Cause,
    /// Whether all was said.
    complete: bool,
}

/// Speaks a recording.
///
/// # Errors
/// A recording or file that cannot be read, a controller that is not reached, a talk that was refused or interrupted.
pub fn perform(options: &TalkOptions) -> Result<Outcome> {
    let recording =
        if options.recording == Path::new("-") { Path::new(STANDARD_INPUT) } else { &options.recording };
    let speech = vocoder::encode(&wav::read(recording)?);
    if speech.is_empty() {
        bail!("{} has no speech in it: name a recording of at least {FRAME_MS} ms", recording.display());
    }
    let read = |file: &Path, what: &str| {
        std::fs::read_to_string(file)
            .with_context(|| format!("{what} cannot be read from {}", file.display()))
    };
    let token = read(&options.token_file, "the token")?;
    let ca_pem = read(&options.ca, "the authority's certificate")?;
    let client = Client::new(options.controller, &token, &ca_pem)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(speak(options, &client, &speech))
}

async fn speak(options: &TalkOptions, client: &Client, speech: &[VoiceFrame]) -> Result<Outcome> {
    let mut signals = Signals::listen()?;
    let talkgroups = find(&options.talkgroups, &client.snapshot().await?)?;
    let mut operator = Operator {
        talk: client.talk().await?,
        loud: !options.json,
        account: Account {
            talkgroups: talkgroups.clone(),
            call: None,
            recorded_ms: speech.len() as u64 * FRAME_MS,
            sent_ms: 0,
            queued: false,
            cause: Cause::TransmissionEnded,
            complete: false,
        },
    };
    operator.talk.order(&Order::Talk { talkgroups }).await?;
    let said = tokio::select! {
        said = operator.say(speech) => said?,
        signal = signals.told() => {
            operator.end().await?;
            return operator.cut_short(signal);
        }
    };
    operator.tell(said)
}

/// How a talk went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// All was said.
    All,
    /// The talk was taken away.
    Part,
    /// It never began.
    Nothing,
}

struct Operator {
    talk: Talk,
    /// Whether it says what happens as it happens.
    loud: bool,
    account: Account,
}

impl Operator {
    /// Waits for the floor and speaks.
    async fn say(&mut self, speech: &[VoiceFrame]) -> Result<Said> {
        let (permit, switch) = loop {
            match self.talk.word().await? {
                TalkWord::Queued { position } => {
                    self.account.queued = true;
                    self.note(format_args!("waits for channels, place {position}"))?;
                }
                TalkWord::Granted { call, spurt, switch, key } => {
                    self.account.call = Some(call);
                    self.note(format_args!("talks in call {call}"))?;
                    break (Permit { spurt, key }, switch);
                }
                TalkWord::Refused { cause } | TalkWord::Ended { cause } => {
                    self.account.cause = cause;
                    return Ok(Said::Nothing);
                }
                TalkWord::Warning { .. } => {}
            }
        };
        let own: SocketAddr = match switch {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(own).await.context("cannot open a port for speech")?;
        let mut mouth = Mouth::default();
        mouth.permit(Some(permit));
        let mut pace = interval(PACE.into());
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for frames in packets(speech) {
            loop {
                tokio::select! {
                    biased;
                    word = self.talk.word() => if self.is_over(word?)? {
                        return Ok(Said::Part);
                    },
                    _ = pace.tick() => break,
                }
            }
            let packet = mouth.packet(frames).expect("speech is permitted, and there is some");
            socket.send_to(&packet, switch).await.with_context(|| format!("cannot speak to {switch}"))?;
            self.account.sent_ms += frames.len() as u64 * FRAME_MS;
        }
        // The last packet is speech for as long as any.
        pace.tick().await;
        self.end().await?;
        Ok(if self.account.cause == Cause::TransmissionEnded { Said::All } else { Said::Part })
    }

    /// Ends the talk, and waits until the controller says so.
    async fn end(&mut self) -> Result<()> {
        self.talk.order(&Order::EndTalk {}).await?;
        let ended = async {
            loop {
                let word = self.talk.word().await?;
                if self.is_over(word)? {
                    return Ok(());
                }
            }
        };
        // One that had not begun has no end.
        timeout(END_MAX, ended).await.unwrap_or(Ok(()))
    }

    /// Takes a word in a talk; `true` where it ends it.
    fn is_over(&mut self, word: TalkWord) -> Result<bool> {
        match word {
            TalkWord::Ended { cause } | TalkWord::Refused { cause } => {
                self.account.cause = cause;
                return Ok(true);
            }
            TalkWord::Warning { left_ms } => {
                self.note(format_args!("has {} s left", f64::from(left_ms) / 1e3))?;
            }
            TalkWord::Queued { .. } | TalkWord::Granted { .. } => {}
        }
        Ok(false)
    }

    fn note(&self, what: std::fmt::Arguments<'_>) -> Result<()> {
        if self.loud {
            writeln!(std::io::stdout(), "{what}")?;
        }
        Ok(())
    }

    fn cut_short(mut self, signal: Signal) -> Result<Outcome> {
        self.account.complete = false;
        if self.loud {
            self.note(format_args!("ended by {} after {} ms", signal.name(), self.account.sent_ms))?;
        } else {
            print_json(&self.account)?;
        }
        Ok(Outcome::CutShort(signal))
    }

    fn tell(mut self, said: Said) -> Result<Outcome> {
        self.account.complete = said == Said::All;
        let Account { cause, sent_ms, recorded_ms, .. } = self.account;
        if !self.loud {
            print_json(&self.account)?;
            return Ok(if said == Said::All { Outcome::Good } else { Outcome::Bad });
        }
        match said {
            Said::All => self.note(format_args!("said {sent_ms} ms"))?,
            Said::Part => {
                bail!("the talk ended after {sent_ms} of {recorded_ms} ms: {cause}{}", remedy(cause))
            }
            Said::Nothing => bail!("the talk is refused: {cause}{}", remedy(cause)),
        }
        Ok(Outcome::Good)
    }
}

/// What to do about a talk that was refused or ended early.
fn remedy(cause: Cause) -> String {
    const REMEDIES: &[(Cause, &str)] = &[
        (
            Cause::NoConsoleUnit,
            "give it one: [[console]] with `name` and `unit` in zone.toml, then `controller provision`",
        ),
        (Cause::NobodyListens, "a radio of the talkgroup must be registered at a site in service"),
        (Cause::FloorTaken, "another operator talks: try again when that talk has ended"),
        (
            Cause::EmergencyGoesOn,
            "talk to that talkgroup alone: an operator takes the floor of an emergency call too",
        ),
        (Cause::PatchedAlready, "undo that patch, or talk to all talkgroups of it"),
        (Cause::QueueFull, "try again when a call has ended"),
        (Cause::QueueTimeout, "try again when a call has ended"),
        (Cause::FieldOutOfRange, "a talk goes to 1 to 16 talkgroups"),
        (Cause::TransmissionLimit, "say it in parts, or raise `transmission_ms_max`"),
        (Cause::TalkerLost, "does UDP reach the voice switch from here?"),
    ];
    let known = REMEDIES.iter().find(|(known, _)| *known == cause);
    known.map_or_else(String::new, |(_, remedy)| format!("; {remedy}"))
}

/// The talkgroups that people named.
fn find(named: &[String], picture: &Snapshot) -> Result<Vec<TalkgroupId>> {
    if named.len() > OTHERS_MAX + 1 {
        bail!("{} talkgroups are named; a talk goes to {} at most", named.len(), OTHERS_MAX + 1);
    }
    let mut found = Vec::new();
    for name in named {
        let name = name.trim();
        let by_number = name.parse().ok().and_then(TalkgroupId::new);
        let is_meant =
            |id: TalkgroupId, known: &str| by_number == Some(id) || known.eq_ignore_ascii_case(name);
        let meant: Vec<_> =
            picture.talkgroups.iter().filter(|view| is_meant(view.talkgroup, &view.name)).collect();
        match meant[..] {
            [view] => found.push(view.talkgroup),
            [_, ..] => bail!("several talkgroups are called {name}: name one by its number"),
            [] => {
                let known: Vec<_> = picture
                    .talkgroups
                    .iter()
                    .take(NAMED_MAX)
                    .map(|view| format!("{} {}", view.talkgroup, view.name))
                    .collect();
                let more = if picture.talkgroups.len() > NAMED_MAX { " and more" } else { "" };
                bail!("there is no talkgroup {name}; the controller has {}{more}", known.join(", "));
            }
        }
    }
    Ok(found)
}
