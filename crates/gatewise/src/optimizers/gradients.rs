//! What happens to gradients before the rule sees them: scaling, accumulation, clipping.
//!
//! Only sums that are carried from step to step are arrays of their own. All else is done to the part of a gradient that
//! the rule is about to read, so that it is read from memory once, or twice where its norm has to be known before.

use std::ops::Range;

use super::options::Clip;
use super::row_sums::RowSums;
use super::slot_table::{SlotTable, Variable};
use super::squares::Squares;
use super::{Gradient, OptimizerOptions};

/// Gradients on their way to the rule.
#[derive(Debug)]
pub(super) struct Gradients {
    scale: Option<f32>,
    steps: Option<u64>,
    clip: Option<Clip>,
    /// The sums of gradients since the last update, with accumulation.
    sums: Option<SlotTable>,
    /// By weight: the rows of gradients of tables.
    rows: Vec<RowSums>,
    /// By weight: what the norms ask for.
    factors: Vec<Factor>,
    /// The part of a gradient that the rule is given.
    part: Vec<f32>,
}

/// What is done to each number of a gradient last.
#[derive(Debug, Clone, Copy)]
enum Factor {
    Nothing,
    /// g · limit / norm, in Keras's order.
    Norm {
        limit: f32,
        divisor: f32,
    },
    Global(f32),
    Value(f32),
}

impl Factor {
    fn apply(self, part: &mut [f32]) {
        match self {
            Self::Nothing => {}
            Self::Norm { limit, divisor } => {
                part.iter_mut().for_each(|value| *value = *value * limit / divisor)
            }
            Self::Global(factor) => part.iter_mut().for_each(|value| *value *= factor),
            Self::Value(limit) => part.iter_mut().for_each(|value| *value = value.clamp(-limit, limit)),
        }
    }

    /// Whether 0 stays 0, which it does not where a norm is no number.
    fn keeps_zero(self) -> bool {
        let mut zero = [0.0];
        self.apply(&mut zero);
        zero == [0.0]
    }
}

impl Gradients {
    pub(super) fn new(options: &OptimizerOptions, variables: &[Variable]) -> Self {
        let steps = options.gradient_accumulation_steps;
        Self {
            scale: options.loss_scale_factor.map(|scale| scale as f32),
            steps,
            clip: options.clip(),
            sums: steps.map(|_| SlotTable::zeros(variables, "gradient_accumulator")),
            rows: variables.iter().map(|_| RowSums::default()).collect(),
            factors: vec![Factor::Nothing; variables.len()],
            part: Vec::new(),
        }
    }

