//! Weights of PyTorch's recurrent layers from `.safetensors` files.
//!
//! ```text
//! weight_ih_l0   [gates · units, features]     kernel, transposed       gates of the LSTM: i, f, g, o   → i, f, c, o
//! weight_hh_l0   [gates · units, units]        recurrent_kernel, too    gates of the GRU: r, z, n       → z, r, h
//! bias_ih_l0     [gates · units]               bias of the LSTM: the sum of both; of the GRU [2, 3 · units]: each a row
//! bias_hh_l0     [gates · units]
//! …_l0_reverse   the same of the direction backwards;   …_l1   of the second layer
//! ```
//!
//! Source: <https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html>,
//! <https://pytorch.org/docs/stable/generated/torch.nn.GRU.html>.

use std::path::Path;

use ndarray::{ArrayD, Axis, Ix2, concatenate, stack};
use safetensors::{Dtype, SafeTensors};

use super::load::read;
use super::safetensors::{array, open};
use crate::error::{Error, Result};
use crate::layers::{Bidirectional, Gru, Layer, Lstm, name_of};
use crate::variable::Variable;

/// The gates of a layer in the order of this library, by their places in PyTorch's.
#[derive(Clone, Copy)]
struct Gates(&'static [usize]);

/// i, f, c, o are PyTorch's i, f, g, o.
const OF_LSTM: Gates = Gates(&[0, 1, 2, 3]);

/// z, r, h among PyTorch's r, z, n.
const OF_GRU: Gates = Gates(&[1, 0, 2]);

/// Fills recurrent layers with the weights of a stack of PyTorch's `nn.LSTM` or `nn.GRU`, first layer first.
///
/// Each layer is an [`Lstm`], a [`Gru`] with `reset_after`, as PyTorch's is, or a [`Bidirectional`] around such. `prefix` is
/// what stands in front of the names in the file, such as `encoder.` in `encoder.weight_ih_l0`; other weights in the file are
/// left alone, but a weight of the stack that belongs to no layer is an error.
///
/// ```no_run
/// use gatewise::layers::{Dense, Input, Lstm};
/// use gatewise::{Sequential, format};
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8)]))?.add(Lstm::new(16).return_sequences(true))?.add(Lstm::new(16))?;
/// let layers: Vec<_> = model.layers().iter().map(|layer| &**layer).collect();
/// format::load_torch_weights(&layers, "torch.safetensors", "")?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If the file cannot be read, or a weight is missing, left over or of another shape or type; no layer is changed then.
pub fn load_torch_weights(layers: &[&dyn Layer], path: impl AsRef<Path>, prefix: &str) -> Result<()> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let fill = || {
        let (tensors, _) = open(&bytes)?;
        let mut file = File { tensors, prefix, used: Vec::new() };
        let mut filled = Vec::new();
        for (index, layer) in layers.iter().enumerate() {
            file.layer(*layer, index, &mut filled)?;
        }
        file.check_rest()?;
        filled
            .iter()
            .try_for_each(|(variable, values): &(Variable, ArrayD<f32>)| variable.check_shape(values))?;
        filled.iter().try_for_each(|(variable, values)| variable.assign(values))
    };
    fill().map_err(|error: Error| Error::format(path.display(), error))
}

/// A file whose weights are taken out by name.
struct File<'a> {
    tensors: SafeTensors<'a>,
    prefix: &'a str,
    used: Vec<String>,
}

