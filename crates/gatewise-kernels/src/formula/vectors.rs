//! Exponential, logarithms and the error function of whole vectors: few instructions, no branches.
//!
//! Each is off by less than five units in the last place where the result is a normal number (`tests/formulas.rs`). The
//! coefficients are minimax fits, made for this file by reweighted least squares of the relative error.

use crate::activation::clamp;
use crate::simd::{BitOps, FloatOps, IntOps, Isa, NumOps, Simd, ToFloat};

/// eˣ; 0 and ∞ where it is below or above all numbers. NaN stays NaN.
///
/// `2ⁿ · exp(r)` with whole n and `|r| ≤ ln 2 / 2`, where a polynomial of degree 5 stands for `exp`. Two factors make up
/// 2ⁿ, because the exponents of the smallest and the largest results are not those of numbers.
#[inline(always)]
pub(crate) fn exp<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let (ops, ints) = (isa.f32(), isa.i32());
    let (exp, rounded) = reduced_exp(isa, clamp(ops, x, -104.0, 89.0));
    let n = ints.sub(rounded, ints.splat(ROUND.to_bits() as i32));
    let half = ints.shift_right::<1>(n);
    let power = |n| ints.shift_left::<23>(ints.add(n, ints.splat(127))).reinterpret_cast();
    ops.mul(ops.mul(exp, power(half)), power(ints.sub(n, half)))
}

/// Added to a small number, it leaves the nearest whole number in the last bits.
const ROUND: f32 = 12_582_912.0;

/// exp(r), and n added to the bits of [`ROUND`].
#[inline(always)]
fn reduced_exp<I: Isa>(isa: I, x: I::F32) -> (I::F32, I::I32) {
    /// The coefficients of r⁵ to r².
    const C: [f32; 4] = [0.008_312_501, 0.041_890_33, 0.166_671_16, 0.499_992_3];
    /// ln 2 in a part with few bits and the rest, so that n times the first is exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let ops = isa.f32();
    let rounded = ops.mul_add(x, ops.splat(std::f32::consts::LOG2_E), ops.splat(ROUND));
    let n = ops.sub(rounded, ops.splat(ROUND));
    let r = ops.mul_add(n, ops.splat(-LN_2[0]), x);
    let r = ops.mul_add(n, ops.splat(-LN_2[1]), r);
    let mut exp = ops.splat(C[0]);
    for c in [C[1], C[2], C[3], 1.0, 1.0] {
        exp = ops.mul_add(exp, r, ops.splat(c));
    }
    (exp, rounded.reinterpret_cast())
}

/// [`exp`] of numbers up to `high`, at most 88, which stands for what is above it. 0 below −87, where the exponents are not
/// those of numbers any more: so one factor makes up 2ⁿ.
#[inline(always)]
pub(crate) fn exp_up_to<I: Isa>(isa: I, x: I::F32, high: f32) -> I::F32 {
    let ops = isa.f32();
    let exp = exp_of_normal(isa, clamp(ops, x, -87.0, high));
    ops.select(ops.zero(), exp, ops.lt(x, ops.splat(-87.0)))
}

/// [`exp`] of numbers between −87 and 88. NaN stays NaN.
#[inline(always)]
fn exp_of_normal<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let (ops, ints) = (isa.f32(), isa.i32());
    let (exp, rounded) = reduced_exp(isa, x);
    // The shift leaves nothing of `ROUND`.
    let power = ints.add(ints.shift_left::<23>(rounded), ints.splat(127 << 23));
    ops.mul(exp, power.reinterpret_cast())
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). It stays what it is at −87 below that, 0 to 37 decimals. NaN stays NaN.
#[inline(always)]
pub(super) fn softplus<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let ops = isa.f32();
    let (u, p) = log_1p_of_exp(isa, x);
    ops.mul_add(u, p, ops.max(x, ops.zero()))
}

