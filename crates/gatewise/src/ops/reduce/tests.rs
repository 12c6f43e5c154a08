use super::*;
use crate::builder::Builder;
use crate::ops::Op;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

fn emit(kind: ReduceKind, axes: &[usize], keep_dims: bool) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    let reduce = Reduce { kind, axes: axes.to_vec(), keep_dims };
    move |b, x| b.emit(Op::Reduce(reduce.clone()), x)
}

fn sum(axes: &[usize]) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    emit(ReduceKind::Sum, axes, false)
}

/// 0, 1, 2, … in an array of these sizes.
fn counted(dims: &[usize]) -> ndarray::ArrayD<f64> {
    let data: Vec<f64> = (0..dims.iter().product()).map(|index: usize| index as f64).collect();
    array(dims, &data)
}

const AXES: [&[usize]; 8] = [&[], &[0], &[1], &[2], &[0, 1], &[1, 2], &[0, 2], &[0, 1, 2]];

#[test]
fn reduced_axes_disappear_or_stay_with_size_1() {
    let shape = [Shape::new([None, Some(3), Some(4)])];
    assert_eq!(shape_after(&shape, &sum(&[0, 2])).unwrap(), Shape::known(&[3]));
    let kept = emit(ReduceKind::Sum, &[0, 2], true);
    assert_eq!(shape_after(&shape, &kept).unwrap(), Shape::known(&[1, 3, 1]));
    assert_eq!(shape_after(&shape, &sum(&[1])).unwrap(), Shape::new([None, Some(4)]));
}

#[test]
fn an_axis_that_is_not_there_is_an_error() {
    let text = shape_error(&[Shape::known(&[2, 3])], &emit(ReduceKind::Mean, &[0, 2], false));
    assert_eq!(text, "mean: expected axes below 2, got 2 for [2, 3]");
}

#[test]
fn axes_may_be_named_twice_and_in_any_order() {
    let result = reference(&[counted(&[2, 3, 2])], &|b, x| b.sum(x[0], &[2, 0, 2])).unwrap();
    assert_eq!(result, array(&[3], &[14.0, 22.0, 30.0]));
}

#[test]
fn sums_are_those_of_the_named_axes() {
    let x = [counted(&[2, 3, 2])];
    let result = |axes: &[usize]| reference(&x, &sum(axes)).unwrap();
    assert_eq!(result(&[]), x[0]);
    assert_eq!(result(&[0]), array(&[3, 2], &[6.0, 8.0, 10.0, 12.0, 14.0, 16.0]));
    assert_eq!(result(&[1]), array(&[2, 2], &[6.0, 9.0, 24.0, 27.0]));
    assert_eq!(result(&[0, 2]), array(&[3], &[14.0, 22.0, 30.0]));
    assert_eq!(result(&[0, 1, 2]), array(&[], &[66.0]));
}

#[test]
fn the_mean_is_the_sum_divided_by_the_count() {
    let mean = emit(ReduceKind::Mean, &[0, 2], false);
    assert_eq!(reference(&[counted(&[2, 3, 2])], &mean).unwrap(), array(&[3], &[3.5, 5.5, 7.5]));
}

#[test]
fn a_sum_over_nothing_is_0_and_a_mean_over_nothing_is_nan() {
    let empty = [numbers(&[0, 2], 0)];
    assert_eq!(reference(&empty, &sum(&[0])).unwrap(), array(&[2], &[0.0; 2]));
    let means = reference(&empty, &emit(ReduceKind::Mean, &[0], false)).unwrap();
    assert!(means.len() == 2 && means.iter().all(|mean| mean.is_nan()));
    assert_eq!(reference(&empty, &sum(&[1])).unwrap().len(), 0);
}

#[test]
fn gradients_are_those_of_central_differences_for_all_axes() {
    for axes in AXES {
        for kind in [ReduceKind::Sum, ReduceKind::Mean] {
            for keep_dims in [false, true] {
                assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &emit(kind, axes, keep_dims));
            }
        }
    }
}

#[test]
fn the_gradient_of_a_mean_over_an_unknown_size_is_an_error() {
    let text = shape_error(&[Shape::new([None])], &|b, x| {
        Ok(b.gradients(b.mean(x[0], &[0])?, x)?[0].expect("a gradient"))
    });
    assert_eq!(text, "mean: expected known sizes for its gradient, got [None]");
}

#[test]
fn executors_agree_at_awkward_sizes() {
    for dims in [[0, 3, 2], [2, 0, 3], [3, 2, 0], [1, 1, 1], [5, 7, 9], [9, 2, 17]] {
        for axes in AXES {
            assert_executors_agree(&[numbers(&dims, 0)], &emit(ReduceKind::Mean, axes, false));
            assert_executors_agree(&[numbers(&dims, 0)], &sum(axes));
        }
    }
}

#[test]
fn a_sum_of_a_million_numbers_keeps_the_precision_of_its_terms() {
    let ones = ndarray::ArrayD::from_elem(vec![1 << 20], 0.1_f32);
    let total = crate::ops::testing::fast(&[ones], &sum(&[0])).unwrap();
    let expected = f64::from(0.1_f32) * f64::from(1 << 20);
    assert!((f64::from(total[[]]) / expected - 1.0).abs() < 1e-6, "expected {expected}, got {total}");
}

#[test]
fn the_largest_is_found_over_any_axes() {
    let x = [counted(&[2, 3, 2]).mapv(|x| if x == 11.0 { f64::NEG_INFINITY } else { -x })];
    let result = |axes: &[usize]| reference(&x, &emit(ReduceKind::Max, axes, false)).unwrap();
    assert_eq!(result(&[1]), array(&[2, 2], &[0.0, -1.0, -6.0, -7.0]));
    assert_eq!(result(&[0, 2]), array(&[3], &[0.0, -2.0, -4.0]));
    assert_eq!(result(&[]), x[0]);
    for numbers in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
        assert!(
            reference(&[array(&[2], &numbers)], &emit(ReduceKind::Max, &[0], false)).unwrap()[[]].is_nan()
        );
    }
}

#[test]
fn the_gradient_of_the_largest_goes_to_it_and_is_shared_at_a_tie() {
    for axes in AXES {
        for keep_dims in [false, true] {
            assert_gradients(&[numbers(&[2, 3, 2], 0)], &[0], &emit(ReduceKind::Max, axes, keep_dims));
        }
    }
    let gradient = |b: &Builder, x: &[Value]| {
        let loss = b.sum_all(b.max(x[0], &[1])?)?;
        Ok(b.gradients(loss, x)?[0].expect("a gradient"))
    };
    let x = [array(&[2, 3], &[2.0, 1.0, 2.0, 3.0, 4.0, 3.0])];
    assert_eq!(reference(&x, &gradient).unwrap(), array(&[2, 3], &[0.5, 0.0, 0.5, 0.0, 1.0, 0.0]));
}

#[test]
fn there_is_no_largest_of_nothing() {
    let text = shape_error(&[Shape::known(&[2, 0])], &emit(ReduceKind::Max, &[1], false));
    assert_eq!(text, "max: expected at least one element along the axes [1] of [2, 0]");
    assert_executors_agree(&[numbers(&[0, 3], 0)], &emit(ReduceKind::Max, &[1], false));
    assert_executors_agree(&[numbers(&[5, 3, 9], 0)], &emit(ReduceKind::Max, &[1], false));
}
