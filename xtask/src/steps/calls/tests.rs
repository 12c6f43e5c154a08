use std::collections::BTreeMap;

use super::*;

const ADD: &str = "core::core_arch::x86::avx512f::_mm512_add_ps";
const LOOP: &str = "gatewise_kernels::vector::add::<rten_simd::arch::x86_64::avx512::Avx512Isa>::{closure#0}";

/// Functions of these names, 16 bytes each, of which the first calls and the second jumps to the last.
fn program(names: &[&str]) -> Program {
    let start = 0x1000;
    let functions: BTreeMap<u64, String> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (start + 16 * index as u64, (*name).to_owned()))
        .collect();
    let mut code = vec![0x90; 16 * names.len()];
    let last = 16 * (names.len() as i32 - 1);
    for (instruction, place) in [(0xE8, 3), (0xE9, 16 + 11)] {
        code[place] = instruction;
        code[place + 1..place + 5].copy_from_slice(&(last - place as i32 - 5).to_le_bytes());
    }
    Program::new(functions, vec![(start, code)], true)
}

#[test]
fn an_instruction_that_is_a_function_is_found_with_those_who_call_it() {
    let lines = offences(&program(&[LOOP, "main", "other", ADD]));
    assert_eq!(lines, [format!("  {ADD}\n    by {LOOP}\n    by main")]);
}

#[test]
fn a_program_without_such_functions_is_in_order() {
    assert_eq!(offences(&program(&[LOOP, "main", "other", "gatewise_kernels::simd::run_avx512"])), [""; 0]);
}

#[test]
fn instructions_are_known_by_their_names() {
    for name in [
        ADD,
        "core::core_arch::x86::fma::_mm256_fmadd_ps",
        "core::core_arch::aarch64::neon::vfmaq_f32",
        "<rten_simd::arch::x86_64::avx2::Avx2Isa as rten_simd::ops::FloatOps<f32>>::neg",
        "rten_simd::ops::BitOps::load_pad",
        "rten_simd::ops::NumOps::load_ptr::<f32>",
        "rten_simd::simd::Simd::splat",
        "<rten_vecmath::exp::Exp as rten_simd::SimdUnaryOp<f32>>::eval::<rten_simd::arch::Avx512Isa>",
        "<gatewise_kernels::peak::Peak as rten_simd::SimdOp>::eval::<rten_simd::arch::Avx512Isa>",
    ] {
        assert!(is_vector_instruction(name) && !is_allowed(name), "{name}");
    }
}

#[test]
fn other_functions_are_not_taken_for_instructions() {
    for name in [LOOP, "gatewise_kernels::simd::run_avx512::<rten_simd::x::Y>", "core::fmt::write", "memcpy"]
    {
        assert!(!is_vector_instruction(name), "{name}");
    }
}

#[test]
fn what_asks_for_the_cpu_may_be_called() {
    for name in [
        "rten_simd::isa_detection::is_avx512_supported",
        "<rten_simd::arch::x86_64::avx512::Avx512Isa>::new",
        "rten_simd::arch::x86_64::avx2::Avx2Isa::new",
        "core::core_arch::x86::xsave::_xgetbv",
        "<gatewise_kernels::peak::Peak as rten_simd::SimdOp>::eval::<rten_simd::arch::generic::GenericIsa>",
    ] {
        assert!(is_vector_instruction(name) && is_allowed(name), "{name}");
    }
}

#[test]
fn this_very_program_can_be_read() {
    let program = read(&std::env::current_exe().unwrap()).unwrap();
    assert!(program.names().any(|name| name.contains("this_very_program_can_be_read")));
}

#[test]
fn who_calls_is_read_from_this_very_program() {
    #[inline(never)]
    fn called_by_this_test() -> usize {
        std::hint::black_box(3)
    }
    assert_eq!(called_by_this_test(), 3);
    let program = read(&std::env::current_exe().unwrap()).unwrap();
    let name = program.names().find(|name| name.ends_with("::called_by_this_test")).unwrap();
    let callers = program.callers(name);
    let is_this = |caller: &&str| caller.contains("who_calls_is_read_from_this_very_program");
    assert_eq!(callers.iter().any(is_this), cfg!(target_arch = "x86_64"), "{callers:?}");
}
