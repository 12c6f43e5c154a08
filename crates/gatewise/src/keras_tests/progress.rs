//! The lines of the progress bar against those of real Keras, with the same clock.

use std::cell::Cell;

use serde_json::Value as Json;

use super::common::read_cases;
use crate::callbacks::{Callback, Logs, ProgbarLogger, TrainingControl, TrainingPlan};
use crate::error::Result;
use crate::layers::{Dense, Input};
use crate::model::{Evaluate, Predict};
use crate::sequential::Sequential;
use crate::{Compile, ndarray};

/// Python's `repr` of a float, which in JSON could not be NaN.
fn number(json: &Json) -> f64 {
    json.as_str().expect("a text").parse().expect("a number")
}

fn logs(call: &Json) -> Logs {
    let logs = call["logs"].as_object().expect("a table");
    logs.iter().map(|(key, value)| (key.clone(), number(value))).collect()
}

/// Makes the calls of a case to a logger.
struct Player<'a, 'b> {
    case: &'a Json,
    clock: &'a Cell<f64>,
    logger: &'a mut ProgbarLogger<'b>,
}

impl Player<'_, '_> {
    fn play(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        let count = |json: &Json| json.as_u64().map(|count| count as usize);
        let plan = TrainingPlan {
            epochs: count(&self.case["epochs"]).expect("a count"),
            steps: count(&self.case["steps"]),
            ..TrainingPlan::default()
        };
        let calls = self.case["calls"].as_array().expect("a list");
        let hook = |call: &Json| call["hook"].as_str().expect("a name").to_owned();
        if calls.iter().any(|call| hook(call) == "epoch_begin") {
            self.logger.on_train_begin(&plan, control)?;
        }
        for call in calls {
            self.clock.set(call["time"].as_f64().expect("a time"));
            let (index, mut logs) = (count(&call["index"]).unwrap_or(0), logs(call));
            let logger = &mut *self.logger;
            match hook(call).as_str() {
                "train_begin" => Ok(()),
                "epoch_begin" => logger.on_epoch_begin(index, control),
                "train_batch_end" => logger.on_train_batch_end(index, &mut logs, control),
                "epoch_end" => logger.on_epoch_end(index, &mut logs, control),
                "test_begin" => logger.on_test_begin(&plan, control),
                "test_batch_end" => logger.on_test_batch_end(index, &mut logs, control),
                "test_end" => logger.on_test_end(&mut logs, control),
                "predict_begin" => logger.on_predict_begin(&plan, control),
                "predict_batch_end" => logger.on_predict_batch_end(index, &[], control),
                "predict_end" => logger.on_predict_end(control),
                other => panic!("no such hook: {other}"),
            }?;
        }
        Ok(())
    }
}

/// A callback that plays a case when a prediction begins, which is a way to a control.
impl Callback for Player<'_, '_> {
    fn on_predict_begin(&mut self, _plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.play(control)
    }
}

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(1)])).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    model
}

#[test]
fn lines_on_a_terminal_are_kerass_letter_by_letter() {
    let cases = read_cases("progress");
    assert_eq!(cases.len(), 13);
    for case in &cases {
        let mut text = Vec::new();
        let clock = Cell::new(0.0);
        let mut logger = ProgbarLogger::terminal(&mut text)
            .verbose(case["verbose"].as_u64().expect("a number") as u8)
            .clock(|| clock.get());
        let mut player = Player { case, clock: &clock, logger: &mut logger };
        let x = ndarray::ArrayD::zeros(vec![1, 1]);
        model().predict_all(&x, Predict { callbacks: vec![&mut player], ..Predict::default() }).unwrap();
        drop(logger);
        assert_eq!(String::from_utf8(text).unwrap(), case["text"].as_str().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn evaluations_and_predictions_have_lines_too() {
    let x = ndarray::ArrayD::zeros(vec![5, 1]);
    let mut text = Vec::new();
    let mut logger = ProgbarLogger::new(&mut text).clock(|| 0.0);
    let evaluate = Evaluate { batch_size: Some(2), callbacks: vec![&mut logger], ..Evaluate::default() };
    model().evaluate(&x, &x, evaluate).unwrap();
    let predict = Predict { batch_size: Some(3), callbacks: vec![&mut logger], ..Predict::default() };
    model().predict_all(&x, predict).unwrap();
    drop(logger);
    let bar = "━━━━━━━━━━━━━━━━━━━━";
    let expected = format!("3/3 {bar} 0s 0s/step - loss: 0.0000e+00\n2/2 {bar} 0s 0s/step\n");
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}

#[test]
fn an_unknown_verbosity_and_a_full_disk_are_errors() {
    let x = ndarray::ArrayD::zeros(vec![5, 1]);
    let evaluate = |logger: &mut ProgbarLogger<'_>| {
        let evaluate = Evaluate { callbacks: vec![logger], ..Evaluate::default() };
        model().evaluate(&x, &x, evaluate).unwrap_err()
    };
    let error = evaluate(&mut ProgbarLogger::new(Vec::new()).verbose(3));
    assert_eq!(error.to_string(), "ProgbarLogger: `verbose` must be 0, 1 or 2, got 3");
    let mut no_room = [0_u8; 10];
    assert!(evaluate(&mut ProgbarLogger::new(&mut no_room[..])).is_io());
}
