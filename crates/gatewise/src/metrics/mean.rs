//! Running means and sums of values.

use ndarray::ArrayViewD;

use super::weights;
use crate::error::Result;

/// The weighted mean of all values since the last reset; 0 before the first.
///
/// ```
/// use gatewise::metrics::Mean;
/// use ndarray::array;
///
/// let mut mean = Mean::new();
/// mean.update_state(&array![1.0, 3.0, 5.0, 7.0].into_dyn().view(), None)?;
/// assert_eq!(mean.result(), 4.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mean {
    total: f64,
    count: f64,
}

impl Mean {
    /// A mean of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in values `[batch, …]`, perhaps with weights `[batch]` up to the shape of the values. A sample counts once,
    /// however many values it has.
    ///
    /// # Errors
    /// If the weights do not fit.
    pub fn update_state(
        &mut self,
        values: &ArrayViewD<'_, f32>,
        sample_weight: Option<&ArrayViewD<'_, f32>>,
    ) -> Result<()> {
        let weights = weights::effective("mean", values.shape(), None, sample_weight)?;
        let weights = weights.unwrap_or_else(|| vec![1.0; values.len()]);
        let total = values.iter().zip(&weights).map(|(value, weight)| f64::from(*value) * weight).sum();
        self.add(values.shape(), total, weights.iter().sum());
        Ok(())
    }

    /// Takes in the weighted sum of values of this shape and the sum of their weights.
    pub(super) fn add(&mut self, shape: &[usize], total: f64, weights: f64) {
        let a_sample = shape.iter().skip(1).product::<usize>().max(1) as f64;
        self.total += total / a_sample;
        self.count += weights / a_sample;
    }

    /// The mean.
    pub fn result(&self) -> f64 {
        if self.count == 0.0 { 0.0 } else { self.total / self.count }
    }

    /// Forgets all values.
    pub fn reset_state(&mut self) {
        *self = Self::default();
    }
}

/// The weighted sum of all values since the last reset.
///
/// ```
/// use gatewise::metrics::Sum;
/// use ndarray::array;
///
/// let mut sum = Sum::new();
/// let (values, weights) = (array![1.0, 3.0, 5.0, 7.0].into_dyn(), array![1.0, 1.0, 0.0, 0.0].into_dyn());
/// sum.update_state(&values.view(), Some(&weights.view()))?;
/// assert_eq!(sum.result(), 4.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum(f64);

impl Sum {
    /// A sum of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in values `[batch, …]`, perhaps with weights `[batch]` up to the shape of the values.
    ///
    /// # Errors
    /// If the weights do not fit.
    pub fn update_state(
        &mut self,
        values: &ArrayViewD<'_, f32>,
        sample_weight: Option<&ArrayViewD<'_, f32>>,
    ) -> Result<()> {
        let weights = weights::effective("sum", values.shape(), None, sample_weight)?;
        let weights = weights.unwrap_or_else(|| vec![1.0; values.len()]);
        self.0 += values.iter().zip(&weights).map(|(value, weight)| f64::from(*value) * weight).sum::<f64>();
        Ok(())
    }

    /// The sum.
    pub fn result(&self) -> f64 {
        self.0
    }

    /// Forgets all values.
    pub fn reset_state(&mut self) {
        self.0 = 0.0;
    }
}
