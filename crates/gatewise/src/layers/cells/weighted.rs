//! Cells with a kernel, a recurrent kernel and a bias.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use super::arguments::Arguments;
use super::gates::Step;
use super::{Cell, call_cell};
use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::initializers::Initializer;
use crate::layers::{Layer, LayerBase, LayerOptions, Tensor, WeightBuilder, name_of, unbuilt};
use crate::shape::Shape;
use crate::variable::Variable;

mod fused;

pub use fused::FusedKind;
#[cfg(test)]
pub(crate) use fused::FusedMasks;
pub(crate) use fused::Sequence;

/// What tells one kind of cell from another; see [`WeightedCell`].
pub trait CellKind: Clone + Debug + Send + Sync + 'static {
    /// Keras's name of the cell.
    #[doc(hidden)]
    const CELL: &'static str;

    /// Keras's name of the width.
    #[doc(hidden)]
    const UNITS: &'static str = "units";

    /// Number of gates, which are columns of the weights.
    #[doc(hidden)]
    const GATES: usize;

    /// Number of states.
    #[doc(hidden)]
    const STATES: usize = 1;

    /// Checks the arguments of this kind.
    #[doc(hidden)]
    fn check(&self, subject: &str) -> Result<()> {
        let _ = subject;
        Ok(())
    }

    /// The shape of the states for inputs of one step.
    #[doc(hidden)]
    fn state_shape(&self, subject: &str, units: usize, inputs: &Shape) -> Result<Shape> {
        if inputs.rank() == 2 {
            return Ok(Shape::new([inputs.dim(0), Some(units)]));
        }
        let text = format!("expected inputs [batch, features] at a step, got {inputs}");
        Err(Error::shape(subject, text))
    }

    /// The names of the axes of sequences.
    #[doc(hidden)]
    fn sequence_axes(&self) -> Vec<&'static str> {
        vec!["batch", "time", "features"]
    }

    /// The axis of features, or channels, of the inputs of one step.
    #[doc(hidden)]
    fn feature_axis(&self) -> usize {
        1
    }

    /// The number of features, or channels, of the inputs of one step.
    #[doc(hidden)]
    fn features(&self, subject: &str, inputs: &Shape) -> Result<usize> {
        let axis = self.feature_axis();
        inputs.dims().get(axis).copied().flatten().ok_or_else(|| {
            let name = self.sequence_axes()[axis + 1];
            Error::shape(subject, format!("expected a known number of {name} at a step, got {inputs}"))
        })
    }

    /// The sizes of the kernel before those of features and columns.
    #[doc(hidden)]
    fn window(&self) -> Vec<usize> {
        Vec::new()
    }

    /// The shape of the bias.
    #[doc(hidden)]
    fn bias_shape(&self, units: usize) -> Vec<usize> {
        vec![Self::GATES * units]
    }

    /// How the bias starts.
    #[doc(hidden)]
    fn bias_initializer(&self, given: Arc<dyn Initializer>) -> Arc<dyn Initializer> {
        given
    }

    /// How many masks there are of dropout and of recurrent dropout, where it is on.
    #[doc(hidden)]
    fn num_masks(&self, arguments: &Arguments) -> usize {
        let _ = arguments;
        1
    }

    /// The arguments of the cell, or of the layer over it with its activity regularizer, in Keras's order.
    #[doc(hidden)]
    fn config(&self, arguments: &Arguments, activity: Option<Json>) -> Map<String, Json>;

    /// The operation that runs the cell over a whole sequence, where there is one.
    #[doc(hidden)]
    fn fused(&self) -> Option<FusedKind<'_>> {
        None
    }

    /// The states after a step, the first of which is its output.
    #[doc(hidden)]
    fn states(&self, step: &Step<'_>) -> Result<Vec<Value>>;
}

/// A cell with `kernel`, `recurrent_kernel` and `bias`: [`LstmCell`](super::LstmCell), [`GruCell`](super::GruCell) or
/// [`SimpleRnnCell`](super::SimpleRnnCell), which have Keras's arguments in common.
#[derive(Debug)]
pub struct WeightedCell<K> {
    base: LayerBase,
    pub(crate) arguments: Arguments,
    pub(crate) kind: K,
    weights: OnceLock<Weights>,
}

#[derive(Debug)]
struct Weights {
    kernel: Variable,
    recurrent_kernel: Variable,
    bias: Option<Variable>,
}

/// Masks of dropout: none, one for all gates, or one a gate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masks {
    pub input: Vec<Value>,
    pub recurrent: Vec<Value>,
}

impl<K: CellKind> WeightedCell<K> {
    pub(in crate::layers) fn of(kind: K, units: usize) -> Self {
        Self { base: LayerBase::default(), arguments: Arguments::new(units), kind, weights: OnceLock::new() }
    }

    /// The width of the states and the output: Keras's `units`, or `filters`.
    pub fn units(&self) -> usize {
        self.arguments.units
    }

    /// The same cell without weights.
    pub(in crate::layers) fn anew(&self) -> Self {
        let cell = Self {
            base: LayerBase::default(),
            arguments: self.arguments.clone(),
            kind: self.kind.clone(),
            weights: OnceLock::new(),
        };
        cell.with_name(name_of(self)).trainable(self.base.is_trainable())
    }

