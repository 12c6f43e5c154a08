//! Where the windows of a convolution or a pooling lie on a sequence.

use std::fmt;

/// What is done at the ends of a sequence, Keras's `padding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Padding {
    /// `valid`: nothing; windows lie within the sequence, ⌊(steps − reach) / strides⌋ + 1 of them.
    #[default]
    Valid,
    /// `same`: padding on both sides, one step more at the end if it is odd, so that there are ⌈steps / strides⌉ windows.
    Same,
    /// `causal`: all padding in front, so that a window ends with its own step and sees nothing later.
    Causal,
}

impl Padding {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Valid, Self::Same, Self::Causal];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Same => "same",
            Self::Causal => "causal",
        }
    }
}

/// The geometry of windows: each has `size` steps that are `dilation` apart and begins `stride` after the one before.
///
/// All three are at least 1. "Same" is TensorFlow's (tf.nn, "Notes on padding").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: Padding,
}

impl fmt::Display for Window {
    /// The options of a printed program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, stride, dilation, padding } = self;
        write!(f, "size {size}, stride {stride}, dilation {dilation}, padding {}", padding.name())
    }
}

impl Window {
    /// The steps from the first to the last of a window, both included.
    pub fn reach(&self) -> usize {
        (self.size - 1) * self.dilation + 1
    }

    /// The number of windows on a sequence; 0 if it is too short for one.
    pub fn count(&self, steps: usize) -> usize {
        match self.padding {
            Padding::Valid => (steps + self.stride).saturating_sub(self.reach()) / self.stride,
            Padding::Same | Padding::Causal => steps.div_ceil(self.stride),
        }
    }

    /// The steps of padding in front of the sequence.
    pub fn before(&self, steps: usize) -> usize {
        match self.padding {
            Padding::Valid => 0,
            Padding::Causal => self.reach() - 1,
            Padding::Same => {
                let covered = (self.count(steps).max(1) - 1) * self.stride + self.reach();
                covered.saturating_sub(steps) / 2
            }
        }
    }

    /// For each step of window `index`, in order, the step of the sequence; `None` where it lies in the padding.
    pub fn steps(&self, index: usize, steps: usize) -> impl Iterator<Item = Option<usize>> {
        let (start, before, dilation) = (index * self.stride, self.before(steps), self.dilation);
        let step = move |offset: usize| (start + offset * dilation).checked_sub(before);
        (0..self.size).map(move |offset| step(offset).filter(|step| *step < steps))
    }
}

#[cfg(test)]
mod tests;
