//! Layers: configurations with weights that emit operations.
//!
//! A layer has a dozen lines of maths in [`Layer::call`] and no backward pass of its own: gradients follow from the
//! operations. The same `call` runs while a model is described, with sizes unknown, and while a program is made for
//! real data.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::builder::{Builder, Mode};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::model::Model;
use crate::sequential::Sequential;
use crate::serialization::snake_case;
use crate::shape::Shape;
use crate::variable::Variable;

mod activation;
mod activity_regularization;
mod attention;
mod axes;
mod base;
mod bidirectional;
mod call_arguments;
mod category_encoding;
pub(crate) mod cells;
mod config;
mod conv1d;
mod convolution;
mod cropping1d;
mod data_format;
mod dense;
mod dropout;
mod eager;
mod embedding;
mod ends;
mod flatten;
mod identity;
mod input;
mod lambda;
mod lstm;
mod masking;
mod merge;
mod noise;
mod normalization;
mod numbers;
mod operation;
mod permute;
mod pooling;
mod rectifier;
mod recurrent;
mod registry;
mod repeat_vector;
mod rescaling;
mod reshape;
mod serialize;
mod softmax;
mod stream;
mod time_distributed;
mod up_sampling1d;
mod weight_tree;
mod weights;
mod zero_padding1d;

pub use activation::Activation;
pub use activity_regularization::ActivityRegularization;
pub use attention::{AdditiveAttention, Attention, MultiHeadAttention, ScoreMode};
pub use axes::Axes;
pub use base::{LayerBase, LayerOptions};
pub use bidirectional::{Bidirectional, MergeMode, Recurrent};
pub(crate) use call_arguments::built_inputs;
pub use category_encoding::{CategoryEncoding, OutputMode};
pub use cells::{
    Cell, CellKind, ConvLstmCell, ConvLstmKind, GruCell, GruKind, IntoCell, LstmCell, LstmKind,
    SimpleRnnCell, SimpleRnnKind,
};
pub use cells::{StackedRnnCells, WeightedCell, call_cell};
pub use conv1d::Conv1d;
pub use cropping1d::Cropping1d;
pub use data_format::DataFormat;
pub use dense::Dense;
pub use dropout::Dropout;
pub(crate) use eager::build as eager_build;
pub use eager::call;
pub use embedding::Embedding;
pub use ends::Ends;
pub use flatten::Flatten;
pub use identity::Identity;
pub use input::Input;
pub use lambda::Lambda;
pub use lstm::{Lstm, LstmCall, LstmState, LstmTrace};
pub use masking::Masking;
pub use merge::{Add, Average, Concatenate, Dot, DotAxes, Maximum, Minimum, Multiply, Subtract};
pub use noise::{AlphaDropout, GaussianDropout, GaussianNoise, SpatialDropout1d};
pub use normalization::{
    BatchNormalization, GroupNormalization, LayerNormalization, Normalization, RenormClipping,
    RmsNormalization,
};
pub use numbers::Numbers;
pub(crate) use operation::Operation;
pub use permute::Permute;
pub use pooling::{AveragePooling1d, GlobalAveragePooling1d, GlobalMaxPooling1d, MaxPooling1d};
pub use rectifier::{ELU, LeakyReLU, PReLU, ReLU};
pub use recurrent::{ConvLstm, ConvLstm1d, ConvLstm2d, ConvLstm3d, Sizes};
pub use recurrent::{Gru, RecurrentCall, RecurrentForm, RecurrentLayer, Rnn, SimpleRnn};
pub use registry::deserialize;
pub use repeat_vector::RepeatVector;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub(crate) use serialize::serialize_built;
pub use serialize::{get_config, serialize};
pub use softmax::Softmax;
pub(crate) use stream::StreamStates;
pub use stream::{StreamCall, Streamed};
pub use time_distributed::TimeDistributed;
pub use up_sampling1d::UpSampling1d;
pub use weight_tree::WeightTree;
pub(crate) use weights::{Start, within_budget};
pub use weights::{WeightBuilder, WeightOptions};
pub use zero_padding1d::ZeroPadding1d;

pub use crate::ops::window::Padding;

/// An array inside a program with the mask that travels with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tensor {
    /// The array.
    pub value: Value,
    /// `[batch, time]`, 1 where a step is to be used and 0 where it is padding.
    pub mask: Option<Value>,
}

