use super::*;
use crate::optimizers::{Adam, Optimizer, OptimizerArgument};

fn adam() -> Box<dyn Optimizer> {
    OptimizerArgument::from(Adam::default()).resolve().unwrap()
}

#[test]
fn weights_are_excluded_by_a_part_of_their_own_name() {
    let options = OptimizerOptions {
        exclude_from_weight_decay: vec!["bias".to_owned()],
        ..OptimizerOptions::default()
    };
    let exclusions = Exclusions::new(&options);
    assert!(!exclusions.decays("lstm/lstm_cell/bias"));
    assert!(exclusions.decays("lstm/lstm_cell/recurrent_kernel"));
    assert!(exclusions.decays("bias_layer/kernel"));
    assert!(Exclusions::new(&OptimizerOptions::default()).decays("bias"));
}

#[test]
fn weights_are_excluded_by_their_path() {
    let exclusions = Exclusions::of("Adam", &["lstm/kernel"], &[]).unwrap();
    assert!(!exclusions.decays("lstm/kernel"));
    assert!(exclusions.decays("dense/kernel"));
    assert!(exclusions.decays("lstm/kernel_2"));
}

#[test]
fn a_path_that_no_weight_has_is_an_error_when_weights_are_known() {
    let mut adam = adam();
    adam.exclude_from_weight_decay(&["lstm/kernal"], &[]).unwrap();
    let error = adam.build(&[("lstm/kernel", &[2]), ("lstm/bias", &[2])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Adam: `exclude_from_weight_decay`: there is no trainable weight \"lstm/kernal\", the weights are: \
         lstm/kernel, lstm/bias"
    );
}

#[test]
fn a_pattern_is_an_error() {
    let error = adam().exclude_from_weight_decay(&[], &["bias|gamma"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Adam: `exclude_from_weight_decay`: expected parts of names, got the pattern \"bias|gamma\""
    );
    let options =
        OptimizerOptions { exclude_from_weight_decay: vec!["^b".to_owned()], ..OptimizerOptions::default() };
    assert!(OptimizerArgument::from(Adam { options, ..Adam::default() }).resolve().is_err());
}

#[test]
fn it_is_too_late_once_the_optimizer_is_built() {
    let mut adam = adam();
    adam.build(&[("bias", &[2])]).unwrap();
    let error = adam.exclude_from_weight_decay(&[], &["bias"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Adam: weights can be excluded from the decay only before the optimizer is built"
    );
}
