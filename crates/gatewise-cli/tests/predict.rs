//! `gatewise predict` against the predictions of real Keras, and its errors.

mod common;

use common::{Folder, assert_close};
use ndarray::{Array2, ArrayD, Axis, Slice, concatenate};

/// Steps `from .. to` of an array `[samples, time, features]`.
fn steps(array: &ArrayD<f32>, from: usize, to: usize) -> ArrayD<f32> {
    array.slice_axis(Axis(1), Slice::from(from..to)).to_owned()
}

/// The text of an array as a CSV: a row a sample.
fn csv(array: &ArrayD<f32>) -> String {
    let row = |sample: ndarray::ArrayViewD<'_, f32>| {
        sample.iter().map(f32::to_string).collect::<Vec<_>>().join(",") + "\n"
    };
    array.axis_iter(Axis(0)).map(row).collect()
}

#[test]
fn predictions_are_those_of_keras() {
    for file in
        ["stacked.keras", "lstm_sequences.keras", "masked_graph.keras", "lstm_stateful.keras", "conv.keras"]
    {
        let folder = Folder::of(file);
        let run = folder.run(&format!("predict {file} --input x.npy --output got.npy")).done();
        assert_close(&folder.read("got.npy"), &folder.read("y.npy"));
        assert!(run.out.is_empty() && run.err.starts_with("wrote got.npy: "), "{run:?}");
    }
}

#[test]
fn several_outputs_go_into_an_archive_in_the_order_of_the_model() {
    let folder = Folder::of("shared_and_nested.keras");
    folder.run("predict shared_and_nested.keras --input x0.npy --input x1.npy --output got.npz").done();
    let got = folder.read_all("got.npz");
    assert_eq!([got[0].0.as_str(), got[1].0.as_str()], ["size", "kind"]);
    assert_close(&got[0].1, &folder.read("y0.npy"));
    assert_close(&got[1].1, &folder.read("y1.npy"));
}

#[test]
fn inputs_are_given_by_order_by_name_or_in_an_archive() {
    let folder = Folder::of("shared_and_nested.keras");
    let (left, right) = (folder.read("x0.npy"), folder.read("x1.npy"));
    gatewise::format::write_npz(folder.path("named.npz"), &[("right", &right), ("left", &left)]).unwrap();
    gatewise::format::write_npz(folder.path("in_order.npz"), &[("arr_0", &left), ("arr_1", &right)]).unwrap();
    let inputs = [
        "--input x0.npy --input x1.npy",
        "--input right=x1.npy --input left=x0.npy",
        "--input named.npz",
        "--input in_order.npz",
    ];
    for input in inputs {
        folder.run(&format!("predict shared_and_nested.keras {input} --output got.npz")).done();
        assert_close(&folder.read_all("got.npz")[1].1, &folder.read("y1.npy"));
    }
}

#[test]
fn a_single_output_has_its_name_in_an_archive() {
    let folder = Folder::of("encoder_decoder.keras");
    folder.run("predict encoder_decoder.keras --input x0.npy --input x1.npy --output got.npz").done();
    let got = folder.read_all("got.npz");
    assert_eq!((got.len(), got[0].0.as_str()), (1, "probs"));
    assert_close(&got[0].1, &folder.read("y.npy"));
}

#[test]
fn a_row_of_a_csv_is_a_sample_step_after_step() {
    let folder = Folder::of("lstm_sequences.keras");
    let x = folder.read("x.npy");
    folder.write_text("x.csv", &csv(&x));
    let header: Vec<String> = (0..20).map(|column| format!("step {column}")).collect();
    folder.write_text(
        "with_header.csv",
        &format!("\u{feff}{}\n\n{}", header.join(";"), csv(&x).replace(',', ";").replace('.', ",")),
    );
    for input in ["x.csv", "with_header.csv"] {
        folder.run(&format!("predict lstm_sequences.keras --input {input} --output got.csv")).done();
        let text = folder.read_text("got.csv");
        let numbers: Vec<f32> = text.trim().split([',', '\n']).map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert_close(&ArrayD::from_shape_vec(vec![2, 5, 3], numbers).unwrap(), &folder.read("y.npy"));
    }
}

