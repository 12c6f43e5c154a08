use ndarray::{ArrayD, arr2};

use crate::model::StreamState;

fn state() -> StreamState {
    let parts = vec![
        ("lstm/h".to_owned(), arr2(&[[0.5, -1.25]]).into_dyn()),
        ("b".to_owned(), ArrayD::zeros(vec![1, 3])),
    ];
    StreamState { parts: Some(parts) }
}

/// The states by path, whatever their order.
fn sorted(state: &StreamState) -> Vec<(&str, &ArrayD<f32>)> {
    let mut parts: Vec<_> = state.parts().collect();
    parts.sort_by_key(|(path, _)| path.to_owned());
    parts
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    state().save(&path).unwrap();
    assert_eq!(sorted(&StreamState::load(&path).unwrap()), sorted(&state()));
    let empty = StreamState { parts: Some(Vec::new()) };
    for state in [StreamState::new(), empty] {
        state.save(&path).unwrap();
        assert_eq!(StreamState::load(&path).unwrap(), state);
    }
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    assert!(StreamState::load(&path).unwrap_err().is_io());
    assert!(StreamState::new().save(folder.path().join("state.txt")).unwrap_err().is_argument());
    state().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for len in 0..bytes.len() {
        std::fs::write(&path, &bytes[..len]).unwrap();
        assert!(StreamState::load(&path).unwrap_err().is_format(), "cut at {len}");
    }
    let mut model = crate::Sequential::new();
    model.add(crate::layers::Input::new([None, Some(2)])).unwrap();
    model.add(crate::layers::Lstm::new(3)).unwrap();
    model.save(&path).unwrap();
    let text = StreamState::load(&path).unwrap_err().to_string();
    assert!(text.contains("expected \"gatewise stream state\" version \"1\", got \"gatewise\""), "{text}");
    let text = crate::Sequential::load(&path).and_then(|_| {
        state().save(&path)?;
        crate::Sequential::load(&path)
    });
    let text = text.unwrap_err().to_string();
    assert!(text.contains("it was not written by `save`"), "{text}");
}
