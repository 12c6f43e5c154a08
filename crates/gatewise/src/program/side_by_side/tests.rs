//! Recurrences that run side by side give the bits that each gives alone, on any number of threads.

use ndarray::ArrayD;
use proptest::prelude::*;

use super::*;
use crate::builder::{Builder, Mode, Steps};
use crate::cpu::Cpu;
use crate::executor::{Arena, Bindings, Executor, Reference, RunKey, execute};
use crate::graph::Value;
use crate::number::Number;
use crate::ops::lstm::Lstm;
use crate::ops::rnn::Rnn;
use crate::ops::testing::lstm::{self, Sizes};
use crate::ops::testing::{numbers, rnn};
use crate::program::{Place, Program};
use crate::shape::Shape;

/// Sizes for which a thread is worth waking, with so many units as features that layers can be stacked.
const SIZES: Sizes = Sizes { batch: 5, steps: 30, features: 64, units: 64 };

struct Bound<F>(Vec<Vec<F>>);

impl<F: Number> Bindings<F> for Bound<F> {
    fn get(&self, index: usize) -> &[F] {
        &self.0[index]
    }
}

/// The results for small numbers, as those of weights are.
fn outputs<F: Number>(
    program: &Program,
    executor: &impl Executor<F>,
    narrow: impl Fn(f64) -> F,
) -> Vec<Vec<F>> {
    let arrays = program.inputs().iter().enumerate();
    let arrays = arrays.map(|(index, input)| numbers(&input.dims, 10 * index).mapv(|x| narrow(0.2 * x)));
    let bound = Bound(arrays.map(|array: ArrayD<F>| array.into_iter().collect()).collect());
    let mut arena = Arena::new(program);
    execute(executor, program, &bound, RunKey::default(), &mut arena).unwrap();
    (0..program.outputs().len()).map(|output| arena.output(program, output).to_vec()).collect()
}

fn bits(arrays: &[Vec<f32>]) -> Vec<Vec<u32>> {
    arrays.iter().map(|array| array.iter().map(|x| x.to_bits()).collect()).collect()
}

/// The program for these results, after it was compared with a program for each group of them alone.
fn assert_same(b: &Builder, results: &[&[Value]]) -> Program {
    let program = |results: &[Value]| match b.mode() {
        Mode::Training => b.finish_fused(results).unwrap(),
        Mode::Inference => b.finish(results).unwrap(),
    };
    let together = program(&results.concat());
    let alone: Vec<Program> = results.iter().map(|results| program(results)).collect();
    let expected: Vec<_> =
        alone.iter().flat_map(|program| bits(&outputs(program, &Cpu, |x| x as f32))).collect();
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let got = pool.install(|| bits(&outputs(&together, &Cpu, |x| x as f32)));
        assert!(got == expected, "{threads} threads:\n{together}");
    }
    assert!(bits(&outputs(&together, &Cpu, |x| x as f32)) == expected, "without a pool:\n{together}");
    let expected: Vec<_> = alone.iter().flat_map(|program| outputs(program, &Reference, |x| x)).collect();
    assert!(outputs(&together, &Reference, |x| x) == expected, "by the reference:\n{together}");
    together
}

/// How many operations are run side by side, for each time that this happens.
fn joined(program: &Program) -> Vec<usize> {
    let parts = program.steps.iter().filter_map(|step| match &step.op {
        Op::SideBySide(op) => Some(op.parts.len()),
        _ => None,
    });
    parts.collect()
}

/// The output at each step of an LSTM over `x`, with weights of its own, and its kernel.
fn lstm_over(b: &Builder, x: Value, go_backwards: bool) -> [Value; 2] {
    let op = Lstm { go_backwards, return_sequences: true, ..lstm::plain() };
    let shapes = lstm::inputs(&op, SIZES);
    let own = shapes[1..].iter().map(|array| b.input("w", &Shape::known(array.shape())));
    let inputs: Vec<Value> = std::iter::once(x).chain(own).collect();
    [lstm::emit_all(&op, b, &inputs).unwrap()[0], inputs[1]]
}

fn gru_over(b: &Builder, x: Value) -> [Value; 2] {
    let op = Rnn { return_sequences: true, ..rnn::plain(gatewise_kernels::rnn::Kind::ResetAfter) };
    let shapes = rnn::inputs(&op, SIZES);
    let own = shapes[1..].iter().map(|array| b.input("w", &Shape::known(array.shape())));
    let inputs: Vec<Value> = std::iter::once(x).chain(own).collect();
    [b.emit_all(Op::Rnn(op), &inputs).unwrap()[0], inputs[1]]
}

