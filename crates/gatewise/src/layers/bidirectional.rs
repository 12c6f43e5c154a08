//! Two recurrent layers over one sequence, one from each end.

use std::sync::{Arc, OnceLock};

use ndarray::ArrayD;
use serde_json::{Map, Value as Json};

use super::weights::add_activity_loss;
use super::{
    CallForm, Layer, LayerBase, StreamCall, Streamed, Tensor, WeightBuilder, WeightTree, config, name_of,
    serialize, serialize_built,
};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::regularizers::RegularizerArgument;
use crate::shape::Shape;
use crate::variable::Variable;

mod merge_mode;
mod recurrent;

pub use merge_mode::MergeMode;
pub use recurrent::Recurrent;

/// Keras's `Bidirectional`: a recurrent layer from the first step to the last, another from the last to the first, and
/// their outputs joined step by step.
///
/// `[batch, time, features]` → with `concat` (default) `[batch, 2·units]`, or `[batch, time, 2·units]` where the layer
/// inside returns sequences; with `sum`, `mul` and `ave` half as wide; with [`MergeMode::None`] two outputs of that
/// width. With `return_state` followed by the states of the forward layer and then those of the backward layer.
/// Initial states are given in the same order after the sequences.
///
/// ```
/// use gatewise::layers::{Bidirectional, Dense, Gru, Input, Lstm, MergeMode};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8)]))?;
/// model.add(Bidirectional::new(Lstm::new(32).return_sequences(true)))?;
/// model.add(Bidirectional::new(Gru::new(16)).merge_mode(MergeMode::Sum))?.add(Dense::new(1))?;
/// assert_eq!(model.outputs()[0].shape().to_string(), "[None, 1]");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # The layers inside
///
/// The forward layer is the one that is given, named `forward_<its name>`. The backward layer is made from it by
/// [`Recurrent::fresh`], with `go_backwards`, weights of its own and the name `backward_<its name>`, or is
/// [`backward_layer`](Self::backward_layer). Both run as they would alone, on the same kernels, with dropout drawn for
/// each. `stateful`, `return_sequences` and `return_state` are theirs and must agree. The weights are those of the forward
/// layer and then those of the backward layer. [`forward`](Self::forward) and [`backward`](Self::backward) reach them.
///
/// # Masks
///
/// Masked steps change no state, also on the way back, so padding at either end is as if it were not there. Where
/// sequences are returned both layers get `zero_output_for_mask`, whatever they were given, and where not they lose it,
/// as in Keras: masked steps are 0 in the sequences, and a last output is that of the last step that counts. The mask
/// that comes with the input is used **also when an initial state is given**; Keras 3.15 forgets it there, without a
/// word, because of how it fills in arguments.
///
/// # Differences from Keras
///
/// * The forward layer keeps weights that it has already; Keras makes it anew from its configuration.
/// * With a `seed` of dropout each direction draws its own masks; in Keras both draw the same.
/// * `unroll` changes nothing here; in Keras an unrolled backward layer zeroes the wrong steps under a mask, because it
///   does not reverse the mask.
/// * `stateful` goes together with `return_state`, and with a stack of cells; Keras 3.15 raises a `TypeError` for the first
///   and cannot reset the second.
/// * States of a stack of cells are given and returned one after another, not as lists in a list.
/// * `weights` is no argument; in Keras it is one, without any effect.
///
/// As in Keras, a layer that goes backwards can be the forward layer if a `backward_layer` goes forwards; then
/// sequences come out in the reverse order of the steps, and the mask that leaves does not.
///
/// Such a layer cannot be streamed: its backward direction begins at the last step.
#[derive(Debug)]
pub struct Bidirectional {
    base: LayerBase,
    forward: Arc<dyn Recurrent>,
    /// Why there is none where the layer inside cannot be made a second time.
    backward: Result<Arc<dyn Recurrent>>,
    merge_mode: MergeMode,
    activity_regularizer: Option<RegularizerArgument>,
    is_built: OnceLock<()>,
}

impl Bidirectional {
    /// This layer in both directions, with the outputs side by side.
    pub fn new(layer: impl Recurrent) -> Self {
        Self::over(Box::new(layer))
    }

