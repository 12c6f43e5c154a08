//! The LSTM over whole sequences, forward and backward, with every option of Keras's layer.
//!
//! For one sample and one step, with `x` `[F]`, `h` and `c` `[H]` of the step before:
//!
//! ```text
//! (1)  z  = b + (x ⊙ m_x) · W + (h ⊙ m_h) · U          four blocks of H: i, f, g, o
//! (2)  i  = σ(z_i)   f = σ(z_f)   g = φ(z_g)   o = σ(z_o)
//! (3)  c' = f ⊙ c + i ⊙ g
//! (4)  h' = o ⊙ φ(c')
//! ```
//!
//! `m_x` and `m_h` are the dropout masks, constant over time; with [`DropoutMasks::PerGate`] each of the four
//! blocks of (1) has its own. Where `mask` skips a step, `c` and `h` keep their values and the step emits what
//! the step before it emitted (zeros if there was none), or zeros with `zero_output_for_mask`. Values of `x` at
//! skipped steps have no influence on anything, whatever they are.
//!
//! [`reference`](mod@reference) says the same in plain loops, for `f32` and `f64`.
//!
//! Source: S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of F. Gers et
//! al., 2000, in the form of <https://keras.io/api/layers/recurrent_layers/lstm/>.

mod backward;
mod check;
mod forward;
mod gates;
mod record;
pub mod reference;
#[cfg(test)]
mod tests;
mod tokens;
mod weights;

use crate::Real;
use crate::activation::Activation;

pub use crate::recurrent::X;
pub use record::record_len;
pub use tokens::{TokenTable, Tokens};
pub use weights::PackedWeights;

/// The sizes of a call: `batch` B, `steps` T, `features` F and `units` H.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// B, samples; may be 0.
    pub batch: usize,
    /// T, time steps; may be 0.
    pub steps: usize,
    /// F, numbers per sample and step of the input; may be 0.
    pub features: usize,
    /// H, numbers per sample of each state, at least 1.
    pub units: usize,
}

/// The weights and options of a layer.
#[derive(Clone, Copy)]
pub struct Layer<'a, F> {
    /// The sizes of the call.
    pub sizes: Sizes,
    /// φ, of the candidate and of the cell state.
    pub activation: Activation<'a, F>,
    /// σ, of the gates i, f and o.
    pub recurrent_activation: Activation<'a, F>,
    /// W, `[F, 4H]`.
    pub kernel: &'a [F],
    /// U, `[H, 4H]`.
    pub recurrent_kernel: &'a [F],
    /// b, `[4H]`; zeros if absent.
    pub bias: Option<&'a [F]>,
    /// Steps are taken from the last to the first, and outputs come in the order in which steps were taken.
    pub go_backwards: bool,
    /// Skipped steps emit zeros instead of the output before them.
    pub zero_output_for_mask: bool,
}

/// Factors of dropout, each 0 or 1 / (1 − rate), the same at every step; `width` is F or H.
#[derive(Clone, Copy, Debug, Default)]
pub enum DropoutMasks<'a, F> {
    /// No dropout.
    #[default]
    None,
    /// One mask for all gates, `[B, width]`.
    Shared(&'a [F]),
    /// A mask for each gate, `[gates, B, width]`.
    PerGate(&'a [F]),
}

/// What a layer is applied to.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, F> {
    /// The sequences.
    pub x: X<'a, F>,
    /// The hidden state before the first step, `[B, H]`.
    pub h0: &'a [F],
    /// The cell state before the first step, `[B, H]`.
    pub c0: &'a [F],
    /// 1 where a step is used and 0 where it is skipped, `[B, T]`; every step is used if absent.
    pub mask: Option<&'a [F]>,
    /// Factors of `x`, of width F.
    pub dropout: DropoutMasks<'a, F>,
    /// Factors of `h` on its way into the recurrent product, of width H.
    pub recurrent_dropout: DropoutMasks<'a, F>,
}

