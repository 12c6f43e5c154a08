//! What a dataset gives at a time.

use ndarray::{Array, ArrayD, Dimension};

use crate::error::Result;
use crate::model::places;

/// Inputs, perhaps targets and perhaps weights of some samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The inputs, `[samples, …]` each.
    pub x: OwnedArrays,
    /// The targets, `[samples, …]` each; none for predictions.
    pub y: OwnedArrays,
    /// None, or weights `[samples]` or `[samples, time]`: one array for all outputs or one for each.
    pub sample_weight: OwnedArrays,
}

impl Batch {
    /// Inputs and targets.
    pub fn new(x: impl Into<OwnedArrays>, y: impl Into<OwnedArrays>) -> Self {
        Self { x: x.into(), y: y.into(), sample_weight: OwnedArrays::default() }
    }

    /// Inputs alone, for predictions.
    pub fn of_inputs(x: impl Into<OwnedArrays>) -> Self {
        Self { x: x.into(), ..Self::default() }
    }

    /// The same with weights `[samples]` or `[samples, time]`.
    pub fn sample_weight(mut self, weights: impl Into<OwnedArrays>) -> Self {
        self.sample_weight = weights.into();
        self
    }
}

/// One array, several in the order of the model's inputs or outputs, or several by their names.
///
/// ```
/// use gatewise::data::OwnedArrays;
/// use ndarray::{Array2, ArrayD};
///
/// let one = OwnedArrays::from(Array2::<f32>::zeros((4, 2)));
/// let in_order = OwnedArrays::from(vec![ArrayD::zeros(vec![4, 2]), ArrayD::zeros(vec![4, 3])]);
/// let by_name = OwnedArrays::from([("tokens", ArrayD::zeros(vec![4, 2])), ("features", ArrayD::zeros(vec![4, 3]))]);
/// assert_eq!([one.len(), in_order.len(), by_name.len()], [1, 2, 2]);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnedArrays(Vec<(Option<String>, ArrayD<f32>)>);

impl OwnedArrays {
    /// The number of arrays.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The arrays as they were given.
    pub fn arrays(&self) -> impl Iterator<Item = &ArrayD<f32>> {
        self.0.iter().map(|(_, array)| array)
    }

    /// The arrays in the order of these names.
    ///
    /// # Errors
    /// If their number differs, or a name is unknown, missing or given twice.
    pub(crate) fn in_order(self, subject: &str, names: &[String]) -> Result<Vec<ArrayD<f32>>> {
        let labels: Vec<Option<&str>> = self.0.iter().map(|(name, _)| name.as_deref()).collect();
        let places = places(&labels, subject, names)?;
        let mut arrays: Vec<ArrayD<f32>> = self.0.into_iter().map(|(_, array)| array).collect();
        Ok(places.into_iter().map(|place| std::mem::take(&mut arrays[place])).collect())
    }
}

impl<D: Dimension> From<Array<f32, D>> for OwnedArrays {
    fn from(array: Array<f32, D>) -> Self {
        Self(vec![(None, array.into_dyn())])
    }
}

impl From<Vec<ArrayD<f32>>> for OwnedArrays {
    fn from(arrays: Vec<ArrayD<f32>>) -> Self {
        Self(arrays.into_iter().map(|array| (None, array)).collect())
    }
}

impl<const N: usize> From<[(&str, ArrayD<f32>); N]> for OwnedArrays {
    fn from(arrays: [(&str, ArrayD<f32>); N]) -> Self {
        Self(arrays.into_iter().map(|(name, array)| (Some(name.to_owned()), array)).collect())
    }
}
