//! Recurrences that do not depend on each other, such as the two directions of a `Bidirectional`, each on a core of its own.

use std::ops::Range;

use smallvec::SmallVec;

use super::{Differential, Op, Operation};
use crate::error::{Error, Result};
use crate::executor::{Executor, Reference, Run, Share};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;
use crate::threads;

/// The inputs and outputs of all parts, one part after the other. [`Program`](crate::program::Program) makes these of
/// operations that take long; no layer emits them. Every number is computed as by the operations alone.
#[derive(Debug, Clone)]
pub(crate) struct SideBySide {
    /// At least two, at most [`MOST_PARTS`].
    pub parts: Vec<Part>,
}

/// One of the operations.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub op: Op,
    pub share: Share,
}

/// So many operations are run side by side, as a run allocates nothing and their scratch memory is there at the same time.
pub(crate) const MOST_PARTS: usize = 4;

impl SideBySide {
    /// The parts, each with which of the inputs are its own.
    pub fn parts_with_inputs(&self) -> impl Iterator<Item = (&Part, Range<usize>)> {
        consecutive(&self.parts, |share| share.inputs)
    }

    /// The parts, each with which of the outputs are its own.
    fn parts_with_outputs(&self) -> impl Iterator<Item = (&Part, Range<usize>)> {
        consecutive(&self.parts, |share| share.outputs)
    }

    /// Runs the parts with an executor.
    ///
    /// # Errors
    /// Those of the operations.
    pub fn run_with<F: Number>(
        &self,
        executor: &(impl Executor<F> + Sync),
        run: &mut Run<'_, F>,
    ) -> Result<()> {
        let prepared = run.prepared();
        let numbered = self.parts.iter().enumerate();
        let runs = numbered.map(|(index, part)| (&part.op, run.split_off(part.share, prepared.part(index))));
        let mut runs: SmallVec<[(&Op, Run<'_, F>); MOST_PARTS]> = runs.collect();
        run_all(executor, &mut runs)
    }
}

/// The parts with the numbers that a part has its share of.
fn consecutive(parts: &[Part], len: fn(Share) -> usize) -> impl Iterator<Item = (&Part, Range<usize>)> {
    parts.iter().scan(0, move |start, part| {
        let from = *start;
        *start += len(part.share);
        Some((part, from..*start))
    })
}

/// Runs operations on as many threads as there are.
fn run_all<F: Number>(executor: &(impl Executor<F> + Sync), runs: &mut [(&Op, Run<'_, F>)]) -> Result<()> {
    if let [(op, run)] = runs {
        return executor.run(op, run);
    }
    let (first, second) = runs.split_at_mut(runs.len() / 2);
    let (first, second) = threads::join(|| run_all(executor, first), || run_all(executor, second));
    first.and(second)
}

impl Operation for SideBySide {
    fn name(&self) -> &'static str {
        "side_by_side"
    }

    fn options(&self) -> String {
        let describe = |part: &Part| match part.op.options() {
            options if options.is_empty() => part.op.name().to_owned(),
            options => format!("{} {{{options}}}", part.op.name()),
        };
        self.parts.iter().map(describe).collect::<Vec<_>>().join(", ")
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Err(Error::unsupported("side_by_side", "a program makes it of operations whose shapes are known"))
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Err(Error::unsupported("side_by_side", "gradients are emitted before operations are joined"))
    }

    fn flops(&self, inputs: &[&[usize]], outputs: &[&[usize]]) -> u64 {
        let parts = self.parts_with_inputs().zip(self.parts_with_outputs());
        parts
            .map(|((part, own_inputs), (_, own_outputs))| {
                part.op.flops(&inputs[own_inputs], &outputs[own_outputs])
            })
            .sum()
    }

    fn is_optional(&self, output: usize) -> bool {
        let mut parts = self.parts_with_outputs().filter(|(_, own)| own.contains(&output));
        parts.any(|(part, own)| part.op.is_optional(output - own.start))
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        self.run_with(&Reference, run)
    }
}

#[cfg(test)]
mod tests;
