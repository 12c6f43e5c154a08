use super::*;
use crate::ops::testing::{
    array, assert_gradients, assert_recurrences_agree, numbers, reference, shape_after, shape_error,
};

/// h = tanh(x · w + h · u + 2 v) with the mask of a fourth sequence; `x[0..5]` are x, w, u, v, h₀.
fn recurrence(direction: Direction, last: usize) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| {
        let (w, u, v) = (x[1], x[2], x[3]);
        let (outputs, states) = b.scan_in(direction, &[x[0]], &[x[4]], |b, x, s| {
            let sum = b.add(b.matmul(x[0], w)?, b.matmul(s[0], u)?)?;
            let h = b.tanh(b.add(sum, b.scale(v, 2.0)?)?)?;
            Ok(Steps { outputs: vec![b.mul(h, h)?], states: vec![h] })
        })?;
        Ok([outputs[0], states[0]][last])
    }
}

fn arrays(batch: usize, time: usize) -> Vec<ndarray::ArrayD<f64>> {
    let sizes: [&[usize]; 5] = [&[batch, time, 3], &[3, 2], &[2, 2], &[2], &[batch, 2]];
    sizes.iter().enumerate().map(|(index, sizes)| numbers(sizes, 31 * index)).collect()
}

/// Running sums of the only input.
fn sums(direction: Direction) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| {
        let zero = b.constant(0.0, &Shape::new([b.shape(x[0]).dim(0)]))?;
        let (outputs, _) = b.scan_in(direction, &[x[0]], &[zero], |b, x, s| {
            let sum = b.add(s[0], x[0])?;
            Ok(Steps { outputs: vec![sum], states: vec![sum] })
        })?;
        Ok(outputs[0])
    }
}

