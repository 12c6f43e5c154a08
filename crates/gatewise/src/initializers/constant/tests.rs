use ndarray::array;

use super::*;
use crate::initializers::{deserialize, serialize};

fn initialize(initializer: impl Initializer, shape: &[usize]) -> Result<ArrayD<f32>> {
    initializer.initialize(shape, &mut InitializerRandom::new(0, 0))
}

#[test]
fn constants_fill_every_element() {
    assert_eq!(initialize(Zeros, &[2, 1]).unwrap(), array![[0.0], [0.0]].into_dyn());
    assert_eq!(initialize(Ones, &[3]).unwrap(), array![1.0, 1.0, 1.0].into_dyn());
    assert_eq!(initialize(Constant { value: 0.03 }, &[]).unwrap(), ndarray::arr0(0.03).into_dyn());
}

#[test]
fn the_identity_has_its_gain_on_the_diagonal_of_any_matrix() {
    let identity = Identity { gain: 2.0 };
    let wide = array![[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]];
    assert_eq!(initialize(identity, &[2, 3]).unwrap(), wide.into_dyn());
    let tall = array![[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]];
    assert_eq!(initialize(identity, &[3, 2]).unwrap(), tall.into_dyn());
}

#[test]
fn the_identity_of_anything_but_a_matrix_is_an_error() {
    for shape in [&[3][..], &[2, 2, 2], &[]] {
        assert!(initialize(Identity::default(), shape).unwrap_err().is_shape());
    }
}

#[test]
fn constants_that_are_no_numbers_are_errors() {
    for value in [f64::NAN, f64::INFINITY, 1e300] {
        assert!(initialize(Constant { value }, &[1]).unwrap_err().is_argument());
        assert!(initialize(Identity { gain: value }, &[1, 1]).unwrap_err().is_argument());
    }
}

#[test]
fn an_array_is_the_values_of_its_own_shape_only() {
    let tensor = DirectTensor::from(array![[1.0, 2.0, 3.0]].into_dyn());
    assert_eq!(initialize(tensor.clone(), &[1, 3]).unwrap(), array![[1.0, 2.0, 3.0]].into_dyn());
    let error = initialize(tensor, &[3, 1]).unwrap_err();
    assert_eq!(error.to_string(), "initializer: expected a weight [3, 1], got an array [1, 3]");
}

#[test]
fn an_array_in_another_memory_order_keeps_its_elements() {
    let array = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].reversed_axes();
    let expected = array.clone().into_dyn();
    assert_eq!(initialize(DirectTensor::from(array.into_dyn()), &[2, 3]).unwrap(), expected);
}

#[test]
fn an_array_survives_its_configuration() {
    let tensor = DirectTensor::from(array![[0.1, -2.5e-30]].into_dyn());
    let mut value = serialize(&tensor);
    let read = deserialize(&value).unwrap();
    assert_eq!(read.config(), tensor.config());
    value["config"]["shape"] = json!([3]);
    assert!(deserialize(&value).unwrap_err().is_shape());
}
