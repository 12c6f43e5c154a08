use ndarray::{ArrayD, IxDyn};
use serde_json::json;

use super::*;
use crate::metrics::{Average, F1Score, FBetaScore, MetricArgument, R2Score, deserialize};

fn array(shape: &[usize], numbers: &[f32]) -> ArrayD<f32> {
    ArrayD::from_shape_vec(IxDyn(shape), numbers.to_vec()).unwrap()
}

fn update(metric: &mut dyn Metric, y: &ArrayD<f32>, p: &ArrayD<f32>) -> Result<()> {
    metric.update_state(&MetricBatch::new(y.view(), p.view()))
}

/// What four answers count as, at 0.5.
#[test]
fn each_answer_is_counted_once() {
    let (y, p) = (array(&[4], &[1.0, 1.0, 0.0, 0.0]), array(&[4], &[0.9, 0.1, 0.8, 0.5]));
    let metrics: [Box<dyn Metric>; 4] = [
        Box::new(TruePositives::new()),
        Box::new(FalseNegatives::new()),
        Box::new(FalsePositives::new()),
        Box::new(TrueNegatives::new()),
    ];
    for mut metric in metrics {
        update(&mut *metric, &y, &p).unwrap();
        assert_eq!(metric.result(), 1.0, "{}: a prediction of exactly the threshold is a no", metric.name());
    }
}

#[test]
fn thresholds_may_come_in_any_order() {
    let (y, p) = (array(&[4], &[1.0, 1.0, 1.0, 0.0]), array(&[4], &[0.9, 0.6, 0.2, 0.8]));
    let mut recall = Recall::new().thresholds([0.7, 0.1, 0.5]);
    assert_eq!(recall.result().as_slice(), [0.0; 3]);
    update(&mut recall, &y, &p).unwrap();
    assert_eq!(recall.result().as_slice(), [1.0 / 3.0, 1.0, 2.0 / 3.0]);
}

#[test]
fn of_equal_predictions_the_first_are_among_the_largest() {
    let (y, p) = (array(&[1, 3], &[0.0, 1.0, 1.0]), array(&[1, 3], &[0.4, 0.4, 0.4]));
    let mut precision = Precision::new().top_k(2);
    update(&mut precision, &y, &p).unwrap();
    assert_eq!(precision.result(), 0.5);
}

#[test]
fn nothing_divides_by_zero() {
    let (y, p) = (array(&[2], &[0.0, 0.0]), array(&[2], &[0.1, 0.2]));
    let metrics: [Box<dyn Metric>; 4] = [
        Box::new(Precision::new()),
        Box::new(Recall::new()),
        Box::new(Auc::new()),
        Box::new(RecallAtPrecision::new(0.5)),
    ];
    for mut metric in metrics {
        assert_eq!(metric.result(), 0.0, "{} before the first batch", metric.name());
        update(&mut *metric, &y, &p).unwrap();
        assert_eq!(metric.result(), 0.0, "{}", metric.name());
    }
}

#[test]
fn a_reset_allows_another_number_of_labels() {
    let mut auc = Auc::new().multi_label(true);
    update(&mut auc, &array(&[1, 2], &[1.0, 0.0]), &array(&[1, 2], &[0.5, 0.5])).unwrap();
    let three = array(&[1, 3], &[0.5; 3]);
    let text = update(&mut auc, &three, &three).unwrap_err().to_string();
    assert_eq!(text, "auc: expected predictions [batch, 2], as before, got 3 labels");
    auc.reset_state();
    update(&mut auc, &three, &three).unwrap();
}

mod mistakes {
    use super::*;

    fn compiling(metric: impl Into<MetricArgument>) -> String {
        metric.into().resolve().unwrap_err().to_string()
    }

    fn updating(mut metric: impl Metric, shape: &[usize]) -> String {
        let zeros = ArrayD::zeros(IxDyn(shape));
        update(&mut metric, &zeros, &zeros).unwrap_err().to_string()
    }

    #[test]
    fn arguments_outside_their_range_are_reported() {
        assert_eq!(
            compiling(Precision::new().thresholds([0.5, 1.5])),
            "precision: `thresholds` must be between 0 and 1, got 1.5"
        );
        assert_eq!(
            compiling(Recall::new().thresholds(Vec::new())),
            "recall: `thresholds` must hold at least one number"
        );
        assert_eq!(compiling(Recall::new().top_k(0)), "recall: `top_k` must be at least 1, got 0");
        assert_eq!(
            compiling(SensitivityAtSpecificity::new(-0.1)),
            "sensitivity_at_specificity: `specificity` must be between 0 and 1, got -0.1"
        );
        assert_eq!(
            compiling(PrecisionAtRecall::new(0.5).num_thresholds(0)),
            "precision_at_recall: `num_thresholds` must be at least 1, got 0"
        );
        assert_eq!(
            compiling(Auc::new().num_thresholds(1)),
            "auc: `num_thresholds` must be at least 2, got 1"
        );
        assert_eq!(compiling(Auc::new().num_labels(3)), "auc: `num_labels` is only for `multi_label`");
        assert_eq!(compiling(FBetaScore::new().beta(0.0)), "fbeta_score: `beta` must be above 0, got 0");
        assert_eq!(
            compiling(F1Score::new().threshold(0.0).average(Average::Micro)),
            "f1_score: `threshold` must be above 0 and at most 1, got 0"
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_reported() {
        assert_eq!(
            updating(Precision::new().class_id(3), &[2, 3]),
            "precision: `class_id` 3 needs predictions with a number for each class, got [2, 3]"
        );
        assert_eq!(
            updating(Precision::new().top_k(4), &[2, 3]),
            "precision: `top_k` 4 needs as many classes, got predictions [2, 3]"
        );
        assert_eq!(
            updating(Auc::new().label_weights([1.0, 2.0]), &[2, 3]),
            "auc: expected 3 `label_weights` for predictions [2, 3], got 2"
        );
        assert_eq!(
            updating(Auc::new().multi_label(true).num_labels(2), &[2, 3]),
            "auc: `multi_label` expects predictions [batch, 2], got [2, 3]"
        );
        assert_eq!(
            updating(F1Score::new(), &[2, 3, 1]),
            "f1_score: expected targets and predictions [batch, outputs], got [2, 3, 1] and [2, 3, 1]"
        );
        assert_eq!(
            updating(R2Score::new(), &[2]),
            "r2_score: expected targets and predictions [batch, outputs], got [2] and [2]"
        );
    }

    #[test]
    fn configurations_that_make_no_sense_are_reported() {
        let made = |class: &str, config: Value| {
            deserialize(&json!({"class_name": class, "config": config})).unwrap_err().to_string()
        };
        assert_eq!(
            made("SensitivityAtSpecificity", json!({})),
            "SensitivityAtSpecificity: missing field `specificity`"
        );
        assert_eq!(
            made("AUC", json!({"curve": "RUC"})),
            "AUC: unknown variant `RUC`, expected one of `ROC`, `roc`, `PR`, `pr`, `PRGAIN`, `prgain`"
        );
        assert_eq!(
            made("F1Score", json!({"beta": 1.0})),
            "F1Score: there is no argument `beta`; use FBetaScore"
        );
        assert_eq!(
            made("F1Score", json!({"average": "mean"})),
            "F1Score: unknown variant `mean`, expected one of `micro`, `macro`, `weighted`"
        );
        assert_eq!(
            made("R2Score", json!({"num_regressors": -1})),
            "R2Score: invalid value: integer `-1`, expected usize"
        );
    }
}
