use ndarray::{arr0, arr2};

use super::*;

fn state() -> TrainingState {
    let kernel = arr2(&[[1.0, -2.5], [f32::MIN_POSITIVE, 0.0]]).into_dyn();
    let rate = OptimizerValue::Array(arr0(0.1).into_dyn());
    let optimizer = vec![OptimizerValue::Integer(u64::MAX), rate, OptimizerValue::Array(kernel.clone())];
    TrainingState { epoch: 7, weights: vec![kernel], optimizer }
}

#[test]
fn a_state_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    state().save(&path).unwrap();
    assert_eq!(TrainingState::load(&path).unwrap(), state());
}

#[test]
fn damaged_and_foreign_files_are_errors_with_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    state().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for end in 0..bytes.len() {
        std::fs::write(&path, &bytes[..end]).unwrap();
        let error = TrainingState::load(&path).unwrap_err();
        assert!(error.is_format() && error.to_string().starts_with(&path.display().to_string()), "{error}");
    }
    let foreign = safetensors::serialize(Vec::<(String, TensorView<'_>)>::new(), None).unwrap();
    std::fs::write(&path, foreign).unwrap();
    let error = TrainingState::load(&path).unwrap_err().to_string();
    assert!(error.ends_with("expected a gatewise training state of version 1"), "{error}");
}
