//! `gatewise summary`: the table, and what is said of the file.

mod common;

use common::Folder;
use serde_json::{Value as Json, json};

#[test]
fn the_table_stands_above_what_is_said_of_the_file() {
    let folder = Folder::of("stacked.keras");
    let run = folder.run("summary stacked.keras").done();
    for part in [
        "Model: \"sequential\"",
        "│ lstm (LSTM) ",
        "│ (None, 5, 3) ",
        " Non-trainable params: 0 (0.00 B)",
        "File: stacked.keras (.keras), written by: Keras 3.15.1\nWeights: in the file\n",
        " Optimizer params: 296 (1.16 KB)\n",
        "Compiled with: Adam\nConversions: none\n",
    ] {
        assert!(run.out.contains(part), "{part:?} is not in {}", run.out);
    }
    assert_eq!(run.err, "");
}

#[test]
fn json_has_the_same_for_programs() {
    let folder = Folder::of("encoder_decoder.keras");
    let run = folder.run("summary encoder_decoder.keras --json").done();
    let summary: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(summary["writer"], "Keras 3.15.1");
    assert_eq!((&summary["format"], &summary["conversions"]), (&json!(".keras"), &json!([])));
    assert_eq!(summary["inputs"], json!(["enc_in", "dec_in"]));
    assert_eq!(summary["outputs"], json!(["probs"]));
    let layers = summary["layers"].as_array().unwrap();
    let decoder = layers.iter().find(|layer| layer["name"] == "decoder").unwrap();
    assert_eq!(decoder["class_name"], "LSTM");
    assert_eq!(decoder["output_shapes"], json!([[null, null, 3], [null, 3], [null, 3]]));
    assert_eq!(decoder["connected_to"], json!(["dec_in[0][0]", "encoder[0][1]", "encoder[0][2]"]));
    assert_eq!(decoder["params"], 4 * 3 * (5 + 3 + 1));
    let total: u64 = layers.iter().filter_map(|layer| layer["params"].as_u64()).sum();
    assert_eq!(summary["trainable_params"].as_u64(), Some(total));
}

#[test]
fn conversions_of_older_files_are_listed() {
    let folder = Folder::new();
    folder.add("keras2_plain_lstm_cudnn.h5");
    let run = folder.run("summary keras2_plain_lstm_cudnn.h5").done();
    let (_, conversions) = run.out.split_once("Conversions:\n").unwrap();
    assert!(conversions.contains("  CuDNNLSTM read as LSTM\n"), "{conversions}");
    assert_eq!(run.err, "", "they are in the result, not beside it");
    let run = folder.run("summary keras2_plain_lstm_cudnn.h5 --json").done();
    let summary: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(summary["format"], ".h5");
    assert!(summary["conversions"].as_array().unwrap().contains(&json!("CuDNNLSTM read as LSTM")));
}

#[test]
fn a_file_without_weights_says_so() {
    let folder = Folder::new();
    folder.add("stacked.json");
    let run = folder.run("summary stacked.json").done();
    assert!(
        run.out.contains("File: stacked.json (.json), ") && run.out.contains("Weights: none in the file")
    );
}

#[test]
fn frozen_weights_are_counted_apart() {
    let folder = Folder::of("lstm_frozen.keras");
    let summary = folder.run("summary lstm_frozen.keras --json").done().out;
    let summary: Json = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["trainable_params"], &summary["non_trainable_params"]), (&json!(0), &json!(96)));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    Folder::new().run("summary none.keras").fails_with("none.keras: No such file or directory (os error 2)");
}

#[test]
fn every_help_begins_with_examples() {
    for command in ["", "summary ", "predict ", "train ", "convert ", "verify ", "forecast "] {
        let run = Folder::new().run(&format!("{command}--help")).done();
        assert!(run.out.starts_with("Examples:\n  gatewise "), "{command}: {}", run.out);
    }
}
