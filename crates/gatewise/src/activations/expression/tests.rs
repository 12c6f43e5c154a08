use gatewise_kernels::formula::REGISTERS;

use super::*;
use crate::builder::{Builder, Mode};
use crate::ops::testing::{array, numbers, reference};
use crate::shape::Shape;

/// Emits a function of one or two arrays.
type Emit<'a> = &'a dyn Fn(&Builder, &[Value]) -> Result<Value>;

fn traced(count: usize, emit: Emit<'_>) -> Result<Formula> {
    let b = Builder::new(Mode::Training);
    let inputs: Vec<Value> = (0..count).map(|_| b.input("x", &Shape::known(&[1]))).collect();
    let result = emit(&b, &inputs)?;
    compile("lstm", &b.nodes(), &inputs, result)
}

/// Asserts that the expression computes what the operations do, to the bit, for arrays of this length.
fn assert_same_as_operations(len: usize, emit: Emit<'_>) {
    let x = numbers(&[len], 0);
    let expected = reference(std::slice::from_ref(&x), emit).unwrap();
    let mut out = vec![0.0; len];
    traced(1, emit).unwrap().apply_plainly(x.as_slice().unwrap(), &mut out);
    assert_eq!(array(&[len], &out), expected);
}

/// A function with constants, a shared value, a choice and a reshape.
fn example(b: &Builder, x: &[Value]) -> Result<Value> {
    let square = b.square(x[0])?;
    let chosen = b.select(b.greater(x[0], b.scalar(0.25)?)?, b.tanh(square)?, b.neg(x[0])?)?;
    b.add(b.mul(chosen, square)?, b.shift(square, 0.5)?)
}

#[test]
fn an_expression_computes_what_its_operations_do_at_awkward_lengths() {
    for len in [0, 1, 2, 37] {
        assert_same_as_operations(len, &example);
    }
}

#[test]
fn the_input_itself_and_a_constant_are_expressions() {
    assert_same_as_operations(40, &|_, x| Ok(x[0]));
    let mut out = [0.0; 3];
    traced(1, &|b, _| b.scalar(7.0)).unwrap().apply_plainly(&[1.0, 2.0, 3.0], &mut out);
    assert_eq!(out, [7.0; 3]);
}

#[test]
fn a_value_may_be_both_arguments_of_an_operation() {
    assert_same_as_operations(5, &|b, x| {
        let twice = b.add(x[0], x[0])?;
        b.mul(twice, twice)
    });
}

#[test]
fn reshapes_and_broadcasts_of_one_number_are_left_out() {
    let matrix = Shape::known(&[1, 1]);
    let expression = traced(1, &|b, x| {
        let wide = b.reshape(b.exp(x[0])?, &matrix)?;
        let one = b.broadcast_to(b.scalar(2.0)?, &matrix)?;
        b.reshape(b.mul(wide, b.add(wide, one)?)?, &Shape::known(&[1]))
    });
    let mut out = [0.0; 2];
    expression.unwrap().apply_plainly(&[0.0, 0.0], &mut out);
    assert_eq!(out, [3.0, 3.0]);
}

#[test]
fn the_second_array_is_replaced_by_the_result() {
    let expression = traced(2, &|b, x| b.sub(b.scale(x[0], 10.0)?, x[1])).unwrap();
    let (x, expected): (Vec<f64>, Vec<f64>) = (0..70).map(|n| (f64::from(n), f64::from(9 * n))).unzip();
    let mut d = x.clone();
    expression.apply_plainly(&x, &mut d);
    assert_eq!(d, expected);
}

#[test]
fn registers_are_used_again() {
    // A chain much longer than there are registers, and a value that lives through all of it.
    assert_same_as_operations(35, &|b, x| {
        let kept = b.tanh(x[0])?;
        let mut y = kept;
        for _ in 0..3 * REGISTERS {
            y = b.sigmoid(b.sub(y, x[0])?)?;
        }
        b.mul(y, kept)
    });
}

#[test]
fn more_live_values_than_registers_are_an_error() {
    let error = traced(1, &|b, x| {
        let live: Result<Vec<Value>> = (0..REGISTERS).map(|n| b.exp(b.shift(x[0], n as f64)?)).collect();
        live?.into_iter().try_fold(x[0], |sum, value| b.add(sum, value))
    });
    let error = error.unwrap_err();
    assert!(error.is_unsupported());
    let text = "lstm: an activation inside a cell may keep at most 48 values at once";
    assert_eq!(error.to_string(), text);
}

#[test]
fn an_operation_that_is_not_elementwise_is_an_error_that_names_it() {
    let error = traced(1, &|b, x| b.softmax(x[0])).unwrap_err();
    assert!(error.is_unsupported());
    let text = "lstm: an activation inside a cell must be elementwise, got the operation `softmax`";
    assert_eq!(error.to_string(), text);
}

#[test]
fn operations_that_the_result_does_not_need_are_not_looked_at() {
    assert_same_as_operations(3, &|b, x| {
        b.softmax(x[0])?;
        b.exp(x[0])
    });
}

