use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ndarray::Array2;

use super::*;

/// Gives batches that hold their number, counts those it has made, and fails at one of them.
struct Counting {
    made: Arc<AtomicUsize>,
    next: usize,
    len: usize,
    fail_at: Option<usize>,
    panic_at: Option<usize>,
}

impl Dataset for Counting {
    fn start(&mut self, pass: usize) -> Result<()> {
        self.next = 100 * pass;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>> {
        let number = self.next % 100;
        if number == self.len {
            return Ok(None);
        }
        if self.fail_at == Some(number) {
            return Err(Error::data("counting", "the batch is bad"));
        }
        assert_ne!(self.panic_at, Some(number), "the thread panics here");
        self.next += 1;
        self.made.fetch_add(1, Ordering::SeqCst);
        Ok(Some(Batch::of_inputs(Array2::from_elem((1, 1), (self.next - 1) as f32))))
    }
}

fn counting(len: usize) -> Counting {
    Counting { made: Arc::default(), next: 0, len, fail_at: None, panic_at: None }
}

fn numbers(dataset: &mut ReadAhead<Counting>) -> Vec<f32> {
    let mut numbers = Vec::new();
    while let Some(batch) = dataset.next_batch().unwrap() {
        numbers.push(batch.x.arrays().next().unwrap()[[0, 0]]);
    }
    numbers
}

/// Waits until the thread has made so many batches.
fn wait_for(made: &AtomicUsize, count: usize) {
    let start = Instant::now();
    while made.load(Ordering::SeqCst) < count {
        assert!(start.elapsed() < Duration::from_secs(20), "the thread does not read");
        thread::yield_now();
    }
}

#[test]
fn batches_come_in_order_pass_after_pass() {
    let mut dataset = ReadAhead::new(counting(3), 2);
    for pass in [0, 1, 5] {
        dataset.start(pass).unwrap();
        let first = 100.0 * pass as f32;
        assert_eq!(numbers(&mut dataset), [first, first + 1.0, first + 2.0]);
        assert!(dataset.next_batch().unwrap().is_none());
    }
}

#[test]
fn no_more_is_read_than_may_wait() {
    let source = counting(50);
    let made = Arc::clone(&source.made);
    let mut dataset = ReadAhead::new(source, 3);
    dataset.start(0).unwrap();
    // Three wait, and one more is made before the thread has to wait itself.
    wait_for(&made, 4);
    thread::sleep(Duration::from_millis(20));
    assert_eq!(made.load(Ordering::SeqCst), 4);
    dataset.next_batch().unwrap();
    wait_for(&made, 5);
}

#[test]
fn a_pass_that_is_broken_off_ends_its_thread() {
    let source = counting(50);
    let alive = Arc::clone(&source.made);
    let mut dataset = ReadAhead::new(source, 1);
    dataset.start(0).unwrap();
    dataset.next_batch().unwrap();
    dataset.start(1).unwrap();
    assert_eq!(numbers(&mut dataset).len(), 50);
    dataset.start(2).unwrap();
    drop(dataset);
    // The thread owned the source, so one handle left means that it has ended.
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn an_error_of_the_thread_is_reported_and_ends_the_pass() {
    let mut dataset = ReadAhead::new(Counting { fail_at: Some(2), ..counting(5) }, 4);
    dataset.start(0).unwrap();
    assert!(dataset.next_batch().unwrap().is_some());
    assert!(dataset.next_batch().unwrap().is_some());
    assert_eq!(dataset.next_batch().unwrap_err().to_string(), "counting: the batch is bad");
    assert!(dataset.next_batch().unwrap().is_none());
    dataset.start(1).unwrap();
    assert!(dataset.next_batch().unwrap().is_some());
}

#[test]
fn a_panic_of_the_thread_becomes_an_error() {
    let mut dataset = ReadAhead::new(Counting { panic_at: Some(1), ..counting(5) }, 4);
    dataset.start(0).unwrap();
    assert!(dataset.next_batch().unwrap().is_some());
    assert_eq!(
        dataset.next_batch().unwrap_err().to_string(),
        "dataset: the thread that reads ahead has panicked"
    );
    assert!(dataset.start(0).unwrap_err().is_state());
}
