//! `trunklab handset`: radios in a process of their own. In a terminal, one radio under your fingers; piped, a line of
//! text a command and a line a thing that happens, for scripts and tests.

mod button;
mod keys;
mod lines;
mod roster;
mod screen;
mod state;
mod statuses;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{CallSetup, Moment, Span, UnitId};
use trunklab_terminal_core::handset::{Memory, Phase};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

use self::state::State;
use self::statuses::Statuses;
use crate::command::ending::Signals;
use crate::command::{Outcome, is_watched};
use crate::lab::radios::{Command, Radios, Report};
use crate::speech::{Recorder, synth, vocoder, wav};

/// Which handsets, and where they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Piped, each line of standard input is a command: `UNIT on`, `UNIT off`, `UNIT press`, `UNIT emergency`, `UNIT alarm`, `UNIT release`,
`UNIT call N`, `UNIT ring N`, `UNIT duplex N`, `UNIT answer`, `UNIT hangup`, `UNIT status N to WHOM` (a unit, `talkgroup N` or
`console`), `UNIT alert N`, `UNIT alert cancel`, `UNIT talkgroup N`, `UNIT area WHICH` (`usual`, `local`, `wide` or a number),
`UNIT scan on`, `UNIT scan off`, `UNIT place EAST NORTH` (metres), `UNIT vanish`, `quit`. Each line
of output is one thing that happened: seconds, unit, event. At the end, be it by q, `quit`, the end of the input, Ctrl-C or
SIGTERM, the handsets are switched off.

Example: trunklab handset --air 127.0.0.1:7301 --roster handsets.csv")]
pub struct HandsetOptions {
    /// Air ports of the sites in the neighbourhood
    #[arg(long = "air", required = true, value_name = "ADDRESS")]
    air: Vec<SocketAddr>,
    /// CSV with columns unit,key,talkgroup and perhaps east_m,north_m,scan
    #[arg(long, value_name = "FILE")]
    roster: PathBuf,
    /// Folder in which the radios keep who they are, and that they are stunned, killed or regrouped; if not given, the roster's
    /// name with .state
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// CSV with columns number,text: what each status means
    #[arg(long, value_name = "FILE")]
    statuses: Option<PathBuf>,
    /// Which unit of the roster is under your fingers; the first if not given
    #[arg(long, value_name = "N")]
    unit: Option<u32>,
    /// Speak this WAV file while the button is down; a synthesised voice if not given
    #[arg(long, value_name = "FILE")]
    speak: Option<PathBuf>,
    /// Write what the loudspeaker played to this WAV file at the end
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Switch every handset of the roster on at the start
    #[arg(long)]
    on: bool,
    /// Seed of the handsets' random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Events as JSON lines when piped
    #[arg(long)]
    json: bool,
}

/// Seconds of speech that a synthesised talker has before it repeats itself.
const SYNTHESISED_S: f64 = 20.0;

/// Units that an error names.
const NAMED_MAX: usize = 20;

/// The longest recording, in seconds.
const RECORDING_S_MAX: u64 = 3_600;

/// How long the network may take to hear that the handsets are switched off.
const SWITCH_OFF_MAX: Duration = Duration::from_secs(3);

/// How often their state is looked at meanwhile.
const SWITCH_OFF_LOOK: Duration = Duration::from_millis(50);

/// Runs until the user quits, the input ends, or Ctrl-C or SIGTERM comes. The handsets are switched off then.
///
/// # Errors
/// A roster or WAV file that cannot be read, a unit that is not in it, a socket that cannot be opened.
pub fn perform(options: &HandsetOptions) -> Result<Outcome> {
    let radios = roster::read(&options.roster, options.seed)?;
    let units: Vec<UnitId> = radios.iter().map(|radio| radio.unit).collect();
    let unit = match options.unit {
        None => units[0],
        Some(number) => match units.iter().copied().find(|unit| unit.number() == number) {
            Some(unit) => unit,
            None => {
                let named: Vec<_> = units.iter().take(NAMED_MAX).map(ToString::to_string).collect();
                let more = if units.len() > NAMED_MAX { " and more" } else { "" };
                let roster = options.roster.display();
                bail!("unit {number} is not in {roster}; it names {}{more}", named.join(", "))
            }
        },
    };
    let statuses = options.statuses.as_deref().map(Statuses::read).transpose()?.unwrap_or_default();
    let state = State::of(options.state.as_deref(), &options.roster);
    let radios = radios
        .into_iter()
        .map(|setup| state.read(setup.unit).map(|memory| (setup, memory)))
        .collect::<Result<Vec<_>>>()?;
    let spoken = match &options.speak {
        Some(path) => Some(vocoder::encode(&wav::read(path)?)),
        None => None,
    };
    if let Some(path) = &options.record {
        wav::ready(path)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let origin = Instant::now();
        let (sender, reports) = mpsc::channel(8_192);
        let keeper = Box::new(move |unit, memory: &Memory| state.write(unit, memory));
        let radios = Radios::start_keeping(&options.air, radios, origin, sender, keeper);
        let radios = radios.await.context("cannot open a socket")?;
        let mut session = Session {
            radios,
            reports,
            statuses,
            spoken,
            voices: BTreeMap::new(),
            record: BTreeMap::new(),
            origin,
        };
        if options.on {
            for unit in &units {
                session.user(*unit, Input::PowerOn).await;
            }
        }
        if is_watched() && !options.on {
            session.user(unit, Input::PowerOn).await;
        }
        let used = async {
            if is_watched() {
                screen::run(&mut session, unit).await
            } else {
                lines::run(&mut session, &units, options.json).await
            }
        };
        let used = tokio::select! {
            done = used => done,
            _ = signals.told() => Ok(()),
        };
        session
            .switch_off(&units, |report, statuses| {
                if !is_watched() {
                    // A reader that is gone has ended the use already.
                    lines::say(report, statuses, options.json).ok();
                }
            })
            .await;
        if let Some(path) = &options.record {
            session.write_recording(unit, path)?;
        }
        used?;
        Ok(Outcome::Good)
    });
    // A read of the standard input may be waiting for a line that never comes; the end does not wait for it.
    runtime.shutdown_background();
    outcome
}

