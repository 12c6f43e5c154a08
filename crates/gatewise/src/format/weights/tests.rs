use super::*;
use crate::Sequential;
use crate::layers::{Dense, Input, Lstm};

fn model() -> Sequential {
    let mut model = Sequential::new().with_seed(3).with_name("chain");
    model.add(Input::new([None, Some(2)])).unwrap();
    model.add(Lstm::new(3)).unwrap().add(Dense::new(1)).unwrap();
    model
}

/// The file of the model after a change.
fn file(change: impl FnOnce(&mut Node)) -> Tree {
    let mut node = Node::default();
    write(&mut node, &model().weight_tree());
    change(&mut node);
    Tree::open(node.into_file().unwrap()).unwrap()
}

fn error(change: impl FnOnce(&mut Node)) -> String {
    match find(&file(change), &model().weight_tree()) {
        Ok(_) => panic!("the file was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn weights_are_found_at_the_paths_of_keras() {
    let file = file(|_| ());
    let expected = [
        "layers/dense/vars/0",
        "layers/dense/vars/1",
        "layers/lstm/cell/vars/0",
        "layers/lstm/cell/vars/1",
        "layers/lstm/cell/vars/2",
    ];
    assert_eq!(file.arrays().collect::<Vec<_>>(), expected);
    assert_eq!(file.text("layers/lstm/cell/vars", "name").unwrap().as_deref(), Some("lstm_cell"));
    assert_eq!(file.text("vars", "name").unwrap().as_deref(), Some("chain"));
    let other = model();
    other.set_weights(&model().get_weights().iter().map(|w| w * 2.0).collect::<Vec<_>>()).unwrap();
    find(&file, &other.weight_tree()).unwrap().fill().unwrap();
    assert_eq!(other.get_weights(), model().get_weights());
}

#[test]
fn a_weight_that_is_missing_left_over_or_of_another_shape_or_type_is_named() {
    let wrong_shape = error(|file| file.numbers("layers/dense/vars/0", &[1, 3], vec![0.0; 3]));
    assert_eq!(
        wrong_shape,
        "weight \"dense/kernel\": expected float32 [3, 1], got float32 [1, 3] at \"layers/dense/vars/0\""
    );
    let wrong_type = error(|file| file.integer("layers/dense/vars/1", 1));
    assert_eq!(
        wrong_type,
        "weight \"dense/bias\": expected float32 [1], got integers [] at \"layers/dense/vars/1\""
    );
    let left = error(|file| file.numbers("layers/dense_1/vars/0", &[1], vec![0.0]));
    assert_eq!(left, "array \"layers/dense_1/vars/0\": the model has no weight for it");
    let mut without = Node::default();
    without.numbers("layers/dense/vars/0", &[3, 1], vec![0.0; 3]);
    let file = Tree::open(without.into_file().unwrap()).unwrap();
    let missing = find(&file, &model().weight_tree()).err().unwrap().to_string();
    assert_eq!(
        missing,
        "weight \"lstm/lstm_cell/kernel\": it is not in the file, where it would be \"layers/lstm/cell/vars/0\""
    );
}

#[test]
fn the_state_of_an_optimizer_and_of_metrics_is_no_weight() {
    let file = file(|file| {
        file.integer("optimizer/vars/0", 7);
        file.numbers("metrics/mean/vars/0", &[], vec![1.0]);
    });
    assert!(find(&file, &model().weight_tree()).is_ok());
}

#[test]
fn files_of_keras_2_12_call_layers_by_another_name() {
    let mut old = Node::default();
    let model = model();
    let mut tree = model.weight_tree();
    for (place, _) in &mut tree.parts {
        *place = place.replace("layers/", "_layer_checkpoint_dependencies/");
    }
    write(&mut old, &tree);
    let file = Tree::open(old.into_file().unwrap()).unwrap();
    assert!(find(&file, &model.weight_tree()).is_ok());
}
