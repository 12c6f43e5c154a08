//! Where the repository lies, and how its tools are started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The repository that this program was built from.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the repository above this crate's own folder.
    ///
    /// # Errors
    /// The folder is gone, as when the program was built elsewhere.
    pub fn find() -> Result<Self> {
        // `cargo run` tells the folder. The one compiled in may be that of another checkout with the same build folder.
        let told =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let above = Path::new(&told).join("..");
        let root = above.canonicalize().with_context(|| format!("{}: not found", above.display()))?;
        Ok(Self { root })
    }

    /// The top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A cargo command with these words, to be run in the top folder.
    pub fn cargo(&self, words: &[&str]) -> Command {
        // Cargo tells a program that it runs which cargo that was; a second one might be of another version.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(words).current_dir(&self.root);
        command
    }

    /// A Python 3 command with these words, to be run in the top folder.
    pub fn python(&self, words: &[&str]) -> Command {
        let mut command = Command::new("python3");
        command.args(words).current_dir(&self.root);
        command
    }

    /// The folder that cargo builds into.
    pub fn target(&self) -> PathBuf {
        let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        self.root.join(folder)
    }

    /// An empty folder of this name inside the build folder.
    ///
    /// # Errors
    /// The folder cannot be emptied or made.
    pub fn empty_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target().join("xtask").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("{}: cannot empty it", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("{}: cannot make it", folder.display()))?;
        Ok(folder)
    }
}
