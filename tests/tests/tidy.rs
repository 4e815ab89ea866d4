//! The repository keeps its own rules: what no lint can see, a test reads.

use std::fs;
use std::path::{Path, PathBuf};

use trunklab_protocol::Cause;
use trunklab_tests::tree::{files_below, root};

fn source_files() -> Vec<PathBuf> {
    let found = files_below(root(), "rs");
    assert!(found.len() > 30, "the search must see the sources; it saw {}", found.len());
    found
}

/// What each package may import of ours (ARCHITECTURE.md, "Allowed imports").
const ALLOWED: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("protocol/speech", &["trunklab-protocol"]),
    ("controller/core", &["trunklab-protocol"]),
    ("controller/console", &["trunklab-protocol"]),
    ("controller", &["trunklab-protocol", "trunklab-speech", "trunklab-controller-core"]),
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
    let readers = [source_files(), files_below(root(), "md")].concat();
    let texts: Vec<String> = readers.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for scenario in files_below(&root().join("terminal-sim/scenarios"), "toml") {
        let name = scenario.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(texts.iter().any(|text| text.contains(&name)), "nothing names the scenario {name}");
    }
}

/// What makes a word between backticks the name of a file.
const EXTENSIONS: &[&str] = &["rs", "md", "toml", "py", "csv", "json"];

/// The words between backticks, and where links lead; blocks of code are passed over.
fn named(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let prose = text.split("```").step_by(2);
    for line in prose.flat_map(str::lines) {
        let spans = line.split('`').skip(1).step_by(2);
        words.extend(spans.flat_map(str::split_whitespace).map(str::to_owned));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        words.extend(links.filter(|link| !link.contains("://")).map(str::to_owned));
    }
    words
}

/// `a/{b,c}.rs` names `a/b.rs` and `a/c.rs`.
fn alternatives(word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once('{') else { return vec![word.to_owned()] };
    let (inside, after) = rest.split_once('}').unwrap_or_else(|| panic!("`{word}` has an open brace"));
    inside.split(',').flat_map(|part| alternatives(&format!("{before}{}{after}", part.trim()))).collect()
}

/// Whether a word is meant as a path. A reader's own files are written in capitals: `CALLS.csv`.
fn is_path(word: &str) -> bool {
    let path = Path::new(word);
    let extension = path.extension().is_some_and(|found| EXTENSIONS.iter().any(|known| found == *known));
    let capitals =
        path.file_stem().is_some_and(|stem| stem.to_string_lossy().chars().all(char::is_uppercase));
    word.contains('/') || extension && !capitals || word.ends_with(".md")
}

/// A path from the root, or the name alone of a source file or of its folder.
fn exists(path: &str) -> bool {
    let name = path.trim_end_matches('/');
    let somewhere = || source_files().iter().any(|file| file.iter().any(|part| part == name));
    root().join(name).exists() || !name.contains('/') && somewhere()
}

#[test]
fn every_path_that_the_guides_name_exists() {
    for guide in ["ARCHITECTURE.md", "README.md"] {
        let text = fs::read_to_string(root().join(guide)).unwrap();
        let paths: Vec<String> =
            named(&text).iter().flat_map(|word| alternatives(word)).filter(|word| is_path(word)).collect();
        assert!(paths.len() > 10, "{guide} names paths; found were {paths:?}");
        for path in paths {
            assert!(exists(&path), "{guide} names {path}, which does not exist");
        }
    }
}

#[test]
fn paths_are_found_in_prose() {
    let prose =
        "see `a/{b,c}.rs`, [d](d.md) and `run e/f.toml CALLS.csv --to 1`; not `Open`\n```\n`g/h.rs`\n```\n";
    let paths: Vec<String> =
        named(prose).iter().flat_map(|word| alternatives(word)).filter(|word| is_path(word)).collect();
    assert_eq!(paths, ["a/b.rs", "a/c.rs", "e/f.toml", "d.md"]);
    assert!(exists("tests/") && exists("tidy.rs") && !exists("tests/none.rs") && !exists("none.rs"));
}

/// Tests that go through the table of causes, or draw from it, and so reach none.
const GO_THROUGH_THE_TABLE: &[&str] =
    &["chapter_01", "chapter_02", "chapter_10", "hostile.rs", "controller/console/", "tests/src/", "tidy.rs"];

/// What is test in a source file.
fn test_part<'a>(path: &str, text: &'a str) -> &'a str {
    if path.contains("tests/") || path.ends_with("tests.rs") {
        return text;
    }
    text.find("#[cfg(test)]\nmod tests {").map_or("", |at| &text[at..])
}

fn names(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next())
    })
}

#[test]
fn a_test_reaches_every_cause() {
    let transcripts = files_below(&root().join("terminal-sim/scenarios/expected"), "txt");
    let judged: Vec<String> = source_files()
        .into_iter()
        .chain(transcripts)
        .filter_map(|file| {
            let path = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let passed_over = GO_THROUGH_THE_TABLE.iter().any(|part| path.contains(part));
            let text = (!passed_over).then(|| fs::read_to_string(&file).unwrap())?;
            Some(if path.ends_with(".txt") { text } else { test_part(&path, &text).to_owned() })
        })
        .collect();
    let missed: Vec<_> = Cause::ALL
        .iter()
        .filter(|cause| {
            // As the operator API says it, in quotation marks.
            let in_json = serde_json::to_string(cause).unwrap();
            let names_it = |text: &String| {
                names(text, cause.name()) || text.contains(cause.text()) || text.contains(&in_json)
            };
            !judged.iter().any(names_it)
        })
        .collect();
    assert!(missed.is_empty(), "no test expects {missed:?}");
}
