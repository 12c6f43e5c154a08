use ndarray::array;

use super::*;
use crate::builder::Mode;
use crate::shape::Shape;

#[test]
fn the_penalty_is_shared_by_the_samples_of_a_batch() {
    let b = Builder::new(Mode::Training);
    let x = Tensor::new(b.input("x", &Shape::known(&[2, 3])));
    let layer = ActivityRegularization::new().l1(0.5).l2(0.25);
    assert_eq!(layer.call(&b, &[x]).unwrap(), [x]);
    let losses = b.losses();
    assert_eq!(losses.len(), 1);
    let numbers = array![[1.0, -2.0, 0.0], [3.0, 0.0, -1.0]].into_dyn();
    // (0.5 · 7 + 0.25 · 15) / 2
    assert_eq!(b.evaluate(&losses, &[numbers]).unwrap()[0].sum(), 3.625);
}

#[test]
fn nothing_is_added_while_the_size_of_the_batch_is_unknown() {
    let b = Builder::new(Mode::Training);
    let x = Tensor::new(b.input("x", &Shape::new([None, Some(3)])));
    ActivityRegularization::new().l1(0.5).call(&b, &[x]).unwrap();
    assert!(b.losses().is_empty());
}
