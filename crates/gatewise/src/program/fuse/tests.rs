//! Programs whose operations were joined give the bits of those whose operations were not, on any number of threads.

use ndarray::ArrayD;
use proptest::prelude::*;

use super::super::Program;
use crate::builder::{Builder, Mode};
use crate::cpu::Cpu;
use crate::executor::{Arena, Bindings, Executor, Reference, RunKey, execute};
use crate::graph::Value;
use crate::number::Number;
use crate::ops::Op;
use crate::ops::testing::numbers;
use crate::shape::Shape;

/// Rows and numbers in a row: several blocks, of which the last is not whole.
const FRAME: [usize; 2] = [601, 40];

struct Bound<F>(Vec<Vec<F>>);

impl<F: Number> Bindings<F> for Bound<F> {
    fn get(&self, index: usize) -> &[F] {
        &self.0[index]
    }
}

/// The inputs of the tests: an array of the frame, a number a row, a row, a number.
fn inputs(b: &Builder) -> Vec<Value> {
    let [rows, width] = FRAME;
    let shapes: [&[usize]; 5] = [&[rows, width], &[rows, width], &[rows, 1], &[width], &[]];
    shapes.iter().map(|shape| b.input("x", &Shape::known(shape))).collect()
}

fn outputs<F: Number>(
    program: &Program,
    executor: &impl Executor<F>,
    narrow: impl Fn(f64) -> F,
) -> Vec<Vec<F>> {
    let arrays = program.inputs().iter().enumerate();
    let arrays = arrays.map(|(index, input)| numbers(&input.dims, 10 * index));
    let bound = Bound(arrays.map(|array: ArrayD<f64>| array.iter().map(|x| narrow(*x)).collect()).collect());
    let mut arena = Arena::new(program);
    execute(executor, program, &bound, RunKey::default(), &mut arena).unwrap();
    (0..program.outputs().len()).map(|output| arena.output(program, output).to_vec()).collect()
}

/// Both programs for these results; the number of operations that are joined in the second.
fn both(b: &Builder, results: &[Value]) -> ([Program; 2], usize) {
    let results: Vec<Value> = results.iter().map(|value| b.materialize(*value).unwrap()).collect();
    let graph = b.graph();
    let (plain, fused) = (Program::new(&graph, &results).unwrap(), Program::fused(&graph, &results).unwrap());
    let joined = fused.steps.iter().map(|step| match &step.op {
        Op::Fused(fused) => fused.body.block.steps.len(),
        _ => 0,
    });
    let joined = joined.sum();
    ([plain, fused], joined)
}

fn bits(arrays: &[Vec<f32>]) -> Vec<Vec<u32>> {
    arrays.iter().map(|array| array.iter().map(|x| x.to_bits()).collect()).collect()
}

fn assert_same(b: &Builder, results: &[Value]) -> usize {
    let ([plain, fused], joined) = both(b, results);
    let expected = bits(&outputs(&plain, &Cpu, |x| x as f32));
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let got = pool.install(|| bits(&outputs(&fused, &Cpu, |x| x as f32)));
        assert!(got == expected, "{threads} threads:\n{plain}\n{fused}");
    }
    assert_eq!(outputs(&plain, &Reference, |x| x), outputs(&fused, &Reference, |x| x));
    joined
}

/// A way to combine values: an operation, and which of the values so far it reads.
type Choice = (u8, usize, usize);

