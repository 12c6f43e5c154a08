//! The table of a model's layers, as Keras prints it.

use std::fmt::Write;
use std::sync::Arc;

use super::Model;
use super::architecture::Kind;
use crate::functional::{KerasTensor, Node};
use crate::layers::{Layer, name_of};
use crate::network::Network;
use crate::optimizers::{Optimizer, OptimizerValue};
use crate::shape::Shape;
use crate::variable::Variable;

/// The columns of a chain and of a graph, with their widths without borders and padding.
const CHAIN: [(&str, usize); 3] = [("Layer (type)", 36), ("Output Shape", 27), ("Param #", 15)];
const GRAPH: [(&str, usize); 4] =
    [("Layer (type)", 29), ("Output Shape", 25), ("Param #", 15), ("Connected to", 26)];

/// The column that is set to the right.
const COUNTS: usize = 2;

impl Model {
    /// The layers with their output shapes and parameters, for a graph also with what they are connected to, and the
    /// totals with their bytes.
    pub fn summary(&self) -> String {
        let network = self.architecture.network.get();
        let columns =
            if network.is_none_or(|network| self.is_chain(network)) { &CHAIN[..] } else { &GRAPH[..] };
        let table = Table { widths: columns.iter().map(|(_, width)| *width).collect() };
        let mut text = format!("Model: \"{}\"\n", self.name());
        table.rule(&mut text, ['┏', '━', '┳', '┓']);
        table.row(&mut text, '┃', &columns.iter().map(|(title, _)| (*title).to_owned()).collect::<Vec<_>>());
        table.rule(&mut text, ['┡', '━', '╇', '┩']);
        for (index, layer) in self.rows().iter().enumerate() {
            if index > 0 {
                table.rule(&mut text, ['├', '─', '┼', '┤']);
            }
            let name = format!("{} ({})", name_of(&**layer), layer.class_name());
            let (shape, count) = match network {
                Some(network) => (output_shape(network, layer), thousands(count(&layer.variables()))),
                None => ("?".to_owned(), "0 (unbuilt)".to_owned()),
            };
            let connections = network.map(|network| connections(network, layer)).unwrap_or_default();
            table.row(&mut text, '│', &[name, shape, count, connections][..columns.len()]);
        }
        table.rule(&mut text, ['└', '─', '┴', '┘']);
        self.totals(&mut text);
        text
    }

    /// The layers of the table: in a graph also those where data enters and what Keras has added.
    fn rows(&self) -> &[Arc<dyn Layer>] {
        match (self.architecture.kind, self.architecture.network.get()) {
            (Kind::Functional, Some(network)) => network.layers(),
            _ => self.layers(),
        }
    }

    /// Whether the layers follow one another without a branch, so that Keras leaves the connections out.
    fn is_chain(&self, network: &Network) -> bool {
        let follow = network.nodes().all(|node| node.inputs.len() == 1);
        // An inner value that is also an output does not count as a branch for Keras.
        let used: Vec<&KerasTensor> = network.nodes().flat_map(|node| &node.inputs).collect();
        let shared =
            |node: &Arc<Node>| used.iter().filter(|tensor| Arc::ptr_eq(&tensor.node, node)).count() > 1;
        let is_branched = network.inputs.len() > 1
            || network.inputs.iter().any(|input| shared(&input.node))
            || network.nodes().any(shared);
        let is_called_twice = network.layers().len() != network.nodes().count() + network.inputs.len();
        self.architecture.kind == Kind::Sequential || follow && !is_branched && !is_called_twice
    }

    fn totals(&self, text: &mut String) {
        let all = self.variables();
        let frozen = frozen_variables(self.layers(), self.architecture.base.is_trainable());
        let is_frozen = |variable: &Variable| frozen.contains(&variable.id());
        let (frozen, trained): (Vec<Variable>, Vec<Variable>) = all.iter().cloned().partition(is_frozen);
        let optimizer = self.optimizer().filter(|optimizer| optimizer.iterations() > 0);
        let slots = optimizer.map_or(Size::default(), Size::of_optimizer);
        let mut line = |name: &str, size: Size| {
            let _ = writeln!(text, " {name} params: {} ({})", thousands(size.count), bytes(size.bytes));
        };
        line("Total", Size::of_weights(&all).plus(slots));
        line("Trainable", Size::of_weights(&trained));
        line("Non-trainable", Size::of_weights(&frozen));
        if optimizer.is_some() {
            line("Optimizer", slots);
        }
    }
}

