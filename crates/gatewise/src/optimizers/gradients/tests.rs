use super::*;

fn variables(lens: &[usize]) -> Vec<Variable> {
    lens.iter().map(|&len| Variable { name: "weight".to_owned(), shape: vec![len] }).collect()
}

/// What the rule sees of the gradients of one step.
fn seen(options: &OptimizerOptions, given: &[&[f32]]) -> Vec<Vec<f32>> {
    let lens: Vec<usize> = given.iter().map(|gradient| gradient.len()).collect();
    let mut gradients = Gradients::new(options, &variables(&lens));
    let given: Vec<Gradient<'_>> = given.iter().map(|gradient| Gradient::Dense(gradient)).collect();
    assert!(gradients.take(0, &variables(&lens), &given));
    let whole = |(index, gradient): (usize, &Gradient<'_>)| {
        gradients.ready(index, *gradient, 0..lens[index]).to_vec()
    };
    given.iter().enumerate().map(whole).collect()
}

#[test]
fn without_options_gradients_are_passed_on_without_a_copy() {
    let numbers = [1.0, 2.0];
    let given = Gradient::Dense(&numbers);
    let mut gradients = Gradients::new(&OptimizerOptions::default(), &variables(&[2]));
    assert!(gradients.take(0, &variables(&[2]), &[given]));
    assert!(std::ptr::eq(gradients.ready(0, given, 0..2), &numbers[..]));
}

#[test]
fn the_norm_of_each_gradient_is_clipped_by_itself() {
    let options = OptimizerOptions { clipnorm: Some(1.0), ..OptimizerOptions::default() };
    let seen = seen(&options, &[&[3.0, 4.0], &[0.3, 0.4]]);
    assert_eq!(seen, [vec![0.6, 0.8], vec![0.3, 0.4]]);
}

#[test]
fn the_norm_of_all_gradients_is_clipped_together() {
    let options = OptimizerOptions { global_clipnorm: Some(2.5), ..OptimizerOptions::default() };
    assert_eq!(seen(&options, &[&[3.0], &[4.0]]), [[1.5], [2.0]]);
    assert_eq!(seen(&options, &[&[0.5], &[1.0]]), [[0.5], [1.0]]);
    assert_eq!(seen(&options, &[&[0.0], &[0.0]]), [[0.0], [0.0]]);
}

#[test]
fn each_element_is_clipped_by_value() {
    let options = OptimizerOptions { clipvalue: Some(0.5), ..OptimizerOptions::default() };
    assert_eq!(seen(&options, &[&[-3.0, 0.25, 0.75]]), [[-0.5, 0.25, 0.5]]);
}

#[test]
fn gradients_that_are_no_numbers_are_not_hidden_by_clipping() {
    let given: [&[f32]; 2] = [&[f32::NAN, 1.0], &[2.0]];
    let nan = |options: &OptimizerOptions| {
        seen(options, &given).concat().iter().map(|value| value.is_nan()).collect::<Vec<_>>()
    };
    let norm = OptimizerOptions { clipnorm: Some(1.0), ..OptimizerOptions::default() };
    assert_eq!(nan(&norm), [true, true, false]);
    let global = OptimizerOptions { global_clipnorm: Some(1.0), ..OptimizerOptions::default() };
    assert_eq!(nan(&global), [true, true, true]);
    let value = OptimizerOptions { clipvalue: Some(1.0), ..OptimizerOptions::default() };
    assert_eq!(nan(&value), [true, false, false]);
    assert!(global_factor(f32::INFINITY, 1.0).is_nan());
}

#[test]
fn accumulated_gradients_are_averaged_before_they_are_clipped() {
    let options = OptimizerOptions {
        gradient_accumulation_steps: Some(2),
        clipvalue: Some(1.0),
        loss_scale_factor: Some(2.0),
        ..OptimizerOptions::default()
    };
    let mut gradients = Gradients::new(&options, &variables(&[2]));
    for round in 0..2 {
        assert!(!gradients.take(2 * round, &variables(&[2]), &[Gradient::Dense(&[6.0, 1.0])]));
        let second = Gradient::Dense(&[-4.0, 5.0]);
        assert!(gradients.take(2 * round + 1, &variables(&[2]), &[second]));
        assert_eq!(gradients.ready(0, second, 0..2), [0.5, 1.0]);
        gradients.finish(1);
    }
}
