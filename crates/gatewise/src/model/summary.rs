//! The table of a model's layers, as Keras prints it.

use std::fmt::Write;
use std::sync::Arc;

use super::Model;
use super::architecture::Kind;
use crate::functional::{KerasTensor, Node};
use crate::network::Network;
use crate::shape::Shape;

mod data;

pub use data::{Summary, SummaryRow};

use data::Size;

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
        let data = self.summary_data();
        let mut text = format!("Model: \"{}\"\n", data.name);
        table.rule(&mut text, ['┏', '━', '┳', '┓']);
        table.row(&mut text, '┃', &columns.iter().map(|(title, _)| (*title).to_owned()).collect::<Vec<_>>());
        table.rule(&mut text, ['┡', '━', '╇', '┩']);
        for (index, row) in data.layers.iter().enumerate() {
            if index > 0 {
                table.rule(&mut text, ['├', '─', '┼', '┤']);
            }
            table.row(&mut text, '│', &cells(row)[..columns.len()]);
        }
        table.rule(&mut text, ['└', '─', '┴', '┘']);
        totals(&mut text, &data);
        text
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
}

/// The cells of a row of the widest table.
fn cells(row: &SummaryRow) -> [String; 4] {
    let count = row.params.map_or_else(|| "0 (unbuilt)".to_owned(), thousands);
    let connections = if row.connected_to.is_empty() { "-".to_owned() } else { row.connected_to.join(", ") };
    [format!("{} ({})", row.name, row.class_name), written(&row.output_shapes), count, connections]
}

fn totals(text: &mut String, data: &Summary) {
    let mut line = |name: &str, size: Size| {
        let _ = writeln!(text, " {name} params: {} ({})", thousands(size.count), bytes(size.bytes));
    };
    line("Total", data.size());
    line("Trainable", Size::of_numbers(data.trainable_params));
    line("Non-trainable", Size::of_numbers(data.non_trainable_params));
    if let Some(optimizer) = data.optimizer {
        line("Optimizer", optimizer);
    }
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

/// `(None, 5, 3)`, or a list of them for several outputs; `?` where they are not known.
fn written(shapes: &[Shape]) -> String {
    let one = |shape: &Shape| {
        let dims = shape.dims().iter().map(|dim| dim.map_or("None".into(), |dim| dim.to_string()));
        format!("({})", dims.collect::<Vec<_>>().join(", "))
    };
    let all: Vec<String> = shapes.iter().map(one).collect();
    match &all[..] {
        [] => "?".to_owned(),
        [one] => one.clone(),
        _ => format!("[{}]", all.join(", ")),
    }
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
