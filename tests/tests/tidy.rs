//! The repository keeps its own rules: what no lint can see, a test reads.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && !path.ends_with("target") {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn source_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_below(&root(), "rs", &mut found);
    assert!(found.len() > 30, "the search must see the sources; it saw {}", found.len());
    found
}

/// What each package may import of ours (ARCHITECTURE.md, "Allowed imports").
const ALLOWED: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("controller/core", &["trunklab-protocol"]),
    ("controller/console", &["trunklab-protocol"]),
    ("controller", &["trunklab-protocol", "trunklab-controller-core"]),
    ("basestation/core", &["trunklab-protocol", "trunklab-controller-core"]),
    ("basestation", &["trunklab-protocol", "trunklab-basestation-core"]),
    ("terminal-sim/core", &["trunklab-protocol"]),
];

#[test]
fn packages_import_only_downwards() {
    for (package, allowed) in ALLOWED {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("[dev-dependencies]").next().unwrap();
        for line in dependencies.lines().filter(|line| line.starts_with("trunklab")) {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            assert!(allowed.contains(&name), "{package} must not import {name}");
        }
    }
}

/// Law 1: what a core must not know, whatever the lints can see.
const IMPURE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "tokio::",
    "std::net::Udp",
    "std::net::Tcp",
    "std::thread",
    "Mutex<",
    "RwLock<",
    "tracing::",
    "async fn",
];

#[test]
fn cores_are_pure() {
    for file in source_files() {
        let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if !path.contains("core/src/") && !path.starts_with("protocol/src/") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for word in IMPURE {
            assert!(!text.contains(word), "{path} knows `{word}`");
        }
    }
}

#[test]
fn nothing_unfinished_stays() {
    // Written in two halves, so that this list does not find itself.
    let markers = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ig", "nore"),
    ];
    for file in source_files() {
        let text = fs::read_to_string(&file).unwrap();
        for marker in markers {
            assert!(!text.contains(marker), "{} has `{marker}`", file.display());
        }
    }
}

#[test]
fn every_scenario_is_named_by_a_test_or_a_document() {
    let mut scenarios = Vec::new();
    files_below(&root().join("terminal-sim/scenarios"), "toml", &mut scenarios);
    let mut readers = source_files();
    files_below(&root(), "md", &mut readers);
    let texts: Vec<String> = readers.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for scenario in scenarios {
        let name = scenario.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(texts.iter().any(|text| text.contains(&name)), "nothing names the scenario {name}");
    }
}
