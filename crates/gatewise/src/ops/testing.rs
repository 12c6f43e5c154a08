//! Helpers for the tests of operations: numbers to try, gradients against central differences, both executors.
//!
//! A function under test is written as layers write theirs: a closure that emits operations on inputs.

use ndarray::{ArrayD, IxDyn};

use crate::builder::{Builder, Mode};
use crate::error::Result;
use crate::graph::Value;
use crate::shape::Shape;
use crate::testing::{numbers_from, shape_of, slopes};

pub(crate) mod lstm;
pub(crate) mod rnn;

/// Emits the function under test on its inputs.
pub(crate) type Emit<'a> = &'a dyn Fn(&Builder, &[Value]) -> Result<Value>;

/// How far a gradient may be from the differences, relative to the largest gradient of its array. The five-point
/// differences are good to about 1e-10.
const GRADIENT_TOLERANCE: f64 = 1e-7;

/// How far one operation in `f32` may be from `f64`, relative to the largest number of the result and at least to 1:
/// a few roundings.
const ROUNDING: f64 = 8.0 * f32::EPSILON as f64;

/// The same for a recurrence, where the rounding of a step goes through all the steps after it.
const RECURRENT_ROUNDING: f64 = 8.0 * ROUNDING;

/// An array from its sizes and its numbers, row-major.
pub(crate) fn array(dims: &[usize], numbers: &[f64]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(IxDyn(dims), numbers.to_vec()).expect("as many numbers as the sizes say")
}

/// Different numbers between −1 and 1, far from each other and from 0; another `start` gives others.
pub(crate) fn numbers(dims: &[usize], start: usize) -> ArrayD<f64> {
    numbers_from(dims, start)
}

/// A builder with an input for every shape.
fn declare(shapes: impl IntoIterator<Item = Shape>) -> (Builder, Vec<Value>) {
    let builder = Builder::new(Mode::Training);
    let name = |index: usize| format!("input_{index}");
    let declare = |(index, shape)| builder.input(&name(index), &shape);
    let values = shapes.into_iter().enumerate().map(declare).collect();
    (builder, values)
}

/// The shape of the result for inputs of these shapes, or the error.
pub(crate) fn shape_after(inputs: &[Shape], emit: Emit<'_>) -> Result<Shape> {
    let (builder, values) = declare(inputs.iter().cloned());
    Ok(builder.shape(emit(&builder, &values)?))
}

/// The text of the error that inputs of these shapes give.
pub(crate) fn shape_error(inputs: &[Shape], emit: Emit<'_>) -> String {
    let error = shape_after(inputs, emit).expect_err("the shapes do not fit");
    error.to_string()
}

/// The result by the reference executor.
pub(crate) fn reference(inputs: &[ArrayD<f64>], emit: Emit<'_>) -> Result<ArrayD<f64>> {
    let (builder, values) = declare(inputs.iter().map(shape_of));
    let result = emit(&builder, &values)?;
    Ok(builder.evaluate_reference(&[result], inputs)?.remove(0))
}

/// The result by the fast executor.
pub(crate) fn fast(inputs: &[ArrayD<f32>], emit: Emit<'_>) -> Result<ArrayD<f32>> {
    let (builder, values) = declare(inputs.iter().map(shape_of));
    let result = emit(&builder, &values)?;
    Ok(builder.evaluate(&[result], inputs)?.remove(0))
}

/// Asserts that the fast executor computes what the reference does, for inputs rounded to `f32`.
pub(crate) fn assert_executors_agree(inputs: &[ArrayD<f64>], emit: Emit<'_>) {
    check_executors(inputs, emit, ROUNDING).unwrap();
}

/// The same for functions with a recurrence in them; `name` is told where they differ.
pub(crate) fn assert_recurrences_agree(name: &str, inputs: &[ArrayD<f64>], emit: Emit<'_>) {
    check_executors(inputs, emit, RECURRENT_ROUNDING).unwrap_or_else(|text| panic!("{name}: {text}"));
}

