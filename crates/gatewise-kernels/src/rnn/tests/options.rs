//! What each option means, seen in the results of the reference.

use super::*;
use crate::testing::{assert_close, numbers};

#[test]
fn constant_weights_give_the_values_of_keras() {
    // Keras 3.15.1 in single precision, with 0, 1, 2, … as inputs; the samples of each kind, all units alike.
    let cases: [(Kind, bool, &[f64]); 6] = [
        (Kind::Simple, false, &[0.642235159, 0.919129490]),
        (Kind::Simple, true, &[0.105696916, 0.734326958]),
        (Kind::ResetAfter, false, &[0.521728873, 0.637165963, 0.393849730]),
        (Kind::ResetAfter, true, &[0.244062542, 0.611515998, 0.392880886]),
        (Kind::ResetBefore, false, &[0.514477491, 0.642687976, 0.402082949]),
        (Kind::ResetBefore, true, &[0.227655798, 0.614976406, 0.401010572]),
    ];
    for (kind, go_backwards, expected) in cases {
        let sizes = if kind == Kind::Simple { [2, 5, 4, 3] } else { [3, 6, 4, 3] };
        let case = Case { go_backwards, sequence: false, ..Case::new(kind, sizes) };
        let mut arrays = case.arrays::<f64>();
        arrays.x.iter_mut().enumerate().for_each(|(n, x)| *x = n as f64);
        arrays.kernel.fill(0.01);
        arrays.recurrent_kernel.fill(0.02);
        arrays.bias.fill(0.03);
        arrays.h0.fill(0.0);
        for (row, &expected) in case.reference(&arrays).y.chunks(3).zip(expected) {
            assert_close("y", row, &[expected; 3], 1e-6);
        }
    }
}

#[test]
fn swapping_any_two_gates_changes_the_answer() {
    for kind in [Kind::ResetAfter, Kind::ResetBefore] {
        let case = Case::new(kind, [2, 3, 3, 4]);
        let arrays = case.arrays::<f32>();
        let swap = |values: &[f32], a: usize, b: usize| -> Vec<f32> {
            let swapped = |gate| {
                if gate == a {
                    b
                } else if gate == b {
                    a
                } else {
                    gate
                }
            };
            (0..values.len()).map(|n| values[n / 12 * 12 + swapped(n % 12 / 4) * 4 + n % 4]).collect()
        };
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let mut swapped = arrays.clone();
            swapped.kernel = swap(&arrays.kernel, a, b);
            swapped.recurrent_kernel = swap(&arrays.recurrent_kernel, a, b);
            swapped.bias = swap(&arrays.bias, a, b);
            for run in [Case::fast, Case::reference::<f32>] {
                let (plain, swapped) = (run(&case, &arrays), run(&case, &swapped));
                for ((name, plain), (_, swapped)) in plain.named().into_iter().zip(swapped.named()) {
                    let largest = plain.iter().zip(swapped).map(|(p, s)| (p - s).abs()).fold(0.0, f32::max);
                    assert!(largest > 1e-2, "{name} does not see gates {a} and {b} swapped");
                }
            }
        }
    }
}

#[test]
fn an_update_gate_that_is_open_keeps_the_state_and_a_shut_one_takes_the_candidate() {
    for kind in [Kind::ResetAfter, Kind::ResetBefore] {
        let case = Case { sequence: false, ..Case::new(kind, [2, 3, 2, 4]) };
        let mut arrays = case.arrays::<f64>();
        arrays.kernel.fill(0.0);
        arrays.recurrent_kernel.fill(0.0);
        arrays.bias.fill(0.5);
        arrays.bias[..4].fill(1000.0);
        assert_close("h", &case.reference(&arrays).h, &arrays.h0, 1e-15);
        arrays.bias[..4].fill(-1000.0);
        // The second row of the bias goes through the reset gate, σ(0.5 + 0.5).
        let second = if kind == Kind::ResetAfter { 0.5 / (1.0 + (-1.0f64).exp()) } else { 0.0 };
        assert_close("h", &case.reference(&arrays).h, &[(0.5 + second).tanh(); 8], 1e-15);
    }
}

#[test]
fn the_reset_gate_comes_before_or_after_the_product() {
    let [after, before] = [Kind::ResetAfter, Kind::ResetBefore]
        .map(|kind| Case { bias: false, ..Case::new(kind, [2, 3, 3, 4]) });
    let mut arrays = after.arrays::<f64>();
    assert_ne!(after.reference(&arrays).y, before.reference(&arrays).y);
    // With a diagonal block of g the order does not matter.
    for (n, weight) in arrays.recurrent_kernel.iter_mut().enumerate() {
        let (row, column) = (n / 12, n % 12);
        if column >= 8 && column - 8 != row {
            *weight = 0.0;
        }
    }
    assert_close("y", &after.reference(&arrays).y, &before.reference(&arrays).y, 1e-14);
}

