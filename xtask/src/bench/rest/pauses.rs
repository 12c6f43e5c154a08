//! Rest where there are no signals: a pause after each turn, longer than threads usually spin.

use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

/// Intel's OpenMP lets its threads spin for 0.2 s.
const SPIN: Duration = Duration::from_millis(300);

/// Does nothing.
pub fn set_apart(_: &mut Command) {}

/// Waits until an engine does nothing any more.
///
/// # Errors
/// None.
pub fn stop(_: &Child) -> Result<()> {
    sleep(SPIN);
    Ok(())
}

/// Does nothing.
///
/// # Errors
/// None.
pub fn wake(_: &Child) -> Result<()> {
    Ok(())
}

/// Ends an engine at once.
///
/// # Errors
/// The system refuses.
pub fn kill(child: &mut Child) -> Result<()> {
    Ok(child.kill()?)
}
