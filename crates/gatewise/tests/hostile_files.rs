//! Files that mean harm are refused by name, quickly, in little memory, and without a trace on the machine.

#![allow(missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use gatewise::format::{FileFormat, Load, from_bytes, load};
use gatewise::layers::{Embedding, Input};
use gatewise::{Error, Model, Sequential};

/// Memory may be twice the file and this more.
const SLACK: u64 = 64 << 20;

/// The slowest that a file may be refused; a debug build on a busy machine takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(20);

fn file(name: &str) -> PathBuf {
    common::path("hostile").join(name)
}

/// What loading gives, after its time and memory were checked.
fn judged(path: &Path) -> Result<Model, Error> {
    let size = std::fs::metadata(path).unwrap().len();
    let start = Instant::now();
    let mut result = None;
    let used = measure(|| result = Some(load(path, &Load::default())));
    let name = path.display();
    assert!(start.elapsed() < PATIENCE, "{name}: took {:?}", start.elapsed());
    assert!(used.bytes_max <= 2 * size + SLACK, "{name}: {} bytes for a file of {size}", used.bytes_max);
    result.unwrap().map(|loaded| loaded.model)
}

#[test]
fn every_hostile_file_is_refused_by_name() {
    let mut count = 0;
    for case in common::read_cases("hostile") {
        let name = case["file"].as_str().unwrap();
        let result = judged(&file(name));
        count += 1;
        match (case["error"].as_str(), result) {
            (Some(expected), Ok(_)) => panic!("{name} was loaded, expected an error with {expected:?}"),
            (Some(expected), Err(error)) => {
                let text = error.to_string();
                assert!(text.contains(expected), "{name}: expected {expected:?} in {text:?}");
                assert!(text.len() < 2000, "{name}: a message of {} letters", text.len());
            }
            // Harmless once nothing is unpacked or followed: loaded or refused, but without a trace.
            (None, _) => {}
        }
    }
    assert!(count >= 25, "only {count} files were judged");
    for trace in ["hacked", "../escaped.txt", "../../escaped.txt", "/tmp/gatewise-escaped.txt"] {
        assert!(!Path::new(trace).exists(), "{trace} was made");
    }
}

