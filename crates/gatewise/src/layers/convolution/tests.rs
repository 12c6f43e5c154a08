use ndarray::{Array4, ArrayD, Axis};

use super::*;
use crate::builder::Mode;
use crate::layers::{ConvLstm, ConvLstm2d, DataFormat, Layer, Padding, eager};
use crate::ops::testing;

fn window(size: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    Window { size, stride, dilation, padding }
}

/// y[i, j] = Σ x[i·stride + k·dilation − before, …] · kernel[k, l], an element at a time.
fn by_hand(x: &ArrayD<f64>, kernel: &ArrayD<f64>, windows: &[Window; 2]) -> ArrayD<f64> {
    let (shape, filters) = (x.shape(), kernel.shape()[3]);
    let counts = [windows[0].count(shape[1]), windows[1].count(shape[2])];
    let y = Array4::from_shape_fn((shape[0], counts[0], counts[1], filters), |(sample, row, column, f)| {
        let mut sum = 0.0;
        for (k, i) in windows[0].steps(row, shape[1]).enumerate() {
            for (l, j) in windows[1].steps(column, shape[2]).enumerate() {
                let (Some(i), Some(j)) = (i, j) else { continue };
                sum += (0..shape[3]).map(|c| x[[sample, i, j, c]] * kernel[[k, l, c, f]]).sum::<f64>();
            }
        }
        sum
    });
    y.into_dyn()
}

#[test]
fn windows_over_two_axes_are_multiplied_with_the_kernel() {
    let (x, kernel) = (testing::numbers(&[2, 5, 6, 3], 0), testing::numbers(&[3, 2, 3, 4], 50));
    for padding in [Padding::Valid, Padding::Same] {
        for (strides, dilations) in [([1, 1], [1, 1]), ([2, 3], [1, 1]), ([1, 1], [2, 1])] {
            let windows =
                [window(3, strides[0], dilations[0], padding), window(2, strides[1], dilations[1], padding)];
            let y = testing::reference(&[x.clone(), kernel.clone()], &|b, values| {
                convolve(b, values[0], values[1], None, &windows)
            });
            let (y, expected) = (y.unwrap(), by_hand(&x, &kernel, &windows));
            assert_eq!(y.shape(), expected.shape());
            let worst = (&y - &expected).iter().fold(0.0f64, |worst, x| worst.max(x.abs()));
            assert!(worst < 1e-12, "{windows:?}: {worst}");
        }
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    let inputs =
        [testing::numbers(&[2, 3, 4, 2], 0), testing::numbers(&[2, 3, 2, 3], 50), testing::numbers(&[3], 9)];
    let windows = [window(2, 2, 1, Padding::Same), window(3, 1, 1, Padding::Valid)];
    testing::assert_gradients(&inputs, &[0, 1, 2], &|b, values| {
        convolve(b, values[0], values[1], Some(values[2]), &windows)
    });
    testing::assert_executors_agree(&inputs, &|b, values| {
        convolve(b, values[0], values[1], Some(values[2]), &windows)
    });
}

#[test]
fn an_unknown_batch_stays_unknown() {
    let b = Builder::new(Mode::Inference);
    let x = b.input("x", &Shape::new([None, Some(5), Some(6), Some(3)]));
    let kernel = b.input("kernel", &Shape::known(&[2, 2, 3, 4]));
    let windows = [window(2, 1, 1, Padding::Valid); 2];
    let y = convolve(&b, x, kernel, None, &windows).unwrap();
    assert_eq!(b.shape(y).to_string(), "[None, 4, 5, 4]");
}

/// The arrays with their channels before the sizes, or back.
fn moved(array: &ArrayD<f32>, from: usize, to: usize) -> ArrayD<f32> {
    let mut axes: Vec<usize> = (0..array.ndim()).collect();
    let axis = axes.remove(from);
    axes.insert(to, axis);
    array.view().permuted_axes(axes).as_standard_layout().into_owned()
}

#[test]
fn channels_first_are_the_same_numbers_in_other_places() {
    let new = || ConvLstm2d::new(2, [2, 3]).return_sequences(true).return_state(true);
    let (last, first) = (new(), new().data_format(DataFormat::ChannelsFirst));
    let x = testing::numbers(&[2, 3, 4, 5, 3], 0).mapv(|x| x as f32);
    let y = eager::call(&last, std::slice::from_ref(&x), 4).unwrap();
    let z = eager::call(&first, &[moved(&x, 4, 2)], 4).unwrap();
    assert_eq!(first.variables().len(), 3);
    for (index, (y, z)) in y.iter().zip(&z).enumerate() {
        let channels = if index == 0 { 2 } else { 1 };
        assert_eq!(y, &moved(z, channels, y.ndim() - 1), "output {index}");
    }
}

#[test]
fn a_window_of_one_on_one_element_is_an_lstm() {
    let (layer, lstm) = (ConvLstm::<1>::new(3, 1), crate::layers::Lstm::new(3));
    let x = testing::numbers(&[2, 4, 5], 0).mapv(|x| x as f32);
    let wide = x.clone().insert_axis(Axis(2));
    eager::build(&layer, &[Shape::known(wide.shape())], 1).unwrap();
    eager::build(&lstm, &[Shape::known(x.shape())], 2).unwrap();
    for (own, other) in lstm.variables().iter().zip(layer.variables()) {
        let value = other.value();
        own.assign(&value.to_shape(own.shape()).unwrap().to_owned().into_dyn()).unwrap();
    }
    let y = eager::call(&layer, &[wide], 0).unwrap().remove(0).remove_axis(Axis(1));
    let z = eager::call(&lstm, &[x], 0).unwrap().remove(0);
    let worst = (&y - &z).iter().fold(0.0f32, |worst, x| worst.max(x.abs()));
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn mistakes_are_reported_with_the_name_of_the_layer() {
    let text = |layer: ConvLstm2d, shape: &[usize]| {
        eager::call(&layer, &[ArrayD::zeros(shape.to_vec())], 0).unwrap_err().to_string()
    };
    let new = || ConvLstm2d::new(2, 3);
    let shape = [1, 2, 5, 5, 1];
    let messages = [
        (text(ConvLstm2d::new(0, 3), &shape), "conv_lstm2d: `filters` must be at least 1, got 0"),
        (
            text(new().strides([1, 0]), &shape),
            "conv_lstm2d: `strides` must be at least 1 along every axis, got [1, 0]",
        ),
        (
            text(new().padding(Padding::Causal), &shape),
            "conv_lstm2d: `padding` must be one of valid, same, got causal",
        ),
        (
            text(new().strides(2).dilation_rate([1, 2]), &shape),
            "conv_lstm2d: `strides` and `dilation_rate` cannot both be greater than 1, got [2, 2] and [1, 2]",
        ),
        (
            text(new(), &[1, 2, 5, 1]),
            "conv_lstm2d: expected inputs [batch, time, rows, columns, channels], got [1, 2, 5, 1]",
        ),
        (
            text(new().data_format(DataFormat::ChannelsFirst), &[1, 2, 5, 1]),
            "conv_lstm2d: expected inputs [batch, time, channels, rows, columns], got [1, 2, 5, 1]",
        ),
        (
            text(new(), &[1, 2, 5, 2, 1]),
            "conv_lstm_cell: expected at least 3 columns for a `kernel_size` of 3 and a `dilation_rate` of 1, got inputs \
             [1, 5, 2, 1] at a step",
        ),
    ];
    for (text, expected) in messages {
        assert_eq!(text, expected);
    }
}
