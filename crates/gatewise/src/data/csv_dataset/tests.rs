use ndarray::ArrayD;
use tempfile::TempDir;

use super::*;

const TABLE: &str = "day,t,load\n0,0.5,10\n1,1.5,11\n2,2.5,12\n3,3.5,13\n4,4.5,14\n5,5.5,15\n6,6.5,16\n";

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// The inputs and targets of all batches of a pass.
fn pass(dataset: &mut impl Dataset, pass: usize) -> Vec<(ArrayD<f32>, Option<ArrayD<f32>>)> {
    dataset.start(pass).unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = dataset.next_batch().unwrap() {
        batches.push((batch.x.arrays().next().unwrap().clone(), batch.y.arrays().next().cloned()));
    }
    batches
}

fn flat(array: &ArrayD<f32>) -> Vec<f32> {
    array.iter().copied().collect()
}

/// The message of the first error, without the folder.
fn message(text: &str, options: impl Fn(&Path) -> CsvDataset) -> String {
    let (folder, path) = file(text);
    let error = match options(&path).open() {
        Err(error) => error,
        Ok(mut dataset) => {
            dataset.start(0).unwrap();
            loop {
                match dataset.next_batch() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("there is no mistake"),
                    Err(error) => break error,
                }
            }
        }
    };
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn rows_are_samples_in_the_order_of_the_file() {
    let (_folder, path) = file(TABLE);
    let mut dataset = CsvDataset::new(&path, ["load", "day"]).targets(["t"]).batch_size(3).open().unwrap();
    for number in 0..2 {
        let batches = pass(&mut dataset, number);
        assert_eq!(batches.iter().map(|(x, _)| x.shape()[0]).collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(flat(&batches[0].0), [10.0, 0.0, 11.0, 1.0, 12.0, 2.0]);
        assert_eq!(batches[0].1.as_ref().unwrap().shape(), [3, 1]);
        assert_eq!(flat(batches[2].1.as_ref().unwrap()), [6.5]);
    }
}

#[test]
fn windows_have_targets_after_their_end() {
    let (_folder, path) = file(TABLE);
    let options = CsvDataset::new(&path, ["day", "t"]).targets(["load"]).sequence_length(3).batch_size(10);
    let batches = pass(&mut options.clone().target_offset(2).open().unwrap(), 0);
    let (x, y) = &batches[0];
    assert_eq!(x.shape(), [3, 3, 2]);
    assert_eq!(flat(x)[..6], [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    assert_eq!(flat(y.as_ref().unwrap()), [14.0, 15.0, 16.0]);
    let batches = pass(&mut options.open().unwrap(), 0);
    assert_eq!(flat(batches[0].1.as_ref().unwrap()), [12.0, 13.0, 14.0, 15.0, 16.0]);
}

#[test]
fn windows_begin_after_every_stride() {
    let (_folder, path) = file(TABLE);
    let starts = |length, stride| -> Vec<f32> {
        let options = CsvDataset::new(&path, ["day"]).sequence_length(length).sequence_stride(stride);
        let batches = pass(&mut options.batch_size(1).open().unwrap(), 0);
        assert!(batches.iter().all(|(_, y)| y.is_none()));
        batches.iter().map(|(x, _)| x[[0, 0, 0]]).collect()
    };
    assert_eq!(starts(2, 1), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(starts(2, 2), [0.0, 2.0, 4.0]);
    assert_eq!(starts(2, 3), [0.0, 3.0]);
    assert_eq!(starts(1, 5), [0.0, 5.0]);
    assert_eq!(starts(7, 1), [0.0]);
    assert_eq!(starts(8, 1), [0.0_f32; 0]);
}

#[test]
fn a_file_without_header_has_columns_by_number() {
    let (_folder, path) = file("1;2;3\n4;5;6\n");
    let options = CsvDataset::new(&path, [2, 0]).targets([1]).without_header().delimiter(b';');
    let batches = pass(&mut options.open().unwrap(), 0);
    assert_eq!(flat(&batches[0].0), [3.0, 1.0, 6.0, 4.0]);
    assert_eq!(flat(batches[0].1.as_ref().unwrap()), [2.0, 5.0]);
}

#[test]
fn a_shuffle_buffer_gives_every_pass_another_order_of_the_same_samples() {
    let (_folder, path) = file(TABLE);
    let order = |seed, number| -> Vec<f32> {
        let options = CsvDataset::new(&path, ["day"]).shuffle_buffer(4).seed(seed).batch_size(2);
        pass(&mut options.open().unwrap(), number).iter().flat_map(|(x, _)| flat(x)).collect()
    };
    assert_eq!(order(1, 0), order(1, 0));
    assert_ne!(order(1, 0), order(1, 1));
    assert_ne!(order(1, 0), order(2, 0));
    let mut sorted = order(1, 0);
    sorted.sort_by(f32::total_cmp);
    assert_eq!(sorted, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn a_bad_cell_is_named_by_line_and_column() {
    let columns = |path: &Path| CsvDataset::new(path, ["a"]).targets(["b"]);
    assert_eq!(
        message("a,b\n1,2\n3,x\n", columns),
        "table.csv: line 3, column 2 \"b\": expected a finite number, got \"x\""
    );
    assert_eq!(
        message("a,b\n1,2\n,4\n", columns),
        "table.csv: line 3, column 1 \"a\": expected a finite number, got \"\""
    );
    assert_eq!(
        message("a,b\n1,2\n\"3\",inf\n", columns),
        "table.csv: line 3, column 2 \"b\": expected a finite number, got \"inf\""
    );
    assert_eq!(
        message("a,b\n1,2\n3\n", columns),
        "table.csv: line 3: expected 2 cells, as in the first line, got 1"
    );
    assert_eq!(
        message("1,2\n1,z\n", |path| CsvDataset::new(path, [1]).without_header()),
        "table.csv: line 2, column 2: expected a finite number, got \"z\""
    );
    assert_eq!(
        message("1,2\n", |path| CsvDataset::new(path, [2]).without_header()),
        "table.csv: line 1: there is no column 2, the line has 2 cells"
    );
}

#[test]
fn mistakes_in_the_arguments_are_reported_before_reading() {
    assert_eq!(
        message("a,b\n", |path| CsvDataset::new(path, ["c"])),
        "table.csv: there is no column \"c\", the columns are: a, b"
    );
    assert_eq!(
        message("a,a\n", |path| CsvDataset::new(path, ["a"])),
        "table.csv: there are several columns \"a\"; give the number of one"
    );
    assert_eq!(
        message("1,2\n", |path| CsvDataset::new(path, ["a"]).without_header()),
        "table.csv: there is no header to find the column \"a\" in; give its number"
    );
    assert_eq!(
        message("a\n", |path| CsvDataset::new(path, ["a"]).batch_size(0)),
        "CsvDataset: `batch_size` must be at least 1, got 0"
    );
    assert_eq!(
        message("a\n", |path| CsvDataset::new(path, ["a"]).sequence_length(0)),
        "CsvDataset: `sequence_length` must be at least 1, got 0"
    );
    assert_eq!(
        message("a\n", |path| CsvDataset::new(path, [""; 0])),
        "CsvDataset: expected at least one column of features, got none"
    );
    let missing = CsvDataset::new("/no/such/file.csv", ["a"]).open().err().unwrap();
    assert!(missing.is_io());
    assert!(missing.to_string().starts_with("/no/such/file.csv: "));
}
