//! Looking for a learning rate.

use std::path::Path;

use ndarray::ArrayD;

use super::text::repr;
use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::{Error, Result};
use crate::format::write_atomically;
use crate::optimizers::OptimizerValue;

mod picture;

/// Trains with a learning rate that grows from step to step, and keeps the loss of each batch: where it falls
/// fastest is a good learning rate.
///
/// The training ends when the rates are through, or when the loss has grown beyond `divergence` times the lowest. Afterwards the
/// model has the weights, and the optimizer the state, that they had before; states of stateful layers are not put back.
///
/// Source: L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3.
///
/// ```
/// use gatewise::callbacks::LearningRateFinder;
/// # use gatewise::layers::{Dense, Input, Lstm};
/// # use gatewise::{Compile, Fit, Sequential};
/// # use ndarray::Array;
/// # let x = Array::from_shape_fn((64, 5, 1), |(i, t, _)| ((i + t) as f32 / 3.0).sin()).into_dyn();
/// # let y = Array::from_shape_fn((64, 1), |(i, _)| ((i + 5) as f32 / 3.0).sin()).into_dyn();
/// # let mut model = Sequential::new().with_seed(7);
/// # model.add(Input::new([None, Some(1)]))?.add(Lstm::new(4))?.add(Dense::new(1))?;
/// # model.compile(Compile::new("sgd", "mse"))?;
///
/// let mut finder = LearningRateFinder { lr_min: 1e-4, lr_max: 10.0, ..LearningRateFinder::default() };
/// model.fit(&x, &y, Fit { batch_size: Some(8), epochs: 15, callbacks: vec![&mut finder], ..Fit::default() })?;
/// let rate = finder.suggestion().expect("the loss fell");
/// assert!((1e-4..10.0).contains(&rate));
/// let svg = finder.to_svg()?;
/// # assert!(svg.contains("learning rate"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LearningRateFinder {
    /// The first learning rate, above 0 (default 10⁻⁶).
    pub lr_min: f64,
    /// The last learning rate, above the first (default 1).
    pub lr_max: f64,
    /// Steps from the first to the last, at least 2 (default 100); `fit` needs as many batches.
    pub steps: usize,
    /// How much of the smoothed loss is kept at each step, at least 0 and below 1 (default 0.9).
    pub smoothing: f64,
    /// How many times the lowest smoothed loss ends the search, above 1 (default 4).
    pub divergence: f64,
    /// What has been seen of the running training; starts empty.
    pub progress: SweepProgress,
}

/// What a [`LearningRateFinder`] has seen.
#[derive(Debug, Clone, Default)]
pub struct SweepProgress {
    points: Vec<SweepPoint>,
    before: Option<(Vec<ArrayD<f32>>, Vec<OptimizerValue>)>,
    average: f64,
}

/// One step of a [`LearningRateFinder`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepPoint {
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The loss of its batch, before the step.
    pub loss: f64,
    /// The mean of this loss and those before, of which each counts less than the next.
    pub smoothed: f64,
}

impl Default for LearningRateFinder {
    fn default() -> Self {
        Self {
            lr_min: 1e-6,
            lr_max: 1.0,
            steps: 100,
            smoothing: 0.9,
            divergence: 4.0,
            progress: SweepProgress::default(),
        }
    }
}

const CLASS_NAME: &str = "LearningRateFinder";

/// The least number of points to either side of a slope.
const LEAST_REACH: usize = 2;

impl LearningRateFinder {
    /// The steps of the last search.
    pub fn points(&self) -> &[SweepPoint] {
        &self.progress.points
    }

    /// The learning rate at which the loss falls fastest over the logarithm of the rate, by a straight line through the
    /// losses of a tenth of the steps (at least two) to either side; `None` if it never falls, or after fewer than five
    /// steps.
    pub fn suggestion(&self) -> Option<f64> {
        let points = &self.progress.points;
        let reach = (points.len() / 10).max(LEAST_REACH);
        // The rates grow by equal factors, so the place of a step stands for the logarithm of its rate.
        let slope = |at: usize| -> f64 {
            let places = -(reach as i64)..=reach as i64;
            let losses = &points[at - reach..=at + reach];
            places.zip(losses).map(|(place, point)| place as f64 * point.loss).sum()
        };
        // Beyond the lowest loss it only falls by chance.
        let last = (self.lowest()? + 1).min(points.len().saturating_sub(reach));
        let falling = (reach..last).map(|at| (at, slope(at))).filter(|(_, slope)| *slope < 0.0);
        let steepest = falling.min_by(|a, b| a.1.total_cmp(&b.1));
        steepest.map(|(at, _)| points[at].learning_rate)
    }

