//! The built programs, for tests that run them as a person would.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The `trunklab` program of this tree, built if it is not; its output and errors are caught, its input is empty.
pub fn trunklab() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(|| build("trunklab", "trunklab")));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(root());
    command
}

/// The built `trunklab`'s place, for tests that let another program start it.
pub fn trunklab_path() -> PathBuf {
    PathBuf::from(trunklab().get_program())
}

/// The tree's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the tree")
}

/// What a program wrote.
pub fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).expect("our programs write UTF-8")
}

/// Cargo builds programs only for the tests of their own package, so this asks it to. It finds nothing to do if they
/// are built.
fn build(package: &str, name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let folder = test.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--package", package, "--bin", name]).current_dir(root());
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo runs, for it runs this test");
    assert!(status.success(), "{package} does not build");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
