//! Calls that must give the same bits.

use super::*;
use crate::rnn::{Output, Outputs, PackedWeights, Sizes, forward_packed, forward_workspace_len};
use crate::testing::{assert_same_bits, on_threads, one_hot, uneven_mask};

fn assert_same_results(what: &str, got: &Results<f32>, expected: &Results<f32>) {
    for ((name, got), (_, expected)) in got.named().into_iter().zip(expected.named()) {
        assert_same_bits(&format!("{what}: {name}"), got, expected);
    }
}

/// The same for what a forward call returns.
fn assert_same_outputs(what: &str, got: &Results<f32>, expected: &Results<f32>) {
    assert_same_bits(&format!("{what}: y"), &got.y, &expected.y);
    assert_same_bits(&format!("{what}: h"), &got.h, &expected.h);
}

fn all_options(sizes: [usize; 4]) -> impl Iterator<Item = Case> {
    KINDS.into_iter().flat_map(move |kind| Case::with_options(kind, sizes))
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for sizes in [[37, 12, 5, 19], [64, 5, 40, 70], [16, 60, 8, 64]] {
        let is_tried = |case: &Case| {
            case.mask == (case.dropout != Dropout::None) || case.activations != Activations::Default
        };
        for case in all_options(sizes).filter(is_tried) {
            let arrays = case.arrays();
            let alone = on_threads(1, || case.fast(&arrays));
            for num_threads in [2, 3, 8] {
                let together = on_threads(num_threads, || case.fast(&arrays));
                assert_same_results(&format!("{num_threads} threads, {case:?}"), &together, &alone);
            }
            // Without a record the batch is cut by the number of threads.
            for num_threads in [1, 2, 3] {
                let packed = on_threads(num_threads, || case.packed(&arrays));
                assert_same_outputs(&format!("{num_threads} threads, {case:?}"), &packed, &alone);
            }
        }
    }
}

#[test]
fn two_threads_that_share_the_units_give_the_bits_of_one() {
    for sizes in [[1, 120, 8, 200], [1, 60, 33, 250], [3, 90, 1, 140], [2, 20, 20, 300]] {
        for case in all_options(sizes).filter(|case| case.dropout == Dropout::None) {
            let arrays = case.arrays();
            let alone = on_threads(1, || case.packed(&arrays));
            // When the second thread comes is up to chance.
            for _ in 0..5 {
                let together = on_threads(2, || case.packed(&arrays));
                assert_same_outputs(&format!("{case:?}"), &together, &alone);
            }
        }
    }
}

#[test]
fn two_threads_that_share_the_units_in_training_give_the_bits_of_one() {
    for (kind, sizes) in [
        (Kind::Simple, [1, 100, 33, 300]),
        (Kind::Simple, [2, 64, 150, 200]),
        (Kind::ResetAfter, [1, 30, 33, 300]),
        (Kind::ResetAfter, [3, 24, 150, 140]),
    ] {
        let cases = Case::with_options(kind, sizes);
        for case in cases.into_iter().filter(|case| case.dropout == Dropout::None) {
            let arrays = case.arrays();
            let alone = on_threads(1, || case.fast(&arrays));
            // When the second thread comes is up to chance.
            for _ in 0..5 {
                let together = on_threads(2, || case.fast(&arrays));
                assert_same_results(&format!("{case:?}"), &together, &alone);
            }
        }
    }
}

#[test]
fn steps_one_by_one_give_the_bits_of_the_whole_sequence() {
    for [batch, features, units] in [[1, 3, 5], [1, 64, 64], [7, 20, 33], [40, 2, 16]] {
        for case in all_options([batch, 6, features, units]) {
            let carries_output = case.mask && !case.zero_output_for_mask;
            if !case.sequence || case.go_backwards || carries_output {
                continue;
            }
            let arrays = case.arrays();
            let whole = case.fast(&arrays);
            let mut state = arrays.clone();
            for step in 0..6 {
                let one = Case { sizes: Sizes { steps: 1, ..case.sizes }, ..case };
                state.x = rows(&arrays.x, 6, step, features);
                state.mask = rows(&arrays.mask, 6, step, 1);
                state.d_y = rows(&arrays.d_y, 6, step, units);
                let next = one.fast(&state);
                let expected = rows(&whole.y, 6, step, units);
                assert_same_bits(&format!("y of step {step}, {case:?}"), &next.y, &expected);
                state.h0 = next.h;
            }
            assert_same_bits("h", &state.h0, &whole.h);
        }
    }
}

#[test]
fn weights_that_were_packed_before_give_the_same_bits() {
    for sizes in [[1, 1, 3, 5], [1, 7, 8, 33], [2, 2, 0, 16], [13, 4, 20, 40]] {
        for case in all_options(sizes) {
            let arrays = case.arrays();
            assert_same_outputs(&format!("{case:?}"), &case.packed(&arrays), &case.fast(&arrays));
        }
    }
}

