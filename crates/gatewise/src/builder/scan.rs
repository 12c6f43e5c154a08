//! Writing recurrences.

use std::sync::Arc;

use super::Builder;
use crate::error::{Error, Result};
use crate::graph::{Graph, Node, Value};
use crate::ops::Op;
use crate::ops::scan::{Body, Scan, StepValue};
use crate::shape::Shape;

/// The order in which the steps of a sequence are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the first to the last.
    Forward,
    /// From the last to the first. Outputs stay beside their inputs.
    Backward,
}

impl Direction {
    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Forward => Self::Backward,
            Self::Backward => Self::Forward,
        }
    }
}

/// What one step of a [`Builder::scan`] gives.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    /// Arrays `[batch, …]`, which are stacked over the steps.
    pub outputs: Vec<Value>,
    /// The states for the next step, of the shapes of those before.
    pub states: Vec<Value>,
}

impl Builder {
    /// Runs the operations that `step` emits for every step of `inputs [batch, time, …]`, with states that go from
    /// step to step and begin as `states`.
    ///
    /// `step` is called once, with this builder and with the inputs `[batch, …]` and states of a step. What it emits
    /// that does not depend on them, such as a mask of dropout, is computed once for all steps. Returns the outputs
    /// stacked over the steps, `[batch, time, …]`, and the states after the last step.
    ///
    /// ```
    /// use gatewise::{Builder, Mode, Shape, Steps};
    /// use ndarray::{arr1, arr2};
    ///
    /// let b = Builder::new(Mode::Inference);
    /// let x = b.input("x", &Shape::known(&[1, 3]));
    /// let zero = b.constant(0.0, &Shape::known(&[1]))?;
    /// let (sums, last) = b.scan(&[x], &[zero], |b, x, sum| {
    ///     let sum = b.add(sum[0], x[0])?;
    ///     Ok(Steps { outputs: vec![sum], states: vec![sum] })
    /// })?;
    /// let results = b.evaluate(&[sums[0], last[0]], &[arr2(&[[1.0, 2.0, 3.0]]).into_dyn()])?;
    /// assert_eq!(results, [arr2(&[[1.0, 3.0, 6.0]]).into_dyn(), arr1(&[6.0]).into_dyn()]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no input, an input has no axis of time, the inputs differ in time, or a state changes its shape.
    pub fn scan(
        &self,
        inputs: &[Value],
        states: &[Value],
        step: impl FnOnce(&Self, &[Value], &[Value]) -> Result<Steps>,
    ) -> Result<(Vec<Value>, Vec<Value>)> {
        self.scan_in(Direction::Forward, inputs, states, step)
    }

    /// The same in either direction.
    pub(crate) fn scan_in(
        &self,
        direction: Direction,
        inputs: &[Value],
        states: &[Value],
        step: impl FnOnce(&Self, &[Value], &[Value]) -> Result<Steps>,
    ) -> Result<(Vec<Value>, Vec<Value>)> {
        let start = self.nodes().len();
        let mut own = self.step_inputs(inputs)?;
        for state in states {
            own.push(self.emit(Op::StepValue(StepValue { shape: self.shape(*state) }), &[])?);
        }
        let (x, s) = own.split_at(inputs.len());
        let assigned = self.assignments().len();
        let result = step(self, x, s)?;
        if let Some(inside) = self.assignments().get(assigned) {
            let text = "a weight cannot be assigned to inside of a step of a recurrence";
            return Err(Error::unsupported(inside.variable.path(), text));
        }
        self.check_states(states, &result.states)?;
        let batch = self.shape(inputs[0]).dim(0);
        for output in &result.outputs {
            let shape = self.shape(*output);
            if shape.rank() == 0 || shape.dim(0) != batch {
                let text = format!("expected outputs that begin with the axis of samples, got {shape}");
                return Err(Error::shape("scan", text));
            }
        }
        let (num_inputs, num_states, count) = (inputs.len(), states.len(), result.outputs.len());
        let (body, shared) = self.body(start, own, &[result.outputs, result.states].concat())?;
        let scan = Scan { body: Arc::new(body), num_inputs, num_states, direction };
        let results = self.emit_all(Op::Scan(scan), &[inputs, states, &shared].concat())?;
        Ok((results[..count].to_vec(), results[count..count + num_states].to_vec()))
    }