/// Which outputs are wanted, and where they go.
#[derive(Debug)]
pub enum Output<'a, F> {
    /// The output of the step taken last, `[B, H]`; zeros if there are no steps.
    Last(&'a mut [F]),
    /// The outputs of all steps in the order in which they were taken, `[B, T, H]`.
    Sequence(&'a mut [F]),
}

/// Where the results of [`forward()`] go.
#[derive(Debug)]
pub struct Outputs<'a, F> {
    /// The outputs.
    pub y: Output<'a, F>,
    /// The hidden state after the step taken last, `[B, H]`.
    pub h: &'a mut [F],
    /// The cell state after the step taken last, `[B, H]`.
    pub c: &'a mut [F],
    /// What [`backward()`] needs, [`record_len`] numbers whose meaning is private; not kept if absent.
    pub record: Option<&'a mut [F]>,
}

/// The gradient of the loss by the outputs.
#[derive(Clone, Copy, Debug, Default)]
pub enum OutputGradient<'a, F> {
    /// The loss does not depend on the outputs.
    #[default]
    None,
    /// By [`Output::Last`], `[B, H]`.
    Last(&'a [F]),
    /// By [`Output::Sequence`], `[B, T, H]`.
    Sequence(&'a [F]),
}

/// The gradients of the loss by everything that [`forward()`] returns.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputGradients<'a, F> {
    /// By the outputs.
    pub d_y: OutputGradient<'a, F>,
    /// By the final hidden state, `[B, H]`; zeros if absent.
    pub d_h: Option<&'a [F]>,
    /// By the final cell state, `[B, H]`; zeros if absent.
    pub d_c: Option<&'a [F]>,
}

/// Where the gradients by the inputs and weights go; absent ones are not computed. Former contents are lost.
#[derive(Debug, Default)]
pub struct Gradients<'a, F> {
    /// By [`Inputs::x`], `[B, T, F]`; zeros at skipped steps.
    pub d_x: Option<&'a mut [F]>,
    /// By [`Layer::kernel`], `[F, 4H]`.
    pub d_kernel: Option<&'a mut [F]>,
    /// By [`Layer::recurrent_kernel`], `[H, 4H]`.
    pub d_recurrent_kernel: Option<&'a mut [F]>,
    /// By [`Layer::bias`], `[4H]`.
    pub d_bias: Option<&'a mut [F]>,
    /// By [`Inputs::h0`], `[B, H]`.
    pub d_h0: Option<&'a mut [F]>,
    /// By [`Inputs::c0`], `[B, H]`.
    pub d_c0: Option<&'a mut [F]>,
}

/// How many numbers of scratch [`forward()`] needs for a call of these sizes, with any dropout or without.
pub fn forward_workspace_len(sizes: &Sizes, has_dropout: bool) -> usize {
    forward::workspace_len(sizes, has_dropout)
}

/// How many numbers of scratch [`backward()`] needs for a call of these sizes, with any dropout or without, and where the
/// gradient by x is wanted or not.
pub fn backward_workspace_len(sizes: &Sizes, has_dropout: bool, has_d_x: bool) -> usize {
    backward::workspace_len(sizes, has_dropout, has_d_x)
}

/// Runs the layer over its input. `workspace` holds at least [`forward_workspace_len`] numbers.
pub fn forward(layer: &Layer<f32>, inputs: &Inputs<f32>, outputs: Outputs<f32>, workspace: &mut [f32]) {
    check::call(layer, inputs);
    check::outputs(layer, &outputs);
    check::workspace(forward_workspace_len(&layer.sizes, inputs.has_dropout()), workspace);
    forward::forward(layer, inputs, outputs, workspace);
}

