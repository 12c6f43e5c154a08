//! Samples from files, put into batches.

use ndarray::{ArrayD, IxDyn};

use super::shuffle_buffer::ShuffleBuffer;
use super::{Batch, Dataset, OwnedArrays};
use crate::error::{Error, Result};

/// The numbers of input, target and weights of one sample; those that there are not are empty.
pub(super) type Sample = [Vec<f32>; 3];

/// Samples in an order that depends on the pass.
pub(super) trait Samples: Send {
    /// Begins a pass.
    fn start(&mut self, pass: usize) -> Result<()>;

    /// The next sample, or nothing at the end of the pass.
    fn next_sample(&mut self) -> Result<Option<Sample>>;

    /// The sizes of input, target and weights of one sample; none where there are none.
    fn shapes(&self) -> &[Option<Vec<usize>>; 3];

    /// Samples in a pass, if that is known.
    fn num_samples(&self) -> Option<usize>;
}

/// Batches of samples.
pub(super) struct Collected {
    samples: Box<dyn Samples>,
    shuffle: ShuffleBuffer<Sample>,
    batch_size: usize,
}

impl Collected {
    /// # Errors
    /// If the batch size is 0.
    pub fn new(
        subject: &str,
        samples: impl Samples + 'static,
        batch_size: usize,
        shuffle: ShuffleBuffer<Sample>,
    ) -> Result<Self> {
        if batch_size == 0 {
            return Err(Error::argument(subject, "`batch_size` must be at least 1, got 0"));
        }
        Ok(Self { samples: Box::new(samples), shuffle, batch_size })
    }
}

impl Dataset for Collected {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.shuffle.start(pass);
        self.samples.start(pass)
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let mut batch = Sample::default();
        let mut count = 0;
        while count < self.batch_size {
            let Some(sample) = self.shuffle.next(|| self.samples.next_sample())? else { break };
            batch.iter_mut().zip(&sample).for_each(|(all, own)| all.extend_from_slice(own));
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let mut parts = batch.into_iter().zip(self.samples.shapes()).map(|(numbers, sample)| match sample {
            Some(sample) => OwnedArrays::from(array(count, sample, numbers)),
            None => OwnedArrays::default(),
        });
        let mut next = || parts.next().unwrap_or_default();
        Ok(Some(Batch { x: next(), y: next(), sample_weight: next() }))
    }

    fn num_batches(&self) -> Option<usize> {
        self.num_samples().map(|samples| samples.div_ceil(self.batch_size))
    }

    fn num_samples(&self) -> Option<usize> {
        self.samples.num_samples()
    }
}

fn array(count: usize, sample: &[usize], numbers: Vec<f32>) -> ArrayD<f32> {
    let shape: Vec<usize> = [count].iter().chain(sample).copied().collect();
    ArrayD::from_shape_vec(IxDyn(&shape), numbers).expect("every sample has the numbers of its shape")
}
