//! Both ways of applying a formula, at awkward lengths, and what a formula must not be.

use super::*;
use crate::testing::{assert_close, assert_same_bits, numbers};

/// |x| > ¼ ? tanh(x²) + 2 : −x, with every kind of operand.
fn example() -> Formula {
    let (register, constant) = (Operand::Register, Operand::Constant);
    let steps = [
        (Operation::Unary(Unary::Abs, register(0)), 2),
        (Operation::Binary(Binary::Greater, register(2), constant(0)), 1),
        (Operation::Binary(Binary::Mul, register(0), register(0)), 2),
        (Operation::Unary(Unary::Tanh, register(2)), 3),
        (Operation::Binary(Binary::Add, constant(1), register(3)), 2),
        (Operation::Unary(Unary::Neg, register(0)), 3),
        (Operation::Select(register(1), register(2), register(3)), 47),
    ];
    let instructions = steps.map(|(operation, to)| Instruction { operation, to }).to_vec();
    Formula::new(1, vec![0.25, 2.0], instructions, register(47))
}

fn by_hand(x: f64) -> f64 {
    if x.abs() > 0.25 { (x * x).tanh() + 2.0 } else { -x }
}

#[test]
fn both_ways_compute_the_same_function_at_awkward_lengths() {
    for len in [0, 1, 3, 4, 5, 15, 16, 17, 127, 128, 129, 300] {
        let x = numbers::<f32>(1, len);
        let expected: Vec<f32> = x.iter().map(|x| by_hand(f64::from(*x)) as f32).collect();
        let (mut plain, mut fast) = (vec![9.0; len], vec![9.0; len]);
        example().apply_plainly(&x, &mut plain);
        example().apply(&x, &mut fast);
        assert_close("plain", &plain, &expected, 1e-6);
        assert_close("fast", &fast, &expected, 1e-6);
    }
}

#[test]
fn bits_do_not_depend_on_the_position() {
    let x = numbers::<f32>(2, 200);
    let mut together = vec![0.0; x.len()];
    example().apply(&x, &mut together);
    for (x, together) in x.iter().zip(&together) {
        let mut alone = [0.0];
        example().apply(&[*x], &mut alone);
        assert_same_bits("alone", &alone, &[*together]);
    }
}

#[test]
fn a_second_input_is_replaced_by_the_result() {
    let operation = Operation::Binary(Binary::Sub, Operand::Register(0), Operand::Register(1));
    let difference =
        Formula::new(2, Vec::new(), vec![Instruction { operation, to: 2 }], Operand::Register(2));
    let (x, mut y) = (numbers::<f32>(3, 150), numbers::<f32>(4, 150));
    let expected: Vec<f32> = x.iter().zip(&y).map(|(x, y)| x - y).collect();
    let mut plain = y.clone();
    difference.apply(&x, &mut y);
    difference.apply_plainly(&x, &mut plain);
    assert_eq!(y, expected);
    assert_eq!(plain, expected);
}

#[test]
fn the_input_and_a_constant_are_formulas() {
    let mut y = [7.0; 3];
    Formula::new(1, Vec::new(), Vec::new(), Operand::Register(0)).apply(&[1.0, 2.0, 3.0], &mut y);
    assert_eq!(y, [1.0, 2.0, 3.0]);
    Formula::new(1, vec![5.0], Vec::new(), Operand::Constant(0)).apply(&[1.0, 2.0, 3.0], &mut y);
    assert_eq!(y, [5.0; 3]);
}

#[test]
fn a_plain_formula_is_as_exact_as_its_numbers() {
    let x = numbers::<f64>(5, 50);
    let mut y = vec![0.0; x.len()];
    example().apply_plainly(&x, &mut y);
    assert_close("plain", &y, &x.iter().map(|x| by_hand(*x)).collect::<Vec<_>>(), 1e-15);
}

#[test]
#[should_panic(expected = "an instruction writes to its operand Register(0)")]
fn an_instruction_that_writes_to_its_operand_panics() {
    let operation = Operation::Unary(Unary::Neg, Operand::Register(0));
    let _ = Formula::new(1, Vec::new(), vec![Instruction { operation, to: 0 }], Operand::Register(0));
}

#[test]
#[should_panic(expected = "the result Constant(0) does not exist")]
fn a_result_that_does_not_exist_panics() {
    let _ = Formula::new(1, Vec::new(), Vec::new(), Operand::Constant(0));
}

#[test]
#[should_panic(expected = "`y` must hold 3 numbers")]
fn slices_of_different_lengths_panic() {
    example().apply(&[0.0; 3], &mut [0.0; 2]);
}

/// x > ¼ ? x : 2, in the register `to`; the comparison is in register 1.
fn chosen(to: usize, result: Operand) -> Formula {
    let (register, constant) = (Operand::Register, Operand::Constant);
    let instructions = vec![
        Instruction { operation: Operation::Binary(Binary::Greater, register(0), constant(0)), to: 1 },
        Instruction { operation: Operation::Select(register(1), register(0), constant(1)), to },
    ];
    Formula::new(1, vec![0.25, 2.0], instructions, result)
}

#[test]
fn a_comparison_and_the_choice_by_it_are_one_step() {
    for (to, result, num_steps) in [(2, 2, 1), (3, 3, 1), (2, 1, 2)] {
        let formula = chosen(to, Operand::Register(result));
        assert_eq!(formula.steps.len(), num_steps, "the result is in register {result}");
        let x = [f32::NAN, -1.0, 0.0, 0.25, 0.3, f32::INFINITY];
        let (mut fast, mut plain) = ([9.0; 6], [9.0; 6]);
        formula.apply(&x, &mut fast);
        formula.apply_plainly(&x, &mut plain);
        assert_same_bits("a choice", &fast, &plain);
    }
}

