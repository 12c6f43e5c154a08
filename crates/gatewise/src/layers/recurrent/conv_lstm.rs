//! LSTMs whose products are convolutions.

use std::sync::Arc;

use super::{LayerKind, RecurrentLayer};
use crate::activations::Activation;
use crate::layers::cells::{ConvLstmCell, ConvLstmKind};
use crate::layers::{DataFormat, Padding};

/// A convolutional LSTM over sequences of arrays (Shi et al. 2015; Keras's `ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`),
/// with every argument of [`RecurrentLayer`].
///
/// For each step, with ∗ the convolution, σ the recurrent activation, φ the activation, ⊙ element by element:
///
/// ```text
/// i f g o = x ∗ kernel + previous_h ∗ recurrent_kernel + bias
/// c = σ(f) ⊙ previous_c + σ(i) ⊙ φ(g)        h = σ(o) ⊙ φ(c)
/// ```
///
/// `[batch, time, sizes…, channels]` → `[batch, sizes…, filters]`, or `[batch, time, sizes…, filters]` with
/// `return_sequences`; with [`DataFormat::ChannelsFirst`] channels and filters come before the sizes. The convolution of
/// the inputs has the strides, padding and dilation that are given; that of the state keeps its size.
///
/// | weight | shape | last axis |
/// |---|---|---|
/// | `kernel` | `[kernel_size…, channels, 4·filters]` | input, forget, candidate, output |
/// | `recurrent_kernel` | `[kernel_size…, filters, 4·filters]` | the same |
/// | `bias` | `[4·filters]` | the same; the forget part starts at one |
///
/// Dropout draws four masks of the shape of a step's inputs, and recurrent dropout four of the shape of the state, one
/// for each gate and constant over time.
///
/// The sizes must be known, as in Keras.
pub type ConvLstm<const RANK: usize> = RecurrentLayer<ConvLstmCell<RANK>>;

/// Keras's `ConvLSTM1D`, over `[batch, time, rows, channels]`; see [`ConvLstm`].
///
/// ```
/// use gatewise::layers::{self, ConvLstm1d, Padding};
/// use ndarray::ArrayD;
///
/// let layer = ConvLstm1d::new(4, 3).padding(Padding::Same).return_sequences(true);
/// let y = layers::call(&layer, &[ArrayD::zeros(vec![2, 5, 8, 3])], 0)?;
/// assert_eq!(y[0].shape(), [2, 5, 8, 4]);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type ConvLstm1d = ConvLstm<1>;

/// Keras's `ConvLSTM2D`, over `[batch, time, rows, columns, channels]`; see [`ConvLstm`].
///
/// ```
/// use gatewise::layers::{ConvLstm2d, Dense, Flatten, Input};
/// use gatewise::Sequential;
///
/// let mut model = Sequential::new();
/// model.add(Input::new([None, Some(8), Some(8), Some(1)]))?;
/// model.add(ConvLstm2d::new(4, [3, 3]).strides(2))?.add(Flatten::new())?.add(Dense::new(1))?;
/// # Ok::<(), gatewise::Error>(())
/// ```
pub type ConvLstm2d = ConvLstm<2>;

/// Keras's `ConvLSTM3D`, over `[batch, time, rows, columns, slices, channels]`; see [`ConvLstm`].
pub type ConvLstm3d = ConvLstm<3>;

/// Sizes along each of the axes that are convolved over: one number for all, or one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes<const RANK: usize>(pub [usize; RANK]);

impl<const RANK: usize> From<usize> for Sizes<RANK> {
    fn from(size: usize) -> Self {
        Self([size; RANK])
    }
}

impl<const RANK: usize> From<[usize; RANK]> for Sizes<RANK> {
    fn from(sizes: [usize; RANK]) -> Self {
        Self(sizes)
    }
}

impl<const RANK: usize> ConvLstm<RANK> {
    /// A layer with this many filters and windows of this size, with Keras's defaults: strides 1, no padding, no
    /// dilation, channels last.
    pub fn new(filters: usize, kernel_size: impl Into<Sizes<RANK>>) -> Self {
        Self::with(ConvLstmCell::new(filters, kernel_size.into().0))
    }

    /// A layer with the arguments of this cell.
    pub(in crate::layers) fn with(cell: ConvLstmCell<RANK>) -> Self {
        Self::of(Arc::new(cell))
    }

    /// Keras's `strides` (default 1): the distance from one window of the inputs to the next.
    pub fn strides(self, strides: impl Into<Sizes<RANK>>) -> Self {
        self.with_cell(|cell| cell.kind.strides = strides.into().0)
    }

    /// Keras's `padding` of the inputs: valid (default) or same.
    pub fn padding(self, padding: Padding) -> Self {
        self.with_cell(|cell| cell.kind.padding = padding)
    }

    /// Keras's `data_format` (default channels last).
    pub fn data_format(self, data_format: DataFormat) -> Self {
        self.with_cell(|cell| cell.kind.data_format = data_format)
    }

    /// Keras's `dilation_rate` (default 1): the distance of the elements of a window. Not together with strides.
    pub fn dilation_rate(self, dilation_rate: impl Into<Sizes<RANK>>) -> Self {
        self.with_cell(|cell| cell.kind.dilation_rate = dilation_rate.into().0)
    }

    /// σ, of the three gates (default `sigmoid`).
    pub fn recurrent_activation(self, activation: impl Into<Activation>) -> Self {
        self.with_cell(|cell| cell.kind.recurrent_activation = activation.into())
    }

    /// Whether the forget part of the bias starts at one (default true).
    pub fn unit_forget_bias(self, unit_forget_bias: bool) -> Self {
        self.with_cell(|cell| cell.kind.unit_forget_bias = unit_forget_bias)
    }
}

impl<const RANK: usize> LayerKind for ConvLstmKind<RANK> {
    const LAYER: &'static str = match RANK {
        1 => "ConvLSTM1D",
        2 => "ConvLSTM2D",
        _ => "ConvLSTM3D",
    };
    const CELL_NAME: &'static str = "conv_lstm_cell";
}
