//! The list of operations that a [`Builder`](crate::Builder) writes and a [`Program`](crate::Program) is made of.
//!
//! Every operation comes after the ones whose values it uses, so the order of the list is an order of execution.

use crate::ops::Op;
use crate::shape::Shape;

/// A handle to one array of a graph. It is only meaningful with the builder that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(crate) u32);

impl Value {
    /// The position in the graph's list of values.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation with the values it reads and writes.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub op: Op,
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
}

/// Operations in order of execution and the shapes of all their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub nodes: Vec<Node>,
    pub shapes: Vec<Shape>,
}

impl Graph {
    /// Appends an operation; its outputs get the shapes given.
    pub fn push(&mut self, op: Op, inputs: &[Value], shapes: Vec<Shape>) -> Vec<Value> {
        let first = self.shapes.len();
        let outputs: Vec<Value> = (first..first + shapes.len()).map(|index| Value(index as u32)).collect();
        self.shapes.extend(shapes);
        self.nodes.push(Node { op, inputs: inputs.to_vec(), outputs: outputs.clone() });
        outputs
    }

    /// The operation that computes a value.
    pub fn producer(&self, value: Value) -> Option<&Node> {
        self.nodes.iter().rev().find(|node| node.outputs.contains(&value))
    }

    /// The shape of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.shapes[value.index()]
    }
}
