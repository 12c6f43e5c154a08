//! The lengths of all slices, checked before anything is computed.

use super::{
    GATES, Gradients, Inputs, Layer, Output, OutputGradient, OutputGradients, Outputs, Tokens, record_len,
};
use crate::Real;
use crate::recurrent::check::Lengths;

/// What the messages begin with.
const LENGTHS: Lengths = Lengths("lstm");

/// Panics unless weights and inputs have the lengths that the sizes ask for.
pub(super) fn call<F: Real>(layer: &Layer<F>, inputs: &Inputs<F>) {
    let super::Sizes { batch, steps, features, units } = layer.sizes;
    assert!(units > 0, "lstm: there must be at least one unit");
    LENGTHS.exact("kernel", &[features, 4 * units], layer.kernel);
    LENGTHS.exact("recurrent_kernel", &[units, 4 * units], layer.recurrent_kernel);
    LENGTHS.optional("bias", &[4 * units], layer.bias);
    inputs.x.check(LENGTHS, &layer.sizes, &inputs.dropout);
    LENGTHS.exact("h0", &[batch, units], inputs.h0);
    LENGTHS.exact("c0", &[batch, units], inputs.c0);
    LENGTHS.optional("mask", &[batch, steps], inputs.mask);
    LENGTHS.dropout("dropout", GATES, batch, features, &inputs.dropout);
    LENGTHS.dropout("recurrent_dropout", GATES, batch, units, &inputs.recurrent_dropout);
}

/// Panics unless tokens stand for all that x and the bias could be.
pub(super) fn tokens<F: Real>(layer: &Layer<F>, inputs: &Inputs<F>, tokens: &Tokens) {
    let super::Sizes { batch, steps, features, units } = layer.sizes;
    assert_eq!(features, 0, "lstm: with tokens the layer must have no features");
    assert!(layer.bias.is_none(), "lstm: with tokens the bias must be in their table");
    assert!(!inputs.dropout.are_there(), "lstm: with tokens there must be no dropout of the input");
    LENGTHS.exact("tokens", &[batch, steps], tokens.tokens);
    assert!(tokens.table.fits(units), "lstm: the table is made for other units or instructions");
}

/// Panics unless the slices for results have the lengths that the sizes ask for.
pub(super) fn outputs<F: Real>(layer: &Layer<F>, outputs: &Outputs<F>) {
    let super::Sizes { batch, steps, units, .. } = layer.sizes;
    match &outputs.y {
        Output::Last(y) => LENGTHS.exact("y", &[batch, units], y),
        Output::Sequence(y) => LENGTHS.exact("y", &[batch, steps, units], y),
    }
    LENGTHS.exact("h", &[batch, units], outputs.h);
    LENGTHS.exact("c", &[batch, units], outputs.c);
    if let Some(values) = &outputs.record {
        record(layer, values);
    }
}

/// Panics unless `record` has the length that the layer asks for.
pub(super) fn record<F: Real>(layer: &Layer<F>, record: &[F]) {
    let expected = record_len(&layer.sizes, &layer.recurrent_activation);
    LENGTHS.exact("record", &[expected], record);
}

/// Panics unless the gradients have the lengths that the sizes ask for.
pub(super) fn gradients<F: Real>(layer: &Layer<F>, d_outputs: &OutputGradients<F>, gradients: &Gradients<F>) {
    let super::Sizes { batch, steps, features, units } = layer.sizes;
    match d_outputs.d_y {
        OutputGradient::None => {}
        OutputGradient::Last(d_y) => LENGTHS.exact("d_y", &[batch, units], d_y),
        OutputGradient::Sequence(d_y) => LENGTHS.exact("d_y", &[batch, steps, units], d_y),
    }
    LENGTHS.optional("d_h", &[batch, units], d_outputs.d_h);
    LENGTHS.optional("d_c", &[batch, units], d_outputs.d_c);
    LENGTHS.optional("d_x", &[batch, steps, features], gradients.d_x.as_deref());
    LENGTHS.optional("d_kernel", &[features, 4 * units], gradients.d_kernel.as_deref());
    LENGTHS.optional("d_recurrent_kernel", &[units, 4 * units], gradients.d_recurrent_kernel.as_deref());
    LENGTHS.optional("d_bias", &[4 * units], gradients.d_bias.as_deref());
    LENGTHS.optional("d_h0", &[batch, units], gradients.d_h0.as_deref());
    LENGTHS.optional("d_c0", &[batch, units], gradients.d_c0.as_deref());
}

/// Panics unless `workspace` has at least the length that its function says.
pub(super) fn workspace(expected: usize, workspace: &[f32]) {
    LENGTHS.at_least("workspace", expected, workspace);
}
