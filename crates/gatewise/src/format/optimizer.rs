//! The state of an optimizer in an HDF5 file.
//!
//! ```text
//! optimizer/vars           @name "adam"
//! optimizer/vars/0         the iteration, a whole number
//! optimizer/vars/1         the learning rate, unless it follows a schedule; not in files of Keras 2
//! optimizer/vars/2, …      the arrays of the optimizer
//! ```

use ndarray::{ArrayD, IxDyn};

use super::convert::Converter;
use super::h5::{Array, Attribute, ElementType, Node, Tree};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::optimizers::OptimizerValue;
use crate::serialization::snake_case;

const GROUP: &str = "optimizer/vars";

/// Optimizers whose arrays Keras 2, from 2.11 on, kept in the order of today.
const SAME_IN_KERAS_2: [&str; 6] = ["Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Adadelta"];

/// Writes the state of a model's optimizer, if it is compiled.
pub fn write(file: &mut Node, model: &Model) {
    let (Some(optimizer), Ok(state)) = (model.optimizer(), model.optimizer_variables()) else { return };
    file.group(GROUP).set("name", Attribute::Text(snake_case(optimizer.class_name())));
    for (number, variable) in state.iter().enumerate() {
        let path = format!("{GROUP}/{number}");
        match &variable.value {
            OptimizerValue::Integer(count) => file.integer(&path, i64::try_from(*count).unwrap_or(i64::MAX)),
            OptimizerValue::Array(array) => {
                file.numbers(&path, array.shape(), array.iter().copied().collect());
            }
        }
    }
}

/// Reads the state of the optimizer of a compiled model.
///
/// # Errors
/// If the arrays in the file are not those of the optimizer.
pub fn read(file: &Tree, model: &mut Model, converter: &mut Converter) -> Result<()> {
    let prefix = format!("{GROUP}/");
    let count = file.arrays().filter(|path| path.starts_with(&prefix)).count();
    let arrays = (0..count).map(|number| {
        let path = format!("{GROUP}/{number}");
        file.array(&path).ok_or_else(|| Error::format(path, "it is not in the file"))
    });
    set(model, &arrays.collect::<Result<Vec<_>>>()?, converter)
}

/// Gives arrays in Keras's order to the optimizer of a compiled model.
///
/// # Errors
/// If they are not those of the optimizer.
pub fn set(model: &mut Model, arrays: &[&Array], converter: &mut Converter) -> Result<()> {
    if arrays.is_empty() {
        return Ok(());
    }
    let class = model.optimizer().map(|optimizer| optimizer.class_name().to_owned()).unwrap_or_default();
    if converter.major() < 3 && !SAME_IN_KERAS_2.contains(&class.as_str()) {
        converter.note(format!("the state of the optimizer {class} is not read; it starts anew"));
        return Ok(());
    }
    if arrays.len() > 2 {
        model.build_optimizer()?;
    }
    let expected = model.optimizer_variables()?;
    // Sizes come from the optimizer, not from the file.
    let mut values = Vec::new();
    let mut rest = arrays.iter();
    for (index, kept) in expected.iter().enumerate() {
        let is_left_out = index == 1 && kept.name == "learning_rate" && arrays.len() + 1 == expected.len();
        if is_left_out {
            values.push(kept.value.clone());
            continue;
        }
        let Some(array) = rest.next() else { break };
        values.push(value(&kept.name, &kept.value, array)?);
    }
    if values.len() != expected.len() || rest.next().is_some() {
        let text = format!(
            "expected {} arrays of the optimizer {class}, got {}; load with compile off to do without them",
            expected.len(),
            arrays.len()
        );
        return Err(Error::format("optimizer", text));
    }
    model.set_optimizer_variables(&values)
}

/// A value of the kind and shape of another.
fn value(name: &str, like: &OptimizerValue, array: &Array) -> Result<OptimizerValue> {
    let wrong = |text: String| Error::format(format!("optimizer variable \"{name}\""), text);
    match like {
        OptimizerValue::Integer(_) => {
            let count = array.integer()?;
            u64::try_from(count).map(OptimizerValue::Integer).map_err(|_| wrong(format!("got {count}")))
        }
        OptimizerValue::Array(like) => {
            let (element, shape) = (array.element_type()?, array.shape()?);
            let expected: Vec<u64> = like.shape().iter().map(|&size| size as u64).collect();
            if element != ElementType::Float32 || shape != expected {
                return Err(wrong(format!("expected float32 {expected:?}, got {element:?} {shape:?}")));
            }
            let mut numbers = vec![0.0; like.len()];
            array.read(&mut numbers)?;
            let array = ArrayD::from_shape_vec(IxDyn(like.shape()), numbers);
            array.map(OptimizerValue::Array).map_err(|error| wrong(error.to_string()))
        }
    }
}
