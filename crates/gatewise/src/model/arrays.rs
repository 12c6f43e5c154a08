//! The arrays that a model is given: one, or several in order or by name.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::error::{Error, Result};
use crate::few::Few;

/// One array, several in the order of the model's inputs or outputs, or several by their names.
///
/// ```
/// use gatewise::Arrays;
/// use ndarray::ArrayD;
///
/// let (a, b) = (ArrayD::<f32>::zeros(vec![4, 2]), ArrayD::zeros(vec![4, 3]));
/// let one = Arrays::from(&a);
/// let in_order = Arrays::from([&a, &b]);
/// let by_name = Arrays::from([("tokens", &a), ("features", &b)]);
/// # let _ = (one, in_order, by_name);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Arrays<'a>(Few<(Option<String>, &'a ArrayD<f32>)>);

impl<'a> Arrays<'a> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of arrays.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The arrays in the order of these names.
    ///
    /// # Errors
    /// If their number differs, or a name is unknown, missing or given twice.
    pub(super) fn in_order(&self, subject: &str, names: &[String]) -> Result<Few<&'a ArrayD<f32>>> {
        let labels: Few<Option<&str>> = self.0.iter().map(|(name, _)| name.as_deref()).collect();
        Ok(places(&labels, subject, names)?.into_iter().map(|place| self.0[place].1).collect())
    }
}

/// Where the array for each of `names` is among arrays with these labels.
///
/// # Errors
/// If their number differs, or a name is unknown, missing or given twice.
pub(crate) fn places(labels: &[Option<&str>], subject: &str, names: &[String]) -> Result<Few<usize>> {
    if labels.iter().all(Option::is_none) {
        if labels.len() != names.len() {
            let text =
                format!("expected {} arrays ({}), got {}", names.len(), names.join(", "), labels.len());
            return Err(Error::argument(subject, text));
        }
        return Ok((0..labels.len()).collect());
    }
    for (index, label) in labels.iter().enumerate() {
        let name = label.unwrap_or_default();
        let is_twice = labels[..index].contains(&Some(name));
        if is_twice || !names.iter().any(|known| known == name) {
            let what = if is_twice { "is given twice" } else { "is unknown" };
            let text = format!("the name \"{name}\" {what}, expected are: {}", names.join(", "));
            return Err(Error::argument(subject, text));
        }
    }
    let find = |name: &String| {
        let found = labels.iter().position(|label| *label == Some(name));
        found.ok_or_else(|| Error::argument(subject, format!("there is no array for \"{name}\"")))
    };
    names.iter().map(find).collect()
}

/// Arrays with and without names, as a program has them that was given either.
impl<'a> FromIterator<(Option<String>, &'a ArrayD<f32>)> for Arrays<'a> {
    fn from_iter<I: IntoIterator<Item = (Option<String>, &'a ArrayD<f32>)>>(arrays: I) -> Self {
        Self(arrays.into_iter().collect())
    }
}

impl<'a> From<&'a ArrayD<f32>> for Arrays<'a> {
    fn from(array: &'a ArrayD<f32>) -> Self {
        Self(Few::One((None, array)))
    }
}

impl<'a> From<Option<&'a ArrayD<f32>>> for Arrays<'a> {
    fn from(array: Option<&'a ArrayD<f32>>) -> Self {
        Self(array.into_iter().map(|array| (None, array)).collect())
    }
}

impl<'a, const N: usize> From<[&'a ArrayD<f32>; N]> for Arrays<'a> {
    fn from(arrays: [&'a ArrayD<f32>; N]) -> Self {
        Self(arrays.into_iter().map(|array| (None, array)).collect())
    }
}

impl<'a, const N: usize> From<[(&str, &'a ArrayD<f32>); N]> for Arrays<'a> {
    fn from(arrays: [(&str, &'a ArrayD<f32>); N]) -> Self {
        Self(arrays.into_iter().map(|(name, array)| (Some(name.to_owned()), array)).collect())
    }
}

impl<'a> From<Vec<&'a ArrayD<f32>>> for Arrays<'a> {
    fn from(arrays: Vec<&'a ArrayD<f32>>) -> Self {
        Self(arrays.into_iter().map(|array| (None, array)).collect())
    }
}

impl<'a> From<&'a [ArrayD<f32>]> for Arrays<'a> {
    fn from(arrays: &'a [ArrayD<f32>]) -> Self {
        Self(arrays.iter().map(|array| (None, array)).collect())
    }
}

impl<'a> From<&'a Vec<ArrayD<f32>>> for Arrays<'a> {
    fn from(arrays: &'a Vec<ArrayD<f32>>) -> Self {
        arrays.as_slice().into()
    }
}

impl<'a> From<&'a BTreeMap<String, ArrayD<f32>>> for Arrays<'a> {
    fn from(arrays: &'a BTreeMap<String, ArrayD<f32>>) -> Self {
        Self(arrays.iter().map(|(name, array)| (Some(name.clone()), array)).collect())
    }
}
