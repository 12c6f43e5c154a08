//! The weights, inputs and targets that every engine starts from.

use std::path::Path;

use anyhow::{Context, Result};
use safetensors::SafeTensors;

/// A row-major array.
#[derive(Clone, Debug)]
pub struct Array {
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Vec<f32>,
}

/// The arrays of `problem.safetensors`.
#[derive(Debug)]
pub struct Problem {
    bytes: Vec<u8>,
}

impl Problem {
    /// Reads the file in a folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("problem.safetensors");
        Ok(Self { bytes: std::fs::read(&path).with_context(|| path.display().to_string())? })
    }

    /// The array of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, name: &str) -> Result<Array> {
        let file = SafeTensors::deserialize(&self.bytes)?;
        let view = file.tensor(name).with_context(|| format!("the array {name}"))?;
        let numbers = view.data().chunks_exact(4);
        let values = numbers.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        Ok(Array { shape: view.shape().to_vec(), values: values.collect() })
    }

    /// Kernel, recurrent kernel and bias of an LSTM layer, in Keras's layout: gates i, f, c, o along the columns.
    ///
    /// # Errors
    /// There is no such layer.
    pub fn lstm(&self, index: usize) -> Result<[Array; 3]> {
        let get = |name: &str| self.get(&format!("lstm_{index}/{name}"));
        Ok([get("kernel")?, get("recurrent_kernel")?, get("bias")?])
    }
}

impl Array {
    /// The matrix with rows and columns exchanged.
    pub fn transposed(&self) -> Self {
        let [rows, columns] = self.shape[..] else { panic!("a matrix has two sizes, got {:?}", self.shape) };
        let element = |index: usize| self.values[index % rows * columns + index / rows];
        Self { shape: vec![columns, rows], values: (0..rows * columns).map(element).collect() }
    }

    /// Of a matrix or vector with the columns of four gates those of one gate.
    pub fn gate(&self, gate: usize) -> Self {
        let columns = self.shape.last().copied().expect("it has a size");
        let units = columns / 4;
        let rows = self.values.chunks_exact(columns);
        let values = rows.flat_map(|row| &row[gate * units..(gate + 1) * units]).copied().collect();
        let mut shape = self.shape.clone();
        *shape.last_mut().expect("it has a size") = units;
        Self { shape, values }
    }
}
