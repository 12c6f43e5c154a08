//! Runners and steppers allocate nothing per call, counted by the allocator.

use allocation_counter::{AllocationInfo, measure};
use gatewise::Sequential;
use gatewise::layers::{Dense, Dropout, Embedding, Input, Lstm};

/// A second of sound at 48 kHz.
const CALLS: usize = 48_000;

fn assert_none(what: &str, info: &AllocationInfo) {
    assert_eq!(info.count_total, 0, "{what}: {info:?}");
}

fn audio_model() -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(8)])).unwrap();
    model.add(Lstm::new(32).return_sequences(true).dropout(0.2)).unwrap();
    model.add(Dropout::new(0.1)).unwrap().add(Lstm::new(16)).unwrap();
    model.add(Dense::new(12).activation("relu")).unwrap();
    model.add(Dense::new(1).activation("sigmoid")).unwrap();
    model
}

#[test]
fn the_counter_counts() {
    let info = measure(|| drop(std::hint::black_box(vec![0.0f32; 100])));
    assert_eq!(info.count_total, 1);
}

#[test]
fn a_stepper_allocates_nothing_in_48_000_steps() {
    let mut stepper = audio_model().stepper([[1, 8]]).unwrap();
    let mut sum = 0.0;
    let info = measure(|| {
        for step in 0..CALLS {
            let x = [(step % 100) as f32 / 100.0; 8];
            sum += stepper.step(&[&x]).unwrap()[0];
        }
    });
    assert!((0.0..CALLS as f32).contains(&sum));
    assert_none("steps", &info);
}

#[test]
fn a_runner_allocates_nothing() {
    let mut runner = audio_model().runner([[1, 20, 8]]).unwrap();
    let x = [0.25; 160];
    let info = measure(|| {
        for _ in 0..100 {
            assert!(runner.run(&[&x]).unwrap()[0] > 0.0);
        }
    });
    assert_none("sequences", &info);
}

#[test]
fn tokens_with_a_mask_allocate_nothing() {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None])).unwrap();
    model.add(Embedding::new(30, 8).mask_zero(true)).unwrap();
    model.add(Lstm::new(16)).unwrap().add(Dense::new(5).activation("softmax")).unwrap();
    let mut runner = model.runner([[2, 10]]).unwrap();
    let mut tokens = [0.0; 20];
    tokens[10..].iter_mut().enumerate().for_each(|(index, token)| *token = index as f32);
    let info = measure(|| {
        for _ in 0..100 {
            assert_eq!(runner.run(&[&tokens]).unwrap().len(), 10);
        }
    });
    assert_none("tokens", &info);
}