#[test]
fn members_with_paths_out_of_the_folder_are_never_unpacked() {
    let model = judged(&file("cve_2025_12638_paths.keras")).unwrap();
    let same = Model::load(common::path("files").join("stacked.keras")).unwrap();
    assert_eq!(model.get_weights(), same.get_weights());
}

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// One of the ways in which files are damaged or forged.
fn mutated(base: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = base.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = 0xff,
            2 => bytes[at] = random.next() as u8,
            // A length that is much too large.
            3 => bytes.iter_mut().skip(at).take(8).for_each(|byte| *byte = 0xff),
            // Two lengths or addresses in each other's place.
            4 => {
                let other = random.below(bytes.len());
                for offset in 0..8.min(bytes.len() - at.max(other)) {
                    bytes.swap(at + offset, other + offset);
                }
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}

/// Loads, and uses what was loaded once: a model that is wrong inside must not get out.
fn try_load(bytes: &[u8], format: FileFormat) {
    let start = Instant::now();
    let used = measure(|| drop(from_bytes(bytes, format, &Load::default())));
    assert!(start.elapsed() < PATIENCE, "{format:?}: took {:?}", start.elapsed());
    let most = 2 * bytes.len() as u64 + SLACK;
    assert!(used.bytes_max <= most, "{format:?}: {} bytes for {}", used.bytes_max, bytes.len());
}

/// The smallest files of each kind of layer in each format.
fn bases() -> Vec<(FileFormat, Vec<u8>)> {
    let read = |name: &str| std::fs::read(common::path("files").join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let safetensors = folder.path().join("m.safetensors");
    Model::load(common::path("files").join("bidirectional.keras")).unwrap().save(&safetensors).unwrap();
    vec![
        (FileFormat::Keras, read("stacked.keras")),
        (FileFormat::Keras, read("encoder_decoder.keras")),
        (FileFormat::Keras, read("keras2_stacked.keras")),
        (FileFormat::H5, read("stacked.h5")),
        (FileFormat::H5, read("keras2_plain_lstm_cudnn.h5")),
        (FileFormat::H5, read("keras2_stacked_1.h5")),
        (FileFormat::Json, read("shared_and_nested.json")),
        (FileFormat::Safetensors, std::fs::read(safetensors).unwrap()),
    ]
}

/// Mutations of each file; the fuzz targets do as many in a second.
const MUTATIONS: usize = 250;

#[test]
fn mutated_files_are_errors_or_models_and_never_panics() {
    for (index, (format, base)) in bases().into_iter().enumerate() {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 + index as u64);
        for _ in 0..MUTATIONS {
            try_load(&mutated(&base, &mut random), format);
        }
    }
}

#[test]
fn files_cut_anywhere_are_errors() {
    for (format, base) in bases() {
        let header = (0..base.len().min(200)).chain((200..base.len()).step_by(base.len() / 100 + 1));
        for length in header {
            // A cut within the spaces at the end of a text leaves a whole one, and there are none here.
            let result = from_bytes(&base[..length], format, &Load::default());
            assert!(result.is_err(), "{format:?} cut at {length} of {}", base.len());
        }
    }
}

#[test]
fn a_large_file_is_in_memory_no_more_than_twice() {
    let mut model = Sequential::new();
    model.add(Input::new([None])).unwrap();
    model.add(Embedding::new(8192, 1024).embeddings_initializer("ones")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["large.keras", "large.h5", "large.safetensors"] {
        let path = folder.path().join(name);
        model.save(&path).unwrap();
        let size = std::fs::metadata(&path).unwrap().len();
        assert!(size > 32 << 20, "{name}: {size} bytes");
        let mut loaded = None;
        let used = measure(|| loaded = Some(Model::load(&path).unwrap()));
        assert!(used.bytes_max < 2 * size + (6 << 20), "{name}: {} bytes for {size}", used.bytes_max);
        assert_eq!(loaded.unwrap().get_weights(), model.get_weights(), "{name}");
    }
}

#[test]
fn thousands_of_layers_take_no_more_than_their_share_of_time() {
    let config = |count: usize| {
        let layer = r#"{"class_name": "Activation", "config": {"activation": "tanh"}}"#;
        let input = r#"{"class_name": "InputLayer", "config": {"batch_shape": [null, 2]}}"#;
        let layers = vec![layer; count].join(",");
        format!(r#"{{"class_name": "Sequential", "config": {{"layers": [{input},{layers}]}}}}"#)
    };
    let start = Instant::now();
    let loaded = from_bytes(config(3000).as_bytes(), FileFormat::Json, &Load::default()).unwrap();
    assert_eq!(loaded.model.layers().len(), 3000);
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    let error = from_bytes(config(20_000).as_bytes(), FileFormat::Json, &Load::default()).unwrap_err();
    assert!(error.to_string().contains("expected at most 4096 layers"), "{error}");
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
}

#[test]
fn forged_configurations_are_errors_or_models() {
    let base = std::fs::read_to_string(common::path("files").join("shared_and_nested.json")).unwrap();
    let forged = ["-1", "0", "1e400", "18446744073709551615", "null", "\"x\"", "[]", "{}", "[[[]]]", "true"];
    let numbers: Vec<usize> = base.match_indices(": ").map(|(at, _)| at + 2).collect();
    let mut random = Random(7);
    for round in 0..400 {
        let at = numbers[random.below(numbers.len())];
        let end = base[at..].find([',', '}', ']']).map_or(base.len(), |length| at + length);
        let text = format!("{}{}{}", &base[..at], forged[round % forged.len()], &base[end..]);
        try_load(text.as_bytes(), FileFormat::Json);
    }
}