#[test]
fn skipped_steps_emit_the_output_before_them_and_zeros_before_the_first() {
    for kind in KINDS {
        for (zero_output_for_mask, go_backwards) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let plain = Case::new(kind, [1, 5, 2, 3]);
            let case = Case { mask: true, zero_output_for_mask, go_backwards, ..plain };
            let mut arrays = case.arrays::<f32>();
            arrays.mask = vec![0.0, 1.0, 0.0, 1.0, 0.0];
            for results in [case.reference(&arrays), case.fast(&arrays)] {
                let y: Vec<&[f32]> = results.y.chunks(3).collect();
                assert_eq!(y[0], [0.0; 3]);
                assert_ne!(y[1], [0.0; 3]);
                assert_eq!(y[2], if zero_output_for_mask { &[0.0; 3] } else { y[1] });
                assert_ne!(y[3], y[1]);
                assert_eq!(y[4], if zero_output_for_mask { &[0.0; 3] } else { y[3] });
                assert_eq!(y[3], results.h);
            }
        }
    }
}

#[test]
fn a_sequence_without_used_steps_leaves_the_state_and_emits_zeros() {
    for kind in KINDS {
        let case = Case { mask: true, sequence: false, ..Case::new(kind, [2, 3, 2, 4]) };
        let mut arrays = case.arrays::<f32>();
        arrays.mask.fill(0.0);
        for results in [case.reference(&arrays), case.fast(&arrays)] {
            assert_eq!(results.y, [0.0; 8]);
            assert_eq!((results.h, results.d_h0), (arrays.h0.clone(), arrays.d_h.clone()));
            assert!(results.d_kernel.iter().chain(&results.d_x).all(|&d| d == 0.0));
        }
    }
}

#[test]
fn rubbish_at_skipped_steps_influences_nothing() {
    for kind in KINDS {
        for go_backwards in [false, true] {
            for dropout in [Dropout::None, Dropout::Shared, Dropout::PerGate] {
                let case = Case { mask: true, go_backwards, dropout, ..Case::new(kind, [9, 5, 3, 6]) };
                let clean = case.arrays::<f32>();
                let mut spoilt = clean.clone();
                for (row, &used) in clean.mask.iter().enumerate() {
                    if used == 0.0 {
                        spoilt.x[row * 3..][..3].copy_from_slice(&[f32::NAN, f32::INFINITY, -1e38]);
                    }
                }
                for run in [Case::fast, Case::reference::<f32>] {
                    let (clean, spoilt) = (run(&case, &clean), run(&case, &spoilt));
                    for ((name, clean), (_, spoilt)) in clean.named().into_iter().zip(spoilt.named()) {
                        assert_eq!(clean, spoilt, "{name} with {case:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn equal_dropout_masks_for_all_gates_are_one_shared_mask() {
    for kind in KINDS {
        let plain = Case::new(kind, [3, 3, 4, 5]);
        let shared = Case { dropout: Dropout::Shared, recurrent_dropout: Dropout::Shared, ..plain };
        let per_gate = Case { dropout: Dropout::PerGate, recurrent_dropout: Dropout::PerGate, ..plain };
        let mut arrays = shared.arrays::<f64>();
        arrays.dropout = arrays.dropout[..12].repeat(kind.gates());
        arrays.recurrent_dropout = arrays.recurrent_dropout[..15].repeat(kind.gates());
        let (shared, per_gate) = (shared.reference(&arrays), per_gate.reference(&arrays));
        for ((name, shared), (_, per_gate)) in shared.named().into_iter().zip(per_gate.named()) {
            assert_close(name, shared, per_gate, 1e-14);
        }
    }
}

#[test]
fn dropout_of_the_input_multiplies_it_and_that_of_the_state_leaves_what_the_update_gate_keeps() {
    for kind in KINDS {
        let plain = Case::new(kind, [2, 1, 4, 3]);
        let with = Case { dropout: Dropout::Shared, recurrent_dropout: Dropout::Shared, ..plain };
        let mut arrays = with.arrays::<f64>();
        let mut multiplied = arrays.clone();
        multiplied.x = arrays.x.iter().zip(&arrays.dropout).map(|(x, m)| x * m).collect();
        // Dropout of the state scales rows of the recurrent kernel, which is the same for all samples of equal masks.
        let mask: Vec<f64> = arrays.recurrent_dropout[..3].to_vec();
        arrays.recurrent_dropout[3..6].copy_from_slice(&mask);
        let width = 3 * kind.gates();
        for (n, weight) in multiplied.recurrent_kernel.iter_mut().enumerate() {
            *weight *= mask[n / width];
        }
        assert_close("y", &with.reference(&arrays).y, &plain.reference(&multiplied).y, 1e-15);
        arrays.dropout = numbers(77, arrays.dropout.len());
        assert_ne!(with.reference(&arrays).y, plain.reference(&multiplied).y);
    }
}

#[test]
#[should_panic(expected = "rnn: `kernel` must hold [3, 12] numbers")]
fn weights_of_the_wrong_size_panic() {
    let case = Case::new(Kind::ResetAfter, [2, 2, 3, 4]);
    let mut arrays = case.arrays::<f32>();
    arrays.kernel.pop();
    case.fast(&arrays);
}
