//! Weights in bfloat16 are those of the layer whose weights are rounded, to the bit.

use super::*;
use crate::bfloat16::round;
use crate::lstm::PackedWeights;
use crate::testing::{assert_same_bits, on_threads};

fn assert_is_that_of_rounded_weights(case: &Case, num_threads: usize) {
    let arrays = case.arrays();
    let mut rounded = arrays.clone();
    for weights in [&mut rounded.kernel, &mut rounded.recurrent_kernel] {
        weights.iter_mut().for_each(|weight| *weight = round(*weight));
    }
    assert_ne!(rounded.kernel, arrays.kernel);
    let expected = on_threads(1, || case.packed(&rounded));
    let got = on_threads(num_threads, || case.packed_by(PackedWeights::bfloat16, &arrays));
    let results = [("y", &got.y, &expected.y), ("h", &got.h, &expected.h), ("c", &got.c, &expected.c)];
    for (name, got, expected) in results {
        assert_same_bits(&format!("{name}, {num_threads} threads, {case:?}"), got, expected);
    }
}

#[test]
fn one_sample_and_many_with_every_option() {
    for (batch, steps, features, units) in
        [(1, 1, 3, 5), (1, 7, 8, 33), (1, 3, 9, 48), (2, 2, 1, 16), (13, 4, 20, 40)]
    {
        for case in Case::with_options(batch, steps, features, units) {
            assert_is_that_of_rounded_weights(&case, 1);
        }
    }
}

#[test]
fn two_threads_that_share_the_units() {
    for (batch, steps, features, units) in [(1, 120, 8, 128), (1, 40, 33, 120), (3, 60, 1, 90)] {
        let cases = Case::with_options(batch, steps, features, units);
        for case in cases.into_iter().filter(|case| case.activations == Activations::Default) {
            // When the second thread comes is up to chance.
            for _ in 0..3 {
                assert_is_that_of_rounded_weights(&case, 2);
            }
        }
    }
}
