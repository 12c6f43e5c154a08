//! The fast functions against the reference in single and double precision.

use super::*;
use crate::testing::{assert_close, growing_mask, leave_single_numbers};

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
    for kind in KINDS {
        for sizes in [[3, 4, 2, 5], [7, 3, 5, 17], [13, 2, 1, 33]] {
            for case in Case::with_options(kind, sizes) {
                assert_fast_is_close(&case);
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_numbers_of_units() {
    for kind in KINDS {
        for units in [1, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 19, 31, 32, 33, 35, 63, 64, 65, 67] {
            assert_fast_is_close(&Case::new(kind, [5, 3, 3, units]));
            assert_fast_is_close(&Case::new(kind, [1, 1, 3, units]));
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_batches() {
    for kind in KINDS {
        for batch in 0..30 {
            let case = Case::new(kind, [batch, 2, 3, 9]);
            assert_fast_is_close(&case);
            assert_fast_is_close(&Case { recurrent_dropout: Dropout::PerGate, ..case });
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_where_two_threads_may_share_the_units() {
    for (kind, sizes) in [(Kind::Simple, [2, 64, 150, 200]), (Kind::ResetAfter, [1, 30, 33, 300])] {
        let cases = Case::with_options(kind, sizes);
        for case in cases.into_iter().filter(|case| case.dropout == Dropout::None) {
            // Without bounds they grow with every step, and errors with them.
            if case.activations == Activations::Relu {
                continue;
            }
            // Many large weights would make a difference grow at every step.
            let (mut arrays, mut exact): (Arrays<f32>, Arrays<f64>) = (case.arrays(), case.arrays());
            arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight /= 8.0);
            exact.recurrent_kernel.iter_mut().for_each(|weight| *weight /= 8.0);
            assert_fast_is_near_with(&case, 2.0 * TOLERANCE, &arrays, &exact);
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_at_awkward_steps_and_features() {
    for kind in KINDS {
        for steps in [0, 1, 2, 9] {
            for features in [0, 1, 2, 15, 16, 17, 70] {
                let case = Case::new(kind, [4, steps, features, 6]);
                assert_fast_is_close(&Case { mask: true, ..case });
                assert_fast_is_close(&Case { sequence: false, ..case });
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_in_all_ways_to_the_gradients_by_the_weights() {
    for kind in KINDS {
        // Chunks of samples with sums of their own.
        for case in Case::with_options(kind, [40, 12, 9, 50]) {
            // These grow with every step, and errors with them.
            if !matches!(case.activations, Activations::Hard | Activations::Relu) {
                assert_fast_is_near(&case, 1e-4);
            }
        }
        // Chunks that share their sums, for weights are many; rows of weights on several threads.
        let plain = Case::new(kind, [24, 3, 60, 130]);
        assert_fast_is_near(&plain, 1e-4);
        assert_fast_is_near(&Case { mask: true, ..plain }, 1e-4);
        assert_fast_is_near(&Case { dropout: Dropout::PerGate, ..plain }, 1e-4);
        // More steps than one block has.
        for mask in [false, true] {
            assert_fast_is_near(&Case { mask, ..Case::new(kind, [700, 12, 1, 3]) }, 1e-4);
        }
    }
}

#[test]
fn sums_that_take_their_masks_sample_by_sample_are_those_of_masked_operands() {
    for kind in KINDS {
        // Enough steps for sums of their own, in one block and in two.
        for sizes in [[5, 40, 3, 9], [100, 70, 3, 30]] {
            for (dropout, recurrent_dropout) in
                [(Dropout::Shared, Dropout::PerGate), (Dropout::PerGate, Dropout::PerGate)]
            {
                let case = Case { dropout, recurrent_dropout, ..Case::new(kind, sizes) };
                let mut arrays = case.arrays::<f32>();
                let got = case.fast(&arrays);
                // A mask that uses every step changes nothing but the way to the sums.
                arrays.mask.fill(1.0);
                let expected = Case { mask: true, ..case }.fast(&arrays);
                for ((name, got), (_, expected)) in got.named().into_iter().zip(expected.named()) {
                    let got: Vec<f64> = got.iter().map(|&x| f64::from(x)).collect();
                    let expected: Vec<f64> = expected.iter().map(|&x| f64::from(x)).collect();
                    assert_close(&format!("{case:?}: {name}"), &got, &expected, 2e-4);
                }
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_on_rows_with_single_numbers() {
    for kind in KINDS {
        for sizes in [[3, 4, 15, 5], [1, 5, 16, 40], [13, 3, 200, 33], [40, 8, 20, 50]] {
            for case in Case::with_options(kind, sizes) {
                if matches!(case.activations, Activations::Hard | Activations::Relu) {
                    continue;
                }
                let (mut arrays, mut exact) = (case.arrays(), case.arrays());
                leave_single_numbers(&mut arrays.x, sizes[2]);
                leave_single_numbers(&mut exact.x, sizes[2]);
                assert_fast_is_near_with(&case, 1e-4, &arrays, &exact);
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_on_ids() {
    for kind in KINDS {
        for sizes in [[2, 0, 3, 4], [3, 4, 1, 5], [1, 5, 16, 40], [13, 3, 200, 33], [40, 8, 20, 50]] {
            for case in Case::with_options(kind, sizes) {
                let is_growing = matches!(case.activations, Activations::Hard | Activations::Relu);
                if case.dropout == Dropout::None && !is_growing {
                    let case = Case { ids: true, ..case };
                    assert_fast_is_near_with(&case, 1e-4, &case.arrays(), &case.arrays());
                }
            }
        }
    }
}

#[test]
fn fast_agrees_with_the_reference_from_a_state_of_zeros() {
    for kind in KINDS {
        for sizes in [[3, 4, 2, 5], [13, 1, 3, 33], [40, 10, 9, 50]] {
            for case in Case::with_options(kind, sizes) {
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
}

#[test]
fn fast_agrees_with_the_reference_where_a_mask_cuts_the_batch() {
    for kind in KINDS {
        for [batch, steps, features, units] in [[16, 60, 40, 64], [40, 40, 9, 50]] {
            let plain = Case { mask: true, ..Case::new(kind, [batch, steps, features, units]) };
            for case in [plain, Case { go_backwards: true, zero_output_for_mask: true, ..plain }] {
                let (mut arrays, mut exact) = (case.arrays(), case.arrays());
                arrays.mask = growing_mask(batch, steps);
                exact.mask = growing_mask(batch, steps);
                assert_fast_is_near_with(&case, 2e-4, &arrays, &exact);
            }
        }
    }
}

#[test]
fn a_gradient_that_fades_ends_as_zero_and_is_never_subnormal() {
    for kind in KINDS {
        let plain = Case { sequence: false, ..Case::new(kind, [2, 600, 3, 20]) };
        for case in [plain, Case { activations: Activations::CustomCandidate, ..plain }] {
            let mut arrays = case.arrays::<f32>();
            arrays.recurrent_kernel.iter_mut().for_each(|weight| *weight *= 0.1);
            let got = case.fast(&arrays);
            for (name, got) in got.named() {
                assert!(got.iter().all(|x| !x.is_subnormal()), "{name}, {case:?}");
            }
            assert!(got.d_h0.iter().all(|&d| d == 0.0), "{case:?}");
            assert!(got.d_x[599 * 3] != 0.0, "{case:?}");
            arrays.d_h[0] = f32::NAN;
            assert!(case.fast(&arrays).d_h0[..20].iter().all(|d| d.is_nan()), "NaN is not tiny: {case:?}");
        }
    }
}
