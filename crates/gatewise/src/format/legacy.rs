//! Whole models in `.h5` files, of Keras 3, tf.keras 2, Keras 2 and, where only names differ, Keras 1.
//!
//! ```text
//! @keras_version @backend  @model_config (JSON)  @training_config (JSON, if the model was compiled)
//! model_weights            @layer_names: the layers in order
//! model_weights/<layer>    @weight_names: paths of the arrays under it, those that are trained first
//! optimizer_weights        @weight_names: the state of the optimizer
//! ```
//!
//! A file with weights alone has what is in `model_weights` at its root. Weights are matched by their order: layers that
//! own none are passed over.

use super::convert::Converter;
use super::h5::{Array, Tree};
use super::load::{FileFormat, Load, LoadReport, Loaded, budget, compile};
use super::{json, optimizer, weights};
use crate::error::{Error, Result};
use crate::layers::{Layer, name_of};
use crate::model::Model;
use crate::variable::Variable;

mod cells;
mod write;

pub use write::write;

/// Reads a model.
///
/// # Errors
/// If the file is damaged, or the model cannot be made and filled whole.
pub fn read(bytes: Vec<u8>, load: &Load) -> Result<Loaded> {
    let size = bytes.len() as u64;
    let file = Tree::open(bytes)?;
    let config = file.text("", "model_config")?.ok_or_else(|| {
        let text =
            "there is no `model_config`; the file has weights alone, give them to a model by `load_weights`";
        Error::format("HDF5", text)
    })?;
    let version = version(&file)?;
    let mut converter = Converter::new(version.as_deref());
    let config = converter.model(json::parse("model_config", config.as_bytes())?)?;
    let mut model = budget(size, || Model::from_envelope(&config))?;
    find(&file, &model, &mut converter)?.into_iter().try_for_each(|filling| filling.fill())?;
    if load.compile
        && let Some(compiled) = file.text("", "training_config")?
    {
        let compiled = json::parse("training_config", compiled.as_bytes())?;
        compile(&mut model, compiled, &mut converter)?;
        read_optimizer(&file, &mut model, &mut converter)?;
    }
    let writer = version.map_or_else(|| "Keras 1".to_owned(), |version| format!("Keras {version}"));
    let report = LoadReport {
        writer: Some(writer),
        conversions: converter.into_notes(),
        ..LoadReport::new(FileFormat::H5)
    };
    Ok(Loaded { model, report })
}

/// Replaces the weights of a model in use; none has changed if there is an error.
///
/// # Errors
/// If the weights in the file are not those of the model.
pub fn read_weights(file: &Tree, model: &Model) -> Result<()> {
    let mut converter = Converter::new(version(file)?.as_deref());
    let fillings = find(file, model, &mut converter)?;
    let numbers = fillings.iter().map(Filling::numbers).collect::<Result<Vec<_>>>()?;
    fillings.iter().zip(numbers).for_each(|(filling, numbers)| *filling.variable.write() = numbers);
    Ok(())
}

/// Whether a file is of this form.
pub fn is_legacy(file: &Tree) -> Result<bool> {
    Ok(file.texts(group(file), "layer_names")?.is_some())
}

/// The version of Keras that wrote the file.
fn version(file: &Tree) -> Result<Option<String>> {
    let own = file.text("", "keras_version")?;
    if own.is_some() { Ok(own) } else { file.text(group(file), "keras_version") }
}

/// The group of the weights.
fn group(file: &Tree) -> &'static str {
    if file.has_group("model_weights") { "model_weights" } else { "" }
}

/// A weight with what fills it.
struct Filling<'a> {
    variable: Variable,
    source: Source<'a>,
}

enum Source<'a> {
    Array(&'a Array),
    /// Numbers that were arranged anew.
    Numbers(Vec<f32>),
}

impl Filling<'_> {
    fn fill(self) -> Result<()> {
        match self.source {
            Source::Array(array) => array.read(&mut self.variable.write()),
            Source::Numbers(numbers) => {
                *self.variable.write() = numbers;
                Ok(())
            }
        }
    }

    fn numbers(&self) -> Result<Vec<f32>> {
        match &self.source {
            Source::Array(array) => {
                let mut numbers = vec![0.0; self.variable.len()];
                array.read(&mut numbers)?;
                Ok(numbers)
            }
            Source::Numbers(numbers) => Ok(numbers.clone()),
        }
    }
}

