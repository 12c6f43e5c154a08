//! Every instruction set of this CPU against the reference. One test, as the choice holds for the whole process.

use gatewise_kernels::InstructionSet;
use gatewise_kernels::activation::Activation;
use gatewise_kernels::bfloat16;
use gatewise_kernels::lstm::{
    DropoutMasks, Gradients, Inputs, Layer, Output, OutputGradient, OutputGradients, Outputs, PackedWeights,
    Sizes, X, backward, backward_workspace_len, forward, forward_packed, forward_workspace_len, record_len,
    reference,
};
use gatewise_kernels::matmul::{self, Product};
use gatewise_kernels::rnn::{self, Kind};
use gatewise_kernels::vector;

/// Differences of rounding in sums of some tens of terms around one, through a few steps.
const TOLERANCE: f32 = 2e-5;

const LENGTHS: [usize; 14] = [0, 1, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 35, 67];

#[test]
fn every_available_instruction_set_agrees_with_the_reference() {
    let available: Vec<_> = InstructionSet::ALL.into_iter().filter(|set| set.is_available()).collect();
    assert_eq!(available[0], InstructionSet::Generic);
    if cfg!(target_arch = "aarch64") {
        assert_eq!(InstructionSet::current(), InstructionSet::Neon, "every AArch64 has it");
    }
    assert_eq!(InstructionSet::current(), *available.last().expect("there is a generic one"));
    for set in available {
        set.choose();
        assert_eq!(InstructionSet::current(), set);
        for n in LENGTHS {
            check_functions(n);
            check_product(7, 20, n);
            check_product(n, 3, 18);
            if n > 0 {
                check_lstm(Sizes { batch: 8, steps: 3, features: 5, units: n });
                check_lstm(Sizes { batch: 1, steps: 1, features: 3, units: n });
                for batch in [1, 2, 7] {
                    check_bfloat16(Sizes { batch, steps: 3, features: 5, units: n });
                }
                for kind in [Kind::Simple, Kind::ResetAfter, Kind::ResetBefore] {
                    check_rnn(kind, Sizes { batch: 8, steps: 3, features: 5, units: n });
                    check_rnn(kind, Sizes { batch: 1, steps: 1, features: 3, units: n });
                }
            }
        }
    }
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|n| (n as f32 * 12.9898).sin()).collect()
}

fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len());
    for (n, (got, expected)) in got.iter().zip(expected).enumerate() {
        let close = (got - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
        assert!(close, "{what}[{n}] on {}: got {got}, expected {expected}", InstructionSet::current().name());
    }
}

fn check_functions(n: usize) {
    let x = numbers(n);
    let mut y = vec![f32::NAN; n];
    vector::exp(&x, &mut y);
    assert_close("exp", &y, &x.iter().map(|x| x.exp()).collect::<Vec<_>>());
    vector::tanh(&x, &mut y);
    assert_close("tanh", &y, &x.iter().map(|x| x.tanh()).collect::<Vec<_>>());
    vector::sigmoid(&x, &mut y);
    assert_close("sigmoid", &y, &x.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect::<Vec<_>>());
    assert_close("sum", &[vector::sum(&x)], &[x.iter().sum()]);
}

fn check_product(m: usize, k: usize, n: usize) {
    for (a_transposed, b_transposed) in [(false, false), (false, true), (true, false), (true, true)] {
        let product = Product { a_transposed, b_transposed, ..Product::new(m, k, n) };
        let (a, b, bias) = (numbers(m * k), numbers(k * n), numbers(n));
        let (mut got, mut expected) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        let mut workspace = vec![f32::NAN; matmul::workspace_len(&product)];
        matmul::matmul(&product, &a, &b, Some(&bias), &mut got, &mut workspace);
        matmul::reference::matmul(&product, &a, &b, Some(&bias), &mut expected);
        assert_close("product", &got, &expected);
    }
}

/// What a call returns: y, h, c and the gradients by x, the weights and the first state.
type Results = [Vec<f32>; 9];

fn check_lstm(sizes: Sizes) {
    let (activation, recurrent_activation) = (Activation::Tanh, Activation::Sigmoid);
    for (activation, recurrent_activation) in
        [(activation, recurrent_activation), (Activation::Relu, Activation::HardSigmoid)]
    {
        let got = run(sizes, activation, recurrent_activation, true);
        let expected = run(sizes, activation, recurrent_activation, false);
        for (got, expected) in got.iter().zip(&expected) {
            assert_close(&format!("result of {sizes:?}"), got, expected);
        }
    }
}

