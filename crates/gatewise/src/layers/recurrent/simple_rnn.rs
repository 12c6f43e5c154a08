//! The fully connected recurrence.

use std::sync::Arc;

use super::{LayerKind, RecurrentLayer};
use crate::layers::cells::{SimpleRnnCell, SimpleRnnKind};

/// Keras's `SimpleRNN`: `h = φ(x · kernel + h · recurrent_kernel + bias)` (Elman 1990), with every argument of
/// [`RecurrentLayer`].
///
/// | weight | shape |
/// |---|---|
/// | `kernel` | `[features, units]` |
/// | `recurrent_kernel` | `[units, units]` |
/// | `bias` | `[units]` |
///
/// ```
/// use gatewise::layers::{self, SimpleRnn};
/// use ndarray::ArrayD;
///
/// let layer = SimpleRnn::new(4).activation("relu").return_sequences(true);
/// let outputs = layers::call(&layer, &[ArrayD::zeros(vec![2, 5, 3])], 0)?;
/// assert_eq!(outputs[0].shape(), [2, 5, 4]);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type SimpleRnn = RecurrentLayer<SimpleRnnCell>;

impl SimpleRnn {
    /// A layer of this width with Keras's defaults.
    pub fn new(units: usize) -> Self {
        Self::with(SimpleRnnCell::new(units))
    }

    /// A layer with the arguments of this cell.
    pub(in crate::layers) fn with(cell: SimpleRnnCell) -> Self {
        Self::of(Arc::new(cell))
    }
}

impl LayerKind for SimpleRnnKind {
    const LAYER: &'static str = "SimpleRNN";
    const CELL_NAME: &'static str = "simple_rnn_cell";
}