#[test]
fn states_go_from_step_to_step_in_either_direction() {
    let x = [array(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
    let expected = array(&[2, 3], &[1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    assert_eq!(reference(&x, &sums(Direction::Forward)).unwrap(), expected);
    let expected = array(&[2, 3], &[6.0, 5.0, 3.0, 15.0, 11.0, 6.0]);
    assert_eq!(reference(&x, &sums(Direction::Backward)).unwrap(), expected);
}

#[test]
fn time_may_be_unknown_and_the_last_state_has_none() {
    let shapes: Vec<Shape> = arrays(2, 4).iter().map(|x| Shape::known(x.shape())).collect();
    let unknown = Shape::new([Some(2), None, Some(3)]);
    let shapes = [&[unknown], &shapes[1..]].concat();
    let forward = |last| recurrence(Direction::Forward, last);
    assert_eq!(shape_after(&shapes, &forward(0)).unwrap(), Shape::new([Some(2), None, Some(2)]));
    assert_eq!(shape_after(&shapes, &forward(1)).unwrap(), Shape::known(&[2, 2]));
}

#[test]
fn without_steps_or_samples_the_states_stay() {
    let inputs = arrays(2, 0);
    assert_eq!(reference(&inputs, &recurrence(Direction::Forward, 1)).unwrap(), inputs[4]);
    assert_eq!(reference(&inputs, &recurrence(Direction::Forward, 0)).unwrap().shape(), [2, 0, 2]);
    assert_eq!(reference(&arrays(0, 3), &recurrence(Direction::Forward, 0)).unwrap().shape(), [0, 3, 2]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for direction in [Direction::Forward, Direction::Backward] {
        for result in [0, 1] {
            assert_gradients(&arrays(2, 3), &[0, 1, 2, 3, 4], &recurrence(direction, result));
            assert_gradients(&arrays(2, 3), &[3], &recurrence(direction, result));
            assert_gradients(&arrays(1, 1), &[0, 4], &recurrence(direction, result));
        }
    }
}

#[test]
fn gradients_by_two_shared_values_of_which_one_comes_from_the_other_are_not_counted_twice() {
    let emit = |b: &Builder, x: &[Value]| {
        let (w, square) = (x[1], b.mul(x[1], x[1])?);
        let (outputs, _) = b.scan(&[x[0]], &[], |b, x, _| {
            let y = b.mul(b.mul(x[0], w)?, square)?;
            Ok(Steps { outputs: vec![y], states: Vec::new() })
        })?;
        Ok(outputs[0])
    };
    assert_gradients(&[numbers(&[2, 3], 0), numbers(&[2], 7)], &[0, 1], &emit);
}

#[test]
fn gradients_can_be_differentiated_once_more() {
    let slope = |b: &Builder, x: &[Value]| {
        let y = recurrence(Direction::Forward, 0)(b, x)?;
        let gradients = b.gradients(b.sum_all(b.mul(y, y)?)?, &[x[0], x[2]])?;
        let [by_x, by_u] = [gradients[0], gradients[1]].map(|gradient| gradient.expect("a gradient"));
        b.add(b.sum_all(b.mul(by_x, by_x)?)?, b.sum_all(by_u)?)
    };
    assert_gradients(&arrays(2, 3), &[0, 1, 2, 3, 4], &slope);
}

#[test]
fn a_scan_may_be_a_step_of_another() {
    let nested = |b: &Builder, x: &[Value]| {
        let (outputs, _) = b.scan(&[x[0]], &[x[1]], |b, rows, s| {
            let (inner, last) = b.scan(&[rows[0]], &[s[0]], |b, x, h| {
                let h = b.tanh(b.add(b.mul(x[0], s[0])?, h[0])?)?;
                Ok(Steps { outputs: vec![h], states: vec![h] })
            })?;
            Ok(Steps { outputs: inner, states: last })
        })?;
        Ok(outputs[0])
    };
    let inputs = [numbers(&[2, 3, 2], 0), numbers(&[2], 50)];
    assert_eq!(reference(&inputs, &nested).unwrap().shape(), [2, 3, 2]);
    assert_gradients(&inputs, &[0, 1], &nested);
    assert_recurrences_agree("nested scan", &inputs, &nested);
}

#[test]
fn what_does_not_depend_on_the_step_is_computed_once() {
    let masked = |b: &Builder, x: &[Value]| {
        let (outputs, _) = b.scan(&[x[0]], &[], |b, x, _| {
            let mask = b.random_mask(0.5, &b.shape(x[0]), Some(3))?;
            Ok(Steps { outputs: vec![b.mul(x[0], mask)?], states: Vec::new() })
        })?;
        Ok(outputs[0])
    };
    let y = reference(&[ndarray::ArrayD::ones(vec![4, 3, 5])], &masked).unwrap();
    let dropped = y.iter().filter(|y| **y == 0.0).count();
    assert!(0 < dropped && dropped < y.len());
    let first = y.index_axis(ndarray::Axis(1), 0);
    for step in y.axis_iter(ndarray::Axis(1)) {
        assert_eq!(step, first);
    }
}

#[test]
fn executors_agree() {
    for direction in [Direction::Forward, Direction::Backward] {
        assert_recurrences_agree("scan", &arrays(5, 7), &recurrence(direction, 0));
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let none = |b: &Builder, _: &[Value]| Ok(b.scan(&[], &[], |_, _, _| Ok(Steps::default()))?.0[0]);
    assert_eq!(shape_error(&[], &none), "scan: expected at least one input");
    let flat = |b: &Builder, x: &[Value]| Ok(b.scan(&[x[0]], &[], |_, _, _| Ok(Steps::default()))?.0[0]);
    let text = "scan: expected inputs [batch, time, …] of equal batch and time, got [4] and [4]";
    assert_eq!(shape_error(&[Shape::known(&[4])], &flat), text);
    let grown = |b: &Builder, x: &[Value]| {
        let step = |b: &Builder, x: &[Value], _: &[Value]| {
            Ok(Steps { outputs: Vec::new(), states: vec![b.reshape(x[0], &Shape::known(&[2, 1]))?] })
        };
        Ok(b.scan(&[x[0]], &[x[1]], step)?.1[0])
    };
    let text = "scan: expected a state to keep its shape [2], got [2, 1] after a step";
    assert_eq!(shape_error(&[Shape::known(&[2, 3]), Shape::known(&[2])], &grown), text);
    let fewer = |b: &Builder, x: &[Value]| Ok(b.scan(&[x[0]], &[x[1]], |_, _, _| Ok(Steps::default()))?.1[0]);
    let text = "scan: expected 1 states after a step, got 0";
    assert_eq!(shape_error(&[Shape::known(&[2, 3]), Shape::known(&[2])], &fewer), text);
}

#[test]
fn a_value_of_a_step_that_leaves_its_scan_is_an_error() {
    let leak = |b: &Builder, x: &[Value]| {
        let mut leaked = x[0];
        b.scan(&[x[0]], &[], |_, x, _| {
            leaked = x[0];
            Ok(Steps { outputs: vec![x[0]], states: Vec::new() })
        })?;
        Ok(leaked)
    };
    let error = reference(&[numbers(&[2, 3], 0)], &leak).unwrap_err().to_string();
    assert_eq!(
        error,
        "scan: a value of one step is used outside of its scan; return it as an output or a state"
    );
}

/// The equations of an LSTM without bias in a scan, `x[0..3]` are the sequences, the kernel and the recurrent kernel.
fn lstm(b: &Builder, x: &[Value]) -> Result<Value> {
    let (kernel, recurrent) = (x[1], x[2]);
    let units = b.shape(recurrent).dim(0).expect("known units");
    let zeros = b.constant(0.0, &Shape::new([b.shape(x[0]).dim(0), Some(units)]))?;
    let (outputs, _) = b.scan(&[x[0]], &[zeros, zeros], |b, x, s| {
        let sums = b.add(b.matmul(x[0], kernel)?, b.matmul(s[0], recurrent)?)?;
        let gate = |index: usize| b.slice(sums, 1, index * units, units);
        let (input, forget, output) = (b.sigmoid(gate(0)?)?, b.sigmoid(gate(1)?)?, b.sigmoid(gate(3)?)?);
        let c = b.add(b.mul(forget, s[1])?, b.mul(input, b.tanh(gate(2)?)?)?)?;
        let h = b.mul(output, b.tanh(c)?)?;
        Ok(Steps { outputs: vec![h], states: vec![h, c] })
    })?;
    Ok(outputs[0])
}

/// How far the same sums in another order may be from each other in `f64`.
const REORDERED: f64 = 1e-13;

#[test]
fn an_lstm_written_as_a_scan_is_the_fused_one() {
    let fused = |b: &Builder, x: &[Value]| {
        let units = b.shape(x[2]).dim(0).expect("known units");
        let zeros = b.constant(0.0, &Shape::new([b.shape(x[0]).dim(0), Some(units)]))?;
        let op = crate::ops::lstm::Lstm {
            subject: "lstm".into(),
            activation: crate::activations::cell::CellActivation::Tanh,
            recurrent_activation: crate::activations::cell::CellActivation::Sigmoid,
            return_sequences: true,
            go_backwards: false,
            zero_output_for_mask: false,
            takes_ids: false,
            has_bias: false,
            has_mask: false,
            dropout: crate::ops::recurrent::DropoutForm::None,
            recurrent_dropout: crate::ops::recurrent::DropoutForm::None,
        };
        Ok(b.emit_all(Op::Lstm(op), &[x[0], x[1], x[2], zeros, zeros])?[0])
    };
    let inputs = [numbers(&[3, 5, 2], 0), numbers(&[2, 16], 40), numbers(&[4, 16], 90)];
    type Emit<'a> = &'a dyn Fn(&Builder, &[Value]) -> Result<Value>;
    for by in 0..3 {
        let results = [&lstm as Emit<'_>, &fused].map(|emit| {
            let slope = |b: &Builder, x: &[Value]| {
                let y = emit(b, x)?;
                Ok(b.gradients(b.sum_all(b.mul(y, y)?)?, &[x[by]])?[0].expect("a gradient"))
            };
            (reference(&inputs, emit).unwrap(), reference(&inputs, &slope).unwrap())
        });
        let [(scan, d_scan), (fused, d_fused)] = results;
        let pairs = scan.iter().zip(&fused).chain(d_scan.iter().zip(&d_fused));
        pairs.for_each(|(scan, fused)| assert!((scan - fused).abs() < REORDERED, "{scan} and {fused}"));
    }
}