    /// The step with the lowest smoothed loss.
    fn lowest(&self) -> Option<usize> {
        let finite = self.progress.points.iter().enumerate().filter(|(_, point)| point.smoothed.is_finite());
        finite.min_by(|a, b| a.1.smoothed.total_cmp(&b.1.smoothed)).map(|(at, _)| at)
    }

    /// A table of the steps: `learning_rate,loss,smoothed`.
    pub fn to_csv(&self) -> String {
        let row = |point: &SweepPoint| {
            let [rate, loss, smoothed] = [point.learning_rate, point.loss, point.smoothed].map(repr);
            format!("{rate},{loss},{smoothed}\n")
        };
        let head = "learning_rate,loss,smoothed\n".to_owned();
        std::iter::once(head).chain(self.progress.points.iter().map(row)).collect()
    }

    /// Writes [`to_csv`](Self::to_csv) to a file.
    ///
    /// # Errors
    /// If the file cannot be written; the message names it.
    pub fn save_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), self.to_csv().as_bytes())
    }

    /// Writes [`to_svg`](Self::to_svg) to a file.
    ///
    /// # Errors
    /// If there is nothing to draw, or the file cannot be written; the message names it.
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), self.to_svg()?.as_bytes())
    }

    fn check(&self, plan: &TrainingPlan) -> Result<()> {
        let wrong = |text: String| Err(Error::argument(CLASS_NAME, text));
        if !(self.lr_min > 0.0 && self.lr_min < self.lr_max && self.lr_max.is_finite()) {
            let text = format!("expected 0 < `lr_min` < `lr_max`, got {} and {}", self.lr_min, self.lr_max);
            return wrong(text);
        }
        if self.steps < 2 {
            return wrong(format!("`steps` must be at least 2, got {}", self.steps));
        }
        if !(0.0..1.0).contains(&self.smoothing) {
            return wrong(format!("`smoothing` must be at least 0 and below 1, got {}", self.smoothing));
        }
        if !(self.divergence > 1.0 && self.divergence.is_finite()) {
            return wrong(format!("`divergence` must be a finite number above 1, got {}", self.divergence));
        }
        let batches = plan.steps.map(|steps| steps * plan.epochs.saturating_sub(plan.initial_epoch));
        match batches {
            Some(batches) if batches < self.steps => {
                let text =
                    format!("expected a training of at least `steps` {} batches, got {batches}", self.steps);
                wrong(format!("{text}; give `fit` more epochs"))
            }
            _ => Ok(()),
        }
    }

    /// The learning rate of a step, counted from 0.
    fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / (self.steps - 1) as f64;
        self.lr_min * (self.lr_max / self.lr_min).powf(share)
    }
}

impl Callback for LearningRateFinder {
    fn on_train_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.check(plan)?;
        let state = control.optimizer_state()?.into_iter().map(|variable| variable.value).collect();
        self.progress.before = Some((control.weights(), state));
        (self.progress.points, self.progress.average) = (Vec::new(), 0.0);
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        control.set_learning_rate(self.rate(self.progress.points.len()) as f32)
    }

    fn on_train_batch_end(
        &mut self,
        _batch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        let (step, loss) = (self.progress.points.len(), control.batch_loss());
        self.progress.average = self.smoothing * self.progress.average + (1.0 - self.smoothing) * loss;
        // The average begins with 0, which the division takes out (as in Adam).
        let smoothed = self.progress.average / (1.0 - self.smoothing.powi(step as i32 + 1));
        self.progress.points.push(SweepPoint { learning_rate: self.rate(step), loss, smoothed });
        let lowest = self.lowest().map_or(f64::INFINITY, |at| self.progress.points[at].smoothed);
        // A loss below 0, such as that of a likelihood, has no multiple that would be too large.
        let is_too_large = !loss.is_finite() || lowest > 0.0 && smoothed > self.divergence * lowest;
        if is_too_large || self.progress.points.len() == self.steps {
            control.stop_training();
        }
        Ok(())
    }

    fn on_train_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        let Some((weights, state)) = self.progress.before.take() else { return Ok(()) };
        control.set_weights(&weights)?;
        control.set_optimizer_state(&state)
    }
}

#[cfg(test)]
mod tests;
