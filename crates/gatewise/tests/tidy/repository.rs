//! The files of this repository, read into memory.

use std::path::{Path, PathBuf};

/// One text file.
pub struct File {
    /// Below the top folder, with `/` between names.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// Folders that may hold Rust code.
const FOLDERS: [&str; 4] = ["crates", "benchmarks", "fuzz", "xtask"];

/// Crates that are libraries: no printing, no environment.
const LIBRARIES: [&str; 3] =
    ["crates/gatewise/src/", "crates/gatewise-kernels/src/", "crates/gatewise-python/src/"];

/// Every Rust file, tests and benches included.
pub fn rust_files() -> Vec<File> {
    files(|name| name.ends_with(".rs"))
}

/// Rust files that end up in a library, which its tests do not.
pub fn library_sources() -> Vec<File> {
    let mut files = rust_files();
    files.retain(|file| LIBRARIES.iter().any(|library| file.path.starts_with(library)));
    files.retain(|file| !file.path.ends_with("tests.rs") && !file.path.contains("/tests/"));
    files
}

/// The manifest of every crate.
pub fn manifests() -> Vec<File> {
    files(|name| name == "Cargo.toml")
}

/// The pages that tell a contributor where things are.
pub fn pages() -> Vec<File> {
    let paths = ["CONTRIBUTING.md", "ARCHITECTURE.md", "benchmarks/README.md"].map(|path| root().join(path));
    paths.iter().filter(|path| path.exists()).map(|path| read(path)).collect()
}

/// Whether a path of a page is there, from any of the folders in which paths begin.
pub fn exists(path: &str) -> bool {
    let bases = [
        "",
        "benchmarks",
        "crates/gatewise",
        "crates/gatewise/src",
        "crates/gatewise-kernels/src",
        "crates/gatewise-cli/src",
    ];
    bases.iter().any(|base| root().join(base).join(path).exists())
}

/// The manifest of the workspace.
pub fn root_manifest() -> File {
    read(&root().join("Cargo.toml"))
}

fn files(wanted: impl Fn(&str) -> bool) -> Vec<File> {
    let mut paths = Vec::new();
    for folder in FOLDERS.map(|folder| root().join(folder)) {
        if folder.is_dir() {
            collect(&folder, &mut paths);
        }
    }
    paths.retain(|path| wanted(&path.file_name().expect("a file has a name").to_string_lossy()));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

fn read(path: &Path) -> File {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).expect("it lies in the repository");
    File { path: path.to_string_lossy().replace('\\', "/"), text }
}
