//! `gatewise verify`: predictions against arrays that are known to be right.

use anyhow::{Result, bail};
use gatewise::ndarray::ArrayD;
use gatewise::utils::max_abs_difference;
use serde_json::json;

use super::{Answer, largest, predict};
use crate::args::VerifyArguments;
use crate::arrays::{self, Place};
use crate::{console, models, tables};

/// Runs the command. The answer is no when a number differs by more than the tolerance.
pub fn run(arguments: &VerifyArguments) -> Result<Answer> {
    let model = models::load_with_weights(&arguments.model)?;
    let predictions = predict::at_once(&model, &arguments.input, arguments.batch_size)?;
    let differences = differences(arguments, &predictions)?;
    let largest = largest(differences.iter().map(|(_, difference)| *difference));
    // NaN is in no order, and so fails.
    let passes = f64::from(largest) <= arguments.tolerance;
    let text = match arguments.json {
        true => as_json(arguments, &differences, largest, passes)?,
        false => as_text(arguments, &differences, largest, passes),
    };
    console::print(&text)?;
    Ok(if passes { Answer::Done } else { Answer::No })
}

/// The largest difference in each output.
fn differences(
    arguments: &VerifyArguments,
    predictions: &[(String, ArrayD<f32>)],
) -> Result<Vec<(String, f32)>> {
    let places: Vec<Place> =
        predictions.iter().map(|(name, array)| Place::of_predictions(name, array.shape())).collect();
    let expected = arrays::bind("--expect", arrays::read("--expect", &arguments.expect)?, &places)?;
    let pairs = predictions.iter().zip(&expected);
    let difference = |((name, got), expected): (&(String, ArrayD<f32>), &ArrayD<f32>)| {
        if got.is_empty() {
            bail!("the output \"{name}\" is empty, so that there is nothing to compare");
        }
        Ok((name.clone(), max_abs_difference(got, expected)?))
    };
    pairs.map(difference).collect()
}

fn as_text(arguments: &VerifyArguments, differences: &[(String, f32)], largest: f32, passes: bool) -> String {
    let mut lines = Vec::new();
    if differences.len() > 1 {
        lines.push(tables::differences(differences));
    }
    lines.push(format!(
        "max|diff| {}, tolerance {}",
        tables::small(largest),
        tables::small(arguments.tolerance)
    ));
    lines.push(if passes { "PASS" } else { "FAIL" }.to_owned());
    lines.join("\n")
}

/// Numbers that JSON has no form for are null.
fn as_json(
    arguments: &VerifyArguments,
    differences: &[(String, f32)],
    largest: f32,
    passes: bool,
) -> Result<String> {
    let outputs: serde_json::Map<String, serde_json::Value> =
        differences.iter().map(|(name, difference)| (name.clone(), json!(difference))).collect();
    Ok(serde_json::to_string_pretty(&json!({
        "max_abs_diff": largest,
        "tolerance": arguments.tolerance,
        "pass": passes,
        "outputs": outputs,
    }))?)
}
