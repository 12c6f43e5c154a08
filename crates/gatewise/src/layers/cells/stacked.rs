//! Cells one upon another.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Cell, IntoCell, call_cell};
use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::layers::{
    Layer, LayerBase, LayerOptions, Tensor, WeightBuilder, WeightTree, name_of, serialize, serialize_built,
};
use crate::serialization::snake_case;
use crate::shape::Shape;
use crate::variable::Variable;

/// Keras's `StackedRNNCells`: cells that work as one, each on the output of the one before at the same step.
///
/// The output is that of the last cell, the states are those of all cells one after another. Masks of dropout are each
/// cell's own. Cells without a name are called `lstm_cell`, `lstm_cell_1`, … within the stack.
///
/// ```
/// use gatewise::layers::{self, GruCell, LstmCell, Rnn, StackedRnnCells};
/// use ndarray::ArrayD;
///
/// let stack = StackedRnnCells::new().cell(LstmCell::new(8)).cell(GruCell::new(4));
/// let layer = Rnn::new(stack).return_state(true);
/// let outputs = layers::call(&layer, &[ArrayD::zeros(vec![2, 5, 3])], 0)?;
/// assert_eq!(outputs.len(), 4); // the output, h and c of the first cell, h of the second
/// assert_eq!(outputs[0].shape(), [2, 4]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct StackedRnnCells {
    base: LayerBase,
    cells: Vec<Arc<dyn Cell>>,
}

impl StackedRnnCells {
    /// A stack without cells.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stack with one more cell on top.
    pub fn cell(mut self, cell: impl IntoCell) -> Self {
        let cell = cell.into_cell();
        let base = snake_case(cell.class_name());
        let is_free = |name: &String| self.cells.iter().all(|known| name_of(&**known) != *name);
        let name = (0..)
            .map(|count| if count == 0 { base.clone() } else { format!("{base}_{count}") })
            .find(is_free);
        cell.base().set_name_once(name.expect("one of endlessly many names is free"));
        self.cells.push(cell);
        self
    }

    /// The cells from the lowest to the highest.
    pub fn cells(&self) -> &[Arc<dyn Cell>] {
        &self.cells
    }

    /// The shapes of the inputs of each cell.
    fn input_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
        let mut shapes = vec![inputs.clone()];
        for cell in &self.cells {
            shapes.push(cell.output_shape(&shapes[shapes.len() - 1])?);
        }
        Ok(shapes)
    }
}

impl Layer for StackedRnnCells {
    fn class_name(&self) -> &str {
        "StackedRNNCells"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn check(&self) -> Result<()> {
        if self.cells.is_empty() {
            return Err(Error::argument(name_of(self), "a stack needs at least one cell, got none"));
        }
        for (index, cell) in self.cells.iter().enumerate() {
            let name = name_of(&**cell);
            if self.cells[..index].iter().any(|known| name_of(&**known) == name) {
                let text = format!("two cells are named \"{name}\"; give one of them another name");
                return Err(Error::argument(name_of(self), text));
            }
            cell.base().check()?;
            cell.check()?;
        }
        Ok(())
    }

    fn build(&self, inputs: &[Shape], weights: &mut WeightBuilder<'_>) -> Result<()> {
        for (cell, shape) in self.cells.iter().zip(self.input_shapes(&inputs[0])?) {
            if cell.variables().is_empty() {
                cell.build(&[shape], &mut weights.inner(&name_of(&**cell)))?;
            }
        }
        Ok(())
    }

    /// The inputs of a step and the states of all cells before it.
    fn call(&self, b: &Builder, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        call_cell(self, b, inputs)
    }

    fn weight_tree(&self) -> WeightTree {
        WeightTree::list(self, "cells", &self.sublayers())
    }

    fn sublayers(&self) -> Vec<Arc<dyn Layer>> {
        self.cells.iter().map(|cell| Arc::clone(cell) as Arc<dyn Layer>).collect()
    }

    fn variables(&self) -> Vec<Variable> {
        self.cells.iter().flat_map(|cell| cell.variables()).collect()
    }

    fn own_config(&self) -> Map<String, Json> {
        let cells: Vec<Json> = self.cells.iter().map(|cell| serialize(&**cell)).collect();
        Map::from_iter([("cells".to_owned(), cells.into())])
    }

    fn built_config(&self, inputs: &[Shape]) -> Map<String, Json> {
        let shapes = self.input_shapes(&inputs[0]).unwrap_or_default();
        let cells = self.cells.iter().zip(&shapes);
        let cells: Vec<Json> =
            cells.map(|(cell, shape)| serialize_built(&**cell, std::slice::from_ref(shape))).collect();
        Map::from_iter([("cells".to_owned(), cells.into())])
    }
}

impl Cell for StackedRnnCells {
    fn state_shapes(&self, inputs: &Shape) -> Result<Vec<Shape>> {
        let mut shapes = Vec::new();
        for (cell, shape) in self.cells.iter().zip(self.input_shapes(inputs)?) {
            shapes.extend(cell.state_shapes(&shape)?);
        }
        Ok(shapes)
    }

    fn output_shape(&self, inputs: &Shape) -> Result<Shape> {
        Ok(self.input_shapes(inputs)?.swap_remove(self.cells.len()))
    }

    fn advance(&self, b: &Builder, x: Value, states: &[Value]) -> Result<(Value, Vec<Value>)> {
        let (mut y, mut rest, mut next) = (x, states, Vec::new());
        for cell in &self.cells {
            let (own, others) = rest.split_at(cell.state_shapes(&b.shape(y))?.len());
            let (output, after) = cell.advance(b, y, own)?;
            next.extend(after);
            (y, rest) = (output, others);
        }
        Ok((y, next))
    }

    fn fresh(&self) -> Result<Arc<dyn Cell>> {
        let mut stack = Self::new().with_name(name_of(self)).trainable(self.base.is_trainable());
        for cell in &self.cells {
            stack = stack.cell(cell.fresh()?);
        }
        Ok(Arc::new(stack))
    }
}
