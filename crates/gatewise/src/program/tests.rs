use ndarray::ArrayD;
use proptest::prelude::*;

use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::lstm::{SMALL, emit_all, inputs, plain};
use crate::ops::testing::{array, numbers};
use crate::shape::Shape;

/// One operation of a random graph: what it is, and which of the values so far it reads.
type Choice = (u8, usize, usize);

/// Appends the chosen operation to `values`, all of which are [2, 3] or [3, 2].
fn append(b: &Builder, values: &mut Vec<Value>, (kind, first, second): Choice) {
    let pick = |index: usize| values[index % values.len()];
    let (x, y) = (pick(first), pick(second));
    let flipped = |value: Value| match b.shape(value).dim(0) {
        Some(2) => b.reshape(value, &Shape::known(&[3, 2])),
        _ => b.reshape(value, &Shape::known(&[2, 3])),
    };
    let alike = if b.shape(x) == b.shape(y) { Ok(y) } else { flipped(y) };
    let next = match kind {
        0 => b.add(x, alike.unwrap()),
        1 => b.mul(x, alike.unwrap()),
        2 => b.tanh(x),
        3 => flipped(x),
        4 => b.softmax(x),
        // A smaller value in between, so that slots of several sizes are shared.
        5 => b.sub(x, b.sum_keep(x, &[0]).unwrap()),
        _ => b.pad(b.slice(x, 1, 0, 1).unwrap(), 1, 0, b.shape(x).dim(1).unwrap() - 1),
    };
    values.push(next.unwrap());
}

fn random_graph(choices: &[Choice]) -> (Builder, Vec<Value>) {
    let b = Builder::new(Mode::Inference);
    let mut values = vec![b.input("x", &Shape::known(&[2, 3])), b.input("y", &Shape::known(&[3, 2]))];
    choices.iter().for_each(|choice| append(&b, &mut values, *choice));
    (b, values)
}

fn bound() -> [ArrayD<f64>; 2] {
    [numbers(&[2, 3], 0), numbers(&[3, 2], 20)]
}

/// For every value of a program, the first and the last step at which its elements are wanted.
fn lives(program: &Program) -> Vec<(usize, usize)> {
    let mut lives = vec![(usize::MAX, 0); program.dims.len()];
    let mut touch = |value: &Value, at: usize| {
        let life = &mut lives[program.roots[value.index()]];
        *life = (life.0.min(at), life.1.max(at));
    };
    for (at, step) in program.steps.iter().enumerate() {
        step.inputs.iter().chain(&step.outputs).for_each(|value| touch(value, at));
    }
    program.outputs.iter().for_each(|value| touch(value, usize::MAX));
    lives
}

/// Where a value is in a list.
fn position(values: &[Value], value: Value) -> usize {
    values.iter().position(|other| *other == value).expect("a value of the list")
}

proptest! {
    #[test]
    fn shared_memory_changes_no_result(
        choices in prop::collection::vec((0..7_u8, any::<usize>(), any::<usize>()), 1..25),
        wanted in prop::collection::vec(any::<usize>(), 1..4),
    ) {
        let (b, values) = random_graph(&choices);
        let wanted: Vec<Value> = wanted.iter().map(|index| values[index % values.len()]).collect();
        let together = b.evaluate_reference(&wanted, &bound()).unwrap();
        // With every value as a result no slot is ever given back, so nothing is shared.
        let unshared = b.evaluate_reference(&values, &bound()).unwrap();
        for (value, result) in wanted.iter().zip(&together) {
            prop_assert_eq!(result, &unshared[position(&values, *value)]);
            prop_assert_eq!(result, &b.evaluate_reference(&[*value], &bound()).unwrap()[0]);
        }
    }

    #[test]
    fn values_that_share_a_slot_do_not_live_at_the_same_time(
        choices in prop::collection::vec((0..7_u8, any::<usize>(), any::<usize>()), 1..25),
    ) {
        let (b, values) = random_graph(&choices);
        let last = b.materialize(*values.last().unwrap()).unwrap();
        let program = b.finish(&[last]).unwrap();
        let lives = lives(&program);
        let roots = || program.steps.iter().flat_map(|step| &step.outputs).map(|value| value.index());
        for (one, other) in roots().flat_map(|one| roots().map(move |other| (one, other))) {
            let is_shared = one != other && program.places[one] == program.places[other];
            let overlap = lives[one].0 <= lives[other].1 && lives[other].0 <= lives[one].1;
            prop_assert!(!(is_shared && overlap), "values {} and {} in\n{}", one, other, program);
        }
    }
}

/// A chain of `len` operations on [100].
fn chain(len: usize) -> Program {
    let b = Builder::new(Mode::Inference);
    let mut value = b.input("x", &Shape::known(&[100]));
    (0..len).for_each(|_| value = b.tanh(value).unwrap());
    b.finish(&[value]).unwrap()
}

#[test]
fn a_chain_needs_two_slots_however_long_it_is() {
    assert_eq!(chain(2).slots, [100, 100]);
    assert_eq!(chain(50).slots, [100, 100]);
    assert_eq!(chain(50).memory_bytes(), 800);
}

#[test]
fn a_reshaped_value_lies_where_the_original_does_and_is_kept_as_long() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2, 3]));
    let y = b.exp(x).unwrap();
    let flat = b.reshape(y, &Shape::known(&[6])).unwrap();
    let flatter = b.reshape(flat, &Shape::known(&[6, 1])).unwrap();
    let other = b.neg(b.tanh(x).unwrap()).unwrap();
    let result = b.add(b.reshape(flatter, &Shape::known(&[2, 3])).unwrap(), other).unwrap();
    let program = b.finish(&[result]).unwrap();
    assert_eq!(program.len(), 4);
    assert_eq!([program.place(flat), program.place(flatter)], [program.place(y); 2]);
    assert_ne!(program.place(other), program.place(y));
}

