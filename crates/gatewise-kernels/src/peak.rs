//! The most that the arithmetic units can do: the measure of every other kernel.

use crate::simd::{BitOps, Isa, NumOps, Simd, SimdOp, run};

/// Sums that grow side by side. A multiply-add takes about four cycles and two begin in each, so that eight would do.
const CHAINS: usize = 12;

/// Does this many floating-point operations, or up to 400 more, as multiply-adds of the current instruction set that
/// wait for nothing: no memory is read and no sum needs the one before it. Counted as two operations each; without
/// fused instructions ([`InstructionSet::Generic`](crate::InstructionSet::Generic)) they are two indeed.
///
/// Returns a number that depends on all of them, near 12.
pub fn multiply_adds(flops: u64) -> f32 {
    run(MultiplyAdds { flops })
}

struct MultiplyAdds {
    flops: u64,
}

impl SimdOp for MultiplyAdds {
    type Output = f32;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> f32 {
        let ops = isa.f32();
        // Every sum tends to 1, so that no number grows out of range or becomes denormal.
        let (factor, term) = (ops.splat(0.75), ops.splat(0.25));
        let mut sums = [ops.zero(); CHAINS];
        for _ in 0..self.flops.div_ceil((2 * CHAINS * ops.len()) as u64) {
            for sum in &mut sums {
                *sum = ops.mul_add(*sum, factor, term);
            }
        }
        let total = sums.into_iter().fold(ops.zero(), |total, sum| ops.add(total, sum));
        let numbers = total.to_array();
        numbers[0]
    }
}

#[cfg(test)]
mod tests;
