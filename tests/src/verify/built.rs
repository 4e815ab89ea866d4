//! The test programs of the workspace, as cargo builds them and tells of them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use trunklab_tests::program::BUILT;

use crate::job::Job;

/// Cargo's arguments.
pub const BUILD: &[&str] =
    &["test", "--workspace", "--locked", "--no-run", "--message-format", "json-render-diagnostics"];

/// One message of cargo; of most only the reason is of interest.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// A test program, and what it is made from.
pub struct TestProgram {
    executable: PathBuf,
    package: String,
    folder: PathBuf,
    target: Target,
}

/// Has cargo build all tests, and all programs that they run; cargo's progress and complaints pass through.
pub fn build(cargo: &str) -> Result<Vec<TestProgram>> {
    let mut command = Command::new(cargo);
    let mut running = command
        .args(BUILD)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {cargo}"))?;
    let told = BufReader::new(running.stdout.take().expect("it was piped"));
    let mut programs = Vec::new();
    for line in told.lines() {
        let line = line.context("cargo's messages cannot be read")?;
        programs.extend(program(&line)?);
    }
    let status = running.wait().with_context(|| format!("cannot wait for {cargo}"))?;
    if !status.success() {
        bail!("the tests cannot be built: run `cargo test --workspace --no-run` to see it alone");
    }
    if programs.is_empty() {
        bail!("cargo tells of no test program");
    }
    Ok(programs)
}

/// The test program that a message tells of.
fn program(line: &str) -> Result<Option<TestProgram>> {
    let message: Message =
        serde_json::from_str(line).with_context(|| format!("not a message of cargo: {line}"))?;
    if message.reason != "compiler-artifact" || !message.profile.is_some_and(|profile| profile.test) {
        return Ok(None);
    }
    let Some(executable) = message.executable else { return Ok(None) };
    let told = message.manifest_path.zip(message.target);
    let (manifest, target) = told.with_context(|| format!("cargo does not tell what it built: {line}"))?;
    let folder = manifest.parent().with_context(|| format!("a manifest in no folder: {line}"))?.to_owned();
    let package = package(&manifest)?;
    Ok(Some(TestProgram { executable, package, folder, target }))
}

/// The name that stands in a manifest.
fn package(manifest: &Path) -> Result<String> {
    let text =
        std::fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let name = text.lines().find_map(|line| line.strip_prefix("name = "));
    Ok(name.with_context(|| format!("{} has no name", manifest.display()))?.trim_matches('"').to_owned())
}

impl TestProgram {
    /// Its run as `cargo test` would do it; the programs that it runs lie in `beside`.
    pub fn job(&self, cargo: &str, beside: &Path) -> Job {
        let selected = match self.target.kind.first().map(String::as_str) {
            Some("lib") => "--lib".to_owned(),
            Some(kind) => format!("--{kind} {}", self.target.name),
            None => String::new(),
        };
        let mut command = Command::new(&self.executable);
        command.env("CARGO", cargo).env("CARGO_MANIFEST_DIR", &self.folder).env(BUILT, beside);
        let again = format!("cargo test -p {} {selected}", self.package);
        Job::new(&format!("{} {selected}", self.package), &self.folder, command, again)
    }
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn a_test_program_is_told_from_what_else_is_built() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let message = |reason: &str, test: bool, executable: &str| {
            format!(
                r#"{{"reason":"{reason}","manifest_path":"{manifest}","executable":{executable},"more":[1],
                "target":{{"name":"tidy","kind":["test"],"test":true}},"profile":{{"test":{test},"opt_level":"0"}}}}"#
            )
        };
        let told = program(&message("compiler-artifact", true, "\"/tidy\"")).unwrap().unwrap();
        let shown = told.job("cargo", std::path::Path::new(".")).again;
        assert_eq!(shown, "cargo test -p trunklab-tests --test tidy");
        for other in [
            message("compiler-artifact", false, "\"/verify\""),
            message("compiler-artifact", true, "null"),
            message("build-script-executed", true, "\"/build\""),
        ] {
            assert!(program(&other).unwrap().is_none(), "{other}");
        }
        assert!(program("cargo says hello").is_err());
    }
}
