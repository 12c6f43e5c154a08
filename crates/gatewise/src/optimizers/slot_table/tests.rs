use ndarray::array;

use super::*;

fn table() -> SlotTable {
    let variable = |name: &str, shape: &[usize]| Variable { name: name.to_owned(), shape: shape.to_vec() };
    let variables = [variable("lstm/kernel", &[1, 2]), variable("lstm/bias", &[2])];
    let blocks = [SlotBlock::zeros(&["momentum", "velocity"]), SlotBlock::new([("hat", 0.5)])];
    SlotTable::new(&variables, &blocks, |slot, Variable { name, shape }| {
        Some(SlotForm::like_weight(slot, name, shape))
    })
}

fn saved(table: &SlotTable) -> Vec<OptimizerVariable> {
    let mut state = Vec::new();
    table.save(&mut state);
    state
}

fn values(table: &SlotTable) -> Vec<OptimizerValue> {
    saved(table).into_iter().map(|variable| variable.value).collect()
}

#[test]
fn slots_of_a_block_are_interleaved_and_blocks_follow_each_other() {
    let names: Vec<String> = saved(&table()).into_iter().map(|variable| variable.name).collect();
    let expected = [
        "lstm_kernel_momentum",
        "lstm_kernel_velocity",
        "lstm_bias_momentum",
        "lstm_bias_velocity",
        "lstm_kernel_hat",
        "lstm_bias_hat",
    ];
    assert_eq!(names, expected);
    assert_eq!(table().len(), 6);
}

#[test]
fn slots_start_at_their_initial_value_in_the_shape_of_the_weight() {
    let values = values(&table());
    assert_eq!(values[0], OptimizerValue::Array(array![[0.0, 0.0]].into_dyn()));
    assert_eq!(values[5], OptimizerValue::Array(array![0.5, 0.5].into_dyn()));
}

#[test]
fn slots_are_handed_out_in_the_order_of_their_names() {
    let mut table = table();
    let mut slots = table.of(1);
    slots.take().fill(1.0);
    slots.take().fill(2.0);
    slots.take().fill(3.0);
    let values = values(&table);
    for (index, value) in [(2, 1.0), (3, 2.0), (5, 3.0)] {
        assert_eq!(values[index], OptimizerValue::Array(array![value, value].into_dyn()));
    }
}

#[test]
fn what_was_saved_can_be_loaded() {
    let mut source = table();
    for variable in 0..2 {
        let mut slots = source.of(variable);
        for slot in 0..3 {
            slots.take().copy_from_slice(&[variable as f32, slot as f32]);
        }
    }
    let state = values(&source);
    let mut target = table();
    target.check("Adam", &state).unwrap();
    target.load(&state);
    assert_eq!(values(&target), state);
}

#[test]
fn arrays_of_another_shape_are_errors_that_name_the_slot() {
    let mut state = values(&table());
    state[3] = OptimizerValue::Array(array![0.0].into_dyn());
    assert_eq!(
        table().check("Adam", &state).unwrap_err().to_string(),
        "Adam: expected `lstm_bias_velocity` [2], got [1]"
    );
    state[3] = OptimizerValue::Integer(3);
    assert!(table().check("Adam", &state).unwrap_err().is_shape());
}

#[test]
fn a_slot_may_have_another_shape_or_be_missing_for_some_weights() {
    let variables = [("kernel", vec![2, 3]), ("bias", vec![3])]
        .map(|(name, shape)| Variable { name: name.to_owned(), shape });
    let rows = |slot: &'static str, Variable { name, shape }: &Variable| {
        (slot != "rows" || shape.len() == 2).then(|| SlotForm {
            name: format!("{name}_{slot}"),
            shape: if slot == "rows" { vec![shape[0]] } else { shape.clone() },
        })
    };
    let mut table = SlotTable::new(&variables, &[SlotBlock::zeros(&["rows", "mean"])], rows);
    let names: Vec<String> = saved(&table).into_iter().map(|variable| variable.name).collect();
    assert_eq!(names, ["kernel_rows", "kernel_mean", "bias_mean"]);
    let mut slots = table.of(0);
    assert_eq!((slots.take().len(), slots.take().len(), slots.shape()), (2, 6, &[2, 3][..]));
    assert_eq!(table.of(1).take().len(), 3);
}

#[test]
fn shared_numbers_have_no_axes() {
    let table = SlotTable::shared(&[SlotBlock::new([("variable", 2.5)])]);
    assert_eq!(values(&table), [OptimizerValue::Array(ndarray::arr0(2.5).into_dyn())]);
    assert_eq!(SlotTable::shared(&[]).first().len(), 0);
}
