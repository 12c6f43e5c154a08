//! A program together with what its inputs are bound to: weights, recurrent states and data.

use std::sync::{Mutex, RwLockReadGuard};

use ndarray::{ArrayD, IxDyn};
use smallvec::SmallVec;

use crate::builder::{Assignment, Builder, Mode, Source, StateUse};
use crate::cpu::Cpu;
use crate::error::{Error, Result};
use crate::executor::{Arena, Bindings, Executor, Reference, RunKey, execute};
use crate::graph::Value;
use crate::number::Number;
use crate::program::Program;
use crate::threads;

mod embeddings;
mod frozen;

pub(crate) use frozen::Frozen;

/// A program that can be run on data as it is.
///
/// It can be shared by threads: each run takes memory from a pool and gives it back.
#[derive(Debug)]
pub(crate) struct Compiled {
    program: Program,
    sources: Vec<Source>,
    states: Vec<StateUse>,
    assignments: Vec<Assignment>,
    /// The number of outputs beside the states and the weights that are replaced.
    num_outputs: usize,
    pool: Mutex<Vec<Memory>>,
}

/// The memory of one run.
#[derive(Debug)]
struct Memory {
    arena: Arena<f32>,
    states: Vec<Vec<f32>>,
}

/// What a run left behind.
pub(crate) struct Outputs<'a> {
    program: &'a Program,
    arena: &'a Arena<f32>,
    /// The number of outputs beside the states.
    count: usize,
}

impl Outputs<'_> {
    /// The numbers of output `index`.
    pub fn get(&self, index: usize) -> &[f32] {
        self.arena.output(self.program, index)
    }

    /// The sizes of output `index`.
    pub fn dims(&self, index: usize) -> &[usize] {
        self.program.dims(self.program.outputs()[index])
    }

    /// All outputs as arrays of their shapes.
    pub fn to_arrays(&self) -> Vec<ArrayD<f32>> {
        (0..self.count).map(|index| array(self.dims(index), self.get(index).to_vec())).collect()
    }
}

/// An array of these sizes.
fn array<F>(dims: &[usize], data: Vec<F>) -> ArrayD<F> {
    ArrayD::from_shape_vec(IxDyn(dims), data).expect("an output has as many numbers as its shape")
}

impl Compiled {
    /// Makes a program that computes `outputs` and the next states.
    ///
    /// # Errors
    /// If a size is unknown.
    pub fn new(builder: &Builder, outputs: &[Value]) -> Result<Self> {
        let (states, assignments) = (builder.states(), builder.assignments());
        let mut results = outputs.to_vec();
        results.extend(states.iter().map(|state| state.output));
        results.extend(assignments.iter().map(|assignment| assignment.output));
        for value in &mut results {
            *value = builder.materialize(*value)?;
        }
        Ok(Self {
            // A training is run so often that finding out what can be run together pays.
            program: match builder.mode() {
                Mode::Training => builder.finish_fused(&results)?,
                Mode::Inference => builder.finish(&results)?,
            },
            sources: builder.sources(),
            states,
            assignments,
            num_outputs: outputs.len(),
            pool: Mutex::default(),
        })
    }

