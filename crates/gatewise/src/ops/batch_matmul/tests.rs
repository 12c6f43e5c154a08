use super::*;
use crate::builder::Builder;
use crate::ops::testing::{
    array, assert_executors_agree, assert_gradients, numbers, reference, shape_after, shape_error,
};

const WAYS: [(bool, bool); 4] = [(false, false), (false, true), (true, false), (true, true)];

fn product(a_transposed: bool, b_transposed: bool) -> impl Fn(&Builder, &[Value]) -> Result<Value> {
    move |b, x| b.batch_product(BatchMatMul { a_transposed, b_transposed }, x[0], x[1])
}

/// Sizes of inputs for products of [m, k] and [k, n] under these leading axes.
fn sizes(leading: &[usize], [m, k, n]: [usize; 3], (a, b): (bool, bool)) -> [Vec<usize>; 2] {
    let first = if a { [k, m] } else { [m, k] };
    let second = if b { [n, k] } else { [k, n] };
    [[leading, &first].concat(), [leading, &second].concat()]
}

#[test]
fn shapes_are_those_of_the_products() {
    for way in WAYS {
        let [a, b] = sizes(&[5, 6], [2, 3, 4], way);
        let after = shape_after(&[Shape::known(&a), Shape::known(&b)], &product(way.0, way.1));
        assert_eq!(after.unwrap(), Shape::known(&[5, 6, 2, 4]));
    }
    let unknown = [Shape::new([None, None, Some(3)]), Shape::new([Some(7), None, None])];
    assert_eq!(shape_after(&unknown, &product(false, false)).unwrap(), Shape::new([Some(7), None, None]));
}

#[test]
fn sizes_that_do_not_fit_are_errors() {
    let text = |a: &[usize], b: &[usize], way: (bool, bool)| {
        shape_error(&[Shape::known(a), Shape::known(b)], &product(way.0, way.1))
    };
    let expected = "batch_matmul: expected [..., m, k] and [..., k, n] with equal k and leading axes, got";
    assert_eq!(text(&[5, 2, 3], &[5, 4, 2], WAYS[0]), format!("{expected} [5, 2, 3] and [5, 4, 2]"));
    assert_eq!(text(&[5, 2, 3], &[6, 3, 2], WAYS[0]), format!("{expected} [5, 2, 3] and [6, 3, 2]"));
    assert_eq!(text(&[5, 2, 3], &[3, 2], WAYS[0]), format!("{expected} [5, 2, 3] and [3, 2]"));
    assert_eq!(text(&[3], &[3], WAYS[0]), format!("{expected} [3] and [3]"));
    let expected = "batch_matmul: expected [..., k, m] and [..., n, k] with equal k and leading axes, got";
    assert_eq!(text(&[1, 2, 3], &[1, 2, 3], WAYS[3]), format!("{expected} [1, 2, 3] and [1, 2, 3]"));
}

#[test]
fn each_pair_of_matrices_is_multiplied() {
    let a = array(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    let b = array(&[2, 2, 1], &[5.0, 6.0, 7.0, 8.0]);
    let expected = array(&[2, 1, 1], &[17.0, 53.0]);
    assert_eq!(reference(&[a, b], &product(false, false)).unwrap(), expected);
    let empty = [numbers(&[2, 3, 0], 0), numbers(&[2, 0, 2], 0)];
    assert_eq!(reference(&empty, &product(false, false)).unwrap(), array(&[2, 3, 2], &[0.0; 12]));
    let none = [numbers(&[0, 3, 2], 0), numbers(&[0, 2, 2], 0)];
    assert_eq!(reference(&none, &product(false, false)).unwrap().shape(), [0, 3, 2]);
}

#[test]
fn gradients_are_those_of_central_differences() {
    for way in WAYS {
        let [a, b] = sizes(&[2], [3, 2, 4], way);
        assert_gradients(&[numbers(&a, 0), numbers(&b, 100)], &[0, 1], &product(way.0, way.1));
    }
}

#[test]
fn executors_agree() {
    for way in WAYS {
        let [a, b] = sizes(&[2, 2], [9, 5, 17], way);
        assert_executors_agree(&[numbers(&a, 0), numbers(&b, 1000)], &product(way.0, way.1));
    }
}
