//! Whether a series is forecast in logarithms: when its spread grows with its level.

#[cfg(test)]
mod tests;

/// Blocks that the test needs.
const FEWEST_BLOCKS: usize = 4;
/// Shortest block, in steps.
const SHORTEST_BLOCK: usize = 8;
/// From this slope on the spread is taken to grow in proportion: halfway between 0 (not at all) and 1 (fully).
const LEAST_SLOPE: f64 = 0.5;
/// The line has to explain this correlation of spread and level.
const LEAST_CORRELATION: f64 = 0.5;

/// Whether the spread of `values` grows with their level, so that their logarithm has an even spread.
///
/// The values are cut into blocks of a season (`block` steps); the logarithm of the standard deviation in
/// each is regressed on that of the mean. Source: V. M. Guerrero, *Time-series analysis supported by power
/// transformations*, 1993, with the power restricted to 0 and 1.
pub(super) fn spread_grows_with_level(values: &[f64], block: usize) -> bool {
    let block = block.max(SHORTEST_BLOCK);
    if values.len() / block < FEWEST_BLOCKS || values.iter().any(|value| *value <= 0.0) {
        return false;
    }
    let points: Vec<(f64, f64)> = values.rchunks_exact(block).filter_map(level_and_spread).collect();
    let (slope, correlation) = line(&points);
    points.len() >= FEWEST_BLOCKS && slope >= LEAST_SLOPE && correlation >= LEAST_CORRELATION
}

/// Logarithms of mean and standard deviation; `None` for a constant block.
fn level_and_spread(block: &[f64]) -> Option<(f64, f64)> {
    let count = block.len() as f64;
    let mean = block.iter().sum::<f64>() / count;
    let variance = block.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (variance > 0.0).then(|| (libm::log(mean), 0.5 * libm::log(variance)))
}

/// Slope and correlation of a least-squares line; zeros where the points have no width.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let sum = |product: fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|point| product(point.0 - mean_x, point.1 - mean_y)).sum()
    };
    let (xx, xy, yy) = (sum(|x, _| x * x), sum(|x, y| x * y), sum(|_, y| y * y));
    if xx > 0.0 && yy > 0.0 { (xy / xx, xy / libm::sqrt(xx * yy)) } else { (0.0, 0.0) }
}