/// Says where the fast executor does not compute what the reference does.
fn check_executors(inputs: &[ArrayD<f64>], emit: Emit<'_>, tolerance: f64) -> Result<(), String> {
    let narrow: Vec<ArrayD<f32>> = inputs.iter().map(|input| input.mapv(|x| x as f32)).collect();
    let wide: Vec<ArrayD<f64>> = narrow.iter().map(|input| input.mapv(f64::from)).collect();
    let (got, expected) = (fast(&narrow, emit).unwrap(), reference(&wide, emit).unwrap());
    assert_eq!(got.shape(), expected.shape());
    let finite = expected.iter().filter(|x| x.is_finite());
    let largest = finite.fold(1.0, |largest: f64, x| largest.max(x.abs()));
    compare(got.iter().map(|x| f64::from(*x)).zip(expected), tolerance * largest)
}

/// Whether the sum of the result has a gradient by input `by`.
pub(crate) fn has_gradient(inputs: &[Shape], by: usize, emit: Emit<'_>) -> bool {
    let (builder, values) = declare(inputs.iter().cloned());
    let loss = emit(&builder, &values).and_then(|result| builder.sum_all(result)).unwrap();
    builder.gradients(loss, &[values[by]]).unwrap()[0].is_some()
}

/// Asserts that the gradients by the inputs `by` are those of central differences.
pub(crate) fn assert_gradients(inputs: &[ArrayD<f64>], by: &[usize], emit: Emit<'_>) {
    check_gradients(inputs, by, emit).unwrap();
}

/// Says where the gradients by the inputs `by` are not those of central differences.
///
/// The result is weighted with different numbers and summed, so that a gradient that reaches the wrong element is seen.
pub(crate) fn check_gradients(inputs: &[ArrayD<f64>], by: &[usize], emit: Emit<'_>) -> Result<(), String> {
    let (builder, values) = declare(inputs.iter().map(shape_of));
    let result = emit(&builder, &values).unwrap();
    let dims = builder.shape(result).to_known().expect("known sizes");
    let weights = builder.input("weights", &builder.shape(result));
    let loss = builder.sum_all(builder.mul(result, weights).unwrap()).unwrap();
    let wanted: Vec<Value> = by.iter().map(|input| values[*input]).collect();
    let gradients = builder.gradients(loss, &wanted).unwrap();

    let mut bound = inputs.to_vec();
    bound.push(numbers(&dims, 1000));
    for (input, gradient) in by.iter().zip(gradients) {
        let gradient = gradient.ok_or_else(|| format!("there is no gradient by input {input}"))?;
        let got = builder.evaluate_reference(&[gradient], &bound).unwrap().remove(0);
        assert_eq!(got.shape(), inputs[*input].shape());
        let value = |bound: &[ArrayD<f64>]| {
            builder
                .evaluate_reference(&[loss], bound)
                .map(|values| values[0].sum())
                .map_err(|error| error.to_string())
        };
        let expected = slopes(&mut bound, *input, value)?;
        let largest = expected.iter().fold(1e-3, |largest: f64, x| largest.max(x.abs()));
        compare(got.iter().copied().zip(expected), GRADIENT_TOLERANCE * largest)
            .map_err(|text| format!("the gradient by input {input}: {text}"))?;
    }
    Ok(())
}

/// Says at which element the numbers got are not the expected ones. NaN is only equal to NaN.
fn compare(pairs: impl Iterator<Item = (f64, f64)>, tolerance: f64) -> Result<(), String> {
    for (index, (got, expected)) in pairs.enumerate() {
        let is_equal = got == expected || got.is_nan() && expected.is_nan();
        let is_near = (got - expected).abs() <= tolerance;
        if !is_equal && !is_near {
            return Err(format!("expected {expected} at element {index}, got {got}"));
        }
    }
    Ok(())
}

mod tests;
