use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::{array, assert_executors_agree, reference, shape_after};

#[test]
fn a_constant_has_the_shape_that_was_asked_for() {
    let shape = Shape::new([None, Some(3)]);
    assert_eq!(shape_after(&[], &|b, _| b.constant(2.0, &shape)).unwrap(), shape);
    assert_eq!(shape_after(&[], &|b, _| b.scalar(2.0)).unwrap(), Shape::scalar());
}

#[test]
fn a_constant_fills_its_array() {
    let of = |dims: &[usize]| reference(&[], &|b, _| b.constant(-2.5, &Shape::known(dims))).unwrap();
    assert_eq!(of(&[2, 2]), array(&[2, 2], &[-2.5; 4]));
    assert_eq!(of(&[]), array(&[], &[-2.5]));
    assert_eq!(of(&[0, 3]), array(&[0, 3], &[]));
}

#[test]
fn constants_may_be_nan_or_infinite() {
    for value in [f64::NAN, f64::INFINITY] {
        assert_executors_agree(&[], &|b, _| b.constant(value, &Shape::known(&[3])));
    }
}

#[test]
fn inputs_are_bound_in_the_order_in_which_they_were_made() {
    let result = reference(&[array(&[1], &[10.0]), array(&[1], &[1.0])], &|b, x| b.sub(x[0], x[1]));
    assert_eq!(result.unwrap(), array(&[1], &[9.0]));
}

#[test]
fn an_input_that_nobody_reads_is_bound_all_the_same() {
    let b = Builder::new(Mode::Inference);
    let (_, y) = (b.input("x", &Shape::known(&[2])), b.input("y", &Shape::known(&[1])));
    let program = b.finish(&[b.neg(y).unwrap()]).unwrap();
    let names: Vec<&str> = program.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["x", "y"]);
}

#[test]
fn a_result_may_be_an_input_as_it_is() {
    let x = [array(&[2], &[3.0, f64::NAN])];
    assert_executors_agree(&x, &|_, x| Ok(x[0]));
    assert_executors_agree(&x, &|b, x| b.reshape(x[0], &Shape::known(&[2, 1])));
}

#[test]
fn constants_and_inputs_end_the_way_of_gradients() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::scalar());
    let constant = b.scalar(2.0).unwrap();
    let loss = b.mul(x, constant).unwrap();
    let gradients = b.gradients(loss, &[x, constant]).unwrap();
    let gradients = gradients.into_iter().flatten().collect::<Vec<_>>();
    let results = b.evaluate_reference(&gradients, &[array(&[], &[5.0])]).unwrap();
    assert_eq!(results, [array(&[], &[2.0]), array(&[], &[5.0])]);
}
