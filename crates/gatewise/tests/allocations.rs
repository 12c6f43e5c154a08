//! Runners, steppers and training steps allocate nothing per call, counted by the allocator.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use gatewise::callbacks::{Callback, LambdaCallback};
use gatewise::layers::{Bidirectional, Dense, Dropout, Embedding, Gru, Input, Lstm, SimpleRnn};
use gatewise::ndarray::ArrayD;
use gatewise::optimizers::{Adam, OptimizerOptions};
use gatewise::{Compile, Fit, Runner, RunnerOptions, Sequential, Shuffle};
use rayon::{ThreadPool, Yield};

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

/// Says that something is over, however it ends.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn pool_of(num_threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().unwrap()
}

/// Repeats `work` until a second thread has helped it often, and returns what each of the two allocated, how often `work` was
/// done, and how often it was helped.
fn measure_on_two_threads(mut work: impl FnMut() + Send) -> ([AllocationInfo; 2], usize, usize) {
    /// Other programs may keep the second thread from its core for a while.
    const PATIENCE: Duration = Duration::from_secs(60);
    let (is_counting, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let (mut calls, times_helped) = (0, AtomicUsize::new(0));
    let leader = || {
        let _over = Over(&is_over);
        while !is_counting.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let start = Instant::now();
        measure(|| {
            while times_helped.load(Ordering::Acquire) < 20 && start.elapsed() < PATIENCE {
                work();
                calls += 1;
            }
        })
    };
    let helper = || {
        measure(|| {
            is_counting.store(true, Ordering::Release);
            while !is_over.load(Ordering::Acquire) {
                if rayon::yield_now() == Some(Yield::Executed) {
                    times_helped.fetch_add(1, Ordering::Release);
                }
            }
        })
    };
    let (by_leader, by_helper) = pool_of(2).join(leader, helper);
    ([by_leader, by_helper], calls, times_helped.into_inner())
}

#[test]
fn what_a_helping_thread_allocates_is_counted() {
    let allocate = || drop(std::hint::black_box(vec![0.0f32; 100]));
    let ([leader, helper], calls, times_helped) = measure_on_two_threads(|| {
        rayon::join(std::thread::yield_now, allocate);
    });
    assert!(times_helped >= 20, "{times_helped} times");
    assert_eq!(helper.count_total, times_helped as u64);
    assert_eq!(leader.count_total, (calls - times_helped) as u64);
}

/// The bits of the output for some input.
fn bits(runner: &mut Runner, x: &[f32]) -> Vec<u32> {
    runner.run(&[x]).unwrap().iter().map(|y| y.to_bits()).collect()
}

/// Counts what a runner allocates on two threads, and compares its outputs with those of one.
fn assert_two_threads_allocate_none(what: &str, model: &Sequential, shape: [usize; 3]) {
    let mut runner = model.runner([shape]).unwrap();
    let x = numbers(&shape).into_raw_vec_and_offset().0;
    let alone = pool_of(1).install(|| bits(&mut runner, &x));
    let mut differ = false;
    let ([leader, helper], calls, times_helped) = measure_on_two_threads(|| {
        let y = runner.run(&[&x]).unwrap();
        differ |= y.iter().zip(&alone).any(|(y, alone)| y.to_bits() != *alone);
    });
    let what = format!("{what}, helped {times_helped} times of {calls}");
    assert!(times_helped >= 20, "{what}");
    assert_none(&what, &leader);
    assert_none(&what, &helper);
    assert!(!differ, "{what}: bits differ from those of one thread");
}

#[test]
fn two_threads_that_share_a_sequence_allocate_nothing() {
    // Sizes for which two threads are quicker with vectors of any length.
    for (batch, features, units) in [(1, 64, 64), (2, 8, 64), (1, 128, 512)] {
        let mut model = Sequential::new().with_seed(5);
        model.add(Input::new([None, Some(features)])).unwrap();
        model.add(Lstm::new(units).recurrent_initializer("glorot_uniform")).unwrap();
        let what = format!("{batch} samples, {units} units");
        assert_two_threads_allocate_none(&what, &model, [batch, 100, features]);
    }
}

#[test]
fn large_calls_in_the_calling_thread_allocate_nothing() {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(32)])).unwrap();
    model.add(Bidirectional::new(Lstm::new(64).return_sequences(true))).unwrap();
    model.add(Gru::new(64)).unwrap().add(Dense::new(1)).unwrap();
    let x = numbers(&[32, 50, 32]).into_raw_vec_and_offset().0;
    let options = RunnerOptions { in_calling_thread: true, ..RunnerOptions::default() };
    let mut runner = model.runner_with([[32, 50, 32]], options).unwrap();
    let together = bits(&mut model.runner([[32, 50, 32]]).unwrap(), &x);
    // From outside of a pool, where a call is else handed over, and from inside.
    let call =
        |runner: &mut Runner| (0..100).for_each(|_| assert!(runner.run(&[&x]).unwrap()[0].is_finite()));
    assert_none("from outside", &measure(|| call(&mut runner)));
    pool_of(2).install(|| assert_none("from inside", &measure(|| call(&mut runner))));
    assert_eq!(bits(&mut runner, &x), together);
}

#[test]
fn two_threads_that_have_a_direction_each_allocate_nothing() {
    for (batch, features) in [(1, 64), (32, 16)] {
        let mut model = Sequential::new().with_seed(5);
        model.add(Input::new([None, Some(features)])).unwrap();
        model.add(Bidirectional::new(Lstm::new(64).return_sequences(true))).unwrap();
        model.add(Bidirectional::new(Gru::new(32))).unwrap().add(Dense::new(1)).unwrap();
        assert_two_threads_allocate_none(
            &format!("{batch} samples both ways"),
            &model,
            [batch, 100, features],
        );
    }
}