#[test]
#[should_panic(expected = "packed for other sizes")]
fn weights_packed_for_other_sizes_are_refused() {
    let case = Case::new(Kind::ResetAfter, [1, 2, 3, 5]);
    let other = Case::new(Kind::ResetAfter, [1, 2, 4, 5]);
    let (arrays, other_arrays) = (case.arrays(), other.arrays());
    let packed = PackedWeights::new(&other.layer(&other_arrays));
    let (mut y, mut h) = (vec![0.0; case.y_len()], vec![0.0; 5]);
    let outputs = Outputs { y: Output::Sequence(&mut y), h: &mut h, record: None };
    let mut workspace = vec![0.0; forward_workspace_len(&case.layer(&arrays), true)];
    forward_packed(&case.layer(&arrays), &packed, &case.inputs(&arrays), outputs, &mut workspace);
}

/// Step `step` of an array `[B, T, width]`.
fn rows(values: &[f32], steps: usize, step: usize, width: usize) -> Vec<f32> {
    values.chunks(steps * width).flat_map(|sample| &sample[step * width..][..width]).copied().collect()
}

#[test]
fn steps_masked_at_the_end_are_steps_cut_off() {
    for kind in KINDS {
        for go_backwards in [false, true] {
            let plain = Case::new(kind, [11, 7, 4, 18]);
            let long = Case { mask: true, sequence: false, go_backwards, ..plain };
            let short = Case { sizes: Sizes { steps: 4, ..long.sizes }, mask: false, ..long };
            let mut arrays = long.arrays::<f32>();
            arrays.mask = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0].repeat(11);
            let masked = long.fast(&arrays);
            arrays.x = arrays.x.chunks(7 * 4).flat_map(|sample| &sample[..4 * 4]).copied().collect();
            let cut = short.fast(&arrays);
            assert_same_bits("y", &masked.y, &cut.y);
            assert_same_bits("h", &masked.h, &cut.h);
            assert_same_bits("d_h0", &masked.d_h0, &cut.d_h0);
            assert_same_bits("d_kernel", &masked.d_kernel, &cut.d_kernel);
            assert_same_bits("d_recurrent_kernel", &masked.d_recurrent_kernel, &cut.d_recurrent_kernel);
        }
    }
}

#[test]
fn a_sample_does_not_depend_on_its_neighbours() {
    for kind in KINDS {
        let case = Case::new(kind, [29, 3, 5, 21]);
        let arrays = case.arrays::<f32>();
        let all = case.fast(&arrays);
        for sample in [0, 5, 28] {
            let mut alone = arrays.clone();
            alone.x = arrays.x[sample * 15..][..15].to_vec();
            alone.h0 = arrays.h0[sample * 21..][..21].to_vec();
            alone.d_y = arrays.d_y[sample * 63..][..63].to_vec();
            alone.d_h = arrays.d_h[sample * 21..][..21].to_vec();
            let alone = Case::new(kind, [1, 3, 5, 21]).fast(&alone);
            assert_same_bits("y", &alone.y, &all.y[sample * 63..][..63]);
            assert_same_bits("d_x", &alone.d_x, &all.d_x[sample * 15..][..15]);
            assert_same_bits("d_h0", &alone.d_h0, &all.d_h0[sample * 21..][..21]);
        }
    }
}

#[test]
fn a_sample_does_not_depend_on_which_others_use_its_steps() {
    for kind in KINDS {
        let (case, steps) = (Case { mask: true, sequence: false, ..Case::new(kind, [29, 10, 5, 21]) }, 10);
        let mut arrays = case.arrays::<f32>();
        arrays.mask = uneven_mask(29, steps);
        let all = case.fast(&arrays);
        for sample in 0..29 {
            let part = |values: &[f32], width: usize| values[sample * width..][..width].to_vec();
            let mut alone = arrays.clone();
            (alone.x, alone.mask) = (part(&arrays.x, 5 * steps), part(&arrays.mask, steps));
            (alone.h0, alone.d_y, alone.d_h) =
                (part(&arrays.h0, 21), part(&arrays.d_y, 21), part(&arrays.d_h, 21));
            let alone = Case { sizes: Sizes { batch: 1, ..case.sizes }, ..case }.fast(&alone);
            assert_same_bits("y", &alone.y, &part(&all.y, 21));
            assert_same_bits("d_x", &alone.d_x, &part(&all.d_x, 5 * steps));
            assert_same_bits("d_h0", &alone.d_h0, &part(&all.d_h0, 21));
        }
    }
}

#[test]
fn ids_give_the_bits_of_the_rows_that_they_stand_for() {
    for sizes in [[1, 6, 16, 40], [9, 6, 40, 33], [40, 6, 70, 16]] {
        for case in all_options(sizes).filter(|case| case.dropout == Dropout::None) {
            let mut arrays = case.arrays::<f32>();
            arrays.x = one_hot(&arrays.ids, sizes[2]);
            let rows = Results { d_x: Vec::new(), ..case.fast(&arrays) };
            let case = Case { ids: true, ..case };
            assert_same_results(&format!("{case:?}"), &case.fast(&arrays), &rows);
        }
    }
}