    /// The same of a layer whose type is not known.
    pub(super) fn over(mut forward: Box<dyn Recurrent>) -> Self {
        let name = name_of(&*forward);
        let backward = forward.fresh().map(|mut backward| {
            backward.set_form(super::RecurrentForm { go_backwards: true, ..forward.form() });
            backward.base().set_trainable(forward.base().is_trainable());
            backward.base_mut().rename(prefixed("backward_", &name));
            settled(backward)
        });
        forward.base_mut().rename(prefixed("forward_", &name));
        Self {
            base: LayerBase::default(),
            forward: settled(forward),
            backward,
            merge_mode: MergeMode::default(),
            activity_regularizer: None,
            is_built: OnceLock::new(),
        }
    }

    /// Keras's `merge_mode` (default `concat`): how the outputs of the two directions are joined.
    pub fn merge_mode(mut self, merge_mode: MergeMode) -> Self {
        self.merge_mode = merge_mode;
        self
    }

    /// Keras's `backward_layer`: the layer for the other direction, which goes backwards. It keeps its name and the
    /// weights that it may have.
    pub fn backward_layer(self, layer: impl Recurrent) -> Self {
        self.with_backward(Box::new(layer))
    }

    /// The same with a layer whose type is not known.
    pub(super) fn with_backward(mut self, layer: Box<dyn Recurrent>) -> Self {
        self.backward = Ok(settled(layer));
        self
    }

    /// A penalty on everything that the layer returns, states included, divided by the batch size.
    pub fn activity_regularizer(mut self, regularizer: impl Into<RegularizerArgument>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    /// The layer that reads from the first step to the last.
    pub fn forward(&self) -> &Arc<dyn Recurrent> {
        &self.forward
    }

    /// The layer that reads from the last step to the first.
    ///
    /// # Errors
    /// If it cannot be made from the forward layer, because a cell does not say how.
    pub fn backward(&self) -> Result<&Arc<dyn Recurrent>> {
        self.backward.as_ref().map_err(Clone::clone)
    }

    /// The states that a stateful layer keeps, each `[batch, …]`, forward and then backward; `None` before its first
    /// batch and after a reset.
    pub fn states(&self) -> Option<Vec<ArrayD<f32>>> {
        let mut states = self.forward.states()?;
        states.extend(self.backward().ok()?.states()?);
        Some(states)
    }

    /// The layer of this name inside, with its inputs among those of the wrapper.
    pub(crate) fn direction(&self, name: &str, inputs: &[Tensor]) -> Result<(&dyn Layer, Vec<Tensor>)> {
        let layers = [&self.forward, self.backward()?];
        let names = layers.map(|layer| name_of(&**layer));
        let known = names.iter().position(|known| known == name).ok_or_else(|| {
            let own = name_of(self);
            let text = format!("expected \"{own}/{}\" or \"{own}/{}\", got \"{name}\"", names[0], names[1]);
            Error::argument(&own, text)
        })?;
        let [forward, backward] = self.halves(inputs)?;
        Ok((&**layers[known], if known == 0 { forward } else { backward }))
    }

    /// The inputs of the two directions: the sequences, each with its half of the initial states.
    fn halves(&self, inputs: &[Tensor]) -> Result<[Vec<Tensor>; 2]> {
        let Some((x, states)) = inputs.split_first() else {
            return Err(Error::argument(name_of(self), "expected the sequences, got no input"));
        };
        if states.len() % 2 == 1 {
            let count = states.len();
            let text = format!(
                "expected as many initial states for the backward layer as for the forward layer, got {count} \
                 in all"
            );
            return Err(Error::argument(name_of(self), text));
        }
        let (forward, backward) = states.split_at(states.len() / 2);
        Ok([[&[*x], forward].concat(), [&[*x], backward].concat()])
    }

    /// Checks that the two layers go together.
    fn check_pair(&self, backward: &dyn Recurrent) -> Result<()> {
        let (forward, backward) = (self.forward.form(), backward.form());
        if forward.go_backwards == backward.go_backwards {
            let value = forward.go_backwards;
            let text = format!(
                "expected a forward and a backward layer that differ in `go_backwards`, got {value} for both"
            );
            return Err(Error::argument(name_of(self), text));
        }
        let common = [
            ("stateful", forward.stateful, backward.stateful),
            ("return_sequences", forward.return_sequences, backward.return_sequences),
            ("return_state", forward.return_state, backward.return_state),
        ];
        for (name, forward, backward) in common {
            if forward != backward {
                let text = format!(
                    "expected a forward and a backward layer with the same `{name}`, got {forward} and {backward}"
                );
                return Err(Error::argument(name_of(self), text));
            }
        }
        Ok(())
    }
}

/// The name with the prefix, which it may have already.
fn prefixed(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.strip_prefix(prefix).unwrap_or(name))
}

