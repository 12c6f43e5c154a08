//! Functions against `f64`, sums against exact ones, and bits that do not depend on the position.

use super::*;
use crate::testing::{assert_close, assert_same_bits, numbers, ulps};

/// Numbers of every exponent from the tiniest to `largest`, of both signs.
fn sweep(largest: f32) -> Vec<f32> {
    let positive = (0..=largest.to_bits()).step_by(9973).map(f32::from_bits);
    positive.flat_map(|x| [x, -x]).collect()
}

/// The largest distance from the `f64` function, and where it is.
fn worst(function: fn(&[f32], &mut [f32]), exact: fn(f64) -> f64, x: &[f32]) -> (u32, f32) {
    let mut y = vec![0.0; x.len()];
    function(x, &mut y);
    let distances = x.iter().zip(&y).map(|(&x, &y)| (ulps(y, exact(f64::from(x)) as f32), x));
    distances.max_by_key(|&(distance, _)| distance).expect("there are numbers")
}

#[test]
fn functions_are_as_exact_as_documented() {
    type Function = fn(&[f32], &mut [f32]);
    type Exact = fn(f64) -> f64;
    let cases: [(&str, u32, f32, Function, Exact); 6] = [
        ("exp", 1, 87.0, exp, f64::exp),
        ("tanh", 3, 100.0, tanh, f64::tanh),
        ("sigmoid", 4, 80.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        ("softplus", 3, 80.0, softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p()),
        ("erf", 1, 10.0, erf, libm::erf),
        (
            "log of squares",
            1,
            1e18,
            |x, y| log(&x.iter().map(|x| x * x).collect::<Vec<_>>(), y),
            |x| f64::from(x as f32 * x as f32).ln(),
        ),
    ];
    for (name, bound, largest, function, exact) in cases {
        let (distance, x) = worst(function, exact, &sweep(largest));
        assert!(distance <= bound, "{name} is {distance} units in the last place off at {x}");
    }
}

#[test]
fn functions_have_their_limits_and_keep_nan() {
    let x = [f32::NEG_INFINITY, f32::INFINITY, f32::NAN, 0.0];
    let limits = |function: fn(&[f32], &mut [f32])| {
        let mut y = [7.0; 4];
        function(&x, &mut y);
        assert!(y[2].is_nan());
        [y[0], y[1], y[3]]
    };
    assert_eq!(limits(exp), [0.0, f32::INFINITY, 1.0]);
    assert_eq!(limits(tanh), [-1.0, 1.0, 0.0]);
    assert_eq!(limits(sigmoid), [0.0, 1.0, 0.5]);
    assert_eq!(limits(erf), [-1.0, 1.0, 0.0]);
    assert_eq!(limits(softplus), [0.0, f32::INFINITY, std::f32::consts::LN_2]);
    assert_eq!(limits(relu), [0.0, f32::INFINITY, 0.0]);
    let mut y = [0.0; 3];
    log(&[0.0, 1.0, -1.0], &mut y);
    assert_eq!(y[..2], [f32::NEG_INFINITY, 0.0]);
    assert!(y[2].is_nan());
}

#[test]
fn bits_do_not_depend_on_the_position() {
    for function in [exp, tanh, sigmoid, softplus, erf, log, relu] {
        for n in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 35] {
            let x: Vec<f32> = numbers(n as u64, n).into_iter().map(|x: f32| x * 5.0).collect();
            let mut together = vec![0.0; n];
            function(&x, &mut together);
            for (x, together) in x.iter().zip(&together) {
                let mut alone = [0.0];
                function(&[*x], &mut alone);
                assert!(alone[0].to_bits() == together.to_bits() || alone[0].is_nan() && together.is_nan());
            }
        }
    }
}

#[test]
fn plain_functions_reach_every_element() {
    let (a, b) = (numbers::<f32>(1, 37), numbers::<f32>(2, 37));
    let mut y = vec![0.0; 37];
    zip_map(&a, &b, &mut y, |a, b| a - b);
    assert_eq!(y, a.iter().zip(&b).map(|(a, b)| a - b).collect::<Vec<_>>());
    map_in_place(&mut y, |y| y + 1.0);
    assert_eq!(y, a.iter().zip(&b).map(|(a, b)| a - b + 1.0).collect::<Vec<_>>());
    map(&a, &mut y, |a| a * 3.0);
    assert_eq!(y, a.iter().map(|a| a * 3.0).collect::<Vec<_>>());
    add_scaled(-3.0, &a, &mut y);
    assert_eq!(y, [0.0; 37]);
    update(&b, &mut y, |b, y| y.max(b));
    assert_eq!(y, b.iter().map(|b| b.max(0.0)).collect::<Vec<_>>());
}