    /// Takes the gradients of call `iteration` of `apply`; returns whether this call updates the weights.
    pub(super) fn take(&mut self, iteration: u64, variables: &[Variable], given: &[Gradient<'_>]) -> bool {
        let is_update = self.steps.is_none_or(|steps| (iteration + 1).is_multiple_of(steps));
        for (variable, gradient) in given.iter().enumerate() {
            if let Gradient::Rows { ids, values } = gradient {
                self.rows[variable].take(&variables[variable].shape, ids, values);
            }
            self.accumulate(variable, *gradient, is_update);
        }
        if is_update {
            self.measure(given);
        }
        is_update
    }

    /// Adds a gradient to its sum, which becomes a mean before an update.
    fn accumulate(&mut self, variable: usize, given: Gradient<'_>, is_update: bool) {
        /// Numbers of a table that are written at a time.
        const BLOCK: usize = 4096;
        let Some(sums) = &mut self.sums else { return };
        let scale = self.scale.unwrap_or(1.0);
        let steps = self.steps.filter(|_| is_update).unwrap_or(1) as f32;
        let add = |sums: &mut [f32], gradient: &[f32]| {
            let pairs = sums.iter_mut().zip(gradient);
            pairs.for_each(|(sum, gradient)| *sum = (gradient / scale + *sum) / steps);
        };
        let sums = sums.only(variable);
        match given {
            Gradient::Dense(gradient) => add(sums, gradient),
            Gradient::Rows { .. } => {
                self.part.resize(self.part.len().max(BLOCK.min(sums.len())), 0.0);
                for start in (0..sums.len()).step_by(BLOCK) {
                    let range = start..sums.len().min(start + BLOCK);
                    let part = &mut self.part[..range.len()];
                    self.rows[variable].write(range.clone(), part);
                    add(&mut sums[range], part);
                }
            }
        }
    }

    /// Finds out what clipping asks for.
    fn measure(&mut self, given: &[Gradient<'_>]) {
        let squares = |own: &mut Self, variable: usize| own.sum_of_squares(variable, given[variable]);
        match self.clip {
            None => {}
            Some(Clip::Value(limit)) => self.factors.fill(Factor::Value(limit)),
            Some(Clip::Norm(limit)) => {
                for variable in 0..given.len() {
                    let norm = squares(self, variable).sqrt() as f32;
                    // Not `f32::max`, which would let the limit win over NaN.
                    let divisor = if norm < limit { limit } else { norm };
                    self.factors[variable] = Factor::Norm { limit, divisor };
                }
            }
            Some(Clip::GlobalNorm(limit)) => {
                let total: f64 = (0..given.len()).map(|variable| squares(self, variable)).sum();
                self.factors.fill(Factor::Global(global_factor(total.sqrt() as f32, limit)));
            }
        }
    }

    /// Σ g² of a gradient as it is before it is clipped.
    fn sum_of_squares(&mut self, variable: usize, given: Gradient<'_>) -> f64 {
        let scale = self.scale.unwrap_or(1.0);
        match (&mut self.sums, given) {
            (Some(sums), _) => Squares::of(sums.only(variable), 1.0),
            (None, Gradient::Dense(gradient)) => Squares::of(gradient, scale),
            (None, Gradient::Rows { .. }) => {
                let rows = &self.rows[variable];
                let mut squares = Squares::new(rows.table_len());
                rows.ascending().for_each(|(start, row)| squares.add(start, row, scale));
                squares.total()
            }
        }
    }

    /// A part of the gradient of one weight as the rule shall see it; `given` is what [`take`](Self::take) was given.
    pub(super) fn ready<'a>(
        &'a mut self,
        variable: usize,
        given: Gradient<'a>,
        range: Range<usize>,
    ) -> &'a [f32] {
        let is_plain = self.scale.is_none() && self.sums.is_none() && self.clip.is_none();
        if let (true, Gradient::Dense(gradient)) = (is_plain, given) {
            return &gradient[range];
        }
        self.part.resize(self.part.len().max(range.len()), 0.0);
        let part = &mut self.part[..range.len()];
        match (&mut self.sums, given) {
            (Some(sums), _) => part.copy_from_slice(&sums.only(variable)[range]),
            (None, Gradient::Dense(gradient)) => part.copy_from_slice(&gradient[range]),
            (None, Gradient::Rows { .. }) => self.rows[variable].write(range, part),
        }
        if self.sums.is_none() && !is_plain {
            let scale = self.scale.unwrap_or(1.0);
            // 0 is what a sum of gradients begins with; it makes 0 of −0.
            part.iter_mut().for_each(|value| *value = *value / scale + 0.0);
        }
        self.factors[variable].apply(part);
        part
    }

    /// The number of rows of a table outside of which the rule sees only zeros; `None` if that is not known.
    pub(super) fn rows_beside_zeros(&self, variable: usize, given: Gradient<'_>) -> Option<usize> {
        let is_table = matches!(given, Gradient::Rows { .. }) && self.sums.is_none();
        (is_table && self.factors[variable].keeps_zero()).then(|| self.rows[variable].len())
    }

    /// Such a row: where it is in the table.
    pub(super) fn row(&self, variable: usize, index: usize) -> Range<usize> {
        self.rows[variable].range(index)
    }

    /// Starts the next sum after an update.
    pub(super) fn finish(&mut self, variables: usize) {
        if let Some(sums) = &mut self.sums {
            (0..variables).for_each(|variable| sums.only(variable).fill(0.0));
        }
    }

    /// The accumulated gradients, which are part of the optimizer's state.
    pub(super) fn accumulators(&self) -> Option<&SlotTable> {
        self.sums.as_ref()
    }

    /// The same, to be changed.
    pub(super) fn accumulators_mut(&mut self) -> Option<&mut SlotTable> {
        self.sums.as_mut()
    }
}

/// limit · min(1/norm, 1/limit), or NaN if the norm is not finite, so that a failed step is seen.
fn global_factor(norm: f32, limit: f32) -> f32 {
    if norm.is_finite() { limit * (1.0 / norm).min(1.0 / limit) } else { f32::NAN }
}

#[cfg(test)]
mod tests;
