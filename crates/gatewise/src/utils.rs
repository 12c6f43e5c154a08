//! Data made ready for a model: Keras's `utils` for sequences, classes and windows, and texts as numbers.
//!
//! | for | see |
//! |---|---|
//! | sequences of different lengths as one array | [`pad_sequences`] |
//! | class numbers as one-hot rows | [`to_categorical`] |
//! | windows of a long series | [`timeseries_dataset_from_array`] |
//! | words or characters as numbers, and back | [`TextVectorization`] |
//! | how far two arrays are from each other | [`max_abs_difference`] |
//!
//! All of them give arrays of `f32`, as models take them; whole numbers beyond 2²⁴, which `f32` cannot tell apart, are
//! errors.

mod array_like;
mod max_abs_difference;
mod pad_sequences;
mod text_vectorization;
mod timeseries;
mod to_categorical;

pub use array_like::{ArrayLike, Number};
pub use max_abs_difference::max_abs_difference;
pub use pad_sequences::{PadSequences, Side, pad_sequences};
pub use text_vectorization::{Ngrams, OutputMode, Split, Standardize, TextVectorization};
pub use timeseries::{Timeseries, TimeseriesDataset, timeseries_dataset_from_array};
pub use to_categorical::to_categorical;

#[cfg(test)]
mod tests;
