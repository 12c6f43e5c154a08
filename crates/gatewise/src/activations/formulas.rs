//! The formulas of Keras's activations (<https://keras.io/api/layers/activations/>), in operations.
//!
//! Where a formula has a kink, the derivative there is TensorFlow's. NaN stays NaN where Keras leaves it: everywhere
//! but in the shrinking functions and `threshold`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

/// A function that emits an activation.
pub(super) type Formula = fn(&Builder, Value) -> Result<Value>;

/// Every name that `keras.activations.get` knows, with Keras's default parameters, and the function that Keras 2 called
/// `hard_sigmoid`: max(0, min(1, 0.2 x + 0.5)).
pub(super) const NAMED: &[(&str, Formula)] = &[
    ("linear", |_, x| Ok(x)),
    ("tanh", |b, x| b.tanh(x)),
    ("sigmoid", |b, x| b.sigmoid(x)),
    ("hard_sigmoid", |b, x| b.scale(relu6(b, b.shift(x, 3.0)?)?, 1.0 / 6.0)),
    ("hard_sigmoid_keras2", |b, x| b.clip(b.shift(b.scale(x, 0.2)?, 0.5)?, 0.0, 1.0)),
    ("relu", |b, x| b.relu(x)),
    ("relu6", relu6),
    ("leaky_relu", |b, x| leaky_relu(b, x, 0.2)),
    ("elu", |b, x| elu(b, x, 1.0)),
    ("selu", selu),
    ("celu", |b, x| celu(b, x, 1.0)),
    ("gelu", gelu),
    ("silu", silu),
    ("swish", silu),
    ("hard_silu", hard_silu),
    ("hard_swish", hard_silu),
    ("mish", mish),
    ("softplus", |b, x| b.softplus(x)),
    ("softsign", |b, x| b.div(x, b.shift(b.abs(x)?, 1.0)?)),
    ("softmax", |b, x| b.softmax(x)),
    ("log_softmax", |b, x| b.log_softmax(x)),
    ("exponential", |b, x| b.exp(x)),
    ("log_sigmoid", |b, x| b.neg(b.softplus(b.neg(x)?)?)),
    ("hard_tanh", |b, x| b.clip(x, -1.0, 1.0)),
    ("tanh_shrink", |b, x| b.sub(x, b.tanh(x)?)),
    ("soft_shrink", |b, x| soft_shrink(b, x, 0.5)),
    ("hard_shrink", |b, x| hard_shrink(b, x, 0.5)),
    ("squareplus", |b, x| squareplus(b, x, 4.0)),
    ("sparse_plus", sparse_plus),
    ("sparse_sigmoid", sparse_sigmoid),
    ("sparsemax", |b, x| b.sparsemax(x)),
    ("glu", glu),
];

/// min(max(x, 0), 6); the derivative is 0 at both limits.
fn relu6(b: &Builder, x: Value) -> Result<Value> {
    let (zero, six) = (b.scalar(0.0)?, b.scalar(6.0)?);
    let capped = b.select(b.greater_equal(x, six)?, six, x)?;
    b.select(b.greater_equal(zero, x)?, zero, capped)
}

/// `negative_slope` · (x − `threshold`) up to the threshold, x above it, `max_value` at most.
///
/// # Errors
/// If `max_value` or `negative_slope` is negative.
pub fn relu(
    b: &Builder,
    x: Value,
    negative_slope: f64,
    max_value: Option<f64>,
    threshold: f64,
) -> Result<Value> {
    let is_negative = |value: f64| value.is_nan() || value < 0.0;
    if is_negative(negative_slope) || max_value.is_some_and(is_negative) {
        let max_value = max_value.map_or_else(|| "None".to_owned(), |max| max.to_string());
        let text = format!(
            "expected `negative_slope` and `max_value` of at least 0, got {negative_slope} and {max_value}"
        );
        return Err(Error::argument("relu", text));
    }
    let limit = b.scalar(threshold)?;
    let capped = match max_value {
        // TensorFlow's relu6 has the derivative 0 at its limit, where a clip has 1.
        Some(6.0) if threshold == 0.0 => b.select(b.greater_equal(x, b.scalar(6.0)?)?, b.scalar(6.0)?, x)?,
        Some(max) => b.select(b.greater(x, b.scalar(max)?)?, b.scalar(max)?, x)?,
        None => x,
    };
    let below = match (negative_slope, max_value, threshold) {
        // 0 · (−∞) would be NaN.
        (0.0, _, _) => b.scalar(0.0)?,
        // At 0 a leaky relu has the slope as its derivative; with other limits Keras has 0 there.
        (slope, None, 0.0) => b.scale(x, slope)?,
        (slope, _, _) => b.scale(b.relu(b.sub(limit, x)?)?, -slope)?,
    };
    b.select(b.greater_equal(limit, x)?, below, capped)
}

/// x above 0, else `negative_slope` · x.
///
/// # Errors
/// None.
pub fn leaky_relu(b: &Builder, x: Value, negative_slope: f64) -> Result<Value> {
    b.select(b.greater(x, b.scalar(0.0)?)?, x, b.scale(x, negative_slope)?)
}

/// x above 0, else `alpha` (eˣ − 1).
///
/// # Errors
/// None.
pub fn elu(b: &Builder, x: Value, alpha: f64) -> Result<Value> {
    let zero = b.scalar(0.0)?;
    let below = b.scale(b.shift(b.exp(b.minimum(x, zero)?)?, -1.0)?, alpha)?;
    b.select(b.greater(x, zero)?, x, below)
}