/// Rows that are multiplied by a matrix at each step, which a scan does.
fn scan_over(b: &Builder, x: Value) -> [Value; 2] {
    let kernel = b.input("w", &Shape::known(&[64, 64]));
    let zeros = b.constant(0.0, &Shape::known(&[SIZES.batch, 64])).unwrap();
    let (outputs, _) = b
        .scan(&[x], &[zeros], |b, x, h| {
            let mut h = b.add(x[0], h[0])?;
            for _ in 0..4 {
                h = b.tanh(b.matmul(h, kernel)?)?;
            }
            Ok(Steps { outputs: vec![h], states: vec![h] })
        })
        .unwrap();
    [outputs[0], kernel]
}

fn sequences(b: &Builder) -> Value {
    b.input("x", &Shape::known(&[SIZES.batch, SIZES.steps, SIZES.features]))
}

/// The same numbers as a view of a view.
fn reshaped(b: &Builder, x: Value) -> Value {
    let flat = b.reshape(x, &Shape::known(&[SIZES.batch * SIZES.steps * 64])).unwrap();
    b.reshape(flat, &b.shape(x)).unwrap()
}

/// The gradient by `by` of the sum of the squares of `y`.
fn gradient(b: &Builder, y: Value, by: Value) -> Value {
    let loss = b.sum_all(b.square(y).unwrap()).unwrap();
    b.gradients(loss, &[by]).unwrap()[0].expect("a gradient")
}

#[test]
fn two_directions_are_one_operation_with_the_bits_of_each_alone() {
    let b = Builder::new(Mode::Inference);
    let x = sequences(&b);
    let [forward, _] = lstm_over(&b, x, false);
    let [backward, _] = lstm_over(&b, x, true);
    let program = assert_same(&b, &[&[forward], &[backward]]);
    assert_eq!(joined(&program), [2]);
    let [forward, backward] = [forward, backward].map(|y| b.finish(&[y]).unwrap());
    assert_eq!(program.flops(), forward.flops() + backward.flops());
    assert!(program.memory_bytes() >= forward.memory_bytes() + backward.memory_bytes());
}

#[test]
fn so_are_their_gradients() {
    let b = Builder::new(Mode::Training);
    let x = sequences(&b);
    let [forward, kernel] = lstm_over(&b, x, false);
    let [backward, kernel_back] = lstm_over(&b, x, true);
    let gradients = [gradient(&b, forward, kernel), gradient(&b, backward, kernel_back)];
    let program = assert_same(&b, &[&[forward, gradients[0]], &[backward, gradients[1]]]);
    assert_eq!(joined(&program), [2, 2]);
}

#[test]
fn recurrences_of_all_kinds_are_joined() {
    let b = Builder::new(Mode::Training);
    let x = sequences(&b);
    let layers = [lstm_over(&b, x, false), gru_over(&b, x), scan_over(&b, x)];
    let results = layers.map(|[y, kernel]| [y, gradient(&b, y, kernel)]);
    let program = assert_same(&b, &[&results[0], &results[1], &results[2]]);
    assert_eq!(joined(&program), [3, 3], "{program}");
    let text = program.to_string();
    assert!(text.contains(" = side_by_side("), "{text}");
    assert!(
        text.contains(" {lstm {return_sequences, bias}, gru {return_sequences}, scan {Forward, "),
        "{text}"
    );
}

#[test]
fn a_recurrence_over_the_output_of_another_is_not_joined_with_it() {
    let b = Builder::new(Mode::Inference);
    let mut x = sequences(&b);
    for _ in 0..2 {
        let [forward, _] = lstm_over(&b, x, false);
        let [backward, _] = lstm_over(&b, x, true);
        x = b.add(forward, b.flip(backward, 1).unwrap()).unwrap();
    }
    let program = assert_same(&b, &[&[x]]);
    assert_eq!(joined(&program), [2, 2]);
    let [first, second] = [0, 1].map(|_| lstm_over(&b, x, false)[0]);
    let [above, _] = lstm_over(&b, b.tanh(reshaped(&b, first)).unwrap(), false);
    assert_eq!(joined(&assert_same(&b, &[&[above], &[second]])), [2, 2, 2]);
}

