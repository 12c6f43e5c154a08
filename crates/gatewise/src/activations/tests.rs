use ndarray::ArrayD;

use super::cell::CellActivation;
use super::*;
use crate::environment::Environment;
use crate::number::Number;
use crate::ops::testing::{array, assert_executors_agree, check_gradients, numbers, reference, shape_error};
use crate::shape::Shape;

/// Every name but `glu`, which is no function from a row to a row of as many.
fn names() -> impl Iterator<Item = &'static str> {
    formulas::NAMED.iter().map(|(name, _)| *name).filter(|name| *name != "glu")
}

fn own() -> Activation {
    Activation::custom("x_tanh_x", |b, x| b.mul(x, b.tanh(x)?))
}

/// Numbers from −4 to 4, more than a block of them, that stay away from every kink, all of which are at multiples
/// of ½.
fn smooth_points() -> ArrayD<f64> {
    numbers(&[70], 0).mapv(|x| {
        let x = 4.0 * x;
        let nearest = (2.0 * x).round() / 2.0;
        if (x - nearest).abs() < 0.01 { x + 0.02 } else { x }
    })
}

/// All kinks of all activations, and numbers where functions without care overflow.
fn kinks() -> ArrayD<f64> {
    array(&[14], &[-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0, 9.0, -40.0, 40.0])
}

/// The activation of `x` and d · f′(x), in operations.
fn through_operations(activation: &Activation, x: &ArrayD<f64>, d: &ArrayD<f64>) -> [Vec<f64>; 2] {
    let y = reference(std::slice::from_ref(x), &|b, x| activation.apply(b, x[0])).unwrap();
    let d_x = reference(&[x.clone(), d.clone()], &|b, x| {
        let loss = b.sum_all(b.mul(activation.apply(b, x[0])?, x[1])?)?;
        Ok(b.gradients(loss, &x[..1])?[0].expect("a gradient"))
    });
    [y, d_x.unwrap()].map(|array| array.iter().copied().collect())
}

/// The same in the form for kernels.
fn through_cell<F: Number>(activation: &Activation, x: &ArrayD<f64>, d: &ArrayD<f64>) -> [Vec<f64>; 2] {
    let cell = CellActivation::new("lstm", activation).unwrap();
    let [x, mut d] = [x, d].map(|array| array.iter().map(|x| F::of(*x)).collect::<Vec<F>>());
    let mut y = vec![F::zero(); x.len()];
    cell.kernel::<F>().forward(&x, &mut y);
    cell.kernel::<F>().backward(&x, &y, &mut d);
    [y, d].map(|numbers| numbers.iter().map(|x| x.to_f64().expect("every number is one of f64")).collect())
}

fn assert_forms_agree(activation: &Activation, x: &ArrayD<f64>) {
    let d = numbers(x.shape(), 300);
    let expected = through_operations(activation, x, &d).concat();
    let got = through_cell::<f64>(activation, x, &d).concat();
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        // Two orders of the same few roundings.
        let is_same = (got - expected).abs() <= 1e-14 * expected.abs().max(1.0);
        assert!(is_same, "{}: expected {expected} at element {index}, got {got}", activation.name());
    }
}

#[test]
fn every_named_activation_has_the_gradient_of_central_differences() {
    for name in names() {
        let activation: Activation = name.into();
        check_gradients(&[smooth_points()], &[0], &|b, x| activation.apply(b, x[0]))
            .unwrap_or_else(|text| panic!("{name}: {text}"));
    }
}

#[test]
fn glu_has_the_gradient_of_central_differences() {
    let glu: Activation = "glu".into();
    check_gradients(&[numbers(&[3, 4], 0)], &[0], &|b, x| glu.apply(b, x[0])).unwrap();
}

#[test]
fn the_form_for_kernels_is_the_same_function_with_the_same_derivative() {
    for activation in names().map(Activation::from).chain([own()]) {
        assert_forms_agree(&activation, &smooth_points());
    }
}

#[test]
fn the_form_for_kernels_has_the_same_derivative_at_kinks_and_far_out() {
    for activation in names().map(Activation::from).chain([own()]) {
        assert_forms_agree(&activation, &kinks());
    }
}

