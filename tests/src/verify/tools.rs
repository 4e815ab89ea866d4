//! Tools that tests run and that a bare machine may lack.

use std::process::Command;

use anyhow::{Result, bail};

/// The command, and the Debian package that has it.
const TOOLS: &[(&str, &str)] = &[("python3", "python3"), ("tmux", "tmux")];

/// Installs what is missing.
pub fn ensure() -> Result<()> {
    for (tool, package) in TOOLS {
        if !exists(tool) {
            install(tool, package)?;
        }
    }
    Ok(())
}

fn install(tool: &str, package: &str) -> Result<()> {
    let update = Command::new("apt-get").args(["update", "-qq"]).status();
    let install = Command::new("apt-get").args(["install", "-y", "-qq", package]).status();
    if !exists(tool) {
        bail!(
            "the tests need `{tool}` and it could not be installed (update: {update:?}, install: {install:?}); \
             install the package `{package}`"
        );
    }
    Ok(())
}

fn exists(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}
