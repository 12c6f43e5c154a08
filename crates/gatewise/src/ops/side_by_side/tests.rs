use ndarray::ArrayD;

use super::*;
use crate::cpu::WeightsDtype;
use crate::layers::{Bidirectional, Dense, Gru, Input, Lstm, Recurrent};
use crate::model::RunnerOptions;
use crate::ops::rnn::RECORD;
use crate::ops::testing::rnn::plain;
use crate::sequential::Sequential;

/// A model with one layer in both directions, which are long enough to be run side by side.
fn model(layer: impl Recurrent) -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(64)])).unwrap();
    model.add(Bidirectional::new(layer)).unwrap().add(Dense::new(2)).unwrap();
    model
}

fn x() -> ArrayD<f32> {
    ArrayD::from_shape_fn(vec![2, 100, 64], |at| ((at[0] * 7 + at[1] * 3 + at[2]) as f32 * 0.7).sin())
}

#[test]
fn each_part_has_the_weights_that_were_prepared_for_it() {
    for (model, dtypes) in [
        (model(Lstm::new(64)), &[WeightsDtype::Float32, WeightsDtype::Bfloat16][..]),
        (model(Gru::new(64)), &[WeightsDtype::Float32]),
    ] {
        let x = x();
        let exact = model.predict(&x).unwrap();
        for weights_dtype in dtypes {
            let options = RunnerOptions { weights_dtype: *weights_dtype, ..RunnerOptions::default() };
            let mut runner = model.runner_with([x.shape()], options).unwrap();
            let got = runner.run(&[x.as_slice().unwrap()]).unwrap();
            let is_near = got.iter().zip(&exact).all(|(got, exact)| (got - exact).abs() < 0.02);
            let is_equal = got == exact.as_slice().unwrap();
            assert!(is_near && is_equal == (*weights_dtype == WeightsDtype::Float32), "{got:?} {exact}");
        }
    }
}

#[test]
fn an_output_is_optional_where_that_of_its_part_is() {
    let part = || Part {
        op: Op::Rnn(plain(gatewise_kernels::rnn::Kind::Simple)),
        share: Share { inputs: 5, outputs: 3, workspace: 0 },
    };
    let op = SideBySide { parts: vec![part(), part()] };
    let optional: Vec<usize> = (0..6).filter(|output| op.is_optional(*output)).collect();
    assert_eq!(optional, [RECORD, 3 + RECORD]);
}

#[test]
fn only_a_program_can_make_one() {
    let op = SideBySide { parts: Vec::new() };
    let error = op.output_shapes(&[]).unwrap_err();
    assert_eq!(error.to_string(), "side_by_side: a program makes it of operations whose shapes are known");
}
