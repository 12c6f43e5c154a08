//! A program that owns what it needs: for calls that must not allocate, wait or vary.

use std::sync::Arc;

use super::Compiled;
use super::embeddings::Embeddings;
use crate::builder::Source;
use crate::cpu::{Cpu, Known, Prepared, WeightsDtype};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::executor::{Arena, Bindings, RunKey, execute_prepared};
use crate::model::RunnerOptions;
use crate::threads;

/// A program with copies of its weights, laid out for the kernels, and with memory of its own.
///
/// A run allocates nothing, and takes no lock as long as no other thread helps; one that is handed to a pool from outside makes
/// `rayon` allocate now and then.
#[derive(Debug)]
pub(crate) struct Frozen {
    compiled: Arc<Compiled>,
    inputs: FrozenInputs,
    prepared: Vec<Prepared>,
    arena: Arena<f32>,
    key: RunKey,
    in_calling_thread: bool,
}

/// What the program's inputs are bound to.
#[derive(Debug)]
struct FrozenInputs {
    sources: Vec<FrozenSource>,
    data: Vec<Vec<f32>>,
    states: Vec<Vec<f32>>,
}

#[derive(Debug)]
enum FrozenSource {
    Data(usize),
    Weight(Vec<f32>),
    State(usize),
}

impl Bindings<f32> for FrozenInputs {
    fn get(&self, index: usize) -> &[f32] {
        match &self.sources[index] {
            FrozenSource::Data(data) => &self.data[*data],
            FrozenSource::Weight(weight) => weight,
            FrozenSource::State(state) => &self.states[*state],
        }
    }
}

impl Frozen {
    /// Copies the weights as they are now, those of LSTM layers as the options say; stateful layers begin with zeros.
    ///
    /// The program is run once, on zeros, so that the first call finds its memory ready.
    ///
    /// # Errors
    /// If a variable of the environment cannot be understood, or the type of weights would change nothing.
    pub fn new(compiled: Arc<Compiled>, key: RunKey, options: RunnerOptions) -> Result<Self> {
        let RunnerOptions { weights_dtype: dtype, in_calling_thread } = options;
        // The weights are laid out for the instruction set that the environment may choose.
        Environment::get()?;
        let program = &compiled.program;
        let mut data = Vec::new();
        let sources = compiled.sources.iter().zip(program.inputs()).map(|(source, input)| match source {
            Source::Data(index) => {
                data.push(vec![0.0; input.dims.iter().product()]);
                FrozenSource::Data(*index)
            }
            Source::Variable(variable) => FrozenSource::Weight(variable.read().clone()),
            Source::State(index) => FrozenSource::State(*index),
        });
        let sources: Vec<FrozenSource> = sources.collect();
        let states = compiled.states.iter().map(|state| vec![0.0; program.value_len(state.output)]).collect();
        let weight = |value| match program.binding(value).map(|binding| &sources[binding]) {
            Some(FrozenSource::Weight(weight)) => Some(weight.as_slice()),
            _ => None,
        };
        let embeddings = Embeddings::find(program, &weight);
        let prepared = program.steps.iter().map(|step| {
            let dims: Vec<&[usize]> = step.inputs.iter().map(|value| program.dims(*value)).collect();
            let known = Known {
                dims: &dims,
                dtype,
                weight: &|input| weight(step.inputs[input]),
                embeddings: &|input| embeddings.of(program, step.inputs[input]),
                hands_ids_on: embeddings.of(program, step.outputs[0]).is_some(),
            };
            Prepared::new(&step.op, known)
        });
        let prepared: Vec<Prepared> = prepared.collect();
        check_effect(dtype, &prepared)?;
        let arena = Arena::new(program);
        let inputs = FrozenInputs { sources, data, states };
        let mut frozen = Self { compiled, inputs, prepared, arena, key, in_calling_thread };
        frozen.run()?;
        frozen.forget_states();
        Ok(frozen)
    }

    /// The data input `index`, to fill before a run.
    pub fn input_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.inputs.data[index]
    }

    /// What the data input `index` holds.
    pub fn input(&self, index: usize) -> &[f32] {
        &self.inputs.data[index]
    }

    /// Runs the program on what the data inputs hold. Stateful layers keep their next states here.
    ///
    /// # Errors
    /// If an operation meets data that it cannot use.
    pub fn run(&mut self) -> Result<()> {
        let Self { compiled, inputs, prepared, arena, key, in_calling_thread } = self;
        let program = &compiled.program;
        let work = || execute_prepared(&Cpu, program, prepared, &*inputs, *key, arena);
        match in_calling_thread {
            true => gatewise_kernels::in_calling_thread(work)?,
            false => threads::install(program.flops(), work)?,
        }
        for (index, state) in inputs.states.iter_mut().enumerate() {
            state.copy_from_slice(arena.output(program, compiled.num_outputs + index));
        }
        Ok(())
    }

    /// Stateful layers begin again with zeros.
    pub fn forget_states(&mut self) {
        self.inputs.states.iter_mut().for_each(|state| state.fill(0.0));
    }

    /// The numbers of output `index` of the last run.
    pub fn output(&self, index: usize) -> &[f32] {
        self.arena.output(&self.compiled.program, index)
    }

    /// Copies output `index` of the last run to the data input `input`.
    pub fn feed_back(&mut self, index: usize, input: usize) {
        self.inputs.data[input].copy_from_slice(self.arena.output(&self.compiled.program, index));
    }

    /// The sizes of output `index`.
    pub fn output_dims(&self, index: usize) -> &[usize] {
        self.compiled.program.dims(self.compiled.program.outputs()[index])
    }
}

/// Refuses a type of weights that no operation has.
fn check_effect(dtype: WeightsDtype, prepared: &[Prepared]) -> Result<()> {
    let has_lstm = prepared.iter().any(Prepared::has_lstm);
    if has_lstm || dtype == WeightsDtype::default() {
        return Ok(());
    }
    let text = format!(
        "expected {}, got {dtype}, which is for the weights of LSTM layers; the model has none",
        WeightsDtype::default()
    );
    Err(Error::argument("weights_dtype", text))
}
