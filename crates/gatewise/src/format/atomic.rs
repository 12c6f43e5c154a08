//! Writing a file whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it to `path`, so that a full
/// disk or a kill leaves the old file.
///
/// ```
/// let path = std::env::temp_dir().join("gatewise-doc-atomic.txt");
/// gatewise::format::write_atomically(&path, b"whole")?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"whole");
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the folder cannot be written to; the message names the path.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_beside(path);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|error| {
        // The temporary file may not exist; what went wrong first is what matters.
        let _ = fs::remove_file(&temporary);
        Error::io(path, &error)
    })
}

/// `.name.tmp-<process>` in the same folder, so that renaming stays within one file system.
fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.tmp-{}", std::process::id()))
}