#[test]
fn the_fast_form_for_kernels_is_the_same_function_up_to_rounding() {
    Environment::get().expect("the environment names an instruction set of this CPU, if any");
    for activation in names().map(Activation::from).chain([own()]) {
        // The points of `f32` that are nearest, so that both forms get the same ones.
        for x in [smooth_points(), kinks()].map(|x| x.mapv(|x| f64::from(x as f32))) {
            let d = numbers(x.shape(), 300).mapv(|d| f64::from(d as f32));
            let expected = through_cell::<f64>(&activation, &x, &d).concat();
            let got = through_cell::<f32>(&activation, &x, &d).concat();
            for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
                let is_same = (got - expected).abs() <= 1e-6 * expected.abs().max(1.0);
                let name = activation.name();
                assert!(is_same, "{name}: expected {expected} at element {index}, got {got}");
            }
        }
    }
}

#[test]
fn value_and_slope_at_once_are_those_of_each_alone() {
    for activation in names().map(Activation::from).chain([own()]) {
        let cell = CellActivation::new("lstm", &activation).unwrap();
        let gatewise_kernels::activation::Activation::Custom(function) = cell.kernel::<f32>() else {
            continue;
        };
        for x in [smooth_points(), kinks()].iter().filter(|_| function.is_elementwise()) {
            let [y, d] = through_cell::<f64>(&activation, &x.mapv(|x| f64::from(x as f32)), &x.mapv(|_| 1.0));
            let x: Vec<f32> = x.iter().map(|x| *x as f32).collect();
            let (mut value, mut slope) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            function.value_and_slope(&x, &mut value, &mut slope);
            for (got, expected) in value.into_iter().zip(y).chain(slope.into_iter().zip(d)) {
                let is_same = (f64::from(got) - expected).abs() <= 1e-6 * expected.abs().max(1.0);
                assert!(is_same, "{}: expected {expected}, got {got}", activation.name());
            }
        }
    }
}

#[test]
fn a_custom_activation_has_the_gradient_of_central_differences() {
    check_gradients(&[smooth_points()], &[0], &|b, x| own().apply(b, x[0])).unwrap();
}

#[test]
fn executors_agree_for_every_named_activation() {
    for name in names() {
        let activation: Activation = name.into();
        // Smaller numbers, because the rounding of eˣ is relative to its value.
        assert_executors_agree(&[smooth_points().mapv(|x| x / 2.0)], &|b, x| activation.apply(b, x[0]));
    }
}

#[test]
fn values_are_those_that_the_formulas_give_by_hand() {
    let at = |name: &str, x: f64| {
        let activation: Activation = name.into();
        reference(&[array(&[1], &[x])], &|b, x| activation.apply(b, x[0])).unwrap()[[0]]
    };
    let values = [
        ("linear", -2.0, -2.0),
        ("hard_sigmoid", 1.5, 0.75),
        ("relu6", 7.0, 6.0),
        ("leaky_relu", -2.0, -0.4),
        ("elu", 3.0, 3.0),
        ("hard_silu", 1.0, 2.0 / 3.0),
        ("softsign", -3.0, -0.75),
        ("hard_tanh", -1.5, -1.0),
        ("soft_shrink", -2.0, -1.5),
        ("hard_shrink", 0.25, 0.0),
        ("squareplus", 0.0, 1.0),
        ("sparse_plus", 0.0, 0.25),
        ("sparse_sigmoid", 0.5, 0.75),
    ];
    for (name, x, expected) in values {
        assert!((at(name, x) - expected).abs() < 1e-15, "{name}: expected {expected}, got {}", at(name, x));
    }
    assert!((at("selu", -1.0) / at("elu", -1.0) - 1.758_099_340_847_376_6).abs() < 1e-12);
}

#[test]
fn limits_may_be_set_by_functions() {
    let of = |x: f64, emit: &dyn Fn(&Builder, Value) -> Result<Value>| {
        reference(&[array(&[1], &[x])], &|b, x| emit(b, x[0])).unwrap()[[0]]
    };
    assert_eq!(of(9.0, &|b, x| relu(b, x, 0.0, Some(4.0), 0.0)), 4.0);
    assert_eq!(of(-3.0, &|b, x| relu(b, x, 0.5, None, 1.0)), -2.0);
    assert_eq!(of(2.0, &|b, x| threshold(b, x, 2.0, -7.0)), -7.0);
    assert_eq!(of(2.5, &|b, x| threshold(b, x, 2.0, -7.0)), 2.5);
    assert_eq!(of(0.0, &|b, x| celu(b, x, 2.0)), 0.0);
}

