use super::*;

#[test]
fn broadcasting_follows_numpy() {
    let joined = broadcast("add", &Shape::known(&[2, 1, 4]), &Shape::known(&[3, 1])).unwrap();
    assert_eq!(joined, Shape::known(&[2, 3, 4]));
    assert_eq!(broadcast("add", &Shape::scalar(), &Shape::known(&[5])).unwrap(), Shape::known(&[5]));
}

#[test]
fn an_unknown_size_takes_the_known_one() {
    let joined = broadcast("add", &Shape::new([None, Some(4)]), &Shape::known(&[7, 1])).unwrap();
    assert_eq!(joined, Shape::known(&[7, 4]));
}

#[test]
fn clashing_sizes_are_an_error_that_shows_both_shapes() {
    let error = broadcast("add", &Shape::known(&[2, 3]), &Shape::known(&[2, 4])).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(
        error.to_string(),
        "add: expected shapes that broadcast (equal sizes or 1), got [2, 3] and [2, 4]"
    );
}

#[test]
fn strides_are_row_major() {
    assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
    assert_eq!(strides(&[]), [0usize; 0]);
}

#[test]
fn accepts_compares_known_sizes_only() {
    let declared = Shape::new([None, None, Some(8)]);
    assert!(declared.accepts(&[3, 5, 8]));
    assert!(!declared.accepts(&[3, 5, 7]));
    assert!(!declared.accepts(&[3, 8]));
}
