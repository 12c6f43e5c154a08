use super::*;
use crate::bench::workload::{Form, Job};

fn workload() -> Workload {
    Workload {
        name: "small".to_owned(),
        job: Job::Predict,
        form: Form::Stacked,
        batch: 1,
        steps: vec![1],
        features: vec![1],
        units: vec![1],
        has_dropout: false,
        line: "small,predict,stacked,1,1,1,1,0,0".to_owned(),
    }
}

/// Starts a shell that does this.
fn start(script: &str, folder: &Path) -> Result<Peer> {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]);
    Peer::start(command, "shell", "script", &workload(), folder)
}

const READY: &str = r"printf 'ready\t1.2\tnone\t3\n'";

fn message(error: &anyhow::Error) -> String {
    format!("{error:#}")
}

#[test]
fn an_engine_tells_what_it_is_and_then_takes_turns() {
    let folder = tempfile::tempdir().unwrap();
    // Each count is answered by itself as a time.
    let script = format!("{READY}; while read count; do echo $count.5 1; done");
    let mut peer = start(&script, folder.path()).unwrap();
    assert_eq!((&*peer.version, &*peer.isa, &*peer.threads), ("1.2", "none", "3"));
    for _ in 0..2 {
        assert_eq!(peer.take(Turn { warm_up: 4, timed: 7 }).unwrap(), [7.5, 1.0]);
    }
}

#[test]
fn no_repeat_warms_up_what_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = start(&format!("{READY}; read count; echo $count"), folder.path()).unwrap();
    assert_eq!(peer.take(Turn { warm_up: 0, timed: 1 }).unwrap(), [1.0]);
}

#[test]
fn an_engine_that_ends_on_its_turn_is_an_error_that_names_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = start(&format!("{READY}; read count; echo broken >&2"), folder.path()).unwrap();
    let error = message(&peer.take(Turn { warm_up: 1, timed: 1 }).unwrap_err());
    assert!(error.contains("shell script ended, see"), "{error}");
    let log = folder.path().join("log-shell-script.txt");
    assert!(error.ends_with(&log.display().to_string()), "{error}");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "broken\n");
}

#[test]
fn an_engine_that_is_killed_while_it_rests_is_an_error_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = start(&format!("{READY}; while read count; do echo 1; done"), folder.path()).unwrap();
    peer.child.kill().unwrap();
    peer.child.wait().unwrap();
    let error = message(&peer.take(Turn { warm_up: 1, timed: 1 }).unwrap_err());
    assert!(error.contains("ended, see"), "{error}");
}

#[test]
fn an_engine_that_does_not_get_ready_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = message(&start("exit 1", folder.path()).err().unwrap());
    assert!(error.contains("ended, see"), "{error}");
    let error = message(&start("echo hello", folder.path()).err().unwrap());
    assert!(error.contains("wrote `hello`"), "{error}");
}

#[test]
fn a_text_instead_of_times_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = start(&format!("{READY}; read count; echo quick"), folder.path()).unwrap();
    let error = message(&peer.take(Turn { warm_up: 0, timed: 1 }).unwrap_err());
    assert!(error.contains("wrote `quick`, expected seconds"), "{error}");
}
