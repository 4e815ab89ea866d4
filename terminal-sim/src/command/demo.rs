//! `trunklab demo`: a city's network in real time over real sockets, with the console on top.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;
use trunklab_console::{Color, ConsoleOptions, Pass};
use trunklab_controller::counters::LatencyFigures;
use trunklab_protocol::operator::{Event, EventKind, Snapshot};
use trunklab_protocol::{CallId, Moment, Span, UnitId};
use trunklab_terminal_core::input::Input;

use crate::command::ending::Signals;
use crate::command::{Outcome, ProfileName, is_watched, print_json};
use crate::import::city::City;
use crate::import::{Imported, Limits, read_bytes};
use crate::lab::city::{self, CityOptions, Schedule};
use crate::lab::live::{Live, News, Octets};
use crate::lab::observed::Sight;
use crate::lab::script::{Deed, Script};
use crate::lab::summary::{Summary, Tally};
use crate::lab::voices::Voices;

/// The demo's city, in the formats that the importers read.
const TALKGROUPS: &[u8] = include_bytes!("../../samples/sample-talkgroups.csv");
const SITES: &[u8] = include_bytes!("../../samples/sample-sites.csv");
const CALLS: &[u8] = include_bytes!("../../samples/sample-calls.csv");

/// Sites of the city that the demo builds.
const SITES_MAX: usize = 3;

/// Radios are switched on over this span: all at once they would drown one another's registrations.
const POWER_ON: Span = Span::from_secs(9);

/// Calls begin when so many radios are registered, or when it has taken this long.
const REGISTERED: u64 = 56;
const REGISTERED_BY: Moment = Moment::from_micros(16_000_000);

/// From the start of the transcript to the first call of the log: its selector is turned before.
const BEGIN: Span = Span::from_secs(2);

/// The log tells of a quiet hour. Its silences are shortened to this, so that there is always somebody who talks.
const PAUSE_MAX: Span = Span::from_millis(500);

/// Calls end soon after the last word, so that many come and go while somebody watches.
const HANG_TIME_MS: u32 = 1_000;

/// How often the start looks at what has registered.
const LOOK: Span = Span::from_millis(200);

/// How the demo runs.
#[derive(Debug, Args)]
#[command(after_help = "\
In a terminal the operator console opens: ? shows its keys, q ends the demo. Piped, the radios register, then a transcript
of the calls runs, and a summary follows. Ctrl-C ends it in order at any time.

Example: trunklab demo --profile tetra --seconds 60 --transcript")]
pub struct DemoOptions {
    /// The air interface of all sites
    #[arg(long, value_enum, default_value = "iden")]
    profile: ProfileName,
    /// How long the transcript runs; the console runs until you quit
    #[arg(long, default_value_t = 20, value_name = "S")]
    seconds: u64,
    /// Carriers a site, control included: fewer make queues
    #[arg(long, default_value_t = 1, value_name = "N")]
    carriers: usize,
    /// Print the transcript even in a terminal
    #[arg(long)]
    transcript: bool,
    /// The summary as JSON, without a transcript
    #[arg(long)]
    json: bool,
    /// Seed of places and of the handsets' choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Serialize)]
struct Finished {
    sites: usize,
    radios: usize,
    seconds: f64,
    #[serde(flatten)]
    summary: Summary,
    request_to_grant: Option<LatencyFigures>,
    octets: Octets,
}

/// Runs the demo.
///
/// # Errors
/// What could not be started.
pub fn perform(options: &DemoOptions) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(show(options));
    // Voices may still be in the making; the end does not wait for them.
    runtime.shutdown_background();
    outcome
}

async fn show(options: &DemoOptions) -> Result<Outcome> {
    let city = sample_city()?;
    let city_options = CityOptions {
        profile: options.profile.0,
        sites_max: SITES_MAX,
        carriers_max: options.carriers,
        seed: options.seed,
    };
    let mut plan = city::plan(&city, &city_options);
    // Profiles without slots have one call a carrier: a single carrier would hold the control channel alone.
    if plan.sites.iter().any(|site| site.traffic_slots(&site.first_controls()).next().is_none()) {
        plan = city::plan(&city, &CityOptions { carriers_max: options.carriers + 3, ..city_options });
    }
    for talkgroup in &mut plan.talkgroups {
        talkgroup.hang_time_ms = Some(HANG_TIME_MS);
    }
    let (sites, radios) = (plan.sites.len(), plan.radios.len());
    let console = is_watched() && !options.transcript && !options.json;

    let mut signals = Signals::listen()?;
    let mut live = tokio::select! {
        started = Live::start(plan, options.seed) => started?,
        _ = signals.told() => return Ok(Outcome::Good),
    };
    let picture = live.snapshot().await.context("the controller closed down as it started")?;
    let (closed, mut reader_gone) = mpsc::channel(1);
    let voice = if console || options.json { Voice::Silent } else { Voice::Waits };
    let mut watcher =
        Watcher { tally: Tally::default(), registered: 0, picture, voice, granted: None, closed };
    let length = (!console).then(|| Span::from_secs(options.seconds));
    let screen = ConsoleOptions {
        address: live.operator_address(),
        pass: Pass::Token(live.operator_token().to_owned()),
        ca_pem: live.ca_pem().to_owned(),
        color: Color::Auto,
    };
    let mut broken = None;
    let mut whole = false;
    tokio::select! {
        played = perform_day(&mut live, &city, &mut watcher, length) => { played?; whole = true; }
        left = trunklab_console::run(screen), if console => left?,
        _ = signals.told() => {}
        error = reader_gone.recv() => broken = error,
    }
    let finished = Finished {
        sites,
        radios,
        seconds: live.now().as_micros() as f64 / 1e6,
        summary: watcher.tally.summary(live.ether().spoken),
        request_to_grant: live.grant_latency(),
        octets: live.octets(),
    };
    live.stop().await?;
    if let Some(error) = broken {
        return Err(error).context("cannot write the transcript");
    }
    report(options, &finished)?;
    // Who ends it early has seen what there was to see.
    Ok(if !whole || is_complete(&finished.octets) { Outcome::Good } else { Outcome::Bad })
}

