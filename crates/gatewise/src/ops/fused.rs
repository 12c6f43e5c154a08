//! Several operations on the same rows, run block by block while their values are in the cache.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Differential, Operation};
use crate::error::{Error, Result};
use crate::executor::{Arena, Bindings, Executor, Reference, Run, RunKey, execute};
use crate::graph::Value;
use crate::number::Number;
use crate::program::Program;
use crate::shape::Shape;

/// A program for a block of rows, run for all rows of its inputs. [`Program`] makes these of operations that would else
/// write and read whole arrays; no layer emits them. Every number is computed as by the operations alone.
#[derive(Debug, Clone)]
pub(crate) struct Fused {
    pub body: Arc<Body>,
}

/// What is run on every block.
#[derive(Debug)]
pub(crate) struct Body {
    /// For `block_rows` rows.
    pub block: Program,
    /// At most `rows`.
    pub block_rows: usize,
    /// The rows of the whole arrays.
    pub rows: usize,
    /// How each input is cut into blocks.
    pub inputs: Vec<Cut>,
    /// The numbers of a row of each output.
    pub outputs: Vec<usize>,
}

/// How an array is given to the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// So many numbers a row.
    Rows(usize),
    /// The whole array to every block.
    Whole,
}

/// The arrays that are read, and those that are written.
type Slices<'a, F> = SmallVec<[&'a [F]; 8]>;
type SlicesMut<'a, F> = SmallVec<[&'a mut [F]; 8]>;

impl Fused {
    /// The programs of blocks that run at the same time, each in memory of its own: as many as the sizes ask for.
    pub fn programs_at_once(&self) -> impl Iterator<Item = &Program> {
        /// Operations on an element for which a thread is worth waking.
        const WORTH_A_THREAD: u64 = 1 << 19;
        let parts = (self.body.flops() / WORTH_A_THREAD).clamp(1, 4);
        (0..parts).map(|_| &self.body.block)
    }

    /// Runs the blocks with an executor.
    ///
    /// # Errors
    /// Those of the operations.
    pub fn run_with<F: Number>(
        &self,
        executor: &(impl Executor<F> + Sync),
        run: &mut Run<'_, F>,
    ) -> Result<()> {
        let key = run.key();
        let (inputs, outputs, arenas) = run.parts_with_arenas();
        let inputs: Slices<'_, F> = (0..self.body.inputs.len()).map(|input| inputs.get(input)).collect();
        let outputs: SlicesMut<'_, F> = outputs.iter_mut().map(|output| &mut **output).collect();
        let work = Work { body: &self.body, executor, inputs: &inputs, key };
        work.run(0..self.body.rows, outputs, arenas)
    }
}

impl Body {
    fn flops(&self) -> u64 {
        self.block.flops() * self.rows as u64 / self.block_rows.max(1) as u64
    }
}

/// What is the same for all blocks of a run.
struct Work<'a, F, E> {
    body: &'a Body,
    executor: &'a E,
    inputs: &'a [&'a [F]],
    key: RunKey,
}

impl<F: Number, E: Executor<F> + Sync> Work<'_, F, E> {
    /// Computes some rows of the outputs, on as many threads as there are arenas.
    fn run(&self, rows: Range<usize>, outputs: SlicesMut<'_, F>, arenas: &mut [Arena<F>]) -> Result<()> {
        if let [arena] = arenas {
            return self.run_blocks(rows, outputs, arena);
        }
        let half = arenas.len() / 2;
        let len = rows.len() * half / arenas.len();
        let (left, right) = arenas.split_at_mut(half);
        let (mut first, mut second) = (SlicesMut::new(), SlicesMut::new());
        for (output, width) in outputs.into_iter().zip(&self.body.outputs) {
            let (head, tail) = output.split_at_mut(len * width);
            first.push(head);
            second.push(tail);
        }
        let middle = rows.start + len;
        let (head, tail) = rayon::join(
            || self.run(rows.start..middle, first, left),
            || self.run(middle..rows.end, second, right),
        );
        head.and(tail)
    }

    /// The same, a block after the other. The last block may begin with rows that have been computed already.
    fn run_blocks(
        &self,
        rows: Range<usize>,
        mut outputs: SlicesMut<'_, F>,
        arena: &mut Arena<F>,
    ) -> Result<()> {
        let body = self.body;
        let mut start = rows.start;
        while start < rows.end {
            let from = start.min(body.rows - body.block_rows);
            let end = rows.end.min(from + body.block_rows);
            let bound = BoundBlock { body, inputs: self.inputs, from };
            execute(self.executor, &body.block, &bound, self.key, arena)?;
            for (index, (output, width)) in outputs.iter_mut().zip(&body.outputs).enumerate() {
                let block = arena.output(&body.block, index);
                output[(start - rows.start) * width..(end - rows.start) * width]
                    .copy_from_slice(&block[(start - from) * width..(end - from) * width]);
            }
            start = end;
        }
        Ok(())
    }
}

/// The inputs of a block.
struct BoundBlock<'a, F> {
    body: &'a Body,
    inputs: &'a [&'a [F]],
    /// Its first row.
    from: usize,
}

impl<F: Number> Bindings<F> for BoundBlock<'_, F> {
    fn get(&self, index: usize) -> &[F] {
        match self.body.inputs[index] {
            Cut::Rows(width) => &self.inputs[index][self.from * width..][..self.body.block_rows * width],
            Cut::Whole => self.inputs[index],
        }
    }
}

impl Operation for Fused {
    fn name(&self) -> &'static str {
        "fused"
    }

    fn options(&self) -> String {
        let names: Vec<&str> = self.body.block.steps.iter().map(|step| step.op.name()).collect();
        names.join(", ")
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Err(Error::unsupported("fused", "a program makes it of operations whose shapes are known"))
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Err(Error::unsupported("fused", "gradients are emitted before operations are fused"))
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        self.body.flops()
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        self.run_with(&Reference, run)
    }
}
