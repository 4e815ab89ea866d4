//! `trunklab simulate` and `trunklab run`: a scenario in virtual time, or in real time over real sockets.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use tokio::sync::mpsc;
use trunklab_protocol::{Moment, UnitId};
use trunklab_terminal_core::scenario::{Scenario, Verdict};

use crate::command::ending::{Signal, Signals};
use crate::command::{Outcome, ProfileName, print_json};
use crate::lab::account::Account;
use crate::lab::live::{Live, News};
use crate::lab::scenario::{self, plan, script};
use crate::lab::summary::{Spoken, Summary};
use crate::lab::weather::Weather;
use crate::lab::world::World;

/// What both commands take.
#[derive(Debug, Args)]
pub struct ScenarioOptions {
    /// A scenario (docs/scenarios.md teaches the language)
    file: PathBuf,
    /// Another air interface than the file's
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// Another seed than the file's
    #[arg(long)]
    seed: Option<u64>,
    /// Read the file and say what is wrong with it, without playing
    #[arg(long)]
    check: bool,
    /// Print a Mermaid sequence diagram instead of the transcript
    #[arg(long)]
    ladder: bool,
    /// Print the result as JSON instead of the transcript
    #[arg(long)]
    json: bool,
    /// Print neither verdicts nor summary after the transcript
    #[arg(long)]
    bare: bool,
}

/// What `simulate` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
The transcript is the same byte for byte whenever file, profile, seed and weather are. The exit code tells whether every
expectation held.

Example: trunklab simulate terminal-sim/scenarios/queue.toml --seed 7 --profile tetra")]
pub struct SimulateOptions {
    #[command(flatten)]
    scenario: ScenarioOptions,
    /// One in a hundred bursts and packets is lost, as many come twice, links take up to 20 ms
    #[arg(long)]
    rough: bool,
}

/// What `run` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Controller, base stations and handsets run in this process, joined by real sockets on the loopback. Ctrl-C or SIGTERM ends
it in order: what was seen so far is judged and summed up, and the exit code is 130 or 143.

Example: trunklab run terminal-sim/scenarios/group-call.toml")]
pub struct RunOptions {
    #[command(flatten)]
    scenario: ScenarioOptions,
}

#[derive(Debug, Serialize)]
struct Played<'a> {
    title: &'a str,
    profile: &'static str,
    seed: u64,
    holds: bool,
    /// Where somebody ended the run before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at_ms: Option<u64>,
    expectations: Vec<Judged>,
    summary: Summary,
}

#[derive(Debug, Serialize)]
struct Judged {
    line: usize,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<u32>,
    seen_ms: Option<u64>,
    /// `null` where its time had not passed when the run was ended.
    holds: Option<bool>,
}

/// A run that somebody ended before its time.
#[derive(Debug, Clone, Copy)]
struct CutShort {
    by: Signal,
    at: Moment,
}

/// Plays a scenario in virtual time.
///
/// # Errors
/// A file that cannot be read, with its first defect.
pub fn simulate(options: &SimulateOptions) -> Result<Outcome> {
    let scenario = read(&options.scenario)?;
    if options.scenario.check {
        return checked(&scenario);
    }
    let script = script(&scenario, &options.scenario.file)?;
    let weather = if options.rough { Weather::ROUGH } else { Weather::CALM };
    let mut world = World::new(plan(scenario.provision()), weather, scenario.seed);
    let mut account = Account::judged(&scenario);
    let mut printed = Ok(());
    world.play(&script, Moment::ORIGIN + scenario.duration, |world, deed| {
        if let Some(deed) = deed {
            account.did(deed, world.now());
        }
        for observed in world.take_observed() {
            account.see(&observed);
        }
        for heard in world.take_heard() {
            account.hear(&heard);
        }
        if printed.is_ok() {
            printed = stream(&options.scenario, &mut account);
        }
    });
    printed?;
    finish(&options.scenario, &scenario, &account, world.traffic().spoken, None)
}

