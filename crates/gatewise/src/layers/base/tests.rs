use super::*;
use crate::layers::{Dense, Lstm};
use crate::sequential::Sequential;
use crate::serialization::snake_case;

#[test]
fn names_of_classes_become_those_of_keras() {
    let names = [
        ("LSTM", "lstm"),
        ("Dense", "dense"),
        ("TimeDistributed", "time_distributed"),
        ("RepeatVector", "repeat_vector"),
        ("InputLayer", "input_layer"),
        ("LSTMCell", "lstm_cell"),
        ("Conv2D", "conv2d"),
        ("ConvLSTM2D", "conv_lstm2d"),
        ("StackedRNNCells", "stacked_rnn_cells"),
        ("My Layer!", "my_layer"),
    ];
    for (class_name, expected) in names {
        assert_eq!(snake_case(class_name), expected);
    }
}

#[test]
fn a_name_must_not_be_empty_or_contain_a_slash() {
    for name in ["", "a/b", "/"] {
        let layer = Dense::new(1).with_name(name);
        assert!(layer.base().check().is_err(), "{name:?}");
    }
    for name in ["a", "a b", "ä.b-c"] {
        let layer = Dense::new(1).with_name(name);
        assert!(layer.base().check().is_ok(), "{name:?}");
    }
}

#[test]
fn a_layer_keeps_the_name_it_was_given() {
    let layer = Dense::new(1).with_name("first").with_name("second");
    layer.base().set_name_once("third".into());
    assert_eq!(layer.base().name(), Some("second"));
}

#[test]
fn layers_train_unless_they_are_told_not_to() {
    assert!(Lstm::new(1).base().is_trainable());
    let frozen = Lstm::new(1).trainable(false);
    assert!(!frozen.base().is_trainable());
    frozen.base().set_trainable(true);
    assert!(frozen.base().is_trainable());
}

#[test]
fn a_shape_on_the_first_layer_builds_the_model() {
    let sample = Lstm::new(2).input_shape([None, Some(3)]);
    assert_eq!(sample.base().batch_shape(), Some(&Shape::new([None, None, Some(3)])));
    let mut model = Sequential::new();
    model.add(sample).unwrap();
    assert!(model.is_built());

    let batch = Lstm::new(2).batch_input_shape([Some(4), Some(5), Some(3)]);
    let mut model = Sequential::new();
    model.add(batch).unwrap();
    assert_eq!(model.get_config()["build_input_shape"], serde_json::json!([4, 5, 3]));
}

#[test]
fn a_shape_on_a_later_layer_says_nothing() {
    let mut model = Sequential::new();
    model.add(Dense::new(2).input_shape([Some(3)])).unwrap();
    model.add(Dense::new(1).input_shape([Some(7)])).unwrap();
    assert_eq!(model.get_weights()[2].shape(), [2, 1]);
}
