//! Shuffled orders.

use super::{Blocks, Family, RandomKey};

/// The numbers 0 … `n` − 1 in a random order, each order equally likely (to within `n` / 2⁶⁴).
///
/// The shuffle is that of Fisher and Yates as given by R. Durstenfeld (1964).
pub fn permutation(n: usize, key: RandomKey) -> Vec<usize> {
    let blocks = Blocks::new(key, Family::Permutation, 0);
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        let [low, high, ..] = blocks.block(last as u64);
        let word = u64::from(high) << 32 | u64::from(low);
        order.swap(last, below(word, last as u64 + 1) as usize);
    }
    order
}

/// Draw `draw` of a row of numbers below `bound`, each equally likely (to within `bound` / 2⁶⁴).
pub(crate) fn index_below(bound: usize, draw: u64, key: RandomKey) -> usize {
    let [low, high, ..] = Blocks::new(key, Family::Permutation, 0).block(draw);
    below(u64::from(high) << 32 | u64::from(low), bound as u64) as usize
}

/// A number below `bound`, as evenly spread as 64 bits allow: the upper half of word × bound.
fn below(word: u64, bound: u64) -> u64 {
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests;
