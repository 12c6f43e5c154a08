//! The gradients of the reference against central differences, in double precision.

use super::*;
use crate::rnn::tests::case::Arrays;
use crate::testing::assert_close;

/// Half the distance of the two points of a difference: its own error is of the order of the square.
const STEP: f64 = 1e-5;

/// The error of a central difference at that distance, with room for third derivatives of a sum of many terms.
const TOLERANCE: f64 = 1e-7;

fn loss(case: &Case, arrays: &Arrays<f64>) -> f64 {
    let results = case.reference(arrays);
    let weighted =
        |values: &[f64], weights: &[f64]| -> f64 { values.iter().zip(weights).map(|(v, w)| v * w).sum() };
    weighted(&results.y, &arrays.d_y) + weighted(&results.h, &arrays.d_h)
}

/// The differences of the loss by the array that `part` picks.
fn differences(
    case: &Case,
    arrays: &Arrays<f64>,
    part: impl Fn(&mut Arrays<f64>) -> &mut Vec<f64>,
) -> Vec<f64> {
    let mut moved = arrays.clone();
    let mut loss_with = |n: usize, step: f64| {
        part(&mut moved)[n] += step;
        let loss = loss(case, &moved);
        part(&mut moved)[n] -= step;
        loss
    };
    let len = part(&mut arrays.clone()).len();
    (0..len).map(|n| (loss_with(n, STEP) - loss_with(n, -STEP)) / (2.0 * STEP)).collect()
}

#[test]
fn reference_gradients_are_the_slopes_of_the_loss_with_every_option() {
    for case in KINDS.into_iter().flat_map(|kind| Case::with_options(kind, [2, 4, 3, 2])) {
        let arrays = case.arrays();
        let results = case.reference(&arrays);
        let check = |what: &str, got: &[f64], part: &dyn Fn(&mut Arrays<f64>) -> &mut Vec<f64>| {
            assert_close(&format!("{case:?}: {what}"), got, &differences(&case, &arrays, part), TOLERANCE);
        };
        check("d_x", &results.d_x, &|arrays| &mut arrays.x);
        check("d_kernel", &results.d_kernel, &|arrays| &mut arrays.kernel);
        check("d_recurrent_kernel", &results.d_recurrent_kernel, &|arrays| &mut arrays.recurrent_kernel);
        check("d_h0", &results.d_h0, &|arrays| &mut arrays.h0);
        if case.bias {
            check("d_bias", &results.d_bias, &|arrays| &mut arrays.bias);
        }
    }
}
