use ndarray::ArrayD;

use super::*;
use crate::keras_tests::common::read_cases;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/npy").join(format!("{name}.npy"))
}

/// The inputs and targets of all batches of a pass.
fn pass(dataset: &mut impl Dataset, pass: usize) -> Vec<Vec<ArrayD<f32>>> {
    dataset.start(pass).unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = dataset.next_batch().unwrap() {
        batches.push(
            [&batch.x, &batch.y, &batch.sample_weight]
                .iter()
                .flat_map(|part| part.arrays().cloned())
                .collect(),
        );
    }
    batches
}

fn message(options: &NpyDataset) -> String {
    let error = match options.open() {
        Err(error) => error,
        Ok(mut dataset) => {
            dataset.start(0).unwrap();
            dataset.next_batch().unwrap_err()
        }
    };
    let text = error.to_string();
    text.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn every_version_and_type_is_read_as_numpy_wrote_it() {
    let cases = read_cases("npy");
    assert!(cases.len() >= 19);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let mut dataset = NpyDataset::new(path(name)).batch_size(2).open().unwrap();
        let batches = pass(&mut dataset, 0);
        let numbers: Vec<f32> = batches.iter().flat_map(|batch| batch[0].iter().copied()).collect();
        assert_eq!(serde_json::json!(numbers), case["values"], "{name}");
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        assert_eq!(batches[0][0].shape()[1..], shape[1..], "{name}");
        assert_eq!(batches.iter().map(|batch| batch[0].shape()[0]).sum::<usize>(), shape[0], "{name}");
        assert_eq!(
            (dataset.num_samples(), dataset.num_batches()),
            (Some(shape[0]), Some(shape[0].div_ceil(2)))
        );
    }
}

#[test]
fn inputs_targets_and_weights_stay_together_in_every_order() {
    let options = NpyDataset::new(path("one_axis"))
        .targets(path("one_axis"))
        .sample_weight(path("one_axis"))
        .batch_size(1);
    let order = |seed, number| -> Vec<f32> {
        let batches = pass(&mut options.clone().shuffle_buffer(3).seed(seed).open().unwrap(), number);
        assert!(batches.iter().all(|parts| parts.len() == 3 && parts[0] == parts[1] && parts[0] == parts[2]));
        batches.iter().map(|parts| parts[0][[0]]).collect()
    };
    let orders: Vec<Vec<f32>> = (0..8).map(|number| order(1, number)).collect();
    assert!(orders.iter().any(|other| *other != orders[0]));
    assert_eq!(orders[3], order(1, 3));
    for mut order in orders {
        order.sort_by(f32::total_cmp);
        assert_eq!(order, [0.0, 1.0, 2.0, 3.0]);
    }
}

#[test]
fn files_that_cannot_be_used_are_told_apart() {
    let messages = [
        (
            "wrong_fortran",
            "arrays in Fortran order cannot be read by samples; save it with `numpy.ascontiguousarray`",
        ),
        ("wrong_number", "expected an array [samples, ...], got a single number"),
        ("wrong_empty", "expected at least one sample, got none"),
        (
            "wrong_complex",
            "expected real numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), got \"<c8\"; convert it with `x.astype(\"float32\")`",
        ),
        (
            "wrong_text",
            "expected real numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), got \"<U1\"; convert it with `x.astype(\"float32\")`",
        ),
        (
            "wrong_nan",
            "expected finite numbers, whole ones below 2^24, got NaN in sample 1 at position 1 of [2]",
        ),
        (
            "wrong_large",
            "expected finite numbers, whole ones below 2^24, got 16777217 in sample 1 at position 0 of []",
        ),
        ("wrong_cut_off", "the file is cut off: expected an array [2, 2, 2], got 159 bytes"),
    ];
    for (name, text) in messages {
        assert_eq!(message(&NpyDataset::new(path(name))), format!("{name}.npy: {text}"));
    }
    let records = message(&NpyDataset::new(path("wrong_records")));
    assert!(
        records.starts_with("wrong_records.npy: the header cannot be read: {'descr': [('a'"),
        "{records}"
    );
    let other = NpyDataset::new(path("one_axis")).targets(path("version_1"));
    assert_eq!(message(&other), "version_1.npy: expected 4 samples, as x has, got 2");
    let none = NpyDataset::new(path("one_axis")).batch_size(0);
    assert_eq!(message(&none), "NpyDataset: `batch_size` must be at least 1, got 0");
}

#[test]
fn broken_headers_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.npy");
    let report = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        message(&NpyDataset::new(&path))
    };
    assert_eq!(report(b""), "broken.npy: expected a .npy file, which begins with \\x93NUMPY");
    assert_eq!(
        report(b"PK\x03\x04aaaaaaaa"),
        "broken.npy: expected a .npy file, which begins with \\x93NUMPY"
    );
    assert_eq!(
        report(b"\x93NUMPY\x04\x00"),
        "broken.npy: expected version 1, 2 or 3 of the .npy format, got 4"
    );
    assert_eq!(report(b"\x93NUMPY\x01\x00\x10\x00{'descr'"), "broken.npy: the header is cut off");
    assert_eq!(
        report(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"),
        "broken.npy: the header has 4294967295 bytes, more than 65536"
    );
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((huge.len() as u16).to_le_bytes());
    bytes.extend(huge.as_bytes());
    assert!(report(&bytes).contains("the file is cut off"));
    let missing = NpyDataset::new("/no/such/file.npy").open().err().unwrap();
    assert!(missing.is_io());
}
