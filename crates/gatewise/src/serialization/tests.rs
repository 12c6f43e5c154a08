use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Example {
    size: f64,
    seed: Option<u64>,
}

impl Default for Example {
    fn default() -> Self {
        Self { size: 2.0, seed: None }
    }
}

fn example(config: Value) -> Result<Example> {
    from_config("Example", config.as_object().unwrap().clone())
}

#[test]
fn the_envelope_is_that_of_keras() {
    let text = serde_json::to_string(&wrap("keras.initializers", "Example", config_of(&Example::default())));
    insta::assert_snapshot!(
        text.unwrap(),
        @r#"{"module":"keras.initializers","class_name":"Example","config":{"size":2.0,"seed":null},"registered_name":null}"#
    );
}

#[test]
fn what_was_wrapped_can_be_unwrapped() {
    let value = wrap("keras.initializers", "Example", json!({"size": 1.0}));
    let (class_name, config) = unwrap("example", &value).unwrap();
    assert_eq!(class_name, "Example");
    assert_eq!(Value::from(config), json!({"size": 1.0}));
}

#[test]
fn a_bare_name_and_an_absent_config_mean_the_defaults() {
    for value in
        [json!("Example"), json!({"class_name": "Example"}), json!({"class_name": "Example", "config": null})]
    {
        let (class_name, config) = unwrap("example", &value).unwrap();
        assert_eq!((class_name, config.len()), ("Example", 0));
    }
}

#[test]
fn anything_else_is_an_error() {
    for value in [
        json!(1),
        json!(null),
        json!([]),
        json!({}),
        json!({"class_name": 1}),
        json!({"class_name": "A", "config": 1}),
    ] {
        let error = unwrap("example", &value).unwrap_err();
        assert!(error.is_argument());
        assert!(error.to_string().starts_with("example: expected a name or an object"), "{error}");
    }
}

#[test]
fn absent_arguments_have_their_defaults_and_integers_serve_as_floats() {
    assert_eq!(example(json!({})).unwrap(), Example::default());
    assert_eq!(example(json!({"size": 3, "seed": 7})).unwrap(), Example { size: 3.0, seed: Some(7) });
}

#[test]
fn unknown_arguments_and_wrong_types_are_errors() {
    assert_eq!(example(json!({"sise": 3})).unwrap_err().to_string(), "Example: there is no argument `sise`");
    assert!(example(json!({"size": null})).unwrap_err().is_argument());
    assert!(example(json!({"seed": -1})).unwrap_err().is_argument());
    assert!(no_config("Example", &Map::new()).is_ok());
    let one = json!({"a": 1}).as_object().unwrap().clone();
    assert_eq!(no_config("Example", &one).unwrap_err().to_string(), "Example: there is no argument `a`");
}

#[test]
fn a_class_is_found_by_each_of_its_names() {
    let classes = [
        Class { names: &["one", "One"], create: |_| Ok(1) },
        Class { names: &["two", "Two"], create: |_| Ok(2) },
    ];
    assert_eq!(create("number", &classes, "One", Map::new()), Ok(1));
    assert_eq!(create("number", &classes, "two", Map::new()), Ok(2));
    let error = create("number", &classes, "three", Map::new()).unwrap_err();
    assert_eq!(error.to_string(), "number: expected one of one, two, got \"three\"");
}