/// Switches the radios on, waits until most are registered, and lets them talk: for this long, or until it is dropped.
async fn perform_day(
    live: &mut Live,
    city: &City,
    watcher: &mut Watcher,
    length: Option<Span>,
) -> Result<()> {
    watcher.remark(&format!("{} radios are switched on", city.radios.len()));
    // Voices take seconds to make; the radios need as long to register.
    let units: Vec<UnitId> = city.radios.iter().map(|radio| radio.unit).collect();
    let voices = tokio::task::spawn_blocking(move || Voices::of(&units));
    let switch_on = Script::new(city::switch_on(city, POWER_ON));
    live.play(&switch_on, Moment::ORIGIN, |deed, at, news| watcher.note(deed, at, news)).await?;
    while watcher.registered < REGISTERED && live.now() < REGISTERED_BY {
        let until = live.now() + LOOK;
        live.play(&Script::default(), until, |deed, at, news| watcher.note(deed, at, news)).await?;
    }
    let mut voices = voices.await.context("the voices could not be made")?;
    watcher.remark(&format!("{} radios are registered, calls begin", watcher.registered));
    watcher.voice.begin(live.now());

    let calls = city::without_silences(&city.calls, PAUSE_MAX);
    let log_end = calls.iter().map(|call| call.start + call.duration).max().unwrap_or(Moment::ORIGIN);
    let mut selected = city::selectors(city);
    let end = length.map(|length| live.now() + length);
    loop {
        let begin = live.now() + BEGIN;
        let schedule = Schedule { begin, from: Moment::ORIGIN, to: log_end, power_on: Span::ZERO };
        let deeds = city::talk(&calls, &schedule, &mut selected, |unit, length| voices.speak(unit, length));
        let until = end.unwrap_or(begin + log_end.since(Moment::ORIGIN));
        let script = Script::new(deeds).before(until);
        live.play(&script, until, |deed, at, news| watcher.note(deed, at, news)).await?;
        if end.is_some_and(|end| live.now() >= end) {
            return Ok(());
        }
    }
}

/// Counts what comes to light, and tells it.
struct Watcher {
    tally: Tally,
    registered: u64,
    /// What the network looks like: it has the names.
    picture: Snapshot,
    voice: Voice,
    /// A call granted just now: its talker is announced once more, as one who takes the floor.
    granted: Option<CallId>,
    /// Takes the error when nobody reads the transcript any longer.
    closed: mpsc::Sender<std::io::Error>,
}

/// Whether the watcher tells what it sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// Somebody else shows it, or nobody wants to know.
    Silent,
    /// Not yet: radios register.
    Waits,
    /// Since this moment, the transcript's zero.
    Speaks(Moment),
}

impl Voice {
    fn begin(&mut self, now: Moment) {
        if *self == Self::Waits {
            *self = Self::Speaks(now);
        }
    }
}

impl Watcher {
    fn note(&mut self, deed: Option<&Deed>, at: Moment, news: Option<News>) {
        if let Some(Deed::User(unit, Input::PressPtt { .. })) = deed {
            self.tally.press(*unit, at);
        }
        match news {
            Some(News::Heard(heard)) => self.tally.hear(&heard),
            Some(News::Seen(observed)) => {
                self.tally.see(&observed);
                if let Sight::Controller(event) = &observed.what {
                    self.follow(event, observed.at);
                }
            }
            None => {}
        }
    }

    fn follow(&mut self, event: &Event, at: Moment) {
        if event.sequence <= self.picture.sequence {
            return;
        }
        if matches!(event.kind, EventKind::Registered { .. }) {
            self.registered += 1;
        }
        if let Voice::Speaks(since) = self.voice
            && self.is_worth_telling(&event.kind)
        {
            let line = format!(
                "{:>8}  {}",
                at - since.since(Moment::ORIGIN),
                trunklab_console::sentence(&event.kind, &self.picture)
            );
            if let Err(error) = writeln!(std::io::stdout(), "{line}") {
                // The first error is waited for; whoever comes later says the same.
                self.closed.try_send(error).ok();
            }
        }
        trunklab_console::model::fold(&mut self.picture, event);
    }

