//! Training, testing and predicting on one batch.

use std::collections::BTreeMap;

use crate::callbacks::Logs;
use crate::error::Result;
use crate::model::programs::Purpose;
use crate::model::{Arrays, Model};

/// What `train_on_batch_with` and `test_on_batch_with` are given beside the data.
#[derive(Debug, Clone, Default)]
pub struct OnBatch<'a> {
    /// Weights `[samples]` or `[samples, time]`.
    pub sample_weight: Arrays<'a>,
    /// Weights of samples by the class of their target.
    pub class_weight: BTreeMap<usize, f32>,
}

impl Model {
    /// One update on one batch; returns the loss and the metrics of the batch.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn train_on_batch<'a>(&mut self, x: impl Into<Arrays<'a>>, y: impl Into<Arrays<'a>>) -> Result<Logs> {
        self.one_batch(Purpose::Train, &x.into(), &y.into(), OnBatch::default())
    }

    /// The same with weights of samples or classes.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn train_on_batch_with<'a>(
        &mut self,
        x: impl Into<Arrays<'a>>,
        y: impl Into<Arrays<'a>>,
        options: OnBatch<'a>,
    ) -> Result<Logs> {
        self.one_batch(Purpose::Train, &x.into(), &y.into(), options)
    }

    /// The loss and the metrics of one batch.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn test_on_batch<'a>(&mut self, x: impl Into<Arrays<'a>>, y: impl Into<Arrays<'a>>) -> Result<Logs> {
        self.one_batch(Purpose::Test, &x.into(), &y.into(), OnBatch::default())
    }

    /// The same with weights of samples or classes.
    ///
    /// # Errors
    /// As for [`fit`](Self::fit).
    pub fn test_on_batch_with<'a>(
        &mut self,
        x: impl Into<Arrays<'a>>,
        y: impl Into<Arrays<'a>>,
        options: OnBatch<'a>,
    ) -> Result<Logs> {
        self.one_batch(Purpose::Test, &x.into(), &y.into(), options)
    }

    fn one_batch(
        &mut self,
        purpose: Purpose,
        x: &Arrays<'_>,
        y: &Arrays<'_>,
        options: OnBatch<'_>,
    ) -> Result<Logs> {
        let data = self.dataset(x, y, &options.sample_weight)?.with_class_weight(&options.class_weight)?;
        self.training_mut()?.heads.reset();
        self.run_batch(purpose, &data.range(0, data.len()))?;
        Ok(self.training()?.heads.logs())
    }
}
