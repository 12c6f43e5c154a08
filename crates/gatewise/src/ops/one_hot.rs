//! Classes as rows with a single 1.

use super::gather::row_of;
use super::{Differential, Operation};
use crate::error::Result;
use crate::executor::Run;
use crate::graph::Value;
use crate::number::Number;
use crate::shape::Shape;

/// `ids [...] → [..., classes]`: 1 at the class that the id names, 0 elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct OneHot {
    /// Who asks, for messages.
    pub subject: String,
    pub classes: usize,
}

impl Operation for OneHot {
    fn name(&self) -> &'static str {
        "one_hot"
    }

    fn options(&self) -> String {
        format!("{} classes", self.classes)
    }

    fn output_shapes(&self, inputs: &[&Shape]) -> Result<Vec<Shape>> {
        let mut dims = inputs[0].dims().to_vec();
        dims.push(Some(self.classes));
        Ok(vec![Shape::new(dims)])
    }

    fn gradient(&self, _at: &Differential<'_>) -> Result<Vec<Option<Value>>> {
        Ok(vec![None])
    }

    fn flops(&self, _inputs: &[&[usize]], _outputs: &[&[usize]]) -> u64 {
        0
    }

    fn run<F: Number>(&self, run: &mut Run<'_, F>) -> Result<()> {
        let (inputs, outputs) = run.parts();
        outputs[0].fill(F::zero());
        for (position, id) in inputs.get(0).iter().enumerate() {
            let class = row_of(&self.subject, *id, position, self.classes)?;
            outputs[0][position * self.classes + class] = F::one();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
