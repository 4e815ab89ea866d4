//! `trunklab demo`: a city's network in real time over real sockets, with the console on top.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use trunklab_console::{Color, ConsoleOptions};
use trunklab_protocol::{Moment, Span};

use crate::command::{Outcome, ProfileName, is_watched};
use crate::import::city::City;
use crate::import::{Imported, Limits, read_bytes};
use crate::lab::account::Account;
use crate::lab::city::{self, CityOptions, Schedule};
use crate::lab::live::{Live, News, Octets};
use crate::lab::summary::Summary;
use crate::lab::voices::Voices;

/// The demo's city, in the formats that the importers read.
const TALKGROUPS: &[u8] = include_bytes!("../../samples/sample-talkgroups.csv");
const SITES: &[u8] = include_bytes!("../../samples/sample-sites.csv");
const CALLS: &[u8] = include_bytes!("../../samples/sample-calls.csv");

/// Sites of the city that the demo builds.
const SITES_MAX: usize = 3;

/// Radios are switched on over this span, and the log begins after the next.
const POWER_ON: Span = Span::from_millis(1_500);
const BEGIN: Span = Span::from_secs(6);

/// How the demo runs.
#[derive(Debug, Args)]
#[command(after_help = "\
In a terminal the operator console opens: ? shows its keys, q ends the demo. Piped, a transcript runs and a summary follows.

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
    octets: Octets,
}

/// Runs the demo.
///
/// # Errors
/// What could not be started.
pub fn perform(options: &DemoOptions) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(show(options))
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
    if plan.sites.iter().any(|site| site.traffic_slots().next().is_none()) {
        plan = city::plan(&city, &CityOptions { carriers_max: options.carriers + 3, ..city_options });
    }
    let (sites, radios) = (plan.sites.len(), plan.radios.len());
    let console = is_watched() && !options.transcript && !options.json;
    let end = city.calls.iter().map(|call| call.start).max().unwrap_or(Moment::ORIGIN);
    let to = if console { end } else { Moment::ORIGIN + Span::from_secs(options.seconds) };
    let schedule = Schedule { begin: Moment::ORIGIN + BEGIN, from: Moment::ORIGIN, to, power_on: POWER_ON };
    let mut voices = Voices::default();
    let script = city::script(&city, &schedule, |unit, length| voices.speak(unit, length));

    let mut live = Live::start(plan, options.seed).await?;
    let mut account = Account::unjudged();
    let until = if console { script.end() } else { Moment::ORIGIN + Span::from_secs(options.seconds) };
    let quiet = console || options.json;
    if console {
        let screen = trunklab_console::run(ConsoleOptions {
            address: live.operator_address(),
            token: live.operator_token().to_owned(),
            ca_pem: live.ca_pem().to_owned(),
            color: Color::Auto,
        });
        tokio::select! {
            played = live.play(&script, until, |deed, at, news| follow(&mut account, deed, at, news)) => played?,
            closed = screen => closed?,
        }
    } else {
        let mut broken = None;
        live.play(&script, until, |deed, at, news| {
            follow(&mut account, deed, at, news);
            if !quiet && broken.is_none() {
                broken = print_new(&mut account).err();
            }
        })
        .await?;
        if let Some(error) = broken {
            return Err(error).context("cannot write the transcript");
        }
    }
    let finished = Finished {
        sites,
        radios,
        seconds: live.now().as_micros() as f64 / 1e6,
        summary: account.summary(live.ether().frames_sent),
        octets: live.octets(),
    };
    live.stop().await?;
    report(options, &finished)?;
    Ok(if is_complete(&finished.octets) || console { Outcome::Good } else { Outcome::Bad })
}

fn follow(
    account: &mut Account<'_>,
    deed: Option<&crate::lab::script::Deed>,
    at: Moment,
    news: Option<News>,
) {
    if let Some(deed) = deed {
        account.did(deed, at);
    }
    match news {
        Some(News::Seen(observed)) => account.see(&observed),
        Some(News::Heard(heard)) => account.hear(&heard),
        None => {}
    }
}

fn print_new(account: &mut Account<'_>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in account.new_lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn report(options: &DemoOptions, finished: &Finished) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, finished)?;
        writeln!(out)?;
        return Ok(());
    }
    let octets = &finished.octets;
    writeln!(out)?;
    writeln!(
        out,
        "{} sites, {} radios, profile {}, {:.0} s",
        finished.sites, finished.radios, options.profile.0, finished.seconds
    )?;
    writeln!(out, "{}", finished.summary)?;
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
