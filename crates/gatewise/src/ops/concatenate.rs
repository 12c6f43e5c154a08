//! Arrays one after another along one axis.

use super::{Differential, Operation, elements};
use crate::error::{Error, Result};
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::{Dim, Shape};

/// The inputs one after another along `axis`; all their other sizes are equal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Concatenate {
    pub axis: usize,
}

impl Concatenate {
    fn mismatch(&self, inputs: &[&Shape]) -> Error {
        let shapes: Vec<String> = inputs.iter().map(ToString::to_string).collect();
        let text = format!("expected arrays of equal sizes but along axis {}, got", self.axis);
        Error::shape("concatenate", format!("{text} {}", shapes.join(" and ")))
    }
}

impl Operation for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn options(&self) -> String {
        format!("axis {}", self.axis)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let Some((first, others)) = inputs.split_first() else {
            return Err(Error::shape("concatenate", "expected at least one array, got none"));
        };
        let mut dims = first.dims().to_vec();
        for other in others {
            if other.rank() != first.rank() {
                return Err(self.mismatch(inputs));
            }
            for (axis, (joined, dim)) in dims.iter_mut().zip(other.dims()).enumerate() {
                *joined = match (axis == self.axis, *joined, *dim) {
                    (true, joined, dim) => joined.zip(dim).map(|(joined, dim)| joined + dim),
                    (false, Some(joined), Some(dim)) if joined != dim => return Err(self.mismatch(inputs)),
                    (false, joined, dim) => joined.or(dim),
                };
            }
        }
        if self.axis >= first.rank() {
            let text = format!("expected an axis below {}, got {}", first.rank(), self.axis);
            return Err(Error::shape("concatenate", text));
        }
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        let b = at.builder;
        let sizes: Vec<Dim> = at.inputs.iter().map(|input| b.shape(*input).dim(self.axis)).collect();
        let known: Option<Vec<usize>> = sizes.into_iter().collect();
        let known =
            known.ok_or_else(|| Error::shape("concatenate", "expected known sizes for its gradient"))?;
        let mut start = 0;
        let mut gradients = Vec::new();
        for (input, len) in known.into_iter().enumerate() {
            gradients.push(at.when_needed(input, |b| b.slice(at.d_output(), self.axis, start, len))?);
            start += len;
        }
        Ok(gradients)
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let row = elements(&run.output_dims(0)[self.axis..]);
        if row == 0 {
            return Ok(());
        }
        let mut start = 0;
        for input in 0..run.num_inputs() {
            let len = elements(&run.input_dims(input)[self.axis..]);
            if len == 0 {
                continue;
            }
            let (inputs, outputs) = run.parts();
            let parts = inputs.get(input).chunks_exact(len);
            for (out, part) in outputs[0].chunks_exact_mut(row).zip(parts) {
                out[start..start + len].copy_from_slice(part);
            }
            start += len;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
