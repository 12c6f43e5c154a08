//! Padded sequences, one-hot classes, windows and texts against what Keras computed.

#![allow(missing_docs)]

mod common;

use common::{Case, Group, json};
use gatewise::utils::{
    ArrayLike, PadSequences, Side, TextVectorization, Timeseries, pad_sequences,
    timeseries_dataset_from_array, to_categorical,
};
use ndarray::{ArrayD, IxDyn};
use serde_json::{Value as Json, json};

/// The logarithm and the mean of a few dozen numbers, in single precision.
const IDF_TOLERANCE: f32 = 2e-6;

fn cases(group: &Group, prefix: &str, at_least: usize, check: impl Fn(&Case<'_>)) {
    let cases: Vec<Case<'_>> = group.cases().filter(|case| case.name().starts_with(prefix)).collect();
    assert!(cases.len() >= at_least, "{} cases of {prefix}", cases.len());
    cases.iter().for_each(check);
}

fn count(arguments: &Json, name: &str) -> Option<usize> {
    arguments[name].as_u64().map(|count| count as usize)
}

fn texts(list: &Json) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// Numbers or lists of numbers in JSON.
struct Nested<'a>(&'a Json);

impl ArrayLike for Nested<'_> {
    fn to_array(&self) -> gatewise::Result<ArrayD<f32>> {
        let number = |number: &Json| number.as_f64().expect("a number") as f32;
        let steps = self.0.as_array().expect("a list");
        let width = steps.first().and_then(Json::as_array).map(Vec::len);
        let shape: Vec<usize> = std::iter::once(steps.len()).chain(width).collect();
        let numbers = steps.iter().flat_map(|step| match step.as_array() {
            Some(numbers) => numbers.iter().map(number).collect(),
            None => vec![number(step)],
        });
        Ok(ArrayD::from_shape_vec(IxDyn(&shape), numbers.collect()).expect("a full array"))
    }
}

#[test]
fn sequences_are_padded_as_in_keras() {
    let side = |name: &Json| if name == "pre" { Side::Pre } else { Side::Post };
    cases(&Group::read("preprocessing"), "pad_", 36, |case| {
        let sequences: Vec<Nested<'_>> =
            case.json["sequences"].as_array().unwrap().iter().map(Nested).collect();
        let arguments = &case.json["arguments"];
        let options = PadSequences {
            maxlen: count(arguments, "maxlen"),
            padding: side(&arguments["padding"]),
            truncating: side(&arguments["truncating"]),
            value: arguments["value"].as_f64().unwrap() as f32,
        };
        assert_eq!(pad_sequences(&sequences, options).unwrap(), case.f32("y"), "{}", case.name());
    });
}

#[test]
fn classes_become_rows_as_in_keras() {
    cases(&Group::read("preprocessing"), "categorical_", 6, |case| {
        let got = to_categorical(&case.f32("x"), count(case.json, "num_classes")).unwrap();
        assert_eq!(got, case.f32("y"), "{}", case.name());
    });
}

fn timeseries(arguments: &Json) -> Timeseries {
    let mut options = Timeseries::new(count(arguments, "sequence_length").unwrap());
    options.sequence_stride = count(arguments, "sequence_stride").unwrap_or(1);
    options.sampling_rate = count(arguments, "sampling_rate").unwrap_or(1);
    options.start_index = count(arguments, "start_index");
    options.end_index = count(arguments, "end_index");
    if let Some(size) = arguments.get("batch_size") {
        options.batch_size = size.as_u64().map(|size| size as usize);
    }
    options
}

#[test]
fn windows_are_those_of_keras() {
    cases(&Group::read("preprocessing"), "windows_", 28, |case| {
        let data = case.f32("data");
        let targets = case.has("targets").then(|| case.f32("targets"));
        let options = timeseries(&case.json["arguments"]);
        let dataset = timeseries_dataset_from_array(&data, targets.as_ref(), options).unwrap();
        let batches: Vec<_> = dataset.batches(0).collect();
        assert_eq!(Some(batches.len()), count(case.json, "batches"), "{}", case.name());
        assert_eq!(batches.len(), dataset.num_batches());
        for (index, (x, y)) in batches.into_iter().enumerate() {
            let what = format!("{}, batch {index}", case.name());
            assert_eq!(x, case.f32(&format!("x{index}")), "{what}");
            assert_eq!(y, targets.as_ref().map(|_| case.f32(&format!("y{index}"))), "{what}");
        }
    });
}

#[test]
fn texts_become_the_numbers_of_keras() {
    cases(&Group::read("preprocessing"), "text_", 29, |case| {
        let mut vectorization = TextVectorization::from_config(&case.json["config"]).unwrap();
        if case.json["adapted"] == true {
            vectorization.adapt(texts(&case.json["corpus"])).unwrap();
        }
        assert_eq!(
            vectorization.get_vocabulary().unwrap(),
            texts(&case.json["vocabulary"]),
            "{}",
            case.name()
        );
        let (got, expected) = (vectorization.call(texts(&case.json["queries"])).unwrap(), case.f32("y"));
        let tolerance = if case.has("idf_weights") { IDF_TOLERANCE } else { 0.0 };
        assert_eq!(got.shape(), expected.shape(), "{}", case.name());
        let is_close = |(got, expected): (&f32, &f32)| (got - expected).abs() <= tolerance * expected.abs();
        assert!(got.iter().zip(&expected).all(is_close), "{}: {got}\n{expected}", case.name());
    });
}

#[test]
fn configurations_of_texts_are_those_of_keras_with_the_vocabulary() {
    cases(&Group::read("preprocessing"), "text_", 29, |case| {
        let mut vectorization = TextVectorization::from_config(&case.json["config"]).unwrap();
        if case.json["adapted"] == true {
            vectorization.adapt(texts(&case.json["corpus"])).unwrap();
        }
        let got = vectorization.get_config().unwrap();
        let mut expected = case.json["config"].clone();
        expected["vocabulary"] = case.json["vocabulary"].clone();
        if case.has("idf_weights") {
            // They are compared by their effect, and by what is read back.
            expected["idf_weights"] = got["idf_weights"].clone();
        }
        json::assert_same(case.name(), &got, &expected);
        let keys = |config: &Json| config.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&got), keys(&expected), "{}", case.name());

        let again = TextVectorization::from_json(&vectorization.to_json().unwrap()).unwrap();
        let queries = texts(&case.json["queries"]);
        assert_eq!(again.call(&queries).unwrap(), vectorization.call(&queries).unwrap(), "{}", case.name());
        assert_eq!(again.get_config().unwrap(), got);
    });
}

#[test]
fn a_layer_that_keras_wrote_can_be_read() {
    let layer = json!({"module": "keras.layers", "class_name": "TextVectorization", "registered_name": null,
        "config": {"name": "words", "trainable": true, "max_tokens": null, "standardize": null, "split": "character",
                   "output_mode": "int", "vocabulary": ["b", "\n", "a"], "encoding": "utf-8"}});
    let letters = TextVectorization::from_json(&layer.to_string()).unwrap();
    assert_eq!(letters.get_vocabulary().unwrap(), ["", "[UNK]", "b", "\n", "a"]);
    let x = letters.call(["a\nb", "ab"]).unwrap();
    assert_eq!(letters.detokenize(&x).unwrap(), ["a\nb", "ab"]);
}
