//! A training that can go on: weights and the optimizer's state, in a `.safetensors` file.
//!
//! ```text
//! "__metadata__"      {"format": "gatewise training state", "version": "1", "epoch": epochs that are done}
//! "weight.<number>"   F32, in the order of `get_weights`
//! "state.<number>"    F32, or U64 without axes for a count, in the order of the optimizer's state
//! ```

use std::collections::HashMap;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::write_atomically;
use crate::error::{Error, Result};
use crate::optimizers::OptimizerValue;

/// What a training needs to go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TrainingState {
    /// Epochs that are done.
    pub epoch: usize,
    /// In the order of `get_weights`.
    pub weights: Vec<ArrayD<f32>>,
    /// In the order of the optimizer's state.
    pub optimizer: Vec<OptimizerValue>,
}

const FORMAT: &str = "gatewise training state";
const VERSION: &str = "1";

type Encoded = (String, Dtype, Vec<usize>, Vec<u8>);

impl TrainingState {
    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the message names it.
    pub fn save(&self, path: &Path) -> Result<()> {
        let array = |name: String, array: &ArrayD<f32>| -> Encoded {
            (name, Dtype::F32, array.shape().to_vec(), array.iter().flat_map(|x| x.to_le_bytes()).collect())
        };
        let weights = self.weights.iter().enumerate().map(|(n, weight)| array(format!("weight.{n}"), weight));
        let state = self.optimizer.iter().enumerate().map(|(n, value)| match value {
            OptimizerValue::Array(values) => array(format!("state.{n}"), values),
            OptimizerValue::Integer(count) => {
                (format!("state.{n}"), Dtype::U64, Vec::new(), count.to_le_bytes().to_vec())
            }
        });
        let encoded: Vec<Encoded> = weights.chain(state).collect();
        let texts = [("format", FORMAT), ("version", VERSION), ("epoch", &self.epoch.to_string())];
        let texts: HashMap<String, String> =
            texts.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let wrong = |error| Error::format(path.display(), error);
        let mut views = Vec::new();
        for (name, dtype, shape, bytes) in &encoded {
            views.push((name.clone(), TensorView::new(*dtype, shape.clone(), bytes).map_err(wrong)?));
        }
        write_atomically(path, &safetensors::serialize(views, Some(texts)).map_err(wrong)?)
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// If it cannot be read or is damaged; the message names it.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, &error))?;
        parse(&bytes).map_err(|text| Error::format(path.display(), text))
    }
}

fn parse(bytes: &[u8]) -> Result<TrainingState, String> {
    let not_ours = |error| format!("not a safetensors file: {error}");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_ours)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_ours)?;
    let text = |key: &str| header.metadata().as_ref().and_then(|texts| texts.get(key)).map(String::as_str);
    if text("format") != Some(FORMAT) || text("version") != Some(VERSION) {
        return Err(format!("expected a {FORMAT} of version {VERSION}"));
    }
    let epoch =
        text("epoch").and_then(|epoch| epoch.parse().ok()).ok_or("expected an epoch in the metadata")?;
    let weights = numbered(&tensors, "weight")?.into_iter().map(|value| match value {
        OptimizerValue::Array(array) => Ok(array),
        OptimizerValue::Integer(_) => Err("expected weights of type F32".to_owned()),
    });
    let weights = weights.collect::<Result<Vec<_>, _>>()?;
    let optimizer = numbered(&tensors, "state")?;
    if weights.len() + optimizer.len() != tensors.len() {
        return Err("expected weights and states that are numbered from 0 and nothing else".to_owned());
    }
    Ok(TrainingState { epoch, weights, optimizer })
}

/// The tensors of a kind, from number 0 on.
fn numbered(tensors: &SafeTensors<'_>, kind: &str) -> Result<Vec<OptimizerValue>, String> {
    let views = (0..).map_while(|number| tensors.tensor(&format!("{kind}.{number}")).ok());
    views.map(|view| value(&view)).collect()
}

fn value(view: &TensorView<'_>) -> Result<OptimizerValue, String> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => {
            let numbers = data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            let array = ArrayD::from_shape_vec(IxDyn(view.shape()), numbers.collect());
            array.map(OptimizerValue::Array).map_err(|error| error.to_string())
        }
        Dtype::U64 if view.shape().is_empty() => {
            let bytes = data.try_into().map_err(|_| "expected a count of eight bytes".to_owned())?;
            Ok(OptimizerValue::Integer(u64::from_le_bytes(bytes)))
        }
        other => Err(format!("expected numbers of type F32 or a count of type U64, got {other:?}")),
    }
}

#[cfg(test)]
mod tests;
