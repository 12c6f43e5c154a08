//! Sequences, classes, windows and texts that cannot be used.

use gatewise::Error;
use gatewise::utils::{
    OutputMode, PadSequences, Split, Standardize, TextVectorization, Timeseries, pad_sequences,
    timeseries_dataset_from_array, to_categorical,
};
use ndarray::ArrayD;
use serde_json::json;

use super::{error, zeros};

fn padding<S: gatewise::utils::ArrayLike>(sequences: &[S], maxlen: Option<usize>) -> String {
    error(pad_sequences(sequences, PadSequences { maxlen, ..PadSequences::default() })).to_string()
}

#[test]
fn sequences_that_cannot_be_padded() {
    assert_eq!(padding::<Vec<f32>>(&[], None), "pad_sequences: expected at least one sequence, got none");
    assert_eq!(
        padding::<Vec<f32>>(&[vec![], vec![]], None),
        "pad_sequences: expected a sequence with a step, got 2 empty ones"
    );
    assert_eq!(padding(&[vec![1]], Some(0)), "pad_sequences: `maxlen` must be at least 1, got 0");
    assert_eq!(
        padding(&[zeros(&[0, 7]), zeros(&[4, 2]), zeros(&[3, 5])], None),
        "pad_sequences: expected steps of the shape [2] in every sequence, got [5] in sequence 2"
    );
    assert_eq!(
        padding(&[zeros(&[4]), zeros(&[])], None),
        "pad_sequences: expected sequences [steps, ...], got a single number for sequence 1"
    );
    assert_eq!(
        padding(&[vec![(1 << 24) + 1]], None),
        "array: expected whole numbers that f32 can hold, got 16777217"
    );
}

