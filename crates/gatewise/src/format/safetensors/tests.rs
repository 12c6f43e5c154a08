use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ndarray::Array;

use crate::functional::Apply;
use crate::layers::{Dense, Input, LayerOptions, Lstm};
use crate::model::Model;
use crate::sequential::Sequential;
use crate::{Activation, Error};

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(3);
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Lstm::new(3).dropout(0.25).go_backwards(true).with_name("encoder")).unwrap();
    model.add(Dense::new(1)).unwrap();
    model
}

/// A path of this test alone, in a folder that is removed at the end.
fn path(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

/// The text of the error of loading these bytes.
fn load_error(bytes: &[u8]) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "broken.safetensors");
    std::fs::write(&file, bytes).unwrap();
    Sequential::load(&file).unwrap_err()
}

fn saved() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "model.safetensors");
    model().save(&file).unwrap();
    std::fs::read(file).unwrap()
}

#[test]
fn a_loaded_model_predicts_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "model.safetensors");
    let first = model();
    let texts = BTreeMap::from([("scaler".to_owned(), "{\"mean\": 1.5}".to_owned())]);
    first.save_with(&file, &texts).unwrap();
    let second = Sequential::load(&file).unwrap();
    let read = crate::format::load(&file, &Default::default()).unwrap().report.metadata;
    let x = Array::from_shape_fn((4, 5, 2), |(i, t, f)| (i + 2 * t + 3 * f) as f32 / 9.0).into_dyn();
    assert_eq!(first.predict(&x).unwrap(), second.predict(&x).unwrap());
    assert_eq!(read, texts);
    assert_eq!(second.get_config(), first.get_config());
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["model.safetensors"], "no temporary file stays");
}

/// Two models inside, whose layers have the same names, and a shared layer.
fn functional() -> Model {
    let part = |name: &str| {
        let mut part = Sequential::new().with_name(name);
        part.add(Input::new([None, Some(2)])).unwrap();
        part.add(Lstm::new(3).with_name("memory")).unwrap();
        part
    };
    let x = Input::new([None, Some(2)]).tensor().unwrap();
    let [left, right] = ["left", "right"].map(|name| part(name).apply(&x).unwrap());
    let head = Arc::new(Dense::new(2));
    Model::new(&x, [&head.apply(&left).unwrap(), &head.apply(&right).unwrap()]).unwrap()
}

#[test]
fn a_functional_model_is_loaded_with_models_inside_whose_weights_have_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "graph.safetensors");
    let first = functional();
    first.save(&file).unwrap();
    let second = Model::load(&file).unwrap();
    let x = Array::from_shape_fn((4, 5, 2), |(i, t, f)| (i + 2 * t + 3 * f) as f32 / 9.0).into_dyn();
    let [predicted, again] =
        [&first, &second].map(|model| model.predict_all(&x, Default::default()).unwrap());
    assert_eq!(predicted, again);
    assert_ne!(predicted[0], predicted[1], "the models inside have weights of their own");
    let text = Sequential::load(&file).unwrap_err().to_string();
    assert!(text.ends_with("expected a chain of layers, got a functional model; use `Model`"), "{text}");
    let chain = Model::load({
        model().save(&file).unwrap();
        &file
    })
    .unwrap();
    assert_eq!(chain.predict(&x).unwrap(), Sequential::load(&file).unwrap().predict(&x).unwrap());
}

#[test]
fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
    let bytes = saved();
    for len in (0..bytes.len()).step_by(7) {
        assert!(load_error(&bytes[..len]).is_format(), "cut at {len}");
    }
}

#[test]
fn a_flipped_bit_in_the_header_is_an_error_or_an_equally_built_model() {
    let bytes = saved();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "broken.safetensors");
    for position in (0..header).step_by(5) {
        let mut broken = bytes.clone();
        broken[position] ^= 1 << (position % 8);
        std::fs::write(&file, &broken).unwrap();
        match Sequential::load(&file) {
            Ok(model) => assert_eq!(model.get_weights().len(), 5, "bit in byte {position}"),
            Err(error) => assert!(error.is_format(), "bit in byte {position}: {error}"),
        }
    }
}

#[test]
fn a_weight_of_another_shape_is_named() {
    let mut bytes = saved();
    let kernel = b"\"dense/kernel\":{\"dtype\":\"F32\",\"shape\":[3,1]";
    let at = bytes.windows(kernel.len()).position(|window| window == kernel).expect("the kernel's entry");
    let end = at + kernel.len();
    bytes[end - 4] = b'1';
    bytes[end - 2] = b'3';
    let error = load_error(&bytes);
    assert!(
        error.to_string().ends_with("weight \"dense/kernel\": expected F32 [3, 1], got F32 [1, 3]"),
        "{error}"
    );
}

#[test]
fn a_foreign_file_is_told_apart() {
    let foreign =
        safetensors::serialize(Vec::<(&str, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap();
    let error = load_error(&foreign);
    assert!(error.to_string().contains("there is no \"format\"; it was not written by `save`"), "{error}");
}

#[test]
fn a_missing_file_is_an_io_error_with_its_path() {
    let error = Sequential::load("no-such-folder/model.safetensors").unwrap_err();
    assert!(error.is_io() && error.to_string().starts_with("no-such-folder/model.safetensors: "));
}

#[test]
fn a_users_own_activation_cannot_be_saved() {
    let mut model = Sequential::new();
    model.add(Input::new([None, Some(2)])).unwrap();
    let own = Activation::custom("cubic", |b, x| b.mul(x, b.square(x)?));
    model.add(Lstm::new(3).activation(own)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = model.save(path(&folder, "m.safetensors")).unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("cubic"), "{error}");
}

#[test]
fn other_extensions_and_reserved_keys_are_refused() {
    let model = model();
    let error = model.save("model.bin").unwrap_err();
    assert_eq!(
        error.to_string(),
        "model.bin: expected a path that ends in one of .keras, .weights.h5, .h5, .hdf5, .safetensors, .json"
    );
    let texts = BTreeMap::from([("model".to_owned(), String::new())]);
    let error = model.save_with("model.safetensors", &texts).unwrap_err();
    assert_eq!(error.to_string(), "save: the metadata key \"model\" belongs to the format");
}
