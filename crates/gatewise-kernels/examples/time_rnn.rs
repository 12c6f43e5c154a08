//! Prints how long the recurrences with one state take.
//!
//! ```text
//! cargo run --release -p gatewise-kernels --example time_rnn [instruction set [threads …]]
//! ```
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::{Duration, Instant};

use gatewise_kernels::InstructionSet;
use gatewise_kernels::activation::Activation;
use gatewise_kernels::rnn::{
    DropoutMasks, Gradients, Inputs, Kind, Layer, Output, OutputGradient, OutputGradients, Outputs, Sizes, X,
    backward, backward_workspace_len, forward, forward_workspace_len, record_len,
};

/// How long each call is repeated.
const PATIENCE: Duration = Duration::from_millis(500);

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let Some(name) = arguments.next() {
        let set = InstructionSet::ALL.into_iter().find(|set| set.name() == name);
        set.expect("the first argument names an instruction set").choose();
    }
    let mut threads: Vec<usize> = arguments.map(|n| n.parse().expect("numbers of threads")).collect();
    if threads.is_empty() {
        threads = vec![1, std::thread::available_parallelism().map_or(1, usize::from)];
    }
    println!("instruction set {}", InstructionSet::current().name());
    println!(
        "{:>12} {:>7} {:>5} {:>5} {:>5} {:>5}  {:>11} {:>12}",
        "kind", "threads", "B", "T", "F", "H", "forward", "and backward"
    );
    let sizes = [(32, 100, 8, 64), (128, 50, 64, 256), (1, 100, 8, 64), (1, 1, 8, 32)];
    for kind in [Kind::Simple, Kind::ResetAfter, Kind::ResetBefore] {
        for (batch, steps, features, units) in sizes {
            for &num_threads in &threads {
                let pool =
                    rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads start");
                let mut call = Call::new(kind, Sizes { batch, steps, features, units });
                let forward = pool.install(|| best(|| call.forward(false)));
                let train = pool.install(|| {
                    best(|| {
                        call.forward(true);
                        call.backward();
                    })
                });
                let kind = format!("{kind:?}");
                println!(
                    "{kind:>12} {num_threads:>7} {batch:>5} {steps:>5} {features:>5} {units:>5}  {forward:>8.4} ms {train:>9.4} ms"
                );
            }
        }
    }
}

/// The shortest of many runs, in milliseconds.
fn best(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < PATIENCE {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e3
}

/// A layer with inputs and room for all results.
struct Call {
    kind: Kind,
    sizes: Sizes,
    kernel: Vec<f32>,
    recurrent_kernel: Vec<f32>,
    bias: Vec<f32>,
    x: Vec<f32>,
    state: Vec<f32>,
    d_y: Vec<f32>,
    y: Vec<f32>,
    h: Vec<f32>,
    record: Vec<f32>,
    d_kernel: Vec<f32>,
    d_recurrent_kernel: Vec<f32>,
    d_bias: Vec<f32>,
    workspace: Vec<f32>,
}

impl Call {
    fn new(kind: Kind, sizes: Sizes) -> Self {
        let (Sizes { batch, steps, features, units }, gates) = (sizes, kind.gates());
        let scale = 1.0 / (units as f32).sqrt();
        let mut call = Self {
            kind,
            sizes,
            kernel: numbers(features * gates * units, scale),
            recurrent_kernel: numbers(units * gates * units, scale),
            bias: numbers(kind.bias_rows() * gates * units, 1.0),
            x: numbers(batch * steps * features, 1.0),
            state: numbers(batch * units, 1.0),
            d_y: numbers(batch * units, 1.0),
            y: vec![0.0; batch * units],
            h: vec![0.0; batch * units],
            record: vec![0.0; record_len::<f32>(kind, &sizes, &Activation::Tanh, &Activation::Sigmoid)],
            d_kernel: vec![0.0; features * gates * units],
            d_recurrent_kernel: vec![0.0; units * gates * units],
            d_bias: vec![0.0; kind.bias_rows() * gates * units],
            workspace: Vec::new(),
        };
        let forward = forward_workspace_len(&call.parts().0, true);
        call.workspace = vec![0.0; forward.max(backward_workspace_len(kind, &sizes, true, true))];
        call
    }

    /// Splits the call into what is read and what is written.
    #[allow(clippy::type_complexity)]
    fn parts(
        &mut self,
    ) -> (Layer<'_, f32>, Inputs<'_, f32>, Outputs<'_, f32>, Gradients<'_, f32>, &[f32], &mut [f32]) {
        let layer = Layer {
            kind: self.kind,
            sizes: self.sizes,
            activation: Activation::Tanh,
            recurrent_activation: Activation::Sigmoid,
            kernel: &self.kernel,
            recurrent_kernel: &self.recurrent_kernel,
            bias: Some(&self.bias),
            go_backwards: false,
            zero_output_for_mask: false,
        };
        let inputs = Inputs {
            x: X::Rows(&self.x),
            h0: &self.state,
            mask: None,
            dropout: DropoutMasks::None,
            recurrent_dropout: DropoutMasks::None,
        };
        let outputs =
            Outputs { y: Output::Last(&mut self.y), h: &mut self.h, record: Some(&mut self.record) };
        let gradients = Gradients {
            d_kernel: Some(&mut self.d_kernel),
            d_recurrent_kernel: Some(&mut self.d_recurrent_kernel),
            d_bias: Some(&mut self.d_bias),
            ..Gradients::default()
        };
        (layer, inputs, outputs, gradients, &self.d_y, &mut self.workspace)
    }

    fn forward(&mut self, recording: bool) {
        let (layer, inputs, mut outputs, _, _, workspace) = self.parts();
        if !recording {
            outputs.record = None;
        }
        forward(&layer, &inputs, outputs, workspace);
    }

    fn backward(&mut self) {
        let (layer, inputs, outputs, gradients, d_y, workspace) = self.parts();
        let d_outputs = OutputGradients { d_y: OutputGradient::Last(d_y), ..OutputGradients::default() };
        let record = outputs.record.expect("there always is a record");
        backward(&layer, &inputs, record, &d_outputs, gradients, workspace);
    }
}

/// `n` numbers between −`scale` and `scale`.
fn numbers(n: usize, scale: f32) -> Vec<f32> {
    (0..n).map(|n| (n as f32 * 12.9898).sin() * scale).collect()
}
