//! Activations and their derivatives against values that Keras computed.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, max_difference, widen};
use gatewise::{Activation, Builder, Mode, Result, Shape, Value, activations};

/// Keras computes in single precision, so its own values are this far from the truth.
const TOLERANCE: f64 = 1e-5;

fn name<'a>(case: &'a Case<'_>) -> &'a str {
    case.json["activation"].as_str().expect("a name")
}

/// Keras's own parameters say nothing that the name does not.
fn has_defaults(case: &Case<'_>) -> bool {
    case.name() == name(case) || case.name() == format!("{}_wide", name(case))
}

/// What Keras's numbers are compared with. Its sparsemax on TensorFlow is not the published function, so there the
/// projection that the paper defines takes its place, and its gradient is left out.
fn expected<'a>(case: &Case<'_>, quantity: &'a str) -> Option<&'a str> {
    match (name(case), quantity) {
        ("sparsemax", "y") => Some("simplex_projection"),
        ("sparsemax", _) => None,
        _ => Some(quantity),
    }
}

/// Compares an activation and its derivative with a case and returns what differs.
fn check(case: &Case<'_>, apply: &dyn Fn(&Builder, Value) -> Result<Value>) -> Vec<String> {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::known(case.f64("x").shape()));
    let cotangent = b.input("cotangent", &Shape::known(case.f64("cotangent").shape()));
    let y = apply(&b, x).unwrap();
    let loss = b.sum_all(b.mul(y, cotangent).unwrap()).unwrap();
    let d_x = b.gradients(loss, &[x]).unwrap()[0].expect("y depends on x");
    let fast = b.evaluate(&[y, d_x], &[case.f32("x"), case.f32("cotangent")]).unwrap();
    let oracle = b.evaluate_reference(&[y, d_x], &[case.f64("x"), case.f64("cotangent")]).unwrap();
    let mut failures = Vec::new();
    for ((quantity, fast), oracle) in ["y", "d_x"].iter().zip(fast).zip(oracle) {
        let Some(tensor) = expected(case, quantity) else { continue };
        for (executor, got) in [("cpu", widen(&fast)), ("oracle", oracle)] {
            let difference = max_difference(&got, &case.f64(tensor));
            if difference > TOLERANCE {
                failures.push(format!("{}/{quantity} by the {executor}: {difference:e}", case.name()));
            }
        }
    }
    failures
}

#[test]
fn named_activations_are_those_of_keras() {
    let group = Group::read("activations");
    let (mut count, mut failures) = (0, Vec::new());
    for case in group.cases().filter(has_defaults) {
        let activation = Activation::from(name(&case));
        assert!(activation.is_named(), "{}", case.name());
        failures.extend(check(&case, &|b, x| activation.apply(b, x)));
        count += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 55, "only {count} cases");
}

/// The activation of a case as a function with its parameters, if it has any.
fn apply_with_parameters(case: &Case<'_>, b: &Builder, x: Value) -> Option<Result<Value>> {
    let parameters = &case.json["parameters"];
    let get = |name: &str| parameters[name].as_f64().expect("a number");
    Some(match name(case) {
        "relu" => {
            let max_value = parameters["max_value"].as_f64();
            activations::relu(b, x, get("negative_slope"), max_value, get("threshold"))
        }
        "leaky_relu" => activations::leaky_relu(b, x, get("negative_slope")),
        "elu" => activations::elu(b, x, get("alpha")),
        "celu" => activations::celu(b, x, get("alpha")),
        "gelu" if parameters["approximate"] == true => activations::gelu_approximate(b, x),
        "soft_shrink" => activations::soft_shrink(b, x, get("threshold")),
        "hard_shrink" => activations::hard_shrink(b, x, get("threshold")),
        "squareplus" => activations::squareplus(b, x, get("b")),
        "threshold" => activations::threshold(b, x, get("threshold"), get("default_value")),
        _ => return None,
    })
}

#[test]
fn activations_with_parameters_are_those_of_keras() {
    let group = Group::read("activations");
    let (mut with_other_parameters, mut failures) = (0, Vec::new());
    for case in group.cases() {
        let b = Builder::new(Mode::Inference);
        let x = b.input("x", &Shape::known(&[1]));
        let is_function = apply_with_parameters(&case, &b, x).is_some();
        assert!(is_function || has_defaults(&case), "{} is not covered", case.name());
        if is_function {
            failures
                .extend(check(&case, &|b, x| apply_with_parameters(&case, b, x).expect("it has parameters")));
            with_other_parameters += usize::from(!has_defaults(&case));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(with_other_parameters >= 11, "only {with_other_parameters} cases");
}
