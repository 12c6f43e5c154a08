use super::super::testing::{Scripted, logs};
use super::*;

fn train(log: &mut CsvLogger, values: &[f64]) -> Result<usize> {
    Scripted::default().train(log, &TrainingPlan::default(), logs("loss", values))
}

#[test]
fn rows_are_added_below_the_head_of_a_file_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.csv");
    train(&mut CsvLogger::new(&path), &[0.5, f64::NAN]).unwrap();
    let first = "epoch,loss,val_loss\r\n0,0.5,NA\r\n1,nan,NA\r\n";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    train(&mut CsvLogger { append: true, ..CsvLogger::new(&path) }, &[1e-7]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{first}0,1e-07,NA\r\n"));
    train(&mut CsvLogger { separator: ';', ..CsvLogger::new(&path) }, &[2.0]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "epoch;loss;val_loss\r\n0;2.0;NA\r\n");
}

#[test]
fn fields_that_need_quotes_get_them() {
    assert_eq!(quote("a,b", ','), "\"a,b\"");
    assert_eq!(quote("a,b", ';'), "a,b");
    assert_eq!(quote("a\"b", ','), "\"a\"\"b\"");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/log.csv");
    let error = train(&mut CsvLogger::new(&path), &[1.0]).unwrap_err();
    assert!(error.is_io() && error.to_string().starts_with(&path.display().to_string()), "{error}");
    let quote = CsvLogger { separator: '"', ..CsvLogger::new(folder.path().join("log.csv")) };
    let error = train(&mut { quote }, &[1.0]).unwrap_err().to_string();
    assert_eq!(error, "CSVLogger: `separator` must be neither a quote nor a line's end, got '\"'");
}
