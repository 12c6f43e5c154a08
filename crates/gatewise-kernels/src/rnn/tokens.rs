//! Sequences of tokens, each of which stands for a row of an embedding.
//!
//! For each row E of the embedding what comes before the products with h, the bias and `E · W`, is the same at every step, so
//! that it is computed once: a layer on the rows of the embedding becomes one on [ids](super::X::Ids) of the rows of a table. A
//! sum is the same chain of additions in the order of k, so that it has the same bits.

use super::{CANDIDATE, Kind, Layer, Sizes};
use crate::matmul::{Product, matmul, workspace_len};

/// What the sums of a step start from for each row of an embedding, and what is left to the layer.
#[derive(Clone, Debug)]
pub struct TokenTable {
    /// `[V, GH]`
    rows: Vec<f32>,
    /// What does not go into the sums of x: as [`Layer::bias`], with [`Kind::ResetAfter`] alone.
    bias: Option<Vec<f32>>,
}

impl TokenTable {
    /// Of a layer on the rows of `embeddings` `[V, D]`, for the D features of the layer.
    pub fn new(layer: &Layer<f32>, embeddings: &[f32]) -> Self {
        let (features, columns) = (layer.sizes.features, layer.kind.gates() * layer.sizes.units);
        let num_rows = embeddings.len().checked_div(features).unwrap_or(0);
        let product = Product::new(num_rows, features, columns);
        let mut rows = vec![0.0; num_rows * columns];
        let mut workspace = vec![0.0; workspace_len(&product)];
        let (start, bias) = parts_of_bias(layer);
        matmul(&product, embeddings, layer.kernel, start.as_deref(), &mut rows, &mut workspace);
        Self { rows, bias }
    }

    /// The layer on ids that is `layer` on the rows that they name, for [`PackedWeights::of_ids`](super::PackedWeights::of_ids).
    pub fn layer<'a>(&'a self, layer: Layer<'a, f32>) -> Layer<'a, f32> {
        let columns = layer.kind.gates() * layer.sizes.units;
        let sizes = Sizes { features: self.rows.len() / columns, ..layer.sizes };
        Layer { sizes, kernel: &self.rows, bias: self.bias.as_deref(), ..layer }
    }
}

/// What of the bias the sums of x begin with, and what is left to the layer.
fn parts_of_bias(layer: &Layer<f32>) -> (Option<Vec<f32>>, Option<Vec<f32>>) {
    let [b, a] = layer.biases();
    let mut start = b.map(<[f32]>::to_vec);
    let (Some(start), Some(a), Kind::ResetAfter) = (&mut start, a, layer.kind) else { return (start, None) };
    let shared = CANDIDATE * layer.sizes.units;
    start[..shared].iter_mut().zip(a).for_each(|(sum, a)| *sum += a); // (2)
    let mut rest = vec![0.0; start.len() + shared];
    rest.extend_from_slice(&a[shared..]); // (3)
    (Some(std::mem::take(start)), Some(rest))
}
