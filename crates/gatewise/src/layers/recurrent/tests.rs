use ndarray::ArrayD;
use serde_json::json;

use super::*;
use crate::activations::Activation;
use crate::layers::{
    GruCell, Input, LayerOptions, Lstm, LstmCell, SimpleRnnCell, StackedRnnCells, deserialize, eager,
    get_config,
};
use crate::ops::{Op, testing};
use crate::sequential::Sequential;

/// Different numbers between −1 and 1.
fn numbers(shape: &[usize], start: usize) -> ArrayD<f32> {
    testing::numbers(shape, start).mapv(|x| x as f32)
}

/// The layer with weights for inputs of three features.
fn built<C: LayerCell + ?Sized + 'static>(layer: RecurrentLayer<C>) -> RecurrentLayer<C> {
    eager::build(&layer, &[Shape::new([None, None, Some(3)])], 7).unwrap();
    layer
}

fn text(result: Result<Vec<ArrayD<f32>>>) -> String {
    result.unwrap_err().to_string()
}

/// The output of the layer in training for the same inputs and weights each time.
fn training_output<C: LayerCell + ?Sized + 'static>(layer: RecurrentLayer<C>) -> ArrayD<f32> {
    let layer = built(layer);
    let (b, inputs) = (Builder::new(Mode::Training), numbers(&[3, 4, 3], 0));
    let x = Tensor::new(b.input("x", &Shape::known(inputs.shape())));
    let outputs = layer.call(&b, &[x]).unwrap();
    b.evaluate(&[outputs[0].value], &[inputs]).unwrap().remove(0)
}

#[test]
fn a_cell_of_an_lstm_computes_what_the_fused_layer_does() {
    let fused = Lstm::new(2).return_sequences(true).recurrent_activation("hard_sigmoid");
    let cell = LstmCell::new(2).recurrent_activation("hard_sigmoid");
    let (x, shape) = (numbers(&[4, 5, 3], 0), [Shape::new([None, None, Some(3)])]);
    let layer = Rnn::new(cell).return_sequences(true);
    eager::build(&fused, &shape, 1).unwrap();
    eager::build(&layer, &shape, 2).unwrap();
    for (own, variable) in layer.variables().iter().zip(fused.variables()) {
        own.assign(&variable.value()).unwrap();
    }
    let x = [x];
    let (a, b) = (eager::call(&fused, &x, 0).unwrap(), eager::call(&layer, &x, 0).unwrap());
    let worst = a[0].iter().zip(&b[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-6, "{worst}");
}

/// The outputs of a layer of two units with `weights` on sequences under a mask, or without one.
fn outputs_with<C: LayerCell + ?Sized + 'static>(
    layer: RecurrentLayer<C>,
    form: RecurrentForm,
    weights: &[ArrayD<f32>],
    has_mask: bool,
) -> Vec<ArrayD<f32>> {
    let layer = built(layer.with_form(form));
    layer.variables().iter().zip(weights).for_each(|(own, weight)| own.assign(weight).unwrap());
    let mask = numbers(&[4, 5], 70).mapv(|x| f32::from(u8::from(x > -0.3)));
    let (b, inputs) =
        (Builder::new(Mode::Inference), vec![numbers(&[4, 5, 3], 0), numbers(&[4, 2], 40), mask]);
    let x: Vec<Value> = inputs.iter().map(|input| b.input("x", &Shape::known(input.shape()))).collect();
    let sequences = Tensor { value: x[0], mask: has_mask.then_some(x[2]) };
    let outputs = layer.call(&b, &[sequences, Tensor::new(x[1])]).unwrap();
    let values: Vec<Value> = outputs.iter().map(|output| output.value).collect();
    b.evaluate(&values, &inputs).unwrap()
}

/// Asserts that a layer computes what its cell does step by step, in every form.
fn assert_fused<K: LayerKind>(make: impl Fn() -> WeightedCell<K>) {
    let layer = || RecurrentLayer::of(Arc::new(make()));
    let weights: Vec<ArrayD<f32>> =
        built(layer()).variables().iter().map(|own| numbers(own.value().shape(), 90)).collect();
    for form in 0..8 {
        let form = RecurrentForm {
            return_sequences: form & 1 > 0,
            go_backwards: form & 2 > 0,
            zero_output_for_mask: form & 4 > 0,
            return_state: true,
            ..RecurrentForm::default()
        };
        for has_mask in [false, true] {
            let fused = outputs_with(layer(), form, &weights, has_mask);
            let steps = outputs_with(Rnn::new(make()), form, &weights, has_mask);
            for (fused, steps) in fused.iter().zip(&steps) {
                let worst = fused.iter().zip(steps).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst < 1e-6, "{form:?}, {has_mask}: {worst}");
            }
        }
    }
}

