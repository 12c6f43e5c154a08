//! Layers that join several inputs.

use gatewise::functional::Apply;
use gatewise::layers::{self, Add, Concatenate, Dot, Input, Layer, Masking, Subtract};
use gatewise::{Builder, Error, Mode};

use super::{error, zeros};

/// What calling a layer on zeros of these shapes reports.
fn calling(layer: impl Layer, shapes: &[&[usize]]) -> Error {
    error(layers::call(&layer, &shapes.iter().map(|shape| zeros(shape)).collect::<Vec<_>>(), 1))
}

#[test]
fn inputs_whose_shapes_do_not_fit() {
    let messages = [
        (
            calling(Add::new(), &[&[2, 3], &[2, 4]]),
            "add: expected shapes that broadcast (equal sizes or 1), got [2, 3] and [2, 4]",
        ),
        (
            calling(Add::new(), &[&[2, 3], &[1, 3]]),
            "add: expected inputs of one batch size, got [2, 3] and [1, 3]",
        ),
        (calling(Add::new(), &[&[], &[1, 3]]), "add: expected inputs [batch, ...], got [] and [1, 3]"),
        (
            calling(Concatenate::new(), &[&[2, 3, 4], &[2, 5, 4]]),
            "concatenate: expected inputs of equal sizes but along axis 2, got [2, 3, 4] and [2, 5, 4]",
        ),
        (
            calling(Concatenate::new(), &[&[2, 3], &[2, 3, 4]]),
            "concatenate: expected inputs of equal sizes but along axis 1, got [2, 3] and [2, 3, 4]",
        ),
        (
            calling(Dot::new((1, 2)), &[&[2, 3], &[2, 3, 4]]),
            "dot: expected equal sizes along the axes 1 and 2, got [2, 3] and [2, 3, 4]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_shape());
    }
}

#[test]
fn too_few_or_too_many_inputs() {
    let b = Builder::new(Mode::Inference);
    let messages = [
        (error(Add::new().call(&b, &[])), "add: expected at least one input, got none"),
        (
            calling(Subtract::new(), &[&[2, 3], &[2, 3], &[2, 3]]),
            "subtract: expected exactly two inputs, got 3",
        ),
        (calling(Dot::new(1), &[&[2, 3]]), "dot: expected exactly two inputs, got 1"),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn axes_that_are_not_there() {
    let messages = [
        (
            calling(Concatenate::new().axis(2), &[&[2, 3], &[2, 3]]),
            "concatenate: `axis` must be from -2 to 1 for inputs [2, 3], got 2",
        ),
        (
            calling(Dot::new((1, -3)), &[&[2, 3], &[2, 3]]),
            "dot: `axes` must be from -2 to 1 for inputs [2, 3], got -3",
        ),
        (
            calling(Dot::new(0), &[&[2, 3], &[2, 3]]),
            "dot: `axes` must not name the batch axis 0, got [0, 0] for [2, 3] and [2, 3]",
        ),
    ];
    for (error, text) in messages {
        assert_eq!(error.to_string(), text);
        assert!(error.is_argument());
    }
}

#[test]
fn masks_that_cannot_be_joined() {
    let masked = |sizes: &[usize]| {
        let x = Input::new(sizes.iter().map(|size| Some(*size)).collect::<Vec<_>>()).tensor().unwrap();
        Masking::new(0.0).apply(&x).unwrap()
    };
    let error = error(Add::new().apply([&masked(&[4, 2]), &masked(&[3, 4, 2])]));
    let text = "masks with different numbers of axes are not supported, got [None, 4] and [None, 3, 4]";
    assert!(error.to_string().ends_with(text), "{error}");
    assert!(error.is_unsupported());
}
