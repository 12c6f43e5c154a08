//! A callback made of functions.

use super::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::Result;

type OnTrainBegin<'a> = Box<dyn FnMut(&TrainingPlan, &mut dyn TrainingControl) -> Result<()> + 'a>;
type OnBegin<'a> = Box<dyn FnMut(usize, &mut dyn TrainingControl) -> Result<()> + 'a>;
type OnEnd<'a> = Box<dyn FnMut(usize, &mut Logs, &mut dyn TrainingControl) -> Result<()> + 'a>;
type OnTrainEnd<'a> = Box<dyn FnMut(&mut dyn TrainingControl) -> Result<()> + 'a>;

/// Keras's `LambdaCallback`: calls the functions that it is given; epochs and batches count from 0. For evaluations and
/// predictions implement [`Callback`].
///
/// ```
/// use gatewise::callbacks::LambdaCallback;
///
/// let mut losses = Vec::new();
/// let mut watch = LambdaCallback::new().on_epoch_end(|epoch, logs, control| {
///     losses.push(logs["loss"]);
///     if epoch == 9 {
///         control.stop_training();
///     }
///     Ok(())
/// });
/// # let _ = &mut watch;
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    on_train_begin: Option<OnTrainBegin<'a>>,
    on_epoch_begin: Option<OnBegin<'a>>,
    on_train_batch_begin: Option<OnBegin<'a>>,
    on_train_batch_end: Option<OnEnd<'a>>,
    on_epoch_end: Option<OnEnd<'a>>,
    on_train_end: Option<OnTrainEnd<'a>>,
}

impl<'a> LambdaCallback<'a> {
    /// A callback that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls a function before the first epoch.
    pub fn on_train_begin(
        mut self,
        call: impl FnMut(&TrainingPlan, &mut dyn TrainingControl) -> Result<()> + 'a,
    ) -> Self {
        self.on_train_begin = Some(Box::new(call));
        self
    }

    /// Calls a function before every epoch.
    pub fn on_epoch_begin(
        mut self,
        call: impl FnMut(usize, &mut dyn TrainingControl) -> Result<()> + 'a,
    ) -> Self {
        self.on_epoch_begin = Some(Box::new(call));
        self
    }

    /// Calls a function before every batch of training.
    pub fn on_train_batch_begin(
        mut self,
        call: impl FnMut(usize, &mut dyn TrainingControl) -> Result<()> + 'a,
    ) -> Self {
        self.on_train_batch_begin = Some(Box::new(call));
        self
    }

    /// Calls a function after every batch of training.
    pub fn on_train_batch_end(
        mut self,
        call: impl FnMut(usize, &mut Logs, &mut dyn TrainingControl) -> Result<()> + 'a,
    ) -> Self {
        self.on_train_batch_end = Some(Box::new(call));
        self
    }

    /// Calls a function after every epoch.
    pub fn on_epoch_end(
        mut self,
        call: impl FnMut(usize, &mut Logs, &mut dyn TrainingControl) -> Result<()> + 'a,
    ) -> Self {
        self.on_epoch_end = Some(Box::new(call));
        self
    }

    /// Calls a function after the last epoch.
    pub fn on_train_end(mut self, call: impl FnMut(&mut dyn TrainingControl) -> Result<()> + 'a) -> Self {
        self.on_train_end = Some(Box::new(call));
        self
    }
}

impl Callback for LambdaCallback<'_> {
    fn on_train_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.on_train_begin.as_mut().map_or(Ok(()), |call| call(plan, control))
    }

    fn on_epoch_begin(&mut self, epoch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.on_epoch_begin.as_mut().map_or(Ok(()), |call| call(epoch, control))
    }

    fn on_train_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.on_train_batch_begin.as_mut().map_or(Ok(()), |call| call(batch, control))
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.on_train_batch_end.as_mut().map_or(Ok(()), |call| call(batch, logs, control))
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.on_epoch_end.as_mut().map_or(Ok(()), |call| call(epoch, logs, control))
    }

    fn on_train_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        self.on_train_end.as_mut().map_or(Ok(()), |call| call(control))
    }
}
