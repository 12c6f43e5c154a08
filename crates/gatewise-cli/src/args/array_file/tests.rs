use super::*;

#[test]
fn a_name_stands_before_the_first_equals_sign_and_has_no_slash() {
    let parse = |text: &str| {
        let Ok(file) = text.parse::<ArrayFile>();
        (file.name, file.path.display().to_string())
    };
    assert_eq!(parse("x.npy"), (None, "x.npy".into()));
    assert_eq!(parse("left=a/x.npy"), (Some("left".into()), "a/x.npy".into()));
    assert_eq!(parse("left=a=b.npy"), (Some("left".into()), "a=b.npy".into()));
    assert_eq!(parse("./a=b.npy"), (None, "./a=b.npy".into()));
    assert_eq!(parse("=b.npy"), (None, "=b.npy".into()));
}
