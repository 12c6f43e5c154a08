//! Sums of squares in an order that depends on the length alone.

/// Sums that run side by side, so that the additions of one need not wait for each other.
pub(super) const LANES: usize = 8;

/// Σ v² over an array, in f64. Zeros may be left out: they change no sum.
#[derive(Debug)]
pub(super) struct Squares {
    sums: [f64; LANES],
    /// The sum of what is left where the lanes do not fill a last chunk.
    rest: f64,
    /// Where that begins.
    whole: usize,
}

impl Squares {
    /// Of an array of so many numbers, of which none has been added yet.
    pub(super) fn new(len: usize) -> Self {
        Self { sums: [0.0; LANES], rest: 0.0, whole: len - len % LANES }
    }

    /// Of all of an array, divided by `scale`.
    pub(super) fn of(values: &[f32], scale: f32) -> f64 {
        let mut squares = Self::new(values.len());
        squares.add(0, values, scale);
        squares.total()
    }

    /// Adds numbers, divided by `scale`, of which the first is at `start` in the array. Parts come in the array's order.
    pub(super) fn add(&mut self, start: usize, values: &[f32], scale: f32) {
        let square = |value: f32| f64::from(value / scale) * f64::from(value / scale);
        let in_lanes = values.len().min(self.whole.saturating_sub(start));
        let (values, rest) = values.split_at(in_lanes);
        if start.is_multiple_of(LANES) && in_lanes.is_multiple_of(LANES) {
            for chunk in values.as_chunks::<LANES>().0 {
                self.sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += square(*value));
            }
        } else {
            for (index, value) in values.iter().enumerate() {
                self.sums[(start + index) % LANES] += square(*value);
            }
        }
        self.rest += rest.iter().map(|value| square(*value)).sum::<f64>();
    }

    /// The sum.
    pub(super) fn total(&self) -> f64 {
        self.sums.iter().sum::<f64>() + self.rest
    }
}

#[cfg(test)]
mod tests;