/// How many instructions a function of one array becomes.
fn count(emit: Emit<'_>) -> usize {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[1]));
    let result = emit(&b, &[x]).unwrap();
    instructions("lstm", &b.nodes(), &[x], [result]).unwrap().1.len()
}

#[test]
fn choices_between_numbers_are_folded() {
    // What the gradient of a leaky relu is traced to.
    let slope: Emit<'_> = &|b, x| {
        let is_above = b.greater(x[0], b.scalar(0.0)?)?;
        let (one, zero) = (b.scalar(1.0)?, b.scalar(0.0)?);
        let below = b.scale(b.select(is_above, zero, one)?, 0.2)?;
        b.add(b.select(is_above, one, zero)?, below)
    };
    assert_same_as_operations(9, slope);
    assert_eq!(count(slope), 2);
    assert_eq!(count(&|b, x| b.select(b.greater(x[0], b.scalar(0.0)?)?, b.scalar(1.0)?, b.scalar(0.0)?)), 1);
    assert_eq!(count(&|b, x| b.select(b.greater(x[0], x[0])?, b.scalar(0.5)?, b.scalar(0.5)?)), 0);
}

#[test]
fn a_choice_by_a_choice_is_one_choice() {
    let emit: Emit<'_> = &|b, x| {
        let is_low = b.sub(b.scalar(1.0)?, b.greater(x[0], b.scalar(0.5)?)?)?;
        b.select(is_low, b.scalar(-3.0)?, b.scalar(2.0)?)
    };
    assert_same_as_operations(9, emit);
    assert_eq!(count(emit), 2);
}

#[test]
fn equal_operations_are_computed_once() {
    let emit: Emit<'_> = &|b, x| b.mul(b.tanh(x[0])?, b.shift(b.tanh(x[0])?, 1.0)?);
    assert_same_as_operations(9, emit);
    assert_eq!(count(emit), 3);
}

#[test]
fn a_comparison_may_be_a_number_and_the_condition_of_choices() {
    let emit: Emit<'_> = &|b, x| {
        let is_above = b.greater(x[0], b.scalar(0.1)?)?;
        let chosen = b.select(is_above, b.exp(x[0])?, x[0])?;
        let other = b.select(is_above, b.neg(chosen)?, b.square(chosen)?)?;
        b.add(b.mul(is_above, other)?, b.mul(chosen, is_above)?)
    };
    assert_same_as_operations(9, emit);
}

#[test]
fn a_value_that_is_given_is_not_computed() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[1]));
    let y = b.exp(x).unwrap();
    let from_y = b.mul(y, b.scalar(2.0).unwrap()).unwrap();
    let from_both = b.mul(y, x).unwrap();
    assert!(!depends(&b.nodes(), from_y, x, y));
    assert!(depends(&b.nodes(), from_both, x, y));
    let formula = compile("lstm", &b.nodes(), &[y], from_y).unwrap();
    let mut out = [0.0; 2];
    formula.apply_plainly(&[1.0, 3.0], &mut out);
    assert_eq!(out, [2.0, 6.0]);
}

#[test]
fn a_sum_with_a_negative_is_a_difference() {
    for emit in [
        (&|b: &Builder, x: &[Value]| b.add(x[0], b.neg(b.exp(x[0])?)?)) as Emit<'_>,
        &|b, x| b.add(b.neg(b.exp(x[0])?)?, x[0]),
        &|b, x| b.sub(x[0], b.neg(b.exp(x[0])?)?),
    ] {
        assert_same_as_operations(9, emit);
        assert_eq!(count(emit), 2);
    }
}

#[test]
fn a_product_that_one_sum_reads_comes_right_before_it() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[1]));
    let product = b.mul(x, x).unwrap();
    let other = b.exp(x).unwrap();
    let result = b.add(other, product).unwrap();
    let (_, list, [result]) = instructions("lstm", &b.nodes(), &[x], [result]).unwrap();
    let is_product = |instruction: &Instruction| matches!(instruction.operation, Operation::Binary(..));
    assert_eq!(list.iter().map(is_product).collect::<Vec<_>>(), [false, true, true]);
    // What the product is made of is not written over by the sum, so that both are one pass.
    assert!(list[1].operation.operands().all(|operand| operand != result));
}

#[test]
fn two_results_share_what_they_have_in_common() {
    let b = Builder::new(Mode::Training);
    let x = b.input("x", &Shape::known(&[1]));
    let common = b.exp(x).unwrap();
    let results = [b.mul(common, x).unwrap(), b.square(common).unwrap()];
    let (_, list, _) = instructions("lstm", &b.nodes(), &[x], results).unwrap();
    assert_eq!(list.len(), 3);
    let [mut first, mut second] = [[0.0; 2]; 2];
    let formula = compile_both("lstm", &b.nodes(), x, results).unwrap();
    formula.apply_both_plainly(&[0.0, 1.0], &mut first, &mut second);
    assert_eq!(first, [0.0, 1.0f64.exp()]);
    assert_eq!(second, [1.0, 1.0f64.exp() * 1.0f64.exp()]);
}
