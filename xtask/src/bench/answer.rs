//! Comparing what two engines answered.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::peer::Peer;
use super::workload::BFLOAT16;

/// Largest difference of two numbers that count as the same. Both engines compute in f32, whose roundings add
/// up over a hundred steps and three weight updates to some 1e-5 for outputs and losses of about one.
const TOLERANCE: f64 = 1e-4;

/// The same for weights that are rounded to bfloat16, by at most a part in 256 each. Their effects cancel each other for the
/// most part: the outputs of six models of the size of `predict-large`, a few tenths, were off by 2e-5 to 5e-4.
const BFLOAT16_TOLERANCE: f64 = 2e-3;

/// Compares two answers number by number.
///
/// # Errors
/// One cannot be read, they have different lengths, or two numbers differ by more than the way's tolerance.
pub fn check(own: &Peer, other: &Peer) -> Result<()> {
    let worst = worst_difference(&read(&own.answer)?, &read(&other.answer)?, tolerance(other.way))
        .with_context(|| format!("answer of {} {}", other.engine, other.way))?;
    println!("{} {}: the answers agree within {worst:.1e}", other.engine, other.way);
    Ok(())
}

/// The answer of an engine that has one number.
///
/// # Errors
/// It cannot be read, or has another number of numbers.
pub fn only_number(peer: &Peer) -> Result<f64> {
    let numbers = read(&peer.answer)?;
    ensure!(numbers.len() == 1, "{} {}: {} numbers, expected 1", peer.engine, peer.way, numbers.len());
    Ok(numbers[0])
}

fn read(path: &Path) -> Result<Vec<f64>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: cannot read it", path.display()))?;
    let numbers = text.lines().map(str::parse).collect::<Result<Vec<f64>, _>>();
    numbers.with_context(|| format!("{}: not a number", path.display()))
}

fn tolerance(way: &str) -> f64 {
    if way == BFLOAT16 { BFLOAT16_TOLERANCE } else { TOLERANCE }
}

fn worst_difference(expected: &[f64], got: &[f64], tolerance: f64) -> Result<f64> {
    ensure!(!expected.is_empty(), "no number to compare");
    ensure!(expected.len() == got.len(), "{} numbers, expected {}", got.len(), expected.len());
    let mut worst = 0.0f64;
    for (index, (a, b)) in expected.iter().zip(got).enumerate() {
        let difference = (a - b).abs();
        // A NaN is within no tolerance.
        if difference.is_nan() || difference > tolerance {
            bail!("number {index} is {b}, expected {a} within {tolerance}");
        }
        worst = worst.max(difference);
    }
    Ok(worst)
}

#[cfg(test)]
mod tests;
