use std::io::Cursor;

use ndarray::Array;

use super::super::archive::{self, Archive};
use super::*;
use crate::Compile;
use crate::layers::{Dense, Input, LayerOptions, Lstm};

fn model(name: &str) -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Lstm::new(3).with_name(name)).unwrap().add(Dense::new(1)).unwrap();
    model
}

#[test]
fn every_format_of_models_gives_back_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let first = model("encoder");
    let x = Array::from_shape_fn((4, 5, 2), |(i, t, f)| (i + 2 * t + 3 * f) as f32 / 9.0).into_dyn();
    for name in ["model.keras", "model.safetensors"] {
        let path = folder.path().join(name);
        first.save(&path).unwrap();
        let again = Sequential::load(&path).unwrap();
        assert_eq!(again.predict(&x).unwrap(), first.predict(&x).unwrap(), "{name}");
        assert_eq!(again.get_config(), first.get_config(), "{name}");
        let bytes = std::fs::read(&path).unwrap();
        again.save(&path).unwrap();
        assert!(std::fs::read(&path).unwrap() == bytes, "{name}: the same model gives the same bytes");
    }
}

#[test]
fn weights_alone_fit_a_model_whose_layers_have_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (model("one"), model("two"));
    first.set_weights(&first.get_weights().iter().map(|w| w + 0.5).collect::<Vec<_>>()).unwrap();
    let path = folder.path().join("some.weights.h5");
    first.save_weights(&path).unwrap();
    assert_ne!(first.get_weights(), second.get_weights());
    second.load_weights(&path).unwrap();
    assert_eq!(first.get_weights(), second.get_weights());
}

#[test]
fn weights_of_another_model_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = model("lstm");
    other.add(Dense::new(2)).unwrap();
    let model = model("lstm");
    let before = model.get_weights();
    for name in ["some.weights.h5", "some.safetensors"] {
        let path = folder.path().join(name);
        other.save_weights(&path).unwrap();
        let error = model.load_weights(&path).unwrap_err();
        assert!(error.is_format() && error.to_string().contains("dense_1"), "{error}");
        assert_eq!(model.get_weights(), before);
    }
}

#[test]
fn an_architecture_is_written_without_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let first = model("encoder");
    first.save(&path).unwrap();
    let loaded = load(&path, &Load::default()).unwrap();
    assert!(!loaded.report.has_weights);
    assert_eq!(loaded.model.get_config(), first.get_config());
    let kernel = &loaded.model.get_weights()[0];
    assert!(kernel.iter().any(|w| *w != 0.0), "the weights are fresh, not zero");
}

#[test]
fn endings_that_do_not_fit_are_refused_with_the_remedy() {
    let model = model("lstm");
    let texts = |result: Result<()>| result.unwrap_err().to_string();
    assert_eq!(
        texts(model.save("m.weights.h5")),
        "m.weights.h5: the ending is that of a file with weights alone; use `save_weights`"
    );
    assert!(texts(model.save_weights("m.keras")).ends_with("use `save` for the model"));
    assert!(texts(model.save("m.bin")).contains("one of .keras, .weights.h5"));
    let unbuilt = Sequential::new();
    assert!(unbuilt.save("m.keras").unwrap_err().is_state());
}

#[test]
fn a_model_of_a_class_of_its_own_is_refused_by_name() {
    let text = r#"{"class_name": "MyModel", "module": "mine", "config": {}}"#;
    let error = Model::from_json(text).unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("\"MyModel\""), "{error}");
}

#[test]
fn a_loss_that_is_unknown_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.keras");
    let mut model = model("lstm");
    model.compile(Compile::new("adam", "mse")).unwrap();
    model.save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut archive = Archive::open(Cursor::new(&bytes), bytes.len() as u64).unwrap();
    let members: Vec<(String, Vec<u8>)> = archive
        .names()
        .into_iter()
        .map(|name| (name.clone(), archive.read(&name, u64::MAX).unwrap().unwrap()))
        .collect();
    let changed: Vec<(&str, Vec<u8>)> = members
        .iter()
        .map(|(name, bytes)| match name.as_str() {
            "config.json" => {
                let text = String::from_utf8(bytes.clone()).unwrap();
                assert!(text.contains("\"loss\":\"mse\""), "{text}");
                (name.as_str(), text.replace("\"loss\":\"mse\"", "\"loss\":\"mine\"").into_bytes())
            }
            _ => (name.as_str(), bytes.clone()),
        })
        .collect();
    let changed: Vec<(&str, &[u8])> = changed.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    std::fs::write(&path, archive::write(&changed).unwrap()).unwrap();
    let error = Model::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("\"mine\"")
            && error.ends_with("load the model with `compile` off to do without its training"),
        "{error}"
    );
    assert!(load(&path, &Load { compile: false }).is_ok());
}

#[test]
fn weights_in_several_files_are_refused() {
    let error = model("lstm").load_weights("m.weights.json").unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("several files"), "{error}");
}
