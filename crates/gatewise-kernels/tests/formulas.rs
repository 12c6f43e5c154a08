//! Every function of formulas, and functions of rows, on every instruction set of this CPU against double precision. One
//! test, as the choice holds for the whole process.

use gatewise_kernels::formula::{Binary, Formula, Instruction, Operand, Operation, Unary};
use gatewise_kernels::{InstructionSet, vector};

/// A few units in the last place, relative, or absolute below 1e-30.
const TOLERANCE: f64 = 1e-6;

/// Sigmoid takes whole multiples of ln 2 from its argument in one step, whose product is rounded on sets that do not fuse it.
const SIGMOID_TOLERANCE: f64 = 6e-6;

const UNARY: [Unary; 13] = [
    Unary::Neg,
    Unary::StopGradient,
    Unary::Abs,
    Unary::Sign,
    Unary::Exp,
    Unary::Log,
    Unary::Sqrt,
    Unary::Square,
    Unary::Reciprocal,
    Unary::Tanh,
    Unary::Sigmoid,
    Unary::Softplus,
    Unary::Erf,
];

const BINARY: [Binary; 10] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Power,
    Binary::Maximum,
    Binary::Minimum,
    Binary::Greater,
    Binary::GreaterEqual,
    Binary::Equal,
];

#[test]
fn every_function_is_exact_to_a_few_units_in_the_last_place_on_every_instruction_set() {
    for set in InstructionSet::ALL.into_iter().filter(|set| set.is_available()) {
        set.choose();
        for function in UNARY {
            check_unary(function);
        }
        for function in BINARY {
            check_binary(function);
        }
        check_rows();
    }
}

/// Numbers of all magnitudes and signs, a fine grid where the functions bend, and what is no number.
fn sweep() -> Vec<f32> {
    let grid = (-40_000..40_000).map(|n| n as f32 / 4096.0);
    let magnitudes = (-1490..1270).map(|n| (n as f32 / 10.0).exp2());
    let ends =
        [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, 88.7, 89.0, -104.0];
    grid.chain(magnitudes.clone()).chain(magnitudes.map(|x| -x)).chain(ends).collect()
}

fn one(operation: Operation, num_inputs: usize) -> Formula {
    let to = num_inputs;
    Formula::new(num_inputs, Vec::new(), vec![Instruction { operation, to }], Operand::Register(to))
}

fn check_unary(function: Unary) {
    let x = sweep();
    let mut y = vec![7.0; x.len()];
    one(Operation::Unary(function, Operand::Register(0)), 1).apply(&x, &mut y);
    for (&x, &y) in x.iter().zip(&y) {
        let tolerance = if function == Unary::Sigmoid { SIGMOID_TOLERANCE } else { TOLERANCE };
        assert_exact(&format!("{function:?} of {x}"), y, function.apply(f64::from(x)), tolerance);
    }
}

fn check_binary(function: Binary) {
    let x = sweep();
    let operation = Operation::Binary(function, Operand::Register(0), Operand::Register(1));
    let formula = one(operation, 2);
    // Each number with itself, and with numbers far from it.
    for shift in [0, 1, 777, 41_003] {
        let second: Vec<f32> = (0..x.len()).map(|n| x[(n + shift) % x.len()]).collect();
        let mut y = second.clone();
        formula.apply(&x, &mut y);
        for ((&x, &second), &y) in x.iter().zip(&second).zip(&y) {
            let expected = function.apply(f64::from(x), f64::from(second));
            assert_exact(&format!("{function:?} of {x} and {second}"), y, expected, TOLERANCE);
        }
    }
}

#[track_caller]
fn assert_exact(what: &str, got: f32, expected: f64, tolerance: f64) {
    let rounded = expected as f32;
    let is_exact = got == rounded
        || got.is_nan() && expected.is_nan()
        || (f64::from(got) - expected).abs() <= tolerance * expected.abs() + 1e-30
        // Next to the largest number, where the rounded result is infinite.
        || rounded.is_infinite() && f64::from(got) >= 3.4e38 && expected < 3.41e38;
    assert!(is_exact, "{what} on {}: got {got}, expected {expected}", InstructionSet::current().name());
}

