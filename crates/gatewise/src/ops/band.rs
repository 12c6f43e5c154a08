//! Matrices of ones in a band around the diagonal, and zeros elsewhere.

use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// `[rows, columns]`: 1 where `low` ≤ row − column ≤ `high`, 0 elsewhere; without a bound on a side where it is `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    pub rows: Dim,
    pub columns: Dim,
    pub low: Option<i64>,
    pub high: Option<i64>,
}

impl Operation for Band {
    fn name(&self) -> &'static str {
        "band"
    }

    fn options(&self) -> String {
        let bound = |bound: Option<i64>| bound.map_or_else(String::new, |bound| bound.to_string());
        format!("{}..={}", bound(self.low), bound(self.high))
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![Shape::new([self.rows, self.columns])])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let columns = run.output_dims(0)[1].max(1);
        for (row, numbers) in run.output(0).chunks_exact_mut(columns).enumerate() {
            for (column, number) in numbers.iter_mut().enumerate() {
                let below = row as i64 - column as i64;
                let is_inside =
                    self.low.is_none_or(|low| below >= low) && self.high.is_none_or(|high| below <= high);
                *number = if is_inside { F::one() } else { F::zero() };
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