fn append(b: &Builder, values: &mut Vec<Value>, (kind, first, second): Choice) {
    let [rows, width] = FRAME;
    let (x, y) = (values[first % values.len()], values[second % values.len()]);
    let is_wide = |value: Value| b.shape(value) == Shape::known(&FRAME);
    let next = match kind {
        0 => b.add(x, y),
        1 => b.mul(x, y),
        2 => b.maximum(x, y),
        3 => b.tanh(x),
        4 if is_wide(x) => b.softmax(x),
        5 if is_wide(x) => b.mean_last(x).and_then(|mean| b.expand_dims(mean, 1)),
        6 if is_wide(x) => b.sum_keep(x, &[1]),
        7 => b.select(b.greater(x, y).unwrap(), x, y),
        // What no group can hold, and a constant of the size of the frame.
        8 if is_wide(x) => b.sum_keep(x, &[0]),
        9 => b.mul(x, b.constant(0.5, &Shape::known(&[rows, width])).unwrap()),
        10 if is_wide(x) => b
            .reshape(x, &Shape::known(&[1, rows, width]))
            .and_then(|x| b.exp(x))
            .and_then(|x| b.reshape(x, &Shape::known(&FRAME))),
        _ => b.sigmoid(x),
    };
    values.push(next.unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn joined_operations_compute_the_same_bits(
        choices in prop::collection::vec((0..12_u8, any::<usize>(), any::<usize>()), 2..20),
        wanted in prop::collection::vec(any::<usize>(), 1..4),
    ) {
        let b = Builder::new(Mode::Training);
        let mut values = inputs(&b);
        choices.iter().for_each(|choice| append(&b, &mut values, *choice));
        let wanted: Vec<Value> = wanted.iter().map(|index| values[index % values.len()]).collect();
        assert_same(&b, &wanted);
    }
}

#[test]
fn a_loss_and_its_gradient_are_one_operation() {
    let b = Builder::new(Mode::Training);
    let x = inputs(&b);
    let p = b.log_softmax(x[0]).unwrap();
    let losses = b.neg(b.sum_last(b.mul(x[1], p).unwrap()).unwrap()).unwrap();
    let loss = b.scale(b.sum_all(losses).unwrap(), 1.0 / 601.0).unwrap();
    let gradient = b.gradients(loss, &[x[0]]).unwrap()[0].expect("a gradient");
    assert!(assert_same(&b, &[loss, gradient]) >= 8);
    let ([_, fused], _) = both(&b, &[loss, gradient]);
    let names: Vec<&str> = fused.steps.iter().map(|step| crate::ops::Operation::name(&step.op)).collect();
    assert_eq!(names.iter().filter(|name| **name == "fused").count(), 1, "{fused}");
    assert!(!names.contains(&"mul") || !names.contains(&"exp"), "{fused}");
}

#[test]
fn an_operation_between_two_others_keeps_them_apart() {
    let b = Builder::new(Mode::Training);
    let x = inputs(&b);
    let first = b.exp(b.tanh(x[0]).unwrap()).unwrap();
    let second = b.sub(first, b.sum_keep(first, &[0]).unwrap()).unwrap();
    let result = b.tanh(b.mul(second, first).unwrap()).unwrap();
    assert_same(&b, &[result]);
    let ([plain, fused], joined) = both(&b, &[result]);
    assert_eq!([plain.len(), fused.len(), joined], [6, 3, 5]);
}

#[test]
fn a_group_may_begin_with_numbers_that_are_repeated() {
    let b = Builder::new(Mode::Training);
    let x = inputs(&b);
    let repeated = b.broadcast_to(x[4], &Shape::known(&FRAME)).unwrap();
    let result = b.tanh(b.mul(repeated, x[0]).unwrap()).unwrap();
    assert_eq!(assert_same(&b, &[result]), 3);
    assert_eq!(assert_same(&b, &[b.broadcast_to(x[4], &Shape::known(&FRAME)).unwrap()]), 0);
}

#[test]
fn small_arrays_are_left_alone() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[4, 5]));
    let y = b.exp(b.tanh(x).unwrap()).unwrap();
    assert_eq!(both(&b, &[y]).1, 0);
}

#[test]
fn values_of_a_group_need_no_memory_of_their_own() {
    let b = Builder::new(Mode::Training);
    let x = inputs(&b);
    let y = b.exp(b.tanh(b.neg(x[0]).unwrap()).unwrap()).unwrap();
    let ([plain, fused], _) = both(&b, &[y]);
    assert_eq!([plain.slots.len(), fused.slots.len()], [2, 1]);
}
