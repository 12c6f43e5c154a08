//! The commands, a file each.

pub mod convert;
pub mod forecast;
pub mod predict;
pub mod summary;
pub mod train;
pub mod verify;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The command did what it was asked.
    Done,
    /// The command did its work, and the answer to its question is no.
    No,
}

/// The largest of numbers that are not negative; NaN if there is one, 0 if there is none.
fn largest(numbers: impl IntoIterator<Item = f32>) -> f32 {
    let larger = |largest: f32, number: f32| {
        if largest.is_nan() || number <= largest { largest } else { number }
    };
    numbers.into_iter().fold(0.0, larger)
}
