//! The recurrences with one state over whole sequences, forward and backward: Keras's `SimpleRNN` and `GRU` with every
//! option that they have.
//!
//! For one sample and one step, with `x` `[F]` and `h` `[H]` of the step before:
//!
//! ```text
//! Simple, one block of H columns
//! (1)  h' = φ(b + (x ⊙ m_x) · W + (h ⊙ m_h) · U)
//!
//! a GRU, three blocks of H columns: z, r, g
//! (2)  z = σ(b_z + a_z + (x ⊙ m_x) · W_z + (h ⊙ m_h) · U_z)       r = σ(…) likewise
//! (3)  p = b_g + (x ⊙ m_x) · W_g + r ⊙ n      n = a_g + (h ⊙ m_h) · U_g        ResetAfter
//!      p = b_g + (x ⊙ m_x) · W_g + (r ⊙ h ⊙ m_h) · U_g                         ResetBefore, which has no a
//! (4)  g = φ(p)
//! (5)  h' = z ⊙ h + (1 − z) ⊙ g
//! ```
//!
//! `m_x` and `m_h` are the dropout masks, constant over time; with [`DropoutMasks::PerGate`] each block of columns has its
//! own. Where `mask` skips a step, `h` keeps its values and the step emits what the step before it emitted (zeros if
//! there was none), or zeros with `zero_output_for_mask`. Values of `x` at skipped steps have no influence on anything,
//! whatever they are.
//!
//! [`reference`](mod@reference) says the same in plain loops, for `f32` and `f64`.
//!
//! Source: J. Elman, "Finding structure in time", 1990, and K. Cho et al., "Learning phrase representations using RNN
//! encoder–decoder", 2014, in the form of <https://keras.io/api/layers/recurrent_layers/gru/>.

mod backward;
mod check;
mod forward;
mod record;
pub mod reference;
#[cfg(test)]
mod tests;
mod tokens;
mod weights;

use crate::Real;
use crate::activation::Activation;
use crate::recurrent::chunks;
use crate::simd::lanes;

pub use crate::recurrent::{DropoutMasks, Output, OutputGradient, Sizes, X};
pub use record::record_len;
pub use tokens::TokenTable;
pub use weights::PackedWeights;

/// Which recurrence a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The fully connected one, equation (1).
    Simple,
    /// A GRU whose reset gate is applied after the product with the recurrent kernel.
    ResetAfter,
    /// A GRU whose reset gate is applied before that product.
    ResetBefore,
}

impl Kind {
    /// G, the blocks of H columns of the weights.
    pub fn gates(self) -> usize {
        if self == Self::Simple { 1 } else { 3 }
    }

    /// The rows of the bias: b, and a if there is one.
    pub fn bias_rows(self) -> usize {
        if self == Self::ResetAfter { 2 } else { 1 }
    }

    /// How many sums of H numbers a step makes: one a gate, and n of (3).
    pub(crate) fn sums(self) -> usize {
        match self {
            Self::Simple => 1,
            Self::ResetAfter => 4,
            Self::ResetBefore => 3,
        }
    }

    /// The sum that each block of columns of the recurrent kernel goes into.
    pub(crate) fn recurrent_sums(self) -> &'static [usize] {
        match self {
            Self::Simple => &[0],
            Self::ResetAfter => &[UPDATE, RESET, INNER],
            Self::ResetBefore => &[UPDATE, RESET, CANDIDATE],
        }
    }
}

/// The numbers of z, r, g and n among the sums of a GRU.
const UPDATE: usize = 0;
const RESET: usize = 1;
const CANDIDATE: usize = 2;
const INNER: usize = 3;

/// How the forward pass computes a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The sums of vectors of units stay in registers until the new state is there.
    Simple,
    /// The same with the gates of a block of units.
    Gru,
    /// Sums go through memory, as something needs whole rows.
    Rows,
}

/// The weights and options of a layer.
#[derive(Clone, Copy)]
pub struct Layer<'a, F> {
    /// Which recurrence it is.
    pub kind: Kind,
    /// The sizes of the call.
    pub sizes: Sizes,
    /// φ, of what enters the state.
    pub activation: Activation<'a, F>,
    /// σ, of z and r; not read by [`Kind::Simple`].
    pub recurrent_activation: Activation<'a, F>,
    /// W, `[F, GH]`.
    pub kernel: &'a [F],
    /// U, `[H, GH]`.
    pub recurrent_kernel: &'a [F],
    /// b, `[GH]`, with [`Kind::ResetAfter`] b and a, `[2, GH]`; zeros if absent.
    pub bias: Option<&'a [F]>,
    /// Steps are taken from the last to the first, and outputs come in the order in which steps were taken.
    pub go_backwards: bool,
    /// Skipped steps emit zeros instead of the output before them.
    pub zero_output_for_mask: bool,
}

/// What a layer is applied to.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, F> {
    /// The sequences.
    pub x: X<'a, F>,
    /// The state before the first step, `[B, H]`.
    pub h0: &'a [F],
    /// 1 where a step is used and 0 where it is skipped, `[B, T]`; every step is used if absent.
    pub mask: Option<&'a [F]>,
    /// Factors of `x`, of width F.
    pub dropout: DropoutMasks<'a, F>,
    /// Factors of `h` on its way into the recurrent product, of width H.
    pub recurrent_dropout: DropoutMasks<'a, F>,
}