#[test]
fn the_open_time_of_a_model_follows_from_the_width_of_a_csv() {
    let folder = Folder::of("variable_time.keras");
    folder.write_text("x.csv", &csv(&folder.read("x.npy")));
    folder.run("predict variable_time.keras --input x.csv --output got.npy").done();
    assert_close(&folder.read("got.npy"), &folder.read("y.npy"));
    folder.write_text("x.csv", "1,2,3\n");
    folder.run("predict variable_time.keras --input x.csv --output got.npy").fails_with(
        "x.csv: expected rows of a multiple of 4 numbers for the input \"input_layer\" [None, 4], got 3",
    );
}

#[test]
fn the_size_of_batches_changes_no_bit() {
    let folder = Folder::of("stacked.keras");
    let x = folder.read("x.npy");
    folder.write("x.npy", &concatenate(Axis(0), &[x.view(), x.view(), x.view()]).unwrap());
    folder.run("predict stacked.keras --input x.npy --output all.npy").done();
    folder.run("predict stacked.keras --input x.npy --output two.npy --batch-size 4").done();
    assert_eq!(folder.read("all.npy"), folder.read("two.npy"));
}

#[test]
fn with_stateful_a_sequence_in_pieces_ends_where_the_whole_one_does() {
    let folder = Folder::of("variable_time.keras");
    let x = folder.read("x.npy");
    let last = x.shape()[1];
    folder.write("first.npy", &steps(&x, 0, 1));
    folder.write("rest.npy", &steps(&x, 1, last));
    let line = "predict variable_time.keras --stateful --input rest.npy --input first.npy --input rest.npy --output got.npz";
    folder.run(line).done();
    let got = folder.read_all("got.npz");
    let names: Vec<&str> = got.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["rest", "first", "rest_1"]);
    folder
        .run("predict variable_time.keras --stateful --input first.npy --input rest.npy --output got.npz")
        .done();
    let carried = folder.read_all("got.npz");
    assert_close(&carried[1].1, &folder.read("y.npy"));
    let apart = (&got[0].1 - &carried[1].1).mapv(f32::abs).sum();
    assert!(apart > 1e-3, "the rest alone is something else, got {apart}");
}

#[test]
fn with_stateful_a_stateful_model_goes_on_as_in_keras() {
    let folder = Folder::of("lstm_stateful.keras");
    folder.run("predict lstm_stateful.keras --stateful --input x.npy --input x.npy --output got.npz").done();
    let got = folder.read_all("got.npz");
    assert_close(&got[0].1, &folder.read("y.npy"));
    assert!(got[0].1 != got[1].1);
}

#[test]
fn with_stateful_a_model_with_several_inputs_takes_an_archive_for_each_turn() {
    let folder = Folder::of("encoder_decoder.keras");
    let inputs = [("enc_in", &folder.read("x0.npy")), ("dec_in", &folder.read("x1.npy"))];
    gatewise::format::write_npz(folder.path("turn.npz"), &inputs).unwrap();
    folder
        .run("predict encoder_decoder.keras --stateful --input turn.npz --input turn.npz --output got.npz")
        .done();
    let got = folder.read_all("got.npz");
    assert_eq!([got[0].0.as_str(), got[1].0.as_str()], ["turn", "turn_1"]);
    assert_close(&got[0].1, &folder.read("y.npy"));
    assert!(got[0].1 != got[1].1);
}