#[test]
fn a_choice_that_overwrites_what_is_compared_stays_two_steps() {
    let formula = chosen_over_compared();
    assert_eq!(formula.steps.len(), 3);
    let (mut fast, mut plain) = ([9.0; 3], [9.0; 3]);
    formula.apply(&[-1.0, 0.1, 1.0], &mut fast);
    formula.apply_plainly(&[-1.0, 0.1, 1.0], &mut plain);
    assert_same_bits("a choice", &fast, &plain);
}

/// −x > ¼ ? 2 : ¼, written to the register of −x.
fn chosen_over_compared() -> Formula {
    let (register, constant) = (Operand::Register, Operand::Constant);
    let instructions = vec![
        Instruction { operation: Operation::Unary(Unary::Neg, register(0)), to: 2 },
        Instruction { operation: Operation::Binary(Binary::Greater, register(2), constant(0)), to: 1 },
        Instruction { operation: Operation::Select(register(1), constant(1), constant(0)), to: 2 },
    ];
    Formula::new(1, vec![0.25, 2.0], instructions, register(2))
}

#[test]
fn the_register_of_an_input_may_be_written_to() {
    let register = Operand::Register;
    let instructions = vec![
        Instruction { operation: Operation::Unary(Unary::Square, register(0)), to: 1 },
        Instruction { operation: Operation::Unary(Unary::Neg, register(1)), to: 0 },
        Instruction { operation: Operation::Binary(Binary::Add, register(0), register(0)), to: 1 },
    ];
    for result in [0, 1] {
        let formula = Formula::new(1, Vec::new(), instructions.clone(), register(result));
        let x = numbers::<f32>(5, 37);
        let (mut fast, mut plain) = (vec![9.0; 37], vec![9.0; 37]);
        formula.apply(&x, &mut fast);
        formula.apply_plainly(&x, &mut plain);
        assert_same_bits("what was written", &fast, &plain);
    }
}

#[test]
fn a_formula_may_be_an_input_or_a_constant() {
    for result in [Operand::Register(0), Operand::Register(1), Operand::Constant(0)] {
        let formula = Formula::new(2, vec![0.5], Vec::new(), result);
        let (x, mut fast) = (numbers::<f32>(6, 21), numbers::<f32>(7, 21));
        let mut plain = fast.clone();
        formula.apply(&x, &mut fast);
        formula.apply_plainly(&x, &mut plain);
        assert_same_bits("an input or a constant", &fast, &plain);
    }
}

/// x · 2 + x and its square, with the square and the sum in the registers that are asked for.
fn two(sum: usize, square: usize, results: [Operand; 2]) -> Formula {
    let (register, constant) = (Operand::Register, Operand::Constant);
    let instructions = vec![
        Instruction { operation: Operation::Binary(Binary::Mul, register(0), constant(0)), to: 3 },
        Instruction { operation: Operation::Binary(Binary::Add, register(3), register(0)), to: sum },
        Instruction { operation: Operation::Unary(Unary::Square, register(sum)), to: square },
    ];
    Formula::of_two(vec![2.0], instructions, results)
}

#[test]
fn two_functions_of_an_array_are_computed_at_once() {
    let (register, constant) = (Operand::Register, Operand::Constant);
    for (sum, square, results) in [
        (1, 2, [register(1), register(2)]),
        (1, 2, [register(2), register(1)]),
        (4, 47, [register(47), register(47)]),
        (4, 5, [register(0), register(5)]),
        (4, 5, [constant(0), register(0)]),
        (4, 5, [register(4), constant(0)]),
    ] {
        let formula = two(sum, square, results);
        for len in [0, 1, 15, 16, 17, 700] {
            let x = numbers::<f32>(8, len);
            let [mut fast, mut fast_second, mut plain, mut plain_second] = [(); 4].map(|()| vec![9.0; len]);
            formula.apply_both(&x, &mut fast, &mut fast_second);
            formula.apply_both_plainly(&x, &mut plain, &mut plain_second);
            assert_same_bits("the first", &fast, &plain);
            assert_same_bits("the second", &fast_second, &plain_second);
        }
    }
}

#[test]
fn two_sums_or_products_are_one_step_if_only_the_second_reads_the_first() {
    let (register, constant) = (Operand::Register, Operand::Constant);
    let simple = [Binary::Add, Binary::Sub, Binary::Mul];
    for (first, second) in simple.iter().flat_map(|first| simple.map(|second| (*first, second))) {
        for (operands, result, num_steps) in [
            ([register(3), constant(0)], 2, 1),
            ([register(1), register(3)], 2, 1),
            ([register(3), register(3)], 2, 2),
            ([register(3), register(1)], 3, 2),
        ] {
            let instructions = vec![
                Instruction { operation: Operation::Binary(first, register(0), register(1)), to: 3 },
                Instruction { operation: Operation::Binary(second, operands[0], operands[1]), to: 2 },
            ];
            let formula = Formula::new(2, vec![0.75], instructions, register(result));
            assert_eq!(formula.steps.len(), num_steps, "{first:?} {second:?} {operands:?}");
            let (x, mut fast) = (numbers::<f32>(9, 37), numbers::<f32>(10, 37));
            let mut plain = fast.clone();
            formula.apply(&x, &mut fast);
            formula.apply_plainly(&x, &mut plain);
            assert_same_bits("two operations", &fast, &plain);
        }
    }
}
