//! bfloat16: the upper half of an `f32`, which is half of the bytes with 8 bits of precision instead of 24.
//!
//! Numbers are only stored so. What is computed with them is computed in `f32`, which holds each of them exactly.

#[cfg(test)]
mod tests;

use crate::simd::{BitOps, IntOps, Isa, Simd, load};

/// Two numbers: the bits of one are the lower half, those of the other the upper half.
pub(crate) type Pair = i32;

/// The bits of the upper number of a [`Pair`].
const UPPER: i32 = i32::MIN >> 15;

/// The bfloat16 number nearest to `x`, of two that are equally near the even one, as an `f32`.
///
/// What is beyond the largest finite one by more than half a step becomes an infinity; NaN remains NaN.
///
/// ```
/// use gatewise_kernels::bfloat16::round;
///
/// assert_eq!(round(0.1), 0.100_097_656_25);
/// assert_eq!(round(-2.5), -2.5);
/// ```
#[inline]
pub fn round(x: f32) -> f32 {
    f32::from_bits(u32::from(bits(x)) << 16)
}

/// The bits of the bfloat16 number nearest to `x`.
fn bits(x: f32) -> u16 {
    let bits = x.to_bits();
    let upper = (bits >> 16) as u16;
    if x.is_nan() {
        // The bits that are cut off may be all that make it one.
        return upper | 0x40;
    }
    // What carries into the upper half is the rounding; from the largest finite number it makes infinity.
    ((bits + 0x7fff + u32::from(upper & 1)) >> 16) as u16
}

/// Two numbers, rounded.
pub(crate) fn pair(lower: f32, upper: f32) -> Pair {
    (u32::from(bits(upper)) << 16 | u32::from(bits(lower))).cast_signed()
}

/// The lower and the upper numbers of a vector of the first pairs of `from`.
#[inline(always)]
pub(crate) fn load_pairs<I: Isa>(isa: I, from: &[Pair]) -> [I::F32; 2] {
    let ops = isa.i32();
    let pairs = load(ops, from);
    let (lower, upper) = (ops.shift_left::<16>(pairs), ops.and(pairs, ops.splat(UPPER)));
    [lower.reinterpret_cast(), upper.reinterpret_cast()]
}
