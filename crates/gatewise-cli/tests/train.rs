//! `gatewise train` against whole trainings of real Keras, and its errors.

mod common;

use common::fixtures::{Case, Group};
use common::{Folder, arguments, assert_close};
use gatewise::Model;
use ndarray::ArrayD;
use serde_json::Value as Json;

/// How far the numbers of an epoch may be from Keras's, relative to the larger of 1 and the number.
const TOLERANCE: f64 = 1e-5;

/// A folder with the model of a training before its first step, and its data.
fn folder(case: &Case<'_>) -> Folder {
    let folder = Folder::new();
    let model = Model::from_json(&case.json["model"].to_string()).unwrap();
    let paths = case.json["weights"].as_array().unwrap().iter();
    let weights: Vec<ArrayD<f32>> =
        paths.map(|path| case.f32(&format!("initial/{}", path.as_str().unwrap()))).collect();
    model.set_weights(&weights).unwrap();
    model.save(folder.path("model.keras")).unwrap();
    folder.write("x.npy", &case.f32("x"));
    folder.write("y.npy", &case.f32("y"));
    folder
}

fn with_case(name: &str, test: impl Fn(&Case<'_>)) {
    let group = Group::read("training");
    test(&group.cases().find(|case| case.name() == name).unwrap());
}

#[track_caller]
fn assert_history(got: &str, expected: &Json) {
    let got: Json = serde_json::from_str(got).unwrap();
    let expected = expected.as_object().unwrap();
    assert_eq!(got.as_object().unwrap().len(), expected.len());
    for (key, values) in expected {
        let numbers = |values: &Json| -> Vec<f64> { serde_json::from_value(values.clone()).unwrap() };
        let (got, values) = (numbers(&got[key]), numbers(values));
        assert_eq!(got.len(), values.len(), "{key}");
        for (epoch, (got, value)) in got.iter().zip(&values).enumerate() {
            let difference = (got - value).abs() / value.abs().max(1.0);
            assert!(difference <= TOLERANCE, "{key} of epoch {epoch}: {got}, in Keras {value}");
        }
    }
}

#[test]
fn histories_and_models_are_those_of_keras() {
    let cases = [
        ("partial_batch_validation", "--optimizer adam --learning-rate 0.01 --loss mse --metrics mae"),
        ("constraints", "--optimizer SGD --learning-rate 0.05 --loss mean_squared_error"),
        (
            "embedding_tagger",
            "--optimizer adam --learning-rate 0.01 --loss sparse_categorical_crossentropy --metrics accuracy",
        ),
    ];
    for (name, arguments) in cases {
        with_case(name, |case| {
            let folder = folder(case);
            let fit = &case.json["fit"];
            let line = format!(
                "train model.keras --x x.npy --y y.npy {arguments} --epochs {} --batch-size {} --validation-split {} \
                 --no-shuffle --history h.json --output out.keras",
                fit["epochs"], fit["batch_size"], fit["validation_split"]
            );
            let run = folder.run(&line).done();
            assert_history(&folder.read_text("h.json"), &case.json["history"]);
            assert!(run.out.starts_with("epoch 20: ") && run.out.contains("loss 0."), "{}", run.out);
            assert_eq!(run.err, "wrote out.keras\n");
            folder.run("predict out.keras --input x.npy --output got.npy").done();
            assert_close(&folder.read("got.npy"), &case.f32("predictions_final"));
        });
    }
}

#[test]
fn a_file_goes_on_with_what_it_was_compiled_with_as_in_keras() {
    let group = Group::read("fit_files");
    for case in group.cases() {
        let (folder, file, fit) = (Folder::with(&case), case.name(), &case.json["fit"]);
        let data = arguments(&case, "x", "x") + &arguments(&case, "y", "y");
        let line = format!(
            "train {file} {data} --epochs {} --batch-size {} --validation-split {} --no-shuffle --json --output out.keras",
            fit["epochs"], fit["batch_size"], fit["validation_split"]
        );
        assert_history(&folder.run(&line).done().out, &case.json["history"]);
        let data = arguments(&case, "input", "x") + &arguments(&case, "expect", "z");
        folder.run(&format!("verify out.keras {data}")).done();
        let summary = |file: &str| -> Json {
            serde_json::from_str(&folder.run(&format!("summary {file} --json")).done().out).unwrap()
        };
        let (before, after) = (summary(file), summary("out.keras"));
        assert!(after["optimizer"].is_string() && after["optimizer_params"].is_number());
        assert_eq!(
            (&after["optimizer"], &after["optimizer_params"]),
            (&before["optimizer"], &before["optimizer_params"])
        );
    }
}

#[test]
fn the_learning_rate_of_a_file_may_be_replaced() {
    let group = Group::read("fit_files");
    let case = group.cases().find(|case| case.name() == "gru.keras").unwrap();
    let folder = Folder::with(&case);
    let base = "train gru.keras --x x.npy --y y.npy --epochs 2 --no-shuffle --json --output out.keras";
    let [as_it_is, same, other] = ["", "--learning-rate 0.05", "--learning-rate 0.2"]
        .map(|rate| folder.run(&format!("{base} {rate}")).done().out);
    assert!(as_it_is == same && as_it_is != other);
    let scheduled = group.cases().find(|case| case.name() == "many_layers.keras").unwrap();
    let run = Folder::with(&scheduled)
        .run("train many_layers.keras --x x.npy --y y.npy --learning-rate 0.1 --output out.keras");
    assert!(run.code == Some(2) && run.err.contains("schedule"), "{}", run.err);
}

#[test]
fn what_is_given_replaces_what_the_file_says_and_nothing_else() {
    let group = Group::read("fit_files");
    let case = group.cases().find(|case| case.name() == "lstm_plain.keras").unwrap();
    let folder = Folder::with(&case);
    let history = |arguments: &str| -> Json {
        let base =
            "train lstm_plain.keras --x x.npy --y y.npy --epochs 2 --no-shuffle --json --output out.keras";
        serde_json::from_str(&folder.run(&format!("{base} {arguments}")).done().out).unwrap()
    };
    let own = history("");
    let watched = history("--metrics mae");
    assert_eq!((&watched["loss"], watched["mae"].is_array()), (&own["loss"], true), "the optimizer goes on");
    let summary = folder.run("summary out.keras").done().out;
    assert!(summary.contains("Compiled with: RMSprop"), "{summary}");
    let faster = history("--optimizer sgd --learning-rate 0.5");
    assert!(faster["loss"][0] == own["loss"][0] && faster["loss"][1] != own["loss"][1], "{faster}");
    let summary = folder.run("summary out.keras").done().out;
    assert!(summary.contains("Compiled with: SGD"), "{summary}");
    assert!(history("--loss mae")["loss"][0] != own["loss"][0]);
}

#[test]
fn what_a_format_does_not_keep_is_said() {
    let folder = Folder::of("gru.keras");
    let run = folder.run("train gru.keras --x x.npy --y y.npy --output out.safetensors").done();
    let note = "note: out.safetensors has no place for the optimizer, the loss and the metrics\n";
    assert!(run.err.starts_with(note), "{}", run.err);
}

#[test]
fn class_numbers_of_steps_are_a_row_of_a_csv() {
    with_case("embedding_tagger", |case| {
        let folder = folder(case);
        let rows = |array: &ArrayD<f32>| -> String {
            let width = array.len() / array.shape()[0];
            let numbers: Vec<String> = array.iter().map(f32::to_string).collect();
            numbers.chunks(width).map(|row| row.join(",") + "\n").collect()
        };
        folder.write_text("x.csv", &rows(&case.f32("x")));
        folder.write_text("y.csv", &rows(&case.f32("y")));
        let loss = "--loss sparse_categorical_crossentropy --json --output out.keras";
        let arrays = folder.run(&format!("train model.keras --x x.npy --y y.npy {loss}")).done();
        let tables = folder.run(&format!("train model.keras --x x.csv --y y.csv {loss}")).done();
        assert_eq!(arrays.out, tables.out);
    });
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_does_not() {
    with_case("plain", |case| {
        let folder = folder(case);
        for (seed, output) in
            [("--seed 3", "a.safetensors"), ("--seed 3", "b.safetensors"), ("", "c.safetensors")]
        {
            let line = format!("train model.keras --x x.npy --y y.npy --loss mse {seed} --output {output}");
            folder.run(&line).done();
        }
        let read = |name: &str| std::fs::read(folder.path(name)).unwrap();
        assert!(
            read("a.safetensors") == read("b.safetensors") && read("a.safetensors") != read("c.safetensors")
        );
    });
}

#[test]
fn progress_is_a_line_an_epoch_where_it_is_asked_for() {
    with_case("plain", |case| {
        let folder = folder(case);
        let run = |arguments: &str| {
            folder.run(&format!(
                "train model.keras --x x.npy --y y.npy --loss mse --epochs 2 {arguments} --output out.keras"
            ))
        };
        let lines = run("--verbose 2").done().err;
        assert!(lines.contains("loss") && lines.lines().count() >= 3, "{lines}");
        assert_eq!(run("").done().err, "wrote out.keras\n");
        let history: Json = serde_json::from_str(&run("--json").done().out).unwrap();
        assert_eq!(history["loss"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn losses_and_targets_of_several_outputs_go_by_order_or_name() {
    let folder = Folder::of("shared_and_nested.keras");
    let base = "train shared_and_nested.keras --x x0.npy --x x1.npy --output out.keras --json";
    let by_order =
        folder.run(&format!("{base} --y y0.npy --y y1.npy --loss mse,categorical_crossentropy")).done();
    let by_name = "--y kind=y1.npy --y size=y0.npy --loss size=mse,kind=categorical_crossentropy";
    let by_name = folder.run(&format!("{base} {by_name}")).done();
    assert_eq!(by_order.out, by_name.out);
    let metrics = folder.run(&format!("{base} --y y0.npy --y y1.npy --loss mse --metrics size=mae")).done();
    let history: Json = serde_json::from_str(&metrics.out).unwrap();
    assert!(history["size_mae"].is_array(), "{history}");
}

#[test]
fn weights_alone_may_be_kept() {
    with_case("plain", |case| {
        let folder = folder(case);
        folder.run("train model.keras --x x.npy --y y.npy --loss mse --output out.weights.h5").done();
        folder.run("convert model.keras trained.keras --weights out.weights.h5").done();
        folder.run("train model.keras --x x.npy --y y.npy --loss mse --output out.keras").done();
        for (model, output) in [("trained.keras", "a.npy"), ("out.keras", "b.npy")] {
            folder.run(&format!("predict {model} --input x.npy --output {output}")).done();
        }
        assert_eq!(folder.read("a.npy"), folder.read("b.npy"));
    });
}

#[test]
fn mistakes_are_found_before_the_work() {
    with_case("plain", |case| {
        let folder = folder(case);
        let cases = [
            (
                "--y y.npy --output out.keras",
                "model.keras: the model was not compiled when it was saved; say what to train it with: --optimizer adam --loss mse",
            ),
            (
                "--y y.npy --loss mse --output out.json",
                "out.json: a .json file has no place for weights; use .keras",
            ),
            (
                "--y y.npy --loss mse --output there/out.keras",
                "there/out.keras: there is no folder there; make it first",
            ),
            (
                "--y y.npy --loss mse --history there/h.json --output out.keras",
                "there/h.json: there is no folder there; make it first",
            ),
            (
                "--y q=y.npy --loss mse --output out.keras",
                "training on y.npy: y: the name \"q\" is unknown, expected are: dense",
            ),
        ];
        for (arguments, expected) in cases {
            folder.run(&format!("train model.keras --x x.npy {arguments}")).fails_with(expected);
        }
        for (arguments, part) in [
            ("--loss square", "\"square\""),
            ("--loss mse --optimizer adams", "adams"),
            ("--loss mse --learning-rate -1", "learning_rate"),
            ("--loss mse --validation-split 1", "`validation_split` must be at least 0 and below 1"),
            ("--loss mse,mse", "expected"),
            ("--loss dense=mse,dense=mae", "--loss: the output \"dense\" has several losses: mse, mae"),
            ("--loss dense=mse,mae", "--loss: expected OUTPUT=NAME for all or for none"),
            ("--loss other=mse", "there is no output \"other\", the outputs are: dense"),
        ] {
            let run =
                folder.run(&format!("train model.keras --x x.npy --y y.npy {arguments} --output out.keras"));
            assert!(
                run.code == Some(2) && run.err.contains(part) && run.err.lines().count() == 1,
                "{}",
                run.err
            );
        }
        let run = folder.run("train model.keras --x x.npy --y y.npy --optimizer adam --output out.keras");
        assert!(run.code == Some(2) && run.err.contains("--loss"), "{}", run.err);
        assert_eq!(folder.files(), ["model.keras", "x.npy", "y.npy"]);
    });
}
