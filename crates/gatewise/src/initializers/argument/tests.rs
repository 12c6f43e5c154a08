use ndarray::{ArrayD, array};
use serde_json::{Value, json};

use super::*;
use crate::initializers::{InitializerRandom, Orthogonal, RandomNormal};

fn initialize(argument: impl Into<InitializerArgument>, shape: &[usize]) -> Result<ArrayD<f32>> {
    argument.into().resolve()?.initialize(shape, &mut InitializerRandom::new(1, 2))
}

#[test]
fn a_name_an_instance_and_an_array_are_accepted() {
    assert_eq!(initialize("ones", &[2]).unwrap(), array![1.0, 1.0].into_dyn());
    assert_eq!(initialize(String::from("zeros"), &[1]).unwrap(), array![0.0].into_dyn());
    assert_eq!(initialize(Orthogonal::default(), &[2, 3]).unwrap().shape(), [2, 3]);
    assert_eq!(initialize(array![[1.0, 2.0]], &[1, 2]).unwrap(), array![[1.0, 2.0]].into_dyn());
    assert_eq!(initialize(get("ones").unwrap(), &[1]).unwrap(), array![1.0].into_dyn());
}

#[test]
fn an_initializer_of_the_users_own_is_accepted() {
    #[derive(Debug)]
    struct Countdown;

    impl Initializer for Countdown {
        fn class_name(&self) -> &str {
            "Countdown"
        }

        fn config(&self) -> Value {
            json!({})
        }

        fn initialize(&self, shape: &[usize], _: &mut InitializerRandom) -> Result<ArrayD<f32>> {
            let mut left = shape.iter().product::<usize>() as f32;
            Ok(ArrayD::from_shape_simple_fn(shape, || {
                left -= 1.0;
                left
            }))
        }
    }

    assert_eq!(initialize(Countdown, &[3]).unwrap(), array![2.0, 1.0, 0.0].into_dyn());
}

#[test]
fn mistakes_are_reported_when_the_argument_is_resolved() {
    let unknown = InitializerArgument::from("xavier");
    assert!(unknown.resolve().unwrap_err().is_argument());
    let negative = InitializerArgument::from(RandomNormal { stddev: -1.0, ..RandomNormal::default() });
    assert_eq!(
        negative.resolve().unwrap_err().to_string(),
        "RandomNormal: `stddev` must be at least 0 and finite, got -1"
    );
}