fn check_rows() {
    for width in [1, 3, 4, 7, 8, 9, 15, 16, 17, 35, 64, 130] {
        for scale in [0.1, 1.0, 3.0, 50.0] {
            // More rows than go together.
            let x: Vec<f32> = (0..11 * width).map(|n| scale * (n as f32 * 12.9898).sin()).collect();
            let d: Vec<f32> = (0..11 * width).map(|n| (n as f32 * 78.233).cos()).collect();
            check_softmax(width, &x, &d);
            check_sparsemax(width, &x, &d);
        }
    }
    for poison in [f32::NAN, f32::INFINITY] {
        let mut x = vec![1.0; 21];
        x[19] = poison;
        for function in [vector::softmax_rows, vector::log_softmax_rows, vector::sparsemax_rows] {
            let mut y = vec![7.0; 9 * 21];
            function(&[x.clone(), vec![1.0; 8 * 21]].concat(), 21, &mut y);
            assert!(y[..21].iter().all(|y| y.is_nan()) && y[21..].iter().all(|y| y.is_finite()));
        }
    }
}

fn check_softmax(width: usize, x: &[f32], d: &[f32]) {
    let (mut soft, mut log_soft) = (x.to_vec(), x.to_vec());
    vector::softmax_rows(x, width, &mut soft);
    vector::log_softmax_rows(x, width, &mut log_soft);
    let (mut d_soft, mut d_log_soft) = (d.to_vec(), d.to_vec());
    vector::softmax_gradient_rows(&soft, width, &mut d_soft);
    vector::log_softmax_gradient_rows(&log_soft, width, &mut d_log_soft);
    for start in (0..x.len()).step_by(width) {
        let row = |of: &[f32]| of[start..start + width].iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let (x, d) = (row(x), row(d));
        let max = x.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = x.iter().map(|x| (x - max).exp()).sum();
        let expected: Vec<f64> = x.iter().map(|x| (x - max).exp() / total).collect();
        let inner: f64 = d.iter().zip(&expected).map(|(d, y)| d * y).sum();
        let sum: f64 = d.iter().sum();
        for n in 0..width {
            let at = start + n;
            assert_near("softmax", soft[at], expected[n]);
            assert_near("log softmax", log_soft[at], x[n] - max - total.ln());
            assert_near("gradient of softmax", d_soft[at], expected[n] * (d[n] - inner));
            assert_near("gradient of log softmax", d_log_soft[at], d[n] - expected[n] * sum);
        }
    }
}

fn check_sparsemax(width: usize, x: &[f32], d: &[f32]) {
    let (mut y, mut d_x) = (x.to_vec(), d.to_vec());
    vector::sparsemax_rows(x, width, &mut y);
    vector::sparsemax_gradient_rows(&y, width, &mut d_x);
    for start in (0..x.len()).step_by(width) {
        let row = |of: &[f32]| of[start..start + width].iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let mut sorted = row(x);
        sorted.sort_by(|a, b| b.total_cmp(a));
        let (mut total, mut threshold) = (0.0, f64::NAN);
        for (n, z) in sorted.iter().enumerate() {
            total += z;
            if 1.0 + (n + 1) as f64 * z > total {
                threshold = (total - 1.0) / (n + 1) as f64;
            }
        }
        for (x, y) in row(x).into_iter().zip(&y[start..]) {
            assert_near("sparsemax", *y, (x - threshold).max(0.0));
        }
        let (y, d) = (row(&y), row(d));
        let inside: Vec<f64> = y.iter().zip(&d).filter(|(y, _)| **y > 0.0).map(|(_, d)| *d).collect();
        let mean = inside.iter().sum::<f64>() / inside.len() as f64;
        for (n, (y, d)) in y.iter().zip(d).enumerate() {
            let expected = if *y > 0.0 { d - mean } else { 0.0 };
            assert_near("gradient of sparsemax", d_x[start + n], expected);
        }
    }
}

/// Within some roundings of numbers up to the width of a row.
#[track_caller]
fn assert_near(what: &str, got: f32, expected: f64) {
    let is_near = (f64::from(got) - expected).abs() <= 1e-5 * expected.abs().max(1.0);
    assert!(is_near, "{what} on {}: got {got}, expected {expected}", InstructionSet::current().name());
}
