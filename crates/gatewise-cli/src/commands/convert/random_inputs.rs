//! Inputs that a model can be run on.

use gatewise::Model;
use gatewise::ndarray::{ArrayD, IxDyn};
use gatewise::random::{RandomKey, normal_into, uniform_into};
use serde_json::Value as Json;

/// Samples, where the model does not fix their number.
const SAMPLES: usize = 2;

/// The size of other axes that the model leaves open.
const OPEN: usize = 5;

/// One array for each input: normal numbers, or tokens where a layer of the model looks them up.
pub fn of(model: &Model) -> Vec<ArrayD<f32>> {
    let tokens = tokens(&model.get_config());
    let shapes = model.inputs().iter().map(|input| {
        let sizes = input.shape().dims().iter().enumerate();
        sizes.map(|(axis, size)| size.unwrap_or(if axis == 0 { SAMPLES } else { OPEN })).collect::<Vec<_>>()
    });
    shapes.enumerate().map(|(stream, shape)| array(&shape, stream as u64, tokens)).collect()
}

fn array(shape: &[usize], stream: u64, tokens: Option<u64>) -> ArrayD<f32> {
    let key = RandomKey { seed: 0, stream, step: 0 };
    let mut array = ArrayD::zeros(IxDyn(shape));
    if let Some(numbers) = array.as_slice_mut() {
        match tokens {
            Some(tokens) => {
                uniform_into(key, 0, numbers);
                numbers.iter_mut().for_each(|number| *number = (*number * tokens as f32).floor());
            }
            None => normal_into(key, 0, numbers),
        }
    }
    array
}

/// The number of tokens that every layer knows which looks them up; `None` without one.
fn tokens(config: &Json) -> Option<u64> {
    let argument = match config.get("class_name").and_then(Json::as_str) {
        Some("Embedding") => Some("input_dim"),
        Some("CategoryEncoding") => Some("num_tokens"),
        _ => None,
    };
    let own = argument.and_then(|argument| config.get("config")?.get(argument)?.as_u64());
    let inner: Box<dyn Iterator<Item = &Json>> = match config {
        Json::Array(list) => Box::new(list.iter()),
        Json::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    };
    inner.filter_map(tokens).chain(own).min()
}
