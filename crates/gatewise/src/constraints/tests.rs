use ndarray::array;
use serde_json::json;

use super::*;

const NAMES: [(&str, &str); 4] = [
    ("max_norm", "MaxNorm"),
    ("non_neg", "NonNeg"),
    ("unit_norm", "UnitNorm"),
    ("min_max_norm", "MinMaxNorm"),
];

#[test]
fn snake_case_and_class_names_mean_the_same() {
    for (name, class_name) in NAMES {
        assert_eq!(get(name).unwrap().class_name(), class_name);
        assert_eq!(get(class_name).unwrap().class_name(), class_name);
    }
}

#[test]
fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
    let error = ConstraintArgument::from("maxnorm").resolve().unwrap_err();
    assert!(error.is_argument());
    insta::assert_snapshot!(
        error,
        @r#"constraint: expected one of max_norm, non_neg, unit_norm, min_max_norm, got "maxnorm""#
    );
}

#[test]
fn what_keras_serializes_can_be_read_and_is_written_again() {
    for (name, class_name) in NAMES {
        let written = serialize(&*get(name).unwrap());
        assert_eq!(
            (&written["module"], &written["class_name"]),
            (&json!("keras.constraints"), &json!(class_name))
        );
        assert_eq!(serialize(&*deserialize(&written).unwrap()), written);
    }
    for axis in [json!(1), json!([0, 1]), json!(null)] {
        let keras = json!({"class_name": "MaxNorm", "config": {"max_value": 2, "axis": axis}});
        assert_eq!(deserialize(&keras).unwrap().config(), json!({"max_value": 2.0, "axis": axis}));
    }
}

#[test]
fn arguments_that_do_not_exist_are_errors() {
    for class_name in ["MaxNorm", "NonNeg"] {
        let keras = json!({"class_name": class_name, "config": {"m": 2}});
        assert_eq!(
            deserialize(&keras).unwrap_err().to_string(),
            format!("{class_name}: there is no argument `m`")
        );
    }
}

#[test]
fn negative_weights_become_zero_and_nan_stays() {
    let mut weights = array![-1.0, 0.0, 2.5, f32::NAN].into_dyn();
    NonNeg.apply(&mut weights.view_mut()).unwrap();
    assert_eq!(weights.as_slice().unwrap()[..3], [0.0, 0.0, 2.5]);
    assert!(weights[3].is_nan());
}

#[test]
fn a_constraint_of_the_users_own_is_accepted() {
    #[derive(Debug)]
    struct Frozen;

    impl Constraint for Frozen {
        fn class_name(&self) -> &str {
            "Frozen"
        }

        fn config(&self) -> Value {
            json!({})
        }

        fn apply(&self, weights: &mut ArrayViewMutD<'_, f32>) -> Result<()> {
            weights.fill(7.0);
            Ok(())
        }
    }

    let mut weights = array![1.0, 2.0].into_dyn();
    ConstraintArgument::from(Frozen).resolve().unwrap().apply(&mut weights.view_mut()).unwrap();
    assert_eq!(weights, array![7.0, 7.0].into_dyn());
}
