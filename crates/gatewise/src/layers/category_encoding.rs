//! Numbers of classes as rows with a place for each class.

use serde_json::{Map, Value as Json};

use super::call_arguments::{CallArguments, place_inputs};
use super::{Layer, LayerBase, StreamCall, Streamed, Tensor, name_of};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::{Dim, Shape};

/// What stands in the place of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputMode {
    /// 1 for the class of each number: a row for each.
    OneHot,
    /// 1 if any number of the last axis is the class: a row for all of them.
    #[default]
    MultiHot,
    /// How many numbers of the last axis are the class, or the sum of their weights.
    Count,
}

impl OutputMode {
    pub(super) const ALL: [Self; 3] = [Self::OneHot, Self::MultiHot, Self::Count];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneHot => "one_hot",
            Self::MultiHot => "multi_hot",
            Self::Count => "count",
        }
    }
}

/// Whole numbers below `num_tokens` as rows with a place for each
/// (<https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/>).
///
/// | `output_mode` | shape |
/// |---|---|
/// | one hot | `[batch, …] → [batch, …, num_tokens]`; a last axis of size 1 disappears |
/// | multi hot, count | `[batch, …, numbers] → [batch, …, num_tokens]` |
///
/// A number that is no class is an error, where Keras leaves some of them out. In the modes multi hot and count the numbers
/// of the last axis are taken together, as Keras documents; for inputs with three or more axes it takes those of axis 1
/// instead. The weights of a count are a second input, also by the name `count_weights`, with the shape of the first. The
/// mask ends here.
///
/// ```
/// use gatewise::layers::{self, CategoryEncoding, OutputMode};
/// use ndarray::array;
///
/// let tokens = array![[0.0, 2.0, 2.0]].into_dyn();
/// let y = layers::call(&CategoryEncoding::new(3).output_mode(OutputMode::Count), &[tokens], 1)?;
/// assert_eq!(y[0], array![[1.0, 0.0, 2.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct CategoryEncoding {
    base: LayerBase,
    num_tokens: usize,
    output_mode: OutputMode,
}

impl CategoryEncoding {
    /// A layer for this many classes, at least 1, with Keras's default mode, multi hot.
    pub fn new(num_tokens: usize) -> Self {
        Self { base: LayerBase::default(), num_tokens, output_mode: OutputMode::MultiHot }
    }

    /// Keras's `output_mode` (default multi hot).
    pub fn output_mode(mut self, output_mode: OutputMode) -> Self {
        self.output_mode = output_mode;
        self
    }

    /// The tokens, and their weights if there are any.
    fn inputs(
        &self,
        b: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<(Value, Option<Value>)> {
        CallArguments::new(self, arguments).finish()?;
        let places = place_inputs(self, arguments, inputs.len());
        let given = |place: Option<usize>| inputs.get(place?).map(|input| input.value);
        let (Some(tokens), true) = (given(places[0]), inputs.len() <= 2) else {
            let text = format!("expected tokens and perhaps their weights, got {} inputs", inputs.len());
            return Err(Error::argument(name_of(self), text));
        };
        let Some(weights) = given(places[1]) else { return Ok((tokens, None)) };
        if self.output_mode != OutputMode::Count {
            let text = format!("`count_weights` are for the mode count, got {}", self.output_mode.name());
            return Err(Error::argument(name_of(self), text));
        }
        let shapes = [b.shape(tokens), b.shape(weights)];
        let can_equal = |(a, b): (&Dim, &Dim)| a.is_none() || b.is_none() || a == b;
        if shapes[0].rank() != shapes[1].rank()
            || !shapes[0].dims().iter().zip(shapes[1].dims()).all(can_equal)
        {
            let text = format!(
                "expected `count_weights` of the shape {} of the tokens, got {}",
                shapes[0], shapes[1]
            );
            return Err(Error::shape(name_of(self), text));
        }
        Ok((tokens, Some(weights)))
    }

    fn encode(&self, b: &Builder, tokens: Value, weights: Option<Value>) -> Result<Value> {
        let shape = b.shape(tokens);
        let rank = shape.rank();
        let subject = name_of(self);
        if self.output_mode == OutputMode::OneHot {
            if rank == 0 {
                return Err(Error::shape(subject, "expected tokens [batch, ...], got a single number"));
            }
            let is_column = rank > 1 && shape.last() == Some(1);
            let dims = if is_column { &shape.dims()[..rank - 1] } else { shape.dims() };
            return b.one_hot(&subject, b.reshape(tokens, &Shape::new(dims.to_vec()))?, self.num_tokens);
        }
        if rank < 2 {
            let text = format!("expected tokens [batch, ..., numbers], got {shape}");
            return Err(Error::shape(subject, text));
        }
        let rows = b.one_hot(&subject, tokens, self.num_tokens)?;
        match (self.output_mode, weights) {
            (OutputMode::Count, Some(weights)) => {
                b.sum(b.mul(rows, b.expand_dims(weights, rank)?)?, &[rank - 1])
            }
            (OutputMode::Count, None) => b.sum(rows, &[rank - 1]),
            _ => b.max(rows, &[rank - 1]),
        }
    }
}

impl Layer for CategoryEncoding {
    fn class_name(&self) -> &str {
        "CategoryEncoding"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if self.num_tokens > 0 {
            return Ok(());
        }
        Err(Error::argument(name_of(self), "`num_tokens` must be at least 1, got 0"))
    }

    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with_arguments(b, inputs, &Map::new())
    }

    fn call_with_arguments(
        &self,
        b: &Builder,
        inputs: &[Tensor],
        arguments: &Map<String, Json>,
    ) -> Result<Vec<Tensor>> {
        let (tokens, weights) = self.inputs(b, inputs, arguments)?;
        Ok(vec![Tensor::new(self.encode(b, tokens, weights)?)])
    }

    fn step(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let rank = call.inputs.first().map_or(0, |input| b.shape(input.tensor.value).rank());
        if self.output_mode != OutputMode::OneHot && rank < 3 {
            return Err(call.refused(self, "it joins all steps"));
        }
        if self.output_mode == OutputMode::OneHot && rank == 2 {
            return self.step_of_tokens(b, call);
        }
        call.step_by_step(self, b)
    }

    fn input_names(&self) -> &'static [&'static str] {
        &["inputs", "count_weights"]
    }

    fn own_config(&self) -> Map<String, Json> {
        let mut written = Map::new();
        written.insert("num_tokens".into(), self.num_tokens.into());
        written.insert("output_mode".into(), self.output_mode.name().into());
        written
    }
}

impl CategoryEncoding {
    /// One step of a sequence of tokens `[batch, 1]`, whose axis of size 1 is time and stays.
    fn step_of_tokens(&self, b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        let (tokens, _) = self.inputs(b, &[call.inputs[0].tensor], call.arguments)?;
        let rows = b.one_hot(&name_of(self), tokens, self.num_tokens)?;
        Ok(vec![Streamed { tensor: Tensor::new(rows), is_step: true }])
    }
}
