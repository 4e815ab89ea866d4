//! The tree that the tests lie in: its root and its files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder that the workspace lies in.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// Every file of the tree below a folder with this extension, in order; what is built or hidden is passed over.
pub fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() {
                folders.extend((!hidden && !path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Copies what is neither built nor hidden, into a folder that is there.
///
/// # Errors
/// What the system says of a file that cannot be read or written.
pub fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let to = to.join(name);
        if entry.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            copy_sources(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Gives each file of a copy the time at which its original was changed: to cargo, what is built of the one is then built of the
/// other.
///
/// # Errors
/// What the system says of a file whose time cannot be read or set.
pub fn copy_times(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        let from = from.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_times(&from, &entry.path())?;
        } else {
            let file = fs::File::options().write(true).open(entry.path())?;
            file.set_modified(fs::metadata(from)?.modified()?)?;
        }
    }
    Ok(())
}
