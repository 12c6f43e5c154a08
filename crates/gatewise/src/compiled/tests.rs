use std::sync::Barrier;

use ndarray::{arr1, arr2};

use super::*;
use crate::builder::Mode;
use crate::shape::Shape;
use crate::state::StateCell;
use crate::variable::Variable;

/// x · x for two numbers.
fn squares() -> Compiled {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2]));
    Compiled::new(&b, &[b.square(x).unwrap()]).unwrap()
}

fn run(compiled: &Compiled, data: &[&[f32]]) -> Vec<ArrayD<f32>> {
    compiled.run(data, RunKey::default(), |outputs| Ok(outputs.to_arrays())).unwrap()
}

/// A program that adds x to a state [batch, 1] and returns 10 times the sum.
fn accumulator(batch: usize, cell: &StateCell) -> Compiled {
    let b = Builder::new(Mode::Inference);
    let shape = Shape::known(&[batch, 1]);
    let (x, state) = (b.input("x", &shape), b.state_input("total", &shape, cell));
    let next = b.add(x, state).unwrap();
    b.update_state(cell, next);
    Compiled::new(&b, &[b.scale(next, 10.0).unwrap()]).unwrap()
}

#[test]
fn a_program_that_runs_twice_gives_the_same_bits() {
    use crate::ops::testing::lstm::{SMALL, emit_sum, inputs, plain};
    let b = Builder::new(Mode::Training);
    let arrays: Vec<Vec<f32>> =
        inputs(&plain(), SMALL).iter().map(|array| array.iter().map(|x| *x as f32).collect()).collect();
    let declare = |array: &ArrayD<f64>| b.input("x", &Shape::known(array.shape()));
    let x: Vec<Value> = inputs(&plain(), SMALL).iter().map(declare).collect();
    let loss = b.sum_all(emit_sum(&plain(), &b, &x).unwrap()).unwrap();
    let gradients: Vec<Value> = b.gradients(loss, &x).unwrap().into_iter().flatten().collect();
    let compiled = Compiled::new(&b, &gradients).unwrap();
    let data: Vec<&[f32]> = arrays.iter().map(Vec::as_slice).collect();
    assert_eq!(run(&compiled, &data), run(&compiled, &data));
}

#[test]
fn runs_at_the_same_time_do_not_see_each_other() {
    let (compiled, barrier) = (squares(), Barrier::new(2));
    let meet = |x: f32| {
        let read = |outputs: &Outputs<'_>| {
            // Both runs hold their memory here.
            barrier.wait();
            Ok(outputs.get(0).to_vec())
        };
        compiled.run(&[&[x, 2.0 * x]], RunKey::default(), read).unwrap()
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| meet(3.0));
        (meet(1.0), other.join().unwrap())
    });
    assert_eq!((one, other), (vec![1.0, 4.0], vec![9.0, 36.0]));
}

#[test]
fn memory_is_used_again() {
    let compiled = squares();
    for _ in 0..3 {
        run(&compiled, &[&[1.0, 2.0]]);
    }
    assert_eq!(compiled.pool.lock().unwrap().len(), 1);
}

#[test]
fn an_error_of_the_reader_is_returned_and_the_memory_comes_back() {
    let compiled = squares();
    let refuse = |_: &Outputs<'_>| Err::<(), _>(Error::data("reader", "no"));
    let error = compiled.run(&[&[1.0, 2.0]], RunKey::default(), refuse).unwrap_err();
    assert_eq!(error.to_string(), "reader: no");
    assert_eq!(compiled.pool.lock().unwrap().len(), 1);
}

#[test]
fn a_state_goes_on_from_run_to_run_and_is_no_output() {
    let cell = StateCell::default();
    let compiled = accumulator(2, &cell);
    assert_eq!(run(&compiled, &[&[1.0, 2.0]]), [arr2(&[[10.0], [20.0]]).into_dyn()]);
    assert_eq!(run(&compiled, &[&[1.0, 2.0]]), [arr2(&[[20.0], [40.0]]).into_dyn()]);
    assert_eq!(cell.get(), Some(arr2(&[[2.0], [4.0]]).into_dyn()));
    cell.set(None);
    assert_eq!(run(&compiled, &[&[1.0, 2.0]]), [arr2(&[[10.0], [20.0]]).into_dyn()]);
}

