//! The weights of a model in an HDF5 file of Keras 3 or of Keras 2.12 and later: `model.weights.h5` inside of a `.keras`
//! file, or a `.weights.h5` file.
//!
//! ```text
//! layers/lstm/vars                  @name "encoder"      one group a layer: its class, and a number from the second on
//! layers/lstm/cell/vars             @name "lstm_cell"    the attribute that holds the part with the weights
//! layers/lstm/cell/vars/0           [features, 4 units]  weights by their numbers
//! layers/lstm/cell/vars/1, …
//! layers/sequential/layers/dense/…                       a model inside
//! optimizer/vars                    @name "adam"         iteration, learning rate, slots
//! vars                              @name "sequential"   the model itself
//! ```
//!
//! Paths come from classes and attributes, never from the names that the user gave.

use std::collections::{BTreeMap, BTreeSet};

use super::h5::{Array, Attribute, ElementType, Node, Tree};
use crate::error::{Error, Result};
use crate::layers::WeightTree;
use crate::variable::Variable;

/// Groups whose arrays are not weights of layers.
const BESIDE_LAYERS: [&str; 2] = ["optimizer/", "metrics/"];

/// The name of `layers` in files of Keras 2.12.
const OLD_LAYERS: &str = "_layer_checkpoint_dependencies";

const ATTENTION_PARTS: [&str; 4] = ["query_dense", "key_dense", "value_dense", "output_dense"];

/// Weights with the arrays that fill them.
pub struct Found<'a>(Vec<(Variable, &'a Array)>);

/// Writes the weights of a tree.
pub fn write(file: &mut Node, tree: &WeightTree) {
    write_part(file, "", tree, &mut BTreeSet::new());
}

fn write_part(file: &mut Node, place: &str, tree: &WeightTree, written: &mut BTreeSet<u64>) {
    let group = join(place, "vars");
    let is_new = |variable: &&Variable| !written.contains(&variable.id());
    // Keras writes an object that is at two places only at the first.
    if !tree.weights.is_empty() && !tree.weights.iter().any(|variable| is_new(&variable)) {
        return;
    }
    file.group(&group).set("name", Attribute::Text(tree.name.clone()));
    for (number, variable) in tree.weights.iter().enumerate() {
        put(file, &format!("{group}/{number}"), variable);
        written.insert(variable.id());
    }
    for (part, tree) in &tree.parts {
        write_part(file, &join(place, part), tree, written);
    }
}

/// The arrays of all weights of a tree, checked but not read.
///
/// # Errors
/// If a weight is not in the file, or has another shape or type, or an array belongs to none; the message names it.
pub fn find<'a>(file: &'a Tree, tree: &WeightTree) -> Result<Found<'a>> {
    let mut finder = Finder { file, found: BTreeMap::new(), order: Vec::new(), used: BTreeSet::new() };
    finder.part("", tree)?;
    let is_left = |path: &&str| {
        !finder.used.contains(*path) && !BESIDE_LAYERS.iter().any(|group| path.starts_with(group))
    };
    if let Some(path) = file.arrays().find(is_left) {
        return Err(Error::format(format!("array \"{path}\""), "the model has no weight for it"));
    }
    Ok(Found(finder.order))
}

struct Finder<'a> {
    file: &'a Tree,
    found: BTreeMap<u64, String>,
    order: Vec<(Variable, &'a Array)>,
    used: BTreeSet<String>,
}

impl Finder<'_> {
    fn part(&mut self, place: &str, tree: &WeightTree) -> Result<()> {
        for (number, variable) in tree.weights.iter().enumerate() {
            let path = self.path(place, number);
            match (self.file.array(&path), self.found.get(&variable.id())) {
                (Some(array), _) => {
                    check(&path, variable, array)?;
                    if self.found.insert(variable.id(), path.clone()).is_none() {
                        self.order.push((variable.clone(), array));
                    }
                    self.used.insert(path);
                }
                // A layer that was met before at another place.
                (None, Some(_)) => {}
                (None, None) => {
                    let text = format!("it is not in the file, where it would be \"{path}\"");
                    return Err(Error::format(format!("weight \"{}\"", variable.path()), text));
                }
            }
        }
        tree.parts.iter().try_for_each(|(part, tree)| self.part(&join(place, part), tree))
    }

    fn path(&self, place: &str, number: usize) -> String {
        let path = format!("{}/{number}", join(place, "vars"));
        let old = path.replace("layers/", &format!("{OLD_LAYERS}/"));
        // Before they had names of their own, the parts of an attention layer were private attributes.
        let private = ATTENTION_PARTS
            .iter()
            .fold(path.clone(), |path, part| path.replace(&format!("/{part}/"), &format!("/_{part}/")));
        let is_there = |path: &&String| self.file.array(path).is_some();
        [&path, &old, &private].into_iter().find(is_there).unwrap_or(&path).clone()
    }
}

/// Writes one weight.
pub fn put(file: &mut Node, path: &str, variable: &Variable) {
    let numbers = variable.read().clone();
    if is_count(variable) {
        file.integer(path, numbers.first().copied().unwrap_or_default() as i64);
    } else {
        file.numbers(path, variable.shape(), numbers);
    }
}

/// Whether a weight is the only one that Keras keeps as a whole number: the `count` of `Normalization`.
fn is_count(variable: &Variable) -> bool {
    variable.shape().is_empty() && !variable.is_trainable() && variable.path().ends_with("/count")
}

/// Checks that an array has the type and the shape of a weight.
pub fn check(path: &str, variable: &Variable, array: &Array) -> Result<()> {
    let (element, shape) = (array.element_type()?, array.shape()?);
    let expected: Vec<u64> = variable.shape().iter().map(|&size| size as u64).collect();
    let is_right = element == ElementType::Float32 || is_count(variable) && element == ElementType::Integer;
    if is_right && shape == expected {
        return Ok(());
    }
    let element = match element {
        ElementType::Float32 => "float32".to_owned(),
        ElementType::Integer => "integers".to_owned(),
        ElementType::Other(text) => text,
    };
    let text = format!("expected float32 {expected:?}, got {element} {shape:?} at \"{path}\"");
    Err(Error::format(format!("weight \"{}\"", variable.path()), text))
}

impl Found<'_> {
    /// Fills the weights of a fresh model, which nobody uses yet.
    ///
    /// # Errors
    /// If the file is damaged; some weights are filled then.
    pub fn fill(&self) -> Result<()> {
        self.0.iter().try_for_each(|(variable, array)| array.read(&mut variable.write()))
    }

    /// Replaces the weights of a model in use.
    ///
    /// # Errors
    /// If the file is damaged; no weight is changed then.
    pub fn replace(&self) -> Result<()> {
        let mut all = Vec::new();
        for (variable, array) in &self.0 {
            let mut numbers = vec![0.0; variable.len()];
            array.read(&mut numbers)?;
            all.push(numbers);
        }
        self.0.iter().zip(all).for_each(|((variable, _), numbers)| *variable.write() = numbers);
        Ok(())
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") }
}

#[cfg(test)]
mod tests;
