use ndarray::{ArrayD, IxDyn, array};

use super::*;
use crate::metrics::MetricBatch;

const TRUE: [f32; 9] = [0.0, 1.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0, 3.0];
const PREDICTED: [usize; 9] = [0, 1, 2, 2, 1, 1, 1, 0, 2];

fn array(shape: &[usize], numbers: &[f32]) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.to_vec()).unwrap()
}

fn predictions() -> ArrayD<f32> {
    ArrayD::from_shape_fn(IxDyn(&[9, 4]), |at| f32::from(u8::from(PREDICTED[at[0]] == at[1])))
}

fn matrix() -> ConfusionMatrix {
    let mut matrix = ConfusionMatrix::new(["cat", "dog", "a much longer name", "none"]).unwrap();
    let (y, p) = (array(&[9], &TRUE), predictions());
    matrix.update(&MetricBatch::new(y.view(), p.view())).unwrap();
    matrix
}

#[test]
fn the_report_is_that_of_scikit_learn() {
    // Printed by scikit-learn's classification_report, with zero_division=0.
    let expected = "                    precision    recall  f1-score   support

               cat       1.00      0.67      0.80         3
               dog       0.50      1.00      0.67         2
a much longer name       0.67      0.67      0.67         3
              none       0.00      0.00      0.00         1

          accuracy                           0.67         9
         macro avg       0.54      0.58      0.53         9
      weighted avg       0.67      0.67      0.64         9
";
    assert_eq!(ClassificationReport::of(&matrix()).to_string(), expected);
}

#[test]
fn averages_weigh_classes_alike_or_by_their_support() {
    let report = ClassificationReport::of(&matrix());
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} and {b}");
    close(report.macro_average.precision, (1.0 + 0.5 + 2.0 / 3.0) / 4.0);
    close(report.weighted_average.precision, (3.0 + 2.0 * 0.5 + 3.0 * 2.0 / 3.0) / 9.0);
    // By support, recalls give the share of right answers.
    close(report.weighted_average.recall, report.accuracy);
    close(report.accuracy, 6.0 / 9.0);
}

#[test]
fn the_matrix_prints_true_classes_as_rows() {
    let expected =
        array![[2.0, 1.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    assert_eq!(matrix().counts(), expected);
    let text = "                    predicted
true                cat  dog  a much longer name  none
cat                   2    1                   0     0
dog                   0    2                   0     0
a much longer name    0    1                   2     0
none                  0    0                   1     0
";
    assert_eq!(matrix().to_string(), text);
}

#[test]
fn names_with_commas_are_quoted_in_csv() {
    let matrix = ConfusionMatrix::new(["a, b", "say \"c\""]).unwrap();
    let csv = "true\\predicted,\"a, b\",\"say \"\"c\"\"\"\n\"a, b\",0,0\n\"say \"\"c\"\"\",0,0\n";
    assert_eq!(matrix.to_csv(), csv);
    assert_eq!((matrix.accuracy(), ClassificationReport::of(&matrix).macro_average.f1_score), (0.0, 0.0));
}

#[test]
fn targets_may_be_one_hot_or_binary() {
    let mut one_hot = matrix();
    let y = ArrayD::from_shape_fn(IxDyn(&[9, 4]), |at| f32::from(u8::from(TRUE[at[0]] == at[1] as f32)));
    one_hot.update(&MetricBatch::new(y.view(), predictions().view())).unwrap();
    assert_eq!(one_hot.counts(), matrix().counts() * 2.0);
    let mut binary = ConfusionMatrix::with_classes(2).unwrap();
    let (y, p) = (array(&[3], &[0.0, 1.0, 1.0]), array(&[3, 1], &[0.5, 0.6, 0.1]));
    binary.update(&MetricBatch::new(y.view(), p.view())).unwrap();
    assert_eq!(binary.counts(), array![[1.0, 0.0], [1.0, 1.0]]);
}

#[test]
fn masked_steps_do_not_count_and_weights_do() {
    let mut matrix = ConfusionMatrix::with_classes(2).unwrap();
    let (y, p) = (array(&[1, 3], &[0.0, 1.0, -1.0]), array(&[1, 3, 2], &[0.9, 0.1, 0.1, 0.9, 0.9, 0.1]));
    let (mask, weights) = (array(&[1, 3], &[1.0, 1.0, 0.0]), array(&[1, 3], &[0.5, 2.0, 1.0]));
    let batch = MetricBatch::new(y.view(), p.view()).mask(mask.view()).sample_weight(weights.view());
    matrix.update(&batch).unwrap();
    assert_eq!(matrix.counts(), array![[0.5, 0.0], [0.0, 2.0]]);
    assert!(matrix.to_string().contains("0.50"), "{matrix}");
}

#[test]
fn mistakes_leave_the_matrix_as_it_was() {
    let mut matrix = matrix();
    let before = matrix.clone();
    let (y, p) = (array(&[2], &[0.0, 4.0]), array(&[2, 4], &[0.0; 8]));
    let text = matrix.update(&MetricBatch::new(y.view(), p.view())).unwrap_err().to_string();
    assert_eq!(
        text,
        "confusion matrix: expected class numbers from 0 to 3, as there are predictions for, got 4"
    );
    let p = array(&[2, 3], &[0.0; 6]);
    let text = matrix.update(&MetricBatch::new(y.view(), p.view())).unwrap_err().to_string();
    assert_eq!(text, "confusion matrix: expected predictions [batch, …, 4], got [2, 3]");
    assert_eq!(matrix, before);
    let text = ConfusionMatrix::with_classes(1).unwrap_err().to_string();
    assert_eq!(text, "confusion matrix: expected at least 2 classes, got 1");
    assert_eq!(
        matrix.of_class(4).unwrap_err().to_string(),
        "confusion matrix: expected a class from 0 to 3, got 4"
    );
}
