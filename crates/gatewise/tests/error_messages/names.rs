//! Names that stand for something, and what they are when nothing has them.

use gatewise::layers::{Dense, Input, LayerOptions, Lstm};
use gatewise::{Compile, Error, Sequential};

use super::{error, model};

/// What adding a layer to a model of inputs `[batch, 5, 4]` reports.
fn adding(layer: Lstm) -> Error {
    let mut model = Sequential::new();
    model.add(Input::new([Some(5), Some(4)])).unwrap();
    error(model.add(layer.with_name("lstm_1")))
}

#[test]
fn an_unknown_activation() {
    let error = adding(Lstm::new(3).activation("tanhh"));
    let text = "lstm_1: unknown activation \"tanhh\", expected one of: linear, tanh, sigmoid, hard_sigmoid, \
                hard_sigmoid_keras2, relu, \
                relu6, leaky_relu, elu, selu, celu, gelu, silu, swish, hard_silu, hard_swish, mish, softplus, \
                softsign, softmax, log_softmax, exponential, log_sigmoid, hard_tanh, tanh_shrink, soft_shrink, \
                hard_shrink, squareplus, sparse_plus, sparse_sigmoid, sparsemax, glu";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
    assert_eq!(adding(Lstm::new(3).recurrent_activation("tanhh")), error);
}

#[test]
fn an_unknown_initializer() {
    let error = adding(Lstm::new(3).kernel_initializer("glorot"));
    let text = "lstm_1: `kernel_initializer`: expected one of zeros, ones, constant, identity, random_normal, truncated_normal, \
                random_uniform, variance_scaling, glorot_uniform, glorot_normal, he_uniform, he_normal, \
                lecun_uniform, lecun_normal, orthogonal, got \"glorot\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_regularizer() {
    let error = adding(Lstm::new(3).kernel_regularizer("l3"));
    let text = "lstm_1: `kernel_regularizer`: expected one of l1, l2, l1l2, l1_l2, orthogonal_regularizer, got \"l3\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_constraint() {
    let error = adding(Lstm::new(3).recurrent_constraint("small"));
    let text = "lstm_1: `recurrent_constraint`: expected one of max_norm, non_neg, unit_norm, min_max_norm, got \"small\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_optimizer() {
    let error = error(model().compile(Compile::new("adamm", "mse")));
    let text = "optimizer: expected one of adam, sgd, rmsprop, adagrad, adadelta, adamax, adamw, nadam, adafactor, ftrl, lamb, schedulefreeadamw, muon, lossscaleoptimizer, lion, got \"adamm\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_loss() {
    let error = error(model().compile(Compile::new("adam", "mes")));
    let text = "loss: expected one of mean_squared_error, mean_absolute_error, mean_absolute_percentage_error, \
                mean_squared_logarithmic_error, huber, log_cosh, cosine_similarity, quantile, binary_crossentropy, \
                binary_focal_crossentropy, categorical_crossentropy, categorical_focal_crossentropy, \
                sparse_categorical_crossentropy, categorical_generalized_cross_entropy, crossentropy, kl_divergence, \
                poisson, hinge, squared_hinge, categorical_hinge, dice, tversky, circle, ctc, got \"mes\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_metric() {
    let error = error(model().compile(Compile::new("adam", "mse").metrics(["accurate"])));
    let text = "metric: expected one of mse, rmse, mae, mape, msle, log_cosh_error, accuracy, binary_accuracy, \
                categorical_accuracy, sparse_categorical_accuracy, top_k_categorical_accuracy, \
                sparse_top_k_categorical_accuracy, bce, categorical_crossentropy, sparse_categorical_crossentropy, \
                kl_divergence, poisson, hinge, squared_hinge, categorical_hinge, cosine_similarity, \
                pearson_correlation, concordance_correlation, true_positives, false_positives, true_negatives, \
                false_negatives, precision, recall, auc, sensitivity_at_specificity, specificity_at_sensitivity, \
                precision_at_recall, recall_at_precision, f1_score, f_beta_score, r2_score, perplexity, got \"accurate\"";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn an_unknown_layer() {
    let model = model();
    let error = error(model.get_layer("lstm_7").map(|_| ()));
    assert_eq!(error.to_string(), "sequential: there is no layer \"lstm_7\", the layers are: lstm, dense");
    assert!(error.is_argument());
}

#[test]
fn a_name_that_is_taken() {
    let mut model = model();
    let error = error(model.add(Dense::new(2).with_name("lstm")));
    let text = "sequential: a layer named \"lstm\" is in the model already; give this one another name";
    assert_eq!(error.to_string(), text);
    assert!(error.is_argument());
}

#[test]
fn a_name_with_a_slash() {
    let mut model = model();
    let error = error(model.add(Dense::new(2).with_name("a/b")));
    assert_eq!(error.to_string(), "layer: `name` must not be empty or contain \"/\", got \"a/b\"");
    assert!(error.is_argument());
}
