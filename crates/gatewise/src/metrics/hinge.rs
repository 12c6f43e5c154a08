//! How far predictions are on the wrong side of a margin.

use super::Direction;
use super::regression::{at_least, mean_of};
use super::wrapper::row_metric;

row_metric! {
    /// The mean of max(1 − y_true · y_pred, 0), for targets −1 and 1. Where all targets of a batch are 0 or 1, 0 is read
    /// as −1.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::Hinge::new()]);
    /// # let _ = compile;
    /// ```
    Hinge, HingeOfRows, "Hinge", "hinge", Some(Direction::Down),
    signs, |y, p| mean_of(y, p, |y, p| at_least(0.0, 1.0 - y * p))
}

row_metric! {
    /// The mean of max(1 − y_true · y_pred, 0)², with targets as for [`Hinge`].
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::SquaredHinge::new()]);
    /// # let _ = compile;
    /// ```
    SquaredHinge, SquaredHingeOfRows, "SquaredHinge", "squared_hinge", Some(Direction::Down),
    signs, |y, p| mean_of(y, p, |y, p| at_least(0.0, 1.0 - y * p).powi(2))
}

row_metric! {
    /// The mean of max(neg − pos + 1, 0), where pos = Σ y_true · y_pred and neg is the largest (1 − y_true) · y_pred of a
    /// row; targets are one-hot.
    ///
    /// ```
    /// let compile = gatewise::Compile::new("adam", "mse").metrics([gatewise::metrics::CategoricalHinge::new()]);
    /// # let _ = compile;
    /// ```
    CategoricalHinge, CategoricalHingeOfRows, "CategoricalHinge", "categorical_hinge", Some(Direction::Down),
    rows, |y, p| {
        let pairs = || y.iter().zip(p).map(|(y, p)| (f64::from(*y), f64::from(*p)));
        let positive: f64 = pairs().map(|(y, p)| y * p).sum();
        let negative = pairs().map(|(y, p)| (1.0 - y) * p).fold(f64::NEG_INFINITY, at_least);
        at_least(0.0, negative - positive + 1.0)
    }
}