#[test]
fn negative_limits_of_relu_are_an_error() {
    let text = shape_error(&[Shape::known(&[1])], &|b, x| relu(b, x[0], -0.5, Some(6.0), 0.0));
    let expected = "relu: expected `negative_slope` and `max_value` of at least 0, got -0.5 and 6";
    assert_eq!(text, expected);
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let unknown: Activation = "tahn".into();
    let error = unknown.check("lstm_1").unwrap_err();
    assert!(error.is_argument());
    let text = error.to_string();
    assert!(
        text.starts_with("lstm_1: unknown activation \"tahn\", expected one of: linear, tanh, "),
        "{text}"
    );
    assert!(
        shape_error(&[Shape::scalar()], &|b, x| unknown.apply(b, x[0])).starts_with("activation: unknown")
    );
    assert!(CellActivation::new("lstm_1", &unknown).is_err());
}

#[test]
fn what_changes_the_width_cannot_be_used_inside_a_cell() {
    let error = |activation: Activation| CellActivation::new("lstm_1", &activation).unwrap_err();
    assert!(error("glu".into()).is_unsupported());
    let text = "lstm_1: the activation \"glu\" halves the width and cannot be used inside a cell";
    assert_eq!(error("glu".into()).to_string(), text);
    let twice = Activation::custom("twice", |b, x| b.pad(x, 0, 1, 0));
    let text = "lstm_1: the activation \"twice\" changes the shape of its input";
    assert_eq!(error(twice).to_string(), text);
}

#[test]
fn a_custom_activation_is_not_taken_for_the_one_of_the_same_name() {
    let own = Activation::custom("linear", |b, x| b.neg(x));
    assert!(!own.is_named() && !own.is_linear());
    assert!(Activation::linear().is_named() && Activation::linear().is_linear());
    assert_forms_agree(&own, &smooth_points());
    let [y, _] = through_cell::<f64>(&own, &array(&[1], &[2.0]), &array(&[1], &[1.0]));
    assert_eq!(y, [-2.0]);
}

#[test]
fn a_constant_activation_has_the_derivative_0() {
    let constant = Activation::custom("constant", |b, _| b.scalar(3.0));
    let x = smooth_points();
    let [y, d] = through_cell::<f64>(&constant, &x, &numbers(x.shape(), 1));
    assert!(y.iter().all(|y| *y == 3.0) && d.iter().all(|d| *d == 0.0));
}

#[test]
fn what_a_slope_needs_is_known() {
    let own_gate = Activation::custom("own_gate", |b, x| b.sigmoid(b.scale(x, 1.5)?));
    let named = |name: &str| Activation::from(name);
    let by_value = [named("tanh"), named("exponential"), named("softmax"), named("log_softmax"), own_gate];
    let by_argument = [named("elu"), named("gelu"), named("relu6"), own()];
    for (activations, expected) in [(&by_value[..], false), (&by_argument[..], true)] {
        for activation in activations {
            let cell = CellActivation::new("lstm", activation).unwrap();
            assert_eq!(cell.kernel::<f32>().reads_x(), expected, "{}", activation.name());
        }
    }
}

#[test]
fn nan_stays_nan_where_keras_leaves_it() {
    let nan = array(&[2], &[f64::NAN; 2]);
    for activation in names().map(Activation::from) {
        let is_lost = ["soft_shrink", "hard_shrink"].contains(&activation.name());
        let [y, _] = through_operations(&activation, &nan, &nan);
        assert!(y.iter().all(|y| y.is_nan() != is_lost), "{} in operations", activation.name());
        for [y, _] in
            [through_cell::<f64>(&activation, &nan, &nan), through_cell::<f32>(&activation, &nan, &nan)]
        {
            assert!(y.iter().all(|y| y.is_nan() != is_lost), "{} in a cell", activation.name());
        }
    }
}

#[test]
fn infinite_numbers_have_the_limits_of_the_function() {
    let ends = array(&[2], &[f64::NEG_INFINITY, f64::INFINITY]);
    let limits = [
        ("relu", [0.0, f64::INFINITY]),
        ("relu6", [0.0, 6.0]),
        ("hard_sigmoid", [0.0, 1.0]),
        ("sigmoid", [0.0, 1.0]),
        ("tanh", [-1.0, 1.0]),
        ("elu", [-1.0, f64::INFINITY]),
        ("sparse_plus", [0.0, f64::INFINITY]),
        ("sparse_sigmoid", [0.0, 1.0]),
        ("softplus", [0.0, f64::INFINITY]),
    ];
    for (name, expected) in limits {
        let [y, _] = through_operations(&name.into(), &ends, &ends);
        assert_eq!(y, expected, "{name}");
    }
    let limited = reference(&[ends], &|b, x| relu(b, x[0], 0.0, Some(2.0), 1.0)).unwrap();
    assert_eq!(limited, array(&[2], &[0.0, 2.0]));
}