#[test]
fn a_smaller_batch_leaves_the_states_of_the_others() {
    let cell = StateCell::default();
    run(&accumulator(3, &cell), &[&[1.0, 2.0, 3.0]]);
    run(&accumulator(1, &cell), &[&[10.0]]);
    assert_eq!(cell.get(), Some(arr2(&[[11.0], [2.0], [3.0]]).into_dyn()));
}

#[test]
fn a_state_that_stays_as_it_is_is_kept() {
    let cell = StateCell::default();
    cell.set(Some(arr2(&[[5.0]]).into_dyn()));
    let b = Builder::new(Mode::Inference);
    let state = b.state_input("total", &Shape::known(&[1, 1]), &cell);
    let compiled = Compiled::new(&b, &[state]).unwrap();
    assert_eq!(run(&compiled, &[]), [arr2(&[[5.0]]).into_dyn()]);
    assert_eq!(cell.get(), Some(arr2(&[[5.0]]).into_dyn()));
}

#[test]
fn the_reference_reads_states_and_does_not_keep_them() {
    let cell = StateCell::default();
    cell.set(Some(arr2(&[[1.0], [2.0]]).into_dyn()));
    let compiled = accumulator(2, &cell);
    let result = compiled.run_reference(&[&[3.0, 4.0]], RunKey::default()).unwrap();
    assert_eq!(result, [arr2(&[[40.0], [60.0]]).into_dyn()]);
    assert_eq!(cell.get(), Some(arr2(&[[1.0], [2.0]]).into_dyn()));
}

#[test]
fn weights_are_read_at_every_run() {
    let weight = Variable::new("weight".into(), arr1(&[2.0, 3.0]).into_dyn(), None, None);
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2]));
    let w = b.variable(&weight);
    assert_eq!(b.variable(&weight), w);
    let compiled = Compiled::new(&b, &[b.mul(x, w).unwrap()]).unwrap();
    assert_eq!(run(&compiled, &[&[10.0, 10.0]]), [arr1(&[20.0, 30.0]).into_dyn()]);
    weight.assign(&arr1(&[5.0, 7.0]).into_dyn()).unwrap();
    assert_eq!(run(&compiled, &[&[10.0, 10.0]]), [arr1(&[50.0, 70.0]).into_dyn()]);
    let exact = compiled.run_reference(&[&[1.0, 1.0]], RunKey::default()).unwrap();
    assert_eq!(exact, [arr1(&[5.0, 7.0]).into_dyn()]);
}

#[test]
fn both_executors_run_in_single_precision_too() {
    let compiled = squares();
    let bindings = [vec![1.5_f32, 2.5]];
    let naive = compiled.run_naively(&Reference, &bindings, RunKey::default()).unwrap();
    let fast = compiled.run_naively(&Cpu, &bindings, RunKey::default()).unwrap();
    assert_eq!(naive, [arr1(&[2.25, 6.25]).into_dyn()]);
    assert_eq!(fast, naive);
}

#[test]
fn arrays_that_do_not_fit_are_an_error() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2]));
    let y = b.neg(x).unwrap();
    let error = b.evaluate(&[y], &[]).unwrap_err();
    assert_eq!(error.to_string(), "program: expected 1 arrays, got 0");
    let error = b.evaluate(&[y], &[arr1(&[1.0, 2.0, 3.0]).into_dyn()]).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(error.to_string(), "x: expected [2], got [3]");
    let error = b.evaluate_reference(&[y], &[arr2(&[[1.0, 2.0]]).into_dyn()]).unwrap_err();
    assert_eq!(error.to_string(), "x: expected [2], got [1, 2]");
}

#[test]
fn arrays_in_another_memory_order_are_read_by_their_axes() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(&[2, 2]));
    let turned = arr2(&[[1.0, 2.0], [3.0, 4.0]]).reversed_axes().into_dyn();
    let result = b.evaluate(&[b.neg(x).unwrap()], &[turned]).unwrap();
    assert_eq!(result, [arr2(&[[-1.0, -3.0], [-2.0, -4.0]]).into_dyn()]);
}
