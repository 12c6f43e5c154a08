use std::process::{Command, Stdio};

use super::*;

/// A shell that does this, its standard input closed.
fn shell(script: &str) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(Stdio::null());
    set_apart(&mut command);
    command.spawn().unwrap()
}

/// Whether Linux tells that a process is stopped.
#[cfg(target_os = "linux")]
fn is_stopped(child: &Child) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    // Behind the name, which may hold anything, comes the state.
    stat.rsplit_once(") ").unwrap().1.starts_with('T')
}

#[cfg(target_os = "linux")]
fn wait_until(holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "it did not happen");
        sleep(Duration::from_millis(1));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_engine_that_is_stopped_does_nothing_until_it_is_woken() {
    let mut child = shell("while :; do :; done");
    assert!(!is_stopped(&child));
    stop(&child).unwrap();
    wait_until(|| is_stopped(&child));
    wake(&child).unwrap();
    wait_until(|| !is_stopped(&child));
    end_within(Duration::ZERO, &mut child).unwrap();
}

#[test]
fn an_engine_that_is_stopped_still_ends_by_itself() {
    let mut child = shell("read count; exit 7");
    stop(&child).unwrap();
    end(&mut child).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn an_engine_that_does_not_end_is_killed() {
    let mut child = shell("trap '' HUP TERM INT; while :; do sleep 0.01; done");
    stop(&child).unwrap();
    end_within(Duration::from_millis(50), &mut child).unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
}

#[test]
fn an_engine_that_has_ended_can_be_told_all_of_it() {
    let mut child = shell("exit 3");
    child.wait().unwrap();
    stop(&child).unwrap();
    wake(&child).unwrap();
    end(&mut child).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
}
