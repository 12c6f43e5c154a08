//! The rules: each takes a file and tells what breaks it, a line per place.

use crate::code::{lines_with_word, without_comments_and_literals};
use crate::repository::File;

/// Lines that one file may have: what can be read at a sitting.
const LONGEST: usize = 500;

/// Words of code that is not finished, or of a test that does not run.
const UNFINISHED: [&str; 5] = ["todo!", "unimplemented!", "dbg!", "#[ignore", "#![ignore"];

/// Macros that write to a terminal.
const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

/// Functions of `std::env` that read the environment.
const ENVIRONMENT: [&str; 4] = ["env::var", "env::var_os", "env::vars", "env::vars_os"];

/// The one file that may read the environment, and the names that it may read.
const ENVIRONMENT_FILE: &str = "crates/gatewise/src/environment.rs";
const ENVIRONMENT_NAMES: [&str; 2] = ["GATEWISE_THREADS", "GATEWISE_ISA"];

/// The gate orders of ONNX and of PyTorch; Keras's is i, f, c, o.
const FOREIGN_ORDERS: [&str; 4] = ["i, o, f, c", "iofc", "i, f, g, o", "ifgo"];

/// The one folder of the library that may know a foreign gate order, and the file that heads it.
const FORMATS: [&str; 2] = ["crates/gatewise/src/format/", "crates/gatewise/src/format.rs"];

/// Crates that know arrays, files or errors, of which kernels know nothing.
const ABOVE_KERNELS: [&str; 7] =
    ["gatewise", "ndarray", "serde", "serde_json", "safetensors", "thiserror", "anyhow"];

/// A file of more lines than [`LONGEST`].
pub fn too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    offence(lines > LONGEST, file, format!("{lines} lines, at most {LONGEST} are allowed"))
}

/// The number of lines of the file in the middle when all are sorted by it; the higher of the two middles.
pub fn median_of_lines(files: &[File]) -> usize {
    let mut lines: Vec<usize> = files.iter().map(|file| file.text.lines().count()).collect();
    lines.sort_unstable();
    lines[lines.len() / 2]
}

/// A module file that should be called after its module. What integration tests share is let off: Cargo would take
/// `tests/common.rs` for a test of its own.
pub fn named_mod(file: &File) -> Vec<String> {
    let named_mod = file.path.ends_with("/mod.rs") && !file.path.contains("/tests/");
    offence(named_mod, file, "name it after its module, beside the module's folder".to_owned())
}

/// Macros that stand for missing code, and tests that do not run.
pub fn unfinished(file: &File) -> Vec<String> {
    words_of_code(file, &UNFINISHED, "finish it or take it out")
}

/// Tests between the code that they test.
pub fn inline_tests(file: &File) -> Vec<String> {
    words_of_code(file, &["mod tests {"], "move them to `tests.rs` in the module's folder")
}

/// Whether the lints of the workspace's manifest forbid unsafe code.
pub fn forbids_unsafe(manifest: &File) -> bool {
    has_unsafe_lint(manifest, "forbid")
}

/// Whether they deny it, so that it can be allowed in a place.
pub fn denies_unsafe(manifest: &File) -> bool {
    has_unsafe_lint(manifest, "deny")
}

fn has_unsafe_lint(manifest: &File, level: &str) -> bool {
    let lint = format!("unsafe_code = \"{level}\"");
    section(manifest, "workspace.lints.rust").iter().any(|line| line.trim() == lint)
}

/// A crate that does not take the lints of the workspace; the kernels may have their own.
pub fn without_workspace_lints(manifest: &File) -> Vec<String> {
    let kernels = manifest.path == "crates/gatewise-kernels/Cargo.toml";
    let inherits = section(manifest, "lints").contains(&"workspace = true");
    offence(!kernels && !inherits, manifest, "does not take the workspace's lints".to_owned())
}

/// Reading the environment outside its one file.
pub fn reads_environment(file: &File) -> Vec<String> {
    if file.path == ENVIRONMENT_FILE {
        return Vec::new();
    }
    words_of_code(file, &ENVIRONMENT, "read it in environment.rs")
}

/// A name of ours in the environment that is not documented.
pub fn unknown_environment_name(file: &File) -> Vec<String> {
    let is_part = |character: char| character.is_ascii_uppercase() || character == '_';
    let words = file.text.split(|character| !is_part(character));
    let unknown = words.filter(|word| word.starts_with("GATEWISE_") && !ENVIRONMENT_NAMES.contains(word));
    unknown.map(|word| format!("{}: {word} is not a name that the library reads", file.path)).collect()
}

/// Writing to a terminal.
pub fn prints(file: &File) -> Vec<String> {
    words_of_code(file, &PRINTING, "return it, or tell an observer")
}

/// A gate order other than Keras's, outside the formats that have it.
pub fn foreign_gate_order(file: &File) -> Vec<String> {
    if FORMATS.iter().any(|path| file.path.starts_with(path)) || file.path.contains("gatewise-kernels/") {
        return Vec::new();
    }
    let text = file.text.to_lowercase();
    let found = FOREIGN_ORDERS.iter().filter(|order| text.contains(**order));
    found.map(|order| format!("{}: the gate order {order} belongs into format/", file.path)).collect()
}

/// A dependency that would let the kernels know what a tensor, a layer, a file or an error is.
pub fn kernels_know_too_much(manifest: &File) -> Vec<String> {
    let names =
        section(manifest, "dependencies").into_iter().filter_map(|line| line.split(['.', ' ', '=']).next());
    let known = names.filter(|name| ABOVE_KERNELS.contains(name) || name.starts_with("gatewise"));
    known.map(|name| format!("{}: kernels must not depend on {name}", manifest.path)).collect()
}

/// Lines of one section of a manifest.
fn section<'a>(manifest: &'a File, name: &str) -> Vec<&'a str> {
    let head = format!("[{name}]");
    let lines = manifest.text.lines().skip_while(|line| *line != head).skip(1);
    lines.take_while(|line| !line.starts_with('[')).collect()
}

fn words_of_code(file: &File, words: &[&str], remedy: &str) -> Vec<String> {
    let code = without_comments_and_literals(&file.text);
    let found = lines_with_word(&code, words).into_iter();
    found.map(|(line, word)| format!("{}:{line}: `{word}`: {remedy}", file.path)).collect()
}

fn offence(broken: bool, file: &File, text: String) -> Vec<String> {
    if broken { vec![format!("{}: {text}", file.path)] } else { Vec::new() }
}

/// Paths of a page, in backticks and with an ending, that are in none of the folders in which they may begin. Paths
/// with a placeholder such as `ops/<op>.rs` or `ops/*.rs` are passed over.
pub fn dead_paths(page: &File, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let quoted = page.text.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let endings = [".rs", ".py", ".md", ".csv", ".toml"];
        endings.iter().any(|ending| text.ends_with(ending)) && !text.contains(['<', '*', ' '])
    };
    let dead = quoted.filter(is_path).filter(|path| !exists(path));
    dead.map(|path| format!("{}: `{path}` is not there", page.path)).collect()
}