impl Tensor {
    /// An array without a mask.
    pub fn new(value: Value) -> Self {
        Self { value, mask: None }
    }

    /// The same mask around another array.
    pub fn with_value(self, value: Value) -> Self {
        Self { value, ..self }
    }
}

/// How Keras writes the inputs of a layer's call where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallForm {
    /// A list of inputs, as of a layer that adds them.
    List,
    /// The sequences, and the states under the name `initial_state`.
    States,
    /// One after another, as query, value and key.
    Positional,
    /// One after another, and after them the numbers that are no tensors.
    Operation,
}

/// What every layer does. A layer of your own implements it, and is then as good as the library's: it trains, because
/// gradients follow from the operations that it emits, and [`testing::GradientCheck`](crate::testing::GradientCheck) says
/// whether they are right.
///
/// ```
/// use std::sync::OnceLock;
///
/// use gatewise::layers::{Dense, Input, Layer, LayerBase, Lstm, Tensor, WeightBuilder, WeightOptions};
/// use gatewise::{Builder, Result, Sequential, Shape, Variable};
/// use serde_json::{Map, Value as Json};
///
/// /// inputs · scale, with a weight for each feature: `[batch, …, features]`, as it came.
/// #[derive(Debug, Default)]
/// struct Scale {
///     base: LayerBase,
///     scale: OnceLock<Variable>,
/// }
///
/// impl Layer for Scale {
///     fn class_name(&self) -> &str {
///         "Scale"
///     }
///     fn base(&self) -> &LayerBase {
///         &self.base
///     }
///     fn base_mut(&mut self) -> &mut LayerBase {
///         &mut self.base
///     }
///     fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
///         let features = inputs[0].last().expect("a known number of features");
///         let scale = weights.add("scale", &[features], &WeightOptions::new("ones"))?;
///         self.scale.get_or_init(|| scale);
///         Ok(())
///     }
///     fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
///         let scale = b.variable(self.scale.get().expect("the layer is built"));
///         Ok(vec![inputs[0].with_value(b.mul(inputs[0].value, scale)?)])
///     }
///     fn variables(&self) -> Vec<Variable> {
///         self.scale.get().into_iter().cloned().collect()
///     }
///     fn own_config(&self) -> Map<String, Json> {
///         Map::new()
///     }
/// }
///
/// gatewise::testing::GradientCheck::new().layer(&Scale::default(), &[&[2, 3, 4]])?.into_result()?;
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(4)]))?.add(Scale::default())?.add(Lstm::new(8))?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub trait Layer: Any + Debug + Send + Sync {
    /// Keras's name of the class, such as `LSTM`.
    fn class_name(&self) -> &str;

    /// The arguments that every layer has.
    fn base(&self) -> &LayerBase;

    /// The same, to change them before the layer is used.
    fn base_mut(&mut self) -> &mut LayerBase;

    /// Checks the arguments that need no data to be judged.
    ///
    /// # Errors
    /// If one is out of range or an unknown name.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Makes the weights for inputs of these shapes. Called once, before the first [`call`](Self::call).
    ///
    /// # Errors
    /// If the layer cannot take such inputs.
    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        let _ = (inputs, weights);
        Ok(())
    }

    /// Emits the layer's operations.
    ///
    /// # Errors
    /// If the shapes of the inputs do not fit.
    fn call(&self, builder: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>>;

    /// The same with further arguments of Keras's `call` by their names.
    ///
    /// # Errors
    /// If there is an argument that the layer does not know, or the inputs do not fit.
    fn call_with_arguments(
        &self,
        builder: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<Vec<Tensor>> {
        match arguments.keys().next() {
            Some(name) => {
                let text = format!("there is no argument `{name}` of `call`");
                Err(Error::argument(name_of(self), text))
            }
            None => self.call(builder, inputs),
        }
    }

    /// Emits the layer for one step of a sequence that arrives step by step, for [`Model::step`].
    ///
    /// A layer that looks at no other step of its inputs returns [`StreamCall::step_by_step`]; one that remembers
    /// reads and keeps its states through [`StreamCall::state`] and [`StreamCall::keep`]. The steps together must
    /// give what one call over the whole sequence gives.
    ///
    /// # Errors
    /// If the layer needs the whole sequence, which is what it does by default, or the inputs do not fit.
    fn step(&self, builder: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let _ = builder;
        Err(call.refused(self, "it needs the whole sequence"))
    }

    /// Keras's names of the inputs, where `call` can be given some by name (default: none).
    ///
    /// Among the arguments of a call, one of these names is the position of that input; the others are in the order of the
    /// names. [`build`](Self::build) is shown the inputs in that order too, but for those whose names end in `_mask`.
    fn input_names(&self) -> &'static [&'static str] {
        &[]
    }

    /// How Keras writes several inputs of a call (default: as a list).
    fn call_form(&self) -> CallForm {
        CallForm::List
    }

    /// The layers inside this one, which are frozen with it.
    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        Vec::new()
    }

    /// Whether calls one after another give something else than one call with all their samples: where there are states
    /// between calls or, in training, statistics of the batch.
    fn joins_calls(&self, mode: Mode) -> bool {
        self.sublayers().iter().any(|layer| layer.joins_calls(mode))
    }

    /// The weights in Keras's order; empty before [`build`](Self::build).
    fn variables(&self) -> Vec<Variable> {
        Vec::new()
    }

    /// The weights in the arrangement of Keras's files; by default all are the layer's own.
    fn weight_tree(&self) -> WeightTree {
        WeightTree::leaf(self)
    }

    /// The shape of a batch, if this is where data enters a model.
    fn as_input(&self) -> Option<Shape> {
        None
    }

    /// Forgets recurrent states; a layer without any has nothing to forget.
    fn reset_states(&self) {}

    /// The arguments beside those of [`base`](Self::base), in the order of Keras's `get_config`.
    fn own_config(&self) -> Map<String, Json>;

    /// The same of a layer that was built for inputs of these shapes: different where it holds layers, whose shapes
    /// Keras notes too.
    fn built_config(&self, inputs: &[Shape]) -> Map<String, Json> {
        let _ = inputs;
        self.own_config()
    }
}