/// The arrays of all weights, each checked.
fn find<'a>(file: &'a Tree, model: &Model, converter: &mut Converter) -> Result<Vec<Filling<'a>>> {
    let root = group(file);
    let names = file.texts(root, "layer_names")?.ok_or_else(|| {
        Error::format("HDF5", "there is no `layer_names`; it is not a file of weights by layers")
    })?;
    let mut saved: Vec<(String, Vec<(String, &Array)>)> = Vec::new();
    for name in names {
        let arrays = arrays(file, &join(root, &name))?;
        if !arrays.is_empty() {
            saved.push((name, arrays));
        }
    }
    let layers: Vec<_> = model.layers().iter().filter(|layer| !layer.variables().is_empty()).collect();
    if layers.len() != saved.len() {
        let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "expected weights of {} layers, got {} ({})",
            layers.len(),
            saved.len(),
            names.join(", ")
        );
        return Err(Error::format("model_weights", text));
    }
    let mut fillings = Vec::new();
    for (layer, (name, arrays)) in layers.into_iter().zip(saved) {
        fill_layer(&**layer, &name, arrays, converter, &mut fillings)?;
    }
    Ok(fillings)
}

/// The arrays that a group lists, with their paths.
fn arrays<'a>(file: &'a Tree, group: &str) -> Result<Vec<(String, &'a Array)>> {
    let names = file.texts(group, "weight_names")?.unwrap_or_default();
    let find = |name: String| {
        let path = join(group, &name);
        let array = file.array(&path);
        array.map(|array| (path.clone(), array)).ok_or_else(|| {
            Error::format(format!("array \"{path}\""), "it is listed in `weight_names` and not in the file")
        })
    };
    names.into_iter().map(find).collect()
}

fn fill_layer<'a>(
    layer: &dyn Layer,
    name: &str,
    arrays: Vec<(String, &'a Array)>,
    converter: &mut Converter,
    fillings: &mut Vec<Filling<'a>>,
) -> Result<()> {
    if let Some(arranged) = cells::arrange(layer, &arrays, converter)? {
        fillings.extend(arranged);
        return Ok(());
    }
    let variables = in_order(layer);
    if variables.len() != arrays.len() {
        let text = format!(
            "expected {} weights for the layer \"{}\", got {} in the group \"{name}\"",
            variables.len(),
            name_of(layer),
            arrays.len()
        );
        return Err(Error::format("model_weights", text));
    }
    for (variable, (path, array)) in variables.into_iter().zip(arrays) {
        weights::check(&path, &variable, array)?;
        fillings.push(Filling { variable, source: Source::Array(array) });
    }
    Ok(())
}

/// Gives the state in the file to the optimizer.
fn read_optimizer(file: &Tree, model: &mut Model, converter: &mut Converter) -> Result<()> {
    let arrays = arrays(file, "optimizer_weights")?;
    let is_before_2_11 = arrays.first().is_some_and(|(path, _)| path.ends_with("/iter:0"));
    let mut list: Vec<&Array> = arrays.iter().map(|(_, array)| *array).collect();
    if is_before_2_11 {
        let moments = list.split_off(1);
        let is_adam = model.optimizer().is_some_and(|optimizer| optimizer.class_name() == "Adam");
        if !is_adam || moments.len() != 2 * model.variables().len() {
            converter.note("the state of the optimizer is not read; it starts anew");
            return Ok(());
        }
        // All first moments, then all second ones; today those of each weight stand together.
        let (first, second) = moments.split_at(moments.len() / 2);
        list.extend(first.iter().zip(second).flat_map(|(m, v)| [*m, *v]));
        converter.note("the state of Adam of TensorFlow 2.10 and earlier put into the order of today");
    }
    optimizer::set(model, &list, converter)
}

/// The weights of a layer in the order of these files: all that are trained, then all others.
pub(super) fn in_order(layer: &dyn Layer) -> Vec<Variable> {
    let mut halves = [Vec::new(), Vec::new()];
    collect(layer, false, &mut halves);
    halves.concat()
}

fn collect(layer: &dyn Layer, is_frozen: bool, halves: &mut [Vec<Variable>; 2]) {
    let is_frozen = is_frozen || !layer.base().is_trainable();
    let inner = layer.sublayers();
    let of_inner: usize = inner.iter().map(|layer| layer.variables().len()).sum();
    if of_inner > 0 && of_inner >= layer.variables().len() {
        inner.iter().for_each(|layer| collect(&**layer, is_frozen, halves));
        return;
    }
    for variable in layer.variables() {
        let half = &mut halves[usize::from(is_frozen || !variable.is_trainable())];
        if half.iter().all(|known| known.id() != variable.id()) {
            half.push(variable);
        }
    }
}

fn join(group: &str, name: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") }
}

#[cfg(test)]
mod tests;