#[test]
fn sums_are_as_good_as_exact_ones_and_fixed_in_order() {
    for n in [0, 1, 2, 63, 64, 65, 1000, 100_003] {
        let (a, b) = (numbers::<f32>(3, n), numbers::<f32>(4, n));
        let exact: f64 = a.iter().map(|&a| f64::from(a)).sum();
        let exact_dot: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        // Random walks of n steps, whose rounding errors are random, too.
        let scale = (n.max(1) as f64).sqrt();
        assert_close("sum", &[f64::from(sum(&a)) / scale], &[exact / scale], 1e-6);
        assert_close("dot", &[f64::from(dot(&a, &b)) / scale], &[exact_dot / scale], 1e-6);
    }
    assert_eq!(sum(&[1e8, 1.0, -1e8, 1.0]), 2.0);
    assert_eq!(dot(&[], &[]), 0.0);
}

#[test]
fn column_sums_add_rows_from_first_to_last() {
    let mut y = [9.0; 2];
    column_sums(&[1e8, 1.0, 1.0, 2.0, -1e8, 4.0], 2, &mut y);
    assert_eq!(y, [0.0, 7.0]);
    column_sums(&[], 2, &mut y);
    assert_eq!(y, [0.0, 0.0]);
    column_sums(&[], 0, &mut []);
}

#[test]
fn softmax_is_exact_and_survives_large_numbers() {
    for width in [1, 2, 5, 64, 130] {
        let x: Vec<f32> = numbers::<f32>(5, 3 * width).into_iter().map(|x| 200.0 * x).collect();
        let (mut soft, mut log_soft) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        softmax_rows(&x, width, &mut soft);
        log_softmax_rows(&x, width, &mut log_soft);
        for ((x, soft), log_soft) in x.chunks(width).zip(soft.chunks(width)).zip(log_soft.chunks(width)) {
            let max = f64::from(x.iter().copied().fold(f32::MIN, f32::max));
            let total: f64 = x.iter().map(|&x| (f64::from(x) - max).exp()).sum();
            for ((&x, &soft), &log_soft) in x.iter().zip(soft).zip(log_soft) {
                let exact = (f64::from(x) - max).exp() / total;
                assert_close("softmax", &[f64::from(soft)], &[exact], 1e-6);
                assert_close("log softmax", &[f64::from(log_soft)], &[f64::from(x) - max - total.ln()], 1e-6);
            }
        }
    }
}

#[test]
fn a_row_does_not_see_the_others() {
    // Some rows go together, and of those some have large numbers.
    let (width, count) = (21, ROWS_TOGETHER + 3);
    let mut x = numbers::<f32>(6, count * width);
    for (row, x) in x.chunks_exact_mut(width).enumerate().filter(|(row, _)| row % 3 == 1) {
        x.iter_mut().for_each(|x| *x = 30.0 * *x + row as f32);
    }
    for function in [softmax_rows, log_softmax_rows, sparsemax_rows] {
        let mut all = vec![0.0; x.len()];
        function(&x, width, &mut all);
        for (x, all) in x.chunks_exact(width).zip(all.chunks_exact(width)) {
            let mut one = vec![0.0; width];
            function(x, width, &mut one);
            assert_same_bits("row", &one, all);
        }
    }
}

#[test]
fn transpose_exchanges_rows_and_columns() {
    for (rows, columns) in [(0, 3), (1, 1), (2, 3), (17, 33), (40, 5)] {
        let x = numbers::<f32>(7, rows * columns);
        let (mut y, mut back) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        transpose(rows, columns, &x, &mut y);
        for row in 0..rows {
            for column in 0..columns {
                assert_eq!(y[column * rows + row], x[row * columns + column]);
            }
        }
        transpose(columns, rows, &y, &mut back);
        assert_eq!(back, x);
    }
}

#[test]
#[should_panic(expected = "`y` must hold 3 numbers")]
fn slices_of_different_lengths_panic() {
    exp(&[0.0; 3], &mut [0.0; 2]);
}
