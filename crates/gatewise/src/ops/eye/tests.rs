use crate::builder::{Builder, Mode};

#[test]
fn ones_lie_on_the_diagonal() {
    let b = Builder::new(Mode::Inference);
    let eye = b.eye(3).unwrap();
    let got = b.evaluate(&[eye], &[]).unwrap();
    let expected = ndarray::Array2::<f32>::eye(3).into_dyn();
    assert_eq!(got[0], expected);
    assert_eq!(b.evaluate_reference(&[eye], &[]).unwrap()[0], expected.mapv(f64::from));
}
