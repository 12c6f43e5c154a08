use ndarray::{ArrayD, array};

use crate::builder::{Builder, Mode};

fn band(size: [usize; 2], low: Option<i64>, high: Option<i64>) -> ArrayD<f32> {
    let b = Builder::new(Mode::Inference);
    let value = b.band(Some(size[0]), Some(size[1]), low, high).unwrap();
    let oracle = b.evaluate_reference(&[value], &[]).unwrap().remove(0);
    let got = b.evaluate(&[value], &[]).unwrap().remove(0);
    assert_eq!(got.mapv(f64::from), oracle);
    got
}

#[test]
fn ones_lie_on_the_diagonal_of_an_identity() {
    let b = Builder::new(Mode::Inference);
    let eye = b.eye(3).unwrap();
    assert_eq!(b.evaluate(&[eye], &[]).unwrap()[0], ndarray::Array2::<f32>::eye(3).into_dyn());
}

#[test]
fn bounds_hold_on_both_sides() {
    let causal = array![[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]].into_dyn();
    assert_eq!(band([2, 3], Some(0), None), causal);
    let upper = array![[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]].into_dyn();
    assert_eq!(band([3, 2], None, Some(1)), upper);
    let window = array![[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0]].into_dyn();
    assert_eq!(band([3, 4], Some(-1), Some(1)), window);
    assert_eq!(band([2, 2], None, None), ArrayD::<f32>::ones(vec![2, 2]));
    assert_eq!(band([2, 0], Some(0), None).shape(), [2, 0]);
}
