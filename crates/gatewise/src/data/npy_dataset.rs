//! Batches of `.npy` files that may be larger than memory.

use std::path::{Path, PathBuf};

use super::collect::{Collected, Sample, Samples};
use super::shuffle_buffer::{SHUFFLE_STREAM, ShuffleBuffer};
use super::{Batch, Dataset, ReadAhead};
use crate::error::{Error, Result};
use crate::random::{self, RandomKey};

mod file;

use file::NpyFile;

/// How `.npy` files become batches; [`open`](Self::open) reads their headers.
///
/// The first axis of each array counts the samples. Numbers of any of NumPy's real types become `f32`; whole numbers have to
/// be exact in it. Arrays are read on a thread in blocks of `batch_size` samples, so that only some batches and the shuffle
/// buffer are in memory.
///
/// With a shuffle buffer the blocks come in random order and the samples of the buffer are mixed.
///
/// ```no_run
/// use gatewise::data::NpyDataset;
/// use gatewise::{Compile, Fit, Sequential};
///
/// # let mut model = Sequential::new();
/// let mut dataset = NpyDataset::new("x.npy").targets("y.npy").batch_size(64).shuffle_buffer(1024).open()?;
/// model.fit_dataset(&mut dataset, Fit { epochs: 10, ..Fit::default() })?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NpyDataset {
    paths: [Option<PathBuf>; 3],
    batch_size: usize,
    shuffle_buffer: usize,
    seed: u64,
    read_ahead: usize,
}

impl NpyDataset {
    /// Inputs from a file with an array `[samples, …]`.
    pub fn new(x: impl AsRef<Path>) -> Self {
        Self {
            paths: [Some(x.as_ref().to_owned()), None, None],
            batch_size: 32,
            shuffle_buffer: 0,
            seed: 0,
            read_ahead: 2,
        }
    }

    /// Targets from a file with an array `[samples, …]` (default: none, for predictions).
    pub fn targets(mut self, y: impl AsRef<Path>) -> Self {
        self.paths[1] = Some(y.as_ref().to_owned());
        self
    }

    /// Weights from a file with an array `[samples]` or `[samples, time]` (default: none).
    pub fn sample_weight(mut self, weights: impl AsRef<Path>) -> Self {
        self.paths[2] = Some(weights.as_ref().to_owned());
        self
    }

    /// Samples in a batch (default 32).
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Samples that are held in memory, of which a random one is next (default 0: in the order of the file).
    pub fn shuffle_buffer(mut self, samples: usize) -> Self {
        self.shuffle_buffer = samples;
        self
    }

    /// The seed of the order (default 0); every pass has another order.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Batches that the reading thread may have waiting (default 2).
    pub fn read_ahead(mut self, batches: usize) -> Self {
        self.read_ahead = batches;
        self
    }

    /// Reads the headers and gives the batches: `[batch, …]` of each array.
    ///
    /// # Errors
    /// If a file cannot be read, is no `.npy` file, is cut off, holds an array without axes, without samples, in Fortran
    /// order or of a type that is no real number, or if the arrays have not as many samples each.
    pub fn open(&self) -> Result<ReadAhead<NpyBatches>> {
        let blocks = Blocks::open(self)?;
        let shuffle = ShuffleBuffer::new(self.shuffle_buffer, self.seed);
        let batches = Collected::new("NpyDataset", blocks, self.batch_size, shuffle)?;
        Ok(ReadAhead::new(NpyBatches(batches), self.read_ahead))
    }
}

/// Batches of `.npy` files, from [`NpyDataset::open`].
pub struct NpyBatches(Collected);

impl Dataset for NpyBatches {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.0.start(pass)
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.0.next_batch()
    }

    fn num_batches(&self) -> Option<usize> {
        self.0.num_batches()
    }

    fn num_samples(&self) -> Option<usize> {
        self.0.num_samples()
    }
}

/// Samples that are read in blocks.
struct Blocks {
    files: [Option<NpyFile>; 3],
    shapes: [Option<Vec<usize>>; 3],
    samples: usize,
    block: usize,
    /// The seed of the order of blocks, if they are shuffled.
    seed: Option<u64>,
    order: Vec<usize>,
    /// The place in `order` of the next block.
    next: usize,
    /// The samples of the block that was read.
    read: Vec<Sample>,
}

impl Blocks {
    fn open(options: &NpyDataset) -> Result<Self> {
        let [x, y, weights] = &options.paths;
        let open = |path: &Option<PathBuf>| path.as_deref().map(NpyFile::open).transpose();
        let files = [open(x)?, open(y)?, open(weights)?];
        let samples = files.iter().flatten().next().map_or(0, NpyFile::samples);
        if let Some(other) = files.iter().flatten().find(|file| file.samples() != samples) {
            let text = format!("expected {samples} samples, as x has, got {}", other.samples());
            return Err(Error::shape(other.path().display(), text));
        }
        let shapes = files.each_ref().map(|file| file.as_ref().map(|file| file.sample().to_vec()));
        let seed = (options.shuffle_buffer > 1).then_some(options.seed);
        let block = options.batch_size.max(1);
        Ok(Self { files, shapes, samples, block, seed, order: Vec::new(), next: 0, read: Vec::new() })
    }

    /// Reads the next block; false where there is none.
    fn read_block(&mut self) -> Result<bool> {
        let Some(block) = self.order.get(self.next) else { return Ok(false) };
        self.next += 1;
        let first = block * self.block;
        let count = self.block.min(self.samples - first);
        let mut samples = vec![Sample::default(); count];
        for (part, file) in self.files.iter_mut().enumerate() {
            let Some(file) = file else { continue };
            let width = file.sample().iter().product::<usize>();
            let numbers = file.read(first, count)?;
            for (index, sample) in samples.iter_mut().enumerate() {
                sample[part] = numbers[index * width..(index + 1) * width].to_vec();
            }
        }
        samples.reverse();
        self.read = samples;
        Ok(true)
    }
}

impl Samples for Blocks {
    fn start(&mut self, pass: usize) -> Result<()> {
        let blocks = self.samples.div_ceil(self.block);
        self.order = match self.seed {
            Some(seed) => {
                let key = RandomKey { seed, stream: SHUFFLE_STREAM + 1, step: pass as u64 };
                random::permutation(blocks, key)
            }
            None => (0..blocks).collect(),
        };
        self.next = 0;
        self.read.clear();
        Ok(())
    }

    fn next_sample(&mut self) -> Result<Option<Sample>> {
        if self.read.is_empty() && !self.read_block()? {
            return Ok(None);
        }
        Ok(self.read.pop())
    }

    fn shapes(&self) -> &[Option<Vec<usize>>; 3] {
        &self.shapes
    }

    fn num_samples(&self) -> Option<usize> {
        Some(self.samples)
    }
}

#[cfg(test)]
mod tests;
