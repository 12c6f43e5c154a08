use ndarray::ArrayD;

use super::*;
use crate::model::Arrays;
use crate::model::batches::Names;

const SAMPLES: usize = 7;

/// Inputs of three numbers and targets of one, all different.
fn data() -> [ArrayD<f32>; 2] {
    [3, 1].map(|width| {
        let numbers = (0..SAMPLES * width).map(|number| (number + 100 * width) as f32).collect();
        ArrayD::from_shape_vec(vec![SAMPLES, width], numbers).unwrap()
    })
}

fn key(step: u64) -> RandomKey {
    RandomKey { seed: 3, stream: 1, step }
}

/// The numbers of the batches of two passes, the first of which ends after its second batch. Before the batch with a number
/// that `is_ahead` likes, that batch was made ready.
fn batches(shuffle: Shuffle, is_ahead: impl Fn(usize) -> bool) -> Vec<Vec<f32>> {
    let [x, y] = data();
    let names = Names { inputs: vec!["x".to_owned()], targets: vec!["y".to_owned()] };
    let none = Arrays::default();
    let data = Dataset::new(&names, &(&x).into(), &(&y).into(), &none).unwrap();
    let mut feed = ArrayFeed::new(data, 2, shuffle);
    let mut batches = Vec::new();
    for (pass, most) in [(0, 2), (1, usize::MAX)] {
        feed.start(pass, key(pass as u64)).unwrap();
        let mut count = 0;
        while count < most
            && let Some((batch, ahead)) = feed.next_batch().unwrap()
        {
            if is_ahead(count + 1) {
                ahead.gather();
            }
            assert_eq!(batch.x[0].shape[0], batch.y[0].data.len());
            batches.push([batch.x[0].data, batch.y[0].data].concat());
            count += 1;
        }
    }
    batches
}

#[test]
fn batches_are_the_same_whether_they_were_made_ready_ahead_or_not() {
    for shuffle in [Shuffle::Samples, Shuffle::Batch, Shuffle::Off] {
        let on_demand = batches(shuffle, |_| false);
        assert_eq!(on_demand.len(), 2 + SAMPLES.div_ceil(2));
        assert_eq!(batches(shuffle, |_| true), on_demand, "{shuffle:?}");
        assert_eq!(batches(shuffle, |number| number % 2 == 0), on_demand, "{shuffle:?}");
    }
}

#[test]
fn a_pass_has_every_sample_once() {
    let [x, y] = data();
    for shuffle in [Shuffle::Samples, Shuffle::Batch, Shuffle::Off] {
        let mut numbers = batches(shuffle, |_| true).split_off(2).concat();
        let mut expected: Vec<f32> = x.iter().chain(&y).copied().collect();
        numbers.sort_by(f32::total_cmp);
        expected.sort_by(f32::total_cmp);
        assert_eq!(numbers, expected, "{shuffle:?}");
    }
}
