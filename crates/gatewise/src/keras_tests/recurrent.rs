//! Cells in training, under masks of dropout that Keras was given.

use ndarray::{ArrayD, Axis, IxDyn};
use serde_json::Value as Json;

use super::common::{Case, Group, assert_close, widen};
use crate::builder::{Builder, Mode, Steps};
use crate::graph::Value;
use crate::layers::cells::{FusedMasks, Masks, Sequence};
use crate::layers::{
    self, Cell, CellKind, ConvLstm1d, ConvLstm2d, Gru, Layer, LstmCell, RecurrentForm, Rnn, SimpleRnn,
    WeightedCell,
};
use crate::ops::recurrent::DropoutForm;
use crate::shape::Shape;

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

fn shapes(json: &Json) -> Vec<Vec<usize>> {
    let sizes = |shape: &Json| -> Vec<usize> {
        shape
            .as_array()
            .expect("a shape")
            .iter()
            .map(|size| size.as_u64().expect("a size") as usize)
            .collect()
    };
    json.as_array().expect("a list").iter().map(sizes).collect()
}

/// The weights that the vector `name` holds one after another.
fn weights(case: &Case<'_>, name: &str) -> Vec<ArrayD<f64>> {
    let all: Vec<f64> = case.f64(name).iter().copied().collect();
    let mut rest = all.as_slice();
    let cut = |shape: Vec<usize>| {
        let (own, after) = rest.split_at(shape.iter().product());
        rest = after;
        ArrayD::from_shape_vec(IxDyn(&shape), own.to_vec()).expect("as many numbers as the shape")
    };
    shapes(&case.json["weight_shapes"]).into_iter().map(cut).collect()
}

/// One mask after another; none where the case has none.
fn masks(case: &Case<'_>, name: &str) -> Vec<ArrayD<f64>> {
    let cut = |array: ArrayD<f64>| array.axis_iter(Axis(0)).map(|mask| mask.to_owned()).collect();
    if case.has(name) { cut(case.f64(name)) } else { Vec::new() }
}

/// The masks of a case as the operation over all steps takes them.
fn fused_masks(case: &Case<'_>, name: &str, enter: &mut impl FnMut(ArrayD<f64>) -> Value) -> FusedMasks {
    let all = masks(case, name);
    match all.len() {
        0 => (DropoutForm::None, None),
        1 => (DropoutForm::Shared, Some(enter(all[0].clone()))),
        _ => (DropoutForm::PerGate, Some(enter(case.f64(name)))),
    }
}

/// Runs the cell over the sequence of the case and compares outputs and gradients.
fn compare<K: CellKind>(case: &Case<'_>, cell: &WeightedCell<K>) {
    let b = Builder::new(Mode::Inference);
    let mut inputs = Vec::new();
    let mut enter = |array: ArrayD<f64>| {
        let value = b.input("x", &Shape::known(array.shape()));
        inputs.push(array);
        value
    };
    let x = enter(case.f64("x"));
    let fused_masks = ["input_masks", "recurrent_masks"].map(|name| fused_masks(case, name, &mut enter));
    let drawn = Masks {
        input: masks(case, "input_masks").into_iter().map(&mut enter).collect(),
        recurrent: masks(case, "recurrent_masks").into_iter().map(&mut enter).collect(),
    };
    let expected_masks = cell.kind.num_masks(&cell.arguments);
    assert!(drawn.input.is_empty() || drawn.input.len() == expected_masks, "{}", case.name());
    let mut step = b.shape(x).dims().to_vec();
    step.remove(1);
    let state = cell.state_shapes(&Shape::new(step)).unwrap().remove(0);
    let states: Vec<Value> = (0..K::STATES).map(|_| b.constant(0.0, &state).unwrap()).collect();
    let (stacked, _) = b
        .scan(&[x], &states, |b, x, states| {
            let states = cell.advance_under(b, x[0], states, &drawn)?;
            Ok(Steps { outputs: vec![states[0]], states })
        })
        .unwrap();
    let mut sequences = vec![stacked[0]];
    if let Some(activations) = cell.fused_activations(case.name()) {
        let form = &RecurrentForm { return_sequences: true, ..RecurrentForm::default() };
        let call = Sequence { layer: case.name(), x, mask: None, h0: states[0], form };
        sequences.push(cell.emit_fused_under(&b, &call, activations, fused_masks).unwrap()[0]);
    }
    let cotangent = enter(case.f64("cotangent"));
    for sequence in sequences {
        compare_sequence(case, cell, &b, &inputs, [x, sequence, cotangent]);
    }
}

/// Compares the output and the gradients of one way to emit the steps.
fn compare_sequence<K: CellKind>(
    case: &Case<'_>,
    cell: &WeightedCell<K>,
    b: &Builder,
    inputs: &[ArrayD<f64>],
    [x, sequence, cotangent]: [Value; 3],
) {
    // The layer returns all steps, or the last one.
    let (expected, shape) = (case.f64("y"), b.shape(sequence));
    let all_steps = shape.dim(1).unwrap();
    let steps = expected.len() * all_steps / shape.len().unwrap();
    let y = b.slice(sequence, 1, all_steps - steps, steps).unwrap();
    let flat = b.reshape(y, &Shape::known(expected.shape())).unwrap();
    let loss = b.sum_all(b.mul(flat, cotangent).unwrap()).unwrap();
    let mut by = vec![x];
    by.extend(cell.variables().iter().map(|variable| b.variable(variable)));
    let gradients = b.gradients(loss, &by).unwrap();
    let values: Vec<Value> =
        std::iter::once(flat).chain(gradients.into_iter().map(|d| d.expect("it is needed"))).collect();
    let wanted = [vec![expected, case.f64("d_x")], weights(case, "d_w")].concat();
    let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
    let fast = b.evaluate(&values, &narrow).unwrap();
    let oracle = b.evaluate_reference(&values, inputs).unwrap();
    for ((expected, fast), oracle) in wanted.iter().zip(fast).zip(oracle) {
        assert_close(case.name(), &widen(&fast), expected, TOLERANCE);
        assert_close(case.name(), &oracle, expected, TOLERANCE);
    }
}

#[test]
fn dropout_is_applied_where_keras_applies_it() {
    let mut count = 0;
    let groups = ["recurrent", "conv_lstm"].map(Group::read);
    for case in groups.iter().flat_map(Group::cases) {
        if !case.has("input_masks") && !case.has("recurrent_masks") {
            continue;
        }
        let layer = layers::deserialize(&case.json["layer"]).unwrap();
        layers::eager_build(&*layer, &[Shape::known(case.f64("x").shape())], 0).unwrap();
        for (variable, weight) in layer.variables().iter().zip(weights(&case, "w")) {
            variable.assign(&weight.mapv(|x| x as f32)).unwrap();
        }
        if let Some(layer) = layer.downcast_ref::<Gru>() {
            compare(&case, layer.cell());
        } else if let Some(layer) = layer.downcast_ref::<SimpleRnn>() {
            compare(&case, layer.cell());
        } else if let Some(layer) = layer.downcast_ref::<ConvLstm1d>() {
            compare(&case, layer.cell());
        } else if let Some(layer) = layer.downcast_ref::<ConvLstm2d>() {
            compare(&case, layer.cell());
        } else {
            let cell: &dyn Layer = layer.downcast_ref::<Rnn>().expect("there is no other").cell();
            compare(&case, cell.downcast_ref::<LstmCell>().expect("there is no other"));
        }
        count += 1;
    }
    assert!(count >= 13, "only {count} cases were compared");
}
