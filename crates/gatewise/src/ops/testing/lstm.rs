//! LSTM operations to test, and inputs for them.

use ndarray::ArrayD;

use super::{array, numbers};
use crate::activations::Activation;
use crate::activations::cell::CellActivation;
use crate::builder::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::lstm::Lstm;
use crate::ops::recurrent::DropoutForm;

/// Sizes of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub batch: usize,
    pub steps: usize,
    pub features: usize,
    pub units: usize,
}

/// Small sizes, all different.
pub(crate) const SMALL: Sizes = Sizes { batch: 3, steps: 4, features: 2, units: 5 };

/// The operation with tanh, sigmoid and a bias, that returns its last output.
pub(crate) fn plain() -> Lstm {
    Lstm {
        subject: "lstm_1".into(),
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

/// An activation as the operation takes it.
pub(crate) fn cell(activation: impl Into<Activation>) -> CellActivation {
    CellActivation::new("lstm_1", &activation.into()).expect("an activation that a cell can use")
}

/// The operation with every option alone and with many together, each with a name for messages.
pub(crate) fn variants() -> Vec<(&'static str, Lstm)> {
    use DropoutForm::{PerGate, Shared};
    let sequences = Lstm { return_sequences: true, ..plain() };
    let masked = Lstm { has_mask: true, ..sequences.clone() };
    let activations = |activation, recurrent| Lstm {
        activation: cell(activation),
        recurrent_activation: cell(recurrent),
        ..sequences.clone()
    };
    let own: Activation = Activation::custom("x_tanh_x", |b, x| b.mul(x, b.tanh(x)?));
    vec![
        ("the last output", plain()),
        ("no bias", Lstm { has_bias: false, ..plain() }),
        ("the last output with a mask", Lstm { return_sequences: false, ..masked.clone() }),
        ("a mask", masked.clone()),
        ("zeros at masked steps", Lstm { zero_output_for_mask: true, ..masked.clone() }),
        ("backwards", Lstm { go_backwards: true, ..sequences.clone() }),
        ("dropout", Lstm { dropout: Shared, ..sequences.clone() }),
        ("dropout per gate", Lstm { dropout: PerGate, ..sequences.clone() }),
        ("recurrent dropout", Lstm { recurrent_dropout: Shared, ..sequences.clone() }),
        ("recurrent dropout per gate", Lstm { recurrent_dropout: PerGate, ..sequences.clone() }),
        ("relu and hard_sigmoid", activations("relu", "hard_sigmoid")),
        ("linear", activations("linear", "linear")),
        ("softmax", activations("softmax", "softmax")),
        ("log_softmax", activations("log_softmax", "sigmoid")),
        ("sparsemax", activations("tanh", "sparsemax")),
        ("a named elementwise one", activations("gelu", "silu")),
        ("an own one", Lstm { activation: cell(own.clone()), ..sequences.clone() }),
        ("an own one for the gates", Lstm { recurrent_activation: cell(own.clone()), ..sequences }),
        (
            "everything",
            Lstm {
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
pub(crate) fn inputs(lstm: &Lstm, sizes: Sizes) -> Vec<ArrayD<f64>> {
    let Sizes { batch, steps, features, units } = sizes;
    // Weights as small as trained ones, so that linear activations do not explode.
    let weights = |dims: &[usize], start| numbers(dims, start).mapv(|weight| 0.4 * weight);
    let mut arrays = vec![
        numbers(&[batch, steps, features], 0),
        weights(&[features, 4 * units], 200),
        weights(&[units, 4 * units], 400),
        numbers(&[batch, units], 600),
        numbers(&[batch, units], 700),
    ];
    if lstm.has_bias {
        arrays.push(weights(&[4 * units], 800));
    }
    if lstm.has_mask {
        let kept = |index: usize| index / steps != 2 && (index / steps + 2 * (index % steps)) % 3 != 1;
        arrays.push(from_fn(&[batch, steps], |index| f64::from(u8::from(kept(index)))));
    }
    arrays.extend(dropout_masks(lstm.dropout, 4, batch, features));
    arrays.extend(dropout_masks(lstm.recurrent_dropout, 4, batch, units));
    arrays
}

/// Masks that drop every third number.
pub(crate) fn dropout_masks(
    form: DropoutForm,
    gates: usize,
    batch: usize,
    width: usize,
) -> Option<ArrayD<f64>> {
    let dropped = |index: usize| if index.is_multiple_of(3) { 0.0 } else { 1.5 };
    match form {
        DropoutForm::None => None,
        DropoutForm::Shared => Some(from_fn(&[batch, width], dropped)),
        DropoutForm::PerGate => Some(from_fn(&[gates, batch, width], dropped)),
    }
}

/// An array from its sizes and the number at each place, row-major.
pub(crate) fn from_fn(dims: &[usize], number: impl Fn(usize) -> f64) -> ArrayD<f64> {
    let len = dims.iter().product();
    array(dims, &(0..len).map(number).collect::<Vec<_>>())
}

/// The inputs by which there are gradients.
pub(crate) fn differentiable(lstm: &Lstm) -> Vec<usize> {
    (0..if lstm.has_bias { 6 } else { 5 }).collect()
}

/// Emits the operation: `y`, `h`, `c` and the record.
pub(crate) fn emit_all(lstm: &Lstm, b: &Builder, x: &[Value]) -> Result<Vec<Value>> {
    b.emit_all(Op::Lstm(lstm.clone()), x)
}

/// Emits y + 0.7 · h + 1.3 · c, so that one array shows all outputs.
pub(crate) fn emit_sum(lstm: &Lstm, b: &Builder, x: &[Value]) -> Result<Value> {
    let outputs = emit_all(lstm, b, x)?;
    let states = b.add(b.scale(outputs[1], 0.7)?, b.scale(outputs[2], 1.3)?)?;
    if !lstm.return_sequences {
        return b.add(outputs[0], states);
    }
    let state = b.shape(states);
    let one_step = crate::shape::Shape::new([state.dim(0), Some(1), state.dim(1)]);
    b.add(outputs[0], b.reshape(states, &one_step)?)
}
