//! The program in a folder of its own, with models and arrays of real Keras.

#![allow(dead_code, missing_docs, reason = "each test uses some of it")]

#[path = "../../../gatewise/tests/common/mod.rs"]
pub mod fixtures;

use std::path::PathBuf;
use std::process::Command;

use gatewise::format;
use ndarray::ArrayD;
use tempfile::TempDir;

use fixtures::{Case, Group};

/// How far predictions may be from Keras's: as in the tests of the library.
pub const TOLERANCE: f64 = 1e-5;

/// What a run of the program gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Run {
    /// Fails unless the program is done.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }

    /// Fails unless the program ended in an error with this text, and no other result.
    #[track_caller]
    pub fn fails_with(self, expected: &str) {
        let last = self.err.lines().last().unwrap_or_default();
        assert_eq!(last, format!("error: {expected}"));
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""));
    }
}

/// A folder in which the program runs.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with a file that Keras wrote, its inputs `x` and Keras's predictions `y`.
    pub fn of(file: &str) -> Self {
        let group = Group::read("files");
        Self::with(&group.cases().find(|case| case.name() == file).unwrap())
    }

    /// A folder with the file of a case, and its arrays as `x.npy`, `y.npy`, … or, where there are several, `x0.npy`, ….
    pub fn with(case: &Case<'_>) -> Self {
        let folder = Self::new();
        folder.add(case.json["file"].as_str().unwrap());
        for letter in ["x", "y", "z"] {
            for (index, name) in names(case, letter).iter().enumerate() {
                folder.write(&format!("{name}.npy"), &case.f32(&format!("{letter}{index}")));
            }
        }
        folder
    }

    /// Copies a file that Keras wrote into the folder.
    pub fn add(&self, file: &str) {
        std::fs::copy(fixtures::path(&format!("files/{file}")), self.path(file)).unwrap();
    }

    /// Runs the program with arguments that have no spaces.
    pub fn run(&self, line: &str) -> Run {
        let program = Command::new(env!("CARGO_BIN_EXE_gatewise"))
            .args(line.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run { code: program.status.code(), out: text(program.stdout), err: text(program.stderr) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names of all files, in order.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn write(&self, name: &str, array: &ArrayD<f32>) {
        format::write_npy(self.path(name), array).unwrap();
    }

    pub fn write_text(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> ArrayD<f32> {
        format::read_npy(self.path(name)).unwrap()
    }

    /// The arrays of an archive, in its order.
    pub fn read_all(&self, name: &str) -> Vec<(String, ArrayD<f32>)> {
        format::read_npz(self.path(name)).unwrap()
    }

    pub fn read_text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

/// The names of the files of arrays with this letter.
pub fn names(case: &Case<'_>, letter: &str) -> Vec<String> {
    let count = (0..).take_while(|index| case.has(&format!("{letter}{index}"))).count();
    let name = |index| if count == 1 { letter.to_owned() } else { format!("{letter}{index}") };
    (0..count).map(name).collect()
}

/// `--option x0.npy --option x1.npy` for the arrays with this letter.
pub fn arguments(case: &Case<'_>, option: &str, letter: &str) -> String {
    names(case, letter).iter().map(|name| format!("--{option} {name}.npy ")).collect()
}

#[track_caller]
pub fn assert_close(got: &ArrayD<f32>, expected: &ArrayD<f32>) {
    fixtures::assert_close("", &fixtures::widen(got), &fixtures::widen(expected), TOLERANCE);
}
