//! Where Keras keeps the weights of a layer in a file.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Layer, name_of};
use crate::serialization::snake_case;
use crate::variable::Variable;

/// The weights of a layer as Keras's files arrange them: its own, and those of the objects inside it.
///
/// In a file each of the own weights is at `vars/0`, `vars/1`, …, and a part is a group with the name of the
/// attribute that holds it in Keras, such as `cell` or `forward_layer`.
#[derive(Debug, Clone, Default)]
pub struct WeightTree {
    /// The name of the layer or part.
    pub name: String,
    /// Its own weights, those that are trained first.
    pub weights: Vec<Variable>,
    /// The parts with their places, such as `cell` or `layers/lstm_1`.
    pub parts: Vec<(String, WeightTree)>,
}

impl WeightTree {
    /// The tree of a layer that has its weights itself.
    pub fn leaf(layer: &(impl Layer + ?Sized)) -> Self {
        Self { name: name_of(layer), weights: layer.variables(), parts: Vec::new() }
    }

    /// The tree of a layer that has one other inside, in the attribute `place`.
    pub fn around(layer: &(impl Layer + ?Sized), place: &str, part: Self) -> Self {
        Self { name: name_of(layer), weights: Vec::new(), parts: vec![(place.to_owned(), part)] }
    }

    /// The tree of a layer that has a list of others inside, in the attribute `place`: each is named by its class, with
    /// a number from the second of a class on.
    pub fn list<'a>(
        layer: &(impl Layer + ?Sized),
        place: &str,
        parts: impl IntoIterator<Item = &'a Arc<dyn Layer>>,
    ) -> Self {
        let mut tree = Self { name: name_of(layer), ..Self::default() };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for part in parts {
            let class = snake_case(part.class_name());
            let count = counts.entry(class.clone()).or_default();
            let number = if *count == 0 { String::new() } else { format!("_{count}") };
            *count += 1;
            tree.parts.push((format!("{place}/{class}{number}"), part.weight_tree()));
        }
        tree
    }
}

#[cfg(test)]
mod tests;
