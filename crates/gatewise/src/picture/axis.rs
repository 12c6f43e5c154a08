//! An axis of numbers with round marks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// An axis from one number to another.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    marks: Vec<f64>,
    decimals: usize,
}

/// Round steps within a power of ten.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];

impl Axis {
    /// An axis with equal steps and at most about `most` marks. Where there is one number, it stands in the middle.
    pub fn linear(low: f64, high: f64, most: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, high + 0.5) };
        let step = round_step((high - low) / most as f64);
        let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
        Self { decimals, ..Self::with_step(low, high, step) }
    }

    /// The same with marks on whole numbers.
    pub fn whole(low: f64, high: f64, most: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, high + 0.5) };
        Self::with_step(low, high, round_step(((high - low) / most as f64).max(1.0)))
    }

    fn with_step(low: f64, high: f64, step: f64) -> Self {
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        let marks = (first..=last).map(|number| number as f64 * step).collect();
        Self { low, high, is_logarithmic: false, marks, decimals: 0 }
    }

    /// An axis with equal factors, for positive numbers.
    pub fn logarithmic(low: f64, high: f64, most: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low / 2.0, high * 2.0) };
        let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let inside = |marks: Vec<f64>| -> Vec<f64> {
            marks.into_iter().filter(|mark| (low * 0.999..=high * 1.001).contains(mark)).collect()
        };
        let fine =
            inside(powers.clone().flat_map(|power| ROUND.map(|part| part * 10_f64.powi(power))).collect());
        let coarse = |every: i32| {
            let powers = powers.clone().filter(|power| power.rem_euclid(every) == 0);
            inside(powers.map(|power| 10_f64.powi(power)).collect())
        };
        if fine.len() < 2 {
            return Self { is_logarithmic: true, ..Self::linear(low, high, most) };
        }
        let marks = match (1..).map(coarse).find(|marks| marks.len() <= most) {
            _ if fine.len() <= most => fine,
            Some(marks) => marks,
            None => Vec::new(),
        };
        Self { low, high, is_logarithmic: true, marks, decimals: 0 }
    }

    /// From the lowest to the highest number, with some air.
    pub fn around(values: &[f64], is_logarithmic: bool, most: usize) -> Self {
        let shown = values.iter().filter(|value| value.is_finite() && (!is_logarithmic || **value > 0.0));
        let ends = shown.fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((*value, *value), |(low, high)| (low.min(*value), high.max(*value))))
        });
        let (low, high) = ends.unwrap_or((1.0, 1.0));
        if is_logarithmic {
            // A narrow range gets room for a mark.
            let air = if high < 1.2 * low { 2.0 } else { (high / low).powf(0.05) };
            return Self::logarithmic(low / air, high * air, most);
        }
        let air = 0.06 * (high - low);
        // What is never below 0 gets no axis below 0.
        let bottom = if low >= 0.0 { (low - air).max(0.0) } else { low - air };
        Self::linear(bottom, high + air, most)
    }

    /// Whether the axis can show a number.
    pub fn can_show(&self, value: f64) -> bool {
        value.is_finite() && (!self.is_logarithmic || value > 0.0)
    }

    /// The ends of the axis.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    fn place(&self, value: f64) -> f64 {
        if self.is_logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value }
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let round = ROUND.into_iter().map(|part| part * power).find(|round| *round >= step * 0.999_999);
    round.unwrap_or(10.0 * power)
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (low, high) = (self.place(self.low), self.place(self.high));
        let share = (self.place(*value) - low) / (high - low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let size = value.abs();
        if self.is_logarithmic && !(1e-3..1e6).contains(&size) {
            return format!("{value:.0e}");
        }
        if size >= 1e6 || (size > 0.0 && self.decimals > 5) {
            return format!("{value:.2e}");
        }
        if self.is_logarithmic {
            return format!("{}", (value * 1e6).round() / 1e6);
        }
        format!("{:.*}", self.decimals, value + 0.0)
    }
}

#[cfg(test)]
mod tests;
