//! What a metric gives.

/// The value of a metric: a number, or a vector with a number for each class, output or threshold.
///
/// ```
/// use gatewise::metrics::MetricValue;
///
/// assert_eq!(MetricValue::from(0.5), 0.5);
/// assert_eq!(MetricValue::from(vec![0.5, 1.0]).number(), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum MetricValue {
    /// One number.
    Number(f64),
    /// A number for each class, output or threshold.
    Vector(Vec<f64>),
}

impl MetricValue {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Vector(_) => None,
        }
    }

    /// The numbers, be it one or several.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Self::Number(number) => std::slice::from_ref(number),
            Self::Vector(numbers) => numbers,
        }
    }

    /// The value by the names that it has in logs: `name`, or for a vector `name_0`, `name_1` and so on. (Keras puts the
    /// whole vector under `name`, where no callback can watch it.)
    pub(crate) fn named(&self, name: &str) -> Vec<(String, f64)> {
        match self {
            Self::Number(number) => vec![(name.to_owned(), *number)],
            Self::Vector(numbers) => {
                let named = |(index, number): (usize, &f64)| (format!("{name}_{index}"), *number);
                numbers.iter().enumerate().map(named).collect()
            }
        }
    }
}

impl From<f64> for MetricValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<f64>> for MetricValue {
    fn from(numbers: Vec<f64>) -> Self {
        Self::Vector(numbers)
    }
}

impl PartialEq<f64> for MetricValue {
    fn eq(&self, other: &f64) -> bool {
        self.number() == Some(*other)
    }
}
