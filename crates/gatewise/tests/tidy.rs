//! House rules, held by tests: how long files are, what each crate may know, what no file may hold.
//!
//! `CONTRIBUTING.md` gives the reasons. The rules are functions over text, in `tidy/rules.rs`, and
//! `tidy/tests.rs` shows that each of them can fail.

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/repository.rs"]
mod repository;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/tests.rs"]
mod tests;

use repository::{File, exists, library_sources, manifests, pages, root_manifest, rust_files};

/// Fails with one line per file that breaks the rule.
#[track_caller]
fn check(files: &[File], rule: impl Fn(&File) -> Vec<String>) {
    assert!(!files.is_empty(), "no file to check: the rule looks in the wrong place");
    let offences: Vec<String> = files.iter().flat_map(rule).collect();
    assert!(offences.is_empty(), "see CONTRIBUTING.md, house rules:\n{}", offences.join("\n"));
}

#[test]
fn no_rust_file_is_longer_than_500_lines() {
    check(&rust_files(), rules::too_long);
}

#[test]
fn half_of_the_rust_files_are_shorter_than_200_lines() {
    let median = rules::median_of_lines(&rust_files());
    assert!(median < 200, "the median file has {median} lines");
}

#[test]
fn no_file_is_named_mod_rs() {
    check(&rust_files(), rules::named_mod);
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    check(&rust_files(), rules::unfinished);
}

#[test]
fn tests_live_in_files_of_their_own() {
    check(&rust_files(), rules::inline_tests);
}

#[test]
fn only_the_kernels_may_hold_unsafe_code() {
    assert!(rules::forbids_unsafe(&root_manifest()), "the workspace's lints forbid unsafe code");
    // The fuzz targets are a workspace of their own, whose macro exports a function without its mangled name. The peers in
    // Rust are another one, where a macro of burn allows what it generates and so the lint cannot be "forbid".
    let (members, workspaces): (Vec<File>, _) = (manifests().into_iter())
        .filter(|file| !file.path.starts_with("fuzz/"))
        .partition(|file| file.path != "benchmarks/peers/rust/Cargo.toml");
    assert!(workspaces.iter().all(rules::denies_unsafe), "the lints of the peers deny unsafe code");
    check(&members, rules::without_workspace_lints);
}

#[test]
fn the_environment_is_read_in_one_file() {
    check(&library_sources(), rules::reads_environment);
    check(&library_sources(), rules::unknown_environment_name);
}

#[test]
fn the_library_never_prints() {
    check(&library_sources(), rules::prints);
}

#[test]
fn only_file_formats_know_another_gate_order() {
    check(&library_sources(), rules::foreign_gate_order);
}

#[test]
fn kernels_depend_on_nothing_that_knows_a_tensor_or_a_file() {
    let kernels: Vec<File> =
        manifests().into_iter().filter(|file| file.path.contains("gatewise-kernels/")).collect();
    check(&kernels, rules::kernels_know_too_much);
}

#[test]
fn pages_name_files_that_are_there() {
    check(&pages(), |page| rules::dead_paths(page, exists));
}