#[test]
fn a_reshaped_input_lies_in_the_array_of_the_caller() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2, 3]));
    let flat = b.reshape(x, &Shape::known(&[6])).unwrap();
    let program = b.finish(&[b.neg(flat).unwrap()]).unwrap();
    assert_eq!(program.place(flat), Place::Binding(0));
    assert_eq!(program.slots, [6]);
}

#[test]
fn what_the_results_do_not_need_is_left_out() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[3]));
    let (needed, unneeded) = (b.exp(x).unwrap(), b.tanh(x).unwrap());
    b.neg(unneeded).unwrap();
    let program = b.finish(&[needed]).unwrap();
    assert_eq!(program.len(), 1);
    assert_eq!(program.place(unneeded), Place::Nowhere);
}

#[test]
fn optional_outputs_that_nobody_reads_get_no_memory() {
    let b = Builder::new(Mode::Inference);
    let arrays = inputs(&plain(), SMALL);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let outputs = emit_all(&plain(), &b, &x).unwrap();
    let program = b.finish(&outputs[..1]).unwrap();
    let kept: Vec<bool> = outputs.iter().map(|value| program.place(*value) != Place::Nowhere).collect();
    // The record is optional; the states are always written.
    assert_eq!(kept, [true, true, true, false]);
    assert_eq!(program.slots, [15; 3]);
}

#[test]
fn an_output_that_nobody_reads_gives_its_slot_back() {
    let b = Builder::new(Mode::Inference);
    let arrays = inputs(&plain(), SMALL);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let y = emit_all(&plain(), &b, &x).unwrap()[0];
    let program = b.finish(&[b.tanh(y).unwrap()]).unwrap();
    assert_eq!(program.slots, [15; 3]);
}

#[test]
fn arrays_without_elements_need_no_memory() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[0, 3]));
    let y = b.tanh(x).unwrap();
    assert_eq!(b.finish(&[y]).unwrap().memory_bytes(), 0);
    assert_eq!(b.evaluate(&[y], &[ArrayD::zeros(vec![0, 3])]).unwrap()[0].shape(), [0, 3]);
}

#[test]
fn a_program_with_an_unknown_size_is_an_error() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::new([None, Some(3)]));
    let error = b.finish(&[b.neg(x).unwrap()]).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(error.to_string(), "program: expected known sizes, got [None, 3]");
}

#[test]
fn a_result_may_be_named_twice() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2]));
    let y = b.neg(x).unwrap();
    let results = b.evaluate_reference(&[y, y, x], &[array(&[2], &[1.0, 2.0])]).unwrap();
    assert_eq!(results, [array(&[2], &[-1.0, -2.0]), array(&[2], &[-1.0, -2.0]), array(&[2], &[1.0, 2.0])]);
}

#[test]
fn inputs_and_sizes_can_be_asked_for() {
    let program = chain(3);
    assert_eq!(program.inputs(), [ProgramInput { name: "x".into(), dims: vec![100] }]);
    assert_eq!(program.dims(program.outputs()[0]), [100]);
    assert_eq!((program.len(), program.is_empty(), program.flops()), (3, false, 300));
    assert!(Builder::new(Mode::Inference).finish(&[]).unwrap().is_empty());
}

#[test]
fn a_printed_program_shows_operations_sizes_slots_and_costs() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[2, 3]));
    let w = b.input("w", &Shape::known(&[3]));
    let flat = b.reshape(b.tanh(b.mul(x, w).unwrap()).unwrap(), &Shape::known(&[6])).unwrap();
    let loss = b.sum_all(b.square(flat).unwrap()).unwrap();
    let d_w = b.gradients(loss, &[w]).unwrap()[0].expect("a gradient");
    insta::assert_snapshot!(b.finish(&[loss, d_w]).unwrap(), @r"
    bind 0: x [2, 3]
    bind 1: w [3]
    %2 [2, 3] @0 = mul(x, w)
    %3 [2, 3] @1 = tanh(%2)
    %5 [6] @0 = square(%3)
    %6 [] @2 = sum(%5) {axes [0]}
    %7 [] @0 = constant() {1}
    %9 [6] @3 = broadcast_to(%7)
    %10 [] @0 = constant() {2}
    %11 [6] @4 = mul(%3, %10)
    %12 [6] @0 = mul(%9, %11)
    %14 [] @3 = constant() {1}
    %15 [2, 3] @4 = square(%3)
    %16 [2, 3] @1 = sub(%14, %15)
    %17 [2, 3] @3 = mul(%12, %16)
    %19 [2, 3] @4 = mul(%17, x)
    %20 [3] @0 = sum(%19) {axes [0]}
    return %6, %20
    15 operations, 5 slots, 100 bytes, 72 flops
    ");
}

#[test]
fn a_printed_program_names_what_is_reshaped() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2, 3]));
    let flat = b.reshape(x, &Shape::known(&[6])).unwrap();
    let y = b.exp(flat).unwrap();
    let column = b.reshape(y, &Shape::known(&[6, 1])).unwrap();
    let sum = b.sum(column, &[0]).unwrap();
    insta::assert_snapshot!(b.finish(&[sum, column]).unwrap(), @r"
    bind 0: x [2, 3]
    %2 [6] @0 = exp(x)
    %4 [1] @1 = sum(%2) {axes [0]}
    return %4, %2
    2 operations, 2 slots, 28 bytes, 12 flops
    ");
}
