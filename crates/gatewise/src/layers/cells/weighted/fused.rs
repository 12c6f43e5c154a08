//! A cell over a whole sequence as one operation, which is many times faster than its steps one by one.

use gatewise_kernels::rnn::Kind;

use super::{CellKind, WeightedCell};
use crate::activations::Activation;
use crate::activations::cell::CellActivation;
use crate::builder::{Builder, Mode, RecurrentInputs, Start};
use crate::error::Result;
use crate::graph::Value;
use crate::layers::{RecurrentForm, unbuilt};
use crate::ops::Op;
use crate::ops::recurrent::DropoutForm;
use crate::ops::rnn as op;
use crate::shape::{Dim, Shape};

/// The operation that stands for all steps of a cell.
#[derive(Debug, Clone, Copy)]
pub struct FusedKind<'a> {
    pub(in crate::layers) kind: Kind,
    /// σ, where there is one.
    pub(in crate::layers) recurrent_activation: Option<&'a Activation>,
}

/// A sequence, and what a cell makes of it.
pub struct Sequence<'a> {
    /// The layer, for messages.
    pub layer: &'a str,
    /// `[batch, time, features]`
    pub x: Value,
    /// `[batch, time]`
    pub mask: Option<Value>,
    /// The state before the first step, `[batch, units]`.
    pub h0: Value,
    pub form: &'a RecurrentForm,
}

/// The masks of one kind of dropout, constant over time.
pub(crate) type FusedMasks = (DropoutForm, Option<Value>);

impl<K: CellKind> WeightedCell<K> {
    /// Emits all steps as one operation and returns the output and the last state, or nothing where no operation can stand
    /// for the cell: of another kind, or with an activation of a caller that is more than a function of one number.
    ///
    /// # Errors
    /// If a shape does not fit.
    pub(in crate::layers) fn emit_fused(
        &self,
        b: &Builder,
        call: &Sequence<'_>,
    ) -> Result<Option<[Value; 2]>> {
        let (arguments, x) = (&self.arguments, b.shape(call.x));
        let Some(activations) = self.fused_activations(call.layer) else { return Ok(None) };
        let masks = [
            self.draw_fused(b, arguments.dropout, x.dim(0), x.last())?,
            self.draw_fused(b, arguments.recurrent_dropout, x.dim(0), Some(arguments.units))?,
        ];
        self.emit_fused_under(b, call, activations, masks).map(Some)
    }

    /// The kind of the operation, φ and σ.
    pub(crate) fn fused_activations(&self, layer: &str) -> Option<(Kind, [CellActivation; 2])> {
        let FusedKind { kind, recurrent_activation } = self.kind.fused()?;
        let activation = CellActivation::new(layer, &self.arguments.activation).ok()?;
        let recurrent = match recurrent_activation {
            Some(own) => CellActivation::new(layer, own).ok()?,
            None => CellActivation::Linear,
        };
        Some((kind, [activation, recurrent]))
    }

    /// The same under masks that are given, those of dropout and of recurrent dropout.
    pub(crate) fn emit_fused_under(
        &self,
        b: &Builder,
        call: &Sequence<'_>,
        (kind, [activation, recurrent_activation]): (Kind, [CellActivation; 2]),
        [(dropout, masks), (recurrent_dropout, recurrent_masks)]: [FusedMasks; 2],
    ) -> Result<[Value; 2]> {
        let weights = self.weights.get().ok_or_else(|| unbuilt(self))?;
        let (kernel, bias) =
            (b.variable(&weights.kernel), weights.bias.as_ref().map(|bias| b.variable(bias)));
        let start = match kind {
            Kind::ResetAfter => Start::BiasesButOfTheLast { units: self.arguments.units },
            Kind::Simple | Kind::ResetBefore => Start::Bias,
        };
        let may_take_ids = dropout == DropoutForm::None && b.has_lookups();
        let RecurrentInputs { x, takes_ids, kernel, bias } =
            b.recurrent_inputs(call.x, kernel, bias, may_take_ids.then_some(start))?;
        let mut inputs = vec![x, kernel, b.variable(&weights.recurrent_kernel), call.h0];
        inputs.extend(bias);
        inputs.extend([call.mask, masks, recurrent_masks].into_iter().flatten());
        let operation = op::Rnn {
            subject: call.layer.to_owned(),
            kind,
            activation,
            recurrent_activation,
            return_sequences: call.form.return_sequences,
            go_backwards: call.form.go_backwards,
            zero_output_for_mask: call.form.zero_output_for_mask,
            takes_ids,
            has_bias: bias.is_some(),
            has_mask: call.mask.is_some(),
            dropout,
            recurrent_dropout,
        };
        let outputs = b.emit_all(Op::Rnn(operation), &inputs)?;
        Ok([outputs[0], outputs[1]])
    }

    /// Masks as a training step draws them.
    fn draw_fused(&self, b: &Builder, rate: f32, batch: Dim, width: Dim) -> Result<FusedMasks> {
        if b.mode() == Mode::Inference || rate == 0.0 {
            return Ok((DropoutForm::None, None));
        }
        let count = self.kind.num_masks(&self.arguments);
        let (form, shape) = match count {
            1 => (DropoutForm::Shared, Shape::new([batch, width])),
            _ => (DropoutForm::PerGate, Shape::new([Some(count), batch, width])),
        };
        Ok((form, Some(b.random_mask(rate, &shape, self.arguments.seed)?)))
    }
}
