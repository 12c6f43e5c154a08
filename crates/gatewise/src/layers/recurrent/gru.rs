//! The gated recurrent unit.

use std::sync::Arc;

use super::{LayerKind, RecurrentLayer};
use crate::activations::Activation;
use crate::layers::cells::{GruCell, GruKind};

/// Keras's `GRU`, gated recurrent units (Cho et al. 2014), with every argument of [`RecurrentLayer`].
///
/// For each step, with σ the recurrent activation, φ the activation, ⊙ element by element:
///
/// ```text
/// z = σ(x · W_z + b_z + h · R_z + a_z)        r = σ(x · W_r + b_r + h · R_r + a_r)
/// g = φ(x · W_h + b_h + r ⊙ (h · R_h + a_h))  with reset_after (default)
/// g = φ(x · W_h + b_h + (r ⊙ h) · R_h)        without; there is no a
/// h = z ⊙ h + (1 − z) ⊙ g
/// ```
///
/// | weight | shape | columns |
/// |---|---|---|
/// | `kernel` | `[features, 3·units]` | z, r, h |
/// | `recurrent_kernel` | `[units, 3·units]` | the same |
/// | `bias` | `[2, 3·units]`: b and a; without `reset_after` `[3·units]` | the same |
///
/// ```
/// use gatewise::layers::{Gru, Input};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8)]))?;
/// model.add(Gru::new(64).return_sequences(true).dropout(0.2))?;
/// model.add(Gru::new(32).reset_after(false).recurrent_activation("hard_sigmoid"))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type Gru = RecurrentLayer<GruCell>;

impl Gru {
    /// A layer of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        Self::with(GruCell::new(units))
    }

    /// A layer with the arguments of this cell.
    pub(in crate::layers) fn with(cell: GruCell) -> Self {
        Self::of(Arc::new(cell))
    }

    /// σ, of the update and the reset gate (default `sigmoid`).
    pub fn recurrent_activation(self, activation: impl Into<Activation>) -> Self {
        self.with_cell(|cell| cell.kind.recurrent_activation = activation.into())
    }

    /// Whether the reset gate is applied after the product with the recurrent kernel (default) or before it.
    pub fn reset_after(self, reset_after: bool) -> Self {
        self.with_cell(|cell| cell.kind.reset_after = reset_after)
    }

    /// Keras's `implementation`, 1 or 2 (default 2): with 1, or with a `recurrent_dropout`, each gate has its own masks
    /// of dropout.
    pub fn implementation(self, implementation: u8) -> Self {
        self.with_cell(|cell| cell.kind.implementation = implementation)
    }
}

impl LayerKind for GruKind {
    const LAYER: &'static str = "GRU";
    const CELL_NAME: &'static str = "gru_cell";
}