/// Where the results of [`forward()`] go.
#[derive(Debug)]
pub struct Outputs<'a, F> {
    /// The outputs.
    pub y: Output<'a, F>,
    /// The state after the step taken last, `[B, H]`.
    pub h: &'a mut [F],
    /// What [`backward()`] needs, [`record_len`] numbers whose meaning is private; not kept if absent.
    pub record: Option<&'a mut [F]>,
}

/// The gradients of the loss by everything that [`forward()`] returns.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputGradients<'a, F> {
    /// By the outputs.
    pub d_y: OutputGradient<'a, F>,
    /// By the final state, `[B, H]`; zeros if absent.
    pub d_h: Option<&'a [F]>,
}

/// Where the gradients by the inputs and weights go; absent ones are not computed. Former contents are lost.
#[derive(Debug, Default)]
pub struct Gradients<'a, F> {
    /// By [`Inputs::x`], `[B, T, F]`; zeros at skipped steps.
    pub d_x: Option<&'a mut [F]>,
    /// By [`Layer::kernel`], `[F, GH]`.
    pub d_kernel: Option<&'a mut [F]>,
    /// By [`Layer::recurrent_kernel`], `[H, GH]`.
    pub d_recurrent_kernel: Option<&'a mut [F]>,
    /// By [`Layer::bias`], of its shape.
    pub d_bias: Option<&'a mut [F]>,
    /// By [`Inputs::h0`], `[B, H]`.
    pub d_h0: Option<&'a mut [F]>,
}

/// How many samples are computed together.
fn chunk_len(kind: Kind, sizes: &Sizes) -> usize {
    chunks::chunk_len(sizes, kind.gates())
}

/// How many numbers of scratch [`forward()`] needs for a layer, of whose weights it reads nothing, with any dropout or without.
pub fn forward_workspace_len(layer: &Layer<f32>, has_dropout: bool) -> usize {
    forward::workspace_len(layer, has_dropout)
}

/// How many numbers of scratch [`backward()`] needs for a call of these sizes, with any dropout or without, and where the
/// gradient by x is wanted or not.
pub fn backward_workspace_len(kind: Kind, sizes: &Sizes, has_dropout: bool, has_d_x: bool) -> usize {
    backward::workspace_len(kind, sizes, has_dropout, has_d_x)
}

/// Runs the layer over its input. `workspace` holds at least [`forward_workspace_len`] numbers.
pub fn forward(layer: &Layer<f32>, inputs: &Inputs<f32>, outputs: Outputs<f32>, workspace: &mut [f32]) {
    check::call(layer, inputs);
    check::outputs(layer, &outputs);
    check::workspace(forward_workspace_len(layer, inputs.has_dropout()), workspace);
    forward::forward(layer, inputs, outputs, workspace);
}

/// [`forward()`] with weights that were packed before; `packed` are those of `layer`, on rows or on [ids](X::Ids). Gives the same
/// bits.
pub fn forward_packed(
    layer: &Layer<f32>,
    packed: &PackedWeights,
    inputs: &Inputs<f32>,
    outputs: Outputs<f32>,
    workspace: &mut [f32],
) {
    check::call(layer, inputs);
    check::outputs(layer, &outputs);
    check::workspace(forward::packed_workspace_len(layer, inputs), workspace);
    let weights = packed.weights(layer, inputs.x, lanes());
    forward::forward_with(weights, layer, inputs, outputs, workspace);
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
    let (has_dropout, has_d_x) = (inputs.has_dropout(), gradients.d_x.is_some());
    check::workspace(backward_workspace_len(layer.kind, &layer.sizes, has_dropout, has_d_x), workspace);
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

    /// Whether sums go through a function of the caller, so that they must be recorded.
    pub(crate) fn has_custom_activation(&self) -> bool {
        self.activation.is_custom() || self.kind != Kind::Simple && self.recurrent_activation.is_custom()
    }

    /// How the forward pass computes the layer.
    pub(crate) fn way(&self) -> Way {
        match self.kind {
            _ if self.has_custom_activation() => Way::Rows,
            Kind::Simple => Way::Simple,
            Kind::ResetAfter => Way::Gru,
            Kind::ResetBefore => Way::Rows,
        }
    }

    /// Where the rows of the record lie.
    pub(crate) fn record_layout(&self) -> record::RecordLayout {
        record::RecordLayout::new(self.kind, &self.sizes, self.has_custom_activation())
    }

    /// b and a, each `[GH]`, as far as they are there.
    pub(crate) fn biases(&self) -> [Option<&[F]>; 2] {
        let columns = self.kind.gates() * self.sizes.units;
        match self.bias {
            Some(bias) if self.kind == Kind::ResetAfter => [Some(&bias[..columns]), Some(&bias[columns..])],
            bias => [bias, None],
        }
    }
}

impl<F: Real> Inputs<'_, F> {
    /// Whether the step of the input at `time` is used for `sample`.
    pub(crate) fn is_used(&self, sample: usize, time: usize, steps: usize) -> bool {
        self.mask.is_none_or(|mask| mask[sample * steps + time] != F::zero())
    }
}
