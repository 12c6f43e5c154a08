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
    is_trainable: AtomicBool,
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
        let data = RwLock::new(values.iter().copied().collect());
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let is_trainable = AtomicBool::new(true);
        Self(Arc::new(Inner { id, path, shape, is_trainable, regularizer, constraint, data }))
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

    /// Whether training changes it.
    pub fn is_trainable(&self) -> bool {
        self.0.is_trainable.load(Ordering::Relaxed)
    }

    pub(crate) fn set_trainable(&self, trainable: bool) {
        self.0.is_trainable.store(trainable, Ordering::Relaxed);
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
