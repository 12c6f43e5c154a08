//! The order of layer calls and of layers, which weights and summaries follow: that of Keras's `map_graph`.

use std::sync::Arc;

use crate::functional::{KerasTensor, Node};
use crate::layers::Layer;

/// What a search from the outputs has found.
#[derive(Default)]
pub(super) struct Search {
    /// The calls on the way from the inputs to the outputs, each after those that it needs.
    pub nodes: Vec<Arc<Node>>,
    /// The layers in the order in which they were met.
    met: Vec<Arc<dyn Layer>>,
}

/// Searches depth first from the outputs. The producer of an input that is not an input layer lies outside.
pub(super) fn search(inputs: &[KerasTensor], outputs: &[KerasTensor]) -> Search {
    let mut found = Search::default();
    // An own stack: a graph may be deeper than the stack of a thread.
    let mut stack: Vec<(KerasTensor, bool)> =
        outputs.iter().rev().map(|output| (output.clone(), false)).collect();
    while let Some((tensor, needed_are_done)) = stack.pop() {
        let node = &tensor.node;
        if found.nodes.iter().any(|known| Arc::ptr_eq(known, node)) || is_outside(inputs, &tensor) {
            continue;
        }
        if needed_are_done {
            found.nodes.push(Arc::clone(node));
            continue;
        }
        if !is_among(&node.layer, &found.met) {
            found.met.push(Arc::clone(&node.layer));
        }
        stack.push((tensor.clone(), true));
        stack.extend(needed(node).rev().map(|needed| (needed.clone(), false)));
    }
    found
}

/// What a call needs, in the order of its arguments.
fn needed(node: &Node) -> impl DoubleEndedIterator<Item = &KerasTensor> {
    node.inputs.iter().chain(&node.options.mask)
}

fn is_outside(inputs: &[KerasTensor], tensor: &KerasTensor) -> bool {
    !tensor.node.is_input() && inputs.iter().any(|input| input.is_same(tensor))
}

fn is_among(layer: &Arc<dyn Layer>, layers: &[Arc<dyn Layer>]) -> bool {
    layers.iter().any(|known| Arc::ptr_eq(known, layer))
}

impl Search {
    /// All layers, those of the inputs too: farthest from the outputs first, then in the order of meeting.
    pub fn layers(&self, inputs: &[KerasTensor]) -> Vec<Arc<dyn Layer>> {
        // An input that no output needs stands before the layers of distance 0, as in Keras.
        let unused = inputs.iter().filter(|input| input.node.is_input()).map(|input| &input.node.layer);
        let unused = unused.filter(|layer| !is_among(layer, &self.met)).map(|layer| (0, layer));
        let distances = self.distances();
        let mut all: Vec<(usize, &Arc<dyn Layer>)> =
            unused.chain(distances.into_iter().zip(&self.met)).collect();
        all.sort_by_key(|(distance, _)| std::cmp::Reverse(*distance));
        all.into_iter().map(|(_, layer)| Arc::clone(layer)).collect()
    }

    /// The most calls between each layer that was met and an output.
    fn distances(&self) -> Vec<usize> {
        let mut of_layers = vec![0; self.met.len()];
        let mut of_nodes = vec![0; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().rev() {
            let layer = self.met.iter().position(|layer| Arc::ptr_eq(layer, &node.layer));
            let layer = layer.expect("the search has met every layer");
            // A layer that is called again is as far away as its farthest call so far.
            let distance = of_nodes[index].max(of_layers[layer]);
            of_layers[layer] = distance;
            for tensor in needed(node) {
                let before = self.nodes[..index].iter().position(|known| Arc::ptr_eq(known, &tensor.node));
                if let Some(before) = before {
                    of_nodes[before] = of_nodes[before].max(distance + 1);
                }
            }
        }
        of_layers
    }
}
