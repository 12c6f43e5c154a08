//! What is made of the weights of operations once, for many runs with the same ones.

use std::borrow::Cow;

use gatewise_kernels::{bfloat16, lstm, matmul, rnn};

use super::WeightsDtype;
use crate::ops::Op;
use crate::ops::lstm::Lstm;
use crate::ops::rnn::Rnn;

/// The weights of an operation in the order in which its kernel reads them, for runs with the same weights.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    /// The operation takes its inputs as they are.
    Nothing,
    /// Those of an LSTM.
    Lstm(lstm::PackedWeights),
    /// Those of an LSTM on rows of an embedding, which is given [ids](Self::Ids) instead.
    LstmOfIds(lstm::PackedWeights, lstm::TokenTable),
    /// The operation would look up rows for operations that have them in a table of their own: it hands the ids on, at the
    /// start of its output.
    Ids,
    /// Those of a recurrence with one state.
    Rnn(rnn::PackedWeights),
    /// Those of such a one on rows of an embedding, which is given [ids](Self::Ids) instead.
    RnnOfIds(rnn::PackedWeights, rnn::TokenTable),
    /// The right operand of a product.
    Right(matmul::PackedRight),
    /// Those of the operations that are parts of this one.
    Parts(Vec<Self>),
}

/// What is known of an operation before it is run.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a, 'b> {
    /// The sizes of its inputs.
    pub dims: &'b [&'b [usize]],
    /// What the weights of an LSTM are to be stored as.
    pub dtype: WeightsDtype,
    /// The numbers of an input that never change.
    pub weight: &'b dyn Fn(usize) -> Option<&'a [f32]>,
    /// The table that the rows of an input are looked up in, if ids are handed on instead.
    pub embeddings: &'b dyn Fn(usize) -> Option<&'a [f32]>,
    /// Whether the operation is to hand its ids on.
    pub hands_ids_on: bool,
}

impl Prepared {
    pub fn new(op: &Op, known: Known<'_, '_>) -> Self {
        let (dims, weight) = (known.dims, known.weight);
        match op {
            Op::Gather(_) if known.hands_ids_on => Self::Ids,
            Op::Lstm(op) => Self::lstm(op, known).unwrap_or(Self::Nothing),
            Op::Rnn(op) => Self::rnn(op, known).unwrap_or(Self::Nothing),
            Op::MatMul(product) => match weight(1) {
                Some(b) => Self::Right(matmul::PackedRight::new(&product.product(dims[0], dims[1]), b)),
                None => Self::Nothing,
            },
            Op::SideBySide(op) => Self::Parts(
                op.parts_with_inputs()
                    .map(|(part, at)| {
                        let part_known = Known {
                            dims: &dims[at.clone()],
                            weight: &|input| weight(at.start + input),
                            embeddings: &|input| (known.embeddings)(at.start + input),
                            ..known
                        };
                        Self::new(&part.op, part_known)
                    })
                    .collect(),
            ),
            _ => Self::Nothing,
        }
    }

    fn lstm(op: &Lstm, known: Known<'_, '_>) -> Option<Self> {
        let (kernel, recurrent_kernel) = ((known.weight)(1)?, (known.weight)(2)?);
        let pack = match known.dtype {
            WeightsDtype::Float32 => lstm::PackedWeights::new,
            WeightsDtype::Bfloat16 => lstm::PackedWeights::bfloat16,
        };
        let sizes = Lstm::sizes(known.dims);
        let Some(embeddings) = (known.embeddings)(0) else {
            return Some(Self::Lstm(pack(kernel, recurrent_kernel, &sizes)));
        };
        let kernel = match known.dtype {
            WeightsDtype::Float32 => Cow::Borrowed(kernel),
            WeightsDtype::Bfloat16 => kernel.iter().map(|&x| bfloat16::round(x)).collect(),
        };
        let bias = op.bias_input().and_then(known.weight);
        let table = lstm::TokenTable::new(embeddings, &kernel, bias, sizes.units);
        let sizes = lstm::Sizes { features: 0, ..sizes };
        Some(Self::LstmOfIds(pack(&[], recurrent_kernel, &sizes), table))
    }

    fn rnn(op: &Rnn, known: Known<'_, '_>) -> Option<Self> {
        let weights = [(known.weight)(1)?, (known.weight)(2)?];
        let bias = op.bias_input().and_then(known.weight);
        let layer = op.layer(Rnn::sizes(known.dims), weights, bias);
        Some(match (known.embeddings)(0) {
            Some(embeddings) => {
                let table = rnn::TokenTable::new(&layer, embeddings);
                Self::RnnOfIds(rnn::PackedWeights::of_ids(&table.layer(layer)), table)
            }
            None if op.takes_ids => Self::Rnn(rnn::PackedWeights::of_ids(&layer)),
            None => Self::Rnn(rnn::PackedWeights::new(&layer)),
        })
    }

    /// Whether weights of an LSTM are among it.
    pub fn has_lstm(&self) -> bool {
        match self {
            Self::Lstm(_) | Self::LstmOfIds(..) => true,
            Self::Parts(parts) => parts.iter().any(Self::has_lstm),
            Self::Nothing | Self::Ids | Self::Rnn(_) | Self::RnnOfIds(..) | Self::Right(_) => false,
        }
    }

    /// What was made for part `index` of an operation.
    pub fn part(&self, index: usize) -> &Self {
        match self {
            Self::Parts(parts) => &parts[index],
            _ => &Self::Nothing,
        }
    }
}
