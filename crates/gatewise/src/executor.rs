//! How a program is run: the memory of a run, what an operation sees of it, and the loop over the operations.
//!
//! Two executors run the same programs: [`Reference`] computes every operation by its naive meaning, in `f32` or
//! `f64`, and is the oracle for everything else; [`Cpu`](crate::cpu::Cpu) maps the operations to the fast kernels.

use crate::broadcast::Broadcast;
use crate::cpu::Prepared;
use crate::error::Result;
use crate::graph::Value;
use crate::number::Number;
use crate::ops::{Op, Operation};
use crate::program::{Place, Program, Step};

/// What the random numbers of a run depend on, beside the operation and the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RunKey {
    /// The model's seed.
    pub seed: u64,
    /// The number of the training step, so that every step draws other masks.
    pub step: u64,
}

/// The arrays that a caller binds to a program's inputs, in the order of [`Program::inputs`]. They are read by all threads.
pub(crate) trait Bindings<F>: Sync {
    /// The array of input `index`, as long as that input's shape says.
    fn get(&self, index: usize) -> &[F];
}

/// The memory that runs of one program need, allocated once.
#[derive(Debug, Clone)]
pub(crate) struct Arena<F> {
    slots: Vec<Vec<F>>,
    /// The buffers that the running operation writes; empty between operations.
    taken: Vec<Buffer<F>>,
    workspace: Vec<F>,
    /// For each operation, the memory of the programs inside of it that run at the same time.
    inner: Vec<Vec<Self>>,
}

impl<F: Number> Arena<F> {
    /// Memory for runs of `program`.
    pub fn new(program: &Program) -> Self {
        let zeros = |len: &usize| vec![F::zero(); *len];
        Self {
            slots: program.slots.iter().map(zeros).collect(),
            taken: Vec::with_capacity(program.most_outputs()),
            workspace: zeros(&program.workspace),
            inner: program.steps.iter().map(Self::inside).collect(),
        }
    }

    fn inside(step: &Step) -> Vec<Self> {
        match &step.op {
            Op::Fused(fused) => fused.programs_at_once().map(Self::new).collect(),
            _ => Vec::new(),
        }
    }

    /// An output of the last run; outputs always lie in slots.
    pub fn output(&self, program: &Program, index: usize) -> &[F] {
        let value = program.outputs()[index];
        match program.place(value) {
            Place::Slot(slot) => &self.slots[slot][..program.value_len(value)],
            place => unreachable!("an output lies in {place:?}"),
        }
    }
}

/// A slot lent to the operation that fills it.
#[derive(Debug, Clone)]
pub(crate) struct Buffer<F> {
    data: Vec<F>,
    len: usize,
}

impl<F> std::ops::Deref for Buffer<F> {
    type Target = [F];

    fn deref(&self) -> &[F] {
        &self.data[..self.len]
    }
}

impl<F> std::ops::DerefMut for Buffer<F> {
    fn deref_mut(&mut self) -> &mut [F] {
        &mut self.data[..self.len]
    }
}

/// The arrays that an operation reads.
pub(crate) struct Inputs<'a, F> {
    program: &'a Program,
    values: &'a [Value],
    slots: &'a [Vec<F>],
    bindings: &'a dyn Bindings<F>,
}

impl<F> Clone for Inputs<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Inputs<'_, F> {}

impl<'a, F> Inputs<'a, F> {
    /// Input `index` of the operation.
    pub fn get(self, index: usize) -> &'a [F] {
        let value = self.values[index];
        match self.program.place(value) {
            Place::Binding(binding) => self.bindings.get(binding),
            Place::Slot(slot) => &self.slots[slot][..self.program.value_len(value)],
            Place::Nowhere => &[],
        }
    }

    /// Input `index` if the operation has so many.
    pub fn optional(self, index: usize) -> Option<&'a [F]> {
        (index < self.values.len()).then(|| self.get(index))
    }
}

/// What a part of an operation takes of the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub inputs: usize,
    pub outputs: usize,
    /// Numbers of scratch memory.
    pub workspace: usize,
}

/// One operation in the middle of a run.
pub(crate) struct Run<'a, F> {
    inputs: Inputs<'a, F>,
    /// The values that the outputs are.
    results: &'a [Value],
    outputs: &'a mut [Buffer<F>],
    workspace: &'a mut [F],
    arenas: &'a mut [Arena<F>],
    key: RunKey,
    prepared: &'a Prepared,
}

