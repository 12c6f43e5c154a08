use super::super::testing::{Scripted, logs};
use super::*;

fn train(checkpoint: &mut ModelCheckpoint, values: &[f64]) -> Result<Vec<String>> {
    let mut training = Scripted::default();
    training.train(checkpoint, &TrainingPlan::default(), logs("val_loss", values))?;
    Ok(training.said)
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_best_model_is_kept_and_messages_are_kerass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/best-{epoch}.safetensors").to_string_lossy().into_owned();
    let mut best = ModelCheckpoint { save_best_only: true, verbose: 1, ..ModelCheckpoint::new(path.clone()) };
    let said = train(&mut best, &[1.0, 2.0, 0.5]).unwrap();
    assert_eq!(files(&folder.path().join("new")), ["best-1.safetensors", "best-3.safetensors"]);
    let (first, third) = (path.replace("{epoch}", "1"), path.replace("{epoch}", "3"));
    let expected = [
        format!("\nEpoch 1: val_loss improved from None to 1.00000, saving model to {first}\n"),
        format!("\nEpoch 1: finished saving model to {first}\n"),
        "\nEpoch 2: val_loss did not improve from 1.00000\n".to_owned(),
        format!("\nEpoch 3: val_loss improved from 1.00000 to 0.50000, saving model to {third}\n"),
        format!("\nEpoch 3: finished saving model to {third}\n"),
    ];
    assert_eq!(said, expected);
    assert_eq!(best.best(), Some(0.5));
}

#[test]
fn placeholders_are_filled_as_python_fills_them() {
    let mut compared = 0;
    for case in crate::keras_tests::common::read_cases("python_text") {
        let number = case["number"].as_f64().unwrap();
        let logs = Logs::from([("x".to_owned(), number)]);
        let is_count = case["is_count"].as_bool().unwrap();
        let values =
            path::Values { epoch: if is_count { number as usize } else { 0 }, batch: None, logs: &logs };
        for row in case["forms"].as_array().unwrap() {
            let form = row[0].as_str().unwrap();
            let name = if is_count { "epoch" } else { "x" };
            let got = path::fill(&format!("a{{{{{{{name}:{form}}}}}}}b"), &values).ok();
            let expected = row[1].as_str().map(|text| format!("a{{{text}}}b"));
            assert_eq!(got, expected, "{number} as \"{form}\"");
            compared += 1;
        }
    }
    assert_eq!(compared, 8 * 18);
}

#[test]
fn mistakes_are_told_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let message = |name: &str| {
        let path = folder.path().join(name).to_string_lossy().into_owned();
        let text = train(&mut ModelCheckpoint::new(path.clone()), &[1.0]).unwrap_err().to_string();
        text.replace(&path, "PATH")
    };
    let subject = "ModelCheckpoint: `filepath` \"PATH\"";
    assert_eq!(
        message("{epoch}-{mae}.safetensors"),
        format!("{subject}: expected placeholders among epoch, val_loss, got {{mae}}")
    );
    assert_eq!(message("{epoch:q}.safetensors"), format!("{subject}: cannot write {{epoch}} as \"q\""));
    assert_eq!(
        message("{epoch.safetensors"),
        format!("{subject}: a single \"{{\"; write it twice if it is meant")
    );
    assert_eq!(
        message("a}.safetensors"),
        format!("{subject}: a single \"}}\"; write it twice if it is meant")
    );
    let zero = ModelCheckpoint { save_freq: SaveFreq::Batches(0), ..ModelCheckpoint::new("m.safetensors") };
    let zero = train(&mut { zero }, &[]).unwrap_err().to_string();
    assert_eq!(zero, "ModelCheckpoint: `save_freq` must be at least 1 batch, got 0");
    fs::write(folder.path().join("file"), "").unwrap();
    let below_a_file = folder.path().join("file/model.safetensors").to_string_lossy().into_owned();
    let error = train(&mut ModelCheckpoint::new(below_a_file), &[1.0]).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("/file"), "{error}");
}