/// Plays a scenario in real time.
///
/// # Errors
/// A file that cannot be read, with its first defect; a network that cannot be started.
pub fn run(options: &RunOptions) -> Result<Outcome> {
    let scenario = read(&options.scenario)?;
    if options.scenario.check {
        return checked(&scenario);
    }
    let script = script(&scenario, &options.scenario.file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let mut live = tokio::select! {
            started = Live::start(plan(scenario.provision()), scenario.seed) => started?,
            signal = signals.told() => return Ok(Outcome::CutShort(signal)),
        };
        let mut account = Account::judged(&scenario);
        let (closed, mut reader_gone) = mpsc::channel(1);
        let played = live.play(&script, Moment::ORIGIN + scenario.duration, |deed, at, news| {
            if let Some(deed) = deed {
                account.did(deed, at);
            }
            match news {
                Some(News::Seen(observed)) => account.see(&observed),
                Some(News::Heard(heard)) => account.hear(&heard),
                None => {}
            }
            if let Err(error) = stream(&options.scenario, &mut account) {
                // The first error is waited for; whoever comes later says the same.
                closed.try_send(error).ok();
            }
        });
        let mut broken = None;
        let ended = tokio::select! {
            played = played => { played?; None }
            signal = signals.told() => Some(signal),
            error = reader_gone.recv() => { broken = error; None }
        };
        let cut_short = ended.map(|by| CutShort { by, at: live.now() });
        let spoken = live.ether().spoken;
        live.stop().await?;
        match broken {
            Some(error) => Err(error),
            None => finish(&options.scenario, &scenario, &account, spoken, cut_short),
        }
    })
}

fn read(options: &ScenarioOptions) -> Result<Scenario> {
    let mut scenario = scenario::read(&options.file, options.profile.map(|name| name.0))?;
    if let Some(seed) = options.seed {
        scenario.seed = seed;
    }
    Ok(scenario)
}

fn checked(scenario: &Scenario) -> Result<Outcome> {
    writeln!(
        std::io::stdout(),
        "{}: {} steps, {} expectations, {} s, profile {}",
        scenario.title,
        scenario.steps.len(),
        scenario.expectations.len(),
        scenario.duration.as_micros() / 1_000_000,
        scenario.profile
    )?;
    Ok(Outcome::Good)
}

fn stream(options: &ScenarioOptions, account: &mut Account<'_>) -> Result<()> {
    let lines = account.new_lines();
    if options.json || options.ladder {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}").context("cannot write the transcript")?;
    }
    Ok(())
}

fn finish(
    options: &ScenarioOptions,
    scenario: &Scenario,
    account: &Account<'_>,
    spoken: Spoken,
    cut_short: Option<CutShort>,
) -> Result<Outcome> {
    let verdicts = account.verdicts();
    let is_open = |line: usize| {
        let until = scenario.expectations.iter().find(|expected| expected.line == line).map(|it| it.until);
        cut_short.zip(until).is_some_and(|(cut_short, until)| until > cut_short.at)
    };
    let holds =
        |verdict: &Verdict| (verdict.seen.is_some() || !is_open(verdict.line)).then_some(verdict.holds);
    let all_hold = verdicts.iter().all(|verdict| holds(verdict) == Some(true));
    if options.json {
        let played = Played {
            title: &scenario.title,
            profile: scenario.profile.profile().name,
            seed: scenario.seed,
            holds: all_hold,
            ended_at_ms: cut_short.map(|cut_short| cut_short.at.as_micros() / 1_000),
            expectations: verdicts.iter().map(|verdict| judged(verdict, holds(verdict))).collect(),
            summary: account.summary(spoken),
        };
        print_json(&played)?;
    } else if options.ladder {
        write!(std::io::stdout(), "{}", account.transcript().mermaid())?;
    } else if !options.bare {
        let mut out = std::io::stdout().lock();
        writeln!(out)?;
        for verdict in &verdicts {
            let mark = match holds(verdict) {
                Some(true) => "held  ",
                Some(false) => "FAILED",
                None => "open  ",
            };
            let seen = verdict.seen.map_or_else(|| "not seen".to_owned(), |at| format!("seen at {at} s"));
            let unit = verdict.unit.map_or_else(String::new, |unit| format!("unit {unit} "));
            let file = options.file.display();
            writeln!(out, "{mark}  {file}:{}  {} ({unit}{seen})", verdict.line, verdict.text)?;
        }
        writeln!(out, "{}", account.summary(spoken))?;
    }
    if let Some(CutShort { by, at }) = cut_short {
        let whole = Moment::ORIGIN + scenario.duration;
        // Nobody can be told that nobody can be told.
        writeln!(std::io::stderr(), "trunklab: {} ended the run at {at} s of {whole} s", by.name()).ok();
        return Ok(Outcome::CutShort(by));
    }
    Ok(if all_hold { Outcome::Good } else { Outcome::Bad })
}

fn judged(verdict: &Verdict, holds: Option<bool>) -> Judged {
    Judged {
        line: verdict.line,
        text: verdict.text.clone(),
        unit: verdict.unit.map(UnitId::number),
        seen_ms: verdict.seen.map(|at| at.as_micros() / 1_000),
        holds,
    }
}
