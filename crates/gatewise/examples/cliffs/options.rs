//! The options that are compared with the plain layer, and what each may cost.

use gatewise::Activation;
use gatewise::initializers::Constant;
use gatewise::layers::Lstm;

/// Keras's activations that a cell can have: all but `glu`, which halves the width.
const ACTIVATIONS: [&str; 31] = [
    "linear",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "hard_sigmoid_keras2",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "gelu",
    "silu",
    "swish",
    "hard_silu",
    "hard_swish",
    "mish",
    "softplus",
    "softsign",
    "softmax",
    "log_softmax",
    "exponential",
    "log_sigmoid",
    "hard_tanh",
    "tanh_shrink",
    "soft_shrink",
    "hard_shrink",
    "squareplus",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
];

/// What an option may cost, as a multiple of the plain layer.
const LIMIT: f64 = 1.3;

/// The same for a function of the user's.
const LIMIT_OF_OWN: f64 = 1.5;

/// The same where half of all steps are padding.
const LIMIT_OF_HALF: f64 = 0.65;

/// What the layer is given beside the sequences.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    Nothing,
    /// A mask `[batch, steps]`.
    Mask(Mask),
    /// Zeros in the second half of each sample, which a `Masking` layer finds.
    MaskingLayer,
    /// The states h and c.
    States,
}

/// Which steps are used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// The first half of each sample.
    FirstHalf,
    /// The first steps of each sample, from one to all of them, half of them in all.
    FirstFew,
    /// Three of four, anywhere.
    Anywhere,
}

/// A layer with one option.
pub struct Case {
    pub name: String,
    pub limit: f64,
    pub extra: Extra,
    /// Puts the option into a plain layer.
    pub set: Box<dyn Fn(Lstm) -> Lstm>,
    /// Whether the option is one of a layer that returns sequences, so that it is compared with such a layer.
    pub of_sequences: bool,
}

impl Case {
    fn new(name: impl Into<String>, set: impl Fn(Lstm) -> Lstm + 'static) -> Self {
        let name = name.into();
        Self { name, limit: LIMIT, extra: Extra::Nothing, set: Box::new(set), of_sequences: false }
    }

    fn limit(self, limit: f64) -> Self {
        Self { limit, ..self }
    }

    fn given(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    fn of_sequences(self) -> Self {
        Self { of_sequences: true, ..self }
    }

    /// The layer without the option.
    pub fn plain(&self) -> Self {
        let plain = Self::new("plain", |lstm| lstm);
        if self.of_sequences { plain.of_sequences() } else { plain }
    }
}

/// All of them. The first compares the plain layer with itself: how far its ratio is from 1 is the error of the others.
pub fn all() -> Vec<Case> {
    let mut cases = vec![Case::new("nothing", |lstm| lstm)];
    for name in ACTIVATIONS {
        cases.push(Case::new(format!("activation={name}"), move |lstm| lstm.activation(name)));
        let recurrent = format!("recurrent_activation={name}");
        cases.push(Case::new(recurrent, move |lstm| lstm.recurrent_activation(name)));
    }
    cases.extend(own_activations());
    cases.extend([
        Case::new("dropout", |lstm| lstm.dropout(0.2)),
        Case::new("dropout per gate", |lstm| lstm.dropout(0.2).implementation(1)),
        Case::new("recurrent dropout", |lstm| lstm.recurrent_dropout(0.2)),
        Case::new("both dropouts", |lstm| lstm.dropout(0.2).recurrent_dropout(0.2)),
        Case::new("no bias", |lstm| lstm.use_bias(false)),
        Case::new("go_backwards", |lstm| lstm.go_backwards(true)),
        Case::new("stateful", |lstm| lstm.stateful(true)),
        Case::new("initial state", |lstm| lstm).given(Extra::States),
        Case::new("return_state", |lstm| lstm.return_state(true)),
        Case::new("return_sequences", |lstm| lstm.return_sequences(true)),
        // Gates that are nearly closed: on its way back the gradient comes below all numbers but subnormal ones.
        Case::new("a gradient that fades", |lstm| {
            lstm.unit_forget_bias(false).bias_initializer(Constant { value: -2.0 })
        }),
    ]);
    cases.extend(masks());
    cases
}

/// Functions that are written in operations: a short one, and one in place of both of the layer's.
fn own_activations() -> [Case; 3] {
    let softsign = || Activation::custom("own", |b, x| b.div(x, b.shift(b.abs(x)?, 1.0)?));
    let gate = || Activation::custom("own_gate", |b, x| b.sigmoid(b.scale(x, 1.5)?));
    [
        Case::new("activation of one's own", move |lstm| lstm.activation(softsign())).limit(LIMIT_OF_OWN),
        Case::new("recurrent_activation of one's own", move |lstm| lstm.recurrent_activation(gate()))
            .limit(LIMIT_OF_OWN),
        Case::new("both of one's own", move |lstm| lstm.activation(softsign()).recurrent_activation(gate()))
            .limit(LIMIT_OF_OWN),
    ]
}

fn masks() -> [Case; 6] {
    let masked = |name: &str, mask: Mask| Case::new(name, |lstm| lstm).given(Extra::Mask(mask));
    [
        masked("mask: half padded evenly", Mask::FirstHalf).limit(LIMIT_OF_HALF),
        masked("mask: half padded unevenly", Mask::FirstFew).limit(LIMIT_OF_HALF),
        masked("mask: anywhere", Mask::Anywhere),
        masked("mask: anywhere with sequences", Mask::Anywhere).of_sequences(),
        Case::new("mask: zero_output_for_mask", |lstm| lstm.zero_output_for_mask(true))
            .given(Extra::Mask(Mask::Anywhere))
            .of_sequences(),
        Case::new("mask: half padded by Masking", |lstm| lstm)
            .given(Extra::MaskingLayer)
            .limit(LIMIT_OF_HALF),
    ]
}
