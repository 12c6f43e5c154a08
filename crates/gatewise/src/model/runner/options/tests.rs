use gatewise_kernels::bfloat16;
use ndarray::ArrayD;

use crate::cpu::WeightsDtype;
use crate::layers::{Bidirectional, Dense, Gru, Input, Lstm};
use crate::model::{Model, RunnerOptions};
use crate::sequential::Sequential;

const BFLOAT16: RunnerOptions =
    RunnerOptions { weights_dtype: WeightsDtype::Bfloat16, in_calling_thread: false };

fn numbers(shape: &[usize]) -> ArrayD<f32> {
    let mut next = 0.37f32;
    ArrayD::from_shape_simple_fn(shape, || {
        next = (next * 2.9 + 0.31) % 1.7;
        next - 0.8
    })
}

fn bidirectional() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Bidirectional::new(Lstm::new(17).return_sequences(true))).unwrap();
    model.add(Gru::new(6).return_sequences(true)).unwrap();
    model.add(Lstm::new(9).activation("relu")).unwrap().add(Dense::new(2)).unwrap();
    model
}

fn stacked() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap();
    model.add(Lstm::new(17).return_sequences(true)).unwrap().add(Lstm::new(8).use_bias(false)).unwrap();
    model.add(Dense::new(2)).unwrap();
    model
}

/// Rounds the weights of these numbers, and leaves all others.
fn round_weights(model: &Model, which: &[usize]) {
    let mut weights = model.get_weights();
    for &index in which {
        let rounded = weights[index].mapv(bfloat16::round);
        assert_ne!(rounded, weights[index]);
        weights[index] = rounded;
    }
    model.set_weights(&weights).unwrap();
}

#[test]
fn bfloat16_gives_the_bits_of_rounded_kernels_and_leaves_all_else() {
    // Two directions with kernel, recurrent kernel and bias each, the GRU, the second LSTM.
    for (model, kernels) in [(bidirectional(), &[0, 1, 3, 4, 9, 10][..]), (stacked(), &[0, 1, 3, 4])] {
        for shape in [[1, 5, 3], [9, 2, 3]] {
            let x = numbers(&shape);
            let exact = model.predict(&x).unwrap();
            let before = model.get_weights();
            let mut runner = model.runner_with([shape], BFLOAT16).unwrap();
            assert_eq!(model.get_weights(), before);
            round_weights(&model, kernels);
            let expected = model.predict(&x).unwrap();
            model.set_weights(&before).unwrap();
            assert_eq!(runner.run(&[x.as_slice().unwrap()]).unwrap(), expected.as_slice().unwrap());
            assert_ne!(expected, exact);
            assert!((expected - exact).iter().all(|difference| difference.abs() < 0.02));
        }
    }
}

#[test]
fn a_stepper_in_bfloat16_gives_the_bits_of_a_runner() {
    let model = stacked();
    let x = numbers(&[1, 7, 3]);
    let mut stepper = model.stepper_with([[1, 3]], BFLOAT16).unwrap();
    for x in x.as_slice().unwrap().chunks(3) {
        stepper.step(&[x]).unwrap();
    }
    let mut runner = model.runner_with([[1, 7, 3]], BFLOAT16).unwrap();
    assert_eq!(stepper.output(0), runner.run(&[x.as_slice().unwrap()]).unwrap());
}

#[test]
fn a_type_that_changes_nothing_is_refused() {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(3)])).unwrap().add(Gru::new(4)).unwrap();
    let errors = [
        model.runner_with([[1, 5, 3]], BFLOAT16).unwrap_err(),
        model.stepper_with([[1, 3]], BFLOAT16).unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_argument());
        assert_eq!(
            error.to_string(),
            "weights_dtype: expected float32, got bfloat16, which is for the weights of LSTM layers; the model has none"
        );
    }
    assert!(model.runner_with([[1, 5, 3]], RunnerOptions::default()).is_ok());
}

#[test]
fn an_unknown_name_is_refused_with_the_known_ones() {
    let error = "float16".parse::<WeightsDtype>().unwrap_err();
    insta::assert_snapshot!(error, @r#"weights_dtype: expected float32 or bfloat16, got "float16""#);
    for dtype in WeightsDtype::ALL {
        assert_eq!(dtype.name().parse(), Ok(dtype));
    }
}
