//! Timing jobs in alternation, so that a machine that slows down slows all of them.

use std::time::{Duration, Instant};

/// Calls of each job at least, whatever they take.
const LEAST: usize = 9;

/// Unmeasured calls of each job.
const WARM_UP: usize = 3;

/// Lets the jobs take turns, one call each, until `patience` is over, and returns the median seconds of each.
pub fn medians<E, const N: usize>(
    patience: Duration,
    mut jobs: [&mut dyn FnMut() -> Result<(), E>; N],
) -> Result<[f64; N], E> {
    for job in &mut jobs {
        for _ in 0..WARM_UP {
            job()?;
        }
    }
    let mut seconds = [const { Vec::new() }; N];
    let start = Instant::now();
    let mut round = 0;
    while round < LEAST || start.elapsed() < patience {
        for turn in 0..N {
            // Each round starts with another job, so that none always follows the same one.
            let which = (round + turn) % N;
            let start = Instant::now();
            jobs[which]()?;
            seconds[which].push(start.elapsed().as_secs_f64());
        }
        round += 1;
    }
    Ok(seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        (seconds[(round - 1) / 2] + seconds[round / 2]) / 2.0
    }))
}