fn run(
    sizes: Sizes,
    activation: Activation<f32>,
    recurrent_activation: Activation<f32>,
    fast: bool,
) -> Results {
    let Sizes { batch, steps, features, units } = sizes;
    let scaled = |n: usize| numbers(n).into_iter().map(|x| x / (units as f32).sqrt()).collect::<Vec<_>>();
    let (kernel, recurrent_kernel, bias) =
        (scaled(features * 4 * units), scaled(units * 4 * units), numbers(4 * units));
    let (x, state) = (numbers(batch * steps * features), numbers(batch * units));
    let mask = mask(batch * steps);
    let dropout: Vec<f32> = (0..4 * batch * units).map(|n| if n % 3 == 1 { 0.0 } else { 1.5 }).collect();
    let layer = layer(sizes, [activation, recurrent_activation], [&kernel, &recurrent_kernel, &bias]);
    let inputs = Inputs {
        x: X::Rows(&x),
        h0: &state,
        c0: &state,
        mask: Some(&mask),
        dropout: DropoutMasks::None,
        recurrent_dropout: DropoutMasks::PerGate(&dropout),
    };
    let d_y = numbers(batch * steps * units);
    let d_outputs = OutputGradients { d_y: OutputGradient::Sequence(&d_y), d_h: Some(&state), d_c: None };

    let nan = |n| vec![f32::NAN; n];
    let [mut y, mut h, mut c] = [nan(batch * steps * units), nan(batch * units), nan(batch * units)];
    let [mut d_x, mut d_kernel, mut d_recurrent_kernel] =
        [nan(x.len()), nan(kernel.len()), nan(recurrent_kernel.len())];
    let [mut d_bias, mut d_h0, mut d_c0] = [nan(4 * units), nan(batch * units), nan(batch * units)];
    let mut record = nan(record_len(&sizes, &recurrent_activation));
    let outputs = Outputs { y: Output::Sequence(&mut y), h: &mut h, c: &mut c, record: Some(&mut record) };
    let gradients = Gradients {
        d_x: Some(&mut d_x),
        d_kernel: Some(&mut d_kernel),
        d_recurrent_kernel: Some(&mut d_recurrent_kernel),
        d_bias: Some(&mut d_bias),
        d_h0: Some(&mut d_h0),
        d_c0: Some(&mut d_c0),
    };
    if fast {
        let mut workspace =
            nan(forward_workspace_len(&sizes, true).max(backward_workspace_len(&sizes, true, true)));
        forward(&layer, &inputs, outputs, &mut workspace);
        backward(&layer, &inputs, &record, &d_outputs, gradients, &mut workspace);
    } else {
        reference::forward(&layer, &inputs, outputs);
        reference::backward(&layer, &inputs, &record, &d_outputs, gradients);
    }
    [y, h, c, d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0, d_c0]
}

fn layer<'a>(
    sizes: Sizes,
    [activation, recurrent_activation]: [Activation<'a, f32>; 2],
    [kernel, recurrent_kernel, bias]: [&'a [f32]; 3],
) -> Layer<'a, f32> {
    Layer {
        sizes,
        activation,
        recurrent_activation,
        kernel,
        recurrent_kernel,
        bias: Some(bias),
        go_backwards: false,
        zero_output_for_mask: false,
    }
}

/// Every fourth step is not used.
fn mask(len: usize) -> Vec<f32> {
    (0..len).map(|n| if n % 4 == 1 { 0.0 } else { 1.0 }).collect()
}

/// Weights packed in bfloat16 give the bits of the layer whose weights are rounded.
fn check_bfloat16(sizes: Sizes) {
    let Sizes { features, units, .. } = sizes;
    let weights = [numbers(features * 4 * units), numbers(units * 4 * units)];
    let rounded = [0, 1].map(|n| weights[n].iter().map(|&x| bfloat16::round(x)).collect::<Vec<f32>>());
    let in_bfloat16 = PackedWeights::bfloat16(&weights[0], &weights[1], &sizes);
    let in_float32 = PackedWeights::new(&rounded[0], &rounded[1], &sizes);
    for has_mask in [false, true] {
        let got = run_packed(sizes, &weights, &in_bfloat16, has_mask);
        let expected = run_packed(sizes, &rounded, &in_float32, has_mask);
        assert_eq!(got, expected, "{sizes:?} on {}", InstructionSet::current().name());
    }
}

