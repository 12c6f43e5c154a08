//! The weights that stretch and shift what was normalized.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{WeightBuilder, WeightOptions, config};
use crate::shape::Shape;
use crate::variable::Variable;

/// y = gamma · x + beta with Keras's arguments for both; either can be left out.
#[derive(Debug)]
pub(super) struct Affine {
    pub center: bool,
    pub scale: bool,
    pub beta: WeightOptions,
    pub gamma: WeightOptions,
    weights: OnceLock<Weights>,
}

#[derive(Debug)]
struct Weights {
    shape: Vec<usize>,
    gamma: Option<Variable>,
    beta: Option<Variable>,
}

impl Default for Affine {
    fn default() -> Self {
        Self {
            center: true,
            scale: true,
            beta: WeightOptions::new("zeros"),
            gamma: WeightOptions::new("ones"),
            weights: OnceLock::new(),
        }
    }
}

impl Affine {
    pub fn check(&self, subject: &str) -> Result<()> {
        self.beta.check(subject, "beta")?;
        self.gamma.check(subject, "gamma")
    }

    pub fn build(&self, shape: &[usize], weights: &mut WeightBuilder<'_>) -> Result<()> {
        self.build_some(shape, weights, [self.scale, self.center])
    }

    /// Makes `gamma` for the first and `beta` for the second of two flags.
    pub fn build_some(
        &self,
        shape: &[usize],
        weights: &mut WeightBuilder<'_>,
        [scale, center]: [bool; 2],
    ) -> Result<()> {
        let gamma = scale.then(|| weights.add("gamma", shape, &self.gamma)).transpose()?;
        let beta = center.then(|| weights.add("beta", shape, &self.beta)).transpose()?;
        self.weights.get_or_init(|| Weights { shape: shape.to_vec(), gamma, beta });
        Ok(())
    }

    /// The shape of the weights, once they are made.
    pub fn shape(&self) -> Option<&[usize]> {
        self.weights.get().map(|weights| weights.shape.as_slice())
    }

    pub fn variables(&self) -> Vec<Variable> {
        let weights = self.weights.get().into_iter();
        weights.flat_map(|weights| weights.gamma.iter().chain(&weights.beta)).cloned().collect()
    }

    /// gamma · x + beta, with the weights in the shape `repeated`.
    pub fn apply(&self, b: &Builder, x: Value, repeated: &Shape) -> Result<Value> {
        let Some(Weights { gamma, beta, .. }) = self.weights.get() else { return Ok(x) };
        let enter = |weight: &Variable| b.reshape(b.variable(weight), repeated);
        let stretched = match gamma {
            Some(gamma) => b.mul(x, enter(gamma)?)?,
            None => x,
        };
        beta.as_ref().map_or(Ok(stretched), |beta| b.add(stretched, enter(beta)?))
    }

    pub fn insert_flags(&self, config: &mut Map<String, Json>) {
        config.insert("center".into(), self.center.into());
        config.insert("scale".into(), self.scale.into());
    }

    pub fn insert_initializers(&self, config: &mut Map<String, Json>) {
        config::insert_initializers(config, &[("beta", &self.beta), ("gamma", &self.gamma)]);
    }

    pub fn insert_penalties(&self, config: &mut Map<String, Json>) {
        let weights = [("beta", &self.beta), ("gamma", &self.gamma)];
        config::insert_regularizers(config, &weights);
        config::insert_constraints(config, &weights);
    }
}

/// Checks Keras's `epsilon`.
pub(super) fn check_epsilon(subject: &str, epsilon: f32) -> Result<()> {
    if epsilon >= 0.0 && epsilon.is_finite() {
        return Ok(());
    }
    Err(Error::argument(subject, format!("`epsilon` must be at least 0, got {epsilon}")))
}

/// The setters of a layer that has a field `affine`.
macro_rules! affine_setters {
    ($name:ident) => {
        impl $name {
            /// Keras's `center` (default true): whether to add `beta`.
            pub fn center(mut self, center: bool) -> Self {
                self.affine.center = center;
                self
            }

            /// Keras's `scale` (default true): whether to multiply by `gamma`.
            pub fn scale(mut self, scale: bool) -> Self {
                self.affine.scale = scale;
                self
            }

            /// Keras's `beta_initializer` (default zeros).
            pub fn beta_initializer(
                mut self,
                initializer: impl Into<$crate::initializers::InitializerArgument>,
            ) -> Self {
                self.affine.beta.initializer = initializer.into();
                self
            }

            /// Keras's `gamma_initializer` (default ones).
            pub fn gamma_initializer(
                mut self,
                initializer: impl Into<$crate::initializers::InitializerArgument>,
            ) -> Self {
                self.affine.gamma.initializer = initializer.into();
                self
            }

            /// Keras's `beta_regularizer`.
            pub fn beta_regularizer(
                mut self,
                regularizer: impl Into<$crate::regularizers::RegularizerArgument>,
            ) -> Self {
                self.affine.beta.regularizer = Some(regularizer.into());
                self
            }

            /// Keras's `gamma_regularizer`.
            pub fn gamma_regularizer(
                mut self,
                regularizer: impl Into<$crate::regularizers::RegularizerArgument>,
            ) -> Self {
                self.affine.gamma.regularizer = Some(regularizer.into());
                self
            }

            /// Keras's `beta_constraint`.
            pub fn beta_constraint(
                mut self,
                constraint: impl Into<$crate::constraints::ConstraintArgument>,
            ) -> Self {
                self.affine.beta.constraint = Some(constraint.into());
                self
            }

            /// Keras's `gamma_constraint`.
            pub fn gamma_constraint(
                mut self,
                constraint: impl Into<$crate::constraints::ConstraintArgument>,
            ) -> Self {
                self.affine.gamma.constraint = Some(constraint.into());
                self
            }
        }
    };
}

pub(super) use affine_setters;
