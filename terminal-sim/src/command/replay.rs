//! `trunklab replay`: a recorded call log drives the radios, in virtual time.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use trunklab_protocol::{Moment, ProfileId, Span};
use trunklab_terminal_core::input::Input;

use crate::command::{Outcome, ProfileName, print_json};
use crate::import::city::{City, Notes};
use crate::import::{Limits, read_calls, read_sites, read_talkgroups};
use crate::lab::city::{self, CityOptions, Schedule};
use crate::lab::script::Deed;
use crate::lab::summary::{Summary, Tally};
use crate::lab::weather::Weather;
use crate::lab::world::World;

/// Radios register before the first call.
const LEAD: Span = Span::from_secs(60);

/// After the last call everything comes to rest.
const REST: Span = Span::from_secs(60);

/// A log and the lists that belong to it.
#[derive(Debug, Args)]
#[command(after_help = "\
Overlapping rows of one radio become one transmission; radios that overlap in a talkgroup compete for its floor
(docs/formats.md). The network has the sites of the list, or one site with every frequency of the log.

Example: trunklab replay calls.csv --talkgroups talkgroups.csv --sites sites.csv --carriers 2")]
pub struct ReplayOptions {
    /// A call log: recorded calls, trunk-recorder JSON, SDRTrunk events
    calls: PathBuf,
    /// The system's talkgroups
    #[arg(long, value_name = "FILE")]
    talkgroups: Option<PathBuf>,
    /// The system's sites
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// The air interface
    #[arg(long, value_enum, default_value = "p25p1")]
    profile: ProfileName,
    /// At most this many carriers a site, control included: fewer make queues
    #[arg(long, default_value_t = 32, value_name = "N")]
    carriers: usize,
    /// At most this many sites of the list
    #[arg(long, default_value_t = 16, value_name = "N")]
    sites_max: usize,
    /// Play from this second of the log
    #[arg(long, default_value_t = 0, value_name = "S")]
    from: u64,
    /// Play until this second of the log; its end if not given
    #[arg(long, value_name = "S")]
    to: Option<u64>,
    /// Seed of everything that is drawn
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One in a hundred bursts and packets is lost, as many come twice
    #[arg(long)]
    rough: bool,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

/// What a replay found.
#[derive(Debug, Serialize)]
struct Replayed {
    notes: Notes,
    radios: usize,
    transmissions: usize,
    seconds: f64,
    summary: Summary,
}

/// Plays the log and reports.
///
/// # Errors
/// A file that cannot be read, lists that make no network, a time range without calls.
pub fn perform(options: &ReplayOptions) -> Result<Outcome> {
    let limits = Limits::default();
    let log = read_calls(&options.calls, &limits)?;
    let talkgroups = match &options.talkgroups {
        Some(path) => read_talkgroups(path, &limits)?.talkgroups,
        None => Vec::new(),
    };
    let sites = match &options.sites {
        Some(path) => read_sites(path, &limits)?.sites,
        None => Vec::new(),
    };
    let city = City::plan(&talkgroups, &sites, Some(&log))?;
    let from = Moment::ORIGIN + Span::from_secs(options.from);
    let end = city.calls.iter().map(|call| call.start + call.duration).max().unwrap_or(Moment::ORIGIN);
    let to = options.to.map_or(end, |to| Moment::ORIGIN + Span::from_secs(to));
    let transmissions = city.calls.iter().filter(|call| (from..to).contains(&call.start)).count();
    if transmissions == 0 {
        bail!(
            "no call begins between second {} and second {} of {}; its calls end at second {}",
            options.from,
            to.as_micros() / 1_000_000,
            options.calls.display(),
            end.as_micros() / 1_000_000
        );
    }
    let profile: ProfileId = options.profile.0;
    let city_options = CityOptions {
        profile,
        sites_max: options.sites_max,
        carriers_max: options.carriers,
        seed: options.seed,
    };
    let plan = city::plan(&city, &city_options);
    let schedule = Schedule { begin: Moment::ORIGIN + LEAD, from, to, power_on: Span::from_secs(30) };
    // Frames of silence are as long as frames of speech: a replay asks for channels, not for sound.
    let script = city::script(&city, &schedule, |_, _| Vec::new());

    let weather = if options.rough { Weather::ROUGH } else { Weather::CALM };
    let mut world = World::new(plan, weather, options.seed);
    let until = script.end() + REST;
    let bar = progress(until);
    let mut tally = Tally::default();
    world.play(&script, until, |world, deed| {
        if let Some(Deed::User(unit, Input::PressPtt { .. })) = deed {
            tally.press(*unit, world.now());
        }
        drain(world, &mut tally);
        bar.set_position(world.now().as_micros() / 1_000_000);
    });
    bar.finish_and_clear();
    drain(&mut world, &mut tally);
    let result = Replayed {
        notes: city.notes,
        radios: city.radios.len(),
        transmissions,
        seconds: until.as_micros() as f64 / 1e6,
        summary: tally.summary(world.traffic().spoken),
    };
    report(options, &result)
}

fn drain(world: &mut World, tally: &mut Tally) {
    for observed in world.take_observed() {
        tally.see(&observed);
    }
    for heard in world.take_heard() {
        tally.hear(&heard);
    }
    // Records are kept by the store of a live network; a replay counts.
    world.take_records();
}

fn progress(until: Moment) -> ProgressBar {
    let bar = ProgressBar::new(until.as_micros() / 1_000_000);
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} s of network time, {eta} left")
        .context("the template is fixed")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar
}

fn report(options: &ReplayOptions, result: &Replayed) -> Result<Outcome> {
    if options.json {
        print_json(result)?;
    } else {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{} transmissions of {} radios, {:.0} s of network time, profile {}",
            result.transmissions, result.radios, result.seconds, options.profile.0
        )?;
        writeln!(out, "{}", result.summary)?;
    }
    Ok(Outcome::Good)
}
