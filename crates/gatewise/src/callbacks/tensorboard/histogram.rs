//! Counts of numbers in buckets.

/// The number of buckets, as in `tf.summary.histogram`.
const BUCKETS: usize = 30;

/// Left end, right end and count of each bucket, row-major `[buckets, 3]`, as TensorBoard's histogram plugin has it:
/// buckets of equal width from the least to the largest number; where all are equal the last of buckets without width holds them.
/// Numbers that are not finite are left out; without any number all is zero.
///
/// Source: `tensorboard/plugins/histogram/summary_v2.py`.
pub(super) fn buckets(values: impl Iterator<Item = f32> + Clone) -> Vec<[f64; 3]> {
    let finite = values.filter(|value| value.is_finite()).map(f64::from);
    let ends = finite.clone().fold(None, |ends: Option<(f64, f64)>, value| {
        Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    });
    let Some((low, high)) = ends else { return vec![[0.0; 3]; BUCKETS] };
    if low == high {
        let mut buckets = vec![[low, high, 0.0]; BUCKETS];
        buckets[BUCKETS - 1][2] = finite.count() as f64;
        return buckets;
    }
    let width = (high - low) / BUCKETS as f64;
    let end = |index: usize| if index == BUCKETS { high } else { low + index as f64 * width };
    let mut buckets: Vec<[f64; 3]> = (0..BUCKETS).map(|index| [end(index), end(index + 1), 0.0]).collect();
    for value in finite {
        let index = ((value - low) / width).floor() as usize;
        buckets[index.min(BUCKETS - 1)][2] += 1.0;
    }
    buckets
}