    /// Radios affiliate with every turn of a selector: that would drown the calls. A grant names its first talker.
    fn is_worth_telling(&mut self, kind: &EventKind) -> bool {
        match kind {
            EventKind::Affiliated { .. } => false,
            EventKind::CallGranted { call, .. } => {
                self.granted = Some(*call);
                true
            }
            EventKind::FloorTaken { call, .. } => self.granted.take() != Some(*call),
            EventKind::SiteUp { .. }
            | EventKind::SiteLost { .. }
            | EventKind::SiteServedAlone { .. }
            | EventKind::SiteServedFailsoft { .. }
            | EventKind::SiteInFailsoft { .. }
            | EventKind::ControlMoved { .. }
            | EventKind::SlotHealth { .. }
            | EventKind::SlotTested { .. }
            | EventKind::NetworkAlarm { .. }
            | EventKind::Registered { .. }
            | EventKind::RegisterRefused { .. }
            | EventKind::Deregistered { .. }
            | EventKind::Moved { .. }
            | EventKind::Cloned { .. }
            | EventKind::CallQueued { .. }
            | EventKind::CallRefused { .. }
            | EventKind::CallCancelled { .. }
            | EventKind::EmergencyRaised { .. }
            | EventKind::EmergencyOver { .. }
            | EventKind::CallArea { .. }
            | EventKind::EmergencyBegan { .. }
            | EventKind::CallReaches { .. }
            | EventKind::Patched { .. }
            | EventKind::Unpatched { .. }
            | EventKind::Configured { .. }
            | EventKind::EmergencyAcknowledged { .. }
            | EventKind::EmergencyCleared { .. }
            | EventKind::OrderRefused { .. }
            | EventKind::RadioOrderPending { .. }
            | EventKind::RadioOrderDone { .. }
            | EventKind::RadioOrderFailed { .. }
            | EventKind::Monitored { .. }
            | EventKind::RightsChanged { .. }
            | EventKind::CallCalledBack { .. }
            | EventKind::UnitPaged { .. }
            | EventKind::UnitRings { .. }
            | EventKind::CallAnswered { .. }
            | EventKind::SiteJoined { .. }
            | EventKind::SiteLeft { .. }
            | EventKind::FloorReleased { .. }
            | EventKind::FloorQueued { .. }
            | EventKind::FloorRefused { .. }
            | EventKind::CallReleased { .. }
            | EventKind::MessageSent { .. }
            | EventKind::MessageDelivered { .. }
            | EventKind::MessageRefused { .. }
            | EventKind::AlertOver { .. }
            | EventKind::Dropped { .. } => true,
        }
    }

    /// A word about the start, beside the transcript.
    fn remark(&self, text: &str) {
        if self.voice == Voice::Waits {
            // Nobody can be told that nobody can be told.
            writeln!(std::io::stderr(), "trunklab: {text}").ok();
        }
    }
}

fn report(options: &DemoOptions, finished: &Finished) -> Result<()> {
    if options.json {
        return print_json(finished);
    }
    let mut out = std::io::stdout().lock();
    let octets = &finished.octets;
    writeln!(out)?;
    writeln!(
        out,
        "{} sites, {} radios, profile {}, {:.0} s",
        finished.sites, finished.radios, options.profile.0, finished.seconds
    )?;
    writeln!(out, "{}", finished.summary)?;
    if let Some(latency) = &finished.request_to_grant {
        writeln!(
            out,
            "request to grant       p50 {} µs, p99 {} µs in the controller ({} measured)",
            latency.p50_us, latency.p99_us, latency.count
        )?;
    }
    writeln!(out, "octets on the air      {} up, {} down", octets.air_uplink, octets.air_downlink)?;
    writeln!(out, "octets on site links   {} from sites, {} to sites", octets.from_site, octets.to_site)?;
    writeln!(
        out,
        "octets of voice        {} to the switch, {} from it",
        octets.voice_uplink, octets.voice_downlink
    )?;
    Ok(())
}

/// Whether every interface carried something: a demo without that shows a broken network.
const fn is_complete(octets: &Octets) -> bool {
    octets.air_uplink > 0
        && octets.air_downlink > 0
        && octets.from_site > 0
        && octets.to_site > 0
        && octets.voice_uplink > 0
        && octets.voice_downlink > 0
}

fn sample_city() -> Result<City> {
    let limits = Limits::default();
    let read = |name: &str, octets: &[u8]| read_bytes(name, octets.to_vec(), &limits);
    let (Imported::Talkgroups(talkgroups), Imported::Sites(sites), Imported::Calls(calls)) = (
        read("sample-talkgroups.csv", TALKGROUPS)?,
        read("sample-sites.csv", SITES)?,
        read("sample-calls.csv", CALLS)?,
    ) else {
        anyhow::bail!("the samples are not what their names say: the program was built from a damaged tree");
    };
    let mut city = City::plan(&talkgroups.talkgroups, &sites.sites, Some(&calls))?;
    city.sites.truncate(SITES_MAX);
    Ok(city)
}
