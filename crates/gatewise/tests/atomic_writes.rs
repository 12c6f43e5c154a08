//! A writer that is killed or has no room leaves the old file or the new one, never a part of one.
//!
//! Each test starts its own program again as the writer.

#![cfg(unix)]
#![allow(missing_docs)]

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use gatewise::Sequential;
use gatewise::format::{Load, load};
use gatewise::layers::{Dense, Input};

/// Set for a writer: the file that it writes.
const TARGET: &str = "GATEWISE_TEST_TARGET";
/// What a writer ends with when a file cannot be written.
const REFUSED: i32 = 3;
const KILL: i32 = 9;
const XFSZ: i32 = 25;
const FORMATS: [&str; 3] = ["keras", "h5", "safetensors"];

/// A model of 160 kB whose numbers are all `value`.
fn model(value: f32) -> Sequential {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(200)])).unwrap().add(Dense::new(200)).unwrap();
    let mut weights = model.get_weights();
    weights.iter_mut().for_each(|weight| weight.fill(value));
    model.set_weights(&weights).unwrap();
    model
}

/// The value of the model in a file; fails unless the file loads and all its numbers are one.
fn value(path: &Path) -> f32 {
    let loaded = load(path, &Load::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let weights = loaded.model.get_weights();
    let first = weights[0].iter().copied().next().unwrap();
    assert_eq!(weights.iter().map(|weight| weight.len()).sum::<usize>(), 200 * 201);
    assert!(weights.iter().flatten().all(|number| *number == first), "numbers of two files");
    first
}

/// This program again, as the writer of `target` in the test of this name.
fn writer(test: &str, target: &Path, before: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{before} exec \"$0\" \"$@\"")).arg(std::env::current_exe().unwrap());
    shell.args([test, "--exact", "--nocapture"]).env(TARGET, target);
    shell.stdout(Stdio::piped()).stderr(Stdio::null());
    shell
}

fn target() -> Option<PathBuf> {
    std::env::var_os(TARGET).map(PathBuf::from)
}

/// Names in a folder besides that of the file.
fn others(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| path.file_name().unwrap() != name.as_str());
    names
}

/// Only temporary files of this file.
fn assert_temporary(names: &[String], path: &Path) {
    let start = format!(".{}.tmp-", path.file_name().unwrap().display());
    assert!(names.iter().all(|name| name.starts_with(&start)), "{names:?}");
}

fn write_for_ever(path: &Path) -> ! {
    let models = [model(1.0), model(2.0)];
    loop {
        for model in &models {
            model.save(path).unwrap();
        }
    }
}

/// Starts a writer, kills it `after` this time and returns what it ended with.
fn kill(test: &str, path: &Path, after: Duration) -> ExitStatus {
    let mut child = writer(test, path, "").stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap()
}

#[test]
fn a_killed_writer_leaves_a_whole_file() {
    if let Some(path) = target() {
        write_for_ever(&path);
    }
    let folders = FORMATS.map(|ending| (ending, tempfile::tempdir().unwrap()));
    let mut random = 12_345_u32;
    let mut cut = 0;
    let mut values = vec![];
    // Twelve rounds, and more of them on a machine where no kill has come at a moment that matters.
    for round in 0..100 {
        for (ending, folder) in &folders {
            let path = folder.path().join(format!("model.{ending}"));
            if round == 0 {
                model(3.0).save(&path).unwrap();
            }
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let after = Duration::from_micros(u64::from(random >> 8) % (100_000 + 10_000 * round));
            let status = kill("a_killed_writer_leaves_a_whole_file", &path, after);
            assert_eq!(status.signal(), Some(KILL), "the writer ended by itself: {status}");
            values.push(value(&path));
            let left = others(&path);
            assert_temporary(&left, &path);
            cut += left.len();
            left.iter().for_each(|name| std::fs::remove_file(folder.path().join(name)).unwrap());
        }
        if round >= 11 && cut > 0 && values.contains(&1.0) && values.contains(&2.0) {
            return;
        }
    }
    panic!("{cut} writers killed while they wrote, values {values:?}");
}

/// Writes once, with files limited to 8 kB or 16 kB by the unit of the shell; `signal` says what the shell does about
/// the signal that comes with it.
fn write_without_room(test: &str, path: &Path, signal: &str) -> (ExitStatus, String) {
    let output = writer(test, path, &format!("{signal} ulimit -c 0; ulimit -f 16;")).output().unwrap();
    (output.status, String::from_utf8(output.stdout).unwrap())
}

#[allow(clippy::print_stdout, reason = "the test that started the writer reads its error there")]
fn write_once(path: &Path) -> ! {
    match model(2.0).save(path) {
        Ok(()) => std::process::exit(0),
        Err(error) => {
            println!("{error}");
            std::process::exit(REFUSED)
        }
    }
}

#[test]
fn a_write_without_room_is_an_error_and_leaves_the_old_file() {
    if let Some(path) = target() {
        write_once(&path);
    }
    for ending in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("model.{ending}"));
        model(1.0).save(&path).unwrap();
        let old = std::fs::read(&path).unwrap();
        let test = "a_write_without_room_is_an_error_and_leaves_the_old_file";

        let (status, said) = write_without_room(test, &path, "trap '' XFSZ;");
        assert_eq!(status.code(), Some(REFUSED), "{said}");
        assert!(said.contains(&path.display().to_string()), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), old);
        assert_eq!(others(&path), [""; 0]);

        let (status, _) = write_without_room(test, &path, "");
        assert_eq!(status.signal(), Some(XFSZ), "{status}");
        assert_eq!(std::fs::read(&path).unwrap(), old);
        assert_eq!(others(&path).len(), 1);
        assert_temporary(&others(&path), &path);
    }
}
