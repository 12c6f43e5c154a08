use ndarray::{arr0, array};

use crate::builder::{Builder, Mode};

#[test]
fn the_array_comes_out_as_it_went_in() {
    for numbers in [array![[1.0, -0.5], [0.1, f32::NAN]].into_dyn(), arr0(3.0).into_dyn()] {
        let b = Builder::new(Mode::Inference);
        let value = b.literal(&numbers.t().to_owned()).unwrap();
        let bits = |numbers: &ndarray::ArrayD<f32>| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let got = b.evaluate(&[value], &[]).unwrap().remove(0);
        assert_eq!(
            bits(&got),
            bits(&numbers.t().to_owned()),
            "an array in another order is read by its indices"
        );
        assert_eq!(b.evaluate_reference(&[value], &[]).unwrap()[0].shape(), numbers.shape());
    }
}
