//! Keras's activations that take an exponential or more than a few steps, with code of their own: one pass with all numbers in
//! registers, in which a value and its slope share what they have in common. A formula goes through memory after each step.
//!
//! Their meaning is the formula that they stand for, with the derivative at each kink that it has.

use super::vectors::{erf, exp_up_to, log_1p_of_exp};
use crate::activation::{sigmoid, tanh};
use crate::passes::pass;
use crate::simd::{BitOps, FloatOps, Isa, NumOps, Simd, SimdOp, neg, run};

/// A function with code of its own, see [`Formula::computed_by`](super::Formula::computed_by).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// x above 0, else eˣ − 1.
    Elu,
    /// 1.0507… · x from 0 on, else 1.0507… · 1.6733… (eˣ − 1).
    Selu,
    /// As `Elu`, with the derivative 2 at 0.
    Celu,
    /// ½ x (1 + erf(x / √2))
    Gelu,
    /// x · sigmoid(x)
    Silu,
    /// x · tanh(ln(1 + eˣ))
    Mish,
    /// ln(1 + eˣ)
    Softplus,
    /// −ln(1 + e⁻ˣ)
    LogSigmoid,
    /// 0 up to −1, (x + 1)² / 4 between, x from 1.
    SparsePlus,
    /// x / (1 + |x|)
    Softsign,
    /// x − tanh(x)
    TanhShrink,
    /// sign(x) · max(|x| − ½, 0)
    SoftShrink,
}

/// What is computed of an array.
pub(super) enum Job<'a> {
    Value {
        x: &'a [f32],
        y: &'a mut [f32],
    },
    Both {
        x: &'a [f32],
        y: &'a mut [f32],
        slope: &'a mut [f32],
    },
    /// The slope times `d`, in the place of `d`.
    Gradient {
        x: &'a [f32],
        d: &'a mut [f32],
    },
}

/// Does a job for a function.
pub(super) fn apply(known: Known, job: Job) {
    run(Application { known, job });
}

struct Application<'a> {
    known: Known,
    job: Job<'a>,
}

impl SimdOp for Application<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        /// The loop with a function that gives value and slope.
        macro_rules! each {
            ($function:ident) => {
                each(
                    isa,
                    self.job,
                    #[inline(always)]
                    |x| $function(isa, x),
                )
            };
        }
        match self.known {
            Known::Elu => each!(elu),
            Known::Selu => each!(selu),
            Known::Celu => each!(celu),
            Known::Gelu => each!(gelu),
            Known::Silu => each!(silu),
            Known::Mish => each!(mish),
            Known::Softplus => each!(softplus),
            Known::LogSigmoid => each!(log_sigmoid),
            Known::SparsePlus => each!(sparse_plus),
            Known::Softsign => each!(softsign),
            Known::TanhShrink => each!(tanh_shrink),
            Known::SoftShrink => each!(soft_shrink),
        }
    }
}

/// The loop for one function. Of what nobody reads the compiler makes no code.
#[inline(always)]
fn each<I: Isa>(isa: I, job: Job, function: impl Fn(I::F32) -> [I::F32; 2]) {
    match job {
        Job::Value { x, y } => pass(
            isa,
            [x],
            [],
            [y],
            #[inline(always)]
            |[x], []| ([], [function(x)[0]]),
        ),
        Job::Both { x, y, slope } => pass(
            isa,
            [x],
            [],
            [y, slope],
            #[inline(always)]
            |[x], []| ([], function(x)),
        ),
        Job::Gradient { x, d } => pass(
            isa,
            [x],
            [d],
            [],
            #[inline(always)]
            |[x], [d]| ([isa.f32().mul(d, function(x)[1])], []),
        ),
    }
}

/// `scale · x` from 0 on, else `below · (eˣ − 1)`.
#[inline(always)]
fn exponential_unit<I: Isa>(isa: I, x: I::F32, scale: f32, below: f32) -> [I::F32; 2] {
    let ops = isa.f32();
    let (scale, below) = (ops.splat(scale), ops.splat(below));
    let slope_below = ops.mul(exp_up_to(isa, x, 0.0), below);
    let is_above = ops.ge(x, ops.zero());
    let value = ops.select(ops.mul(x, scale), ops.sub(slope_below, below), is_above);
    [value, ops.select(scale, slope_below, is_above)]
}

#[inline(always)]
fn elu<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    exponential_unit(isa, x, 1.0, 1.0)
}