impl<'a, F> Run<'a, F> {
    /// The sizes of input `index`.
    pub fn input_dims(&self, index: usize) -> &'a [usize] {
        self.inputs.program.dims(self.inputs.values[index])
    }

    /// The sizes of the first N inputs.
    pub fn first_dims<const N: usize>(&self) -> [&'a [usize]; N] {
        std::array::from_fn(|index| self.input_dims(index))
    }

    /// The sizes of output `index`.
    pub fn output_dims(&self, index: usize) -> &'a [usize] {
        self.inputs.program.dims(self.results[index])
    }

    /// How the first N inputs are repeated to the sizes of the first output.
    pub fn broadcast<const N: usize>(&self) -> Broadcast<N> {
        Broadcast::new(std::array::from_fn(|input| self.input_dims(input)), self.output_dims(0))
    }

    /// The number of inputs.
    pub fn num_inputs(&self) -> usize {
        self.inputs.values.len()
    }

    /// The number of outputs.
    pub fn num_outputs(&self) -> usize {
        self.results.len()
    }

    /// Whether anybody reads output `index`.
    pub fn is_used(&self, index: usize) -> bool {
        self.inputs.program.place(self.results[index]) != Place::Nowhere
    }

    /// What random numbers depend on.
    pub fn key(&self) -> RunKey {
        self.key
    }

    /// What was made of the operation's weights before the run.
    pub fn prepared(&self) -> &'a Prepared {
        self.prepared
    }

    /// The array to fill as output `index`; empty if it is optional and nobody reads it.
    pub fn output(&mut self, index: usize) -> &mut [F] {
        &mut self.outputs[index]
    }

    /// What is read and what is written.
    pub fn parts(&mut self) -> (Inputs<'a, F>, &mut [Buffer<F>]) {
        (self.inputs, self.outputs)
    }

    /// What is read, what is written and the scratch memory.
    pub fn parts_with_workspace(&mut self) -> (Inputs<'a, F>, &mut [Buffer<F>], &mut [F]) {
        (self.inputs, self.outputs, self.workspace)
    }

    /// The run of an operation that is a part of this one: the first inputs, outputs and numbers of the scratch memory, which
    /// are no longer those of this run.
    pub fn split_off(&mut self, share: Share, prepared: &'a Prepared) -> Self {
        let at_most = "the shares of the parts are no more than there is";
        let values = self.inputs.values.split_off(..share.inputs).expect(at_most);
        Self {
            inputs: Inputs { values, ..self.inputs },
            results: self.results.split_off(..share.outputs).expect(at_most),
            outputs: self.outputs.split_off_mut(..share.outputs).expect(at_most),
            workspace: self.workspace.split_off_mut(..share.workspace).expect(at_most),
            arenas: &mut [],
            key: self.key,
            prepared,
        }
    }

    /// What is read, what is written and the memory of the programs inside of the operation.
    pub fn parts_with_arenas(&mut self) -> (Inputs<'a, F>, &mut [Buffer<F>], &mut [Arena<F>]) {
        (self.inputs, self.outputs, self.arenas)
    }
}

/// Something that can run operations on numbers of type `F`.
pub(crate) trait Executor<F: Number> {
    /// Fills the outputs of `op`.
    fn run(&self, op: &Op, run: &mut Run<'_, F>) -> Result<()>;
}

/// The oracle: every operation by its naive meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reference;

impl<F: Number> Executor<F> for Reference {
    fn run(&self, op: &Op, run: &mut Run<'_, F>) -> Result<()> {
        op.run(run)
    }
}

/// Runs every operation of `program` in order. The outputs are then in `arena`.
///
/// # Errors
/// If an operation meets data that it cannot use, such as a token outside the vocabulary.
pub(crate) fn execute<F: Number>(
    executor: &impl Executor<F>,
    program: &Program,
    bindings: &dyn Bindings<F>,
    key: RunKey,
    arena: &mut Arena<F>,
) -> Result<()> {
    execute_prepared(executor, program, &[], bindings, key, arena)
}

/// The same with what was made of the weights before, for each operation of the program in order or for none.
///
/// # Errors
/// As [`execute`].
pub(crate) fn execute_prepared<F: Number>(
    executor: &impl Executor<F>,
    program: &Program,
    prepared: &[Prepared],
    bindings: &dyn Bindings<F>,
    key: RunKey,
    arena: &mut Arena<F>,
) -> Result<()> {
    for (index, step) in program.steps.iter().enumerate() {
        arena.lend(program, step);
        let inputs = Inputs { program, values: &step.inputs, slots: &arena.slots, bindings };
        let workspace = &mut arena.workspace[..step.workspace];
        let prepared = prepared.get(index).unwrap_or(&Prepared::Nothing);
        let arenas = &mut arena.inner[index];
        let (results, outputs) = (&step.outputs, &mut arena.taken);
        let mut run = Run { inputs, results, outputs, workspace, arenas, key, prepared };
        let result = executor.run(&step.op, &mut run);
        arena.take_back(program, step);
        result?;
    }
    Ok(())
}

impl<F> Arena<F> {
    /// Moves the slots that `step` writes out of the table, so that the others can be read meanwhile.
    fn lend(&mut self, program: &Program, step: &Step) {
        for value in &step.outputs {
            self.taken.push(match program.place(*value) {
                Place::Slot(slot) => {
                    Buffer { data: std::mem::take(&mut self.slots[slot]), len: program.value_len(*value) }
                }
                _ => Buffer { data: Vec::new(), len: 0 },
            });
        }
    }

    /// Moves them back.
    fn take_back(&mut self, program: &Program, step: &Step) {
        for (value, buffer) in step.outputs.iter().zip(self.taken.drain(..)) {
            if let Place::Slot(slot) = program.place(*value) {
                self.slots[slot] = buffer.data;
            }
        }
    }
}

/// Calls `visit` for every index of an array of sizes `dims`, last axis fastest, with Σ index · step.
pub(crate) fn for_each_index(dims: &[usize], step: &[usize], mut visit: impl FnMut(usize)) {
    let count: usize = dims.iter().product();
    for flat in 0..count {
        let (mut rest, mut at) = (flat, 0);
        for (size, step) in dims.iter().zip(step).rev() {
            at += rest % size * step;
            rest /= size;
        }
        visit(at);
    }
}
