//! Engines that rest while others are on turn.
//!
//! Threads of an engine that has answered may go on spinning for a while, in the hope of more work, and take the cores of
//! the next one. So it is stopped, as a shell stops a program. Each engine is a process group of its own, so that processes
//! that it starts are stopped with it.
//!
//! Nothing stays stopped for ever. Where the bench ends, [`end`] wakes an engine first. Where the bench is killed, the system
//! wakes the groups that it leaves behind, and tells them to hang up.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

#[cfg_attr(unix, path = "rest/signals.rs")]
#[cfg_attr(not(unix), path = "rest/pauses.rs")]
mod system;

use system::kill;
pub use system::{set_apart, stop, wake};

/// Time that an engine has to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends an engine whose standard input is closed: by itself, or by force if that takes it too long.
///
/// # Errors
/// It cannot be waited for.
pub fn end(child: &mut Child) -> Result<()> {
    end_within(PATIENCE, child)
}

fn end_within(patience: Duration, child: &mut Child) -> Result<()> {
    wake(child)?;
    let begin = Instant::now();
    while child.try_wait()?.is_none() {
        if begin.elapsed() > patience {
            kill(child)?;
            child.wait()?;
            break;
        }
        sleep(Duration::from_millis(2));
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