/// The bits of y.
fn run_packed(sizes: Sizes, weights: &[Vec<f32>; 2], packed: &PackedWeights, has_mask: bool) -> Vec<u32> {
    let Sizes { batch, steps, features, units } = sizes;
    let (x, state, bias) = (numbers(batch * steps * features), numbers(batch * units), numbers(4 * units));
    let mask = mask(batch * steps);
    let layer = layer(sizes, [Activation::Tanh, Activation::Sigmoid], [&weights[0], &weights[1], &bias]);
    let inputs = Inputs {
        x: X::Rows(&x),
        h0: &state,
        c0: &state,
        mask: has_mask.then_some(&mask),
        dropout: DropoutMasks::None,
        recurrent_dropout: DropoutMasks::None,
    };
    let [mut h, mut c] = [(); 2].map(|()| vec![f32::NAN; batch * units]);
    let mut y = vec![f32::NAN; batch * steps * units];
    let outputs = Outputs { y: Output::Sequence(&mut y), h: &mut h, c: &mut c, record: None };
    let mut workspace = vec![f32::NAN; forward_workspace_len(&sizes, true)];
    forward_packed(&layer, packed, &inputs, outputs, &mut workspace);
    y.iter().map(|y| y.to_bits()).collect()
}

/// The recurrences with one state, with the activations of Keras and with others.
fn check_rnn(kind: Kind, sizes: Sizes) {
    for activations in [[Activation::Tanh, Activation::Sigmoid], [Activation::Relu, Activation::HardSigmoid]]
    {
        let (got, expected) =
            (run_rnn(kind, sizes, activations, true), run_rnn(kind, sizes, activations, false));
        for (got, expected) in got.iter().zip(&expected) {
            assert_close(&format!("result of {kind:?}, {sizes:?}"), got, expected);
        }
    }
}

fn run_rnn(
    kind: Kind,
    sizes: Sizes,
    [activation, recurrent_activation]: [Activation<f32>; 2],
    fast: bool,
) -> [Vec<f32>; 7] {
    let (Sizes { batch, steps, features, units }, gates) = (sizes, kind.gates());
    let scaled = |n: usize| numbers(n).into_iter().map(|x| x / (units as f32).sqrt()).collect::<Vec<_>>();
    let (kernel, recurrent_kernel) = (scaled(features * gates * units), scaled(units * gates * units));
    let bias = numbers(kind.bias_rows() * gates * units);
    let (x, state) = (numbers(batch * steps * features), numbers(batch * units));
    let mask = mask(batch * steps);
    let dropout: Vec<f32> = (0..gates * batch * units).map(|n| if n % 3 == 1 { 0.0 } else { 1.5 }).collect();
    let layer = rnn::Layer {
        kind,
        sizes,
        activation,
        recurrent_activation,
        kernel: &kernel,
        recurrent_kernel: &recurrent_kernel,
        bias: Some(&bias),
        go_backwards: false,
        zero_output_for_mask: false,
    };
    let inputs = rnn::Inputs {
        x: X::Rows(&x),
        h0: &state,
        mask: Some(&mask),
        dropout: DropoutMasks::None,
        recurrent_dropout: DropoutMasks::PerGate(&dropout),
    };
    let d_y = numbers(batch * steps * units);
    let d_outputs = rnn::OutputGradients { d_y: OutputGradient::Sequence(&d_y), d_h: Some(&state) };

    let nan = |n| vec![f32::NAN; n];
    let [mut y, mut h] = [nan(batch * steps * units), nan(batch * units)];
    let [mut d_x, mut d_kernel, mut d_recurrent_kernel] =
        [nan(x.len()), nan(kernel.len()), nan(recurrent_kernel.len())];
    let [mut d_bias, mut d_h0] = [nan(bias.len()), nan(batch * units)];
    let mut record = nan(rnn::record_len(kind, &sizes, &activation, &recurrent_activation));
    let outputs = rnn::Outputs { y: Output::Sequence(&mut y), h: &mut h, record: Some(&mut record) };
    let gradients = rnn::Gradients {
        d_x: Some(&mut d_x),
        d_kernel: Some(&mut d_kernel),
        d_recurrent_kernel: Some(&mut d_recurrent_kernel),
        d_bias: Some(&mut d_bias),
        d_h0: Some(&mut d_h0),
    };
    if fast {
        let forward_len = rnn::forward_workspace_len(&layer, true);
        let mut workspace = nan(forward_len.max(rnn::backward_workspace_len(kind, &sizes, true, true)));
        rnn::forward(&layer, &inputs, outputs, &mut workspace);
        rnn::backward(&layer, &inputs, &record, &d_outputs, gradients, &mut workspace);
    } else {
        rnn::reference::forward(&layer, &inputs, outputs);
        rnn::reference::backward(&layer, &inputs, &record, &d_outputs, gradients);
    }
    [y, h, d_x, d_kernel, d_recurrent_kernel, d_bias, d_h0]
}
