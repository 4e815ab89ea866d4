//! The subcommands: one file each. They parse nothing themselves and decide nothing about calls; they join parts.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use trunklab_protocol::ProfileId;

use self::ending::Signal;

pub mod demo;
pub mod ending;
pub mod handset;
pub mod import;
pub mod replay;
pub mod scenario;
pub mod talk;

/// What `trunklab` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a city's network in real time, with the operator console on top
    Demo(demo::DemoOptions),
    /// Play a scenario in real time, over real sockets
    Run(scenario::RunOptions),
    /// Play a scenario in virtual time
    Simulate(scenario::SimulateOptions),
    /// Radios in this process: one under your fingers in a terminal, or many under a script's
    Handset(handset::HandsetOptions),
    /// Speak a recording to talkgroups, as the dispatcher at a console
    Talk(talk::TalkOptions),
    /// Read talkgroup lists, site lists and call logs; tell what is in them and what is wrong with them
    Import(import::ImportOptions),
    /// Let a recorded call log drive the radios, in virtual time
    Replay(replay::ReplayOptions),
    /// Print tab completions for a shell
    #[command(
        after_help = "Example: trunklab completions bash > ~/.local/share/bash-completion/completions/trunklab"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Good,
    /// It ran to its end, and what it judged was not as expected.
    Bad,
    /// Somebody ended it before its work was done.
    CutShort(Signal),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Good => Self::SUCCESS,
            Outcome::Bad => Self::FAILURE,
            Outcome::CutShort(signal) => Self::from(signal.code()),
        }
    }
}

/// Does what was asked.
///
/// # Errors
/// One sentence with the place and the remedy.
pub fn perform(command: Command) -> Result<Outcome> {
    match command {
        Command::Demo(options) => demo::perform(&options),
        Command::Run(options) => scenario::run(&options),
        Command::Simulate(options) => scenario::simulate(&options),
        Command::Handset(options) => handset::perform(&options),
        Command::Talk(options) => talk::perform(&options),
        Command::Import(options) => import::perform(&options),
        Command::Replay(options) => replay::perform(&options),
        Command::Completions { shell } => {
            #[derive(Debug, Parser)]
            #[command(name = "trunklab")]
            struct Shape {
                #[command(subcommand)]
                command: Command,
            }
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Shape::command(), "trunklab", &mut script);
            std::io::stdout().write_all(&script).context("cannot write the script")?;
            Ok(Outcome::Good)
        }
    }
}

/// Prints an error as one sentence with its causes.
pub fn say_error(error: &anyhow::Error) {
    // Nobody can be told that nobody can be told.
    writeln!(std::io::stderr(), "trunklab: {error:#}").ok();
}

/// Prints a document for programs.
///
/// # Errors
/// When it cannot be written.
pub fn print_json(document: &impl serde::Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    // serde's own error would hide that nobody reads.
    serde_json::to_writer_pretty(&mut out, document).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Whether a person is watching standard output.
pub fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// A profile by name, for flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileName(pub ProfileId);

impl ValueEnum for ProfileName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: &[ProfileName] = &[
            ProfileName(ProfileId::Iden),
            ProfileName(ProfileId::Tetra),
            ProfileName(ProfileId::Dmr3),
            ProfileName(ProfileId::P25p1),
            ProfileName(ProfileId::P25p2),
            ProfileName(ProfileId::Smartnet2),
            ProfileName(ProfileId::Mpt1327),
        ];
        ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.profile().name))
    }
}