    /// One step of each sequence.
    fn step_inputs(&self, inputs: &[Value]) -> Result<Vec<Value>> {
        let mut own = Vec::new();
        let shapes: Vec<Shape> = inputs.iter().map(|input| self.shape(*input)).collect();
        let first = shapes.first().ok_or_else(|| Error::argument("scan", "expected at least one input"))?;
        for shape in &shapes {
            if shape.rank() < 2 || shape.dims()[..2] != first.dims()[..first.rank().min(2)] {
                let text = format!(
                    "expected inputs [batch, time, …] of equal batch and time, got {first} and {shape}"
                );
                return Err(Error::shape("scan", text));
            }
            let mut dims = shape.dims().to_vec();
            dims.remove(1);
            own.push(self.emit(Op::StepValue(StepValue { shape: Shape::new(dims) }), &[])?);
        }
        Ok(own)
    }

    fn check_states(&self, before: &[Value], after: &[Value]) -> Result<()> {
        if before.len() != after.len() {
            let text = format!("expected {} states after a step, got {}", before.len(), after.len());
            return Err(Error::argument("scan", text));
        }
        for (before, after) in before.iter().zip(after) {
            let (before, after) = (self.shape(*before), self.shape(*after));
            if before != after {
                let text = format!("expected a state to keep its shape {before}, got {after} after a step");
                return Err(Error::shape("scan", text));
            }
        }
        Ok(())
    }

    /// The operations since `start` that depend on `own`, and the values from outside that they read.
    fn body(&self, start: usize, own: Vec<Value>, results: &[Value]) -> Result<(Body, Vec<Value>)> {
        let (nodes, b) = (self.nodes(), Self::new(self.mode()));
        let mut values: Vec<Option<Value>> = vec![None; self.num_values()];
        let (mut inputs, mut shared) = (Vec::new(), Vec::new());
        for value in own {
            inputs.push(b.input("step", &self.shape(value)));
            values[value.index()] = inputs.last().copied();
        }
        let is_read = read_values(&nodes[start..], results, values.len());
        for node in &nodes[start..] {
            if !node.outputs.iter().any(|value| is_read[value.index()]) {
                continue;
            }
            if !node.inputs.iter().any(|value| values[value.index()].is_some() && !shared.contains(value)) {
                continue;
            }
            let mut read = Vec::new();
            for value in &node.inputs {
                read.push(self.enter(&b, *value, &mut values, &mut inputs, &mut shared));
            }
            let outputs = b.emit_all(node.op.clone(), &read)?;
            node.outputs.iter().zip(outputs).for_each(|(value, own)| values[value.index()] = Some(own));
        }
        let mut outputs = Vec::new();
        for value in results {
            outputs.push(b.materialize(self.enter(&b, *value, &mut values, &mut inputs, &mut shared))?);
        }
        let graph: Graph = b.graph();
        let is_known = graph.shapes.iter().all(|shape| shape.to_known().is_some());
        let program = is_known.then(|| b.finish(&outputs)).transpose()?;
        Ok((Body { graph, inputs, outputs, program }, shared))
    }

    /// The value inside of the step, which becomes a further input of it if it comes from outside.
    fn enter(
        &self,
        b: &Self,
        value: Value,
        values: &mut [Option<Value>],
        inputs: &mut Vec<Value>,
        shared: &mut Vec<Value>,
    ) -> Value {
        *values[value.index()].get_or_insert_with(|| {
            inputs.push(b.input("shared", &self.shape(value)));
            shared.push(value);
            inputs[inputs.len() - 1]
        })
    }
}

/// Which values the results depend on; what a scan inside of the step was made of is not among them.
fn read_values(nodes: &[Node], results: &[Value], count: usize) -> Vec<bool> {
    let mut is_read = vec![false; count];
    results.iter().for_each(|value| is_read[value.index()] = true);
    for node in nodes.iter().rev() {
        if node.outputs.iter().any(|value| is_read[value.index()]) {
            node.inputs.iter().for_each(|value| is_read[value.index()] = true);
        }
    }
    is_read
}
