//! Sequences of different lengths in one array.

use ndarray::{ArrayD, Axis, IxDyn, Slice};

use super::ArrayLike;
use crate::error::{Error, Result};

/// The arguments of Keras's `pad_sequences`, with its defaults: both ends are the **first** ones there.
#[derive(Debug, Clone, PartialEq)]
pub struct PadSequences {
    /// Steps of the result (default: of the longest sequence); at least 1.
    pub maxlen: Option<usize>,
    /// Where a shorter sequence is filled up (default: before it).
    pub padding: Side,
    /// Where a longer sequence is cut off (default: its beginning).
    pub truncating: Side,
    /// What it is filled up with (default 0).
    pub value: f32,
}

impl Default for PadSequences {
    fn default() -> Self {
        Self { maxlen: None, padding: Side::Pre, truncating: Side::Pre, value: 0.0 }
    }
}

/// Keras's `"pre"` and `"post"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// At the beginning.
    Pre,
    /// At the end.
    Post,
}

/// `[sequences, maxlen, …]`: sequences of any lengths `[steps, …]`, filled up or cut off to `maxlen` steps.
///
/// Source: <https://keras.io/api/data_loading/timeseries/#padsequences-function>. Where Keras rounds to whole numbers unless it is given a
/// `dtype`, the numbers stay as they are.
///
/// ```
/// use gatewise::utils::{PadSequences, Side, pad_sequences};
///
/// let tokens = [vec![7], vec![1, 2, 3]];
/// let x = pad_sequences(&tokens, PadSequences::default())?;
/// assert_eq!(x, ndarray::array![[0.0, 0.0, 7.0], [1.0, 2.0, 3.0]].into_dyn());
///
/// let x = pad_sequences(&tokens, PadSequences { maxlen: Some(2), padding: Side::Post, ..PadSequences::default() })?;
/// assert_eq!(x, ndarray::array![[7.0, 0.0], [2.0, 3.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If there is no sequence, if all are empty and `maxlen` is not given, if `maxlen` is 0, or if the steps of two sequences
/// have different shapes.
pub fn pad_sequences<S: ArrayLike>(sequences: &[S], options: PadSequences) -> Result<ArrayD<f32>> {
    const SUBJECT: &str = "pad_sequences";
    let sequences = sequences.iter().map(ArrayLike::to_array).collect::<Result<Vec<_>>>()?;
    let step = shape_of_steps(&sequences)?;
    let with_steps = sequences.iter().filter(|sequence| !sequence.is_empty());
    let longest = with_steps.map(|sequence| sequence.len_of(Axis(0))).max();
    let maxlen = match (options.maxlen, longest) {
        (Some(0), _) => return Err(Error::argument(SUBJECT, "`maxlen` must be at least 1, got 0")),
        (Some(maxlen), _) => maxlen,
        (None, Some(longest)) => longest,
        (None, None) => {
            let text = format!("expected a sequence with a step, got {} empty ones", sequences.len());
            return Err(Error::data(SUBJECT, text));
        }
    };
    let mut shape = vec![sequences.len(), maxlen];
    shape.extend(&step);
    let mut padded = ArrayD::from_elem(IxDyn(&shape), options.value);
    for (mut row, sequence) in padded.outer_iter_mut().zip(&sequences).filter(|(_, s)| !s.is_empty()) {
        let steps = sequence.len_of(Axis(0));
        let kept = steps.min(maxlen);
        let from = place(options.truncating, steps - kept, kept);
        // What is cut off lies where the rest is not; what is filled up lies where the sequence is not.
        let to = place(options.padding, maxlen - kept, kept);
        row.slice_axis_mut(Axis(0), to).assign(&sequence.slice_axis(Axis(0), from));
    }
    Ok(padded)
}

/// `kept` steps that leave `rest` steps on this side.
fn place(side: Side, rest: usize, kept: usize) -> Slice {
    match side {
        Side::Pre => Slice::from(rest..rest + kept),
        Side::Post => Slice::from(0..kept),
    }
}

/// The shape that the steps of all sequences have; empty sequences may have any.
fn shape_of_steps(sequences: &[ArrayD<f32>]) -> Result<Vec<usize>> {
    const SUBJECT: &str = "pad_sequences";
    if sequences.is_empty() {
        return Err(Error::data(SUBJECT, "expected at least one sequence, got none"));
    }
    let mut expected: Option<&[usize]> = None;
    for (position, sequence) in sequences.iter().enumerate() {
        let Some((_, step)) = sequence.shape().split_first() else {
            let text =
                format!("expected sequences [steps, ...], got a single number for sequence {position}");
            return Err(Error::shape(SUBJECT, text));
        };
        match expected {
            _ if sequence.is_empty() => {}
            Some(expected) if expected != step => {
                let text = format!(
                    "expected steps of the shape {expected:?} in every sequence, got {step:?} in sequence {position}"
                );
                return Err(Error::shape(SUBJECT, text));
            }
            _ => expected = Some(step),
        }
    }
    Ok(expected.unwrap_or_default().to_vec())
}
