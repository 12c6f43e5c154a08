use ndarray::{Array, ArrayD};

use crate::callbacks::{Callback, Logs, TrainingControl, TrainingPlan};
use crate::error::Result;
use crate::layers::{Dense, Input};
use crate::model::{Compile, Evaluate, Fit, Predict};
use crate::optimizers::{OptimizerOptions, OptimizerValue, Sgd};
use crate::sequential::Sequential;

/// Writes down every call; stops what it is told to.
#[derive(Default)]
struct Recorder {
    told: Vec<String>,
    stop_at: Option<&'static str>,
}

impl Recorder {
    fn tell(&mut self, text: String, control: &mut dyn TrainingControl) -> Result<()> {
        if self.stop_at == Some(text.as_str()) {
            control.stop_evaluating();
            control.stop_predicting();
        }
        self.told.push(text);
        Ok(())
    }
}

impl Callback for Recorder {
    fn on_train_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("train {batch}"), control)
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        c: &mut dyn TrainingControl,
    ) -> Result<()> {
        assert!(logs.contains_key("loss"));
        self.tell(format!("trained {batch}"), c)
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.tell(format!("epoch {epoch} {}", logs.keys().cloned().collect::<Vec<_>>().join(",")), control)
    }

    fn on_test_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("test of {:?} in {:?}", plan.samples, plan.steps), control)
    }

    fn on_test_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("test {batch}"), control)
    }

    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &mut Logs,
        c: &mut dyn TrainingControl,
    ) -> Result<()> {
        assert!(logs.contains_key("loss"));
        self.tell(format!("tested {batch}"), c)
    }

    fn on_test_end(&mut self, logs: &mut Logs, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("test end {}", logs.len()), control)
    }

    fn on_predict_begin(&mut self, plan: &TrainingPlan, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("predict {:?} in {:?}", plan.samples, plan.steps), control)
    }

    fn on_predict_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.tell(format!("predict {batch}"), control)
    }

    fn on_predict_batch_end(
        &mut self,
        batch: usize,
        outputs: &[ArrayD<f32>],
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.tell(format!("predicted {batch} {:?}", outputs[0].shape()), control)
    }

    fn on_predict_end(&mut self, control: &mut dyn TrainingControl) -> Result<()> {
        assert!(control.set_learning_rate(0.1).unwrap_err().is_state(), "a prediction changes no optimizer");
        self.tell("predict end".to_owned(), control)
    }
}

/// Five samples of two features, of which one weight each is right.
fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((5, 2), |(i, j)| (i as f32 - 2.0) / (j + 1) as f32).into_dyn();
    let y = Array::from_shape_fn((5, 1), |(i, _)| i as f32 * 0.5).into_dyn();
    (x, y)
}

fn model(loss_scale_factor: Option<f64>) -> Sequential {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(2)])).unwrap().add(Dense::new(1)).unwrap();
    let options = OptimizerOptions { loss_scale_factor, ..OptimizerOptions::default() };
    let sgd = Sgd { learning_rate: 0.25.into(), options, ..Sgd::default() };
    model.compile(Compile::new(sgd, "mse")).unwrap();
    model
}

#[test]
fn a_validation_is_told_like_an_evaluation() {
    let (x, y) = data();
    let mut recorder = Recorder::default();
    let validation_data = Some((&x, &y).into());
    let fit = Fit { batch_size: Some(3), validation_data, callbacks: vec![&mut recorder], ..Fit::default() };
    model(None).fit(&x, &y, fit).unwrap();
    let expected = [
        "train 0",
        "trained 0",
        "train 1",
        "trained 1",
        "test of Some(5) in Some(2)",
        "test 0",
        "tested 0",
        "test 1",
        "tested 1",
        "test end 1",
        "epoch 0 loss,val_loss",
    ];
    assert_eq!(recorder.told, expected);
}

#[test]
fn evaluations_and_predictions_can_be_ended() {
    let (x, y) = data();
    let mut recorder = Recorder { stop_at: Some("tested 0"), ..Recorder::default() };
    let evaluate = Evaluate { batch_size: Some(2), callbacks: vec![&mut recorder], ..Evaluate::default() };
    model(None).evaluate(&x, &y, evaluate).unwrap();
    assert_eq!(recorder.told, ["test of Some(5) in Some(3)", "test 0", "tested 0", "test end 1"]);

    let mut recorder = Recorder { stop_at: Some("predict 1"), ..Recorder::default() };
    let predict = Predict { batch_size: Some(2), callbacks: vec![&mut recorder], ..Predict::default() };
    let outputs = model(None).predict_all(&x, predict).unwrap();
    assert_eq!(outputs[0].shape(), [4, 1]);
    let expected = [
        "predict Some(5) in Some(3)",
        "predict 0",
        "predicted 0 [2, 1]",
        "predict 1",
        "predicted 1 [2, 1]",
        "predict end",
    ];
    assert_eq!(recorder.told, expected);
}

/// Keeps what one step of SGD did.
#[derive(Default)]
struct Watcher {
    before: Vec<ArrayD<f32>>,
    steps: usize,
    losses: Vec<f64>,
    /// Where the state is taken and put back again.
    rewind_at: Option<usize>,
    state: Vec<OptimizerValue>,
}

impl Callback for Watcher {
    fn on_train_batch_begin(&mut self, batch: usize, control: &mut dyn TrainingControl) -> Result<()> {
        self.before = control.weights();
        if self.rewind_at == Some(batch) {
            self.state = control.optimizer_state()?.into_iter().map(|variable| variable.value).collect();
        }
        // Every other step: gradients are kept for one step only.
        if batch.is_multiple_of(2) { control.keep_gradients() } else { Ok(()) }
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        _logs: &mut Logs,
        control: &mut dyn TrainingControl,
    ) -> Result<()> {
        self.losses.push(control.batch_loss());
        assert_eq!(control.gradients().len(), if batch.is_multiple_of(2) { 2 } else { 0 });
        for ((before, after), gradient) in self.before.iter().zip(control.weights()).zip(control.gradients())
        {
            for ((before, after), gradient) in before.iter().zip(&after).zip(gradient) {
                assert!((before - 0.25 * gradient - after).abs() < 1e-6, "{before} {after} {gradient}");
            }
        }
        if self.rewind_at == Some(batch) {
            control.set_optimizer_state(&self.state)?;
            assert_eq!(control.model().optimizer().unwrap().iterations(), batch as u64);
        }
        self.steps += 1;
        Ok(())
    }
}

#[test]
fn a_callback_sees_gradients_and_the_loss_of_a_batch() {
    let (x, y) = data();
    for scale in [None, Some(64.0)] {
        let mut watcher = Watcher { rewind_at: Some(3), ..Watcher::default() };
        let mut model = model(scale);
        let fit = Fit {
            batch_size: Some(1),
            shuffle: Some(crate::model::Shuffle::Off),
            callbacks: vec![&mut watcher],
            ..Fit::default()
        };
        let history = model.fit(&x, &y, fit).unwrap();
        assert_eq!((watcher.steps, model.optimizer().unwrap().iterations()), (5, 4));
        let mean = watcher.losses.iter().sum::<f64>() / 5.0;
        assert!((history.get("loss")[0] - mean).abs() < 1e-12);
        assert!(watcher.losses[0] != watcher.losses[1]);
    }
}