#[test]
fn recurrences_with_one_state_allocate_nothing() {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(8)])).unwrap();
    model.add(Gru::new(32).return_sequences(true)).unwrap();
    model.add(Gru::new(8).reset_after(false).return_sequences(true)).unwrap();
    model.add(SimpleRnn::new(16).activation("gelu")).unwrap().add(Dense::new(1)).unwrap();
    let mut stepper = model.stepper([[1, 8]]).unwrap();
    let mut runner = model.runner([[1, 20, 8]]).unwrap();
    let info = measure(|| {
        for step in 0..1000 {
            let x = [(step % 100) as f32 / 100.0; 8];
            assert!(stepper.step(&[&x]).unwrap()[0].is_finite());
        }
        assert!(runner.run(&[&[0.25; 160]]).unwrap()[0].is_finite());
    });
    assert_none("recurrences", &info);
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

/// Allocations of a step of training beside those of what it returns: none.
///
/// It is counted in a pool of one thread, because `rayon` itself allocates now and then where it hands work to others.
fn assert_steps_allocate_only_logs(what: &str, mut model: Sequential, x: &ArrayD<f32>, y: &ArrayD<f32>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let logs: Vec<_> = (0..3).map(|_| model.train_on_batch(x, y).unwrap()).collect();
        let entries = logs[0].len();
        let info = measure(|| {
            for _ in 0..20 {
                assert_eq!(model.train_on_batch(x, y).unwrap().len(), entries);
            }
        });
        // The logs are a tree, whose entries lie in one node, and a name for each entry.
        assert_eq!(info.count_total, 20 * (1 + entries as u64), "{what}: {info:?}");
    });
}

/// Numbers without a rule to be seen, from −1 to 1.
fn numbers(shape: &[usize]) -> ArrayD<f32> {
    let len: usize = shape.iter().product();
    let values = (0..len).map(|index| (index as f32 * 0.7).sin()).collect();
    ArrayD::from_shape_vec(shape, values).unwrap()
}

#[test]
fn a_step_of_training_allocates_only_what_it_returns() {
    let mut model = audio_model();
    model.compile(Compile::new("adam", "mse").metrics(["mae"])).unwrap();
    assert_steps_allocate_only_logs("stacked", model, &numbers(&[4, 20, 8]), &numbers(&[4, 1]));
}

#[test]
fn a_step_with_clipping_averages_and_accumulation_allocates_only_what_it_returns() {
    let options = OptimizerOptions {
        global_clipnorm: Some(1.0),
        use_ema: true,
        gradient_accumulation_steps: Some(2),
        ..OptimizerOptions::default()
    };
    for loss in ["mae", "binary_crossentropy"] {
        let mut model = audio_model();
        let adam = Adam { options: options.clone(), ..Adam::default() };
        model.compile(Compile::new(adam, loss)).unwrap();
        let y = numbers(&[4, 1]).mapv(|y| f32::from(u8::from(y > 0.0)));
        assert_steps_allocate_only_logs(loss, model, &numbers(&[4, 20, 8]), &y);
    }
}

#[test]
fn a_step_on_tokens_allocates_only_what_it_returns() {
    for loss in ["sparse_categorical_crossentropy", "categorical_crossentropy"] {
        let mut model = Sequential::new().with_seed(5);
        model.add(Input::new([None])).unwrap();
        model.add(Embedding::new(30, 8).mask_zero(true)).unwrap();
        model.add(Lstm::new(16).return_sequences(true)).unwrap();
        model.add(Dense::new(5).activation("softmax")).unwrap();
        model.compile(Compile::new("sgd", loss).metrics(["accuracy"])).unwrap();
        let x = ArrayD::from_shape_fn(vec![4, 10], |at| ((at[0] + 1) * at[1] % 30) as f32);
        let y = match loss {
            "categorical_crossentropy" => {
                ArrayD::from_shape_fn(vec![4, 10, 5], |at| f32::from(u8::from(at[1] % 5 == at[2])))
            }
            _ => ArrayD::from_shape_fn(vec![4, 10], |at| (at[1] % 5) as f32),
        };
        assert_steps_allocate_only_logs(loss, model, &x, &y);
    }
}

/// Allocations of a `fit` over so many of the 40 batches.
fn allocations_of_fit(model: &mut Sequential, batches: usize, shuffle: Shuffle, is_watched: bool) -> u64 {
    let (x, y) = (numbers(&[160, 20, 8]), numbers(&[160, 1]));
    let mut callback = LambdaCallback::default();
    let callbacks: Vec<&mut dyn Callback> = if is_watched { vec![&mut callback] } else { Vec::new() };
    let sizes = Fit { batch_size: Some(4), steps_per_epoch: Some(batches), ..Fit::default() };
    let fit = Fit { shuffle: Some(shuffle), callbacks, ..sizes };
    let info = measure(|| drop(model.fit(&x, &y, fit).unwrap()));
    info.count_total
}

#[test]
fn a_batch_of_fit_allocates_only_the_logs_that_callbacks_are_told() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let mut model = audio_model();
        model.compile(Compile::new("adam", "mse").metrics(["mae"])).unwrap();
        for shuffle in [Shuffle::Samples, Shuffle::Batch, Shuffle::Off] {
            // A tree of one node with the names `loss` and `mae`.
            for (is_watched, logs) in [(false, 0), (true, 3)] {
                let mut fit = |batches| allocations_of_fit(&mut model, batches, shuffle, is_watched);
                fit(1);
                let (few, many) = (fit(10), fit(40));
                // A shuffle inside of batches makes an order for each batch of the data, whatever their number in an epoch.
                assert_eq!(many - few, 30 * logs, "{shuffle:?}, watched: {is_watched}");
            }
        }
    });
}
