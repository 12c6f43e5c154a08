use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::lstm::{
    SMALL, Sizes, cell, differentiable, emit_all, emit_sum, inputs, plain, variants,
};
use crate::ops::testing::{
    array, assert_recurrences_agree, check_gradients, numbers, reference, shape_after, shape_error,
};
use crate::program::Place;

/// Output `output` of the operation.
fn pick(lstm: &Lstm, output: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| Ok(emit_all(lstm, b, x)?[output])
}

/// An LSTM of one unit and one feature with a linear candidate that is `x` and gates that are all ½, run over two
/// steps from zero states: c becomes ½ c + ½ x, and h ½ c.
fn halves(lstm: &Lstm, x: [f64; 2], mask: Option<[f64; 2]>, output: usize) -> Vec<f64> {
    let mut arrays = vec![
        array(&[1, 2, 1], &x),
        array(&[1, 4], &[0.0, 0.0, 1.0, 0.0]),
        array(&[1, 4], &[0.0; 4]),
        array(&[1, 1], &[0.0]),
        array(&[1, 1], &[0.0]),
    ];
    arrays.extend(mask.map(|mask| array(&[1, 2], &mask)));
    let lstm = Lstm { activation: cell("linear"), has_bias: false, has_mask: mask.is_some(), ..lstm.clone() };
    reference(&arrays, &pick(&lstm, output)).unwrap().iter().copied().collect()
}

fn sequences() -> Lstm {
    Lstm { return_sequences: true, ..plain() }
}

/// Shapes of the inputs for a batch of any size and any number of steps.
fn shapes(lstm: &Lstm) -> Vec<Shape> {
    let known = inputs(lstm, SMALL);
    let mut shapes: Vec<Shape> = known.iter().map(|array| Shape::known(array.shape())).collect();
    shapes[0] = Shape::new([None, None, Some(SMALL.features)]);
    shapes
}

#[test]
fn outputs_are_a_row_or_a_sequence_and_the_states() {
    let shapes = shapes(&plain());
    let after = |lstm: &Lstm, output| shape_after(&shapes, &pick(lstm, output)).unwrap();
    let state = Shape::new([None, Some(5)]);
    assert_eq!(after(&sequences(), 0), Shape::new([None, None, Some(5)]));
    for output in 0..3 {
        assert_eq!(after(&plain(), output), state);
    }
    assert_eq!(after(&plain(), RECORD), Shape::new([None]));
}

#[test]
fn an_input_of_another_shape_is_an_error_that_names_it() {
    let lstm = Lstm {
        has_mask: true,
        dropout: DropoutForm::Shared,
        recurrent_dropout: DropoutForm::PerGate,
        ..plain()
    };
    let wrong: [(usize, &[usize], &str); 9] = [
        (0, &[3, 2], "expected inputs [None, None, None] (batch, time, features), got [3, 2]"),
        (1, &[3, 20], "expected kernel [2, 20] (features, 4 × units), got [3, 20]"),
        (2, &[5, 5], "expected recurrent_kernel [5, 20] (units, 4 × units), got [5, 5]"),
        (3, &[3, 4], "expected initial state h [3, 5] (batch, units), got [3, 4]"),
        (4, &[2, 5], "expected initial state c [3, 5] (batch, units), got [2, 5]"),
        (5, &[5], "expected bias [20] (4 × units), got [5]"),
        (6, &[3, 5], "expected mask [3, 4] (batch, time), got [3, 5]"),
        (7, &[4, 3, 2], "expected masks of dropout [3, 2] (batch, width), got [4, 3, 2]"),
        (8, &[3, 5], "expected masks of recurrent dropout [4, 3, 5] (gate, batch, width), got [3, 5]"),
    ];
    for (input, dims, text) in wrong {
        let arrays = inputs(&lstm, SMALL);
        let mut shapes: Vec<Shape> = arrays.iter().map(|array| Shape::known(array.shape())).collect();
        shapes[input] = Shape::known(dims);
        assert_eq!(shape_error(&shapes, &pick(&lstm, 0)), format!("lstm_1: {text}"));
    }
}

#[test]
fn the_state_halves_and_takes_half_of_the_input() {
    assert_eq!(halves(&sequences(), [2.0, 10.0], None, 0), [0.5, 2.75]);
    assert_eq!(halves(&plain(), [2.0, 10.0], None, 0), [2.75]);
    assert_eq!(halves(&plain(), [2.0, 10.0], None, 1), [2.75]);
    assert_eq!(halves(&plain(), [2.0, 10.0], None, 2), [5.5]);
}

#[test]
fn backwards_takes_the_last_step_first() {
    let backwards = Lstm { go_backwards: true, ..sequences() };
    assert_eq!(halves(&backwards, [2.0, 10.0], None, 0), halves(&sequences(), [10.0, 2.0], None, 0));
    assert_eq!(halves(&backwards, [2.0, 10.0], None, 0), [2.5, 1.75]);
}

#[test]
fn a_masked_step_leaves_the_states_and_repeats_the_output() {
    assert_eq!(halves(&sequences(), [2.0, f64::NAN], Some([1.0, 0.0]), 0), [0.5, 0.5]);
    assert_eq!(halves(&sequences(), [f64::NAN, 10.0], Some([0.0, 1.0]), 0), [0.0, 2.5]);
    assert_eq!(halves(&plain(), [2.0, f64::NAN], Some([1.0, 0.0]), 2), [1.0]);
}

