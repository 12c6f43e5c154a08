//! Rows of an embedding that only recurrent layers read: their products with the weights can be looked up as well.
//!
//! A row E of the embedding meets the weights wherever its id occurs, and comes to `E · W` each time. Where there are many more ids
//! than rows, these products are made once for a run, and the layer takes the ids: what it adds to a sum is a row of a table. The
//! gradient by the table is likewise made of whole rows, and goes on to W and to the embedding as that of any product.
//!
//! A sum is the same chain of additions as before, for the table begins with the bias. So it has the same bits.

use super::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::ids::Ids;
use crate::shape::Shape;

/// What a recurrent layer takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecurrentInputs {
    /// `[batch, time, features]`, or ids `[batch, time]`.
    pub x: Value,
    pub takes_ids: bool,
    pub kernel: Value,
    pub bias: Option<Value>,
}

/// What the sums of a step begin with.
pub(crate) enum Start {
    /// The bias.
    Bias,
    /// That of x and that of h, `[2, columns]`, of all gates but the last one, which adds that of h elsewhere.
    BiasesButOfTheLast {
        /// How many columns the last gate has.
        units: usize,
    },
}

/// A value that is looked up: who is told about bad ids, the ids, and the table or, where a row is a single one, nothing.
type LookedUp = (String, Value, Option<Value>);

impl Builder {
    /// Lets recurrent layers take ids where that is quicker. Then nobody may ask for the gradient by a value that only they read.
    pub(crate) fn with_lookups(self) -> Self {
        Self { has_lookups: true, ..self }
    }

    /// Whether layers may be given ids.
    pub(crate) fn has_lookups(&self) -> bool {
        self.has_lookups
    }

    /// What a layer is to be given: what it would take, or ids if it may, which then says what its sums begin with. It may not
    /// where there is dropout of `x`.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub(crate) fn recurrent_inputs(
        &self,
        x: Value,
        kernel: Value,
        bias: Option<Value>,
        start: Option<Start>,
    ) -> Result<RecurrentInputs> {
        let rows = RecurrentInputs { x, takes_ids: false, kernel, bias };
        let Some(start) = start else { return Ok(rows) };
        let Some((subject, ids, table)) = self.looked_up(x) else { return Ok(rows) };
        let Some(table) = table else {
            self.look_past(x);
            let x = self.checked(subject, ids, kernel)?;
            return Ok(RecurrentInputs { x, takes_ids: true, kernel, bias });
        };
        if !self.are_few(table, ids) {
            return Ok(rows);
        }
        self.look_past(x);
        let (start, bias) = match bias {
            Some(bias) => self.parts_of_bias(bias, start)?,
            None => (None, None),
        };
        let products = match start {
            Some(start) => self.matmul_bias(table, kernel, start)?,
            None => self.matmul(table, kernel)?,
        };
        Ok(RecurrentInputs { x: self.checked(subject, ids, table)?, takes_ids: true, kernel: products, bias })
    }

    /// Where a value `[batch, time, features]` comes from.
    fn looked_up(&self, x: Value) -> Option<LookedUp> {
        let (op, inputs) = self.producer(x)?;
        let (subject, ids, table) = match op {
            Op::Gather(gather) => (gather.subject, inputs[1], Some(inputs[0])),
            Op::OneHot(one_hot) => (one_hot.subject, inputs[0], None),
            _ => return None,
        };
        (self.shape(ids).rank() == 2).then_some((subject, ids, table))
    }

    /// Whether looking products up is quicker, for which a table must have fewer rows than there are ids: not only is a row
    /// multiplied, it is also laid out for the kernel, and in training its gradients by each chunk of samples are added up.
    fn are_few(&self, table: Value, ids: Value) -> bool {
        /// What the rest of a row takes as long as: the products of so many numbers (measured with 64 units on two threads).
        const ROW: usize = 100;
        let (table, ids) = (self.shape(table), self.shape(ids).len());
        let (Some(rows), Some(width), Some(ids)) = (table.dim(0), table.dim(1), ids) else { return false };
        // Near the border little is to be gained either way.
        5 * rows * (width + ROW) <= 4 * ids * width
    }

    /// The ids, of which none may be another than that of a row of `table`.
    fn checked(&self, subject: String, ids: Value, table: Value) -> Result<Value> {
        let Some(rows) = self.shape(table).dim(0) else { unreachable!("a weight has a known shape") };
        self.emit(Op::Ids(Ids { subject, rows }), &[ids])
    }

    /// What the table begins with, and what is left to the layer.
    fn parts_of_bias(&self, bias: Value, start: Start) -> Result<(Option<Value>, Option<Value>)> {
        let Start::BiasesButOfTheLast { units } = start else { return Ok((Some(bias), None)) };
        let Some(columns) = self.shape(bias).dim(1) else { unreachable!("a weight has a known shape") };
        let all = self.reshape(bias, &Shape::known(&[2 * columns]))?;
        let others = columns - units;
        let both = self.add(self.slice(all, 0, 0, others)?, self.slice(all, 0, columns, others)?)?;
        let start = self.concatenate(&[both, self.slice(all, 0, others, units)?], 0)?;
        let zeros = self.constant(0.0, &Shape::known(&[columns + others]))?;
        let rest = self.concatenate(&[zeros, self.slice(all, 0, columns + others, units)?], 0)?;
        Ok((Some(start), Some(self.reshape(rest, &Shape::known(&[2, columns]))?)))
    }
}

#[cfg(test)]
mod tests;
