//! What weights are stored as where they are laid out once for many calls.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What a [`Runner`](crate::Runner) or [`Stepper`](crate::Stepper) stores the weights of LSTM layers as, by Keras's name.
///
/// ```
/// use gatewise::WeightsDtype;
///
/// assert_eq!("bfloat16".parse(), Ok(WeightsDtype::Bfloat16));
/// assert_eq!(WeightsDtype::default().to_string(), "float32");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeightsDtype {
    /// `float32`: as they are.
    #[default]
    Float32,
    /// `bfloat16`: `kernel` and `recurrent_kernel` rounded to 8 bits of precision, that is by at most a part in 256 each, so that a
    /// step reads half of the bytes. Large layers on few sequences wait for these bytes; where a layer fits into the caches
    /// or works on many sequences, it gains nothing.
    ///
    /// States, sums, biases and results remain `float32`: the outputs are, to the bit, those of the layer with rounded weights.
    Bfloat16,
}

impl WeightsDtype {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Float32, Self::Bfloat16];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Bfloat16 => "bfloat16",
        }
    }
}

impl fmt::Display for WeightsDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for WeightsDtype {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(" or ");
            Error::argument("weights_dtype", format!("expected {known}, got \"{name}\""))
        })
    }
}
