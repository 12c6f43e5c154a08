//! `gatewise convert`: every way round, checked by the predictions of real Keras.

mod common;

use common::Folder;
use common::fixtures::Group;
use gatewise::Sequential;
use gatewise::layers::{CategoryEncoding, Dense, Input};

/// A model of each kind: a chain, tokens, several inputs, a shared part.
const MODELS: [&str; 4] = ["stacked", "masked_graph", "encoder_decoder", "shared_and_nested"];

impl Folder {
    /// Compares a model with the arrays of the folder.
    fn assert_keras(&self, model: &str) {
        let arrays = |option: &str, letter: &str| {
            let files = self.files();
            let of = files.iter().filter(|file| file.starts_with(letter) && file.ends_with(".npy"));
            of.map(|file| format!(" --{option} {file}")).collect::<String>()
        };
        self.run(&format!("verify {model}{}{}", arrays("input", "x"), arrays("expect", "y"))).done();
    }
}

#[test]
fn whole_models_go_through_every_format_and_back() {
    for model in MODELS {
        let folder = Folder::of(&format!("{model}.keras"));
        let run = folder.run(&format!("convert {model}.keras a.safetensors")).done();
        assert_eq!(
            run.out,
            format!("{model}.keras -> a.safetensors: checked on random inputs, max|diff| 0\n")
        );
        folder.run("convert a.safetensors b.h5").done();
        folder.run("convert b.h5 c.keras").done();
        for file in ["a.safetensors", "b.h5", "c.keras"] {
            folder.assert_keras(file);
        }
    }
}

#[test]
fn architecture_and_weights_part_and_come_together() {
    for model in MODELS {
        let folder = Folder::of(&format!("{model}.keras"));
        folder.run(&format!("convert {model}.keras a.json")).done();
        folder.run(&format!("convert {model}.keras a.weights.h5")).done();
        folder.run("convert a.json b.keras --weights a.weights.h5").done();
        folder.assert_keras("b.keras");
    }
}

#[test]
fn files_of_older_versions_become_files_of_today_and_what_was_done_is_said() {
    for file in ["keras2_stacked.h5", "keras2_stacked_1.h5", "keras2_plain_lstm_cudnn.h5"] {
        let folder = Folder::new();
        folder.add(file);
        let group = Group::read("files_keras2");
        let case = group.cases().find(|case| case.json["file"] == file).unwrap();
        folder.write("x.npy", &case.f32("x0"));
        folder.write("y.npy", &case.f32("y0"));
        let run = folder.run(&format!("convert {file} today.keras")).done();
        assert!(run.err.starts_with(&format!("note: {file}: ")), "{}", run.err);
        folder.assert_keras("today.keras");
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused_with_the_remedy() {
    let folder = Folder::new();
    folder.add("keras2_hard_sigmoid.h5");
    let run = folder.run("convert keras2_hard_sigmoid.h5 today.keras");
    let last = run.err.lines().last().unwrap();
    assert!(
        last.starts_with("error: today.keras: cannot write: ")
            && last.ends_with("save the model as `.safetensors`")
    );
    assert_eq!((run.code, folder.files()), (Some(2), vec!["keras2_hard_sigmoid.h5".to_owned()]));
    folder.run("convert keras2_hard_sigmoid.h5 today.safetensors").done();
}

#[test]
fn the_state_of_the_training_goes_along_where_there_is_a_place_for_it() {
    let folder = Folder::of("stacked.keras");
    assert_eq!(folder.run("convert stacked.keras a.h5").done().err, "");
    folder.run("convert a.h5 b.keras").done();
    for file in ["a.h5", "b.keras"] {
        let summary = folder.run(&format!("summary {file}")).done().out;
        assert!(
            summary.contains(" Optimizer params: 296 ") && summary.contains("Compiled with: Adam"),
            "{summary}"
        );
    }
    let note = "note: a.json has no place for the optimizer, the loss and the metrics\n";
    assert_eq!(folder.run("convert stacked.keras a.json").done().err, note);
}

#[test]
fn what_keras_wrote_in_parts_comes_together() {
    let folder = Folder::of("stacked.keras");
    folder.add("stacked.json");
    folder.add("stacked.weights.h5");
    folder.run("convert stacked.json whole.keras --weights stacked.weights.h5").done();
    folder.assert_keras("whole.keras");
}

#[test]
fn layers_that_look_tokens_up_are_run_on_tokens() {
    let folder = Folder::new();
    let mut model = Sequential::new().with_seed(1);
    model
        .add(Input::new([Some(3)]))
        .unwrap()
        .add(CategoryEncoding::new(4))
        .unwrap()
        .add(Dense::new(2))
        .unwrap();
    model.save(folder.path("a.keras")).unwrap();
    let run = folder.run("convert a.keras b.safetensors").done();
    assert_eq!(run.out, "a.keras -> b.safetensors: checked on random inputs, max|diff| 0\n");
}

#[test]
fn an_existing_file_is_replaced_and_none_is_left_beside_it() {
    let folder = Folder::of("stacked.keras");
    folder.write_text("out.safetensors", "old");
    folder.run("convert stacked.keras out.safetensors").done();
    folder.run("convert stacked.keras stacked.keras").done();
    assert_eq!(folder.files(), ["out.safetensors", "stacked.keras", "x.npy", "y.npy"]);
    folder.assert_keras("stacked.keras");
}

#[test]
fn after_an_error_the_old_file_is_there_and_no_other() {
    let folder = Folder::of("stacked.keras");
    folder.write_text("out.keras", "old");
    folder.add("gru.weights.h5");
    let run = folder.run("convert stacked.keras out.keras --weights gru.weights.h5");
    assert!(run.code == Some(2) && run.err.starts_with("error: gru.weights.h5: "), "{}", run.err);
    assert_eq!(folder.read_text("out.keras"), "old");
    assert_eq!(folder.files(), ["gru.weights.h5", "out.keras", "stacked.keras", "x.npy", "y.npy"]);
}

#[test]
fn what_is_missing_is_named_with_the_remedy() {
    let folder = Folder::new();
    folder.add("stacked.json");
    folder.add("stacked.keras");
    folder.add("stacked.weights.h5");
    let cases = [
        (
            "stacked.weights.h5 out.keras",
            "stacked.weights.h5: the file has weights alone; give the architecture first: gatewise convert model.json \
             out.keras --weights stacked.weights.h5",
        ),
        ("stacked.json out.keras", "stacked.json: the file has no weights; add them by --weights FILE"),
        ("stacked.keras there/out.keras", "there/out.keras: there is no folder there; make it first"),
    ];
    for (arguments, expected) in cases {
        folder.run(&format!("convert {arguments}")).fails_with(expected);
    }
    let run = folder.run("convert stacked.keras out.onnx");
    assert!(
        run.err.starts_with("error: out.onnx: expected a path that ends in one of .keras, "),
        "{}",
        run.err
    );
    assert_eq!(folder.files(), ["stacked.json", "stacked.keras", "stacked.weights.h5"]);
}