#[test]
fn the_fused_layers_compute_what_their_cells_do_step_by_step() {
    assert_fused(|| SimpleRnnCell::new(2));
    assert_fused(|| SimpleRnnCell::new(2).activation("softsign").use_bias(false));
    assert_fused(|| GruCell::new(2));
    assert_fused(|| GruCell::new(2).reset_after(false));
    assert_fused(|| GruCell::new(2).recurrent_activation("hard_sigmoid").use_bias(false));
    assert_fused(|| GruCell::new(2).activation("gelu").recurrent_activation("softmax"));
}

#[test]
fn an_activation_that_no_kernel_can_take_runs_step_by_step() {
    // What remains of a row without its mean is no function of one number.
    let centred = || Activation::custom("centred", |b, x| b.sub(x, b.mean_keep(x, &[1])?));
    let layer = Gru::new(2).activation(centred());
    let (b, x) = (Builder::new(Mode::Inference), numbers(&[2, 3, 3], 0));
    let layer = built(layer);
    let y = layer.call(&b, &[Tensor::new(b.input("x", &Shape::known(x.shape())))]).unwrap()[0].value;
    assert!(b.nodes().iter().any(|node| matches!(node.op, Op::Scan(_))));
    assert_eq!(b.evaluate(&[y], &[x]).unwrap()[0].shape(), [2, 2]);
    assert_fused(|| GruCell::new(2).activation(centred()));
}

#[test]
fn every_argument_comes_back_from_the_configuration() {
    let layer = Gru::new(5)
        .activation("softsign")
        .recurrent_activation("hard_sigmoid")
        .use_bias(false)
        .reset_after(false)
        .kernel_initializer("he_uniform")
        .recurrent_initializer("glorot_normal")
        .bias_initializer("ones")
        .kernel_regularizer("l1")
        .recurrent_regularizer("l2")
        .bias_regularizer("l1l2")
        .activity_regularizer("l2")
        .kernel_constraint("max_norm")
        .recurrent_constraint("unit_norm")
        .bias_constraint("non_neg")
        .dropout(0.1)
        .recurrent_dropout(0.2)
        .seed(11)
        .return_sequences(true)
        .return_state(true)
        .go_backwards(true)
        .stateful(true)
        .unroll(true)
        .zero_output_for_mask(true)
        .implementation(1)
        .with_name("everything");
    let (config, defaults) = (get_config(&layer), get_config(&Gru::new(4)));
    let same: Vec<&String> = config.keys().filter(|key| defaults.get(*key) == config.get(*key)).collect();
    assert_eq!(same, ["trainable", "dtype"]);
    let again = deserialize(&serialize(&layer)).unwrap();
    assert_eq!(get_config(&*again), config);
    assert_eq!(config["dropout"], json!(0.1));
}

#[test]
fn the_same_seed_drops_the_same_and_another_drops_others() {
    let layer = |seed| Gru::new(4).dropout(0.5).recurrent_dropout(0.5).seed(seed);
    assert_eq!(training_output(layer(1)), training_output(layer(1)));
    assert_ne!(training_output(layer(1)), training_output(layer(2)));
    assert_ne!(training_output(layer(1)), training_output(Gru::new(4)));
}

#[test]
fn a_mask_of_dropout_is_the_same_at_every_step() {
    // Ones in, an identity as kernel and nothing of the state: the output of a step is the mask that was drawn.
    let layer = SimpleRnn::new(8)
        .activation("linear")
        .kernel_initializer("identity")
        .recurrent_initializer("zeros")
        .dropout(0.5)
        .return_sequences(true);
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[2, 5, 8]));
    eager::build(&layer, &[b.shape(x)], 0).unwrap();
    let y = layer.call(&b, &[Tensor::new(x)]).unwrap()[0].value;
    let y = b.evaluate(&[y], &[ArrayD::ones(vec![2, 5, 8])]).unwrap().remove(0);
    let first = y.index_axis(ndarray::Axis(1), 0);
    assert!(y.axis_iter(ndarray::Axis(1)).all(|step| step == first));
    assert!(first.iter().any(|x| *x == 0.0) && first.iter().any(|x| *x == 2.0), "{first}");
}

#[test]
fn cells_of_a_stack_drop_each_their_own() {
    let stack = |rate| {
        StackedRnnCells::new()
            .cell(GruCell::new(4))
            .cell(GruCell::new(4).dropout(rate).recurrent_dropout(rate))
    };
    let output = |rate| training_output(Rnn::new(stack(rate)));
    assert_ne!(output(0.5), output(0.0));
    assert_eq!(output(0.0), output(0.0));
}