/// u = e^−|x|, which from ±87 on stays what it is there, and p(u) of degree 8 such that `u · p(u)` stands for ln(1 + u).
///
/// p goes by pairs of coefficients: the processor cannot look far enough ahead to have work while it waits for a chain of
/// eight products and the exponential before it.
#[inline(always)]
pub(super) fn log_1p_of_exp<I: Isa>(isa: I, x: I::F32) -> (I::F32, I::F32) {
    /// The coefficients of 1 to u⁸.
    const P: [f32; 9] = [
        0.999_999_94,
        -0.499_994_93,
        0.333_190_95,
        -0.248_429_78,
        0.191_059_89,
        -0.136_632_07,
        0.078_225_49,
        -0.029_504_957,
        0.005_232_624,
    ];
    let ops = isa.f32();
    let u = exp_of_normal(isa, clamp(ops, ops.or(x, ops.splat(-0.0)), -87.0, 0.0));
    let square = ops.mul(u, u);
    let mut pairs = [ops.zero(); 4];
    for (pair, c) in pairs.iter_mut().zip(P.as_chunks::<2>().0) {
        *pair = ops.mul_add(u, ops.splat(c[1]), ops.splat(c[0]));
    }
    let low = ops.mul_add(square, pairs[1], pairs[0]);
    let top = ops.mul_add(square, ops.splat(P[8]), pairs[3]);
    let high = ops.mul_add(square, top, pairs[2]);
    (u, ops.mul_add(ops.mul(square, square), high, low))
}

/// The natural logarithm: −∞ at 0, NaN below. NaN stays NaN.
///
/// With `x = 2ⁿ · (1 + f)` and `1 + f` between √½ and √2, it is `n · ln 2 + f − f² / 2 + f³ · p(f)`, p of degree 6.
#[inline(always)]
pub(crate) fn log<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    /// The coefficients of f⁶ to 1.
    const P: [f32; 7] =
        [0.087_003_596, -0.142_674_76, 0.149_147_87, -0.165_775_87, 0.199_630_62, -0.250_013_38, 0.333_339_1];
    /// The bits of √½.
    const HALF_ROOT: i32 = 0x3f35_04f3;
    let (ops, ints) = (isa.f32(), isa.i32());
    // Numbers without an exponent of their own get one.
    let is_tiny = ops.lt(x, ops.splat(f32::MIN_POSITIVE));
    let scaled = ops.select(ops.mul(x, ops.splat((1 << 25) as f32)), x, is_tiny);
    let bits: I::I32 = scaled.reinterpret_cast();
    let n = ints.shift_right::<23>(ints.sub(bits, ints.splat(HALF_ROOT)));
    let f = ops.sub(ints.sub(bits, ints.shift_left::<23>(n)).reinterpret_cast(), ops.one());
    let n = ops.sub(ints.to_float(n), ops.select(ops.splat(25.0), ops.zero(), is_tiny));
    let mut p = ops.splat(P[0]);
    for c in &P[1..] {
        p = ops.mul_add(p, f, ops.splat(*c));
    }
    let curved = ops.mul(ops.mul(f, f), ops.mul_add(p, f, ops.splat(-0.5)));
    let log = ops.mul_add(n, ops.splat(std::f32::consts::LN_2), ops.add(curved, f));
    let log = ops.select(log, x, ops.lt(x, ops.splat(f32::INFINITY)));
    let log = ops.select(ops.splat(f32::NEG_INFINITY), log, ops.eq(x, ops.zero()));
    ops.select(ops.splat(f32::NAN), log, ops.lt(x, ops.zero()))
}

/// The error function: `x · p(x²) / q(x²)`, p and q of degree 5. From ±4 on it is ±1. NaN stays NaN.
#[inline(always)]
pub(super) fn erf<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    /// The coefficients of x¹⁰ to 1.
    const P: [f32; 6] = [
        2.066_468_4e-6,
        2.850_633_5e-4,
        3.738_388_4e-3,
        0.052_668_214,
        0.189_667_8,
        std::f32::consts::FRAC_2_SQRT_PI,
    ];
    const Q: [f32; 6] = [3.827_003e-5, 1.157_387e-3, 0.014_914_362, 0.113_819_36, 0.501_421_5, 1.0];
    const LIMIT: f32 = 4.0;
    let ops = isa.f32();
    let x = clamp(ops, x, -LIMIT, LIMIT);
    let square = ops.mul(x, x);
    let (mut p, mut q) = (ops.splat(P[0]), ops.splat(Q[0]));
    for n in 1..6 {
        p = ops.mul_add(p, square, ops.splat(P[n]));
        q = ops.mul_add(q, square, ops.splat(Q[n]));
    }
    let is_one = ops.ge(square, ops.splat(LIMIT * LIMIT));
    ops.select(ops.mul(x, ops.splat(1.0 / LIMIT)), ops.div(ops.mul(x, p), q), is_one)
}
