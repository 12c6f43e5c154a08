//! Windows of sequences.

use super::Builder;
use crate::error::Result;
use crate::graph::Value;
use crate::ops::Op;
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
}
