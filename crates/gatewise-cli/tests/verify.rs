//! `gatewise verify`: its verdict, its output and its exit code.

mod common;

use common::Folder;
use ndarray::ArrayD;

#[test]
fn predictions_of_keras_pass() {
    let folder = Folder::of("stacked.keras");
    let run = folder.run("verify stacked.keras --input x.npy --expect y.npy").done();
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].starts_with("max|diff| ") && lines[0].ends_with(", tolerance 1.0e-5"), "{}", run.out);
    assert_eq!(lines[1..], ["PASS"]);
    assert_eq!(run.err, "");
}

#[test]
fn a_number_beyond_the_tolerance_fails_with_exit_code_1() {
    let folder = Folder::of("stacked.keras");
    let mut y = folder.read("y.npy");
    y[[1, 0]] += 0.25;
    folder.write("y.npy", &y);
    let run = folder.run("verify stacked.keras --input x.npy --expect y.npy");
    assert_eq!((run.code, run.out.as_str()), (Some(1), "max|diff| 2.5e-1, tolerance 1.0e-5\nFAIL\n"));
    let run = folder.run("verify stacked.keras --input x.npy --expect y.npy --tolerance 0.3").done();
    assert!(run.out.ends_with("PASS\n"));
}

#[test]
fn nan_fails_whatever_the_tolerance() {
    let folder = Folder::of("shared_and_nested.keras");
    let mut size = folder.read("y0.npy");
    size[[0, 0]] = f32::NAN;
    folder.write("y0.npy", &size);
    let line = "verify shared_and_nested.keras --input x0.npy --input x1.npy --expect y0.npy --expect y1.npy --tolerance 9";
    let run = folder.run(line);
    assert_eq!(run.code, Some(1));
    assert!(run.out.ends_with("max|diff| NaN, tolerance 9.0e0\nFAIL\n"), "{}", run.out);
}

#[test]
fn outputs_are_compared_each_and_may_be_given_by_name() {
    let folder = Folder::of("shared_and_nested.keras");
    let inputs = "--input x0.npy --input x1.npy";
    for expect in ["--expect y0.npy --expect y1.npy", "--expect kind=y1.npy --expect size=y0.npy"] {
        let run = folder.run(&format!("verify shared_and_nested.keras {inputs} {expect}")).done();
        assert!(
            run.out.contains("output") && run.out.contains("size") && run.out.contains("kind"),
            "{}",
            run.out
        );
        let run = folder.run(&format!("verify shared_and_nested.keras {inputs} {expect} --json")).done();
        let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(
            (&report["pass"], &report["tolerance"]),
            (&serde_json::json!(true), &serde_json::json!(1e-5))
        );
        assert!(report["max_abs_diff"].as_f64().unwrap() <= 1e-5 && report["outputs"]["kind"].is_number());
    }
}

#[test]
fn expected_rows_of_a_csv_are_cut_into_the_shape_of_the_predictions() {
    let folder = Folder::of("lstm_sequences.keras");
    folder.run("predict lstm_sequences.keras --input x.npy --output y.csv").done();
    folder.run("verify lstm_sequences.keras --input x.npy --expect y.csv --tolerance 0").done();
}

#[test]
fn arrays_that_cannot_be_compared_are_errors() {
    let folder = Folder::of("stacked.keras");
    folder.write("wide.npy", &ArrayD::zeros(vec![2, 2]));
    folder
        .run("verify stacked.keras --input x.npy --expect wide.npy")
        .fails_with("wide.npy: expected [2, 1] for the output \"dense\", got [2, 2]");
    folder
        .run("verify stacked.keras --input x.npy --expect lstm=y.npy")
        .fails_with("--expect: the name \"lstm\" is unknown, expected are: dense");
    let run = folder.run("verify stacked.keras --input x.npy --expect y.npy --tolerance -1");
    assert!(run.err.contains("expected a finite number, 0 or more") && run.code == Some(2), "{}", run.err);
}
