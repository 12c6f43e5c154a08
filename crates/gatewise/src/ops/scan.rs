//! A recurrence: the operations of one step, run for every step of sequences.
//!
//! The gradient is another scan in the opposite direction. It computes each step again from the state before it, which
//! the first scan then keeps, so that nothing else of a step has to be kept.

use std::sync::Arc;

use super::{Differential, Op, Operation, elements};
use crate::builder::{Builder, Direction, Mode, Steps};
use crate::error::{Error, Result};
use crate::executor::{Arena, Bindings, Executor, Reference, Run, execute};
use crate::graph::{Graph, Value};
use crate::number::Number;
use crate::program::Program;
use crate::shape::Shape;

/// The operations of one step.
#[derive(Debug)]
pub(crate) struct Body {
    pub graph: Graph,
    /// One an input, a state and a value that is the same for all steps, in this order.
    pub inputs: Vec<Value>,
    /// One an output, then one a state.
    pub outputs: Vec<Value>,
    /// The same made ready to run, where all sizes are known.
    pub program: Option<Program>,
}

impl Body {
    /// Emits the operations of the step on other inputs and returns the outputs.
    pub fn emit(&self, b: &Builder, inputs: &[Value]) -> Result<Vec<Value>> {
        let mut values: Vec<Option<Value>> = vec![None; self.graph.shapes.len()];
        self.inputs.iter().zip(inputs).for_each(|(own, value)| values[own.index()] = Some(*value));
        let find = |values: &[Option<Value>], own: &Value| values[own.index()].expect("it is emitted before");
        for node in self.graph.nodes.iter().filter(|node| !matches!(node.op, Op::Input(_))) {
            let inputs: Vec<Value> = node.inputs.iter().map(|own| find(&values, own)).collect();
            let outputs = b.emit_all(node.op.clone(), &inputs)?;
            node.outputs.iter().zip(outputs).for_each(|(own, value)| values[own.index()] = Some(value));
        }
        Ok(self.outputs.iter().map(|own| find(&values, own)).collect())
    }
}

/// `inputs [batch, time, …]…, states…, shared… → outputs [batch, time, …]…, last states…, previous states [batch, time, …]…`
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub body: Arc<Body>,
    pub num_inputs: usize,
    pub num_states: usize,
    pub direction: Direction,
}

impl Scan {
    fn num_outputs(&self) -> usize {
        self.body.outputs.len() - self.num_states
    }

    /// The gradients of the sum of all results, weighted with further inputs, by the inputs `by` of the step.
    fn step_gradient(&self, d_results: &[bool], by: &[usize]) -> Result<(Body, Vec<bool>)> {
        let b = Builder::new(Mode::Inference);
        let enter = |own: &Value| b.input("step", self.body.graph.shape(*own));
        let mut inputs: Vec<Value> = self.body.inputs.iter().map(enter).collect();
        let results = self.body.emit(&b, &inputs)?;
        let wanted: Vec<Value> = by.iter().map(|input| inputs[*input]).collect();
        let mut loss = b.scalar(0.0)?;
        for result in results.iter().zip(d_results).filter(|(_, reaches)| **reaches).map(|(result, _)| result)
        {
            let d_result = b.input("gradient", &b.shape(*result));
            inputs.push(d_result);
            loss = b.add(loss, b.sum_all(b.mul(*result, d_result)?)?)?;
        }
        let gradients = b.gradients(loss, &wanted)?;
        let found = gradients.iter().map(Option::is_some).collect();
        let outputs: Vec<Value> = gradients.into_iter().flatten().collect();
        Ok((Body { graph: b.graph(), inputs, outputs, program: None }, found))
    }

