//! Gradients by the rules of the operations, in one sweep from the loss backwards.

use crate::builder::Builder;
use crate::error::{Error, Result};
use crate::graph::{Node, Value};
use crate::ops::{Differential, Operation};

/// Emits the gradients of `loss`, a single number, by each value of `by`; `None` where the loss does not depend on it.
///
/// # Errors
/// If the loss is not a single number, or if it depends on a value through an operation without a gradient.
pub(crate) fn gradients(builder: &Builder, loss: Value, by: &[Value]) -> Result<Vec<Option<Value>>> {
    let shape = builder.shape(loss);
    if shape.len() != Some(1) {
        return Err(Error::shape("gradients", format!("expected a loss of one number, got {shape}")));
    }
    let nodes: Vec<Node> = builder.nodes();
    let depends = dependents(&nodes, by, builder.num_values());
    let mut d_values: Vec<Option<Value>> = vec![None; builder.num_values()];
    d_values[loss.index()] = Some(builder.constant(1.0, &shape)?);
    for node in nodes.iter().rev() {
        backward(builder, node, &depends, &mut d_values)?;
    }
    Ok(by.iter().map(|value| d_values[value.index()]).collect())
}

/// Which values depend on any of `by`.
fn dependents(nodes: &[Node], by: &[Value], values: usize) -> Vec<bool> {
    let mut depends = vec![false; values];
    by.iter().for_each(|value| depends[value.index()] = true);
    for node in nodes {
        if node.inputs.iter().any(|value| depends[value.index()]) {
            node.outputs.iter().for_each(|value| depends[value.index()] = true);
        }
    }
    depends
}

/// Adds what flows through one operation to the gradients by its inputs.
fn backward(builder: &Builder, node: &Node, depends: &[bool], d_values: &mut [Option<Value>]) -> Result<()> {
    let d_outputs: Vec<Option<Value>> = node.outputs.iter().map(|value| d_values[value.index()]).collect();
    let needed: Vec<bool> = node.inputs.iter().map(|value| depends[value.index()]).collect();
    if d_outputs.iter().all(Option::is_none) || !needed.contains(&true) {
        return Ok(());
    }
    let (inputs, outputs) = (&node.inputs[..], &node.outputs[..]);
    let at = Differential { builder, inputs, outputs, d_outputs: &d_outputs, needed: &needed };
    let d_inputs = node.op.gradient(&at)?;
    for ((input, d_input), needed) in node.inputs.iter().zip(d_inputs).zip(needed) {
        let Some(d_input) = d_input.filter(|_| needed) else { continue };
        let slot = &mut d_values[input.index()];
        *slot = Some(match *slot {
            Some(sum) => builder.add(sum, d_input)?,
            None => d_input,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
