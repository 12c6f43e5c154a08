//! The order in which a single row goes through the weights.

/// The numbers below `count`, from the first to the last or, at every other step if so many weights are more than stay in the near
/// caches of a core, from the last to the first: then a step begins with the weights that the one before it ended with.
#[inline(always)]
pub(crate) fn in_turn(count: usize, step: usize, weights: usize) -> impl Iterator<Item = usize> {
    /// Weights that stay there on any CPU of today: 2 MiB. Where they do, the order that the memory expects is quicker.
    const NEAR: usize = 1 << 19;
    let is_turned = step % 2 == 1 && weights > NEAR;
    (0..count).map(
        #[inline(always)]
        move |number| if is_turned { count - 1 - number } else { number },
    )
}

#[cfg(test)]
mod tests;
