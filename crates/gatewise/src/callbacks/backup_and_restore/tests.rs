use ndarray::{Array, ArrayD};

use super::*;
use crate::callbacks::LambdaCallback;
use crate::layers::{Dense, Dropout, Input};
use crate::model::{Compile, Fit};
use crate::sequential::Sequential;

fn model(optimizer: &str) -> Sequential {
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([Some(2)])).unwrap();
    model.add(Dense::new(4)).unwrap().add(Dropout::new(0.4)).unwrap().add(Dense::new(1)).unwrap();
    model.compile(Compile::new(optimizer, "mse")).unwrap();
    model
}

fn data() -> (ArrayD<f32>, ArrayD<f32>) {
    let x = Array::from_shape_fn((12, 2), |(i, j)| ((i * 5 + j * 3) % 11) as f32 / 11.0).into_dyn();
    let y = Array::from_shape_fn((12, 1), |(i, _)| (i % 3) as f32).into_dyn();
    (x, y)
}

/// Trains for six epochs; returns the losses of those that were run, or the error.
fn train(
    model: &mut Sequential,
    backup: &mut BackupAndRestore,
    die_in: Option<(usize, usize)>,
) -> Result<Vec<f64>> {
    let (x, y) = data();
    let epoch = std::cell::Cell::new(0);
    let mut death = LambdaCallback::new()
        .on_epoch_begin(|now, _| {
            epoch.set(now);
            Ok(())
        })
        .on_train_batch_end(|batch, _, _| match die_in == Some((epoch.get(), batch)) {
            true => Err(Error::state("test", "killed")),
            false => Ok(()),
        });
    let callbacks: Vec<&mut dyn Callback> = vec![backup, &mut death];
    let fit = Fit { batch_size: Some(4), epochs: 6, callbacks, ..Fit::default() };
    model.fit(&x, &y, fit).map(|history| history.get("loss").to_vec())
}

#[test]
fn a_killed_training_goes_on_as_if_it_had_lived() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    for optimizer in ["adam", "sgd"] {
        let mut lived = model(optimizer);
        let losses = train(&mut lived, &mut BackupAndRestore::new(&path), None).unwrap();
        assert!(!path.exists(), "a training that is done leaves nothing");
        let error =
            train(&mut model(optimizer), &mut BackupAndRestore::new(&path), Some((3, 1))).unwrap_err();
        assert_eq!(error.to_string(), "test: killed");
        let mut again = model(optimizer);
        let rest = train(&mut again, &mut BackupAndRestore::new(&path), None).unwrap();
        assert_eq!(rest, losses[3..], "the same bits");
        assert_eq!(again.get_weights(), lived.get_weights());
    }
}

#[test]
fn a_backup_within_an_epoch_begins_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let backup = BackupAndRestore { save_freq: 2.into(), ..BackupAndRestore::new(&path) };
    train(&mut model("sgd"), &mut backup.clone(), Some((1, 2))).unwrap_err();
    // Three batches an epoch: saved after the fourth and, the callback coming first, after the sixth.
    let mut again = model("sgd");
    assert_eq!(train(&mut again, &mut backup.clone(), None).unwrap().len(), 5);
    assert_eq!(again.optimizer().unwrap().iterations(), 6 + 5 * 3);
}

#[test]
fn what_does_not_fit_is_an_error_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup");
    let keep = BackupAndRestore { delete_checkpoint: false, ..BackupAndRestore::new(&path) };
    train(&mut model("adam"), &mut keep.clone(), None).unwrap();
    let mut other = model("sgd");
    let before = other.get_weights();
    let error = train(&mut other, &mut keep.clone(), None).unwrap_err().to_string();
    assert!(error.contains("state variables"), "{error}");
    assert_eq!(other.get_weights(), before);
    // Another start of a training that is done has nothing left to do.
    assert_eq!(train(&mut model("adam"), &mut keep.clone(), None).unwrap().len(), 0);
    let zero = BackupAndRestore { save_freq: 0.into(), ..BackupAndRestore::new(&path) };
    let error = train(&mut model("adam"), &mut { zero }, None).unwrap_err().to_string();
    assert_eq!(error, "BackupAndRestore: `save_freq` must be at least 1 batch, got 0");
}
