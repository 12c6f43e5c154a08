//! Writing operations: what a layer, a loss or a user's own function is given.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::gradient;
use crate::graph::{Graph, Node, Value};
use crate::ops::{Op, Operation, source};
use crate::program::Program;
use crate::shape::Shape;
use crate::state::StateCell;
use crate::variable::Variable;

mod arrays;
mod elementwise;
mod lookup;
mod losses;
mod scan;
mod windows;

pub(crate) use lookup::{RecurrentInputs, Start};
pub(crate) use scan::Direction;
pub use scan::Steps;

/// What a program is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Dropout is off.
    Inference,
    /// Dropout is on.
    Training,
}

/// What the caller of a program binds to one of its inputs.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Data of the call, by position among the data inputs.
    Data(usize),
    /// A weight.
    Variable(Variable),
    /// A recurrent state, by position among the builder's states.
    State(usize),
}

/// A recurrent state that a program reads and replaces.
#[derive(Debug, Clone)]
pub(crate) struct StateUse {
    /// Where the layer keeps it between calls.
    pub cell: StateCell,
    /// The state after the run; it has the shape of the one before.
    pub output: Value,
}

/// A weight that a run of a program replaces.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    pub variable: Variable,
    /// Its numbers after the run.
    pub output: Value,
}

/// Collects operations; every method appends one and returns its result as a [`Value`].
///
/// Shapes are checked at once. A builder can be shared by nested calls (`b.mul(x, b.sigmoid(x)?)?`).
#[derive(Debug)]
pub struct Builder {
    /// What the whole program is made for.
    purpose: Mode,
    /// What the part that is being emitted is made for.
    mode: Cell<Mode>,
    has_lookups: bool,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    graph: Graph,
    sources: Vec<Source>,
    num_data: usize,
    variables: HashMap<u64, Value>,
    states: Vec<StateUse>,
    assignments: Vec<Assignment>,
    losses: Vec<Value>,
    /// Values that stand for ids that layers took instead.
    looked_past: Vec<Value>,
    streams: u64,
}

impl Builder {
    /// An empty builder for programs of this mode.
    pub fn new(mode: Mode) -> Self {
        Self { purpose: mode, mode: Cell::new(mode), has_lookups: false, state: RefCell::default() }
    }

    /// What the program is made for.
    pub fn mode(&self) -> Mode {
        self.mode.get()
    }

    /// Emits a part in another mode than the rest, such as dropout that stays on in inference.
    pub fn in_mode<R>(&self, mode: Mode, emit: impl FnOnce() -> R) -> R {
        let before = self.mode.replace(mode);
        let result = emit();
        self.mode.set(before);
        result
    }

    /// The shape of a value.
    pub fn shape(&self, value: Value) -> Shape {
        self.state.borrow().graph.shape(value).clone()
    }

    /// An array that the caller gives to each run, in the order of these calls.
    pub fn input(&self, name: &str, shape: &Shape) -> Value {
        let mut state = self.state.borrow_mut();
        let source = Source::Data(state.num_data);
        state.num_data += 1;
        state.bind(name, shape, source)
    }

    /// The value of a weight. Asking twice for the same weight gives the same value, so that gradients add up.
    pub fn variable(&self, variable: &Variable) -> Value {
        let mut state = self.state.borrow_mut();
        if let Some(value) = state.variables.get(&variable.id()) {
            return *value;
        }
        let shape = Shape::known(variable.shape());
        let value = state.bind(variable.path(), &shape, Source::Variable(variable.clone()));
        state.variables.insert(variable.id(), value);
        value
    }

    /// Lets a value stand for a weight from now on.
    pub(crate) fn substitute(&self, variable: &Variable, value: Value) {
        self.state.borrow_mut().variables.insert(variable.id(), value);
    }

    /// The recurrent state that `cell` keeps between calls, with this shape `[batch, …]`. A layer that is called
    /// twice goes on from the state that its first call left.
    pub(crate) fn state_input(&self, name: &str, shape: &Shape, cell: &StateCell) -> Value {
        let mut state = self.state.borrow_mut();
        if let Some(known) = state.states.iter().find(|known| known.cell.is_same(cell)) {
            return known.output;
        }
        let position = state.states.len();
        let output = state.bind(name, shape, Source::State(position));
        state.states.push(StateUse { cell: cell.clone(), output });
        output
    }

    /// Says that after a run `cell` holds `output`.
    pub(crate) fn update_state(&self, cell: &StateCell, output: Value) {
        let mut state = self.state.borrow_mut();
        match state.states.iter_mut().find(|known| known.cell.is_same(cell)) {
            Some(known) => known.output = output,
            None => state.states.push(StateUse { cell: cell.clone(), output }),
        }
    }