impl dyn Layer {
    /// The layer as the type that it is, to reach what only that type has.
    ///
    /// ```
    /// use gatewise::layers::{Input, Lstm};
    /// use gatewise::Sequential;
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(2)]))?.add(Lstm::new(3).stateful(true).return_sequences(false))?;
    /// let lstm = model.get_layer("lstm")?.downcast_ref::<Lstm>().expect("it is an LSTM");
    /// assert!(lstm.states().is_none());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn downcast_ref<L: Layer>(&self) -> Option<&L> {
        (self as &dyn Any).downcast_ref()
    }
}

/// The name of a layer, for messages: its own, or that of its class where it has none yet.
pub fn name_of(layer: &(impl Layer + ?Sized)) -> String {
    layer.base().name().map_or_else(|| snake_case(layer.class_name()), str::to_owned)
}

/// The error for a layer that is called before its weights were made.
pub(crate) fn unbuilt(layer: &(impl Layer + ?Sized)) -> Error {
    Error::state(name_of(layer), "the layer has no weights yet; add it to a model or use `layers::call`")
}

/// The only input of a layer that takes one.
pub(crate) fn single_input(layer: &(impl Layer + ?Sized), inputs: &[Tensor]) -> Result<Tensor> {
    match inputs {
        [input] => Ok(*input),
        _ => {
            let text = format!("expected one input, got {}", inputs.len());
            Err(Error::argument(name_of(layer), text))
        }
    }
}

/// Something that can become a layer of a model: a layer, a shared handle to one, or another model.
pub trait IntoLayer {
    /// The shared handle.
    fn into_layer(self) -> Arc<dyn Layer>;
}

impl<L: Layer + 'static> IntoLayer for L {
    fn into_layer(self) -> Arc<dyn Layer> {
        Arc::new(self)
    }
}

impl<L: Layer + 'static> IntoLayer for Arc<L> {
    fn into_layer(self) -> Arc<dyn Layer> {
        self
    }
}

impl IntoLayer for Arc<dyn Layer> {
    fn into_layer(self) -> Arc<dyn Layer> {
        self
    }
}

impl IntoLayer for &Model {
    fn into_layer(self) -> Arc<dyn Layer> {
        self.as_layer()
    }
}

impl IntoLayer for &Sequential {
    fn into_layer(self) -> Arc<dyn Layer> {
        self.as_layer()
    }
}
