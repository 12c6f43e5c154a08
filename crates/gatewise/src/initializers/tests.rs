use std::sync::Arc;

use serde_json::json;

use super::*;

const NAMES: [&str; 15] = [
    "zeros",
    "ones",
    "constant",
    "identity",
    "random_normal",
    "truncated_normal",
    "random_uniform",
    "variance_scaling",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
];

/// The initializers that draw numbers.
fn random_ones() -> impl Iterator<Item = Arc<dyn Initializer>> {
    NAMES[4..].iter().map(|name| get(name).unwrap())
}

fn values(initializer: &dyn Initializer, seed: u64, stream: u64) -> ArrayD<f32> {
    initializer.initialize(&[4, 6], &mut InitializerRandom::new(seed, stream)).unwrap()
}

#[test]
fn snake_case_and_class_names_mean_the_same() {
    for name in NAMES {
        let initializer = get(name).unwrap();
        assert_eq!(get(initializer.class_name()).unwrap().class_name(), initializer.class_name());
    }
    for (alias, class_name) in
        [("zero", "Zeros"), ("one", "Ones"), ("normal", "RandomNormal"), ("uniform", "RandomUniform")]
    {
        assert_eq!(get(alias).unwrap().class_name(), class_name);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let error = get("glorot").unwrap_err();
    assert!(error.is_argument());
    insta::assert_snapshot!(error, @r#"initializer: expected one of zeros, ones, constant, identity, random_normal, truncated_normal, random_uniform, variance_scaling, glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, got "glorot""#);
}

#[test]
fn what_keras_serializes_can_be_read_and_is_written_again() {
    for name in NAMES {
        let written = serialize(&*get(name).unwrap());
        assert_eq!(written["module"], "keras.initializers");
        assert_eq!(written["registered_name"], Value::Null);
        assert_eq!(serialize(&*deserialize(&written).unwrap()), written);
    }
    let keras = json!({
        "module": "keras.initializers", "class_name": "VarianceScaling", "registered_name": null,
        "config": {"seed": 3, "scale": 2, "mode": "fan_avg", "distribution": "normal",
                   "input_axes": null, "output_axes": [-1, 0]}
    });
    let error = deserialize(&keras).unwrap_err();
    assert_eq!(error.to_string(), "VarianceScaling: `input_axes` and `output_axes` must be given together");

    let mut keras = keras;
    keras["config"]["output_axes"] = Value::Null;
    let read = serialize(&*deserialize(&keras).unwrap());
    assert_eq!(read["config"]["distribution"], "truncated_normal");
    assert_eq!(read["config"]["scale"], 2.0);
    assert_eq!(read["config"]["seed"], 3);
}

#[test]
fn an_argument_that_does_not_exist_or_fit_is_an_error() {
    let message = |config: Value| {
        deserialize(&json!({"class_name": "Orthogonal", "config": config})).unwrap_err().to_string()
    };
    assert_eq!(message(json!({"gian": 1.0})), "Orthogonal: there is no argument `gian`");
    assert_eq!(message(json!({"gain": "x"})), "Orthogonal: invalid type: string \"x\", expected f64");
    assert_eq!(
        deserialize(&json!({"class_name": "Zeros", "config": {"value": 1}})).unwrap_err().to_string(),
        "Zeros: there is no argument `value`"
    );
}

#[test]
fn the_same_seed_and_stream_give_the_same_values_and_others_give_others() {
    for initializer in random_ones() {
        let base = values(&*initializer, 1, 2);
        assert_eq!(values(&*initializer, 1, 2), base, "{initializer:?}");
        assert_ne!(values(&*initializer, 2, 2), base, "{initializer:?}");
        assert_ne!(values(&*initializer, 1, 3), base, "{initializer:?}");
    }
}

#[test]
fn an_unseeded_initializer_gives_each_weight_other_values() {
    for initializer in random_ones() {
        let mut random = InitializerRandom::new(1, 2);
        let first = initializer.initialize(&[4, 6], &mut random).unwrap();
        assert_ne!(initializer.initialize(&[4, 6], &mut random).unwrap(), first, "{initializer:?}");
    }
}

#[test]
fn a_seeded_initializer_gives_the_same_values_on_every_call_and_in_every_model() {
    for initializer in random_ones() {
        let mut config = serialize(&*initializer);
        config["config"]["seed"] = json!(5);
        let seeded = deserialize(&config).unwrap();
        let mut random = InitializerRandom::new(1, 2);
        let first = seeded.initialize(&[4, 6], &mut random).unwrap();
        assert_eq!(seeded.initialize(&[4, 6], &mut random).unwrap(), first, "{seeded:?}");
        assert_eq!(values(&*seeded, 9, 9), first, "{seeded:?}");
    }
}

#[test]
fn empty_weights_are_filled_without_ado() {
    for name in NAMES {
        for shape in [[0, 3], [3, 0], [0, 0]] {
            let weight = get(name).unwrap().initialize(&shape, &mut InitializerRandom::new(1, 2)).unwrap();
            assert_eq!(weight.shape(), shape, "{name}");
        }
    }
}

#[test]
fn a_shape_beyond_all_memory_is_an_error() {
    let error = Zeros.initialize(&[usize::MAX, 2], &mut InitializerRandom::new(1, 2)).unwrap_err();
    assert!(error.is_shape());
}
