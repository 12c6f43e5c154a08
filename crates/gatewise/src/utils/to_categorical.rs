//! Class numbers as one-hot rows.

use ndarray::{ArrayD, IxDyn};

use super::ArrayLike;
use crate::error::{Error, Result};

/// One-hot rows `[…, num_classes]` of class numbers `[…]` from 0 to `num_classes − 1`, as Keras's `to_categorical`; an axis of
/// size 1 at the end of the class numbers is dropped. Without `num_classes` there are as many classes as the largest
/// number needs.
///
/// Source: <https://keras.io/api/utils/python_utils/#tocategorical-function>.
///
/// ```
/// use gatewise::utils::to_categorical;
///
/// let rows = to_categorical(&[1, 0, 2], None)?;
/// assert_eq!(rows, ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]].into_dyn());
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// If there is no number, or one is negative, has a fraction, or is not below `num_classes`. Keras counts a negative number
/// from the last class and drops a fraction.
pub fn to_categorical(
    x: &(impl ArrayLike + ?Sized),
    num_classes: impl Into<Option<usize>>,
) -> Result<ArrayD<f32>> {
    const SUBJECT: &str = "to_categorical";
    let x = x.to_array()?;
    let num_classes = num_classes.into();
    if x.is_empty() {
        return Err(Error::data(SUBJECT, "expected at least one class number, got none"));
    }
    if num_classes == Some(0) {
        return Err(Error::argument(SUBJECT, "`num_classes` must be at least 1, got 0"));
    }
    let wrong = |number: f32| match num_classes {
        Some(classes) => format!("expected whole numbers from 0 to {}, got {number}", classes - 1),
        None => format!("expected whole numbers of at least 0, got {number}"),
    };
    let mut classes = Vec::with_capacity(x.len());
    for number in &x {
        let is_class = *number >= 0.0 && number.fract() == 0.0 && number.is_finite();
        let class = *number as usize;
        if !is_class || num_classes.is_some_and(|classes| class >= classes) {
            return Err(Error::data(SUBJECT, wrong(*number)));
        }
        classes.push(class);
    }
    let num_classes = num_classes.unwrap_or_else(|| classes.iter().max().map_or(0, |largest| largest + 1));
    let mut shape = x.shape().to_vec();
    if shape.len() > 1 && shape.last() == Some(&1) {
        shape.pop();
    }
    shape.push(num_classes);
    let mut rows = vec![0.0; classes.len() * num_classes];
    classes.iter().enumerate().for_each(|(row, class)| rows[row * num_classes + class] = 1.0);
    Ok(ArrayD::from_shape_vec(IxDyn(&shape), rows).expect("a row for every class number"))
}
