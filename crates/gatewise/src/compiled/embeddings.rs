//! Embeddings whose rows only recurrent layers read: these can be given the ids, where the weights never change.

use crate::graph::Value;
use crate::ops::Op;
use crate::ops::recurrent::DropoutForm;
use crate::program::{Program, Step};

/// The most numbers that a table of a row for each id may have: 64 MiB.
const MOST_NUMBERS: usize = 1 << 24;

/// The most numbers of a table that is quicker whatever it spares: those of a cache. Rows that are fetched from memory take as
/// long as products of some [`WIDE`] numbers.
const NEAR_NUMBERS: usize = 1 << 20;
const WIDE: usize = 32;

/// The embeddings whose ids are handed on.
pub(super) struct Embeddings<'a> {
    /// The root of the looked up rows, and the table.
    tables: Vec<(usize, &'a [f32])>,
}

impl<'a> Embeddings<'a> {
    /// Those of a program; `weight` gives the numbers of a value that never change.
    pub fn find(program: &Program, weight: &dyn Fn(Value) -> Option<&'a [f32]>) -> Self {
        let tables = program.steps.iter().filter_map(|step| {
            let Op::Gather(_) = step.op else { return None };
            let (table, rows) = (weight(step.inputs[0])?, step.outputs[0]);
            let num_ids = program.dims(step.inputs[0])[0];
            let root = program.root(rows);
            let is_output = program.outputs().iter().any(|output| program.root(*output) == root);
            let do_readers_take_ids =
                program.steps.iter().all(|reader| takes_ids(program, reader, (root, num_ids), weight));
            (!is_output && do_readers_take_ids).then_some((root, table))
        });
        Self { tables: tables.collect() }
    }

    /// The table that a value is looked up in.
    pub fn of(&self, program: &Program, value: Value) -> Option<&'a [f32]> {
        let root = program.root(value);
        self.tables.iter().find(|table| table.0 == root).map(|table| table.1)
    }
}

/// Whether a step does not read the rows with this root, or could do with their ids, of which there are so many.
fn takes_ids<'a>(
    program: &Program,
    step: &Step,
    (root, num_ids): (usize, usize),
    weight: &dyn Fn(Value) -> Option<&'a [f32]>,
) -> bool {
    let reads = |value: &Value| program.root(*value) == root;
    step.parts().filter(|(_, inputs)| inputs.iter().any(reads)).all(|(op, inputs)| {
        let (dropout, bias) = match op {
            Op::Lstm(op) => (op.dropout, op.bias_input()),
            Op::Rnn(op) => (op.dropout, op.bias_input()),
            _ => return false,
        };
        let [width, columns] = *program.dims(inputs[1]) else { unreachable!("a kernel has two axes") };
        let most_numbers = if width < WIDE { NEAR_NUMBERS } else { MOST_NUMBERS };
        // What has to stand in the table and in the weights.
        let mut weights = [Some(1), Some(2), bias].into_iter().flatten().map(|input| inputs[input]);
        !inputs[1..].iter().any(reads)
            && dropout == DropoutForm::None
            && weights.all(|input| weight(input).is_some())
            && num_ids.saturating_mul(columns) <= most_numbers
    })
}

#[cfg(test)]
mod tests;