#[test]
fn one_after_the_other_remains_so() {
    let b = Builder::new(Mode::Inference);
    let [lower, _] = lstm_over(&b, sequences(&b), false);
    let [upper, _] = lstm_over(&b, lower, false);
    assert!(joined(&assert_same(&b, &[&[upper]])).is_empty());
}

#[test]
fn what_a_joined_recurrence_reads_is_computed_before_and_what_reads_it_after() {
    let b = Builder::new(Mode::Inference);
    let x = sequences(&b);
    let [first, _] = lstm_over(&b, x, false);
    let read = b.tanh(first).unwrap();
    let other = b.exp(reshaped(&b, b.neg(x).unwrap())).unwrap();
    let [second, _] = lstm_over(&b, reshaped(&b, other), true);
    let program = assert_same(&b, &[&[read], &[b.neg(second).unwrap()]]);
    let names: Vec<&str> = program.steps.iter().map(|step| step.op.name()).collect();
    assert_eq!(names, ["neg", "exp", "side_by_side", "tanh", "neg"]);
}

#[test]
fn short_recurrences_are_left_alone() {
    let b = Builder::new(Mode::Inference);
    let op = lstm::plain();
    let last = || {
        let shapes = lstm::inputs(&op, lstm::SMALL);
        let inputs: Vec<Value> =
            shapes.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
        lstm::emit_all(&op, &b, &inputs).unwrap()[0]
    };
    let program = b.finish(&[last(), last()]).unwrap();
    assert!(joined(&program).is_empty(), "{program}");
}

#[test]
fn many_recurrences_are_joined_by_fours() {
    let b = Builder::new(Mode::Inference);
    let x = sequences(&b);
    let all: Vec<Value> = (0..7).map(|_| gru_over(&b, x)[0]).collect();
    let alone: Vec<&[Value]> = all.iter().map(std::slice::from_ref).collect();
    assert_eq!(joined(&assert_same(&b, &alone)), [4, 3]);
}

#[test]
fn inputs_and_outputs_of_all_parts_lie_apart_and_each_part_has_its_own_scratch() {
    let b = Builder::new(Mode::Inference);
    let x = b.tanh(sequences(&b)).unwrap();
    let [first, _] = lstm_over(&b, b.exp(x).unwrap(), false);
    let [second, _] = lstm_over(&b, b.neg(x).unwrap(), true);
    let sum = b.add(first, second).unwrap();
    let program = assert_same(&b, &[&[sum]]);
    let step = program.steps.iter().find(|step| matches!(step.op, Op::SideBySide(_))).expect("it is there");
    let values: HashSet<usize> = step.inputs.iter().chain(&step.outputs).map(|value| value.index()).collect();
    let slots = values.iter().filter_map(|value| match program.places[*value] {
        Place::Slot(slot) => Some(slot),
        _ => None,
    });
    let slots: Vec<usize> = slots.collect();
    // Two inputs and y, h and c of each.
    assert_eq!(slots.len(), 8, "{program}");
    assert_eq!(slots.iter().collect::<HashSet<_>>().len(), 8, "{program}");
    let alone = b.finish(&[first]).unwrap().workspace;
    assert!(program.workspace >= 2 * alone, "{} of {alone}", program.workspace);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn recurrences_that_read_any_others_compute_the_same_bits(
        choices in prop::collection::vec((0..6_u8, any::<usize>(), any::<usize>()), 2..9),
    ) {
        let b = Builder::new(Mode::Inference);
        let mut values = vec![sequences(&b)];
        for (kind, first, second) in choices {
            let (x, y) = (values[first % values.len()], values[second % values.len()]);
            values.push(match kind {
                0 => b.add(x, y).unwrap(),
                1 => reshaped(&b, x),
                2 => lstm_over(&b, x, true)[0],
                _ => gru_over(&b, x)[0],
            });
        }
        let results: Vec<Value> = values.iter().map(|value| b.materialize(*value).unwrap()).collect();
        let together = b.finish(&results).unwrap();
        let got = bits(&outputs(&together, &Cpu, |x| x as f32));
        for (result, got) in results.iter().zip(got) {
            let alone = b.finish(&[*result]).unwrap();
            prop_assert!(bits(&outputs(&alone, &Cpu, |x| x as f32)) == [got], "{}\n{}", together, alone);
        }
    }
}
