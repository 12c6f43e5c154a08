//! Random numbers for made-up data, the same in every run.

/// A linear congruential generator (D. E. Knuth, "The art of computer programming", volume 2).
pub struct Random(pub u32);

impl Random {
    /// The next number, at least 0 and below 1.
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }
}
