//! Random numbers that are a pure function of where they are used.
//!
//! Every number follows from a [`RandomKey`] (seed, stream, step) and the index of its element, through the
//! counter-based generator Philox4x32-10 (J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
//! 2011). Nothing is advanced, so an array may be filled in any pieces, in any order and on any number of
//! threads, and a mask can be made again instead of being kept. Logarithms and cosines are `libm`'s, in f64,
//! so that the bits are the same on every platform.
//!
//! ```
//! use gatewise::random::{self, RandomKey};
//!
//! let key = RandomKey { seed: 7, stream: 0, step: 0 };
//! let mut whole = [0.0; 10];
//! random::normal_into(key, 0, &mut whole);
//!
//! let mut tail = [0.0; 4];
//! random::normal_into(key, 6, &mut tail);
//! assert_eq!(whole[6..], tail);
//! ```

mod dropout;
mod normal;
mod permutation;
mod philox;
mod seed;

pub use dropout::dropout_mask_into;
pub use normal::{normal_into, truncated_normal_into};
pub(crate) use permutation::index_below;
pub use permutation::permutation;
pub use philox::philox4x32;
pub use seed::seed_from_entropy;

/// Where random numbers are used: two uses with different keys are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RandomKey {
    /// What the user set, one number for a whole model or training.
    pub seed: u64,
    /// Who uses the numbers, such as the index of a layer. The streams from 2⁶³ on belong to initializers.
    pub stream: u64,
    /// When they are used, such as the index of the training step.
    pub step: u64,
}

/// Fills `values` with uniform numbers in [0, 1), multiples of 2⁻²⁴; the first is that of element `offset`.
pub fn uniform_into(key: RandomKey, offset: u64, values: &mut [f32]) {
    const UNIT: f32 = 1.0 / (1 << 24) as f32;
    let blocks = Blocks::new(key, Family::Uniform, 0);
    fill(&blocks, offset, values, |words| words.map(|word| (word >> 8) as f32 * UNIT));
}

/// What the numbers are made for, so that uses which share a key do not share numbers.
#[derive(Debug, Clone, Copy)]
enum Family {
    Uniform = 0,
    Normal = 1,
    Permutation = 2,
}

/// The endless row of 128-bit blocks that belongs to one key, family and attempt.
struct Blocks {
    key: [u32; 2],
    step: [u32; 2],
}

impl Blocks {
    /// Seed, stream, family and attempt are folded into the key of the generator, which leaves its whole
    /// counter to step and block.
    fn new(key: RandomKey, family: Family, attempt: u32) -> Self {
        let stream = halves(key.stream);
        let [low, high, ..] = philox4x32([stream[0], stream[1], family as u32, attempt], halves(key.seed));
        Self { key: [low, high], step: halves(key.step) }
    }

    fn block(&self, index: u64) -> [u32; 4] {
        let [low, high] = halves(index);
        philox4x32([low, high, self.step[0], self.step[1]], self.key)
    }
}

fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

/// Fills `values` with the elements from `offset` on, where each block gives `N` consecutive elements.
fn fill<const N: usize>(
    blocks: &Blocks,
    offset: u64,
    values: &mut [f32],
    numbers: impl Fn([u32; 4]) -> [f32; N],
) {
    let mut index = offset / N as u64;
    let mut skip = (offset % N as u64) as usize;
    let mut rest = values;
    while !rest.is_empty() {
        let count = (N - skip).min(rest.len());
        let (part, later) = rest.split_at_mut(count);
        part.copy_from_slice(&numbers(blocks.block(index))[skip..skip + count]);
        (index, skip, rest) = (index + 1, 0, later);
    }
}

#[cfg(test)]
mod tests;