    /// Runs all steps.
    pub fn run_with<F: Number>(&self, executor: &impl Executor<F>, run: &mut Run<'_, F>) -> Result<()> {
        let program = self.body.program.as_ref().expect("all sizes are known");
        let (batch, time) = (run.input_dims(0)[0], run.input_dims(0)[1]);
        let (count, key) = (self.num_outputs(), run.key());
        let (inputs, outputs) = run.parts();
        let len = |index: usize| elements(&program.inputs()[index].dims);
        let own = (0..self.num_inputs + self.num_states).map(|index| vec![F::zero(); len(index)]);
        let shared = (own.len()..self.body.inputs.len()).map(|index| inputs.get(index)).collect();
        let mut bound = Bound { own: own.collect(), shared };
        for state in self.num_inputs..bound.own.len() {
            bound.own[state].copy_from_slice(inputs.get(state));
        }
        let mut arena = Arena::new(program);
        for step in 0..time {
            let at = match self.direction {
                Direction::Forward => step,
                Direction::Backward => time - 1 - step,
            };
            for (input, rows) in bound.own[..self.num_inputs].iter_mut().enumerate() {
                let width = rows.len() / batch.max(1);
                copy_rows(inputs.get(input), time * width, at * width, rows, width, 0, width);
            }
            for (state, rows) in bound.own[self.num_inputs..].iter().enumerate() {
                let (kept, width) =
                    (&mut *outputs[count + self.num_states + state], rows.len() / batch.max(1));
                if !kept.is_empty() {
                    copy_rows(rows, width, 0, kept, time * width, at * width, width);
                }
            }
            execute(executor, program, &bound, key, &mut arena)?;
            for (output, stacked) in outputs[..count].iter_mut().enumerate() {
                let rows = arena.output(program, output);
                let width = rows.len() / batch.max(1);
                copy_rows(rows, width, 0, stacked, time * width, at * width, width);
            }
            for (state, rows) in bound.own[self.num_inputs..].iter_mut().enumerate() {
                rows.copy_from_slice(arena.output(program, count + state));
            }
        }
        for (state, rows) in bound.own[self.num_inputs..].iter().enumerate() {
            outputs[count + state].copy_from_slice(rows);
        }
        Ok(())
    }
}

/// Copies `width` numbers of every row, from `start` in rows of `stride` to `to_start` in rows of `to_stride`.
fn copy_rows<F: Copy>(
    from: &[F],
    stride: usize,
    start: usize,
    to: &mut [F],
    to_stride: usize,
    to_start: usize,
    width: usize,
) {
    if width > 0 {
        for (to, from) in to.chunks_exact_mut(to_stride).zip(from.chunks_exact(stride)) {
            to[to_start..to_start + width].copy_from_slice(&from[start..start + width]);
        }
    }
}

/// What the program of a step is bound to.
struct Bound<'a, F> {
    /// The inputs and the states of the step.
    own: Vec<Vec<F>>,
    /// What is the same for all steps.
    shared: Vec<&'a [F]>,
}

impl<F: Number> Bindings<F> for Bound<'_, F> {
    fn get(&self, index: usize) -> &[F] {
        match index.checked_sub(self.own.len()) {
            Some(shared) => self.shared[shared],
            None => &self.own[index],
        }
    }
}

