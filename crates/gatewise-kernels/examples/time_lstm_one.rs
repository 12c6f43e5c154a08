//! Checks that one sequence gives the same bits on one thread and on two, and then prints how long it takes, with weights
//! in f32 and in bfloat16.
//!
//! ```text
//! cargo run --release -p gatewise-kernels --example time_lstm_one [instruction set]
//! ```
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::time::{Duration, Instant};

use gatewise_kernels::InstructionSet;
use gatewise_kernels::activation::Activation;
use gatewise_kernels::lstm::{
    DropoutMasks, Inputs, Layer, Output, Outputs, PackedWeights, Sizes, X, forward_packed,
    forward_workspace_len,
};

/// How long each call is repeated.
const PATIENCE: Duration = Duration::from_millis(1500);

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        let set = InstructionSet::ALL.into_iter().find(|set| set.name() == name);
        set.expect("the argument names an instruction set").choose();
    }
    println!("instruction set {}", InstructionSet::current().name());
    println!(
        "{:>9} {:>5} {:>5} {:>5} {:>5}  {:>12} {:>12}",
        "weights", "B", "T", "F", "H", "one thread", "two threads"
    );
    let sizes = [(1, 1, 8, 32), (1, 100, 8, 64), (2, 100, 8, 64), (1, 100, 128, 512), (1, 1000, 64, 256)];
    for (batch, steps, features, units) in sizes {
        let sizes = Sizes { batch, steps, features, units };
        for (name, pack) in [("float32", PackedWeights::new as Pack), ("bfloat16", PackedWeights::bfloat16)] {
            let [one, two] = [1, 2].map(|threads| {
                let pool =
                    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads start");
                pool.install(|| time(&sizes, pack))
            });
            assert!(one.0.iter().zip(&two.0).all(|(one, two)| one.to_bits() == two.to_bits()), "bits differ");
            print!("{name:>9} {batch:>5} {steps:>5} {features:>5} {units:>5}");
            println!("  {:>9.4} ms {:>9.4} ms", one.1, two.1);
        }
    }
}

/// How weights are laid out.
type Pack = fn(&[f32], &[f32], &Sizes) -> PackedWeights;

/// The last output and the shortest of many calls in milliseconds.
fn time(sizes: &Sizes, pack: Pack) -> (Vec<f32>, f64) {
    let Sizes { batch, steps, features, units } = *sizes;
    let scale = 1.0 / (units as f32).sqrt();
    let (kernel, recurrent_kernel) =
        (numbers(features * 4 * units, scale), numbers(units * 4 * units, scale));
    let (bias, x, zeros) =
        (numbers(4 * units, 1.0), numbers(batch * steps * features, 1.0), vec![0.0; batch * units]);
    let layer = Layer {
        sizes: *sizes,
        activation: Activation::Tanh,
        recurrent_activation: Activation::Sigmoid,
        kernel: &kernel,
        recurrent_kernel: &recurrent_kernel,
        bias: Some(&bias),
        go_backwards: false,
        zero_output_for_mask: false,
    };
    let inputs = Inputs {
        x: X::Rows(&x),
        h0: &zeros,
        c0: &zeros,
        mask: None,
        dropout: DropoutMasks::None,
        recurrent_dropout: DropoutMasks::None,
    };
    let packed = pack(&kernel, &recurrent_kernel, sizes);
    let mut workspace = vec![0.0; forward_workspace_len(sizes, false)];
    let [mut y, mut h, mut c] = [(); 3].map(|()| vec![0.0; batch * units]);
    let (start, mut best) = (Instant::now(), Duration::MAX);
    while start.elapsed() < PATIENCE {
        let outputs = Outputs { y: Output::Last(&mut y), h: &mut h, c: &mut c, record: None };
        let start = Instant::now();
        forward_packed(&layer, &packed, &inputs, outputs, &mut workspace);
        best = best.min(start.elapsed());
    }
    (y, best.as_secs_f64() * 1e3)
}

/// Numbers between −`scale` and `scale` that repeat after a long while.
fn numbers(count: usize, scale: f32) -> Vec<f32> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..count).scan(count as u32, |state, _| next(state)).map(|number| number * scale).collect()
}
