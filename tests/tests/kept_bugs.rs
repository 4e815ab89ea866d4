//! Bugs that random worlds have found are kept, as patches in `tests/kept_bugs/`: the worlds must find each again, or their net has a
//! hole. Each patch is applied to a copy of the sources, the copy is built, and its worlds are played.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where what it needs is not there")]

use std::fs;
use std::process::Command;

use trunklab_tests::patch::Patch;
use trunklab_tests::tree::{copy_sources, copy_times, root};

/// A bug, what the worlds say where it is, and in which it is looked for.
const KEPT: &[(&str, &str, &str)] = &[
    // What was open at a site alone when it was killed stayed so.
    ("open-record", "never told: CallOpened", "1-40"),
    // What was said while something was carried out was carried out before the rest of it.
    ("said-out-of-order", "it was closed", "341-400"),
];

fn patch(name: &str) -> Patch {
    let path = root().join(format!("tests/kept_bugs/{name}.patch"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Patch::parse(&text).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// A copy of the sources, and where it is built.
struct Workshop {
    copy: tempfile::TempDir,
    target: tempfile::TempDir,
}

impl Workshop {
    /// What was built lies beside this program, and only what a patch changes is built again: the rest is there a second time, as
    /// links. Nothing is written where the tests themselves were built: whoever builds replaces a file, and so its link alone.
    fn new() -> Self {
        let (copy, target) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        copy_sources(root(), copy.path()).unwrap();
        copy_times(root(), copy.path()).unwrap();
        let built = std::env::current_exe().unwrap();
        let deps = built.parent().unwrap();
        let (from, to) = (deps.parent().unwrap(), target.path().join("debug"));
        fs::create_dir_all(to.join("deps")).unwrap();
        // With their times, by which cargo knows what is fresh.
        let mut copies = Command::new("cp");
        copies.arg("-a").arg(from.join(".fingerprint")).arg(from.join("build")).arg(&to);
        assert!(copies.status().unwrap().success());
        for entry in fs::read_dir(deps).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let is_library = [".rlib", ".rmeta", ".so"].iter().any(|end| name.ends_with(end));
            if is_library {
                fs::hard_link(entry.path(), to.join("deps").join(name)).unwrap();
            }
        }
        Self { copy, target }
    }

    /// What the worlds say of these seeds, and whether all of them hold.
    fn worlds(&self, seeds: &str) -> (bool, String) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args([
            "test",
            "--workspace",
            "--locked",
            "--quiet",
            "--test",
            "virtual_time",
            "--target-dir",
        ]);
        command.arg(self.target.path()).args(["--", "a_world_of_faults"]);
        let output = command.env("TRUNKLAB_SEEDS", seeds).current_dir(self.copy.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

#[test]
fn the_worlds_find_each_kept_bug_again() {
    let there = fs::read_dir(root().join("tests/kept_bugs")).unwrap().count();
    assert_eq!(there, KEPT.len(), "each patch is listed");
    let workshop = Workshop::new();
    let copy = workshop.copy.path();
    for (name, sign, seeds) in KEPT {
        let broken = patch(name).applied_to(copy).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        for (path, text) in &broken {
            fs::write(path, text).unwrap();
        }
        let (holds, said) = workshop.worlds(seeds);
        assert!(!holds && said.contains(sign), "{name} is not noticed: {said}");
        for path in broken.keys() {
            fs::copy(root().join(path.strip_prefix(copy).unwrap()), path).unwrap();
        }
    }
}