    /// Says that after a run of a program for training the weight `variable` holds `value`: how statistics such as a
    /// moving mean change, which no gradient moves. What is emitted later sees the new numbers.
    ///
    /// In a program for inference it has no effect, whatever the mode of the part: inference changes no weight.
    ///
    /// # Errors
    /// If the shapes differ, or the weight is one that gradients move.
    pub fn assign(&self, variable: &Variable, value: Value) -> Result<()> {
        if variable.is_learned() {
            let text = "a weight that gradients move cannot be assigned to; make it with `add_statistic`";
            return Err(Error::argument(variable.path(), text));
        }
        let (expected, got) = (Shape::known(variable.shape()), self.shape(value));
        if expected != got {
            return Err(Error::shape(variable.path(), format!("expected a weight {expected}, got {got}")));
        }
        if self.purpose == Mode::Inference {
            return Ok(());
        }
        let mut state = self.state.borrow_mut();
        state.variables.insert(variable.id(), value);
        state.assignments.retain(|known| known.variable.id() != variable.id());
        state.assignments.push(Assignment { variable: variable.clone(), output: value });
        Ok(())
    }

    /// The weights that a run replaces.
    pub(crate) fn assignments(&self) -> Vec<Assignment> {
        self.state.borrow().assignments.clone()
    }

    /// Adds a number to the loss of the model, as Keras's `add_loss`.
    pub fn add_loss(&self, loss: Value) {
        self.state.borrow_mut().losses.push(loss);
    }

    /// What layers have added to the loss.
    pub(crate) fn losses(&self) -> Vec<Value> {
        self.state.borrow().losses.clone()
    }

    /// A number that no other random operation of this builder has.
    pub(crate) fn next_stream(&self) -> u64 {
        let mut state = self.state.borrow_mut();
        state.streams += 1;
        state.streams
    }

    /// The gradients of `loss`, a single number, by each of `by`; `None` where it does not depend on one.
    ///
    /// # Errors
    /// If `loss` is not a single number; or if one of `by` is the rows of an embedding that a recurrent layer of a model looks
    /// up together with its weights.
    pub fn gradients(&self, loss: Value, by: &[Value]) -> Result<Vec<Option<Value>>> {
        if by.iter().any(|value| self.state.borrow().looked_past.contains(value)) {
            let text = "a recurrent layer looks up what follows from these rows of an embedding, so that there is no gradient \
                        by the rows; give the layer something computed of them, such as `b.scale(rows, 1.0)`";
            return Err(Error::unsupported("gradients", text));
        }
        gradient::gradients(self, loss, by)
    }

    /// Remembers that a layer took ids instead of a value.
    fn look_past(&self, value: Value) {
        self.state.borrow_mut().looked_past.push(value);
    }

    /// The operation that a value is a result of, and what that reads.
    fn producer(&self, value: Value) -> Option<(Op, Vec<Value>)> {
        let state = self.state.borrow();
        state.graph.producer(value).map(|node| (node.op.clone(), node.inputs.clone()))
    }

    /// A program that computes `outputs`.
    ///
    /// # Errors
    /// If a size is still unknown.
    pub fn finish(&self, outputs: &[Value]) -> Result<Program> {
        Program::new(&self.state.borrow().graph, outputs)
    }

    /// The same for many runs: operations on the same rows are run together.
    ///
    /// # Errors
    /// If a size is still unknown.
    pub(crate) fn finish_fused(&self, outputs: &[Value]) -> Result<Program> {
        Program::fused(&self.state.borrow().graph, outputs)
    }

    /// The value as a result of its own: a copy where it is an input, which lies in an array of the caller.
    pub(crate) fn materialize(&self, value: Value) -> Result<Value> {
        let is_input = {
            let state = self.state.borrow();
            let mut value = value;
            while let Some(Node { op: Op::Reshape(_), inputs, .. }) = state.graph.producer(value) {
                value = inputs[0];
            }
            matches!(state.graph.producer(value), Some(Node { op: Op::Input(_), .. }))
        };
        if is_input { self.scale(value, 1.0) } else { Ok(value) }
    }

    /// The values that `value` was computed from, if it is the result of an operation that `is_wanted`.
    pub(crate) fn inputs_of(&self, value: Value, is_wanted: impl Fn(&Op) -> bool) -> Option<Vec<Value>> {
        let state = self.state.borrow();
        let node = state.graph.producer(value)?;
        is_wanted(&node.op).then(|| node.inputs.clone())
    }

    /// Appends an operation with one output.
    pub(crate) fn emit(&self, op: Op, inputs: &[Value]) -> Result<Value> {
        Ok(self.emit_all(op, inputs)?[0])
    }

    /// Appends an operation.
    pub(crate) fn emit_all(&self, op: Op, inputs: &[Value]) -> Result<Vec<Value>> {
        let mut state = self.state.borrow_mut();
        let shapes: Vec<&Shape> = inputs.iter().map(|value| state.graph.shape(*value)).collect();
        let shapes = op.output_shapes(&shapes)?;
        Ok(state.graph.push(op, inputs, shapes))
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.state.borrow().graph.nodes.clone()
    }

    pub(crate) fn graph(&self) -> Graph {
        self.state.borrow().graph.clone()
    }

    pub(crate) fn num_values(&self) -> usize {
        self.state.borrow().graph.shapes.len()
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        self.state.borrow().sources.clone()
    }

    pub(crate) fn states(&self) -> Vec<StateUse> {
        self.state.borrow().states.clone()
    }
}

impl State {
    fn bind(&mut self, name: &str, shape: &Shape, source: Source) -> Value {
        let input =
            source::Input { name: name.to_owned(), shape: shape.clone(), binding: self.sources.len() };
        self.sources.push(source);
        self.graph.push(Op::Input(input), &[], vec![shape.clone()])[0]
    }
}
