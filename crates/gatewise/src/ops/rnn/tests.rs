use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::lstm::{SMALL, Sizes, cell};
use crate::ops::testing::rnn::{KINDS, differentiable, emit_all, emit_sum, inputs, plain, small, variants};
use crate::ops::testing::{
    array, assert_recurrences_agree, check_gradients, numbers, reference, shape_after, shape_error,
};
use crate::program::Place;

/// Output `output` of the operation.
fn pick(rnn: &Rnn, output: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| Ok(emit_all(rnn, b, x)?[output])
}

fn sequences(kind: Kind) -> Rnn {
    Rnn { return_sequences: true, ..plain(kind) }
}

/// Shapes of the inputs for a batch of any size and any number of steps.
fn shapes(rnn: &Rnn) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = small(rnn).iter().map(|array| Shape::known(array.shape())).collect();
    shapes[0] = Shape::new([None, None, Some(SMALL.features)]);
    shapes
}

#[test]
fn outputs_are_a_row_or_a_sequence_and_the_state() {
    for kind in KINDS {
        let shapes = shapes(&plain(kind));
        let after = |rnn: &Rnn, output| shape_after(&shapes, &pick(rnn, output)).unwrap();
        let state = Shape::new([None, Some(5)]);
        assert_eq!(after(&sequences(kind), 0), Shape::new([None, None, Some(5)]));
        assert_eq!(after(&plain(kind), 0), state);
        assert_eq!(after(&plain(kind), 1), state);
        assert_eq!(after(&plain(kind), RECORD), Shape::new([None]));
    }
}

#[test]
fn an_input_of_another_shape_is_an_error_that_names_it() {
    let rnn = Rnn {
        has_mask: true,
        dropout: DropoutForm::Shared,
        recurrent_dropout: DropoutForm::PerGate,
        ..plain(Kind::ResetAfter)
    };
    let wrong: [(usize, &[usize], &str); 8] = [
        (0, &[3, 2], "expected inputs [None, None, None] (batch, time, features), got [3, 2]"),
        (1, &[3, 15], "expected kernel [2, 15] (features, gates × units), got [3, 15]"),
        (2, &[5, 5], "expected recurrent_kernel [5, 15] (units, gates × units), got [5, 5]"),
        (3, &[3, 4], "expected initial state [3, 5] (batch, units), got [3, 4]"),
        (4, &[15], "expected bias [2, 15] (of x and of h, gates × units), got [15]"),
        (5, &[3, 5], "expected mask [3, 4] (batch, time), got [3, 5]"),
        (6, &[3, 3, 2], "expected masks of dropout [3, 2] (batch, width), got [3, 3, 2]"),
        (7, &[3, 5], "expected masks of recurrent dropout [3, 3, 5] (gate, batch, width), got [3, 5]"),
    ];
    for (input, dims, text) in wrong {
        let mut shapes: Vec<Shape> = small(&rnn).iter().map(|array| Shape::known(array.shape())).collect();
        shapes[input] = Shape::known(dims);
        assert_eq!(shape_error(&shapes, &pick(&rnn, 0)), format!("rnn_1: {text}"));
    }
}

#[test]
fn the_simple_one_adds_what_comes_from_the_input_and_from_the_state() {
    let rnn = Rnn { activation: cell("linear"), has_bias: false, ..sequences(Kind::Simple) };
    let arrays = [
        array(&[1, 3, 1], &[1.0, 10.0, 100.0]),
        array(&[1, 1], &[2.0]),
        array(&[1, 1], &[0.5]),
        array(&[1, 1], &[8.0]),
    ];
    let y = |rnn: &Rnn| -> Vec<f64> { reference(&arrays, &pick(rnn, 0)).unwrap().iter().copied().collect() };
    assert_eq!(y(&rnn), [6.0, 23.0, 211.5]);
    assert_eq!(y(&Rnn { go_backwards: true, ..rnn }), [204.0, 122.0, 63.0]);
}

