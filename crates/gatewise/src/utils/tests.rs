use ndarray::{Array, ArrayD, array};

use super::*;
use crate::data::Dataset;
use crate::layers::{Dense, Input, Lstm};
use crate::{Compile, Fit, Sequential, Shuffle};

#[test]
fn a_shuffle_has_all_windows_in_another_order_in_every_epoch_and_the_same_for_a_seed() {
    let series = Array::from_shape_fn(50, |step| step as f32).into_dyn();
    let dataset = |seed| {
        let options =
            Timeseries { shuffle: true, seed: Some(seed), batch_size: Some(7), ..Timeseries::new(3) };
        timeseries_dataset_from_array(&series, Some(&series), options).unwrap()
    };
    let starts = |seed, epoch| -> Vec<f32> {
        let batches = dataset(seed);
        let batches = batches.batches(epoch).inspect(|(x, y)| {
            // Targets stay with their windows.
            assert_eq!(x.index_axis(ndarray::Axis(1), 0), y.as_ref().unwrap());
        });
        batches.flat_map(|(_, y)| y.unwrap().iter().copied().collect::<Vec<_>>()).collect()
    };
    let first = starts(1, 0);
    assert_eq!(first, starts(1, 0));
    assert_ne!(first, starts(1, 1));
    assert_ne!(first, starts(2, 0));
    for order in [first, starts(1, 1)] {
        let mut sorted = order.clone();
        sorted.sort_by(f32::total_cmp);
        assert_ne!(order, sorted);
        assert_eq!(sorted, (0..48).map(|step| step as f32).collect::<Vec<_>>());
    }
    assert_eq!(dataset(1).arrays().1.unwrap(), array_of(48));
}

fn array_of(steps: usize) -> ArrayD<f32> {
    Array::from_shape_fn(steps, |step| step as f32).into_dyn()
}

#[test]
fn lists_and_arrays_of_any_numbers_are_array_like() {
    let expected = array![1.0, 2.0].into_dyn();
    assert_eq!([1_usize, 2].to_array().unwrap(), expected);
    assert_eq!(vec![1_i64, 2].to_array().unwrap(), expected);
    assert_eq!([1.0_f64, 2.0][..].to_array().unwrap(), expected);
    assert_eq!(array![1_u8, 2].to_array().unwrap(), expected);
    assert_eq!(array![[1.0_f32], [2.0]].to_array().unwrap().shape(), [2, 1]);
    assert_eq!([0.1_f64].to_array().unwrap(), array![0.1_f32].into_dyn());
    assert_eq!([1_u64 << 60].to_array().unwrap()[0], (1_u64 << 60) as f32);
    assert!([(1_u64 << 60) + 1].to_array().is_err());
    assert!([u64::MAX].to_array().is_err());
    assert!([i32::MIN + 1].to_array().is_err());
}

#[test]
fn a_standardization_and_a_split_of_ones_own_are_used() {
    let mut words = TextVectorization::new()
        .standardize(Standardize::own(|text| text.to_lowercase().replace('!', " !")))
        .split(Split::own(|text| text.split(' ').map(str::to_owned).collect()));
    words.adapt(["ÉTÉ!", "été"]).unwrap();
    assert_eq!(words.get_vocabulary().unwrap(), ["", "[UNK]", "été", "!"]);
    let x = words.call(["Été!!"]).unwrap();
    assert_eq!(x, array![[2.0, 3.0, 3.0]].into_dyn());
    assert_eq!(words.detokenize(&x).unwrap(), ["été ! !"]);
}

#[test]
fn padding_within_a_text_is_left_out_of_it() {
    let mut letters = TextVectorization::new().split(Split::Character);
    letters.set_vocabulary(["a", "b"]).unwrap();
    let texts = letters.detokenize(&array![[0.0, 2.0, 0.0, 3.0, 1.0], [0.0; 5]].into_dyn()).unwrap();
    assert_eq!(texts, ["ab[UNK]", ""]);
}

#[test]
fn a_model_is_trained_on_windows() {
    let series = Array::from_shape_fn((60, 1), |(step, _)| (step as f32 * 0.4).sin()).into_dyn();
    let targets = series.slice_axis(ndarray::Axis(0), ndarray::Slice::from(5..)).to_owned();
    let dataset = |shuffle: bool, batch_size: Option<usize>| {
        let options = Timeseries { shuffle, batch_size, seed: Some(3), ..Timeseries::new(5) };
        timeseries_dataset_from_array(&series, Some(&targets), options).unwrap()
    };
    let train = |fit: &mut dyn FnMut(&mut Sequential) -> Vec<f64>| {
        let mut model = Sequential::new().with_seed(7);
        model.add(Input::new([None, Some(1)])).unwrap().add(Lstm::new(4)).unwrap();
        model.add(Dense::new(1)).unwrap();
        model.compile(Compile::new("adam", "mse")).unwrap();
        fit(&mut model)
    };
    let options = || Fit { epochs: 3, ..Fit::default() };
    let by_dataset = |shuffle| {
        let fit = &mut |model: &mut Sequential| {
            let history = model.fit_dataset(&mut dataset(shuffle, Some(16)), options());
            history.unwrap().get("loss").to_vec()
        };
        train(fit)
    };
    // As the arrays of all windows give it.
    let (x, y) = dataset(false, Some(16)).arrays();
    let y = y.unwrap();
    let expected = train(&mut |model| {
        let fit = Fit { batch_size: Some(16), shuffle: Some(Shuffle::Off), ..options() };
        model.fit(&x, &y, fit).unwrap().get("loss").to_vec()
    });
    assert_eq!(by_dataset(false), expected);
    let shuffled = by_dataset(true);
    assert_ne!(shuffled, expected);
    assert_eq!(by_dataset(true), shuffled);

    let error = dataset(false, None).start(0).unwrap_err();
    let text = "timeseries_dataset_from_array: a model takes batches of windows; give a `batch_size`";
    assert_eq!(error.to_string(), text);
}
