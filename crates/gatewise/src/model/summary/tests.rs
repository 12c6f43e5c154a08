use super::*;
use crate::layers::{Dense, Input, LayerOptions, Lstm};
use crate::sequential::Sequential;

#[test]
fn numbers_are_grouped_by_thousands() {
    let written = [0, 7, 999, 1000, 12_345, 1_234_567].map(thousands);
    assert_eq!(written, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
}

#[test]
fn bytes_are_written_in_steps_of_1024() {
    let written = [0, 588, 1023, 1024, 1772, 1 << 20, 5 << 30].map(bytes);
    assert_eq!(written, ["0.00 B", "588.00 B", "1023.00 B", "1.00 KB", "1.73 KB", "1.00 MB", "5.00 GB"]);
}

#[test]
fn text_is_broken_between_words_and_long_words_are_cut() {
    assert_eq!(wrap("short", 10), ["short"]);
    assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    assert_eq!(wrap("averylongname (LSTM)", 8), ["averylo…", "(LSTM)"]);
    assert_eq!(wrap("exact (a)", 5), ["exact", "(a)"]);
    assert_eq!(wrap("", 5), [""]);
}

#[test]
fn unknown_sizes_are_none_and_several_outputs_a_list() {
    assert_eq!(written(&[Shape::new([None, Some(5), Some(3)])]), "(None, 5, 3)");
    assert_eq!(written(&[Shape::new([None, Some(3)]), Shape::known(&[2, 3])]), "[(None, 3), (2, 3)]");
}

#[test]
fn all_lines_of_the_table_are_equally_long() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    model.add(Lstm::new(3).with_name("a_layer_with_a_name_that_is_longer_than_its_column")).unwrap();
    model.add(Dense::new(1)).unwrap();
    let summary = model.summary();
    let table = summary.lines().filter(|line| line.starts_with(['┏', '┃', '┡', '│', '├', '└']));
    let lens: Vec<usize> = table.map(|line| line.chars().count()).collect();
    assert_eq!(lens, [88; 8]);
}

#[test]
fn layers_that_are_frozen_count_as_such() {
    let mut model = Sequential::new();
    model.add(Input::new([Some(4)])).unwrap();
    model.add(Dense::new(3).trainable(false)).unwrap().add(Dense::new(2)).unwrap();
    let summary = model.summary();
    let totals: Vec<&str> = summary.lines().filter(|line| line.contains("params:")).collect();
    let expected = [
        " Total params: 23 (92.00 B)",
        " Trainable params: 8 (32.00 B)",
        " Non-trainable params: 15 (60.00 B)",
    ];
    assert_eq!(totals, expected);
}

#[test]
fn a_model_without_weights_says_so() {
    let mut model = Sequential::new();
    model.add(Dense::new(3)).unwrap();
    let summary = model.summary();
    assert!(summary.contains(
        "│ dense (Dense)                        │ ?                           │     0 (unbuilt) │"
    ));
}
