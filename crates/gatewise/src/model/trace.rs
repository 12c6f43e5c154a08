//! Looking inside a recurrent layer of a model.

use std::sync::Arc;

use super::Model;
use super::arrays::Arrays;
use super::programs::enter;
use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::error::{Error, Result};
use crate::executor::RunKey;
use crate::layers::{Bidirectional, Layer, Lstm, LstmTrace, Tensor, name_of};
use crate::network::Network;
use crate::shape::Shape;

impl Model {
    /// The gates and states of the LSTM of this name at every step, for the samples of `x`, in inference. One inside a
    /// [`Bidirectional`] has the names of both with a slash between them, such as `bidirectional/backward_lstm`.
    ///
    /// A stateful layer starts from the state that it keeps, which stays as it is. A layer that is called several
    /// times is looked at in its first call.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, LayerOptions, Lstm};
    /// use gatewise::Sequential;
    /// use ndarray::ArrayD;
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(3)]))?;
    /// model.add(Lstm::new(4).with_name("memory"))?.add(Dense::new(1))?;
    /// let trace = model.trace("memory", &ArrayD::ones(vec![2, 5, 3]))?;
    /// assert_eq!(trace.f.dim(), (2, 5, 4));
    /// // c = f ⊙ previous_c + i ⊙ g; at the first step the previous cell state is 0.
    /// let (i, g, c) = (trace.i[[0, 0, 0]], trace.g[[0, 0, 0]], trace.c[[0, 0, 0]]);
    /// assert!((c - i * g).abs() < 1e-6);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such layer, it is no LSTM, or the data does not fit.
    pub fn trace<'a>(&self, layer: &str, x: impl Into<Arrays<'a>>) -> Result<LstmTrace> {
        let samples = self.input_samples(&x.into())?;
        let batch = samples[0].len();
        let shapes: Vec<Shape> =
            samples.iter().map(|samples| Shape::known(&samples.batch_shape(batch))).collect();
        let network = self.network_for(&shapes)?;
        let (outer, inner) = layer.split_once('/').map_or((layer, ""), |(outer, inner)| (outer, inner));
        let found = self.get_layer(outer)?;
        let node = network.nodes().find(|node| Arc::ptr_eq(&node.layer, found));
        let node = node.ok_or_else(|| self.no_such_layer(layer))?;
        let needed = node.inputs.iter().chain(&node.options.mask).cloned().collect();
        let before = Network::new(self.name(), network.inputs.clone(), needed)?;
        let b = Builder::new(Mode::Inference);
        let mut inputs = before.trace(&b, &enter(&b, network, &shapes))?;
        if node.options.mask.is_some() {
            inputs[0].mask = inputs.pop().map(|mask| mask.value);
        }
        let (lstm, inputs) = lstm_inside(&**found, inner, inputs)?;
        let values = lstm.trace(&b, &inputs)?;
        let program = Compiled::new(&b, &values)?;
        let data: Vec<&[f32]> = samples.iter().map(|samples| samples.range(0, batch)).collect();
        let key = RunKey { seed: self.seed(), step: 0 };
        let steps = program.run_without_keeping(&data, key, |outputs| Ok(outputs.to_arrays()))?;
        Ok(LstmTrace::stack(&steps, batch, lstm.units()))
    }
}

/// The LSTM that a layer is, or that is called `inner` inside of it, with its inputs among those of the layer.
fn lstm_inside<'a>(
    layer: &'a dyn Layer,
    inner: &str,
    inputs: Vec<Tensor>,
) -> Result<(&'a Lstm, Vec<Tensor>)> {
    let (layer, inputs) = match layer.downcast_ref::<Bidirectional>() {
        Some(both) => both.direction(inner, &inputs)?,
        None if inner.is_empty() => (layer, inputs),
        None => {
            let text = format!("there is no layer \"{inner}\" inside the class {}", layer.class_name());
            return Err(Error::argument(name_of(layer), text));
        }
    };
    let lstm = layer.downcast_ref::<Lstm>().ok_or_else(|| {
        let text = format!("expected an LSTM to trace, got the class {}", layer.class_name());
        Error::argument(name_of(layer), text)
    })?;
    Ok((lstm, inputs))
}

#[cfg(test)]
mod tests;
