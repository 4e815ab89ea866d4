//! The built programs, for tests that run them as a person would.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail, ensure};

use crate::tree::root;

/// What our programs read from the environment: a test says it with flags.
const SETTINGS: &[&str] = &["RUST_LOG", "TRUNKLAB_DB", "TRUNKLAB_CREDENTIALS", "TRUNKLAB_TOKEN"];

/// Names the folder in which the programs of this tree were just built; without it they are built.
pub const BUILT: &str = "TRUNKLAB_PROGRAMS";

/// Where the programs lie, built for the profile of the test that runs.
static PROGRAMS: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| match std::env::var_os(BUILT) {
    Some(directory) => Ok(directory.into()),
    None => build().map_err(|error| format!("{error:#}")),
});

/// The path of `controller`, `basestation`, `console` or `trunklab`; unless they were built already, the first call
/// builds them all.
///
/// # Errors
/// When they cannot be built.
pub fn path(name: &str) -> Result<PathBuf> {
    match &*PROGRAMS {
        Ok(directory) => Ok(directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))),
        Err(error) => bail!("{error}"),
    }
}

/// A program, to be started in the tree: its output and errors are caught, its input is empty.
///
/// # Errors
/// When it cannot be built.
pub fn command(name: &str) -> Result<Command> {
    command_within(&[], name)
}

/// The same, started by another command, if there is one: it is followed by the program.
///
/// # Errors
/// When it cannot be built.
pub fn command_within(within: &[String], name: &str) -> Result<Command> {
    let program = path(name)?;
    let mut command = match within.split_first() {
        None => Command::new(program),
        Some((first, arguments)) => {
            let mut command = Command::new(first);
            command.args(arguments).arg(program);
            command
        }
    };
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(root());
    Ok(command)
}

/// The `trunklab` program.
///
/// # Panics
/// When it cannot be built.
pub fn trunklab() -> Command {
    command("trunklab").unwrap_or_else(|error| panic!("{error:#}"))
}

/// What a program wrote.
///
/// # Panics
/// When it is not UTF-8.
pub fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).expect("our programs write UTF-8")
}

/// Tests of one package may not ask for another's programs, so cargo is asked here. It locks its folder itself.
fn build() -> Result<PathBuf> {
    let test = std::env::current_exe().context("the test does not know where it lies")?;
    let directory = test.ancestors().nth(2).context("the test does not lie in cargo's folder")?.to_owned();
    let target = directory.parent().context("the programs' folder has no parent")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--bins", "--locked"]);
    for package in ["trunklab-controller", "trunklab-basestation", "trunklab-console", "trunklab"] {
        build.args(["-p", package]);
    }
    build.arg("--target-dir").arg(target);
    if directory.ends_with("release") {
        build.arg("--release");
    }
    let output = build.current_dir(root()).output().context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "cannot build the programs: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(directory)
}
