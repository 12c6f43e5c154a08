//! Data that comes in batches: from functions, from files too large for memory, in sequences of many lengths.
//!
//! [`Model::fit_dataset`](crate::Model::fit_dataset), `evaluate_dataset`, `predict_dataset` and `validation_data` take any
//! [`Dataset`]. Those that are here:
//!
//! | for | see |
//! |---|---|
//! | batches that a function makes, pass after pass | [`from_fn`] |
//! | an iterator that ends only once, or never | [`once`] |
//! | a CSV file, also as windows over time | [`CsvDataset`] |
//! | `.npy` files | [`NpyDataset`] |
//! | sequences of different lengths | [`BucketedSequences`] |
//! | windows of a series in memory | [`timeseries_dataset_from_array`](crate::utils::timeseries_dataset_from_array) |
//! | reading ahead on a thread | [`ReadAhead`] |
//!
//! ```
//! use gatewise::data::{self, Batch};
//! use gatewise::layers::{Dense, Input, Lstm};
//! use gatewise::{Compile, Fit, Sequential};
//! use ndarray::Array;
//!
//! let mut model = Sequential::new();
//! model.add(Input::new([None, Some(1)]))?.add(Lstm::new(4))?.add(Dense::new(1))?;
//! model.compile(Compile::new("adam", "mse"))?;
//!
//! // Batches without end: an epoch has as many as `steps_per_epoch` says.
//! let batches = (0..).map(|batch| {
//!     let x = Array::from_shape_fn((8, 5, 1), |(i, t, _)| ((batch + i + t) as f32).sin());
//!     let y = Array::from_shape_fn((8, 1), |(i, _)| ((batch + i + 5) as f32).sin());
//!     Ok(Batch::new(x, y))
//! });
//! let fit = Fit { epochs: 2, steps_per_epoch: Some(3), ..Fit::default() };
//! let history = model.fit_dataset(&mut data::once(batches), fit)?;
//! assert_eq!(history.get("loss").len(), 2);
//! # Ok::<(), gatewise::Error>(())
//! ```

use crate::error::Result;

mod batch;
mod bucketed_sequences;
mod collect;
mod csv_dataset;
mod function;
mod npy_dataset;
mod read_ahead;
mod shuffle_buffer;

pub use batch::{Batch, OwnedArrays};
pub use bucketed_sequences::BucketedSequences;
pub use csv_dataset::{Column, CsvBatches, CsvDataset};
pub use function::{FromFn, Once, from_fn, once};
pub use npy_dataset::{NpyBatches, NpyDataset};
pub use read_ahead::ReadAhead;

/// Batches, one after another, pass after pass through the data; implement it for data of your own, as `PyDataset` in
/// Keras.
pub trait Dataset {
    /// Begins a pass from its first batch, whatever became of the pass before. Training without `steps_per_epoch` numbers
    /// passes by epochs, from 0; evaluation and prediction take pass 0. A dataset that shuffles makes its order depend on
    /// this number alone, so that a training can be taken up again.
    ///
    /// # Errors
    /// If the data cannot be read, or not once more.
    fn start(&mut self, pass: usize) -> Result<()>;

    /// The next batch of the pass, or nothing at its end.
    ///
    /// # Errors
    /// If the data cannot be read or used.
    fn next_batch(&mut self) -> Result<Option<Batch>>;

    /// Batches in a pass, if that is known.
    fn num_batches(&self) -> Option<usize> {
        None
    }

    /// Samples in a pass, if that is known.
    fn num_samples(&self) -> Option<usize> {
        None
    }
}
