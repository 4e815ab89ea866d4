//! Rules that stand in code alone are guarded as well: for each a patch in `tests/mutants/` breaks it, in a few lines, and a
//! scenario then says something else than was reviewed, or, where no scenario shows the rule, a test of the core fails.
//!
//! The test command sees that each patch still finds its lines and each witness is there; that no clause is without guard the
//! chapters' own files see. With
//! `TRUNKLAB_NIGHTLY=1` each is applied to a copy of the sources, and what it breaks is built and seen to be noticed; with
//! `TRUNKLAB_MUTANT=held-back` that one alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{SCENARIOS, reviewed};
use crate::{chapter_12_mutants, chapter_13_guards};
use trunklab_protocol::{Clause, ProfileId};
use trunklab_tests::patch::Patch;
use trunklab_tests::tree::{copy_sources, root};

/// A rule does not depend on the air interface: one is enough to see it broken.
const PROFILE: ProfileId = ProfileId::Iden;

/// Who notices that a rule is broken.
#[derive(Debug, Clone, Copy)]
pub enum Witness {
    /// The reviewed transcript of this scenario.
    Scenario(&'static str),
    /// This test of the controller's core.
    Behaviour(&'static str),
    /// This test of the handset.
    Handset(&'static str),
}

use Witness::{Behaviour, Handset, Scenario};

/// The rule, the patch that breaks it, and who notices.
pub type Mutant = (Clause, &'static str, Witness);

/// Every one.
fn all() -> impl Iterator<Item = &'static Mutant> {
    chapter_12_mutants::MUTANTS.iter().chain(chapter_13_guards::MUTANTS)
}

fn patch(name: &str) -> Patch {
    let path = root().join(format!("tests/mutants/{name}.patch"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Patch::parse(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

#[test]
fn each_mutant_finds_its_lines_and_is_listed() {
    let listed: BTreeSet<String> = all().map(|(_, name, _)| format!("{name}.patch")).collect();
    assert_eq!(listed.len(), all().count(), "a patch is listed twice");
    let there = fs::read_dir(root().join("tests/mutants")).unwrap();
    let there: BTreeSet<String> =
        there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, listed);
    for (_, name, witness) in all() {
        patch(name).applied_to(root()).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert!(witness.is_there(), "{witness:?}");
    }
}

impl Witness {
    /// Without its test a broken rule would pass as whole.
    fn is_there(self) -> bool {
        let in_file = |folder: &str, test: &str| {
            let (module, name) = test.rsplit_once("::").expect("a test is named with its module");
            let file = root().join(folder).join(module.replace("::", "/"));
            let text = fs::read_to_string(file.with_extension("rs"))
                .or_else(|_| fs::read_to_string(file.join("mod.rs")))
                .unwrap_or_default();
            text.contains(&format!("fn {name}()"))
        };
        match self {
            Scenario(name) => SCENARIOS.contains(&name),
            Behaviour(test) => in_file("controller/core/tests/behaviour", test),
            Handset(test) => in_file("terminal-sim/core/src/handset/tests", test),
        }
    }
}

/// A copy of the sources in which rules are broken one after the other; what is built lies elsewhere and is kept.
struct Workshop {
    copy: tempfile::TempDir,
    target: PathBuf,
}

impl Workshop {
    fn new() -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_sources(root(), copy.path()).unwrap();
        Self { copy, target: Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants") }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(arguments).args(["--quiet", "--locked", "--target-dir"]).arg(&self.target);
        command.current_dir(self.copy.path()).output().unwrap()
    }

    fn build(&self, arguments: &[&str]) -> Result<(), String> {
        let output = self.cargo(arguments);
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Whether the tree as it is now keeps the witness's rule; an error where it cannot be built.
    fn satisfies(&self, witness: Witness) -> Result<bool, String> {
        match witness {
            Scenario(name) => {
                self.build(&["build", "--package", "trunklab", "--bin", "trunklab"])?;
                let program = self.target.join(format!("debug/trunklab{}", std::env::consts::EXE_SUFFIX));
                let mut command = Command::new(program);
                command.arg("simulate").arg(format!("terminal-sim/scenarios/{name}.toml"));
                command.args(["--profile", PROFILE.profile().name, "--bare"]);
                let output = command.current_dir(root()).output().map_err(|error| error.to_string())?;
                Ok(output.stdout == reviewed(name, PROFILE).into_bytes())
            }
            Behaviour(name) => {
                self.passes(&["test", "--package", "trunklab-controller-core", "--test", "behaviour"], name)
            }
            Handset(name) => self.passes(&["test", "--package", "trunklab-terminal-core", "--lib"], name),
        }
    }

    fn passes(&self, test: &[&str], name: &str) -> Result<bool, String> {
        self.build(&[test, &["--no-run"]].concat())?;
        Ok(self.cargo(&[test, &[name]].concat()).status.success())
    }

    /// What is not as it should be: a witness that notices nothing.
    fn judge(&self, name: &str, witness: Witness) -> Result<(), String> {
        let broken = patch(name).applied_to(self.copy.path()).map_err(|error| format!("{error:#}"))?;
        let whole: Vec<_> =
            broken.keys().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect();
        for (path, text) in &broken {
            fs::write(path, text).unwrap();
        }
        let satisfied = self.satisfies(witness);
        for (path, text) in whole {
            fs::write(path, text).unwrap();
        }
        if satisfied? { Err(format!("{witness:?} notices nothing")) } else { Ok(()) }
    }
}

/// Those that are to be built: none, one, or all.
fn wanted() -> Vec<&'static Mutant> {
    let one = std::env::var("TRUNKLAB_MUTANT").ok();
    let nightly = std::env::var_os("TRUNKLAB_NIGHTLY").is_some();
    let is_listed = |one: &String| all().any(|(_, name, _)| name == one);
    assert!(one.as_ref().is_none_or(is_listed), "there is no mutant {one:?}");
    all().filter(|(_, name, _)| one.as_deref().map_or(nightly, |one| one == *name)).collect()
}

#[test]
fn each_mutant_is_noticed() {
    let wanted = wanted();
    if wanted.is_empty() {
        return;
    }
    let workshop = Workshop::new();
    for (_, name, witness) in &wanted {
        assert_eq!(workshop.satisfies(*witness), Ok(true), "{witness:?} without {name}");
    }
    let mut missed = Vec::new();
    for (clause, name, witness) in wanted {
        let outcome = workshop.judge(name, *witness);
        println!("{clause} {}: {name}: {outcome:?}", clause.title());
        missed.extend(outcome.err().map(|error| format!("{name}: {error}")));
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
