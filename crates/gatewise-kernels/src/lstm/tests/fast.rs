//! The fast functions against the reference in single and double precision.

use super::*;
use crate::testing::{assert_close, assert_same_bits, growing_mask, leave_single_numbers, on_threads};

/// The fast functions round differently from the reference in double precision, at every step and in sums over
/// steps and samples: some tens of units in the last place of numbers around one.
const TOLERANCE: f64 = 3e-5;

fn assert_fast_is_close(case: &Case) {
    assert_fast_is_near(case, TOLERANCE);
}

fn assert_fast_is_near(case: &Case, tolerance: f64) {
    assert_fast_is_near_with(case, tolerance, &case.arrays(), &case.arrays());
}

fn assert_fast_is_near_with(case: &Case, tolerance: f64, arrays: &Arrays<f32>, exact: &Arrays<f64>) {
    let expected = case.reference(exact);
    let got = case.fast(arrays);
    for ((name, got), (_, expected)) in got.named().into_iter().zip(expected.named()) {
        let got: Vec<f64> = got.iter().map(|&x| f64::from(x)).collect();
        assert_close(&format!("{case:?}: {name}"), &got, expected, tolerance);
    }
}

#[test]
fn fast_agrees_with_the_reference_with_every_option() {
    for (batch, steps, features, units) in [(3, 4, 2, 5), (7, 3, 5, 17), (13, 2, 1, 33)] {
        for case in Case::with_options(batch, steps, features, units) {
            assert_fast_is_close(&case);
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_numbers_of_units() {
    for units in [1, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 19, 31, 32, 33, 35, 63, 64, 65, 67] {
        assert_fast_is_close(&Case::new(5, 3, 3, units));
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_batches() {
    for batch in 0..30 {
        assert_fast_is_close(&Case::new(batch, 2, 3, 9));
        assert_fast_is_close(&Case { mask: true, ..Case::new(batch, 2, 3, 9) });
        assert_fast_is_close(&Case { recurrent_dropout: Dropout::PerGate, ..Case::new(batch, 2, 3, 9) });
    }
}

#[test]
fn fast_agrees_with_the_reference_where_two_threads_may_share_the_units() {
    for (batch, steps, features, units) in [(1, 40, 33, 260), (2, 12, 300, 200), (3, 20, 70, 200)] {
        let cases = Case::with_options(batch, steps, features, units);
        for case in cases.into_iter().filter(|case| case.activations == Activations::Default) {
            // Many large weights would make a difference grow at every step.
            let (mut arrays, mut exact): (Arrays<f32>, Arrays<f64>) = (case.arrays(), case.arrays());
            arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight /= 8.0);
            exact.recurrent_kernel.iter_mut().for_each(|weight| *weight /= 8.0);
            assert_fast_is_near_with(&case, TOLERANCE, &arrays, &exact);
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_steps_and_features() {
    for steps in [0, 1, 2, 9] {
        for features in [0, 1, 2, 15, 16, 17, 70] {
            assert_fast_is_close(&Case { mask: true, ..Case::new(4, steps, features, 6) });
            assert_fast_is_close(&Case { sequence: false, ..Case::new(4, steps, features, 6) });
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_on_rows_with_single_numbers() {
    // Too narrow to look, single rows, rows of several blocks and tiles of weights, and chunks with sums of their own.
    for (batch, steps, features, units) in [(3, 4, 15, 5), (1, 5, 16, 40), (13, 3, 200, 33), (40, 8, 20, 50)]
    {
        for case in Case::with_options(batch, steps, features, units) {
            if matches!(case.activations, Activations::Hard | Activations::Relu) {
                continue;
            }
            let (mut arrays, mut exact) = (case.arrays(), case.arrays());
            leave_single_numbers(&mut arrays.x, features);
            leave_single_numbers(&mut exact.x, features);
            assert_fast_is_near_with(&case, 1e-4, &arrays, &exact);
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_on_ids() {
    // No rows of weights, single rows, weights in place, and chunks with sums of their own.
    for (batch, steps, features, units) in
        [(2, 0, 3, 4), (3, 4, 1, 5), (1, 5, 16, 40), (13, 3, 200, 33), (40, 8, 20, 50)]
    {
        for case in Case::with_options(batch, steps, features, units) {
            let is_growing = matches!(case.activations, Activations::Hard | Activations::Relu);
            if case.dropout == Dropout::None && !is_growing {
                assert_fast_is_near(&Case { ids: true, ..case }, 1e-4);
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_from_states_of_zeros() {
    for (batch, steps, features, units) in [(3, 4, 2, 5), (13, 1, 3, 33), (40, 10, 9, 50)] {
        for case in Case::with_options(batch, steps, features, units) {
            if matches!(case.activations, Activations::Hard | Activations::Relu) {
                continue;
            }
            let (mut arrays, mut exact) = (case.arrays(), case.arrays());
            arrays.h0.fill(0.0);
            exact.h0.fill(0.0);
            assert_fast_is_near_with(&case, 1e-4, &arrays, &exact);
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_where_work_is_cut() {
    // Chunks of samples with sums of their own.
    for case in Case::with_options(40, 10, 9, 50) {
        // These grow with every step, and errors with them.
        if !matches!(case.activations, Activations::Hard | Activations::Relu) {
            assert_fast_is_near(&case, 1e-4);
        }
    }
    // Chunks that share their sums, for weights are many; rows of weights on several threads.
    let plain = Case::new(24, 3, 60, 110);
    assert_fast_is_near(&plain, 1e-4);
    assert_fast_is_near(&Case { mask: true, ..plain }, 1e-4);
    assert_fast_is_near(&Case { dropout: Dropout::PerGate, ..plain }, 1e-4);
    // More steps than one block of gradients by z has.
    for mask in [false, true] {
        assert_fast_is_near(&Case { mask, ..Case::new(700, 12, 1, 3) }, 1e-4);
    }
}

#[test]
fn sums_sample_by_sample_may_end_with_a_short_block() {
    // Forty blocks of 64 steps but for the last, which has 25.
    let plain = Case::new(24, 2521, 1, 48);
    let case = Case { recurrent_dropout: Dropout::PerGate, sequence: false, ..plain };
    let mut arrays = case.arrays::<f32>();
    // Gradients over so many steps must not grow.
    arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight *= 0.1);
    let got = case.fast(&arrays);
    arrays.mask.fill(1.0);
    let expected = Case { mask: true, ..case }.fast(&arrays);
    for (name, got, expected) in [
        ("d_kernel", got.d_kernel, expected.d_kernel),
        ("d_recurrent_kernel", got.d_recurrent_kernel, expected.d_recurrent_kernel),
    ] {
        assert_close(name, &got, &expected, 1e-3);
    }
}

#[test]
fn sums_that_take_their_masks_sample_by_sample_are_those_of_masked_operands() {
    // Enough steps for sums of their own, in one block and in two; the last input is wide.
    for (batch, steps, features, units) in [(5, 40, 3, 9), (100, 70, 3, 30), (7, 33, 21, 20)] {
        for activations in [Activations::Default, Activations::CustomCandidate] {
            for (dropout, recurrent_dropout) in [
                (Dropout::None, Dropout::PerGate),
                (Dropout::Shared, Dropout::PerGate),
                (Dropout::PerGate, Dropout::PerGate),
                (Dropout::PerGate, Dropout::None),
            ] {
                let plain = Case::new(batch, steps, features, units);
                let case = Case { activations, dropout, recurrent_dropout, ..plain };
                let mut arrays = case.arrays::<f32>();
                let got = case.fast(&arrays);
                // A mask that uses every step changes nothing but the way to the sums.
                arrays.mask.fill(1.0);
                let expected = Case { mask: true, ..case }.fast(&arrays);
                for ((name, got), (_, expected)) in got.named().into_iter().zip(expected.named()) {
                    match name {
                        "d_kernel" | "d_recurrent_kernel" => assert_close(name, got, expected, 2e-4),
                        _ => assert_eq!(got, expected, "{case:?}: {name}"),
                    }
                }
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_where_a_mask_moves_the_cut_between_chunks() {
    // With sums of each chunk's own, and with common ones.
    for (batch, steps, features, units) in [(20, 30, 8, 40), (32, 20, 8, 40), (24, 6, 60, 110)] {
        for case in Case::with_options(batch, steps, features, units) {
            if !case.mask || matches!(case.activations, Activations::Hard | Activations::Relu) {
                continue;
            }
            let (mut arrays, mut exact) = (case.arrays::<f32>(), case.arrays::<f64>());
            for (n, (used, exact)) in arrays.mask.iter_mut().zip(&mut exact.mask).enumerate() {
                let (sample, step) = (n / steps, n % steps);
                let is_used = step * batch <= sample * steps;
                (*used, *exact) = (f32::from(u8::from(is_used)), f64::from(u8::from(is_used)));
            }
            // Gradients over so many steps must not grow.
            arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight *= 0.25);
            exact.recurrent_kernel.iter_mut().for_each(|weight| *weight *= 0.25);
            assert_fast_is_near_with(&case, 1e-4, &arrays, &exact);
            let [alone, together] = [1, 2].map(|n| on_threads(n, || case.fast(&arrays)));
            for ((name, together), (_, alone)) in together.named().into_iter().zip(alone.named()) {
                assert_same_bits(name, together, alone);
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_where_a_mask_cuts_the_batch() {
    // Two chunks, and four.
    for (batch, steps, features, units) in [(16, 20, 40, 64), (40, 20, 9, 50)] {
        let plain = Case { mask: true, ..Case::new(batch, steps, features, units) };
        for case in [plain, Case { go_backwards: true, zero_output_for_mask: true, ..plain }] {
            let (mut arrays, mut exact) = (case.arrays(), case.arrays());
            arrays.mask = growing_mask(batch, steps);
            exact.mask = growing_mask(batch, steps);
            assert_fast_is_near_with(&case, 2e-4, &arrays, &exact);
        }
    }
}

#[test]
fn a_gradient_that_fades_ends_as_zero_and_is_never_subnormal() {
    let plain = Case { sequence: false, ..Case::new(2, 600, 3, 20) };
    for case in [plain, Case { activations: Activations::CustomCandidate, ..plain }] {
        let mut arrays = case.arrays::<f32>();
        arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight *= 0.1);
        let got = case.fast(&arrays);
        for (name, got) in got.named() {
            assert!(got.iter().all(|x| !x.is_subnormal()), "{name}, {case:?}");
        }
        assert!(got.d_h0.iter().chain(&got.d_c0).all(|&d| d == 0.0), "{case:?}");
        assert!(got.d_x[599 * 3] != 0.0, "{case:?}");
        arrays.d_h[0] = f32::NAN;
        assert!(case.fast(&arrays).d_h0[..20].iter().all(|d| d.is_nan()), "NaN is not tiny: {case:?}");
    }
}
