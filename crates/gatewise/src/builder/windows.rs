//! Windows of sequences.

use super::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
use crate::ops::max_positions::MaxPositions;
use crate::ops::max_windows::MaxWindows;
use crate::ops::mean_windows::MeanWindows;
use crate::ops::spread_windows::SpreadWindows;
use crate::ops::sum_windows::SumWindows;
use crate::ops::window::Window;
use crate::ops::windows::Windows;

/// Windows of sequences.
///
/// # Errors
/// If the shapes do not fit.
impl Builder {
    /// The windows of `x [batch, time, channels]` laid out in full, `[batch, windows, size, channels]`; zeros where a
    /// window reaches beyond the sequence.
    pub(crate) fn windows(&self, x: Value, window: Window) -> Result<Value> {
        self.emit(Op::Windows(Windows { window }), &[x])
    }

    /// The sum of windows where they lie on a sequence of `steps` steps: `[batch, windows, size, channels] →
    /// [batch, time, channels]`.
    pub(crate) fn sum_windows(&self, x: Value, window: Window, steps: usize) -> Result<Value> {
        self.emit(Op::SumWindows(SumWindows { window, steps }), &[x])
    }

    /// The mean of each window: `[batch, time, channels] → [batch, windows, channels]`; padding counts for nothing.
    pub(crate) fn mean_windows(&self, x: Value, window: Window) -> Result<Value> {
        self.emit(Op::MeanWindows(MeanWindows { window }), &[x])
    }

    /// A number for each window spread evenly over its steps on a sequence of `steps` steps: `[batch, windows, channels]
    /// → [batch, time, channels]`.
    pub(crate) fn spread_windows(&self, x: Value, window: Window, steps: usize) -> Result<Value> {
        self.emit(Op::SpreadWindows(SpreadWindows { window, steps }), &[x])
    }

    /// The largest number of each window: `[batch, time, channels] → [batch, windows, channels]`.
    pub(crate) fn max_windows(&self, x: Value, window: Window) -> Result<Value> {
        self.emit(Op::MaxWindows(MaxWindows { window }), &[x])
    }

    /// 1 at the first of the largest numbers of each window: `[batch, time, channels] → [batch, windows, size,
    /// channels]`.
    pub(crate) fn max_positions(&self, x: Value, window: Window) -> Result<Value> {
        self.emit(Op::MaxPositions(MaxPositions { window }), &[x])
    }
}
