//! The rectifier with a slope that is learnt.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json, json};

use crate::builder::Builder;
use crate::constraints::ConstraintArgument;
use crate::error::{Error, Result};
use crate::initializers::InitializerArgument;
use crate::layers::{
    Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightOptions, config, name_of,
    single_input, unbuilt,
};
use crate::regularizers::RegularizerArgument;
use crate::shape::{Dim, Shape};
use crate::variable::Variable;

/// max(x, 0) − `alpha` · max(−x, 0), with a slope `alpha` for each element of a sample (He et al. 2015). The shape stays
/// and the mask passes.
///
/// | weight | shape |
/// |---|---|
/// | `alpha` | that of a sample, with size 1 along `shared_axes` |
///
/// ```
/// use gatewise::layers::{Conv1d, Input, Lstm, PReLU};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(3)]))?.add(Conv1d::new(8, 3))?;
/// model.add(PReLU::new().shared_axes([1]))?; // one slope a channel, for any number of steps
/// model.add(Lstm::new(4))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct PReLU {
    base: LayerBase,
    alpha: WeightOptions,
    shared_axes: Option<Vec<usize>>,
    weight: OnceLock<Variable>,
}

impl PReLU {
    /// A layer with Keras's defaults: `alpha` starts at 0, and no axes are shared.
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            alpha: WeightOptions::new("zeros"),
            shared_axes: None,
            weight: OnceLock::new(),
        }
    }

    /// Keras's `alpha_initializer` (default zeros).
    pub fn alpha_initializer(mut self, initializer: impl Into<InitializerArgument>) -> Self {
        self.alpha.initializer = initializer.into();
        self
    }

    /// Keras's `alpha_regularizer`.
    pub fn alpha_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.alpha.regularizer = Some(regularizer.into());
        self
    }

    /// Keras's `alpha_constraint`.
    pub fn alpha_constraint(mut self, constraint: impl Into<ConstraintArgument>) -> Self {
        self.alpha.constraint = Some(constraint.into());
        self
    }

    /// Keras's `shared_axes` (default none): axes along which all elements have one slope. Axis 0 is that of the
    /// samples, so they count from 1, which is time.
    pub fn shared_axes(mut self, axes: impl Into<Vec<usize>>) -> Self {
        self.shared_axes = Some(axes.into());
        self
    }

    /// The shape of `alpha` for such inputs.
    fn weight_shape(&self, inputs: &Shape) -> Result<Vec<usize>> {
        let shared = self.shared_axes.as_deref().unwrap_or_default();
        if let Some(axis) = shared.iter().find(|axis| **axis == 0 || **axis >= inputs.rank()) {
            let text = format!(
                "`shared_axes` must be from 1 to {} for inputs {inputs}, got {axis}",
                inputs.rank() - 1
            );
            return Err(Error::argument(name_of(self), text));
        }
        let size = |axis: usize| if shared.contains(&axis) { Some(1) } else { inputs.dim(axis) };
        let sizes: Option<Vec<usize>> = (1..inputs.rank()).map(size).collect();
        sizes.ok_or_else(|| {
            let text =
                format!("expected known sizes along the axes that are not shared, got inputs {inputs}");
            Error::shape(name_of(self), text)
        })
    }

    /// Checks that `alpha` fits the inputs.
    fn check_inputs(&self, alpha: &[usize], inputs: &Shape) -> Result<()> {
        let fits = |(size, dim): (&usize, &Dim)| *size == 1 || dim.is_none_or(|dim| dim == *size);
        let pairs = || alpha.iter().zip(&inputs.dims()[1..]);
        if inputs.rank() == alpha.len() + 1 && pairs().all(fits) {
            return Ok(());
        }
        let text = format!("expected inputs for an `alpha` {alpha:?} of a sample, got {inputs}");
        Err(Error::shape(name_of(self), text))
    }
}

impl Default for PReLU {
    fn default() -> Self {
        Self::new()
    }
}

impl Layer for PReLU {
    fn class_name(&self) -> &str {
        "PReLU"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        self.alpha.check(&name_of(self), "alpha")
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let alpha = weights.add("alpha", &self.weight_shape(&inputs[0])?, &self.alpha)?;
        self.weight.get_or_init(|| alpha);
        Ok(())
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let x = single_input(self, inputs)?;
        let alpha = self.weight.get().ok_or_else(|| unbuilt(self))?;
        self.check_inputs(alpha.shape(), &b.shape(x.value))?;
        let (above, below) = (b.relu(x.value)?, b.relu(b.neg(x.value)?)?);
        let y = b.sub(above, b.mul(b.variable(alpha), below)?)?;
        Ok(vec![x.with_value(y)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let alpha = self.weight.get().ok_or_else(|| unbuilt(self))?;
        if alpha.shape().first().is_some_and(|steps| *steps != 1) {
            return Err(call.refused(self, "each step has an `alpha` of its own; share axis 1"));
        }
        call.step_by_step(self, b)
    }

    fn variables(&self) -> Vec<Variable> {
        self.weight.get().into_iter().cloned().collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        let weights = [("alpha", &self.alpha)];
        config::insert_initializers(&mut written, &weights);
        config::insert_regularizers(&mut written, &weights);
        config::insert_constraints(&mut written, &weights);
        written.insert("shared_axes".into(), json!(self.shared_axes));
        written
    }
}