#[test]
fn numbers_that_are_no_classes() {
    let text = |x: &[f32], classes: Option<usize>| error(to_categorical(x, classes)).to_string();
    assert_eq!(text(&[], None), "to_categorical: expected at least one class number, got none");
    assert_eq!(text(&[1.0], Some(0)), "to_categorical: `num_classes` must be at least 1, got 0");
    assert_eq!(text(&[0.0, 3.0], Some(3)), "to_categorical: expected whole numbers from 0 to 2, got 3");
    let at_least = "to_categorical: expected whole numbers of at least 0, got ";
    for (number, shown) in [(-1.0, "-1"), (1.5, "1.5"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        assert_eq!(text(&[0.0, number], None), format!("{at_least}{shown}"));
    }
}

fn windows(steps: usize, targets: Option<usize>, options: Timeseries) -> String {
    let (data, targets) = (zeros(&[steps]), targets.map(|steps| zeros(&[steps, 1])));
    error(timeseries_dataset_from_array(&data, targets.as_ref(), options)).to_string()
}

#[test]
fn windows_that_cannot_be_cut() {
    let five = || Timeseries::new(5);
    let cases = [
        (Timeseries::new(0), "`sequence_length` must be at least 1, got 0"),
        (Timeseries { batch_size: Some(0), ..five() }, "`batch_size` must be at least 1, got 0"),
        (
            Timeseries { sampling_rate: 0, ..five() },
            "`sampling_rate` must be from 1 to below 9, the steps of the data, got 0",
        ),
        (
            Timeseries { sequence_stride: 9, ..five() },
            "`sequence_stride` must be from 1 to below 9, the steps of the data, got 9",
        ),
        (
            Timeseries { start_index: Some(9), ..five() },
            "`start_index` must be below 9, the steps of the data, got 9",
        ),
        (
            Timeseries { end_index: Some(9), ..five() },
            "`end_index` must be below 9, the steps of the data, got 9",
        ),
        (
            Timeseries { start_index: Some(4), end_index: Some(4), ..five() },
            "`end_index` must be above `start_index`, got 4 and 4",
        ),
        (
            Timeseries { sampling_rate: 3, ..five() },
            "expected more than 12 steps, which a window spans, got 9 from 0 to 9",
        ),
        (
            Timeseries { start_index: Some(5), ..five() },
            "expected more than 4 steps, which a window spans, got 4 from 5 to 9",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(windows(9, None, options), format!("timeseries_dataset_from_array: {expected}"));
    }
    assert_eq!(
        windows(0, None, five()),
        "timeseries_dataset_from_array: expected `data` [steps, ...] with at least one step, got [0]"
    );
    assert_eq!(
        windows(9, Some(4), Timeseries { start_index: Some(3), ..Timeseries::new(2) }),
        "timeseries_dataset_from_array: expected a target for step 6, where the last window starts, got 4 targets"
    );
}

fn adapted(words: TextVectorization) -> Error {
    let mut words = words;
    error(words.adapt(["a b"]))
}

#[test]
fn arguments_of_texts_out_of_range() {
    let new = TextVectorization::new;
    for (words, expected) in [
        (new().max_tokens(2), "`max_tokens` must be above 2, the tokens of every vocabulary, got 2"),
        (
            new().output_mode(OutputMode::Count).max_tokens(1),
            "`max_tokens` must be above 1, the tokens of every vocabulary, got 1",
        ),
        (new().output_sequence_length(0), "`output_sequence_length` must be at least 1, got 0"),
        (
            new().output_mode(OutputMode::TfIdf).output_sequence_length(4),
            "`output_sequence_length` is for the output mode int only",
        ),
        (new().pad_to_max_tokens(true), "`pad_to_max_tokens` needs `max_tokens`"),
        (new().ngrams(0), "`ngrams` must be lengths of at least 1"),
        (new().ngrams([2, 0]), "`ngrams` must be lengths of at least 1"),
    ] {
        let error = adapted(words);
        assert_eq!(error.to_string(), format!("text_vectorization: {expected}"));
        assert!(error.is_argument());
    }
}

#[test]
fn vocabularies_that_cannot_be() {
    let set = |mode: OutputMode, tokens: &[&str], weights: &[f32]| {
        let mut words = TextVectorization::new().output_mode(mode).max_tokens(4);
        error(words.set_vocabulary_with(tokens, weights)).to_string()
    };
    use OutputMode::{Int, TfIdf};
    for (mode, tokens, weights, expected) in [
        (Int, &[][..], &[][..], "expected at least one token, got none"),
        (Int, &["", "[UNK]"], &[], "expected at least one token, got none"),
        (Int, &["a", "b", "a"], &[], "expected different tokens, got \"a\", which is there twice"),
        (Int, &["a", ""], &[], "expected different tokens, got \"\", which is padding"),
        (Int, &["a", "b", "c"], &[], "expected at most 4 tokens, got 5"),
        (Int, &["a"], &[1.0], "`idf_weights` are for the output mode tf_idf only"),
        (TfIdf, &["a", "b"], &[1.0], "expected 2 `idf_weights`, one for each token, got 1"),
    ] {
        assert_eq!(set(mode, tokens, weights), format!("set_vocabulary: {expected}"));
    }
    let mut words = TextVectorization::new();
    assert_eq!(
        error(words.adapt(["", " ?"])).to_string().as_str(),
        "adapt: expected texts with at least one token, got 2 texts without"
    );
}

#[test]
fn texts_without_a_vocabulary_or_a_token() {
    let mut words = TextVectorization::new().with_name("words").standardize(Standardize::None);
    let missing = "words: there is no vocabulary yet; call `adapt` or `set_vocabulary`";
    assert_eq!(error(words.call(["a"])).to_string(), missing);
    assert!(error(words.vocabulary_size()).is_state());
    words.set_vocabulary(["a", "b"]).unwrap();
    assert_eq!(
        error(words.call(["", " "])).to_string(),
        "words: expected a text with at least one token, got none"
    );
    assert_eq!(error(words.call::<&str>([])).to_string(), "words: expected at least one text, got none");
}

#[test]
fn numbers_that_stand_for_no_token() {
    let mut words = TextVectorization::new();
    words.set_vocabulary(["a", "b"]).unwrap();
    for number in [4.0, -1.0, 1.5, f32::NAN] {
        let text = error(words.detokenize(&ArrayD::from_elem(vec![1, 2], number))).to_string();
        assert_eq!(text, format!("text_vectorization: expected whole numbers from 0 to 3, got {number}"));
    }
    let text = error(words.detokenize(&zeros(&[3]))).to_string();
    assert_eq!(text, "text_vectorization: expected tokens [texts, time], got [3]");
    let mut bags = TextVectorization::new().output_mode(OutputMode::Count);
    bags.set_vocabulary(["a"]).unwrap();
    assert!(error(bags.detokenize(&zeros(&[1, 1]))).is_unsupported());
}

#[test]
fn texts_that_cannot_be_saved_or_read() {
    let own = TextVectorization::new().split(Split::own(|text| vec![text.to_owned()]));
    assert_eq!(
        error(own.to_json()).to_string(),
        "text_vectorization: `split` is a function of one's own, which cannot be saved"
    );
    let read = |config: serde_json::Value| error(TextVectorization::from_config(&config)).to_string();
    for (config, expected) in [
        (
            json!({"output_mode": "one_hot"}),
            "`output_mode` must be one of int, multi_hot, count, tf_idf, got \"one_hot\"",
        ),
        (
            json!({"standardize": "upper"}),
            "`standardize` must be one of lower_and_strip_punctuation, lower, strip_punctuation, got \"upper\"",
        ),
        (json!({"split": 3}), "`split` must be one of whitespace, character, got 3"),
        (json!({"ragged": true}), "`ragged` is supported as its default only"),
        (json!({"encoding": "latin-1"}), "`encoding` is supported as its default only"),
        (json!({"lower": true}), "there is no argument `lower`"),
    ] {
        assert_eq!(read(config), format!("TextVectorization: {expected}"));
    }
    assert_eq!(
        error(TextVectorization::from_json(r#"{"class_name": "Dense", "config": {}}"#)).to_string(),
        "TextVectorization: expected the class TextVectorization, got Dense"
    );
}