#[test]
fn gates_lie_in_the_order_of_keras() {
    for kind in [Kind::ResetAfter, Kind::ResetBefore] {
        let rnn = Rnn { activation: cell("linear"), ..plain(kind) };
        let rows = if kind == Kind::ResetAfter { 2 } else { 1 };
        // The candidate is 3 and, through the reset gate, four times the state, which is 2.
        let output = |z: f64, r: f64| {
            let zeros = |dims: &[usize]| numbers(dims, 0).mapv(|_| 0.0);
            let mut bias = vec![z, r, 3.0];
            bias.resize(3 * rows, 0.0);
            let bias = array(if rows == 2 { &[2, 3] } else { &[3] }, &bias);
            let recurrent = array(&[1, 3], &[0.0, 0.0, 4.0]);
            let arrays = [zeros(&[1, 1, 1]), zeros(&[1, 3]), recurrent, array(&[1, 1], &[2.0]), bias];
            reference(&arrays, &pick(&rnn, 0)).unwrap()[[0, 0]]
        };
        let (open, shut) = (1000.0, -1000.0);
        assert_eq!(output(open, open), 2.0, "the update gate keeps the state");
        assert_eq!(output(shut, shut), 3.0, "the reset gate shuts the state out");
        assert_eq!(output(shut, open), 11.0, "the candidate sees the state");
    }
}

#[test]
fn gradients_are_those_of_central_differences_for_every_option() {
    for (name, rnn) in variants() {
        let emit = |b: &Builder, x: &[Value]| emit_sum(&rnn, b, x);
        check_gradients(&small(&rnn), &differentiable(&rnn), &emit)
            .unwrap_or_else(|text| panic!("{name}: {text}"));
    }
}

#[test]
fn gradients_of_one_output_alone_are_those_of_central_differences() {
    for rnn in KINDS.into_iter().flat_map(|kind| [plain(kind), sequences(kind)]) {
        for output in 0..2 {
            check_gradients(&small(&rnn), &differentiable(&rnn), &pick(&rnn, output))
                .unwrap_or_else(|text| panic!("output {output}: {text}"));
        }
    }
}

#[test]
fn masks_have_no_gradient() {
    let rnn = Rnn { has_mask: true, dropout: DropoutForm::Shared, ..plain(Kind::ResetAfter) };
    let b = Builder::new(Mode::Training);
    let arrays = small(&rnn);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let loss = b.sum_all(emit_sum(&rnn, &b, &x).unwrap()).unwrap();
    let gradients = b.gradients(loss, &x).unwrap();
    let is_there: Vec<bool> = gradients.iter().map(Option::is_some).collect();
    assert_eq!(is_there, [true, true, true, true, true, false, false]);
}

#[test]
fn executors_agree_for_every_option() {
    for (name, rnn) in variants() {
        for output in 0..2 {
            assert_recurrences_agree(&name, &small(&rnn), &pick(&rnn, output));
        }
    }
}

#[test]
fn executors_agree_at_awkward_sizes() {
    let sizes =
        [[0, 3, 2, 5], [2, 0, 2, 5], [2, 3, 0, 5], [1, 1, 1, 1], [9, 2, 7, 8], [5, 3, 9, 17], [17, 4, 3, 33]];
    for [batch, steps, features, units] in sizes {
        for rnn in KINDS
            .into_iter()
            .flat_map(|kind| [plain(kind), sequences(kind), Rnn { has_mask: true, ..sequences(kind) }])
        {
            let arrays = inputs(&rnn, Sizes { batch, steps, features, units });
            let name = format!("{:?}, {batch}, {steps}, {features}, {units}", rnn.kind);
            assert_recurrences_agree(&name, &arrays, &|b, x| emit_sum(&rnn, b, x));
        }
    }
}

#[test]
fn the_record_takes_memory_only_where_a_gradient_reads_it() {
    let (b, rnn) = (Builder::new(Mode::Training), plain(Kind::ResetAfter));
    let arrays = small(&rnn);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let outputs = emit_all(&rnn, &b, &x).unwrap();
    assert_eq!(b.finish(&outputs[..1]).unwrap().place(outputs[RECORD]), Place::Nowhere);
    let loss = b.sum_all(outputs[0]).unwrap();
    let gradient = b.gradients(loss, &x[1..2]).unwrap()[0].expect("a gradient");
    assert!(matches!(b.finish(&[gradient]).unwrap().place(outputs[RECORD]), Place::Slot(_)));
}

#[test]
fn the_cost_counts_both_products() {
    let dims: [&[usize]; 3] = [&[3, 4, 2], &[2, 15], &[5, 15]];
    // 12 rows, each a product with [2, 15] and one with [5, 15], of two operations an element.
    assert_eq!(plain(Kind::ResetAfter).flops(&dims, &[]), 12 * 2 * (2 * 15 + 5 * 15));
}
