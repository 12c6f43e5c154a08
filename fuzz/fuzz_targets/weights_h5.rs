//! Any bytes as a file of weights for a small model: an error or other weights, never a panic.

#![no_main]

use gatewise::Sequential;
use gatewise::layers::{Dense, Input, Lstm};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([None, Some(4)])).unwrap();
    model.add(Lstm::new(3)).unwrap().add(Dense::new(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.weights.h5");
    std::fs::write(&path, bytes).unwrap();
    let before = model.get_weights();
    if model.load_weights(&path).is_err() {
        assert!(model.get_weights() == before, "a file that was refused has changed the model");
    }
});
