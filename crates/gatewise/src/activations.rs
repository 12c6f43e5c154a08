//! Activations: every one that Keras 3 has by name, and a user's own, written in the builder's operations.
//!
//! ```
//! use gatewise::layers::Lstm;
//! use gatewise::Activation;
//!
//! // x · tanh(x), inside the LSTM's fused kernel and with its exact derivative.
//! let own = Activation::custom("x_tanh_x", |b, x| b.mul(x, b.tanh(x)?));
//! let layer = Lstm::new(8).activation(own).recurrent_activation("hard_sigmoid");
//! # let _ = layer;
//! ```

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;

pub(crate) mod cell;
pub(crate) mod expression;
mod formulas;

pub use formulas::{
    celu, elu, gelu_approximate, hard_shrink, leaky_relu, relu, soft_shrink, squareplus, threshold,
};

/// A function that emits an activation's operations.
type Function = dyn Fn(&Builder, Value) -> Result<Value> + Send + Sync;

/// An activation: one of Keras's by its name, or a user's own.
///
/// Made by `"tanh".into()` or [`Activation::custom`]. An unknown name is reported by the layer that gets it.
#[derive(Clone)]
pub struct Activation(Kind);

#[derive(Clone)]
enum Kind {
    Named(&'static str, formulas::Formula),
    Custom(String, Arc<Function>),
    Unknown(String),
}

impl Activation {
    /// The identity, Keras's `None`.
    pub fn linear() -> Self {
        "linear".into()
    }

    /// A user's own activation, written in operations, with the name that messages and configurations show.
    ///
    /// Inside an [`Lstm`](crate::layers::Lstm) it must be elementwise; it then runs block by block inside the
    /// layer's kernel.
    pub fn custom(
        name: impl Into<String>,
        function: impl Fn(&Builder, Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Custom(name.into(), Arc::new(function)))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match &self.0 {
            Kind::Named(name, _) => name,
            Kind::Custom(name, _) | Kind::Unknown(name) => name,
        }
    }

    /// Whether it is one of Keras's, so that its name alone describes it.
    pub fn is_named(&self) -> bool {
        matches!(self.0, Kind::Named(..))
    }

    /// Whether it leaves its input as it is.
    pub fn is_linear(&self) -> bool {
        self.name() == "linear" && self.is_named()
    }

    /// Emits the activation of `x`.
    ///
    /// # Errors
    /// If its name is unknown or its own function fails.
    pub fn apply(&self, builder: &Builder, x: Value) -> Result<Value> {
        match &self.0 {
            Kind::Named(_, formula) => formula(builder, x),
            Kind::Custom(_, function) => function(builder, x),
            Kind::Unknown(name) => Err(unknown("activation", name)),
        }
    }

    /// Reports an unknown name as a mistake in an argument of a layer.
    pub(crate) fn check(&self, subject: &str) -> Result<()> {
        match &self.0 {
            Kind::Unknown(name) => Err(unknown(subject, name)),
            _ => Ok(()),
        }
    }
}

/// The error for a name that no activation has.
fn unknown(subject: &str, name: &str) -> Error {
    let known: Vec<&str> = formulas::NAMED.iter().map(|(name, _)| *name).collect();
    Error::argument(subject, format!("unknown activation \"{name}\", expected one of: {}", known.join(", ")))
}

impl From<&str> for Activation {
    fn from(name: &str) -> Self {
        let known = formulas::NAMED.iter().find(|(known, _)| *known == name);
        Self(match known {
            Some((name, formula)) => Kind::Named(name, *formula),
            None => Kind::Unknown(name.to_owned()),
        })
    }
}

impl From<String> for Activation {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl Debug for Activation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Activation({:?})", self.name())
    }
}

#[cfg(test)]
mod tests;
