//! What each option means, seen in the results of the reference.

use super::*;
use crate::testing::{assert_close, numbers};

#[test]
fn the_values_of_keras_come_out_of_its_own_test() {
    // Keras 3, `layers/rnn/lstm_test.py`: constant weights, with the bias of the forget gate at 1.
    let case = Case::new(3, 6, 4, 3);
    for (go_backwards, expected) in
        [(false, [0.6288687, 0.86899155, 0.9460773]), (true, [0.35622165, 0.74789524, 0.8872726])]
    {
        let case = Case { go_backwards, sequence: false, ..case };
        let mut arrays = case.arrays::<f64>();
        arrays.x = (0..72).map(f64::from).collect();
        arrays.kernel.fill(0.01);
        arrays.recurrent_kernel.fill(0.02);
        arrays.bias = [[0.03; 3], [1.0; 3], [0.03; 3], [0.03; 3]].concat();
        arrays.h0.fill(0.0);
        arrays.c0.fill(0.0);
        let y = case.reference(&arrays).y;
        for (row, expected) in y.chunks(3).zip(expected) {
            assert_close("y", row, &[expected; 3], 1e-6);
        }
    }
}

#[test]
fn swapping_any_two_gates_changes_the_answer() {
    let case = Case::new(2, 3, 3, 4);
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
        (0..values.len()).map(|n| values[n / 16 * 16 + swapped(n % 16 / 4) * 4 + n % 4]).collect()
    };
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
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

#[test]
fn skipped_steps_emit_the_output_before_them_and_zeros_before_the_first() {
    for (zero_output_for_mask, go_backwards) in [(false, false), (false, true), (true, false), (true, true)] {
        let case = Case { mask: true, zero_output_for_mask, go_backwards, ..Case::new(1, 5, 2, 3) };
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

#[test]
fn a_sequence_without_used_steps_leaves_the_state_and_emits_zeros() {
    let case = Case { mask: true, sequence: false, ..Case::new(2, 3, 2, 4) };
    let mut arrays = case.arrays::<f32>();
    arrays.mask.fill(0.0);
    for results in [case.reference(&arrays), case.fast(&arrays)] {
        assert_eq!(results.y, [0.0; 8]);
        assert_eq!((results.h, results.c), (arrays.h0.clone(), arrays.c0.clone()));
        assert_eq!((results.d_h0, results.d_c0), (arrays.d_h.clone(), arrays.d_c.clone()));
        assert!(results.d_kernel.iter().chain(&results.d_x).all(|&d| d == 0.0));
    }
}

#[test]
fn rubbish_at_skipped_steps_influences_nothing() {
    for go_backwards in [false, true] {
        for dropout in [Dropout::None, Dropout::Shared, Dropout::PerGate] {
            let case = Case { mask: true, go_backwards, dropout, ..Case::new(9, 5, 3, 6) };
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

#[test]
fn equal_dropout_masks_for_all_gates_are_one_shared_mask() {
    let shared =
        Case { dropout: Dropout::Shared, recurrent_dropout: Dropout::Shared, ..Case::new(3, 3, 4, 5) };
    let per_gate = Case { dropout: Dropout::PerGate, recurrent_dropout: Dropout::PerGate, ..shared };
    let mut arrays = shared.arrays::<f64>();
    arrays.dropout = arrays.dropout[..12].repeat(4);
    arrays.recurrent_dropout = arrays.recurrent_dropout[..15].repeat(4);
    let (shared, per_gate) = (shared.reference(&arrays), per_gate.reference(&arrays));
    for ((name, shared), (_, per_gate)) in shared.named().into_iter().zip(per_gate.named()) {
        assert_close(name, shared, per_gate, 1e-14);
    }
}

#[test]
fn dropout_masks_multiply_what_goes_into_the_products() {
    let with = Case { dropout: Dropout::Shared, recurrent_dropout: Dropout::Shared, ..Case::new(2, 1, 4, 3) };
    let mut arrays = with.arrays::<f64>();
    let mut multiplied = arrays.clone();
    multiplied.x = arrays.x.iter().zip(&arrays.dropout).map(|(x, m)| x * m).collect();
    multiplied.h0 = arrays.h0.iter().zip(&arrays.recurrent_dropout).map(|(h, m)| h * m).collect();
    let without = Case { dropout: Dropout::None, recurrent_dropout: Dropout::None, ..with };
    assert_close("y", &with.reference(&arrays).y, &without.reference(&multiplied).y, 1e-15);
    arrays.dropout = numbers(77, arrays.dropout.len());
    assert_ne!(with.reference(&arrays).y, without.reference(&multiplied).y);
}

#[test]
#[should_panic(expected = "lstm: `kernel` must hold [3, 16] numbers")]
fn weights_of_the_wrong_size_panic() {
    let case = Case::new(2, 2, 3, 4);
    let mut arrays = case.arrays::<f32>();
    arrays.kernel.pop();
    case.fast(&arrays);
}
