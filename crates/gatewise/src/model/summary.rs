//! The table of a model's layers, as Keras prints it.

use std::fmt::Write;

use super::Model;
use crate::layers::name_of;
use crate::optimizers::{Optimizer, OptimizerValue};
use crate::shape::Shape;
use crate::variable::Variable;

/// Width of the columns for name, shape and parameters, without borders and padding.
const WIDTHS: [usize; 3] = [36, 27, 15];

impl Model {
    /// The layers with their output shapes and parameters, and the totals with their bytes.
    pub fn summary(&self) -> String {
        let mut text = format!("Model: \"{}\"\n", self.name());
        rule(&mut text, ['┏', '━', '┳', '┓']);
        row(&mut text, '┃', ["Layer (type)", "Output Shape", "Param #"]);
        rule(&mut text, ['┡', '━', '╇', '┩']);
        let shapes = self.network.get().and_then(|network| network.output_shapes().ok());
        for (index, layer) in self.layers().iter().enumerate() {
            if index > 0 {
                rule(&mut text, ['├', '─', '┼', '┤']);
            }
            let name = format!("{} ({})", name_of(&**layer), layer.class_name());
            let shape = shapes.as_ref().map_or_else(|| "?".to_owned(), |shapes| written(&shapes[index]));
            let count = if shapes.is_some() {
                thousands(count(&layer.variables()))
            } else {
                "0 (unbuilt)".to_owned()
            };
            row(&mut text, '│', [&name, &shape, &count]);
        }
        rule(&mut text, ['└', '─', '┴', '┘']);
        self.totals(&mut text);
        text
    }

    fn totals(&self, text: &mut String) {
        let all = self.variables();
        let is_frozen = |variable: &Variable| {
            let owner = |layer: &&std::sync::Arc<dyn crate::layers::Layer>| {
                layer.variables().iter().any(|own| own.id() == variable.id())
            };
            self.layers().iter().find(owner).is_some_and(|layer| !layer.base().is_trainable())
        };
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
            OptimizerValue::Iteration(_) => Self { count: 1, bytes: 8 },
            OptimizerValue::Array(array) => Self { count: array.len(), bytes: 4 * array.len() },
        };
        optimizer.state().iter().fold(Self::default(), |sum, variable| sum.plus(size(&variable.value)))
    }

    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// A line between rows: left end, fill, crossing, right end.
fn rule(text: &mut String, [left, fill, crossing, right]: [char; 4]) {
    let fills = WIDTHS.map(|width| fill.to_string().repeat(width + 2));
    let _ = writeln!(text, "{left}{}{right}", fills.join(&crossing.to_string()));
}

/// A row of cells; the last is set to the right.
fn row(text: &mut String, border: char, cells: [&str; 3]) {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(WIDTHS).map(|(cell, width)| wrap(cell, width)).collect();
    let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..lines {
        let cell = |column: usize| wrapped[column].get(line).map_or("", String::as_str);
        let _ = writeln!(
            text,
            "{border} {:<a$} {border} {:<b$} {border} {:>c$} {border}",
            cell(0),
            cell(1),
            cell(2),
            a = WIDTHS[0],
            b = WIDTHS[1],
            c = WIDTHS[2],
        );
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