#[test]
fn a_masked_step_puts_out_zeros_if_asked_to_and_keeps_the_state_all_the_same() {
    let zeros = Lstm { zero_output_for_mask: true, ..sequences() };
    assert_eq!(halves(&zeros, [2.0, 10.0], Some([1.0, 0.0]), 0), [0.5, 0.0]);
    assert_eq!(halves(&zeros, [2.0, 10.0], Some([1.0, 0.0]), 1), [0.5]);
}

#[test]
fn gates_lie_in_the_order_of_keras() {
    let lstm = Lstm { activation: cell("linear"), ..plain() };
    let outputs = |bias: [f64; 4]| {
        let zeros = |dims: &[usize]| numbers(dims, 0).mapv(|_| 0.0);
        let (one, c0) = (zeros(&[1, 1]), array(&[1, 1], &[4.0]));
        let arrays = [zeros(&[1, 1, 1]), zeros(&[1, 4]), zeros(&[1, 4]), one, c0, array(&[4], &bias)];
        [1, 2].map(|output| reference(&arrays, &pick(&lstm, output)).unwrap()[[0, 0]])
    };
    let (open, shut) = (1000.0, -1000.0);
    assert_eq!(outputs([open, shut, 3.0, open]), [3.0, 3.0], "only the input gate is open");
    assert_eq!(outputs([shut, open, 3.0, open]), [4.0, 4.0], "only the forget gate is open");
    assert_eq!(outputs([open, open, 3.0, shut]), [0.0, 7.0], "the output gate is shut");
}

#[test]
fn one_dropout_mask_is_the_same_as_four_equal_ones() {
    let (shared, per_gate) = (DropoutForm::Shared, DropoutForm::PerGate);
    let with = |dropout, recurrent_dropout| Lstm { dropout, recurrent_dropout, ..sequences() };
    let result = |lstm: &Lstm, arrays: &[_]| reference(arrays, &|b, x| emit_sum(lstm, b, x)).unwrap();
    let one_mask = inputs(&with(shared, shared), SMALL);
    let mut four_masks = one_mask.clone();
    for mask in &mut four_masks[6..8] {
        let same = ndarray::stack(ndarray::Axis(0), &[mask.view(), mask.view(), mask.view(), mask.view()]);
        *mask = same.unwrap();
    }
    let expected = result(&with(shared, shared), &one_mask);
    assert_eq!(result(&with(per_gate, per_gate), &four_masks), expected);
    assert_ne!(result(&sequences(), &one_mask[..6]), expected);
}

#[test]
fn gradients_are_those_of_central_differences_for_every_option() {
    for (name, lstm) in variants() {
        let emit = |b: &Builder, x: &[Value]| emit_sum(&lstm, b, x);
        check_gradients(&inputs(&lstm, SMALL), &differentiable(&lstm), &emit)
            .unwrap_or_else(|text| panic!("{name}: {text}"));
    }
}

#[test]
fn gradients_of_one_output_alone_are_those_of_central_differences() {
    for lstm in [plain(), sequences()] {
        for output in 0..3 {
            check_gradients(&inputs(&lstm, SMALL), &differentiable(&lstm), &pick(&lstm, output))
                .unwrap_or_else(|text| panic!("output {output}: {text}"));
        }
    }
}

#[test]
fn masks_have_no_gradient() {
    let lstm = Lstm { has_mask: true, dropout: DropoutForm::Shared, ..plain() };
    let b = Builder::new(Mode::Training);
    let arrays = inputs(&lstm, SMALL);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let loss = b.sum_all(emit_sum(&lstm, &b, &x).unwrap()).unwrap();
    let gradients = b.gradients(loss, &x).unwrap();
    let is_there: Vec<bool> = gradients.iter().map(Option::is_some).collect();
    assert_eq!(is_there, [true, true, true, true, true, true, false, false]);
}

#[test]
fn executors_agree_for_every_option() {
    for (name, lstm) in variants() {
        for output in 0..3 {
            assert_recurrences_agree(name, &inputs(&lstm, SMALL), &pick(&lstm, output));
        }
    }
}

#[test]
fn executors_agree_at_awkward_sizes() {
    let sizes =
        [[0, 3, 2, 5], [2, 0, 2, 5], [2, 3, 0, 5], [1, 1, 1, 1], [9, 2, 7, 8], [5, 3, 9, 17], [17, 4, 3, 33]];
    for [batch, steps, features, units] in sizes {
        for lstm in [plain(), sequences(), Lstm { has_mask: true, ..sequences() }] {
            let arrays = inputs(&lstm, Sizes { batch, steps, features, units });
            let name = format!("{batch}, {steps}, {features}, {units}");
            assert_recurrences_agree(&name, &arrays, &|b, x| emit_sum(&lstm, b, x));
        }
    }
}

#[test]
fn the_record_takes_memory_only_where_a_gradient_reads_it() {
    let b = Builder::new(Mode::Training);
    let arrays = inputs(&plain(), SMALL);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let outputs = emit_all(&plain(), &b, &x).unwrap();
    assert_eq!(b.finish(&outputs[..1]).unwrap().place(outputs[RECORD]), Place::Nowhere);
    let loss = b.sum_all(outputs[0]).unwrap();
    let gradient = b.gradients(loss, &x[1..2]).unwrap()[0].expect("a gradient");
    assert!(matches!(b.finish(&[gradient]).unwrap().place(outputs[RECORD]), Place::Slot(_)));
}

#[test]
fn the_cost_counts_both_products() {
    let dims: [&[usize]; 3] = [&[3, 4, 2], &[2, 20], &[5, 20]];
    // 12 rows, each a product with [2, 20] and one with [5, 20], of two operations an element.
    assert_eq!(plain().flops(&dims, &[]), 12 * 2 * (2 * 20 + 5 * 20));
}
