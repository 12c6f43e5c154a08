//! `GATEWISE_THREADS` is how many threads there are, also for calls too short for the library's own pool.

#![cfg(target_os = "linux")]

use std::process::Command;

use gatewise::Sequential;
use gatewise::layers::{Input, Lstm};
use gatewise::ndarray::ArrayD;

/// What tells this program that it is the one to be looked at.
const CHILD: &str = "GATEWISE_TEST_CHILD";

#[test]
fn one_thread_starts_no_other() {
    if std::env::var_os(CHILD).is_some() {
        return predict_and_count();
    }
    let program = std::env::current_exe().expect("the test is a program");
    let mut child = Command::new(program);
    child.args(["--exact", "one_thread_starts_no_other", "--nocapture", "--test-threads", "1"]);
    let output = child.env(CHILD, "1").env("GATEWISE_THREADS", "1").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
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