/// 1.0507… · elu(x, 1.6733…) (Klambauer et al. 2017); the derivative at 0 is that from above.
fn selu(b: &Builder, x: Value) -> Result<Value> {
    let zero = b.scalar(0.0)?;
    let below = b.scale(b.shift(b.exp(b.minimum(x, zero)?)?, -1.0)?, 1.673_263_242_354_377_2)?;
    b.scale(b.select(b.greater_equal(x, zero)?, x, below)?, 1.050_700_987_355_480_5)
}

/// max(x, 0) + `alpha` (e^(min(x, 0) / alpha) − 1). At 0 the derivatives of both terms count, which makes 2.
///
/// # Errors
/// None.
pub fn celu(b: &Builder, x: Value, alpha: f64) -> Result<Value> {
    let zero = b.scalar(0.0)?;
    let below = b.scale(b.shift(b.exp(b.scale(b.minimum(x, zero)?, 1.0 / alpha)?)?, -1.0)?, alpha)?;
    b.add(b.maximum(x, zero)?, below)
}

/// ½ x (1 + erf(x / √2)).
fn gelu(b: &Builder, x: Value) -> Result<Value> {
    let gate = b.shift(b.erf(b.scale(x, FRAC_1_SQRT_2)?)?, 1.0)?;
    b.mul(b.scale(x, 0.5)?, gate)
}

/// ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
///
/// # Errors
/// None.
pub fn gelu_approximate(b: &Builder, x: Value) -> Result<Value> {
    let cubic = b.scale(b.mul(b.square(x)?, x)?, 0.044_715)?;
    let inner = b.scale(b.add(x, cubic)?, (2.0 / PI).sqrt())?;
    b.mul(b.scale(x, 0.5)?, b.shift(b.tanh(inner)?, 1.0)?)
}

/// x · sigmoid(x).
fn silu(b: &Builder, x: Value) -> Result<Value> {
    b.mul(x, b.sigmoid(x)?)
}

/// x · tanh(ln(1 + eˣ)), which is x · n / (n + 2) with n = eˣ (eˣ + 2): one exponential in place of two functions. From 20 on
/// the factor is 1 to 17 decimals, and eˣ stays what it is there.
fn mish(b: &Builder, x: Value) -> Result<Value> {
    let e = b.exp(b.minimum(x, b.scalar(20.0)?)?)?;
    let n = b.mul(e, b.shift(e, 2.0)?)?;
    b.mul(x, b.div(n, b.shift(n, 2.0)?)?)
}

/// x · relu6(x + 3) / 6.
fn hard_silu(b: &Builder, x: Value) -> Result<Value> {
    b.mul(x, b.scale(relu6(b, b.shift(x, 3.0)?)?, 1.0 / 6.0)?)
}

/// sign(x) · max(|x| − `threshold`, 0).
///
/// # Errors
/// None.
pub fn soft_shrink(b: &Builder, x: Value, threshold: f64) -> Result<Value> {
    let shrunk = b.sub(x, b.scale(b.sign(x)?, threshold)?)?;
    b.select(b.greater(b.abs(x)?, b.scalar(threshold)?)?, shrunk, b.scalar(0.0)?)
}

/// x where |x| > `threshold`, else 0.
///
/// # Errors
/// None.
pub fn hard_shrink(b: &Builder, x: Value, threshold: f64) -> Result<Value> {
    b.select(b.greater(b.abs(x)?, b.scalar(threshold)?)?, x, b.scalar(0.0)?)
}

/// x where x > `threshold`, else `default_value`.
///
/// # Errors
/// None.
pub fn threshold(b: &Builder, x: Value, threshold: f64, default_value: f64) -> Result<Value> {
    b.select(b.greater(x, b.scalar(threshold)?)?, x, b.scalar(default_value)?)
}

/// (x + √(x² + `b`)) / 2, where `b` is at least 0.
///
/// # Errors
/// None.
pub fn squareplus(builder: &Builder, x: Value, b: f64) -> Result<Value> {
    let root = builder.sqrt(builder.shift(builder.square(x)?, b)?)?;
    builder.scale(builder.add(x, root)?, 0.5)
}

/// 0 up to −1, (x + 1)² / 4 between, x from 1.
fn sparse_plus(b: &Builder, x: Value) -> Result<Value> {
    let (one, zero) = (b.scalar(1.0)?, b.scalar(0.0)?);
    let middle = b.scale(b.square(b.shift(x, 1.0)?)?, 0.25)?;
    let upper = b.select(b.greater_equal(x, one)?, x, middle)?;
    b.select(b.greater_equal(b.scalar(-1.0)?, x)?, zero, upper)
}

/// 0 up to −1, (x + 1) / 2 between, 1 from 1; the derivative is 0 at both limits.
fn sparse_sigmoid(b: &Builder, x: Value) -> Result<Value> {
    let (one, zero) = (b.scalar(1.0)?, b.scalar(0.0)?);
    let middle = b.scale(b.shift(x, 1.0)?, 0.5)?;
    let upper = b.select(b.greater_equal(x, one)?, one, middle)?;
    b.select(b.greater_equal(b.scalar(-1.0)?, x)?, zero, upper)
}

/// The first half of the last axis times the sigmoid of the second half.
fn glu(b: &Builder, x: Value) -> Result<Value> {
    let shape = b.shape(x);
    let width = shape.last().filter(|width| width % 2 == 0).ok_or_else(|| {
        Error::shape("glu", format!("expected a last axis of known, even size, got {shape}"))
    })?;
    let axis = shape.rank() - 1;
    let (a, gate) = (b.slice(x, axis, 0, width / 2)?, b.slice(x, axis, width / 2, width / 2)?);
    b.mul(a, b.sigmoid(gate)?)
}
