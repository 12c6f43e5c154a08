//! Tokens against the layer on the rows of the embedding that they name.

use super::*;
use crate::lstm::{
    Inputs, Layer, Output, Outputs, PackedWeights, Sizes, TokenTable, Tokens, X, forward, forward_tokens,
    forward_workspace_len,
};
use crate::testing::{LookedUp, assert_same_bits, numbers, on_threads};

/// y, h and c.
fn results(case: &Case) -> Results<f32> {
    let states = case.sizes.batch * case.sizes.units;
    let nan = |len| vec![f32::NAN; len];
    Results { y: nan(case.y_len()), h: nan(states), c: nan(states), ..Results::default() }
}

fn outputs<'a>(case: &Case, results: &'a mut Results<f32>) -> Outputs<'a, f32> {
    let y = match case.sequence {
        true => Output::Sequence(&mut results.y),
        false => Output::Last(&mut results.y),
    };
    Outputs { y, h: &mut results.h, c: &mut results.c, record: None }
}

fn assert_tokens_are_rows(case: &Case, vocabulary: usize) {
    let units = case.sizes.units;
    let mut arrays = case.arrays::<f32>();
    let LookedUp { embeddings, tokens, rows } = LookedUp::new(case.seed * 100 + 50, vocabulary, &case.sizes);
    arrays.x = rows;
    let (layer, inputs) = (case.layer(&arrays), case.inputs(&arrays));
    let mut expected = results(case);
    let mut workspace = vec![f32::NAN; forward_workspace_len(&case.sizes, true)];
    forward(&layer, &inputs, outputs(case, &mut expected), &mut workspace);

    let table = TokenTable::new(&embeddings, layer.kernel, layer.bias, units);
    let sizes = Sizes { features: 0, ..case.sizes };
    let packed = PackedWeights::new(&[], layer.recurrent_kernel, &sizes);
    let layer = Layer { sizes, kernel: &[], bias: None, ..layer };
    let inputs = Inputs { x: X::Rows(&[]), ..inputs };
    let tokens = Tokens { table: &table, tokens: &tokens };
    for num_threads in [1, 2] {
        let mut got = results(case);
        let mut workspace = vec![f32::NAN; forward_workspace_len(&sizes, true)];
        on_threads(num_threads, || {
            forward_tokens(&layer, &packed, &tokens, &inputs, outputs(case, &mut got), &mut workspace);
        });
        for ((name, got), (_, expected)) in got.named().into_iter().zip(expected.named()) {
            assert_same_bits(&format!("{num_threads} threads, {case:?}: {name}"), got, expected);
        }
    }
}

#[test]
fn tokens_give_the_bits_of_the_rows_that_they_name() {
    for (batch, steps, features, units) in [(1, 5, 3, 40), (3, 4, 20, 17), (13, 30, 5, 64), (2, 60, 64, 256)]
    {
        for case in Case::with_options(batch, steps, features, units) {
            if case.dropout == Dropout::None {
                assert_tokens_are_rows(&case, 23);
            }
        }
    }
}

#[test]
#[should_panic(expected = "the bias must be in their table")]
fn a_bias_beside_the_table_is_refused() {
    let case = Case::new(1, 2, 0, 4);
    let arrays = case.arrays::<f32>();
    let table = TokenTable::new(&[0.5; 6], &numbers::<f32>(1, 48), None, 4);
    let packed = PackedWeights::new(&[], &arrays.recurrent_kernel, &case.sizes);
    let tokens = Tokens { table: &table, tokens: &[0.0, 1.0] };
    let (layer, inputs) = (case.layer(&arrays), case.inputs(&arrays));
    let (mut results, mut workspace) = (results(&case), vec![0.0; forward_workspace_len(&case.sizes, true)]);
    forward_tokens(&layer, &packed, &tokens, &inputs, outputs(&case, &mut results), &mut workspace);
}
