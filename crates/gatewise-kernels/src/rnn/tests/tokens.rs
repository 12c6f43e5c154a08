//! Tokens against the layer on the rows of the embedding that they name.

use super::*;
use crate::rnn::{
    Inputs, Output, Outputs, PackedWeights, Sizes, TokenTable, X, forward_packed, forward_workspace_len,
};
use crate::testing::{LookedUp, assert_same_bits, on_threads};

fn assert_tokens_are_rows(case: &Case, vocabulary: usize) {
    let Sizes { batch, units, .. } = case.sizes;
    let mut arrays = case.arrays::<f32>();
    let LookedUp { embeddings, tokens, rows } = LookedUp::new(case.seed * 100 + 50, vocabulary, &case.sizes);
    arrays.x = rows;
    let expected = on_threads(1, || case.packed(&arrays));
    let (layer, inputs) = (case.layer(&arrays), case.inputs(&arrays));
    let workspace_len = forward_workspace_len(&layer, inputs.has_dropout());
    let table = TokenTable::new(&layer, &embeddings);
    let layer = table.layer(layer);
    let packed = PackedWeights::of_ids(&layer);
    let inputs = Inputs { x: X::Ids(&tokens), ..inputs };
    for num_threads in [1, 2] {
        let (mut y, mut h) = (vec![f32::NAN; case.y_len()], vec![f32::NAN; batch * units]);
        // Planned for the layer on rows.
        let mut workspace = vec![f32::NAN; workspace_len];
        on_threads(num_threads, || {
            let y = if case.sequence { Output::Sequence(&mut y) } else { Output::Last(&mut y) };
            let outputs = Outputs { y, h: &mut h, record: None };
            forward_packed(&layer, &packed, &inputs, outputs, &mut workspace);
        });
        for (name, got, expected) in [("y", &y, &expected.y), ("h", &h, &expected.h)] {
            assert_same_bits(&format!("{num_threads} threads, {case:?}: {name}"), got, expected);
        }
    }
}

#[test]
fn tokens_give_the_bits_of_the_rows_that_they_name() {
    for sizes in [[1, 5, 3, 40], [3, 4, 20, 17], [13, 30, 5, 64], [2, 60, 64, 256]] {
        for case in KINDS.into_iter().flat_map(|kind| Case::with_options(kind, sizes)) {
            if case.dropout == Dropout::None {
                assert_tokens_are_rows(&case, 23);
            }
        }
    }
}
