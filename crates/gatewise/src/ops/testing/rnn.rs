//! Recurrences with one state to test, and inputs for them.

use gatewise_kernels::rnn::Kind;
use ndarray::ArrayD;

use super::lstm::{SMALL, Sizes, cell, dropout_masks, from_fn};
use super::numbers;
use crate::activations::Activation;
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::recurrent::DropoutForm;
use crate::ops::rnn::Rnn;

/// All kinds, for tests that try each.
pub(crate) const KINDS: [Kind; 3] = [Kind::Simple, Kind::ResetAfter, Kind::ResetBefore];

/// The operation with tanh, sigmoid and a bias, that returns its last output.
pub(crate) fn plain(kind: Kind) -> Rnn {
    Rnn {
        subject: "rnn_1".into(),
        kind,
        activation: cell("tanh"),
        recurrent_activation: cell("sigmoid"),
        return_sequences: false,
        go_backwards: false,
        zero_output_for_mask: false,
        takes_ids: false,
        has_bias: true,
        has_mask: false,
        dropout: DropoutForm::None,
        recurrent_dropout: DropoutForm::None,
    }
}

/// The operation with every option alone and with many together, each with a name for messages.
pub(crate) fn variants() -> Vec<(String, Rnn)> {
    let of_kind =
        |kind| variants_of(kind).into_iter().map(move |(name, rnn)| (format!("{kind:?}: {name}"), rnn));
    KINDS.into_iter().flat_map(of_kind).collect()
}

fn variants_of(kind: Kind) -> Vec<(&'static str, Rnn)> {
    use DropoutForm::{PerGate, Shared};
    let sequences = Rnn { return_sequences: true, ..plain(kind) };
    let masked = Rnn { has_mask: true, ..sequences.clone() };
    let activations = |activation, recurrent| Rnn {
        activation: cell(activation),
        recurrent_activation: cell(recurrent),
        ..sequences.clone()
    };
    let own: Activation = Activation::custom("x_tanh_x", |b, x| b.mul(x, b.tanh(x)?));
    vec![
        ("the last output", plain(kind)),
        ("no bias", Rnn { has_bias: false, ..plain(kind) }),
        ("the last output with a mask", Rnn { return_sequences: false, ..masked.clone() }),
        ("a mask", masked.clone()),
        ("zeros at masked steps", Rnn { zero_output_for_mask: true, ..masked.clone() }),
        ("backwards", Rnn { go_backwards: true, ..sequences.clone() }),
        ("dropout", Rnn { dropout: Shared, ..sequences.clone() }),
        ("dropout per gate", Rnn { dropout: PerGate, ..sequences.clone() }),
        ("recurrent dropout", Rnn { recurrent_dropout: Shared, ..sequences.clone() }),
        ("recurrent dropout per gate", Rnn { recurrent_dropout: PerGate, ..sequences.clone() }),
        ("relu and hard_sigmoid", activations("relu", "hard_sigmoid")),
        ("linear and sigmoid", activations("linear", "sigmoid")),
        ("softmax", activations("softmax", "softmax")),
        ("log_softmax", activations("log_softmax", "sigmoid")),
        ("a named elementwise one", activations("gelu", "silu")),
        ("an own one for the gates", Rnn { recurrent_activation: cell(own.clone()), ..sequences }),
        (
            "everything",
            Rnn {
                activation: cell(own),
                recurrent_activation: cell("softmax"),
                go_backwards: true,
                dropout: PerGate,
                recurrent_dropout: Shared,
                ..masked
            },
        ),
    ]
}

/// Arrays for all inputs of the operation. A mask has gaps at the beginning and at the end, and the third row has no
/// step at all.
pub(crate) fn inputs(rnn: &Rnn, sizes: Sizes) -> Vec<ArrayD<f64>> {
    let (Sizes { batch, steps, features, units }, gates) = (sizes, rnn.kind.gates());
    // Weights as small as trained ones, so that linear activations do not explode.
    let weights = |dims: &[usize], start| numbers(dims, start).mapv(|weight| 0.4 * weight);
    let mut arrays = vec![
        numbers(&[batch, steps, features], 0),
        weights(&[features, gates * units], 200),
        weights(&[units, gates * units], 400),
        numbers(&[batch, units], 600),
    ];
    if rnn.has_bias {
        let two_rows = rnn.kind == Kind::ResetAfter;
        let dims: &[usize] = if two_rows { &[2, gates * units] } else { &[gates * units] };
        arrays.push(weights(dims, 800));
    }
    if rnn.has_mask {
        let kept = |index: usize| index / steps != 2 && (index / steps + 2 * (index % steps)) % 3 != 1;
        arrays.push(from_fn(&[batch, steps], |index| f64::from(u8::from(kept(index)))));
    }
    arrays.extend(dropout_masks(rnn.dropout, gates, batch, features));
    arrays.extend(dropout_masks(rnn.recurrent_dropout, gates, batch, units));
    arrays
}

/// Arrays of small sizes.
pub(crate) fn small(rnn: &Rnn) -> Vec<ArrayD<f64>> {
    inputs(rnn, SMALL)
}

/// The inputs by which there are gradients.
pub(crate) fn differentiable(rnn: &Rnn) -> Vec<usize> {
    (0..if rnn.has_bias { 5 } else { 4 }).collect()
}

/// Emits the operation: `y`, `h` and the record.
pub(crate) fn emit_all(rnn: &Rnn, b: &Builder, x: &[Value]) -> Result<Vec<Value>> {
    b.emit_all(Op::Rnn(rnn.clone()), x)
}

/// Emits y + 0.7 · h, so that one array shows all outputs.
pub(crate) fn emit_sum(rnn: &Rnn, b: &Builder, x: &[Value]) -> Result<Value> {
    let outputs = emit_all(rnn, b, x)?;
    let state = b.scale(outputs[1], 0.7)?;
    let state = if rnn.return_sequences { b.expand_dims(state, 1)? } else { state };
    b.add(outputs[0], state)
}
