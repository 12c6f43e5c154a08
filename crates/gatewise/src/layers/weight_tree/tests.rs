use crate::Sequential;
use crate::layers::{Dense, Input, Layer, Lstm, LstmCell, Rnn, StackedRnnCells, TimeDistributed, WeightTree};

/// The places of all weights, in order.
fn places(prefix: &str, tree: &WeightTree, found: &mut Vec<String>) {
    found.extend((0..tree.weights.len()).map(|index| format!("{prefix}{index}")));
    for (place, part) in &tree.parts {
        places(&format!("{prefix}{place}/"), part, found);
    }
}

#[test]
fn weights_are_where_keras_keeps_them() {
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([Some(4), Some(2)])).unwrap();
    model.add(Lstm::new(3).return_sequences(true)).unwrap();
    model.add(Lstm::new(2).use_bias(false).return_sequences(true)).unwrap();
    let cells = StackedRnnCells::new().cell(LstmCell::new(2)).cell(LstmCell::new(3));
    model.add(Rnn::new(cells).return_sequences(true)).unwrap();
    model.add(TimeDistributed::new(Dense::new(1))).unwrap();
    let mut found = Vec::new();
    for layer in model.layers() {
        places(&format!("{}:", layer.class_name()), &layer.weight_tree(), &mut found);
    }
    let expected = [
        "LSTM:cell/0",
        "LSTM:cell/1",
        "LSTM:cell/2",
        "LSTM:cell/0",
        "LSTM:cell/1",
        "RNN:cell/cells/lstm_cell/0",
        "RNN:cell/cells/lstm_cell/1",
        "RNN:cell/cells/lstm_cell/2",
        "RNN:cell/cells/lstm_cell_1/0",
        "RNN:cell/cells/lstm_cell_1/1",
        "RNN:cell/cells/lstm_cell_1/2",
        "TimeDistributed:layer/0",
        "TimeDistributed:layer/1",
    ];
    assert_eq!(found, expected);
}

#[test]
fn layers_of_one_class_are_numbered() {
    let layers: Vec<std::sync::Arc<dyn Layer>> = vec![
        std::sync::Arc::new(Lstm::new(1)),
        std::sync::Arc::new(Dense::new(1)),
        std::sync::Arc::new(Lstm::new(1)),
    ];
    let tree = WeightTree::list(&Dense::new(1), "layers", &layers);
    let places: Vec<&str> = tree.parts.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["layers/lstm", "layers/dense", "layers/lstm_1"]);
}
