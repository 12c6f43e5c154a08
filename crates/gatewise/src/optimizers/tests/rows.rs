//! Gradients that are rows of a table move weights to the same bits as whole ones, whatever the optimizer and its options.

use serde_json::{Value, json};

use super::super::*;

/// Rows and numbers in a row of the table, several parts of it and one that is not whole.
const TABLE: [usize; 2] = [700, 13];

const CLASSES: [&str; 14] = [
    "adam",
    "sgd",
    "rmsprop",
    "adagrad",
    "adadelta",
    "adamax",
    "adamw",
    "nadam",
    "adafactor",
    "ftrl",
    "lamb",
    "schedulefreeadamw",
    "muon",
    "lion",
];

/// Different numbers between −1 and 1.
fn numbers(len: usize, start: usize) -> Vec<f32> {
    (start..start + len).map(|index| (index as f32 * 0.7).sin()).collect()
}

/// Rows of a step, of which some are named twice.
fn ids(step: usize) -> Vec<f32> {
    (0..40).map(|index| ((index * index * 31 + 17 * step) % TABLE[0]) as f32).collect()
}

fn options() -> Vec<Value> {
    vec![
        json!({}),
        json!({"clipnorm": 0.5}),
        json!({"global_clipnorm": 0.5}),
        json!({"clipvalue": 0.1}),
        json!({"use_ema": true, "ema_overwrite_frequency": 2}),
        json!({"weight_decay": 0.01, "loss_scale_factor": 4.0}),
        json!({"gradient_accumulation_steps": 2, "global_clipnorm": 0.5, "use_ema": true}),
    ]
}

/// The bits of a table and a bias after five steps, and of what the optimizer keeps.
fn trained(mut optimizer: Box<dyn Optimizer>, has_rows: bool) -> Vec<u32> {
    let [rows, width] = TABLE;
    optimizer.build(&[("embedding/embeddings", &TABLE), ("dense/bias", &[5])]).unwrap();
    let (mut table, mut bias) = (numbers(rows * width, 3), numbers(5, 1));
    for step in 0..5 {
        let (ids, values) = (ids(step), numbers(40 * width, 100 * step));
        let by_table = Gradient::Rows { ids: &ids, values: &values };
        let (whole, by_bias) = (by_table.to_dense(table.len()).unwrap(), numbers(5, step));
        let weights = &mut [table.as_mut_slice(), bias.as_mut_slice()];
        if has_rows {
            optimizer.apply_gradients(&[by_table, Gradient::Dense(&by_bias)], weights).unwrap();
        } else {
            optimizer.apply(&[&whole, &by_bias], weights).unwrap();
        }
    }
    let kept = optimizer.state().into_iter().filter_map(|kept| match kept.value {
        OptimizerValue::Array(array) => Some(array.into_iter()),
        OptimizerValue::Integer(_) => None,
    });
    table.into_iter().chain(bias).chain(kept.flatten()).map(f32::to_bits).collect()
}

#[test]
fn rows_move_weights_as_whole_gradients_do() {
    for class in CLASSES {
        for options in options() {
            let make = || deserialize(&json!({"class_name": class, "config": options})).unwrap();
            assert!(trained(make(), true) == trained(make(), false), "{class} with {options}");
        }
    }
    let momentum = || deserialize(&json!({"class_name": "SGD", "config": {"momentum": 0.9}})).unwrap();
    assert_eq!(trained(momentum(), true), trained(momentum(), false));
    let scaled = || LossScaleOptimizer::new(get("adam").unwrap()).resolve().unwrap();
    assert_eq!(trained(scaled(), true), trained(scaled(), false));
}

#[test]
fn a_norm_that_is_no_number_reaches_the_rows_that_were_not_named() {
    let mut sgd = deserialize(&json!({"class_name": "SGD", "config": {"global_clipnorm": 1.0}})).unwrap();
    sgd.build(&[("table", &[3, 1])]).unwrap();
    let mut table = [1.0, 2.0, 3.0];
    let rows = Gradient::Rows { ids: &[1.0], values: &[f32::NAN] };
    sgd.apply_gradients(&[rows], &mut [&mut table]).unwrap();
    assert!(table.iter().all(|weight| weight.is_nan()));
}

#[test]
fn a_row_that_the_table_has_not_changes_nothing() {
    let mut sgd = get("sgd").unwrap();
    sgd.build(&[("bias", &[1]), ("table", &[3, 1])]).unwrap();
    let (mut bias, mut table) = ([1.0], [1.0, 2.0, 3.0]);
    let gradients = [Gradient::Dense(&[1.0]), Gradient::Rows { ids: &[3.0], values: &[1.0] }];
    let error = sgd.apply_gradients(&gradients, &mut [&mut bias, &mut table]).unwrap_err();
    assert!(error.is_data());
    assert_eq!((bias, table, sgd.iterations()), ([1.0], [1.0, 2.0, 3.0], 0));
}

/// What became of gradients and weights when every option went through all of memory by itself.
fn step_by_step(
    options: &OptimizerOptions,
    weights: &mut [f32],
    average: &mut [f32],
    sum: &mut [f32],
    step: u64,
) {
    let steps = options.gradient_accumulation_steps.unwrap_or(1);
    let is_update = (step + 1).is_multiple_of(steps);
    let gradient = numbers(weights.len(), 50 * step as usize);
    for (sum, gradient) in sum.iter_mut().zip(&gradient) {
        let divisor = if is_update { steps as f32 } else { 1.0 };
        *sum = (gradient / options.loss_scale_factor.unwrap_or(1.0) as f32 + *sum) / divisor;
    }
    if is_update {
        let norm = sum.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt() as f32;
        let limit = options.global_clipnorm.expect("the norm is clipped") as f32;
        let factor = limit * (1.0 / norm).min(1.0 / limit);
        weights.iter_mut().zip(&*sum).for_each(|(weight, g)| *weight -= g * factor * 0.01);
        sum.fill(0.0);
    }
    let share = if step / steps == 0 { 0.0 } else { 0.9 };
    let pairs = average.iter_mut().zip(&*weights);
    pairs.for_each(|(average, weight)| *average = share * *average + (1.0 - share) * weight);
}

#[test]
fn options_in_the_pass_of_the_rule_give_the_bits_of_passes_of_their_own() {
    for steps in [None, Some(3)] {
        let options = OptimizerOptions {
            global_clipnorm: Some(0.5),
            loss_scale_factor: Some(3.0),
            gradient_accumulation_steps: steps,
            use_ema: true,
            ema_momentum: 0.9,
            ..OptimizerOptions::default()
        };
        // Few numbers, whose squares are added up one after another in either way.
        let (mut expected, mut average, mut sum) = (numbers(5, 7), vec![0.0; 5], vec![0.0; 5]);
        let mut weights = expected.clone();
        let sgd = Sgd { options: options.clone(), ..Sgd::default() };
        let mut optimizer = OptimizerArgument::from(sgd).resolve().unwrap();
        optimizer.build(&[("weight", &[5])]).unwrap();
        for step in 0..9 {
            let gradient = numbers(5, 50 * step as usize);
            step_by_step(&options, &mut expected, &mut average, &mut sum, step);
            optimizer.apply(&[&gradient], &mut [&mut weights]).unwrap();
            assert_eq!(weights, expected, "step {step} of {steps:?}");
        }
        optimizer.finalize(&mut [&mut weights]).unwrap();
        assert_eq!(weights, average);
    }
}
