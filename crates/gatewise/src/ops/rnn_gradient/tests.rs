use ndarray::ArrayD;

use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::lstm::Sizes;
use crate::ops::testing::rnn::{KINDS, differentiable, emit_sum, inputs, plain, small, variants};
use crate::ops::testing::{assert_recurrences_agree, reference};
use crate::program::Place;

/// Emits the gradient of Σ r · tanh r by input `by`, where r shows all outputs.
fn gradient_by(rnn: &Rnn, by: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| {
        let result = emit_sum(rnn, b, x)?;
        let loss = b.sum_all(b.mul(result, b.tanh(result)?)?)?;
        Ok(b.gradients(loss, &x[by..=by])?[0].expect("a gradient"))
    }
}

/// A builder with the operation's gradients by all its inputs.
fn all_gradients(rnn: &Rnn, arrays: &[ArrayD<f64>]) -> (Builder, Vec<Value>) {
    let b = Builder::new(Mode::Training);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let loss = b.sum_all(emit_sum(rnn, &b, &x).unwrap()).unwrap();
    let gradients = b.gradients(loss, &x).unwrap().into_iter().flatten().collect();
    (b, gradients)
}

#[test]
fn every_gradient_has_the_shape_of_what_it_is_by() {
    for rnn in KINDS.map(plain) {
        let arrays = small(&rnn);
        let (b, gradients) = all_gradients(&rnn, &arrays);
        let shapes: Vec<Shape> = gradients.iter().map(|value| b.shape(*value)).collect();
        assert_eq!(shapes, arrays.iter().map(|array| Shape::known(array.shape())).collect::<Vec<_>>());
    }
}

#[test]
fn a_gradient_that_is_read_alone_has_the_same_bits() {
    for rnn in KINDS.map(plain) {
        let arrays = small(&rnn);
        let (b, gradients) = all_gradients(&rnn, &arrays);
        let narrow: Vec<ArrayD<f32>> = arrays.iter().map(|array| array.mapv(|x| x as f32)).collect();
        let together = (b.evaluate_reference(&gradients, &arrays), b.evaluate(&gradients, &narrow));
        let together = (together.0.unwrap(), together.1.unwrap());
        for (index, gradient) in gradients.iter().enumerate() {
            let alone = b.evaluate_reference(&[*gradient], &arrays).unwrap();
            assert_eq!(alone[0], together.0[index], "{:?}, gradient {index}, naively", rnn.kind);
            let alone = b.evaluate(&[*gradient], &narrow).unwrap();
            assert_eq!(alone[0], together.1[index], "{:?}, gradient {index}, fast", rnn.kind);
        }
    }
}

#[test]
fn gradients_that_nobody_reads_take_no_memory() {
    let rnn = plain(KINDS[1]);
    let (b, gradients) = all_gradients(&rnn, &small(&rnn));
    let program = b.finish(&gradients[1..2]).unwrap();
    let is_kept = |value: &Value| program.place(*value) != Place::Nowhere;
    assert_eq!(gradients.iter().map(is_kept).collect::<Vec<_>>(), [false, true, false, false, false]);
}

#[test]
fn executors_agree_for_every_option() {
    for (name, rnn) in variants() {
        for by in differentiable(&rnn) {
            let name = format!("{name}, input {by}");
            assert_recurrences_agree(&name, &small(&rnn), &gradient_by(&rnn, by));
        }
    }
}

#[test]
fn executors_agree_at_awkward_sizes() {
    let sizes = [[0, 3, 2, 5], [2, 0, 2, 5], [2, 3, 0, 5], [1, 1, 1, 1], [9, 2, 7, 8], [5, 3, 9, 17]];
    for [batch, steps, features, units] in sizes {
        for rnn in KINDS.map(|kind| Rnn { has_mask: true, return_sequences: true, ..plain(kind) }) {
            let arrays = inputs(&rnn, Sizes { batch, steps, features, units });
            for by in differentiable(&rnn) {
                let name = format!("{:?}, {batch}, {steps}, {features}, {units}, input {by}", rnn.kind);
                assert_recurrences_agree(&name, &arrays, &gradient_by(&rnn, by));
            }
        }
    }
}

#[test]
fn second_derivatives_are_an_error_with_the_name_of_the_layer() {
    let rnn = plain(KINDS[1]);
    let error = reference(&small(&rnn), &|b, x| {
        let d_kernel = gradient_by(&rnn, 1)(b, x)?;
        let loss = b.sum_all(b.square(d_kernel)?)?;
        Ok(b.gradients(loss, &x[1..2])?[0].expect("a gradient"))
    });
    let error = error.unwrap_err();
    assert!(error.is_unsupported());
    let text = "second derivatives through this layer are not supported; an `Rnn` over a cell has them";
    assert_eq!(error.to_string(), format!("rnn_1: {text}"));
}
