//! How many threads there are: as `GATEWISE_THREADS` says, also for calls too short for the library's own pool, and none but the
//! calling one in a runner that is to stay there.

#![cfg(target_os = "linux")]

use std::process::Command;

use gatewise::layers::{Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::{RunnerOptions, Sequential};

/// What tells this program that it is the one to be looked at.
const CHILD: &str = "GATEWISE_TEST_CHILD";

/// Runs the test of this name again in a program of its own, with so many threads if given; `true` in that program.
fn is_child(test: &str, num_threads: Option<&str>) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let program = std::env::current_exe().expect("the test is a program");
    let mut child = Command::new(program);
    child.args(["--exact", test, "--nocapture", "--test-threads", "1"]).env(CHILD, "1");
    match num_threads {
        Some(num_threads) => child.env("GATEWISE_THREADS", num_threads),
        None => child.env_remove("GATEWISE_THREADS"),
    };
    let output = child.output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    false
}

#[test]
fn one_thread_starts_no_other() {
    if is_child("one_thread_starts_no_other", Some("1")) {
        predict_and_count();
    }
}

#[test]
fn a_runner_in_the_calling_thread_starts_no_other() {
    if is_child("a_runner_in_the_calling_thread_starts_no_other", None) {
        run_and_count();
    }
}

/// Large calls, of which others share the work in a runner that may.
fn run_and_count() {
    let mut model = Sequential::new();
    let lstm = Lstm::new(64).recurrent_initializer("glorot_uniform");
    model.add(Input::new([Some(60), Some(64)])).and_then(|model| model.add(lstm)).expect("a model");
    let x = vec![0.5; 32 * 60 * 64];
    let before = threads();
    let options = RunnerOptions { in_calling_thread: true, ..RunnerOptions::default() };
    let mut alone = model.runner_with([[32, 60, 64]], options).expect("a runner");
    let y = alone.run(&[&x]).expect("a prediction").to_vec();
    assert_eq!(threads(), before, "threads were started");
    let mut together = model.runner([[32, 60, 64]]).expect("a runner");
    assert_eq!(together.run(&[&x]).expect("a prediction"), y);
    assert!(threads() > before, "no thread helps, so that nothing was shown");
}

/// Calls that two threads could share, in close succession.
fn predict_and_count() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(60), Some(64)])).and_then(|model| model.add(Lstm::new(64))).expect("a model");
    let x = ArrayD::zeros(vec![1, 60, 64]);
    let before = threads();
    for _ in 0..200 {
        model.predict_on_batch(&x).expect("a prediction");
    }
    assert_eq!(threads(), before, "threads were started");
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("the threads are listed").count()
}
