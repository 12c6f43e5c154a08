use crate::builder::{Builder, Mode};
use crate::compiled::Compiled;
use crate::executor::RunKey;
use crate::ops::testing::{array, assert_executors_agree, fast, numbers};
use crate::shape::Shape;

#[test]
fn the_order_of_arguments_is_kept_when_one_is_repeated() {
    let (row, rows) = (array(&[2], &[1.0, 2.0]), array(&[2, 2], &[10.0, 20.0, 30.0, 40.0]));
    let sub = |x: &ndarray::ArrayD<f64>, y: &ndarray::ArrayD<f64>| {
        let inputs = [x, y].map(|array| array.mapv(|x| x as f32));
        fast(&inputs, &|b, x| b.sub(x[0], x[1])).unwrap().iter().copied().collect::<Vec<f32>>()
    };
    assert_eq!(sub(&rows, &row), [9.0, 18.0, 29.0, 38.0]);
    assert_eq!(sub(&row, &rows), [-9.0, -18.0, -29.0, -38.0]);
    assert_eq!(sub(&rows, &array(&[], &[5.0])), [5.0, 15.0, 25.0, 35.0]);
    assert_eq!(sub(&array(&[1], &[5.0]), &rows), [-5.0, -15.0, -25.0, -35.0]);
    let column = array(&[2, 1], &[1.0, 2.0]);
    assert_eq!(sub(&rows, &column), [9.0, 19.0, 28.0, 38.0]);
    assert_eq!(sub(&column, &rows), [-9.0, -19.0, -28.0, -38.0]);
    assert_eq!(sub(&column, &row), [0.0, -1.0, 1.0, 0.0]);
}

#[test]
fn functions_of_rows_have_the_meaning_of_the_reference() {
    for width in [1, 2, 7, 8, 9, 64, 65, 130] {
        let x = numbers(&[3, width], 5).mapv(|x| 9.0 * x);
        assert_executors_agree(std::slice::from_ref(&x), &|b, x| b.softmax(x[0]));
        assert_executors_agree(std::slice::from_ref(&x), &|b, x| b.log_softmax(x[0]));
    }
    assert_executors_agree(&[numbers(&[4, 0], 0)], &|b, x| b.softmax(x[0]));
}

#[test]
fn a_row_with_a_number_that_is_none_becomes_so_throughout() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let rows = [
        [nan, 1.0, 2.0],
        [1.0, nan, inf],
        [inf, 1.0, -inf],
        [-inf, -inf, -inf],
        [-inf, 3.0, -1e9],
        [80.0, -80.0, 3e4],
    ];
    for row in rows {
        let x = [array(&[1, 3], &row)];
        assert_executors_agree(&x, &|b, x| b.softmax(x[0]));
        assert_executors_agree(&x, &|b, x| b.log_softmax(x[0]));
    }
}

#[test]
fn operations_without_a_kernel_of_their_own_run_by_their_meaning() {
    assert_executors_agree(&[numbers(&[3, 5], 0)], &|b, x| b.sparsemax(b.slice(x[0], 1, 1, 3)?));
    assert_executors_agree(&[numbers(&[3, 5], 0)], &|b, x| b.mean(b.pad(x[0], 0, 1, 2)?, &[0]));
}

#[test]
fn an_error_of_an_operation_is_returned_and_the_next_run_is_not_disturbed() {
    let b = Builder::new(Mode::Inference);
    let ids = b.input("ids", &Shape::known(&[2]));
    let rows = b.one_hot("loss", ids, 2).unwrap();
    let run = |ids: [f32; 2]| b.evaluate(&[rows], &[ndarray::arr1(&ids).into_dyn()]);
    assert!(run([0.0, 5.0]).unwrap_err().is_data());
    assert_eq!(run([0.0, 1.0]).unwrap()[0].iter().copied().collect::<Vec<_>>(), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn many_threads_compute_the_bits_of_one() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[67, 129]));
    let w = b.input("w", &Shape::known(&[129, 95]));
    let y = b.tanh(b.matmul(x, w).unwrap()).unwrap();
    let loss = b.sum_all(b.square(y).unwrap()).unwrap();
    let d_w = b.gradients(loss, &[w]).unwrap()[0].expect("a gradient");
    let compiled = Compiled::new(&b, &[y, loss, d_w]).unwrap();
    let arrays = [numbers(&[67, 129], 0), numbers(&[129, 95], 9)];
    let arrays = arrays.map(|array| array.iter().map(|x| *x as f32).collect::<Vec<f32>>());
    let data = [arrays[0].as_slice(), arrays[1].as_slice()];
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let results = pool.install(|| compiled.run(&data, RunKey::default(), |run| Ok(run.to_arrays())));
        results.unwrap()
    };
    let one = run(1);
    assert!([2, 3, 5].iter().all(|threads| run(*threads) == one));
}
