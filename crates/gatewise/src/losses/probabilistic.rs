//! Distances between distributions.

use super::align::to_one_shape;
use super::function::{EPSILON, plain_loss};
use super::regression::mean_of;
use super::{LossBatch, Losses};
use crate::builder::Builder;
use crate::error::Result;

plain_loss! {
    /// Σ y · ln(y / p) over the last axis, both held between 10⁻⁷ and 1.
    ///
    /// Targets and predictions `[batch, …, classes]`, losses `[batch, …]`. Outside these bounds the derivative is 0.
    /// Source: <https://keras.io/api/losses/probabilistic_losses/#kldivergence-class>.
    KLDivergence, "kl_divergence", kl_divergence
}

fn kl_divergence(b: &Builder, batch: &LossBatch) -> Result<Losses> {
    let (y, p) = to_one_shape(b, batch)?;
    let (y, p) = (b.clip(y, EPSILON, 1.0)?, b.clip(p, EPSILON, 1.0)?);
    Ok(Losses::new(b.sum_last(b.mul(y, b.log(b.div(y, p)?)?)?)?, batch))
}

plain_loss! {
    /// The mean of p − y · ln(p + 10⁻⁷) over the last axis: counts y under a predicted rate p.
    ///
    /// Targets and predictions `[batch, …, last]`, losses `[batch, …]`. A prediction of −10⁻⁷ or less has no loss (NaN),
    /// as in Keras: let the model end in `exponential` or `softplus`.
    /// Source: <https://keras.io/api/losses/probabilistic_losses/#poisson-class>.
    Poisson, "poisson",
    |b, batch| mean_of(b, batch, |y, p| b.sub(p, b.mul(y, b.log(b.shift(p, EPSILON)?)?)?))
}
