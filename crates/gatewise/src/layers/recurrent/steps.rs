//! The steps of a recurrent layer, under a mask or without one.

use super::{LayerCell, RecurrentForm, RecurrentLayer, Sequence, name_of};
use crate::builder::{Builder, Steps};
use crate::error::{Error, Result};
use crate::graph::Value;
use crate::shape::Shape;

/// What the first step finds.
pub(super) struct Start<'a> {
    pub states: &'a [Value],
    /// The output that a masked first step repeats; zeros if there is none.
    pub output: Option<Value>,
}

/// What the steps lead to.
pub(super) struct End {
    /// The output of all steps or of the last.
    pub y: Value,
    pub states: Vec<Value>,
    /// The output of the last step, where it is kept for one that would repeat it.
    pub output: Option<Value>,
}

impl<C: LayerCell + ?Sized> RecurrentLayer<C> {
    /// Emits all steps, in the form that `form` says.
    pub(super) fn run(
        &self,
        b: &Builder,
        x: Value,
        mask: Option<Value>,
        start: Start<'_>,
        form: &RecurrentForm,
    ) -> Result<End> {
        if let Some(end) = self.run_fused(b, x, mask, &start, form)? {
            return Ok(end);
        }
        let (states, step_shape) = (start.states, self.step_shape(&b.shape(x))?);
        let in_order = |value: Value| if form.go_backwards { b.flip(value, 1) } else { Ok(value) };
        let mut sequences = vec![in_order(x)?];
        sequences.extend(mask.map(in_order).transpose()?);
        // The output before a step, where one repeats it or only the last is wanted, is one state more.
        let keeps_output = !form.return_sequences || mask.is_some() && !form.zero_output_for_mask;
        let zeros = b.constant(0.0, &self.cell.output_shape(&step_shape)?)?;
        let mut carried = states.to_vec();
        carried.extend(keeps_output.then_some(start.output.unwrap_or(zeros)));
        let (stacked, mut last) = b.scan(&sequences, &carried, |b, x, carried| {
            let (states, previous) = carried.split_at(states.len());
            let (y, mut next) = self.cell.advance(b, x[0], states)?;
            self.check_step(b, states, &next)?;
            let mut y = y;
            if let Some(mask) = x.get(1) {
                y = select(b, *mask, y, if form.zero_output_for_mask { zeros } else { previous[0] })?;
                for (next, previous) in next.iter_mut().zip(states) {
                    *next = select(b, *mask, *next, *previous)?;
                }
            }
            next.extend(keeps_output.then_some(y));
            let outputs = if form.return_sequences { vec![y] } else { Vec::new() };
            Ok(Steps { outputs, states: next })
        })?;
        let output = last.split_off(states.len()).pop();
        let y =
            stacked.first().copied().or(output).expect("the outputs are stacked, or the last one is kept");
        Ok(End { y, states: last, output })
    }

    /// Emits all steps as one operation, where there is one for the cell.
    fn run_fused(
        &self,
        b: &Builder,
        x: Value,
        mask: Option<Value>,
        start: &Start<'_>,
        form: &RecurrentForm,
    ) -> Result<Option<End>> {
        let (name, &[h0]) = (name_of(self), start.states) else { return Ok(None) };
        let call = Sequence { layer: &name, x, mask, h0, form };
        let Some([mut y, h]) = self.cell.run_fused(b, &call)? else { return Ok(None) };
        let mut output = None;
        if let (Some(mask), Some(before)) = (mask, start.output) {
            // The operation begins without an output to repeat. One is given only where there is one step.
            let state = b.shape(before);
            y = select(b, mask, y, b.reshape(before, &b.shape(y))?)?;
            output = Some(b.reshape(y, &state)?);
        }
        Ok(Some(End { y, states: vec![h], output }))
    }

    /// Checks what the cell returned, which may be a user's own.
    fn check_step(&self, b: &Builder, before: &[Value], after: &[Value]) -> Result<()> {
        let shapes = |values: &[Value]| values.iter().map(|value| b.shape(*value)).collect::<Vec<Shape>>();
        let (before, after) = (shapes(before), shapes(after));
        if before == after {
            return Ok(());
        }
        let text = format!("expected the cell to return states of the shapes {before:?}, got {after:?}");
        Err(Error::shape(name_of(self), text))
    }
}

/// `new` where `mask [batch]` is 1, else `old`.
fn select(b: &Builder, mask: Value, new: Value, old: Value) -> Result<Value> {
    let mut dims = b.shape(mask).dims().to_vec();
    dims.resize(b.shape(new).rank(), Some(1));
    b.select(b.reshape(mask, &Shape::new(dims))?, new, old)
}
