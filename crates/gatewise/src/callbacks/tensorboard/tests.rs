use std::path::Path;

use ndarray::Array;

use super::records::{crc32c, masked};
use super::*;
use crate::layers::{Dense, Input};
use crate::model::{Compile, Fit};
use crate::sequential::Sequential;

/// The data of all records of a file, whose checksums are checked.
fn records(path: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        assert_eq!(masked(crc32c(&rest[..8])), u32::from_le_bytes(rest[8..12].try_into().unwrap()));
        let data = &rest[12..12 + length];
        let crc = u32::from_le_bytes(rest[12 + length..16 + length].try_into().unwrap());
        assert_eq!(masked(crc32c(data)), crc);
        records.push(data.to_vec());
        rest = &rest[16 + length..];
    }
    records
}

/// The one event file of a folder.
fn file(folder: &Path) -> PathBuf {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    files[0].clone()
}

fn holds(record: &[u8], text: &str) -> bool {
    record.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn checksums_are_those_of_the_standard() {
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_ne!(masked(0), 0);
}

#[test]
fn a_training_leaves_records_that_can_be_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let x = Array::from_shape_fn((8, 2), |(i, j)| (i + j) as f32 / 8.0).into_dyn();
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(2)])).unwrap().add(Dense::new(2)).unwrap();
    model.compile(Compile::new("sgd", "mse")).unwrap();
    let mut board = TensorBoard {
        histogram_freq: 2,
        update_freq: UpdateFreq::Batches(3),
        write_steps_per_second: true,
        ..TensorBoard::new(folder.path())
    };
    let fit = Fit {
        epochs: 3,
        batch_size: Some(2),
        validation_data: Some((&x, &x).into()),
        callbacks: vec![&mut board],
        ..Fit::default()
    };
    model.fit(&x, &x, fit).unwrap();
    let train = records(&file(&folder.path().join("train")));
    let count = |records: &[Vec<u8>], tag: &str| records.iter().filter(|record| holds(record, tag)).count();
    assert!(holds(&train[0], "brain.Event:2"));
    let expected = [
        ("graph_keras_model", 1),
        ("epoch_loss", 3),
        ("epoch_learning_rate", 3),
        ("epoch_steps_per_second", 3),
        // 12 batches, every third; weights after the first and the third epoch.
        ("batch_loss", 4),
        ("batch_steps_per_second", 4),
        ("dense/kernel/histogram", 2),
        ("dense/bias/histogram", 2),
    ];
    for (tag, number) in expected {
        assert_eq!(count(&train, tag), number, "{tag}");
    }
    let validation = records(&file(&folder.path().join("validation")));
    assert_eq!(count(&validation, "epoch_loss"), 3);
    assert_eq!(count(&validation, "evaluation_loss_vs_iterations"), 3);
}

#[test]
fn buckets_hold_every_number_once() {
    let values = [0.0_f32, 0.1, 0.2, 2.9, 3.0, 3.0, f32::NAN];
    let buckets = histogram::buckets(values.iter().copied());
    assert_eq!(buckets.len(), 30);
    assert_eq!(buckets.iter().map(|bucket| bucket[2]).sum::<f64>(), 6.0);
    assert_eq!((buckets[0][0], buckets[0][2], buckets[29][1]), (0.0, 1.0, 3.0));
    let equal = histogram::buckets([2.0_f32; 5].iter().copied());
    assert_eq!((equal.len(), equal[29]), (30, [2.0, 2.0, 5.0]));
    assert_eq!(histogram::buckets([f32::NAN].iter().copied()), [[0.0; 3]; 30]);
}

#[test]
fn bad_arguments_and_places_are_errors() {
    let begin = |mut board: TensorBoard| {
        let mut training = super::super::testing::Scripted::default();
        board.on_train_begin(&TrainingPlan::default(), &mut training).unwrap_err()
    };
    let never = TensorBoard { update_freq: UpdateFreq::Batches(0), ..TensorBoard::new("logs") };
    assert_eq!(begin(never).to_string(), "TensorBoard: `update_freq` must be at least 1 batch, got 0");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = begin(TensorBoard::new(&file));
    assert!(error.is_io() && error.to_string().contains("/file/train"), "{error}");
}