impl File<'_> {
    /// The weights of one layer, both directions if it has two.
    fn layer(
        &mut self,
        layer: &dyn Layer,
        index: usize,
        filled: &mut Vec<(Variable, ArrayD<f32>)>,
    ) -> Result<()> {
        if layer.downcast_ref::<Bidirectional>().is_some() {
            let suffixes = ["", "_reverse"];
            return layer.sublayers().iter().zip(suffixes).try_for_each(|(layer, suffix)| {
                self.direction(&**layer, &format!("l{index}{suffix}"), filled)
            });
        }
        self.direction(layer, &format!("l{index}"), filled)
    }

    fn direction(
        &mut self,
        layer: &dyn Layer,
        suffix: &str,
        filled: &mut Vec<(Variable, ArrayD<f32>)>,
    ) -> Result<()> {
        let gates = match (layer.downcast_ref::<Lstm>(), layer.downcast_ref::<Gru>()) {
            (Some(_), _) => OF_LSTM,
            (None, Some(_)) => OF_GRU,
            _ => {
                let text = format!("expected LSTM, GRU or Bidirectional, got {}", layer.class_name());
                return Err(Error::argument(name_of(layer), text));
            }
        };
        let variables = layer.variables();
        let [kernel, recurrent_kernel, bias @ ..] = variables.as_slice() else {
            return Err(Error::state(name_of(layer), "the layer has no weights yet; build the model first"));
        };
        let columns = kernel.shape()[1];
        filled.push((kernel.clone(), self.matrix(gates, &format!("weight_ih_{suffix}"), columns)?));
        filled.push((recurrent_kernel.clone(), self.matrix(gates, &format!("weight_hh_{suffix}"), columns)?));
        if let Some(bias) = bias.first() {
            let [input, recurrent] =
                ["ih", "hh"].map(|part| self.vector(gates, &format!("bias_{part}_{suffix}"), columns));
            let (input, recurrent) = (input?, recurrent?);
            let values = match bias.shape().len() {
                1 if gates.0.len() == 4 => input + recurrent,
                2 => joined(stack(Axis(0), &[input.view(), recurrent.view()]))?,
                _ => {
                    let text = "PyTorch's GRU has two biases; make the layer with `reset_after(true)`";
                    return Err(Error::argument(name_of(layer), text));
                }
            };
            filled.push((bias.clone(), values));
        }
        Ok(())
    }

    /// `[gates · units, n]` as `[n, gates · units]`, the gates in the order of this library.
    fn matrix(&mut self, gates: Gates, name: &str, columns: usize) -> Result<ArrayD<f32>> {
        let array = self.take(name, 2, columns)?;
        let array = gates.arranged(&array)?;
        let matrix = array.into_dimensionality::<Ix2>().map_err(|error| Error::format(name, error))?;
        Ok(matrix.reversed_axes().as_standard_layout().into_owned().into_dyn())
    }

    fn vector(&mut self, gates: Gates, name: &str, columns: usize) -> Result<ArrayD<f32>> {
        gates.arranged(&self.take(name, 1, columns)?)
    }

    fn take(&mut self, name: &str, rank: usize, rows: usize) -> Result<ArrayD<f32>> {
        let full = format!("{}{name}", self.prefix);
        let subject = format!("weight \"{full}\"");
        let view =
            self.tensors.tensor(&full).map_err(|_| Error::format(&subject, "it is not in the file"))?;
        if view.dtype() != Dtype::F32 || view.shape().len() != rank || view.shape()[0] != rows {
            let expected = if rank == 2 { format!("[{rows}, …]") } else { format!("[{rows}]") };
            let text = format!("expected F32 {expected}, got {:?} {:?}", view.dtype(), view.shape());
            return Err(Error::format(subject, text));
        }
        self.used.push(full);
        array(&subject, &view)
    }

    /// Refuses weights of the stack that no layer has taken.
    fn check_rest(&self) -> Result<()> {
        let stems = ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l", "weight_hr_l"];
        let is_of_stack = |name: &&str| {
            let own = name.strip_prefix(self.prefix);
            own.is_some_and(|own| stems.iter().any(|stem| own.starts_with(stem)))
        };
        let mut names = self.tensors.names();
        names.sort_unstable();
        let left =
            names.into_iter().filter(is_of_stack).find(|name| !self.used.iter().any(|used| used == name));
        match left {
            Some(name) => Err(Error::format(format!("weight \"{name}\""), "no layer was given for it")),
            None => Ok(()),
        }
    }
}

impl Gates {
    /// The blocks of rows in the order of this library.
    fn arranged(self, array: &ArrayD<f32>) -> Result<ArrayD<f32>> {
        let units = array.shape()[0] / self.0.len();
        let block = |gate: &usize| array.slice_axis(Axis(0), (gate * units..(gate + 1) * units).into());
        let blocks: Vec<_> = self.0.iter().map(block).collect();
        joined(concatenate(Axis(0), &blocks))
    }
}

fn joined(result: Result<ArrayD<f32>, ndarray::ShapeError>) -> Result<ArrayD<f32>> {
    result.map_err(|error| Error::format("weights", error))
}

#[cfg(test)]
mod tests;
