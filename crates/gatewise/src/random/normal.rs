//! Normal numbers, whole and truncated, by the transform of Box and Muller in f64.

use std::f64::consts::TAU;

use super::{Blocks, Family, RandomKey, fill};

/// Where the truncated normal distribution is cut, in standard deviations: Keras's choice.
const CUT: f64 = 2.0;

/// Fills `values` with normal numbers of mean 0 and deviation 1; the first is that of element `offset`.
///
/// G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates" (1958).
pub fn normal_into(key: RandomKey, offset: u64, values: &mut [f32]) {
    let blocks = Blocks::new(key, Family::Normal, 0);
    fill(&blocks, offset, values, |words| box_muller(words).map(|number| number as f32));
}

/// Fills `values` with normal numbers of mean 0 that are redrawn while outside ±2; the first is that of
/// element `offset`.
///
/// The deviation before the cut is 1, after it 0.8796.
pub fn truncated_normal_into(key: RandomKey, offset: u64, values: &mut [f32]) {
    let first = Blocks::new(key, Family::Normal, 0);
    for (element, value) in (offset..).zip(values) {
        *value = (0..)
            .map(|attempt| match attempt {
                0 => nth_normal(&first, element),
                _ => nth_normal(&Blocks::new(key, Family::Normal, attempt), element),
            })
            .find(|number| number.abs() <= CUT)
            .expect("one of endless attempts lies within the cut") as f32;
    }
}

fn nth_normal(blocks: &Blocks, element: u64) -> f64 {
    box_muller(blocks.block(element / 2))[(element % 2) as usize]
}

/// Two independent normal numbers from one block.
fn box_muller(words: [u32; 4]) -> [f64; 2] {
    // The radius takes its uniform number from (0, 1], where the logarithm is finite.
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - unit(words[0], words[1])));
    let angle = TAU * unit(words[2], words[3]);
    [radius * libm::cos(angle), radius * libm::sin(angle)]
}

/// A uniform number in [0, 1), a multiple of 2⁻⁵³.
fn unit(low: u32, high: u32) -> f64 {
    const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
    ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 * UNIT
}
