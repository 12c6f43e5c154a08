//! The axes of an array in another order.

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::{Run, for_each_index};
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Shape, strides};

/// Axis i of the output is axis `axes[i]` of the input.
#[derive(Debug, Clone)]
pub(crate) struct Transpose {
    pub axes: Vec<usize>,
}

impl Transpose {
    /// The order that undoes this one.
    fn inverse(&self) -> Vec<usize> {
        let mut inverse = vec![0; self.axes.len()];
        self.axes.iter().enumerate().for_each(|(to, from)| inverse[*from] = to);
        inverse
    }

    /// How many of the last axes stay where they are.
    fn fixed(&self) -> usize {
        self.axes.iter().enumerate().rev().take_while(|(to, from)| to == *from).count()
    }
}

impl Operation for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn options(&self) -> String {
        format!("axes {:?}", self.axes)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let input = inputs[0];
        let mut sorted = self.axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..input.rank()) {
            let text = format!("expected each axis of {input} once, got the order {:?}", self.axes);
            return Err(Error::shape("transpose", text));
        }
        Ok(vec![Shape::new(self.axes.iter().map(|axis| input.dim(*axis)).collect::<Vec<_>>())])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![Some(at.builder.transpose(at.d_output(), &self.inverse())?)])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let dims = run.input_dims(0);
        let moved = dims.len() - self.fixed();
        // Rows along the axes that stay are copied in one piece.
        let row = elements(&dims[moved..]);
        let (inputs, outputs) = run.parts();
        if outputs[0].is_empty() {
            return Ok(());
        }
        let own = strides(dims);
        let from: Vec<usize> = self.axes[..moved].iter().map(|axis| own[*axis]).collect();
        let sizes: Vec<usize> = self.axes[..moved].iter().map(|axis| dims[*axis]).collect();
        let mut rows = outputs[0].chunks_exact_mut(row);
        for_each_index(&sizes, &from, |start| {
            let out = rows.next().expect("one row an index");
            out.copy_from_slice(&inputs.get(0)[start..start + row]);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