impl Operation for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn options(&self) -> String {
        format!(
            "{:?}, {} operations a step",
            self.direction,
            self.body.graph.nodes.len() - self.body.inputs.len()
        )
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let time = inputs[0].dim(1);
        let stack = |own: &Value| {
            let mut dims = self.body.graph.shape(*own).dims().to_vec();
            dims.insert(1, time);
            Shape::new(dims)
        };
        let (outputs, states) = self.body.outputs.split_at(self.num_outputs());
        let last = states.iter().map(|own| self.body.graph.shape(*own).clone());
        Ok(outputs.iter().map(stack).chain(last).chain(states.iter().map(stack)).collect())
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let (b, count, steps) = (at.builder, self.num_outputs(), self.num_inputs + self.num_states);
        // The gradient by a state reaches every step even where nobody reads the last one.
        let mut reaches: Vec<bool> = at.d_outputs[..count].iter().map(Option::is_some).collect();
        reaches.resize(count + self.num_states, true);
        let wanted = |input: &usize| *input >= self.num_inputs && *input < steps || at.needed[*input];
        let by: Vec<usize> = (0..at.inputs.len()).filter(wanted).collect();
        let (body, found) = self.step_gradient(&reaches, &by)?;
        let previous = &at.outputs[count + self.num_states..];
        let d_stacked: Vec<Value> = at.d_outputs[..count].iter().copied().flatten().collect();
        // Gradients reach the states kept for the gradient where it is differentiated once more.
        let d_kept = &at.d_outputs[count + self.num_states..];
        let d_kept_found: Vec<Value> = d_kept.iter().copied().flatten().collect();
        let sequences = [&at.inputs[..self.num_inputs], previous, &d_stacked, &d_kept_found].concat();
        let mut first = Vec::new();
        for state in 0..self.num_states {
            let shape = b.shape(at.inputs[self.num_inputs + state]);
            let d_last = at.d_outputs[count + state];
            first.push(d_last.map_or_else(|| b.constant(0.0, &shape), Ok)?);
        }
        let shared: Vec<usize> = by.iter().copied().filter(|input| *input >= steps).collect();
        for input in &shared {
            first.push(b.constant(0.0, &b.shape(at.inputs[*input]))?);
        }
        let (steps_back, totals) = b.scan_in(self.direction.opposite(), &sequences, &first, |b, x, s| {
            let (own, d_results) = x.split_at(steps);
            let (d_stacked, d_states) = d_results.split_at(d_stacked.len());
            let inputs = [own, &at.inputs[steps..], d_stacked, &s[..self.num_states]].concat();
            let mut d_states = d_states.iter();
            let mut gradients = body.emit(b, &inputs)?.into_iter();
            let mut result = Steps::default();
            let mut sum = self.num_states;
            for (input, is_found) in by.iter().zip(&found) {
                let gradient = if *is_found { gradients.next() } else { None };
                let zero = || b.constant(0.0, &b.shape(inputs[*input]));
                if *input < self.num_inputs {
                    result.outputs.push(gradient.map_or_else(zero, Ok)?);
                } else if *input < steps {
                    let mut d_state = gradient.map_or_else(zero, Ok)?;
                    if d_kept[*input - self.num_inputs].is_some() {
                        d_state = b.add(d_state, *d_states.next().expect("one an array that was given"))?;
                    }
                    result.states.push(d_state);
                } else {
                    result.states.push(gradient.map_or(Ok(s[sum]), |gradient| b.add(s[sum], gradient))?);
                    sum += 1;
                }
            }
            Ok(result)
        })?;
        let mut d_inputs = vec![None; at.inputs.len()];
        let own = by.iter().filter(|input| **input < self.num_inputs);
        own.zip(steps_back).for_each(|(input, value)| d_inputs[*input] = Some(value));
        let rest = (self.num_inputs..steps).chain(shared);
        rest.zip(totals).for_each(|(input, value)| d_inputs[input] = Some(value));
        Ok(d_inputs)
    }

    fn flops(&self, inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        self.body.program.as_ref().map_or(0, |program| program.flops() * inputs[0][1] as u64)
    }

    fn is_optional(&self, output: usize) -> bool {
        output >= self.body.outputs.len()
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        self.run_with(&Reference, run)
    }
}

/// An input or a state of the step that is being written; it has a value only inside of its scan.
#[derive(Debug, Clone)]
pub(crate) struct StepValue {
    pub shape: Shape,
}

impl Operation for StepValue {
    fn name(&self) -> &'static str {
        "step_value"
    }

    fn output_shapes(&self, _inputs: &[&Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape.clone()])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(Vec::new())
    }

    fn run<F: Number>(&self, _run: &mut Run<'_, F>) -> Result<()> {
        let text = "a value of one step is used outside of its scan; return it as an output or a state";
        Err(Error::state("scan", text))
    }
}

#[cfg(test)]
mod tests;