/// [`forward()`] with weights that were packed before; `packed` are those of `layer`. Gives the same bits, those of the
/// rounded weights if they are packed in bfloat16.
pub fn forward_packed(
    layer: &Layer<f32>,
    packed: &PackedWeights,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    workspace: &mut [f32],
) {
    check::call(layer, inputs);
    check::outputs(layer, &outputs);
    check::workspace(forward_workspace_len(&layer.sizes, inputs.has_dropout()), workspace);
    forward::forward_packed(packed, None, layer, inputs, outputs, workspace);
}

/// [`forward_packed`] on the rows of an embedding that `tokens` name, which are not multiplied: what the bias and their product
/// with W come to stands in the table of `tokens`. Gives the bits of [`forward()`] on these rows.
///
/// `layer` has no features, no kernel and no bias, and `inputs` has no `x` and no dropout of it. `packed` has no W.
pub fn forward_tokens(
    layer: &Layer<f32>,
    packed: &PackedWeights,
    tokens: &Tokens,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    workspace: &mut [f32],
) {
    check::call(layer, inputs);
    check::tokens(layer, inputs, tokens);
    check::outputs(layer, &outputs);
    check::workspace(forward_workspace_len(&layer.sizes, inputs.has_dropout()), workspace);
    forward::forward_packed(packed, Some(*tokens), layer, inputs, outputs, workspace);
}

/// Writes the gradients of a loss by the inputs and weights of a call of [`forward()`] that left `record`.
///
/// `layer` and `inputs` are those of that call; `workspace` holds at least [`backward_workspace_len`] numbers.
pub fn backward(
    layer: &Layer<f32>,
    inputs: &Inputs<f32>,
    record: &[f32],
    d_outputs: &OutputGradients<f32>,
    gradients: Gradients<f32>,
    workspace: &mut [f32],
) {
    check::call(layer, inputs);
    check::record(layer, record);
    check::gradients(layer, d_outputs, &gradients);
    check::workspace(
        backward_workspace_len(&layer.sizes, inputs.has_dropout(), gradients.d_x.is_some()),
        workspace,
    );
    backward::backward(layer, inputs, record, d_outputs, gradients, workspace);
}

impl<F> Inputs<'_, F> {
    /// Whether there is dropout of x or of h.
    pub(crate) fn has_dropout(&self) -> bool {
        self.dropout.are_there() || self.recurrent_dropout.are_there()
    }
}

impl<F: Real> Layer<'_, F> {
    /// Which step of the input is taken as number `step`.
    pub(crate) fn time(&self, step: usize) -> usize {
        if self.go_backwards { self.sizes.steps - 1 - step } else { step }
    }

    /// Whether the activations are those that are applied in registers.
    pub(crate) fn has_default_activations(&self) -> bool {
        matches!((&self.activation, &self.recurrent_activation), (Activation::Tanh, Activation::Sigmoid))
    }

    /// The activation of gate number `gate` in the order i, f, g, o.
    pub(crate) fn gate_activation(&self, gate: usize) -> &Activation<'_, F> {
        if gate == CANDIDATE { &self.activation } else { &self.recurrent_activation }
    }
}

/// i, f, g and o.
const GATES: usize = 4;

/// The number of g in the order i, f, g, o.
const CANDIDATE: usize = 2;

impl<'a, F> DropoutMasks<'a, F> {
    /// Whether there is dropout.
    pub(crate) fn are_there(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The factors of one sample for one gate, `[width]`, or `None` without dropout.
    pub(crate) fn row(&self, gate: usize, sample: usize, batch: usize, width: usize) -> Option<&'a [F]> {
        match *self {
            Self::None => None,
            Self::Shared(mask) => Some(&mask[sample * width..][..width]),
            Self::PerGate(mask) => Some(&mask[(gate * batch + sample) * width..][..width]),
        }
    }
}

impl<F: Real> Inputs<'_, F> {
    /// Whether the step of the input at `time` is used for `sample`.
    pub(crate) fn is_used(&self, sample: usize, time: usize, steps: usize) -> bool {
        self.mask.is_none_or(|mask| mask[sample * steps + time] != F::zero())
    }
}