/// The weights of layers that are frozen, by themselves or with the model that they are in, and those that are never
/// learned.
fn frozen_variables(layers: &[Arc<dyn Layer>], is_trainable: bool) -> Vec<u64> {
    let mut frozen = Vec::new();
    for layer in layers {
        let is_trainable = is_trainable && layer.base().is_trainable();
        if !is_trainable {
            frozen.extend(layer.variables().iter().map(Variable::id));
        } else {
            frozen.extend(layer.variables().iter().filter(|weight| !weight.is_learned()).map(Variable::id));
            frozen.extend(frozen_variables(&layer.sublayers(), true));
        }
    }
    frozen
}

/// A number of parameters and what they occupy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    count: usize,
    bytes: usize,
}

impl Size {
    fn of_weights(variables: &[Variable]) -> Self {
        let count = count(variables);
        Self { count, bytes: 4 * count }
    }

    /// Everything that an optimizer keeps; the iteration is a 64-bit number.
    fn of_optimizer(optimizer: &dyn Optimizer) -> Self {
        let size = |value: &OptimizerValue| match value {
            OptimizerValue::Integer(_) => Self { count: 1, bytes: 8 },
            OptimizerValue::Array(array) => Self { count: array.len(), bytes: 4 * array.len() },
        };
        optimizer.state().iter().fold(Self::default(), |sum, variable| sum.plus(size(&variable.value)))
    }

    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// The shapes of what a layer gives, at its last call.
fn output_shape(network: &Network, layer: &Arc<dyn Layer>) -> String {
    let calls = network.nodes().filter(|node| Arc::ptr_eq(&node.layer, layer));
    match calls.last() {
        Some(node) => written(&node.outputs.iter().map(|output| output.shape.clone()).collect::<Vec<_>>()),
        None => layer.as_input().map_or_else(|| "?".to_owned(), |shape| written(&[shape])),
    }
}

/// Where the inputs of a layer's calls come from: `lstm[0][1]` is output 1 of the first call of `lstm`.
fn connections(network: &Network, layer: &Arc<dyn Layer>) -> String {
    let calls = network.calls_of(layer);
    let inputs = calls.into_iter().flat_map(|node| node.inputs.iter().chain(&node.options.mask));
    let place = |tensor: &KerasTensor| format!("{}[{}][{}]", tensor.name(), tensor.node.index, tensor.output);
    let places: Vec<String> = inputs.map(place).collect();
    if places.is_empty() { "-".to_owned() } else { places.join(", ") }
}

/// Columns of fixed width.
struct Table {
    widths: Vec<usize>,
}

impl Table {
    /// A line between rows: left end, fill, crossing, right end.
    fn rule(&self, text: &mut String, [left, fill, crossing, right]: [char; 4]) {
        let fills: Vec<String> = self.widths.iter().map(|width| fill.to_string().repeat(width + 2)).collect();
        let _ = writeln!(text, "{left}{}{right}", fills.join(&crossing.to_string()));
    }

    /// A row of cells; numbers are set to the right.
    fn row(&self, text: &mut String, border: char, cells: &[String]) {
        let columns = cells.iter().zip(&self.widths);
        let wrapped: Vec<Vec<String>> = columns.map(|(cell, width)| wrap(cell, *width)).collect();
        let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..lines {
            text.push(border);
            for (column, (cell, width)) in wrapped.iter().zip(&self.widths).enumerate() {
                let cell = cell.get(line).map_or("", String::as_str);
                let _ = match column {
                    COUNTS => write!(text, " {cell:>width$} {border}"),
                    _ => write!(text, " {cell:<width$} {border}"),
                };
            }
            text.push('\n');
        }
    }
}

/// A cell's text in lines of at most `width` characters, broken between words; a longer word is cut.
fn wrap(cell: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in cell.split(' ') {
        let word: String = match word.chars().count() > width {
            true => word.chars().take(width - 1).chain(['…']).collect(),
            false => word.to_owned(),
        };
        let current = lines.last_mut().expect("there is a line");
        let len = current.chars().count();
        if len == 0 {
            current.push_str(&word);
        } else if len + 1 + word.chars().count() <= width {
            current.push(' ');
            current.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

/// `(None, 5, 3)`, or a list of them for several outputs.
fn written(shapes: &[Shape]) -> String {
    let one = |shape: &Shape| {
        let dims = shape.dims().iter().map(|dim| dim.map_or("None".into(), |dim| dim.to_string()));
        format!("({})", dims.collect::<Vec<_>>().join(", "))
    };
    let all: Vec<String> = shapes.iter().map(one).collect();
    if all.len() == 1 { all[0].clone() } else { format!("[{}]", all.join(", ")) }
}

fn count(variables: &[Variable]) -> usize {
    variables.iter().map(Variable::len).sum()
}

/// 1234567 as `1,234,567`.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or("")).collect();
    groups.join(",")
}

/// A number of bytes with two decimals, in steps of 1024.
fn bytes(count: usize) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (count as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.2} {}", units[unit])
}

#[cfg(test)]
mod tests;