/// The layer with zeros at masked steps of sequences, so that the directions can be joined step by step.
fn settled(mut layer: Box<dyn Recurrent>) -> Arc<dyn Recurrent> {
    let form = layer.form();
    layer.set_form(super::RecurrentForm { zero_output_for_mask: form.return_sequences, ..form });
    Arc::from(layer)
}

/// The output and the states of one direction.
fn split(layer: &dyn Recurrent, mut outputs: Vec<Tensor>) -> Result<(Tensor, Vec<Tensor>)> {
    if outputs.is_empty() {
        return Err(Error::argument(name_of(layer), "expected the layer to return an output, got none"));
    }
    let states = outputs.split_off(1);
    Ok((outputs[0], states))
}

impl Layer for Bidirectional {
    fn class_name(&self) -> &str {
        "Bidirectional"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        let backward = self.backward()?;
        self.check_pair(&**backward)?;
        if let Some(regularizer) = &self.activity_regularizer {
            regularizer
                .resolve()
                .map_err(|error| error.in_argument(name_of(self), "activity_regularizer", "regularizer"))?;
        }
        for layer in [&self.forward, backward] {
            layer.base().check()?;
            layer.check()?;
        }
        Ok(())
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        for layer in [&self.forward, self.backward()?] {
            if layer.variables().is_empty() {
                layer.build(&inputs[..1], &mut weights.inner(&name_of(&**layer)))?;
            }
        }
        self.is_built.get_or_init(|| ());
        Ok(())
    }

    /// One input, or the sequences and the states before the first step, forward and then backward.
    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let backward = self.backward()?;
        let [forward_inputs, backward_inputs] = self.halves(inputs)?;
        let (y, states) = split(&*self.forward, self.forward.call(b, &forward_inputs)?)?;
        let (mut y_back, states_back) = split(&**backward, backward.call(b, &backward_inputs)?)?;
        if self.forward.form().return_sequences {
            y_back.value = b.flip(y_back.value, 1)?;
        }
        let mut outputs = self.merge_mode.merge(b, &name_of(self), y, y_back)?;
        outputs.extend(states.into_iter().chain(states_back));
        for output in &outputs {
            add_activity_loss(b, self.activity_regularizer.as_ref(), output.value)?;
        }
        Ok(outputs)
    }

    fn step(&self, _b: &Builder, call: &StreamCall<'_>) -> Result<Vec<Streamed>> {
        Err(call.refused(self, "its backward direction begins at the last step"))
    }

    fn call_form(&self) -> CallForm {
        CallForm::States
    }

    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        let both = [Some(&self.forward), self.backward.as_ref().ok()];
        both.into_iter().flatten().map(|layer| Arc::clone(layer) as Arc<dyn Layer>).collect()
    }

    fn variables(&self) -> Vec<Variable> {
        if self.is_built.get().is_none() {
            return Vec::new();
        }
        self.sublayers().iter().flat_map(|layer| layer.variables()).collect()
    }

    fn weight_tree(&self) -> WeightTree {
        let part = |(place, layer): (&str, Arc<dyn Layer>)| (place.to_owned(), layer.weight_tree());
        let parts = ["forward_layer", "backward_layer"].into_iter().zip(self.sublayers()).map(part).collect();
        WeightTree { name: name_of(self), weights: Vec::new(), parts }
    }

    fn reset_states(&self) {
        self.sublayers().iter().for_each(|layer| layer.reset_states());
    }

    fn own_config(&self) -> Map<String, Json> {
        self.config_with(serialize)
    }

    fn built_config(&self, inputs: &[Shape]) -> Map<String, Json> {
        self.config_with(|layer| serialize_built(layer, &inputs[..1]))
    }
}

impl Bidirectional {
    fn config_with(&self, write: impl Fn(&dyn Layer) -> Json) -> Map<String, Json> {
        let mut config = Map::new();
        if self.activity_regularizer.is_some() {
            let regularizer = config::regularizer(self.activity_regularizer.as_ref());
            config.insert("activity_regularizer".into(), regularizer);
        }
        config.insert("merge_mode".into(), self.merge_mode.name().into());
        config.insert("layer".into(), write(&*self.forward));
        let backward = self.backward.as_ref().map_or(Json::Null, |layer| write(&**layer));
        config.insert("backward_layer".into(), backward);
        config
    }
}

#[cfg(test)]
mod tests;
