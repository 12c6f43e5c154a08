//! How much a model that comes from a file may make: as many numbers as the file can fill.

use std::cell::Cell;

use crate::error::{Error, Result};

/// What weights start as while a model is made for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Zeros, which the file is to replace.
    Zeros,
    /// What their initializers give.
    Initialized,
}

/// The numbers that may still be made, and what they are.
#[derive(Debug, Clone, Copy)]
struct Budget {
    left: usize,
    start: Start,
}

thread_local! {
    /// Of this thread; nothing while no file is loaded.
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Puts back the budget that was there before, also where the making ends by an error.
struct Restore(Option<Budget>);

impl Drop for Restore {
    fn drop(&mut self) {
        BUDGET.set(self.0);
    }
}

/// Runs `make`; weights that are made in it have at most `numbers` elements together.
pub(crate) fn within<R>(numbers: usize, start: Start, make: impl FnOnce() -> R) -> R {
    let _restore = Restore(BUDGET.replace(Some(Budget { left: numbers, start })));
    make()
}

/// Takes the elements of a weight out of the budget, if there is one.
///
/// # Errors
/// If the weight has more elements than are left.
pub(super) fn claim(subject: &str, shape: &[usize]) -> Result<Start> {
    let Some(budget) = BUDGET.get() else { return Ok(Start::Initialized) };
    let needed = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let left = needed.and_then(|needed| budget.left.checked_sub(needed)).ok_or_else(|| {
        let text = format!("a weight {shape:?} has more numbers than can come from the file");
        Error::format(subject, text)
    })?;
    BUDGET.set(Some(Budget { left, ..budget }));
    Ok(budget.start)
}
