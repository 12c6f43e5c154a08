//! The step that finds vector instructions which are called as functions.
//!
//! An instruction of a vector is written as a function, which the compiler puts into the code that uses it. Where it does not,
//! as in a closure that it has not put there either, every instruction becomes a call, with its vectors through memory. Nothing
//! is wrong then but the time. A function that was put into all code that uses it is not in the program; so what is found in
//! the program is called.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

mod program;

use program::Program;

/// Programs, below the folder of what is built for release, that together have every kernel.
const PROGRAMS: [&str; 3] = ["gatewise", "examples/bench_lstm", "examples/cliffs"];

/// Functions that may be called, by a part of their name, and why.
const ALLOWED: [(&str, &str); 5] = [
    ("GenericIsa", "plain code for any CPU, which the compiler cuts into functions as it likes"),
    ("rten_simd::isa_detection::", "finds out once what the CPU has"),
    ("x86_64::avx2::Avx2Isa::new", "asks for that"),
    ("x86_64::avx512::Avx512Isa::new", "asks for that"),
    ("core_arch::x86::xsave::_xgetbv", "asks the CPU, and is called by the standard library"),
];

/// No program that was built for release calls a vector instruction.
pub fn run(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    // The same words as in the steps before, which leave nothing to be built.
    process::run(&mut workspace.cargo(&["build", "--locked", "--release"]))?;
    let words = ["build", "--locked", "--release", "--package", "gatewise"];
    process::run(workspace.cargo(&words).args(["--example", "bench_lstm", "--example", "cliffs"]))?;
    let mut lines = BTreeSet::new();
    for name in PROGRAMS {
        let file = format!("release/{name}{}", std::env::consts::EXE_SUFFIX);
        let path = workspace.target().join(file);
        let program = read(&path).with_context(|| path.display().to_string())?;
        if !program.names().any(|name| name.contains("gatewise_kernels::")) {
            return Ok(Outcome::NotChecked(format!("{name} does not tell the names of its functions")));
        }
        lines.extend(offences(&program));
    }
    if !lines.is_empty() {
        let lines: Vec<String> = lines.into_iter().collect();
        bail!(
            "vector instructions are called as functions; `#[inline(always)]` or a plain loop helps:\n{}",
            lines.join("\n")
        );
    }
    println!("{} programs call no vector instruction", PROGRAMS.len());
    Ok(Outcome::Passed)
}

fn read(path: &Path) -> Result<Program> {
    Program::read(&std::fs::read(path)?)
}

/// A line for each vector instruction that is called, with those who call it.
fn offences(program: &Program) -> Vec<String> {
    let called = program.names().filter(|name| is_vector_instruction(name) && !is_allowed(name));
    called.map(|name| line(name, &program.callers(name))).collect()
}

fn line(name: &str, callers: &BTreeSet<&str>) -> String {
    let mut line = format!("  {name}");
    for caller in callers {
        line += &format!("\n    by {caller}");
    }
    line
}

/// Whether the function with this name is an instruction of the compiler's, or a part of the library for them, or a method
/// that such a library wants: all of that has to be inside of the functions that are compiled for an instruction set.
fn is_vector_instruction(name: &str) -> bool {
    const LIBRARIES: [&str; 2] = ["rten_simd::", "rten_vecmath::"];
    let of_library = |library: &str| {
        name.starts_with(library)
            || name.starts_with(&format!("<{library}"))
            || name.contains(&format!(" as {library}"))
    };
    name.starts_with("core::core_arch::") || LIBRARIES.into_iter().any(of_library)
}

fn is_allowed(name: &str) -> bool {
    // Compilers write `<Type>::new` or `Type::new`.
    let plain = name.replace(['<', '>'], "");
    ALLOWED.iter().any(|(part, _)| plain.contains(part))
}

#[cfg(test)]
mod tests;
