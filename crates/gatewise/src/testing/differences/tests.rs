use std::convert::Infallible;

use super::*;

#[test]
fn differences_give_the_slope_of_a_polynomial() {
    let cubes = |arrays: &[ArrayD<f64>]| Ok::<_, Infallible>(arrays[0].iter().map(|x| x * x * x).sum());
    let mut arrays = [ArrayD::from_shape_vec(IxDyn(&[2]), vec![2.0, -1.0]).unwrap()];
    let Ok(slopes) = slopes(&mut arrays, 0, cubes);
    assert!((slopes[0] - 12.0).abs() < 1e-9 && (slopes[1] - 3.0).abs() < 1e-9, "{slopes:?}");
}

#[test]
fn differences_leave_the_arrays_as_they_were() {
    let mut arrays = [numbers_from(&[3], 0)];
    let Ok(_) = slopes(&mut arrays, 0, |arrays| Ok::<_, Infallible>(arrays[0].sum()));
    assert_eq!(arrays, [numbers_from(&[3], 0)]);
}