    /// Masks as a training step draws them, for inputs and states of these shapes.
    fn draw_masks(&self, b: &Builder, x: &Shape, state: &Shape) -> Result<Masks> {
        if b.mode() == Mode::Inference {
            return Ok(Masks::default());
        }
        let arguments = &self.arguments;
        let count = self.kind.num_masks(arguments);
        let draw = |rate: f32, shape: &Shape| -> Result<Vec<Value>> {
            let count = if rate > 0.0 { count } else { 0 };
            (0..count).map(|_| b.random_mask(rate, shape, arguments.seed)).collect()
        };
        Ok(Masks { input: draw(arguments.dropout, x)?, recurrent: draw(arguments.recurrent_dropout, state)? })
    }

    /// Emits a step under masks that are given.
    pub(crate) fn advance_under(
        &self,
        b: &Builder,
        x: Value,
        states: &[Value],
        masks: &Masks,
    ) -> Result<Vec<Value>> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        self.check_features(&b.shape(x), weights)?;
        self.kind.states(&Step {
            b,
            x,
            states,
            kernel: b.variable(&weights.kernel),
            recurrent_kernel: b.variable(&weights.recurrent_kernel),
            bias: weights.bias.as_ref().map(|bias| b.variable(bias)),
            units: self.arguments.units,
            activation: &self.arguments.activation,
            input_masks: &masks.input,
            recurrent_masks: &masks.recurrent,
        })
    }

    fn check_features(&self, x: &Shape, weights: &Weights) -> Result<()> {
        let built = weights.kernel.shape()[self.kind.window().len()];
        if built == self.kind.features(&name_of(self), x)? {
            return Ok(());
        }
        let text = format!("expected inputs of {built} features at a step, which it was built for, got {x}");
        Err(Error::shape(name_of(self), text))
    }

    /// Checks the sequences of a layer over the cell.
    pub(in crate::layers) fn check_layer_inputs(&self, layer: &str, shape: &Shape) -> Result<()> {
        let expected = self.kind.sequence_axes();
        let built = self.weights.get().map(|weights| weights.kernel.shape()[self.kind.window().len()]);
        let axis = self.kind.feature_axis() + 1;
        let fits = shape.rank() == expected.len() && built.is_none_or(|built| shape.dim(axis) == Some(built));
        if fits {
            return Ok(());
        }
        let size = |at: usize| match built {
            Some(built) if at == axis => built.to_string(),
            _ => expected[at].to_owned(),
        };
        let axes: Vec<String> = (0..expected.len()).map(size).collect();
        let remark = built.map_or_else(String::new, |built| {
            format!("; the layer was built for {built} {}", expected[axis])
        });
        let text = format!("expected inputs [{}], got {shape}{remark}", axes.join(", "));
        Err(Error::shape(layer, text))
    }
}

impl<K: CellKind> Layer for WeightedCell<K> {
    fn class_name(&self) -> &str {
        K::CELL
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let name = name_of(self);
        self.arguments.check(&name, K::UNITS)?;
        self.kind.check(&name)
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let (arguments, kind) = (&self.arguments, &self.kind);
        let columns = K::GATES * arguments.units;
        kind.state_shape(&name_of(self), arguments.units, &inputs[0])?;
        let shape = |rows: usize| [kind.window(), vec![rows, columns]].concat();
        let features = kind.features(&name_of(self), &inputs[0])?;
        let kernel = weights.add("kernel", &shape(features), &arguments.kernel)?;
        let recurrent_kernel =
            weights.add("recurrent_kernel", &shape(arguments.units), &arguments.recurrent)?;
        let make_bias = || {
            let start = kind.bias_initializer(arguments.bias.initializer.resolve()?);
            weights.add_with("bias", &kind.bias_shape(arguments.units), &arguments.bias, &*start)
        };
        let bias = arguments.use_bias.then(make_bias).transpose()?;
        self.weights.get_or_init(|| Weights { kernel, recurrent_kernel, bias });
        Ok(())
    }

    /// The inputs of a step and the states before it.
    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        call_cell(self, b, inputs)
    }

    fn variables(&self) -> Vec<Variable> {
        let list = |w: &Weights| {
            let all = [Some(&w.kernel), Some(&w.recurrent_kernel), w.bias.as_ref()];
            all.into_iter().flatten().cloned().collect()
        };
        self.weights.get().map_or_else(Vec::new, list)
    }

    fn own_config(&self) -> Map<String, Json> {
        self.kind.config(&self.arguments, None)
    }
}

impl<K: CellKind> Cell for WeightedCell<K> {
    fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
        let shape = self.kind.state_shape(&name_of(self), self.arguments.units, inputs)?;
        Ok(vec![shape; K::STATES])
    }

    fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)> {
        let masks = self.draw_masks(b, &b.shape(x), &b.shape(states[0]))?;
        let states = self.advance_under(b, x, states, &masks)?;
        Ok((states[0], states))
    }

    fn fresh(&self) -> Result<Arc<dyn Cell>> {
        Ok(Arc::new(self.anew()))
    }
}
