//! The loss and the metrics on data that is not trained on.

use std::collections::BTreeMap;

use super::Model;
use super::arrays::Arrays;
use super::batches::{at_least_one, batch_size_for};
use super::dataset_feed::not_for_datasets;
use super::feed::{ArrayFeed, Feed};
use super::fit::Shuffle;
use super::listeners::{Listeners, Running};
use super::programs::Purpose;
use crate::callbacks::{Callback, Logs, TrainingPlan};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::metrics::MetricValue;
use crate::random::RandomKey;

/// The arguments of Keras's `evaluate`, with its defaults.
#[derive(Default)]
pub struct Evaluate<'a> {
    /// Samples in a batch (default 32, or as many as make `steps` batches).
    pub batch_size: Option<usize>,
    /// Weights `[samples]` or `[samples, time]`, one array for all outputs or one for each.
    pub sample_weight: Arrays<'a>,
    /// The most batches that are taken (default: all).
    pub steps: Option<usize>,
    /// What is told of the batches, in this order.
    pub callbacks: Vec<&'a mut dyn Callback>,
}

impl Model {
    /// The loss (with regularization) and the metrics over all samples, by name.
    ///
    /// # Errors
    /// If the model is not compiled, or the arrays do not fit.
    pub fn evaluate<'a>(
        &mut self,
        x: impl Into<Arrays<'a>>,
        y: impl Into<Arrays<'a>>,
        evaluate: Evaluate<'a>,
    ) -> Result<Logs> {
        at_least_one("evaluate", [("batch_size", evaluate.batch_size), ("steps", evaluate.steps)])?;
        let data = self.dataset(&x.into(), &y.into(), &evaluate.sample_weight)?;
        let batch_size = batch_size_for(evaluate.batch_size, evaluate.steps, data.len());
        let mut feed = ArrayFeed::new(data, batch_size, Shuffle::Off);
        self.evaluate_feed(&mut feed, evaluate.steps, &mut Listeners::new(evaluate.callbacks))
    }

    /// The loss and the metrics over a pass (pass 0) through a dataset, or over its first `steps` batches.
    ///
    /// # Errors
    /// As for [`evaluate`](Self::evaluate); if `batch_size` or `sample_weight` is given; what the dataset reports.
    pub fn evaluate_dataset(&mut self, dataset: &mut dyn Dataset, evaluate: Evaluate<'_>) -> Result<Logs> {
        at_least_one("evaluate", [("steps", evaluate.steps)])?;
        let refused = [
            ("batch_size", evaluate.batch_size.is_some()),
            ("sample_weight", !evaluate.sample_weight.is_empty()),
        ];
        not_for_datasets("evaluate", refused)?;
        let mut feed = self.dataset_feed(dataset, 0)?;
        self.evaluate_feed(&mut feed, evaluate.steps, &mut Listeners::new(evaluate.callbacks))
    }

    /// The loss and the metrics since the last reset, by the names that they have in logs; vectors are whole here, while
    /// in logs each of their elements has a name. Empty before the model is built.
    ///
    /// # Errors
    /// If the model is not compiled.
    pub fn get_metrics_result(&self) -> Result<BTreeMap<String, MetricValue>> {
        let heads = &self.training()?.heads;
        Ok(if heads.is_empty() { BTreeMap::new() } else { heads.results() })
    }

    /// All batches of a feed (or the first `steps`) through the loss program, in order.
    pub(super) fn evaluate_feed(
        &mut self,
        feed: &mut dyn Feed,
        steps: Option<usize>,
        listeners: &mut Listeners<'_>,
    ) -> Result<Logs> {
        listeners.requests.stop_evaluating = false;
        let plan = TrainingPlan {
            epochs: 1,
            steps: steps.or(feed.num_batches()),
            samples: feed.num_samples(),
            ..TrainingPlan::default()
        };
        listeners
            .tell(Running::Training(self), |callback, control| callback.on_test_begin(&plan, control))?;
        self.training_mut()?.heads.reset();
        feed.start(0, RandomKey { seed: self.seed(), stream: 0, step: 0 })?;
        let mut step = 0;
        while steps.is_none_or(|steps| step < steps) && !listeners.requests.stop_evaluating {
            let Some((batch, _)) = feed.next_batch()? else { break };
            listeners.tell(Running::Training(self), |callback, control| {
                callback.on_test_batch_begin(step, control)
            })?;
            self.run_batch(Purpose::Test, &batch)?;
            if !listeners.is_empty() {
                let mut logs = self.training()?.heads.logs();
                listeners.tell(Running::Training(self), |callback, control| {
                    callback.on_test_batch_end(step, &mut logs, control)
                })?;
            }
            step += 1;
        }
        if step == 0 {
            return Err(Error::data("evaluate", "expected at least one batch, got none"));
        }
        let mut logs = self.training()?.heads.logs();
        listeners
            .tell(Running::Training(self), |callback, control| callback.on_test_end(&mut logs, control))?;
        Ok(logs)
    }
}
