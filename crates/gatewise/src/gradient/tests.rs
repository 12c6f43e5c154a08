use super::*;
use crate::builder::Mode;
use crate::ops::testing::{array, assert_gradients, numbers};
use crate::shape::Shape;

/// A builder with two inputs of two numbers.
fn two_inputs() -> (Builder, Value, Value) {
    let b = Builder::new(Mode::Training);
    let inputs = ["x", "y"].map(|name| b.input(name, &Shape::known(&[2])));
    (b, inputs[0], inputs[1])
}

#[test]
fn the_loss_has_the_gradient_1_by_itself() {
    let (b, x, _) = two_inputs();
    let loss = b.sum_all(x).unwrap();
    let gradient = gradients(&b, loss, &[loss]).unwrap()[0].expect("a gradient");
    let result = b.evaluate_reference(&[gradient], &[numbers(&[2], 0), numbers(&[2], 0)]).unwrap();
    assert_eq!(result, [array(&[], &[1.0])]);
}

#[test]
fn a_loss_of_one_number_may_have_axes() {
    let (b, x, _) = two_inputs();
    let loss = b.sum_keep(x, &[0]).unwrap();
    let gradient = gradients(&b, loss, &[x]).unwrap()[0].expect("a gradient");
    let result = b.evaluate_reference(&[gradient], &[numbers(&[2], 0), numbers(&[2], 0)]).unwrap();
    assert_eq!(result, [array(&[2], &[1.0, 1.0])]);
}

#[test]
fn a_loss_of_several_or_unknown_numbers_is_an_error() {
    let (b, x, _) = two_inputs();
    let error = gradients(&b, x, &[x]).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(error.to_string(), "gradients: expected a loss of one number, got [2]");
    let unknown = b.input("z", &Shape::new([None]));
    let error = gradients(&b, unknown, &[x]).unwrap_err();
    assert_eq!(error.to_string(), "gradients: expected a loss of one number, got [None]");
}

#[test]
fn there_is_no_gradient_by_what_the_loss_does_not_depend_on() {
    let (b, x, y) = two_inputs();
    let loss = b.sum_all(b.square(x).unwrap()).unwrap();
    let later = b.neg(x).unwrap();
    let found = gradients(&b, loss, &[x, y, later]).unwrap();
    assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn a_value_in_the_middle_has_a_gradient() {
    let (b, x, y) = two_inputs();
    let middle = b.square(x).unwrap();
    let loss = b.sum_all(b.mul(middle, y).unwrap()).unwrap();
    let gradient = gradients(&b, loss, &[middle]).unwrap()[0].expect("a gradient");
    let inputs = [numbers(&[2], 0), array(&[2], &[3.0, 4.0])];
    assert_eq!(b.evaluate_reference(&[gradient], &inputs).unwrap(), [inputs[1].clone()]);
}

#[test]
fn gradients_of_several_uses_add_up() {
    assert_gradients(&[numbers(&[3], 0), numbers(&[], 9)], &[0, 1], &|b, x| {
        let square = b.square(x[0])?;
        b.add(b.mul(square, x[1])?, b.add(square, b.tanh(b.mul(x[0], x[1])?)?)?)
    });
}

#[test]
fn a_gradient_has_a_gradient() {
    // The second derivative of x³ · y is a function that central differences can check too.
    assert_gradients(&[numbers(&[3], 0), numbers(&[3], 9)], &[0, 1], &|b, x| {
        let cubic = b.mul(b.mul(b.square(x[0])?, x[0])?, x[1])?;
        Ok(b.gradients(b.sum_all(cubic)?, &x[..1])?[0].expect("a gradient"))
    });
}

#[test]
fn the_gradients_that_are_asked_for_together_are_those_asked_for_alone() {
    let (b, x, y) = two_inputs();
    let loss = b.sum_all(b.div(b.exp(x).unwrap(), b.softplus(y).unwrap()).unwrap()).unwrap();
    let together: Vec<Value> = gradients(&b, loss, &[x, y]).unwrap().into_iter().flatten().collect();
    let alone: Vec<Value> =
        [x, y].iter().flat_map(|by| gradients(&b, loss, &[*by]).unwrap()).flatten().collect();
    let inputs = [numbers(&[2], 0), numbers(&[2], 7)];
    let results = b.evaluate_reference(&[together, alone].concat(), &inputs).unwrap();
    assert_eq!(results[..2], results[2..]);
}

#[test]
fn an_operation_before_the_value_needs_no_gradient() {
    // Second derivatives through an LSTM are an error; here it lies where no gradient has to pass.
    use crate::ops::testing::lstm::{SMALL, emit_sum, inputs, plain};
    let b = Builder::new(Mode::Training);
    let arrays = inputs(&plain(), SMALL);
    let x: Vec<Value> = arrays.iter().map(|array| b.input("x", &Shape::known(array.shape()))).collect();
    let sum = b.sum_all(emit_sum(&plain(), &b, &x).unwrap()).unwrap();
    let first = gradients(&b, sum, &x[..1]).unwrap()[0].expect("a gradient");
    let factor = b.input("factor", &Shape::scalar());
    let loss = b.mul(b.sum_all(first).unwrap(), factor).unwrap();
    assert!(gradients(&b, loss, &[factor]).unwrap()[0].is_some());
    assert!(gradients(&b, loss, &x[..1]).is_err());
}