    /// The program itself.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Runs the program on the data inputs and hands its outputs to `read`. Stateful layers keep their next states, and
    /// weights that are assigned to are replaced.
    ///
    /// # Errors
    /// If an operation meets data that it cannot use.
    pub fn run<R>(
        &self,
        data: &[&[f32]],
        key: RunKey,
        read: impl FnOnce(&Outputs<'_>) -> Result<R>,
    ) -> Result<R> {
        self.run_without_keeping(data, key, |outputs| {
            for (index, state) in self.states.iter().enumerate() {
                let row = &self.program.dims(state.output)[1..];
                state.cell.write_rows(outputs.get(self.num_outputs + index), row);
            }
            let first = self.num_outputs + self.states.len();
            for (index, assignment) in self.assignments.iter().enumerate() {
                assignment.variable.write().copy_from_slice(outputs.get(first + index));
            }
            read(outputs)
        })
    }

    /// The same, but states and weights stay as they were.
    ///
    /// # Errors
    /// If an operation meets data that it cannot use.
    pub fn run_without_keeping<R>(
        &self,
        data: &[&[f32]],
        key: RunKey,
        read: impl FnOnce(&Outputs<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut memory = self.take_memory();
        let result = self.run_in(&mut memory, data, key, read);
        self.pool.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(memory);
        result
    }

    fn run_in<R>(
        &self,
        memory: &mut Memory,
        data: &[&[f32]],
        key: RunKey,
        read: impl FnOnce(&Outputs<'_>) -> Result<R>,
    ) -> Result<R> {
        let Memory { arena, states } = memory;
        states.iter_mut().zip(&self.states).for_each(|(rows, state)| state.cell.read_into(rows));
        let bound = Bound { sources: &self.sources, data, states, variables: self.read_variables() };
        threads::install(self.program.flops(), || execute(&Cpu, &self.program, &bound, key, arena))?;
        drop(bound);
        read(&Outputs { program: &self.program, arena, count: self.num_outputs })
    }

    /// Runs the program naively in `f64`, on copies of the weights: the oracle. States are not kept.
    pub fn run_reference(&self, data: &[&[f64]], key: RunKey) -> Result<Vec<ArrayD<f64>>> {
        let widen = |numbers: &[f32]| numbers.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
        let bindings = self.sources.iter().map(|source| match source {
            Source::Data(index) => data[*index].to_vec(),
            Source::Variable(variable) => widen(&variable.read()),
            Source::State(index) => {
                let mut rows = vec![0.0; self.program.value_len(self.states[*index].output)];
                self.states[*index].cell.read_into(&mut rows);
                widen(&rows)
            }
        });
        self.run_naively(&Reference, &bindings.collect::<Vec<_>>(), key)
    }

    /// Runs the program with any executor on bindings that are given whole.
    pub fn run_naively<F: Number>(
        &self,
        executor: &impl Executor<F>,
        bindings: &[Vec<F>],
        key: RunKey,
    ) -> Result<Vec<ArrayD<F>>> {
        let mut arena = Arena::new(&self.program);
        execute(executor, &self.program, &Owned(bindings), key, &mut arena)?;
        let output = |index| {
            let dims = self.program.dims(self.program.outputs()[index]);
            array(dims, arena.output(&self.program, index).to_vec())
        };
        Ok((0..self.num_outputs).map(output).collect())
    }

    fn take_memory(&self) -> Memory {
        let kept = self.pool.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        kept.unwrap_or_else(|| Memory {
            arena: Arena::new(&self.program),
            states: self.states.iter().map(|state| vec![0.0; self.program.value_len(state.output)]).collect(),
        })
    }

    /// Locks the weights for reading, in the order of the sources.
    fn read_variables(&self) -> Guards<'_> {
        let guards = self.sources.iter().map(|source| match source {
            Source::Variable(variable) => Some(variable.read()),
            _ => None,
        });
        guards.collect()
    }
}

/// The locks of weights, for each input of a program. Those of as many inputs as most models have need no memory of
/// their own.
type Guards<'a> = SmallVec<[Option<RwLockReadGuard<'a, Vec<f32>>>; 32]>;

/// The sources of a program's inputs during a run.
struct Bound<'a> {
    sources: &'a [Source],
    data: &'a [&'a [f32]],
    states: &'a [Vec<f32>],
    variables: Guards<'a>,
}

impl Bindings<f32> for Bound<'_> {
    fn get(&self, index: usize) -> &[f32] {
        match &self.sources[index] {
            Source::Data(data) => self.data[*data],
            Source::State(state) => &self.states[*state],
            Source::Variable(_) => self.variables[index].as_ref().expect("the weight was locked"),
        }
    }
}

/// Bindings that are given whole.
struct Owned<'a, F>(&'a [Vec<F>]);

impl<F: Number> Bindings<F> for Owned<'_, F> {
    fn get(&self, index: usize) -> &[F] {
        &self.0[index]
    }
}

impl Builder {
    /// Computes values from arrays for the builder's inputs, in their order, with the fast kernels.
    ///
    /// ```
    /// use gatewise::{Builder, Mode, Shape};
    /// use ndarray::arr1;
    ///
    /// let b = Builder::new(Mode::Inference);
    /// let x = b.input("x", &Shape::known(&[3]));
    /// let y = b.mul(x, b.sigmoid(x)?)?;
    /// let result = b.evaluate(&[y], &[arr1(&[0.0, 1.0, 2.0]).into_dyn()])?;
    /// assert_eq!(result[0].shape(), [3]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the number or the shapes of the arrays are not those of the inputs.
    pub fn evaluate(&self, outputs: &[Value], inputs: &[ArrayD<f32>]) -> Result<Vec<ArrayD<f32>>> {
        let compiled = Compiled::new(self, outputs)?;
        let data = check_inputs(&compiled, inputs)?;
        let data: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        compiled.run(&data, RunKey::default(), |results| Ok(results.to_arrays()))
    }

    /// The same computed naively in `f64`: the oracle for everything else.
    ///
    /// # Errors
    /// If the number or the shapes of the arrays are not those of the inputs.
    pub fn evaluate_reference(&self, outputs: &[Value], inputs: &[ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>> {
        let compiled = Compiled::new(self, outputs)?;
        let data = check_inputs(&compiled, inputs)?;
        let data: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        compiled.run_reference(&data, RunKey::default())
    }
}

/// The numbers of the arrays for the data inputs, row-major, checked.
fn check_inputs<F: Copy>(compiled: &Compiled, inputs: &[ArrayD<F>]) -> Result<Vec<Vec<F>>> {
    let declared: Vec<_> = compiled
        .sources
        .iter()
        .zip(compiled.program.inputs())
        .filter(|(source, _)| matches!(source, Source::Data(_)))
        .collect();
    if declared.len() != inputs.len() {
        let text = format!("expected {} arrays, got {}", declared.len(), inputs.len());
        return Err(Error::argument("program", text));
    }
    let checked = declared.iter().zip(inputs).map(|((_, input), array)| {
        if array.shape() != input.dims {
            let text = format!("expected {:?}, got {:?}", input.dims, array.shape());
            return Err(Error::shape(&input.name, text));
        }
        Ok(array.iter().copied().collect())
    });
    checked.collect()
}

#[cfg(test)]
mod tests;
