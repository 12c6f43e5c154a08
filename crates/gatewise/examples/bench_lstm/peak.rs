//! What this machine can do at most: multiply-adds in registers, on all threads.

use std::time::Instant;

use gatewise_kernels::peak;

/// Operations, counted two to a multiply-add, of one thread in one repeat; some 30 ms.
pub const FLOPS_OF_A_THREAD: u64 = 3 << 30;

/// Seconds of each of so many repeats, by the thread that took longest.
pub fn seconds(threads: usize, count: usize) -> Vec<f64> {
    (0..count).map(|_| once(threads)).collect()
}

fn once(threads: usize) -> f64 {
    std::thread::scope(|scope| {
        let one = || {
            let start = Instant::now();
            std::hint::black_box(peak::multiply_adds(FLOPS_OF_A_THREAD));
            start.elapsed().as_secs_f64()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|thread| thread.join().expect("it only computes")).fold(0.0, f64::max)
    })
}
