//! LSTM sequence models with the interface of Keras, trained and run on a CPU without TensorFlow.
//!
//! A model is a [`Sequential`] chain of [`layers`]. It is compiled with an optimizer and a loss, trained with
//! [`Model::fit`] and used with [`Model::predict`]; the names and defaults are Keras's. Arrays are `ndarray`'s, in
//! `f32`, batch first: `[batch, time, features]`.
//!
//! ```
//! use gatewise::layers::{Dense, Input, Lstm};
//! use gatewise::{Compile, Fit, Sequential};
//! use ndarray::Array;
//!
//! let mut model = Sequential::new().with_seed(7);
//! model.add(Input::new([None, Some(2)]))?;
//! model.add(Lstm::new(8))?;
//! model.add(Dense::new(1).activation("sigmoid"))?;
//! model.compile(Compile::new("adam", "binary_crossentropy").metrics(["accuracy"]))?;
//!
//! let x = Array::from_shape_fn((32, 6, 2), |(i, t, f)| ((i * 7 + t * 3 + f) % 5) as f32 / 5.0).into_dyn();
//! let y = Array::from_shape_fn((32, 1), |(i, _)| (i % 2) as f32).into_dyn();
//! model.fit(&x, &y, Fit { epochs: 2, ..Fit::default() })?;
//! let probability = model.predict(&x)?;
//! assert!(probability.iter().all(|p| (0.0..=1.0).contains(p)));
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! # Parts
//!
//! | for | see |
//! |---|---|
//! | the LSTM with all its options | [`layers::Lstm`] |
//! | inference that allocates nothing per call | [`Model::runner`], [`Model::stepper`] |
//! | large LSTM layers with half of the bytes of weights | [`Model::runner_with`], [`WeightsDtype`] |
//! | state as a value, step by step | [`layers::Lstm::forward`] |
//! | data that comes in batches, from files or in sequences of many lengths | [`data`] |
//! | training | [`Compile`], [`Fit`], [`losses`], [`metrics`], [`optimizers`], [`callbacks`] |
//! | how weights start and are held in check | [`initializers`], [`regularizers`], [`constraints`] |
//! | activations, also your own | [`Activation`] |
//! | writing operations yourself | [`Builder`] |
//! | a layer of your own, and whether its gradients are right | [`layers::Layer`], [`testing`] |
//! | forecasts of a series | [`forecast`] |
//! | texts, classes and windows as arrays | [`utils`] |
//! | files | [`format`](mod@format), [`Model::save`], [`Model::load`] |
//!
//! # Threads
//!
//! Work is spread over all cores, or over as many threads as the environment variable `GATEWISE_THREADS` says. A call
//! from inside a `rayon` pool uses that pool. Results are the same bits for any number of threads. The instruction set
//! is the widest that the CPU has, or the one that `GATEWISE_ISA` names (`generic`, `avx2`, `avx512f`, `neon`).
//!
//! # WebAssembly
//!
//! The crate compiles for `wasm32-unknown-unknown`, where all work is done in the calling thread. There are no clock and no
//! files there: the callbacks that measure time and whatever takes a path cannot be used, and a seed that is not given
//! may be the same in every run.

pub mod activations;
mod broadcast;
mod builder;
pub mod callbacks;
mod compiled;
pub mod constraints;
mod cpu;
pub mod data;
mod environment;
mod error;
mod executor;
mod few;
pub mod forecast;
pub mod format;
pub mod functional;
mod gradient;
mod graph;
pub mod initializers;
#[cfg(test)]
mod keras_tests;
pub mod layers;
pub mod losses;
pub mod metrics;
mod model;
mod network;
mod number;
mod ops;
pub mod optimizers;
pub mod picture;
mod program;
pub mod random;
pub mod regularizers;
mod sequential;
mod serialization;
mod shape;
mod state;
pub mod testing;
mod threads;
pub mod utils;
mod variable;

pub use activations::Activation;
pub use builder::{Builder, Mode, Steps};
pub use cpu::WeightsDtype;
pub use error::{Error, Result};
pub use functional::{clear_session, set_random_seed};
pub use graph::Value;
pub use model::{
    Arrays, Compile, Evaluate, Fit, LossArgument, Model, OnBatch, Predict, Runner, RunnerOptions, Shuffle,
    Stepper, StreamState, Summary, SummaryRow, Validation, ValidationFreq,
};
pub use ndarray;
pub use program::{Program, ProgramInput};
pub use sequential::Sequential;
pub use shape::{Dim, Shape};
pub use variable::Variable;

/// The README's example, compiled and run with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