#[inline(always)]
fn selu<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    const SCALE: f64 = 1.050_700_987_355_480_5;
    exponential_unit(isa, x, SCALE as f32, (SCALE * 1.673_263_242_354_377_2) as f32)
}

#[inline(always)]
fn celu<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let [value, slope] = elu(isa, x);
    [value, ops.select(ops.splat(2.0), slope, ops.eq(x, ops.zero()))]
}

/// The slope is the share Φ(x) plus x times its own slope, the normal density.
#[inline(always)]
fn gelu<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    /// 1 / √(2π)
    const DENSITY: f32 = 0.398_942_3;
    let (ops, half) = (isa.f32(), isa.f32().splat(0.5));
    let share = ops.mul_add(erf(isa, ops.mul(x, ops.splat(std::f32::consts::FRAC_1_SQRT_2))), half, half);
    let exponent = neg(ops, ops.mul(ops.mul(x, half), x));
    let density = ops.mul(exp_up_to(isa, exponent, 0.0), ops.splat(DENSITY));
    [ops.mul(x, share), ops.mul_add(x, density, share)]
}

#[inline(always)]
fn silu<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let share = sigmoid(isa, x);
    let value = ops.mul(x, share);
    [value, ops.mul_add(value, ops.sub(ops.one(), share), share)]
}

/// x · n / d with n = e (e + 2), d = n + 2 and e = eˣ. The slope of n / d is 2 e / d · 2 (e + 1) / d. From 20 on the share is 1 to
/// 17 decimals, and e stays what it is there.
#[inline(always)]
fn mish<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let (ops, two) = (isa.f32(), isa.f32().splat(2.0));
    let e = exp_up_to(isa, x, 20.0);
    let n = ops.mul(e, ops.add(e, two));
    let inverse = ops.div(ops.one(), ops.add(n, two));
    let share = ops.mul(n, inverse);
    let twice = ops.mul(ops.add(e, e), inverse);
    let slope_of_share = ops.mul(twice, ops.mul_add(two, inverse, twice));
    [ops.mul(x, share), ops.mul_add(x, slope_of_share, share)]
}

#[inline(always)]
fn softplus<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let (u, p) = log_1p_of_exp(isa, x);
    let value = ops.mul_add(u, p, ops.max(x, ops.zero()));
    [value, sigmoid_of(isa, u, ops.gt(x, ops.zero()))]
}

/// −softplus(−x)
#[inline(always)]
fn log_sigmoid<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let (u, p) = log_1p_of_exp(isa, x);
    let value = ops.mul_sub_from(u, p, ops.min(x, ops.zero()));
    [value, sigmoid_of(isa, u, ops.lt(x, ops.zero()))]
}

/// The sigmoid of a number with u = e^−|x|: 1 / (1 + u) above 0, else u / (1 + u).
#[inline(always)]
fn sigmoid_of<I: Isa>(isa: I, u: I::F32, is_above: <I::F32 as Simd>::Mask) -> I::F32 {
    let ops = isa.f32();
    ops.div(ops.select(ops.one(), u, is_above), ops.add(ops.one(), u))
}

#[inline(always)]
fn sparse_plus<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let (ops, one, half) = (isa.f32(), isa.f32().one(), isa.f32().splat(0.5));
    let middle = ops.mul_add(x, half, half);
    let (is_above, is_below) = (ops.ge(x, one), ops.le(x, ops.splat(-1.0)));
    [ops.select(x, ops.mul(middle, middle), is_above), ops.select(one, middle, is_above)].map(
        #[inline(always)]
        |upper| ops.select(ops.zero(), upper, is_below),
    )
}

#[inline(always)]
fn softsign<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let inverse = ops.div(ops.one(), ops.add(ops.one(), ops.abs(x)));
    [ops.mul(x, inverse), ops.mul(inverse, inverse)]
}

/// The slope of tanh is 1 − tanh², and so this one is its square.
#[inline(always)]
fn tanh_shrink<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let ops = isa.f32();
    let t = tanh(isa, x);
    [ops.sub(x, t), ops.mul(t, t)]
}

#[inline(always)]
fn soft_shrink<I: Isa>(isa: I, x: I::F32) -> [I::F32; 2] {
    let (ops, zero, half) = (isa.f32(), isa.f32().zero(), isa.f32().splat(0.5));
    let (above, below) = (ops.max(ops.sub(x, half), zero), ops.min(ops.add(x, half), zero));
    let is_far = ops.gt(ops.abs(x), half);
    [ops.add(above, below), ops.one()].map(
        #[inline(always)]
        |far| ops.select(far, zero, is_far),
    )
}
