use ndarray::{ArrayD, Axis};

use crate::layers::{Dense, Embedding, Input, Lstm};
use crate::model::StreamState;
use crate::sequential::Sequential;

fn numbers(shape: &[usize]) -> ArrayD<f32> {
    let mut next = 0.37f32;
    ArrayD::from_shape_simple_fn(shape, || {
        next = (next * 2.9 + 0.31) % 1.7;
        next - 0.8
    })
}

fn stacked() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(17).return_sequences(true)).unwrap().add(Lstm::new(8)).unwrap();
    model.add(Dense::new(2)).unwrap();
    model
}

#[test]
fn a_runner_gives_the_bits_of_predict_call_after_call() {
    let model = stacked();
    for shape in [[1, 5, 3], [9, 2, 3], [64, 40, 3]] {
        let mut runner = model.runner([shape]).unwrap();
        assert_eq!(runner.output_shape(0), [shape[0], 2]);
        for scale in [1.0, 3.0] {
            let x = numbers(&shape) * scale;
            let expected = model
                .predict_all(&x, crate::Predict { batch_size: Some(64), ..crate::Predict::default() })
                .unwrap();
            assert_eq!(runner.run(&[x.as_slice().unwrap()]).unwrap(), expected[0].as_slice().unwrap());
        }
    }
}

#[test]
fn a_runner_keeps_the_weights_that_it_was_made_with() {
    let model = stacked();
    let x = numbers(&[1, 5, 3]);
    let before = model.predict(&x).unwrap();
    let mut runner = model.runner([[1, 5, 3]]).unwrap();
    let doubled: Vec<_> = model.get_weights().iter().map(|weight| weight * 2.0).collect();
    model.set_weights(&doubled).unwrap();
    assert_ne!(model.predict(&x).unwrap(), before);
    assert_eq!(runner.run(&[x.as_slice().unwrap()]).unwrap(), before.as_slice().unwrap());
}

#[test]
fn a_runner_of_a_stateful_model_keeps_its_own_state() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(2)])).unwrap().add(Lstm::new(5).stateful(true)).unwrap();
    let x = numbers(&[1, 4, 2]);
    let [first, second] = [0, 1].map(|_| model.predict(&x).unwrap());
    assert_ne!(first, second);
    let mut runner = model.runner([[1, 4, 2]]).unwrap();
    for _ in 0..2 {
        assert_eq!(runner.run(&[x.as_slice().unwrap()]).unwrap(), first.as_slice().unwrap());
        assert_eq!(runner.run(&[x.as_slice().unwrap()]).unwrap(), second.as_slice().unwrap());
        runner.reset_states();
    }
}

#[test]
fn a_stepper_gives_the_bits_of_steps_and_of_the_whole_sequence() {
    let model = stacked();
    for batch in [1, 6] {
        let x = numbers(&[batch, 7, 3]);
        let whole = model.predict(&x).unwrap();
        let mut stepper = model.stepper([[batch, 3]]).unwrap();
        for _ in 0..2 {
            let mut state = StreamState::new();
            for t in 0..7 {
                let x = x.index_axis(Axis(1), t).as_standard_layout().into_owned();
                let (expected, next) = model.step(&x, state).unwrap();
                assert_eq!(stepper.step(&[x.as_slice().unwrap()]).unwrap(), expected.as_slice().unwrap());
                assert_eq!(stepper.state(), next);
                state = next;
            }
            assert_eq!(stepper.output(0), whole.as_slice().unwrap());
            stepper.reset();
            assert!(stepper.state().is_new());
        }
    }
}

#[test]
fn a_stepper_goes_on_from_a_state_that_was_kept() {
    let model = stacked();
    let mut stepper = model.stepper([[1, 3]]).unwrap();
    let step = |stepper: &mut crate::Stepper, x: f32| stepper.step(&[&[x, 1.0, -x]]).unwrap().to_vec();
    step(&mut stepper, 0.5);
    let kept = stepper.state();
    let expected = step(&mut stepper, 0.7);
    assert_ne!(step(&mut stepper, 0.7), expected);
    stepper.set_state(&kept).unwrap();
    assert_eq!(step(&mut stepper, 0.7), expected);

    let other = model.stepper([[2, 3]]).unwrap().state();
    assert!(stepper.set_state(&other).is_ok(), "a new state fits every batch");
    let mut two = model.stepper([[2, 3]]).unwrap();
    two.step(&[&[0.0; 6]]).unwrap();
    let error = stepper.set_state(&two.state()).unwrap_err();
    assert!(error.to_string().contains("expected [1, 17] for \"lstm/h\", got [2, 17]"), "{error}");
}

#[test]
fn wrong_inputs_are_reported_and_change_nothing() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None])).unwrap().add(Embedding::new(5, 3)).unwrap();
    model.add(Lstm::new(4)).unwrap();
    let mut stepper = model.stepper([[1]]).unwrap();
    stepper.step(&[&[4.0]]).unwrap();
    let state = stepper.state();
    let error = |result: crate::Result<&[f32]>| result.unwrap_err().to_string();
    assert!(error(stepper.step(&[&[5.0]])).contains('5'));
    assert!(error(stepper.step(&[&[1.0, 2.0]])).contains("expected 1 numbers of [1], got 2"));
    assert!(error(stepper.step(&[])).contains("expected 1 inputs, got 0"));
    assert_eq!(stepper.state(), state);
    assert!(model.runner([[1, 2, 3]]).is_err());
    assert!(model.stepper([[1, 2], [1, 2]]).unwrap_err().to_string().contains("got 2"));
}
