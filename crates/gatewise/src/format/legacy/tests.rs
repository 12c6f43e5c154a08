use std::collections::BTreeMap;

use super::super::h5::{Attribute, Node};
use super::*;
use crate::Sequential;
use crate::layers::{Dense, Input, LayerOptions, Lstm};

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(3).with_name("chain");
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Lstm::new(3).with_name("memory")).unwrap().add(Dense::new(1)).unwrap();
    model
}

/// An array by its name and shape.
type Shaped<'a> = (&'a str, &'a [usize]);

/// A file with weights alone: each layer with its arrays.
fn file(layers: &[(&str, &[Shaped<'_>])]) -> Tree {
    let mut root = Node::default();
    root.set("layer_names", Attribute::List(layers.iter().map(|(name, _)| (*name).to_owned()).collect()));
    root.set("keras_version", Attribute::Bytes("2.4.0".into()));
    for (name, arrays) in layers {
        let group = root.group(name);
        let names = arrays.iter().map(|(name, _)| (*name).to_owned()).collect();
        group.set("weight_names", Attribute::List(names));
        for (name, shape) in *arrays {
            group.numbers(name, shape, vec![0.5; shape.iter().product()]);
        }
    }
    Tree::open(root.into_file().unwrap()).unwrap()
}

const LSTM: &[Shaped<'static>] =
    &[("m/kernel:0", &[2, 12]), ("m/recurrent:0", &[3, 12]), ("m/bias:0", &[12])];
const DENSE: &[Shaped<'static>] = &[("d/kernel:0", &[3, 1]), ("d/bias:0", &[1])];

#[test]
fn weights_are_matched_by_their_order_and_not_by_names() {
    let model = model();
    read_weights(&file(&[("a", LSTM), ("without", &[]), ("b", DENSE)]), &model).unwrap();
    assert!(model.get_weights().iter().flatten().all(|number| *number == 0.5));
}

#[test]
fn what_does_not_fit_is_named_and_nothing_changes() {
    let model = model();
    let before = model.get_weights();
    let error = |file: Tree| read_weights(&file, &model).unwrap_err().to_string();
    assert_eq!(error(file(&[("a", LSTM)])), "model_weights: expected weights of 2 layers, got 1 (a)");
    let count = error(file(&[("a", LSTM), ("b", &DENSE[..1])]));
    assert_eq!(count, "model_weights: expected 2 weights for the layer \"dense\", got 1 in the group \"b\"");
    let shape = error(file(&[("a", LSTM), ("b", &[("k", &[3, 2]), ("b", &[1])])]));
    assert!(
        shape.contains("\"dense/kernel\": expected float32 [3, 1], got float32 [3, 2] at \"b/k\""),
        "{shape}"
    );
    assert_eq!(model.get_weights(), before);
}

#[test]
fn a_listed_array_that_is_not_there_is_named() {
    let mut root = Node::default();
    root.set("layer_names", Attribute::List(vec!["a".into()]));
    root.group("a").set("weight_names", Attribute::List(vec!["gone".into()]));
    let file = Tree::open(root.into_file().unwrap()).unwrap();
    let error = read_weights(&file, &model()).unwrap_err().to_string();
    assert_eq!(error, "array \"a/gone\": it is listed in `weight_names` and not in the file");
}

#[test]
fn frozen_weights_come_after_those_that_are_trained() {
    let mut inner = Sequential::new().with_name("inner");
    inner.add(Input::new([Some(2)])).unwrap();
    inner.add(Dense::new(2).trainable(false).with_name("first")).unwrap();
    inner.add(Dense::new(1).with_name("second")).unwrap();
    let mut model = Sequential::new();
    model.add(Input::new([Some(2)])).unwrap().add(&inner).unwrap();
    let paths: Vec<String> = in_order(&*model.layers()[0]).iter().map(|v| v.path().to_owned()).collect();
    assert_eq!(paths, ["second/kernel", "second/bias", "first/kernel", "first/bias"]);
}

#[test]
fn a_file_without_an_architecture_is_told_from_one_with() {
    let mut root = Node::default();
    root.set("layer_names", Attribute::List(Vec::new()));
    let error = read(root.into_file().unwrap(), &Load::default()).unwrap_err().to_string();
    assert!(error.contains("load_weights"), "{error}");
}

#[test]
fn texts_of_the_caller_have_no_place() {
    let texts = BTreeMap::from([("note".to_owned(), String::new())]);
    let error = model().save_with("m.h5", &texts).unwrap_err().to_string();
    assert!(error.contains("no place for texts"), "{error}");
}
