//! The LSTM: a batch forward, with its gradients, and one step of one sample.

use criterion::{BenchmarkId, Criterion, Throughput};
use gatewise_kernels::activation::Activation;
use gatewise_kernels::lstm::{
    DropoutMasks, Gradients, Inputs, Layer, Output, OutputGradient, OutputGradients, Outputs, Sizes, X,
    backward, backward_workspace_len, forward, forward_workspace_len, record_len, reference,
};

use crate::{assert_close, numbers};

const BATCHES: [Sizes; 5] = [
    Sizes { batch: 32, steps: 100, features: 8, units: 64 },
    Sizes { batch: 64, steps: 50, features: 64, units: 128 },
    Sizes { batch: 128, steps: 50, features: 64, units: 256 },
    Sizes { batch: 64, steps: 100, features: 128, units: 512 },
    Sizes { batch: 1, steps: 1000, features: 64, units: 256 },
];

const ONE_STEP: Sizes = Sizes { batch: 1, steps: 1, features: 8, units: 32 };

/// Which functions a call goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    Forward,
    Training,
    Reference,
}

/// A layer with inputs and room for all results.
struct Call {
    sizes: Sizes,
    weights: [Vec<f32>; 3],
    x: Vec<f32>,
    state: Vec<f32>,
    /// y, h and c.
    results: [Vec<f32>; 3],
    record: Vec<f32>,
    gradients: [Vec<f32>; 3],
    workspace: Vec<f32>,
}

pub fn check() {
    let sizes = Sizes { batch: 13, steps: 10, features: 9, units: 50 };
    let (mut fast, mut expected) = (Call::new(sizes), Call::new(sizes));
    fast.run(Job::Training);
    expected.run(Job::Reference);
    let all = |call: Call| call.results.into_iter().chain(call.gradients);
    for (got, expected) in all(fast).zip(all(expected)) {
        assert_close("lstm", &got, &expected);
    }
}

/// Throughput is in steps of samples.
pub fn time(criterion: &mut Criterion, set: &str) {
    for (name, job) in [("lstm forward", Job::Forward), ("lstm training", Job::Training)] {
        let mut group = criterion.benchmark_group(format!("{set}/{name}"));
        for sizes in BATCHES {
            add(&mut group, sizes, job);
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group(format!("{set}/lstm one step"));
    add(&mut group, ONE_STEP, Job::Forward);
    group.finish();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn add(group: &mut Group<'_>, sizes: Sizes, job: Job) {
    let Sizes { batch, steps, features, units } = sizes;
    let mut call = Call::new(sizes);
    group.throughput(Throughput::Elements((batch * steps) as u64));
    let name = BenchmarkId::from_parameter(format!("B{batch} T{steps} F{features} H{units}"));
    group.bench_function(name, |bencher| bencher.iter(|| call.run(job)));
}

impl Call {
    fn new(sizes: Sizes) -> Self {
        let Sizes { batch, steps, features, units } = sizes;
        let scale = 1.0 / (units as f32).sqrt();
        let lengths = [features * 4 * units, units * 4 * units, 4 * units];
        let workspace_len =
            forward_workspace_len(&sizes, true).max(backward_workspace_len(&sizes, true, true));
        Self {
            sizes,
            weights: lengths.map(|len| numbers(len, scale)),
            x: numbers(batch * steps * features, 1.0),
            state: numbers(batch * units, 1.0),
            results: [(); 3].map(|()| vec![f32::NAN; batch * units]),
            record: vec![0.0; record_len::<f32>(&sizes, &Activation::Sigmoid)],
            gradients: lengths.map(|len| vec![f32::NAN; len]),
            workspace: vec![0.0; workspace_len],
        }
    }

    fn run(&mut self, job: Job) {
        let [kernel, recurrent_kernel, bias] = &self.weights;
        let layer = Layer {
            sizes: self.sizes,
            activation: Activation::Tanh,
            recurrent_activation: Activation::Sigmoid,
            kernel,
            recurrent_kernel,
            bias: Some(bias),
            go_backwards: false,
            zero_output_for_mask: false,
        };
        let inputs = Inputs {
            x: X::Rows(&self.x),
            h0: &self.state,
            c0: &self.state,
            mask: None,
            dropout: DropoutMasks::None,
            recurrent_dropout: DropoutMasks::None,
        };
        let [y, h, c] = &mut self.results;
        let record = (job != Job::Forward).then_some(&mut self.record[..]);
        let outputs = Outputs { y: Output::Last(y), h, c, record };
        let d_outputs =
            OutputGradients { d_y: OutputGradient::Last(&self.state), ..OutputGradients::default() };
        let [d_kernel, d_recurrent_kernel, d_bias] = &mut self.gradients;
        let gradients = Gradients {
            d_kernel: Some(d_kernel),
            d_recurrent_kernel: Some(d_recurrent_kernel),
            d_bias: Some(d_bias),
            ..Gradients::default()
        };
        if job == Job::Reference {
            reference::forward(&layer, &inputs, outputs);
            reference::backward(&layer, &inputs, &self.record, &d_outputs, gradients);
            return;
        }
        forward(&layer, &inputs, outputs, &mut self.workspace);
        if job == Job::Training {
            backward(&layer, &inputs, &self.record, &d_outputs, gradients, &mut self.workspace);
        }
    }
}