#[test]
fn states_are_carried_only_where_that_means_something() {
    let folder = Folder::of("dense_stack.keras");
    folder.run("predict dense_stack.keras --stateful --input x.npy --output got.npz").fails_with(
        "sequential: --stateful: the model has no recurrent layer, so there is no state to carry",
    );
    let folder = Folder::of("bidirectional.keras");
    folder.run("predict bidirectional.keras --stateful --input x.npy --output got.npz").fails_with(
        "bidirectional: --stateful: the layer reads sequences from their end, so that what it knows after one file is \
         not what it needs for the next",
    );
    let folder = Folder::of("shared_lstm.keras");
    folder.run("predict shared_lstm.keras --stateful --input x0.npy --input x1.npy --output got.npz").fails_with(
        "shared: --stateful: the layer is called several times on the way, so that it has no single state to carry",
    );
    let folder = Folder::of("variable_time.keras");
    folder.write("one.npy", &ArrayD::zeros(vec![1, 3, 4]));
    folder
        .run("predict variable_time.keras --stateful --input x.npy --input one.npy --output got.npz")
        .fails_with("one.npy: expected 2 samples as in x.npy, each going on from its state, got 1");
    assert!(!folder.has("got.npz"));
}

#[test]
fn an_existing_file_is_replaced_and_none_is_left_beside_it() {
    let folder = Folder::of("stacked.keras");
    folder.write_text("got.npy", "old");
    folder.run("predict stacked.keras --input x.npy --output got.npy").done();
    assert_close(&folder.read("got.npy"), &folder.read("y.npy"));
    assert_eq!(folder.files(), ["got.npy", "stacked.keras", "x.npy", "y.npy"]);
}

#[test]
fn arrays_that_do_not_fit_are_named_with_what_was_expected() {
    let folder = Folder::of("shared_and_nested.keras");
    folder.write("narrow.npy", &ArrayD::zeros(vec![2, 5, 3]));
    folder.write("one.npy", &ArrayD::zeros(vec![1, 5, 4]));
    folder.write_text("text.csv", "a,b\n1,2\n3,four\n");
    folder.write_text("ragged.csv", "1,2\n3\n");
    folder.write_text("wide.csv", "1,2,3\n");
    folder.write_text("large.csv", "16777217\n");
    folder.write_text("header.csv", "a,b\n");
    folder.write_text("nan.csv", "nan,NaN\n1,2\n");
    folder.write_text("x.txt", "1");
    folder.write_text("no.npy", "1");
    let cases = [
        ("--input x0.npy", "--input: expected 2 arrays (left, right), got 1"),
        (
            "--input left=x0.npy --input centre=x1.npy",
            "--input: the name \"centre\" is unknown, expected are: left, right",
        ),
        ("--input left=x0.npy --input left=x1.npy", "--input: the name \"left\" is given twice"),
        (
            "--input left=x0.npy --input x1.npy",
            "--input: expected names for all arrays or for none, got 1 names for 2 arrays",
        ),
        (
            "--input x0.npy --input narrow.npy",
            "narrow.npy: expected [samples, 5, 4] for the input \"right\", got [2, 5, 3]",
        ),
        ("--input x0.npy --input one.npy", "x0.npy, one.npy: x: expected 2 samples in every array, got 1"),
        ("--input x0.npy --input none.npy", "none.npy: No such file or directory (os error 2)"),
        ("--input x0.npy --input none.csv", "none.csv: cannot read: No such file or directory (os error 2)"),
        ("--input x0.npy --input x.txt", "x.txt: expected a file that ends in .npy, .npz or .csv"),
        ("--input x0.npy --input no.npy", "no.npy: expected a .npy file, which begins with \\x93NUMPY"),
        ("--input x0.npy --input text.csv", "text.csv: line 3, column 2: expected a number, got \"four\""),
        (
            "--input x0.npy --input ragged.csv",
            "ragged.csv: line 2: expected 2 cells as in the first line, got 1",
        ),
        (
            "--input x0.npy --input wide.csv",
            "wide.csv: expected rows of 20 numbers for the input \"right\" [5, 4], got 3",
        ),
        (
            "--input x0.npy --input large.csv",
            "large.csv: line 1, column 1: expected a number that float32 holds, whole ones up to 2^24, got 16777217",
        ),
        ("--input x0.npy --input nan.csv", "nan.csv: line 1, column 1: expected a number, got \"nan\""),
        ("--input x0.npy --input header.csv", "header.csv: expected rows of numbers, got none"),
    ];
    for (inputs, expected) in cases {
        folder
            .run(&format!("predict shared_and_nested.keras {inputs} --output got.npz"))
            .fails_with(expected);
    }
    assert!(!folder.has("got.npz"));
}

