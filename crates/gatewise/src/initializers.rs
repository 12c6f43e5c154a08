//! How fresh weights are filled: Keras's initializers, with its names, defaults and configurations.
//!
//! An initializer without a `seed` takes its numbers from the model's [`InitializerRandom`], so that each
//! weight gets others; one with a `seed` gives the same values on every call. The distributions are Keras's,
//! the bits are this library's own.
//!
//! ```
//! use gatewise::initializers::{InitializerArgument, InitializerRandom, Orthogonal};
//!
//! let mut random = InitializerRandom::new(7, 0);
//! let by_name = InitializerArgument::from("glorot_uniform").resolve()?;
//! let kernel = by_name.initialize(&[8, 64], &mut random)?;
//! assert!(kernel.iter().all(|weight| weight.abs() <= (6.0_f32 / 72.0).sqrt()));
//!
//! let by_value = InitializerArgument::from(Orthogonal { gain: 0.5, seed: Some(1) }).resolve()?;
//! let recurrent_kernel = by_value.initialize(&[16, 64], &mut random)?;
//! assert_eq!(recurrent_kernel.shape(), [16, 64]);
//! # Ok::<(), gatewise::Error>(())
//! ```

mod argument;
mod constant;
mod distribution;
mod glorot;
mod he;
mod householder;
mod lecun;
mod orthogonal;
mod registry;
mod variance_scaling;

use std::fmt::Debug;

use ndarray::ArrayD;
use serde_json::Value;

pub use argument::InitializerArgument;
pub use constant::{Constant, DirectTensor, Identity, Ones, Zeros};
pub use distribution::{RandomNormal, RandomUniform, TruncatedNormal};
pub use glorot::{GlorotNormal, GlorotUniform};
pub use he::{HeNormal, HeUniform};
pub use lecun::{LecunNormal, LecunUniform};
pub use orthogonal::Orthogonal;
pub use registry::{deserialize, get, serialize};
pub use variance_scaling::{Distribution, Mode, VarianceScaling};

use crate::error::{Error, Result};
use crate::random::RandomKey;

/// A way to fill a fresh weight; implement it for an initializer of your own.
pub trait Initializer: Debug + Send + Sync {
    /// Keras's name of the class, such as `GlorotUniform`.
    fn class_name(&self) -> &str;

    /// The arguments as a JSON object, as Keras's `get_config` gives them.
    fn config(&self) -> Value;

    /// Checks the arguments that need no shape to be judged.
    ///
    /// # Errors
    /// If an argument is outside its range.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Fresh values of the given shape.
    ///
    /// # Errors
    /// If an argument is outside its range or the shape has the wrong number of axes.
    fn initialize(&self, shape: &[usize], random: &mut InitializerRandom) -> Result<ArrayD<f32>>;
}

/// Where initializers get their randomness: the model's seed and a count of what was drawn.
#[derive(Debug, Clone)]
pub struct InitializerRandom {
    seed: u64,
    stream: u64,
    draws: u64,
}

impl InitializerRandom {
    /// The streams of initializers, apart from those of dropout masks and shuffles.
    const STREAMS: u64 = 1 << 63;

    /// Randomness for the weights of one owner, such as a layer: the same `seed` and `stream` give the same
    /// values in the same order of calls.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self { seed, stream: stream | Self::STREAMS, draws: 0 }
    }

    /// The key of the next draw; with a `seed` of the initializer's own always that seed's first key.
    pub fn key(&mut self, seed: Option<u64>) -> RandomKey {
        if let Some(seed) = seed {
            return RandomKey { seed, stream: Self::STREAMS, step: 0 };
        }
        let key = RandomKey { seed: self.seed, stream: self.stream, step: self.draws };
        self.draws += 1;
        key
    }
}

/// An array of the given shape whose elements `fill` writes, in row-major order.
fn filled(shape: &[usize], fill: impl FnOnce(&mut [f32])) -> Result<ArrayD<f32>> {
    let len = shape.iter().try_fold(1_usize, |len, &dim| len.checked_mul(dim));
    let len = len.ok_or_else(|| Error::shape("weight", format!("{shape:?} has too many elements")))?;
    let mut values = vec![0.0; len];
    fill(&mut values);
    Ok(ArrayD::from_shape_vec(shape, values).expect("the values were counted from the shape"))
}

#[cfg(test)]
mod tests;
