//! Time and most memory of another process.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Between two looks at the process. What it takes in its last moments may stay unseen; the peak of a program that
/// loads, computes and writes comes before.
const PAUSE: Duration = Duration::from_micros(300);

/// What a process took.
pub struct Peak {
    /// From its start to its end.
    pub seconds: f64,
    /// Most memory that it has had at a time, as Linux counts it.
    pub bytes: u64,
}

/// Runs a command to its end, with nothing on its standard output.
///
/// # Errors
/// It cannot be started or fails, or the system does not tell the memory of processes as Linux does.
pub fn peak(command: &mut Command) -> Result<Peak> {
    let start = Instant::now();
    let name = command.get_program().display().to_string();
    let mut child = command.stdout(Stdio::null()).spawn().with_context(|| name.clone())?;
    let path = format!("/proc/{}/status", child.id());
    let mut bytes = None;
    let status = loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        bytes = high_water_mark(&text).max(bytes);
        if let Some(status) = child.try_wait().with_context(|| name.clone())? {
            break status;
        }
        thread::sleep(PAUSE);
    };
    let seconds = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{name} ended with {status}");
    let bytes = bytes.with_context(|| format!("{path}: no VmHWM, which only Linux has"))?;
    Ok(Peak { seconds, bytes })
}

/// The peak of memory in the text of `/proc/<process>/status`; one that has ended has none.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests;
