//! A graph made ready to run for sizes that are all known.

use std::fmt::{self, Display, Formatter};

use crate::error::{Error, Result};
use crate::graph::{Graph, Value};
use crate::ops::side_by_side::SideBySide;
use crate::ops::{Op, Operation, elements};

mod fuse;
mod fused_body;
mod plan;
mod side_by_side;

/// Where the elements of a value are during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In an array of the caller.
    Binding(usize),
    /// In a slot of the arena.
    Slot(usize),
    /// Not kept, because nobody reads it.
    Nowhere,
}

/// One operation of a program.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub op: Op,
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
    /// Numbers of scratch memory.
    pub workspace: usize,
}

impl Step {
    /// The operation and its inputs, or those that are parts of it.
    pub fn parts(&self) -> impl Iterator<Item = (&Op, &[Value])> {
        let joined = match &self.op {
            Op::SideBySide(op) => Some(op),
            _ => None,
        };
        let parts = joined.into_iter().flat_map(SideBySide::parts_with_inputs);
        let parts = parts.map(|(part, at)| (&part.op, &self.inputs[at]));
        parts.chain(joined.is_none().then_some((&self.op, &self.inputs[..])))
    }
}

/// A program's input: what the caller binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramInput {
    /// `x`, `lstm/kernel`, …
    pub name: String,
    /// Its sizes.
    pub dims: Vec<usize>,
}

/// A list of operations with known sizes and planned memory.
///
/// A program is immutable and can be run by several threads at once, each in memory of its own. Its `Display` form
/// lists the operations, their shapes and where the results lie.
#[derive(Debug, Clone)]
pub struct Program {
    pub(crate) steps: Vec<Step>,
    /// Length of each slot of the arena.
    pub(crate) slots: Vec<usize>,
    /// Scratch memory of the operation that needs most.
    pub(crate) workspace: usize,
    /// Floating-point operations of a run.
    flops: u64,
    inputs: Vec<ProgramInput>,
    outputs: Vec<Value>,
    dims: Vec<Vec<usize>>,
    places: Vec<Place>,
    /// For every value, the index of the one whose elements it shares: itself, or what it reshapes.
    roots: Vec<usize>,
}

impl Program {
    /// Keeps what `outputs` need of a graph and plans its memory.
    ///
    /// # Errors
    /// If a size is unknown.
    pub(crate) fn new(graph: &Graph, outputs: &[Value]) -> Result<Self> {
        Self::with_steps(graph, outputs, |_, _| {})
    }

    /// The same with operations on the same rows joined.
    ///
    /// # Errors
    /// If a size is unknown.
    pub(crate) fn fused(graph: &Graph, outputs: &[Value]) -> Result<Self> {
        Self::with_steps(graph, outputs, fuse::fuse)
    }

