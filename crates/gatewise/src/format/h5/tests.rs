use super::*;

fn written() -> Vec<u8> {
    let mut root = Node::default();
    root.set("version", Attribute::Text("3.15.1".into()));
    root.set("config", Attribute::Bytes("x".repeat(200_000)));
    root.set("names", Attribute::List(vec!["one".into(), "zwölf".into()]));
    root.set("none", Attribute::List(Vec::new()));
    root.group("a/b/vars").set("name", Attribute::Text("part".into()));
    root.numbers("a/b/vars/10", &[2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, -0.0]);
    root.numbers("a/b/vars/scalar", &[], vec![0.5]);
    root.integer("a/iteration", i64::MAX);
    root.into_file().unwrap()
}

#[test]
fn what_was_written_is_read() {
    let tree = Tree::open(written()).unwrap();
    assert_eq!(tree.arrays().collect::<Vec<_>>(), ["a/b/vars/10", "a/b/vars/scalar", "a/iteration"]);
    assert!(tree.has_group("a/b/vars") && tree.has_group("") && !tree.has_group("a/c"));
    assert_eq!(tree.text("", "version").unwrap().as_deref(), Some("3.15.1"));
    assert_eq!(tree.text("", "config").unwrap().map(|text| text.len()), Some(200_000));
    assert_eq!(tree.text("a/b/vars", "name").unwrap().as_deref(), Some("part"));
    assert_eq!(tree.text("", "nothing").unwrap(), None);
    assert_eq!(tree.texts("", "names").unwrap().unwrap(), ["one", "zwölf"]);
    assert_eq!(tree.texts("", "none").unwrap().unwrap(), [""; 0]);
    assert!(tree.text("", "names").is_err() && tree.texts("", "version").is_err());

    let array = tree.array("a/b/vars/10").unwrap();
    assert_eq!((array.shape().unwrap(), array.element_type().unwrap()), (vec![2, 3], ElementType::Float32));
    let mut numbers = [0.0; 6];
    array.read(&mut numbers).unwrap();
    assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0, 0.0]);
    let mut scalar = [0.0];
    tree.array("a/b/vars/scalar").unwrap().read(&mut scalar).unwrap();
    assert_eq!(scalar, [0.5]);
    assert_eq!(tree.array("a/iteration").unwrap().integer().unwrap(), i64::MAX);
    assert!(tree.array("a/b/vars/10").unwrap().integer().is_err());
}

#[test]
fn an_array_of_many_rows_is_read_block_by_block() {
    let numbers: Vec<f32> = (0..3 * BLOCK + 5).map(|i| i as f32).collect();
    for shape in [vec![numbers.len()], vec![1, numbers.len()]] {
        let mut root = Node::default();
        root.numbers("x", &shape, numbers.clone());
        let tree = Tree::open(root.into_file().unwrap()).unwrap();
        let mut read = vec![0.0; numbers.len()];
        tree.array("x").unwrap().read(&mut read).unwrap();
        assert_eq!(read, numbers);
    }
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    assert_eq!(written(), written());
}

#[test]
fn every_cut_of_a_file_is_an_error_or_a_smaller_tree_and_no_panic() {
    let bytes = written();
    let whole = Tree::open(bytes.clone()).unwrap().arrays().count();
    for length in (0..bytes.len().min(4000)).chain([bytes.len() - 1]) {
        if let Ok(tree) = Tree::open(bytes[..length].to_vec()) {
            assert!(tree.arrays().count() <= whole);
        }
    }
    let error = Tree::open(b"no HDF5".to_vec()).unwrap_err();
    assert!(error.is_format(), "{error}");
}
