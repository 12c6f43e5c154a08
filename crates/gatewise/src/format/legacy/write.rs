//! Writing in the form of Keras 3.

use serde_json::json;

use super::super::h5::{Attribute, Node};
use super::super::keras::KERAS_VERSION;
use super::super::weights;
use super::in_order;
use crate::error::{Error, Result};
use crate::layers::name_of;
use crate::model::Model;
use crate::optimizers::OptimizerValue;
use crate::serialization::snake_case;

/// An attribute takes as many bytes at most, that of a list of texts 16 for each.
const MOST_NAMES: usize = 4000;

/// The bytes of a file.
///
/// # Errors
/// If a layer has more weights than the format has names for.
pub fn write(model: &Model) -> Result<Vec<u8>> {
    let mut file = Node::default();
    let envelope = model.to_envelope();
    let config = json!({"class_name": envelope["class_name"], "config": envelope["config"]});
    file.set("keras_version", Attribute::Text(KERAS_VERSION.into()));
    file.set("backend", Attribute::Text("tensorflow".into()));
    file.set("model_config", Attribute::Bytes(config.to_string()));
    let root = file.group("model_weights");
    let names: Vec<String> = model.layers().iter().map(|layer| name_of(&**layer)).collect();
    check_count("layers", names.len())?;
    root.set("layer_names", Attribute::List(names));
    root.set("backend", Attribute::Bytes("tensorflow".into()));
    root.set("keras_version", Attribute::Bytes(KERAS_VERSION.into()));
    root.group("top_level_model_weights").set("weight_names", Attribute::List(Vec::new()));
    for layer in model.layers() {
        let group = root.group(&name_of(&**layer));
        let mut names: Vec<String> = Vec::new();
        for variable in in_order(&**layer) {
            let path = format!("{}/{}", model.name(), variable.path());
            let count = names.iter().filter(|known| known.starts_with(&path)).count();
            let name = if count == 0 { path } else { format!("{path}#{count}") };
            weights::put(group, &name, &variable);
            names.push(name);
        }
        check_count(&name_of(&**layer), names.len())?;
        group.set("weight_names", Attribute::List(names));
    }
    if let Some(mut compiled) = model.get_compile_config()? {
        let optimizer =
            compiled.as_object_mut().and_then(|fields| fields.remove("optimizer")).unwrap_or_default();
        compiled["optimizer_config"] =
            json!({"class_name": optimizer["class_name"], "config": optimizer["config"]});
        file.set("training_config", Attribute::Bytes(compiled.to_string()));
        write_optimizer(&mut file, model)?;
    }
    file.into_file()
}

fn write_optimizer(file: &mut Node, model: &Model) -> Result<()> {
    let Some(optimizer) = model.optimizer() else { return Ok(()) };
    let prefix = snake_case(optimizer.class_name());
    let group = file.group("optimizer_weights");
    let mut names = Vec::new();
    for (number, kept) in model.optimizer_variables()?.into_iter().enumerate() {
        // Two models inside may have weights of one name.
        let mut name = format!("{prefix}/{}", kept.name);
        if names.contains(&name) {
            name = format!("{name}#{number}");
        }
        match kept.value {
            OptimizerValue::Integer(count) => group.integer(&name, i64::try_from(count).unwrap_or(i64::MAX)),
            OptimizerValue::Array(array) => {
                group.numbers(&name, array.shape(), array.iter().copied().collect());
            }
        }
        names.push(name);
    }
    check_count("optimizer", names.len())?;
    group.set("weight_names", Attribute::List(names));
    Ok(())
}

fn check_count(what: &str, count: usize) -> Result<()> {
    if count <= MOST_NAMES {
        return Ok(());
    }
    let text = format!("an `.h5` file has names for {MOST_NAMES} at most, got {count}; use `.keras`");
    Err(Error::unsupported(what, text))
}
