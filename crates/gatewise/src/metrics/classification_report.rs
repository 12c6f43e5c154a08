//! Precision, recall and F1 of each class, for people.

use std::fmt::{self, Display, Formatter};

use super::ConfusionMatrix;
use super::confusion_matrix::count;

/// What a [`ClassificationReport`] says of a class, or of all on average.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassScores {
    /// The name of the class or of the average.
    pub name: String,
    /// The share of the answers of this class that are right; 0 if there is none.
    pub precision: f64,
    /// The share of this class that is recognized; 0 if there is none.
    pub recall: f64,
    /// The harmonic mean of both; 0 if both are.
    pub f1_score: f64,
    /// How often the class was to be answered.
    pub support: f64,
}

/// Precision, recall and F1 of each class and on average. It prints as scikit-learn's `classification_report` does.
///
/// ```
/// use gatewise::metrics::{ClassificationReport, ConfusionMatrix, MetricBatch};
/// use ndarray::array;
///
/// let y_true = array![0.0, 1.0, 1.0].into_dyn();
/// let y_pred = array![[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]].into_dyn();
/// let mut matrix = ConfusionMatrix::new(["cat", "dog"])?;
/// matrix.update(&MetricBatch::new(y_true.view(), y_pred.view()))?;
/// let report = ClassificationReport::of(&matrix);
/// assert_eq!((report.classes[0].precision, report.classes[1].recall), (0.5, 0.5));
/// assert!(report.to_string().contains("cat       0.50      1.00      0.67         1"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationReport {
    /// Each class, in the order of their numbers.
    pub classes: Vec<ClassScores>,
    /// The share of right answers.
    pub accuracy: f64,
    /// The mean of the classes.
    pub macro_average: ClassScores,
    /// The mean of the classes weighted by their support.
    pub weighted_average: ClassScores,
}

impl ClassificationReport {
    /// The report of these answers.
    pub fn of(matrix: &ConfusionMatrix) -> Self {
        let classes: Vec<ClassScores> =
            (0..matrix.labels().len()).map(|class| scores(matrix, class)).collect();
        let support = classes.iter().map(|class| class.support).sum();
        let average = |name: &str, weight: &dyn Fn(&ClassScores) -> f64| {
            let total: f64 = classes.iter().map(weight).sum();
            let mean = |score: &dyn Fn(&ClassScores) -> f64| {
                let sum: f64 = classes.iter().map(|class| weight(class) * score(class)).sum();
                if total == 0.0 { 0.0 } else { sum / total }
            };
            ClassScores {
                name: name.to_owned(),
                precision: mean(&|class| class.precision),
                recall: mean(&|class| class.recall),
                f1_score: mean(&|class| class.f1_score),
                support,
            }
        };
        let macro_average = average("macro avg", &|_| 1.0);
        let weighted_average = average("weighted avg", &|class| class.support);
        Self { macro_average, weighted_average, accuracy: matrix.accuracy(), classes }
    }
}

fn scores(matrix: &ConfusionMatrix, class: usize) -> ClassScores {
    let counts = matrix.of_class(class).expect("the class is one of the matrix");
    let (precision, recall) = (counts.precision(), counts.recall());
    let sum = precision + recall;
    ClassScores {
        name: matrix.labels()[class].clone(),
        precision,
        recall,
        f1_score: if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum },
        support: matrix.counts().row(class).sum(),
    }
}

impl Display for ClassificationReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.classes.iter().map(|class| class.name.chars().count());
        let width = names.max().unwrap_or(0).max("weighted avg".len());
        let line = |f: &mut Formatter<'_>, scores: &ClassScores| {
            let ClassScores { name, precision, recall, f1_score, support } = scores;
            let support = count(*support);
            writeln!(f, "{name:>width$}  {precision:>9.2} {recall:>9.2} {f1_score:>9.2} {support:>9}")
        };
        writeln!(
            f,
            "{:width$}  {:>9} {:>9} {:>9} {:>9}\n",
            "", "precision", "recall", "f1-score", "support"
        )?;
        self.classes.iter().try_for_each(|class| line(f, class))?;
        let support = count(self.macro_average.support);
        writeln!(f, "\n{:>width$}  {:>9} {:>9} {:>9.2} {support:>9}", "accuracy", "", "", self.accuracy)?;
        line(f, &self.macro_average)?;
        line(f, &self.weighted_average)
    }
}

#[cfg(test)]
mod tests;
