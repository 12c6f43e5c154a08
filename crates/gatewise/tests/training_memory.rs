//! How the memory of a training step grows with the number of steps, counted by the allocator.

#![allow(missing_docs)]

use allocation_counter::measure;
use gatewise::layers::{Dense, Input, Lstm};
use gatewise::ndarray::ArrayD;
use gatewise::{Compile, Sequential};

/// Bytes that one layer takes for each sample, step and unit: the record of six numbers (four gates, the cell state and its
/// activation). The gradients by the gates wait for a block of steps only.
const BYTES_OF_LAYER: f64 = 24.0;

/// Bytes that each layer of a stack takes in addition: its own record, its output and the gradient by it.
const BYTES_OF_FURTHER_LAYER: f64 = 24.0 + 8.0;

/// What is allocated beside may grow with the steps a little, such as inputs of one feature.
const TOLERANCE: f64 = 0.5;

const UNITS: usize = 64;

/// Bytes that may be added for each sample, step and unit between any two lengths, where a block of steps waits that grows with
/// short sequences; it waits once for each core.
const BYTES_AT_MOST: f64 = 28.0;
const BYTES_OF_A_CORE: f64 = 2.0;

/// Whole blocks of steps, so that the gradients that wait are as many in both.
const STEPS: [usize; 2] = [256, 768];

/// Most bytes that are allocated at a time in the first step of training, the data itself not counted.
///
/// What is counted is what one thread allocates, so the whole step runs in a pool of one.
fn bytes(model: &mut Sequential, batch: usize, steps: usize) -> f64 {
    let (x, y) = (ArrayD::from_elem(vec![batch, steps, 1], 0.5), ArrayD::zeros(vec![batch, 1]));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let info = pool.install(|| {
        measure(|| {
            model.train_on_batch(&x, &y).unwrap();
        })
    });
    info.bytes_max as f64
}

/// Bytes that a longer sequence takes for each further step of a sample and unit.
fn growth_between(steps: [usize; 2], batch: usize, layers: usize, lstm: impl Fn() -> Lstm) -> f64 {
    let bytes = steps.map(|steps| {
        let mut model = Sequential::new().with_seed(5);
        model.add(Input::new([None, Some(1)])).unwrap();
        for layer in 0..layers {
            model.add(lstm().return_sequences(layer + 1 < layers)).unwrap();
        }
        model.add(Dense::new(1)).unwrap();
        model.compile(Compile::new("adam", "mse")).unwrap();
        bytes(&mut model, batch, steps)
    });
    (bytes[1] - bytes[0]) / ((steps[1] - steps[0]) * batch * UNITS) as f64
}

/// The same between long sequences.
fn growth(layers: usize, lstm: impl Fn() -> Lstm) -> f64 {
    growth_between(STEPS, 8, layers, lstm)
}

#[test]
fn training_keeps_no_more_than_the_record() {
    let growth = growth(1, || Lstm::new(UNITS));
    assert!(growth > 16.0, "the gates alone are 16 bytes, got {growth}: not all is counted");
    assert!(growth <= BYTES_OF_LAYER + TOLERANCE, "{growth} bytes for each sample, step and unit");
}

#[test]
fn the_layers_of_a_stack_share_what_is_no_record() {
    let growth = growth(3, || Lstm::new(UNITS));
    let limit = BYTES_OF_LAYER + 2.0 * BYTES_OF_FURTHER_LAYER + TOLERANCE;
    assert!(growth <= limit, "{growth} bytes for each sample, step and unit, at most {limit}");
}

#[test]
fn masks_of_dropout_do_not_grow_with_the_steps() {
    let growth = growth(1, || Lstm::new(UNITS).dropout(0.2).recurrent_dropout(0.2));
    assert!(growth <= BYTES_OF_LAYER + TOLERANCE, "{growth} bytes for each sample, step and unit");
}

#[test]
fn short_sequences_do_not_grow_faster() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = BYTES_AT_MOST + BYTES_OF_A_CORE * cores.saturating_sub(2) as f64;
    for steps in [[10, 30], [30, 60], [30, 100], [100, 300], [300, 1000]] {
        let growth = growth_between(steps, 32, 1, || Lstm::new(UNITS));
        assert!(growth <= limit, "{growth} bytes for each sample, step and unit from {steps:?} steps");
    }
}
