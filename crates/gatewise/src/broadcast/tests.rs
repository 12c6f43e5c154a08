use proptest::prelude::*;

use super::*;

/// The element of an input of sizes `dims` that belongs to element `index` of the output, axis by axis.
fn source(dims: &[usize], output: &[usize], mut index: usize) -> usize {
    let (mut at, mut stride) = (0, 1);
    let missing = output.len() - dims.len();
    for axis in (0..output.len()).rev() {
        let position = index % output[axis];
        index /= output[axis];
        if axis >= missing {
            let size = dims[axis - missing];
            at += if size == 1 { 0 } else { position * stride };
            stride *= size;
        }
    }
    at
}

fn numbers(dims: &[usize]) -> Vec<f32> {
    (0..dims.iter().product::<usize>()).map(|index| index as f32 + 1.0).collect()
}

#[track_caller]
fn check(inputs: [&[usize]; 3], output: &[usize]) {
    let len: usize = output.iter().product();
    let [x, y, z] = inputs.map(numbers);
    let [x_of, y_of, z_of] = inputs.map(|dims| move |index| source(dims, output, index));
    let mut out = vec![f32::NAN; len];

    map1(&Broadcast::new([inputs[0]], output), &x, &mut out, |x| 2.0 * x);
    let expected: Vec<f32> = (0..len).map(|index| 2.0 * x[x_of(index)]).collect();
    assert_eq!(out, expected, "map1 {inputs:?} {output:?}");

    map2(&Broadcast::new([inputs[0], inputs[1]], output), &x, &y, &mut out, |x, y| x - 100.0 * y);
    let expected: Vec<f32> = (0..len).map(|index| x[x_of(index)] - 100.0 * y[y_of(index)]).collect();
    assert_eq!(out, expected, "map2 {inputs:?} {output:?}");

    let is_odd = |x: f32| x % 2.0 == 1.0;
    select(&Broadcast::new(inputs, output), &x, [&y, &z], &mut out, is_odd);
    let choose = |index: usize| if is_odd(x[x_of(index)]) { y[y_of(index)] } else { z[z_of(index)] };
    assert_eq!(out, (0..len).map(choose).collect::<Vec<_>>(), "select {inputs:?} {output:?}");
}

#[test]
fn arrays_are_repeated_along_axes_that_they_lack_or_that_have_size_one() {
    check([&[2, 3], &[2, 3], &[2, 3]], &[2, 3]);
    check([&[], &[3], &[2, 1]], &[2, 3]);
    check([&[2, 1, 4], &[3, 1], &[1, 1, 1]], &[2, 3, 4]);
    check([&[5, 1], &[1, 1, 7], &[6, 1, 1]], &[6, 5, 7]);
    check([&[], &[], &[]], &[]);
    check([&[1], &[1, 1], &[]], &[1, 1]);
    check([&[2, 1, 2, 1, 2, 1, 2, 1], &[1, 2, 1, 2, 1, 2, 1, 2], &[2]], &[2; 8]);
}

#[test]
fn nothing_is_visited_where_there_is_nothing() {
    check([&[0, 3], &[3], &[]], &[0, 3]);
    check([&[2, 0], &[1, 1], &[2, 1]], &[2, 0]);
}

#[test]
fn axes_that_are_repeated_alike_become_one() {
    let rows = |inputs: [&[usize]; 2], output: &[usize]| {
        let mut count = 0;
        Broadcast::new(inputs, output).for_each_row(|_| count += 1);
        count
    };
    assert_eq!(rows([&[4, 5, 6], &[4, 5, 6]], &[4, 5, 6]), 1);
    assert_eq!(rows([&[4, 5, 6], &[]], &[4, 5, 6]), 1);
    assert_eq!(rows([&[4, 5, 6], &[6]], &[4, 5, 6]), 20);
    assert_eq!(rows([&[4, 5, 6], &[4, 1, 1]], &[4, 5, 6]), 4);
}

proptest! {
    #[test]
    fn any_shapes_are_repeated_as_axis_by_axis(
        output in prop::collection::vec(0usize..4, 0..6),
        kept in prop::collection::vec(prop::collection::vec(any::<bool>(), 6), 3),
        missing in prop::collection::vec(0usize..6, 3),
    ) {
        let input = |number: usize| -> Vec<usize> {
            let dims = output.iter().zip(&kept[number]).map(|(size, kept)| if *kept { *size } else { 1 });
            dims.skip(missing[number].min(output.len())).collect()
        };
        let inputs = [input(0), input(1), input(2)];
        check([&inputs[0], &inputs[1], &inputs[2]], &output);
    }
}
