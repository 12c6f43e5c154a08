//! Rest by the signals of Unix, to all processes of an engine.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

/// Makes what the command starts a process group of its own.
pub fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Lets an engine do nothing until it is woken.
///
/// # Errors
/// The system refuses.
pub fn stop(child: &Child) -> Result<()> {
    signal(child, Signal::STOP)
}

/// Lets an engine go on.
///
/// # Errors
/// The system refuses.
pub fn wake(child: &Child) -> Result<()> {
    signal(child, Signal::CONT)
}

/// Ends an engine at once, even one that is stopped.
///
/// # Errors
/// The system refuses.
pub fn kill(child: &mut Child) -> Result<()> {
    signal(child, Signal::KILL)
}

fn signal(child: &Child, signal: Signal) -> Result<()> {
    match kill_process_group(Pid::from_child(child), signal) {
        // It has ended, as Linux and as macOS say it; whoever reads from it next finds that out and says where to look.
        Ok(()) | Err(Errno::SRCH | Errno::PERM) => Ok(()),
        Err(error) => Err(error).context("an engine gets no signal"),
    }
}