    fn with_steps(
        graph: &Graph,
        outputs: &[Value],
        change: impl FnOnce(&mut Vec<Step>, &fuse::Values<'_>),
    ) -> Result<Self> {
        let dims = graph.shapes.iter().map(|shape| {
            let unknown = || Error::shape("program", format!("expected known sizes, got {shape}"));
            shape.to_known().ok_or_else(unknown)
        });
        let dims: Vec<Vec<usize>> = dims.collect::<Result<_>>()?;
        let dims_of = |list: &[Value]| list.iter().map(|v| dims[v.index()].as_slice()).collect::<Vec<_>>();
        let is_needed = needed_values(graph, outputs);
        let mut steps = Vec::new();
        for node in &graph.nodes {
            let is_source = matches!(node.op, Op::Input(_));
            if !is_source && node.outputs.iter().any(|value| is_needed[value.index()]) {
                let workspace = node.op.workspace_len(&dims_of(&node.inputs));
                let (op, inputs, outputs) = (node.op.clone(), node.inputs.clone(), node.outputs.clone());
                steps.push(Step { op, inputs, outputs, workspace });
            }
        }
        let roots = plan::roots(&steps, dims.len());
        let values = fuse::Values { dims: &dims, roots: &roots, results: outputs };
        change(&mut steps, &values);
        side_by_side::join(&mut steps, &values);
        let plan = plan::plan(graph, &mut steps, outputs, &dims, &is_needed);
        let flops = steps.iter().map(|step| step.op.flops(&dims_of(&step.inputs), &dims_of(&step.outputs)));
        Ok(Self {
            workspace: steps.iter().map(|step| step.workspace).max().unwrap_or(0),
            flops: flops.sum(),
            inputs: program_inputs(graph, &dims),
            outputs: outputs.to_vec(),
            slots: plan.slots,
            places: plan.places,
            roots: plan.roots,
            steps,
            dims,
        })
    }

    /// What has to be bound for a run, in order.
    pub fn inputs(&self) -> &[ProgramInput] {
        &self.inputs
    }

    /// The values that a run leaves behind.
    pub fn outputs(&self) -> &[Value] {
        &self.outputs
    }

    /// The sizes of a value.
    pub fn dims(&self, value: Value) -> &[usize] {
        &self.dims[value.index()]
    }

    /// The number of operations.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Bytes of memory that a run in `f32` needs beside what the caller binds.
    pub fn memory_bytes(&self) -> usize {
        let inside = self.steps.iter().map(|step| match &step.op {
            Op::Fused(fused) => fused.programs_at_once().map(Self::memory_bytes).sum(),
            _ => 0,
        });
        (self.slots.iter().sum::<usize>() + self.workspace) * size_of::<f32>() + inside.sum::<usize>()
    }

    /// Floating-point operations of one run.
    pub fn flops(&self) -> u64 {
        self.flops
    }

    pub(crate) fn place(&self, value: Value) -> Place {
        self.places[value.index()]
    }

    /// The binding in which a value lies, if it is an input.
    pub(crate) fn binding(&self, value: Value) -> Option<usize> {
        match self.place(value) {
            Place::Binding(binding) => Some(binding),
            _ => None,
        }
    }

    /// The number of the value whose elements this one shares: its own, or that of what it reshapes.
    pub(crate) fn root(&self, value: Value) -> usize {
        self.roots[value.index()]
    }

    pub(crate) fn value_len(&self, value: Value) -> usize {
        elements(self.dims(value))
    }

    /// The most outputs that one operation has.
    pub(crate) fn most_outputs(&self) -> usize {
        self.steps.iter().map(|step| step.outputs.len()).max().unwrap_or(0)
    }
}

/// Which values the outputs depend on.
fn needed_values(graph: &Graph, outputs: &[Value]) -> Vec<bool> {
    let mut is_needed = vec![false; graph.shapes.len()];
    outputs.iter().for_each(|value| is_needed[value.index()] = true);
    for node in graph.nodes.iter().rev() {
        if node.outputs.iter().any(|value| is_needed[value.index()]) {
            node.inputs.iter().for_each(|value| is_needed[value.index()] = true);
        }
    }
    is_needed
}

/// The inputs of a graph in the order of their bindings.
fn program_inputs(graph: &Graph, dims: &[Vec<usize>]) -> Vec<ProgramInput> {
    let inputs = graph.nodes.iter().filter_map(|node| match &node.op {
        Op::Input(input) => {
            Some(ProgramInput { name: input.name.clone(), dims: dims[node.outputs[0].index()].clone() })
        }
        _ => None,
    });
    inputs.collect()
}

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (binding, input) in self.inputs.iter().enumerate() {
            writeln!(f, "bind {binding}: {} {:?}", input.name, input.dims)?;
        }
        for step in &self.steps {
            let join = |list: Vec<String>| list.join(", ");
            let outputs = step.outputs.iter().filter(|value| self.place(**value) != Place::Nowhere);
            let outputs = join(outputs.map(|value| self.describe(*value)).collect());
            let inputs = join(step.inputs.iter().map(|value| self.name(*value)).collect());
            let options = step.op.options();
            let options = if options.is_empty() { options } else { format!(" {{{options}}}") };
            writeln!(f, "{outputs} = {}({inputs}){options}", step.op.name())?;
        }
        let results: Vec<String> = self.outputs.iter().map(|value| self.name(*value)).collect();
        writeln!(f, "return {}", results.join(", "))?;
        let (steps, slots, bytes) = (self.len(), self.slots.len(), self.memory_bytes());
        write!(f, "{steps} operations, {slots} slots, {bytes} bytes, {} flops", self.flops())
    }
}

impl Program {
    /// `%7`, or the name of an input. A reshaped value has the name of what it reshapes.
    fn name(&self, value: Value) -> String {
        match self.place(value) {
            Place::Binding(index) => self.inputs[index].name.clone(),
            _ => format!("%{}", self.roots[value.index()]),
        }
    }

    /// `%7 [2, 3] @1`: the value, its sizes and its slot.
    fn describe(&self, value: Value) -> String {
        let place = match self.place(value) {
            Place::Slot(slot) => format!(" @{slot}"),
            _ => String::new(),
        };
        format!("%{} {:?}{place}", value.0, self.dims(value))
    }
}

#[cfg(test)]
mod tests;
