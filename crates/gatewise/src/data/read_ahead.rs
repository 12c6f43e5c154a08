//! Reading ahead on a thread.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::{Batch, Dataset};
use crate::error::{Error, Result};

/// A dataset whose batches another one makes on a thread while the model computes.
///
/// At most `batches + 2` batches are in memory: those that wait, one that is being made and one that is used. The thread
/// lives for a pass; it ends with the pass, when another pass begins, and when this value is dropped, at the latest after
/// the batch that it is making.
///
/// ```
/// use gatewise::data::{Batch, Dataset, ReadAhead, from_fn};
/// use ndarray::Array2;
///
/// let slow = from_fn(|_| (0..5).map(|n| Ok(Batch::new(Array2::from_elem((2, 3), n as f32), Array2::zeros((2, 1))))));
/// let mut dataset = ReadAhead::new(slow, 2);
/// dataset.start(0)?;
/// let mut count = 0;
/// while dataset.next_batch()?.is_some() {
///     count += 1;
/// }
/// assert_eq!(count, 5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct ReadAhead<D> {
    /// Here while no thread has it.
    dataset: Option<D>,
    pass: Option<Pass<D>>,
    batches: usize,
    num_batches: Option<usize>,
    num_samples: Option<usize>,
}

/// A pass that a thread makes.
#[derive(Debug)]
struct Pass<D> {
    batches: Receiver<Result<Batch>>,
    thread: JoinHandle<D>,
}

impl<D: Dataset + Send + 'static> ReadAhead<D> {
    /// Lets up to `batches` batches of a dataset wait; with 0 one is made in advance and none waits.
    pub fn new(dataset: D, batches: usize) -> Self {
        let (num_batches, num_samples) = (dataset.num_batches(), dataset.num_samples());
        Self { dataset: Some(dataset), pass: None, batches, num_batches, num_samples }
    }

    /// Ends the thread of a pass and takes the dataset back.
    fn stop(&mut self) -> Result<()> {
        if let Some(Pass { batches, thread }) = self.pass.take() {
            // The thread ends when nobody takes its next batch.
            drop(batches);
            let dataset = thread
                .join()
                .map_err(|_| Error::state("dataset", "the thread that reads ahead has panicked"))?;
            self.dataset = Some(dataset);
        }
        Ok(())
    }
}

impl<D: Dataset + Send + 'static> Dataset for ReadAhead<D> {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.stop()?;
        let Some(mut dataset) = self.dataset.take() else {
            return Err(Error::state(
                "dataset",
                "the dataset was lost when the thread that reads ahead panicked",
            ));
        };
        let (sender, batches) = sync_channel(self.batches);
        let builder = thread::Builder::new().name("gatewise-read-ahead".to_owned());
        let thread = builder.spawn(move || {
            run(&mut dataset, pass, &sender);
            dataset
        });
        let thread =
            thread.map_err(|error| Error::state("dataset", format!("no thread can be started: {error}")))?;
        self.pass = Some(Pass { batches, thread });
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let Some(pass) = &self.pass else { return Ok(None) };
        match pass.batches.recv() {
            Ok(batch) => batch.map(Some),
            // The thread has nothing more to send.
            Err(_) => self.stop().map(|()| None),
        }
    }

    fn num_batches(&self) -> Option<usize> {
        self.num_batches
    }

    fn num_samples(&self) -> Option<usize> {
        self.num_samples
    }
}

/// Sends the batches of a pass until it ends, an error ends it, or nobody takes them.
fn run(dataset: &mut impl Dataset, pass: usize, sender: &SyncSender<Result<Batch>>) {
    if let Err(error) = dataset.start(pass) {
        // Nobody there to be told is no mistake.
        let _ = sender.send(Err(error));
        return;
    }
    while let Some(batch) = dataset.next_batch().transpose() {
        let is_error = batch.is_err();
        if sender.send(batch).is_err() || is_error {
            break;
        }
    }
}

impl<D> Drop for ReadAhead<D> {
    fn drop(&mut self) {
        if let Some(Pass { batches, thread }) = self.pass.take() {
            drop(batches);
            // A panic of the thread was already reported where it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
