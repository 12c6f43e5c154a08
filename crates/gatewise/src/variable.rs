//! Weights: named arrays that layers own and models share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ndarray::{ArrayD, IxDyn};

use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::regularizers::Regularizer;

/// A weight. Clones are handles to the same numbers, so two models made from one layer see the same weight.
#[derive(Debug, Clone)]
pub struct Variable(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: u64,
    path: String,
    shape: Vec<usize>,
    /// Whether gradients move it; else it changes by [`Builder::assign`](crate::Builder::assign) alone.
    is_learned: bool,
    /// Whether the layer that it belongs to is frozen.
    is_frozen: AtomicBool,
    regularizer: Option<Arc<dyn Regularizer>>,
    constraint: Option<Arc<dyn Constraint>>,
    data: RwLock<Vec<f32>>,
}

impl Variable {
    /// A weight with its first numbers.
    pub(crate) fn new(
        path: String,
        values: ArrayD<f32>,
        regularizer: Option<Arc<dyn Regularizer>>,
        constraint: Option<Arc<dyn Constraint>>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shape = values.shape().to_vec();
        let len = values.len();
        let data = if values.is_standard_layout() {
            // The numbers themselves where they lie in order: a large weight is not in memory twice.
            let (mut numbers, start) = values.into_raw_vec_and_offset();
            numbers.drain(..start.unwrap_or(0));
            numbers.truncate(len);
            numbers
        } else {
            values.iter().copied().collect()
        };
        let data = RwLock::new(data);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (is_learned, is_frozen) = (true, AtomicBool::new(false));
        Self(Arc::new(Inner { id, path, shape, is_learned, is_frozen, regularizer, constraint, data }))
    }

    /// The same, as one that no gradient moves: Keras's `trainable=False` of a weight.
    pub(crate) fn without_learning(self) -> Self {
        let mut inner = Arc::into_inner(self.0).expect("a new weight has one handle");
        inner.is_learned = false;
        Self(Arc::new(inner))
    }

    /// A number that no other weight of the process has.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// The layer's name and the weight's: `lstm/lstm_cell/kernel`.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.0.shape.iter().product()
    }

    /// Whether it has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether gradients move it in training: not where its layer is frozen, nor where it is a statistic.
    pub fn is_trainable(&self) -> bool {
        self.is_learned() && !self.is_frozen()
    }

    /// Whether gradients move it where its layer is not frozen.
    pub(crate) fn is_learned(&self) -> bool {
        self.0.is_learned
    }

    /// Whether its layer is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        self.0.is_frozen.load(Ordering::Relaxed)
    }

    pub(crate) fn set_frozen(&self, is_frozen: bool) {
        self.0.is_frozen.store(is_frozen, Ordering::Relaxed);
    }

    pub(crate) fn regularizer(&self) -> Option<&Arc<dyn Regularizer>> {
        self.0.regularizer.as_ref()
    }

    pub(crate) fn constraint(&self) -> Option<&Arc<dyn Constraint>> {
        self.0.constraint.as_ref()
    }

    /// A copy of its numbers.
    pub fn value(&self) -> ArrayD<f32> {
        let data = self.read().clone();
        ArrayD::from_shape_vec(IxDyn(&self.0.shape), data).expect("a weight has as many numbers as its shape")
    }

    /// Checks that an array has this weight's shape.
    pub(crate) fn check_shape(&self, values: &ArrayD<f32>) -> Result<()> {
        if values.shape() == self.0.shape {
            return Ok(());
        }
        let text = format!("expected a weight {:?}, got {:?}", self.0.shape, values.shape());
        Err(Error::shape(&self.0.path, text))
    }

    /// Replaces its numbers.
    ///
    /// # Errors
    /// If the shape differs.
    pub fn assign(&self, values: &ArrayD<f32>) -> Result<()> {
        self.check_shape(values)?;
        let mut data = self.write();
        data.iter_mut().zip(values.iter()).for_each(|(old, new)| *old = *new);
        Ok(())
    }

    /// A poisoned lock still holds whole numbers: no step of an update can stop halfway through one.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Vec<f32>> {
        self.0.data.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Vec<f32>> {
        self.0.data.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
