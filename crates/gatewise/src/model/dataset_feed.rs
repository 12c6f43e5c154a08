//! The batches of a dataset as a model takes them.

use std::collections::BTreeMap;

use super::Model;
use super::batches::{Dataset, Names};
use super::feed::{Ahead, BatchView, Feed};
use crate::data::{self, Batch};
use crate::error::{Error, Result};
use crate::random::RandomKey;
use crate::shape::Shape;

/// Batches of a dataset, each checked when it comes.
pub(super) struct DatasetFeed<'a> {
    dataset: &'a mut dyn data::Dataset,
    names: Names,
    class_weight: BTreeMap<usize, f32>,
    /// The first batch of a pass that has begun already.
    pending: Option<(usize, Batch)>,
    current: Option<Dataset<'static>>,
}

impl DatasetFeed<'_> {
    /// The same with weights by the class of the target.
    ///
    /// # Errors
    /// If a weight cannot be used.
    pub fn with_class_weight(mut self, weights: &BTreeMap<usize, f32>) -> Result<Self> {
        super::class_weight::check(weights)?;
        self.class_weight = weights.clone();
        Ok(self)
    }

    fn take(&mut self) -> Result<Option<Batch>> {
        match self.pending.take() {
            Some((_, batch)) => Ok(Some(batch)),
            None => self.dataset.next_batch(),
        }
    }
}

impl Feed for DatasetFeed<'_> {
    fn num_batches(&self) -> Option<usize> {
        self.dataset.num_batches()
    }

    fn num_samples(&self) -> Option<usize> {
        self.dataset.num_samples()
    }

    fn start(&mut self, pass: usize, _key: RandomKey) -> Result<()> {
        if self.pending.as_ref().is_some_and(|(begun, _)| *begun == pass) {
            return Ok(());
        }
        self.pending = None;
        self.dataset.start(pass)
    }

    fn next_batch(&mut self) -> Result<Option<(BatchView<'_>, Ahead<'_>)>> {
        let Some(batch) = self.take()? else { return Ok(None) };
        let data = Dataset::owned(&self.names, batch)?.with_class_weight(&self.class_weight)?;
        let current = self.current.insert(data);
        Ok(Some((current.range(0, current.len()), Ahead::default())))
    }
}

impl Model {
    /// The feed of a dataset, for which the model is made ready. A model without weights is built for the first batch of
    /// pass `pass`.
    pub(super) fn dataset_feed<'a>(
        &mut self,
        dataset: &'a mut dyn data::Dataset,
        pass: usize,
    ) -> Result<DatasetFeed<'a>> {
        self.training()?;
        let mut pending = None;
        if !self.is_built() {
            let batch = first_batch(dataset, pass)?;
            self.build_for(&batch)?;
            pending = Some((pass, batch));
        }
        let names = self.prepare_training()?.names.clone();
        Ok(DatasetFeed { dataset, names, class_weight: BTreeMap::new(), pending, current: None })
    }

    /// Makes the weights for a batch.
    pub(super) fn build_for(&self, batch: &Batch) -> Result<()> {
        let shapes: Vec<Shape> = batch.x.arrays().map(|array| Shape::known(array.shape())).collect();
        self.network_for(&shapes).map(|_| ())
    }
}

/// Begins a pass and takes its first batch.
pub(super) fn first_batch(dataset: &mut dyn data::Dataset, pass: usize) -> Result<Batch> {
    dataset.start(pass)?;
    let first = dataset.next_batch()?;
    first.ok_or_else(|| Error::data("dataset", "expected at least one batch, got none"))
}

/// Refuses arguments that only arrays have.
///
/// # Errors
/// If one is given; the message names it.
pub(super) fn not_for_datasets<const N: usize>(subject: &str, given: [(&str, bool); N]) -> Result<()> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => {
            let text =
                format!("`{name}` is for arrays only; a dataset makes, orders and weighs its own batches");
            Err(Error::argument(subject, text))
        }
        None => Ok(()),
    }
}
