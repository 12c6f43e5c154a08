//! Losses whose gradients need more than their values.

use super::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::ctc::Ctc;
use crate::ops::sparse_crossentropy::SparseCrossentropy;

/// Losses that read logits, with exact gradients.
///
/// # Errors
/// If the shapes do not fit. What is no label is reported when the program runs.
impl Builder {
    /// The cross-entropy of class numbers: `logits [..., classes], ids [...] → [...]`, ln Σ eˣ − x\[id\]. `subject` stands
    /// in messages about bad ids.
    pub fn sparse_crossentropy(&self, subject: &str, logits: Value, ids: Value) -> Result<Value> {
        let op = SparseCrossentropy { subject: subject.to_owned() };
        self.emit(Op::SparseCrossentropy(op), &[logits, ids])
    }

    /// The loss of connectionist temporal classification: `logits [batch, time, classes], labels [batch, length] →
    /// [batch]`. Class 0 is the blank, zeros after the labels pad. Steps that `mask [batch, time]` marks with 0 are passed
    /// over. `subject` stands in messages about bad labels.
    pub fn ctc_loss(
        &self,
        subject: &str,
        logits: Value,
        labels: Value,
        mask: Option<Value>,
    ) -> Result<Value> {
        let inputs: Vec<Value> = [logits, labels].into_iter().chain(mask).collect();
        self.emit(Op::Ctc(Ctc { subject: subject.to_owned() }), &inputs)
    }
}