/// The radios of this process, with what they say and what they hear.
struct Session {
    radios: Radios,
    reports: mpsc::Receiver<Report>,
    /// What each status means.
    statuses: Statuses,
    spoken: Option<Vec<VoiceFrame>>,
    voices: BTreeMap<UnitId, Vec<VoiceFrame>>,
    record: BTreeMap<UnitId, Recorder>,
    origin: Instant,
}

impl Session {
    async fn user(&self, unit: UnitId, input: Input) {
        self.radios.command(Command::User(unit, input)).await;
    }

    /// Switches every handset off and waits until the network knows it, for a while.
    async fn switch_off(&mut self, units: &[UnitId], mut tell: impl FnMut(&Report, &Statuses)) {
        for unit in units {
            self.user(*unit, Input::PowerOff).await;
        }
        let mut look = interval(SWITCH_OFF_LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let are_off = async {
            loop {
                tokio::select! {
                    Some(report) = self.reports.recv() => {
                        self.keep(&report);
                        tell(&report, &self.statuses);
                    }
                    _ = look.tick() => {
                        if self.radios.views().values().all(|view| view.phase == Phase::Off) {
                            return;
                        }
                    }
                }
            }
        };
        // Out of range nobody hears the farewell; the network finds out by itself.
        timeout(SWITCH_OFF_MAX, are_off).await.ok();
    }

    async fn press(&mut self, unit: UnitId, kind: RequestKind) {
        let speech = self.speech(unit);
        self.user(unit, Input::PressPtt { kind }).await;
        self.user(unit, Input::Speech(speech)).await;
    }

    /// Calls another unit. Where that is to open by itself, the button is down from here on.
    async fn dial(&mut self, unit: UnitId, called: UnitId, setup: CallSetup) {
        self.user(unit, Input::Call { called, setup }).await;
        if setup == CallSetup::Immediate {
            let speech = self.speech(unit);
            self.user(unit, Input::Speech(speech)).await;
        }
    }

    /// In a full duplex call the user speaks when the call begins: nobody presses.
    async fn speak_if_both_do(&mut self, report: &Report) {
        let Report::Event(_, unit, HandsetEvent::TalkPermit { .. }) = report else { return };
        let converses = self.radios.views().get(unit).is_some_and(|view| view.phase == Phase::Conversing);
        if converses {
            let speech = self.speech(*unit);
            self.user(*unit, Input::Speech(speech)).await;
        }
    }

    fn speech(&mut self, unit: UnitId) -> Vec<VoiceFrame> {
        match &self.spoken {
            Some(frames) => frames.clone(),
            None => self
                .voices
                .entry(unit)
                .or_insert_with(|| vocoder::encode(&synth::sentence(u64::from(unit.number()), SYNTHESISED_S)))
                .clone(),
        }
    }

    fn now(&self) -> Moment {
        let micros = u64::try_from(self.origin.elapsed().as_micros()).expect("a run is shorter than that");
        Moment::from_micros(micros)
    }

    /// Keeps what a loudspeaker played.
    fn keep(&mut self, report: &Report) {
        if let Report::Heard(heard) = report {
            let recorder = self
                .record
                .entry(heard.unit)
                .or_insert_with(|| Recorder::new(Moment::ORIGIN, Span::from_secs(RECORDING_S_MAX)));
            // A full tape goes on turning; the frames that it missed are in its counts.
            recorder.hear(heard.at, heard.spurt, heard.position, &heard.frames).ok();
        }
    }

    fn write_recording(&mut self, unit: UnitId, path: &std::path::Path) -> Result<()> {
        let end = self.now();
        let recorder = self
            .record
            .remove(&unit)
            .unwrap_or_else(|| Recorder::new(Moment::ORIGIN, Span::from_secs(RECORDING_S_MAX)));
        wav::write(path, &recorder.finish(end))?;
        Ok(())
    }
}