#[test]
fn numpy_types_are_read_and_those_that_are_no_numbers_refused() {
    let folder = Folder::of("masked_graph.keras");
    let npy = |descr: &str, fortran: &str, data: &[u8]| {
        let text = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': (2, 6), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(data);
        std::fs::write(folder.path("tokens.npy"), bytes).unwrap();
    };
    let x = folder.read("x.npy");
    let tokens: Vec<u8> = x.iter().flat_map(|token| (*token as i64).to_le_bytes()).collect();
    npy("<i8", "False", &tokens);
    folder.run("verify masked_graph.keras --input tokens.npy --expect y.npy").done();
    let columns: Vec<u8> = x.t().iter().flat_map(|token| [*token as u8]).collect();
    npy("|u1", "True", &columns);
    folder.run("verify masked_graph.keras --input tokens.npy --expect y.npy").done();
    npy("<c8", "False", &[0; 96]);
    folder.run("verify masked_graph.keras --input tokens.npy --expect y.npy").fails_with(
        "tokens.npy: expected real numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), got \"<c8\"; convert it with \
         `x.astype(\"float32\")`",
    );
}

#[test]
fn outputs_are_refused_before_the_work_where_they_cannot_be_written() {
    let folder = Folder::of("shared_and_nested.keras");
    let cases = [
        ("y.npy", "y.npy: expected a file that ends in .npz, as there are 2 arrays"),
        ("y.csv", "y.csv: expected a file that ends in .npz, as there are 2 arrays"),
        ("y.txt", "y.txt: expected a file that ends in .npy, .npz or .csv"),
        ("there/y.npz", "there/y.npz: there is no folder there; make it first"),
    ];
    for (output, expected) in cases {
        folder
            .run(&format!("predict shared_and_nested.keras --input none.npy --output {output}"))
            .fails_with(expected);
    }
}

#[test]
fn models_without_weights_or_of_no_known_format_are_refused() {
    let folder = Folder::of("stacked.keras");
    folder.add("stacked.json");
    folder.add("stacked.weights.h5");
    folder.write_text("broken.keras", "no archive");
    folder.run("predict stacked.json --input x.npy --output got.npy").fails_with(
        "stacked.json: the file has no weights; add them by `gatewise convert stacked.json model.keras --weights FILE`",
    );
    for (file, start) in [
        ("stacked.weights.h5", "error: stacked.weights.h5: load: the file has weights alone"),
        ("broken.keras", "error: broken.keras: zip: "),
        ("none.keras", "error: none.keras: "),
        ("model.onnx", "error: model.onnx: expected a path that ends in one of .keras"),
    ] {
        let run = folder.run(&format!("predict {file} --input x.npy --output got.npy"));
        assert!(run.err.starts_with(start), "{}", run.err);
        assert_eq!(run.code, Some(2));
    }
}

#[test]
fn a_wide_batch_of_one_column_is_written_as_one_column() {
    let folder = Folder::of("stacked.keras");
    folder.run("predict stacked.keras --input x.npy --output got.csv").done();
    let text = folder.read_text("got.csv");
    let numbers: Vec<f32> = text.lines().map(|line| line.parse().unwrap()).collect();
    let got = Array2::from_shape_vec((numbers.len(), 1), numbers).unwrap().into_dyn();
    assert_close(&got, &folder.read("y.npy"));
}
