//! Batches from functions and iterators.

use super::{Batch, Dataset};
use crate::error::{Error, Result};

/// A dataset whose passes a function makes: it is called with the number of the pass and gives the batches.
///
/// ```
/// use gatewise::data::{Batch, Dataset, from_fn};
/// use ndarray::Array2;
///
/// let mut dataset = from_fn(|pass| (0..3).map(move |batch| {
///     let number = (10 * pass + batch) as f32;
///     Ok(Batch::new(Array2::from_elem((4, 2), number), Array2::from_elem((4, 1), number)))
/// }));
/// dataset.start(1)?;
/// let first = dataset.next_batch()?.expect("there are three");
/// assert_eq!(first.x.arrays().next().unwrap()[[0, 0]], 10.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub fn from_fn<F, I>(passes: F) -> FromFn<F, I::IntoIter>
where
    F: FnMut(usize) -> I,
    I: IntoIterator<Item = Result<Batch>>,
{
    FromFn { passes, batches: None }
}

/// Batches of a function, from [`from_fn`].
#[derive(Debug)]
pub struct FromFn<F, I> {
    passes: F,
    batches: Option<I>,
}

impl<F, I> Dataset for FromFn<F, I::IntoIter>
where
    F: FnMut(usize) -> I,
    I: IntoIterator<Item = Result<Batch>>,
{
    fn start(&mut self, pass: usize) -> Result<()> {
        self.batches = Some((self.passes)(pass).into_iter());
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.batches.as_mut().and_then(Iterator::next).transpose()
    }
}

/// A dataset that takes the batches of an iterator, once. Training for several epochs needs `steps_per_epoch`.
pub fn once<I: IntoIterator<Item = Result<Batch>>>(batches: I) -> Once<I::IntoIter> {
    Once { batches: batches.into_iter(), is_begun: false }
}

/// Batches of an iterator, from [`once`].
#[derive(Debug)]
pub struct Once<I> {
    batches: I,
    is_begun: bool,
}

impl<I: Iterator<Item = Result<Batch>>> Dataset for Once<I> {
    fn start(&mut self, _pass: usize) -> Result<()> {
        if self.is_begun {
            let text = "the batches of an iterator can be taken only once, and another pass was asked for; give \
                        `steps_per_epoch` and enough batches, or use `data::from_fn`";
            return Err(Error::state("dataset", text));
        }
        self.is_begun = true;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.batches.next().transpose()
    }
}