#[test]
fn a_smaller_last_batch_moves_the_states_of_its_samples_only() {
    let layer = Arc::new(Rnn::new(LstmCell::new(2)).stateful(true));
    let mut model = Sequential::new().with_seed(5);
    model.add(Input::new([None, Some(3)])).unwrap().add(Arc::clone(&layer)).unwrap();
    model.predict(&numbers(&[4, 3, 3], 0)).unwrap();
    let before = layer.states().unwrap();
    model.predict(&numbers(&[2, 3, 3], 50)).unwrap();
    let after = layer.states().unwrap();
    let rows = |state: &ArrayD<f32>, range: std::ops::Range<usize>| {
        state.slice_axis(ndarray::Axis(0), ndarray::Slice::from(range)).to_owned()
    };
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(rows(before, 2..4), rows(after, 2..4));
        assert_ne!(rows(before, 0..2), rows(after, 0..2));
    }
    model.reset_states();
    assert!(layer.states().is_none());
}

#[test]
fn states_can_be_set_and_are_checked() {
    let layer = built(Gru::new(2).stateful(true));
    let x = numbers(&[2, 4, 3], 0);
    let state = numbers(&[2, 2], 30);
    let plain = Gru::new(2);
    eager::build(&plain, &[Shape::new([None, None, Some(3)])], 7).unwrap();
    let expected = eager::call(&plain, &[x.clone(), state.clone()], 0).unwrap();
    layer.reset_states_to(vec![state]).unwrap();
    assert_eq!(eager::call(&layer, &[x], 0).unwrap(), expected);
    let error = |states| layer.reset_states_to(states).unwrap_err().to_string();
    assert_eq!(error(vec![]), "gru: expected 1 states, got 0");
    let wrong = "gru: expected state 0 as [None, 2], all of one batch, got [2, 3]";
    assert_eq!(error(vec![ArrayD::zeros(vec![2, 3])]), wrong);
    let error = built(Gru::new(2)).reset_states_to(vec![]).unwrap_err();
    assert!(error.is_state(), "{error}");
}

#[test]
fn mistakes_are_reported_with_the_name_of_the_layer() {
    let call = |layer: &dyn Layer, shapes: &[&[usize]]| {
        let inputs: Vec<ArrayD<f32>> = shapes.iter().map(|shape| ArrayD::zeros(shape.to_vec())).collect();
        text(eager::call(layer, &inputs, 0))
    };
    let gru = built(Gru::new(2));
    let expected = "gru: expected inputs [batch, time, 3], got [2, 4, 5]; the layer was built for 3 features";
    assert_eq!(call(&gru, &[&[2, 4, 5]]), expected);
    assert_eq!(call(&Gru::new(2), &[&[2, 4]]), "gru: expected inputs [batch, time, features], got [2, 4]");
    assert_eq!(call(&gru, &[&[2, 4, 3], &[2, 2], &[2, 2]]), "gru: expected 1 states, got 2");
    assert_eq!(call(&gru, &[&[2, 4, 3], &[2, 3]]), "gru: expected the initial state 0 as [2, 2], got [2, 3]");
    assert_eq!(call(&Gru::new(0), &[&[2, 4, 3]]), "gru: `units` must be at least 1, got 0");
    let error = call(&SimpleRnn::new(2).dropout(1.0), &[&[2, 4, 3]]);
    assert_eq!(error, "simple_rnn: `dropout` must be at least 0 and below 1, got 1");
    let error = call(&Gru::new(2).implementation(3), &[&[2, 4, 3]]);
    assert_eq!(error, "gru: `implementation` must be 1 or 2, got 3");
    let error = call(&Gru::new(2).recurrent_activation("glu"), &[&[2, 4, 3]]);
    assert_eq!(error, "gru: the activation \"glu\" halves the width and cannot be used inside a cell");
    let error = call(&Rnn::new(StackedRnnCells::new()), &[&[2, 4, 3]]);
    assert_eq!(error, "stacked_rnn_cells: a stack needs at least one cell, got none");
    let error = call(&LstmCell::new(2), &[&[2, 3], &[2, 2]]);
    assert_eq!(error, "lstm_cell: expected the inputs of a step and 2 states, got 1 states");
}

#[test]
fn unrolling_needs_to_know_the_number_of_steps() {
    let mut model = Sequential::new();
    let error = model.add(Input::new([None, Some(3)])).unwrap().add(Gru::new(2).unroll(true)).unwrap_err();
    assert!(error.to_string().contains("`unroll` needs a known number of time steps"), "{error}");
}

#[test]
fn a_layer_and_a_cell_can_be_frozen() {
    let cell = Arc::new(GruCell::new(2));
    let mut model = Sequential::new().with_seed(1);
    model.add(Input::new([None, Some(3)])).unwrap().add(Rnn::new(Arc::clone(&cell))).unwrap();
    cell.base().set_trainable(false);
    assert!(model.summary().contains("Trainable params: 0 (0.00 B)"), "{}", model.summary());
}
