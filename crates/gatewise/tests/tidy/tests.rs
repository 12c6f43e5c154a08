//! Each rule can fail, and does not fail on what is allowed.

use crate::code::{lines_with_word, without_comments_and_literals};
use crate::repository::File;
use crate::rules;

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

fn source(text: &str) -> File {
    file("crates/gatewise/src/layer.rs", text)
}

#[test]
fn a_file_of_501_lines_is_too_long() {
    assert_eq!(rules::too_long(&source(&"\n".repeat(500))).len(), 0);
    assert_eq!(rules::too_long(&source(&"\n".repeat(501))).len(), 1);
}

#[test]
fn the_median_is_the_middle_of_the_sorted_lengths() {
    let files = [900, 10, 20].map(|lines| source(&"\n".repeat(lines)));
    assert_eq!(rules::median_of_lines(&files), 20);
}

#[test]
fn mod_rs_is_seen_in_any_folder() {
    assert_eq!(rules::named_mod(&file("crates/gatewise/src/ops/mod.rs", "")).len(), 1);
    assert_eq!(rules::named_mod(&file("crates/gatewise/src/ops/model.rs", "")).len(), 0);
}

#[test]
fn unfinished_code_is_seen_but_not_words_about_it() {
    for text in
        ["fn f() { todo!() }", "unimplemented!(\"later\")", "dbg!(x)", "#[ignore]", "#[ignore = \"slow\"]"]
    {
        assert_eq!(rules::unfinished(&source(text)).len(), 1, "{text}");
    }
    assert_eq!(rules::unfinished(&source("// todo!\nlet text = \"dbg!(x)\"; my_todo!();")).len(), 0);
}

#[test]
fn a_module_of_tests_between_the_code_is_seen() {
    assert_eq!(rules::inline_tests(&source("#[cfg(test)]\nmod tests {\n}")).len(), 1);
    assert_eq!(rules::inline_tests(&source("#[cfg(test)]\nmod tests;\n")).len(), 0);
}

#[test]
fn a_workspace_that_allows_unsafe_code_is_seen() {
    let forbids = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
    assert!(rules::forbids_unsafe(&file("Cargo.toml", forbids)));
    assert!(!rules::forbids_unsafe(&file("Cargo.toml", &forbids.replace("forbid", "warn"))));
    assert!(rules::denies_unsafe(&file("Cargo.toml", &forbids.replace("forbid", "deny"))));
    assert!(!rules::denies_unsafe(&file("Cargo.toml", &forbids.replace("forbid", "warn"))));
    assert!(!rules::forbids_unsafe(&file("Cargo.toml", "[other]\nunsafe_code = \"forbid\"\n")));
}

#[test]
fn a_crate_without_the_lints_of_the_workspace_is_seen() {
    let without = "[package]\nname = \"x\"\n[dependencies]\nworkspace = true\n";
    assert_eq!(rules::without_workspace_lints(&file("crates/x/Cargo.toml", without)).len(), 1);
    assert_eq!(
        rules::without_workspace_lints(&file("crates/x/Cargo.toml", "[lints]\nworkspace = true\n")).len(),
        0
    );
    assert_eq!(rules::without_workspace_lints(&file("crates/gatewise-kernels/Cargo.toml", without)).len(), 0);
}

#[test]
fn reading_the_environment_is_seen_outside_its_file() {
    let text = "let threads = std::env::var(\"GATEWISE_THREADS\");";
    assert_eq!(rules::reads_environment(&source(text)).len(), 1);
    assert_eq!(rules::reads_environment(&file("crates/gatewise/src/environment.rs", text)).len(), 0);
    assert_eq!(rules::reads_environment(&source("env!(\"CARGO_PKG_VERSION\")")).len(), 0);
}

#[test]
fn an_unknown_name_of_the_environment_is_seen_anywhere() {
    assert_eq!(rules::unknown_environment_name(&source("// set GATEWISE_SPEED")).len(), 1);
    assert_eq!(rules::unknown_environment_name(&source("\"GATEWISE_ISA\" and `GATEWISE_THREADS`")).len(), 0);
}

#[test]
fn printing_is_seen_but_not_in_an_example_of_the_documentation() {
    for text in ["println!(\"x\")", "eprintln!()", "std::print!(\"x\")", "eprint!(\"x\")"] {
        assert_eq!(rules::prints(&source(text)).len(), 1, "{text}");
    }
    assert_eq!(rules::prints(&source("//! println!(\"{history}\");\nsprint!()")).len(), 0);
}

#[test]
fn a_foreign_gate_order_is_seen_outside_the_formats() {
    for text in ["fn to_iofc() {}", "const ORDER: &str = \"IFGO\";", "// ONNX has i, o, f, c"] {
        assert_eq!(rules::foreign_gate_order(&source(text)).len(), 1, "{text}");
        assert_eq!(rules::foreign_gate_order(&file("crates/gatewise/src/format/onnx.rs", text)).len(), 0);
    }
    assert_eq!(
        rules::foreign_gate_order(&source("// i f g o = x · kernel; the order is i, f, c, o")).len(),
        0
    );
}

#[test]
fn a_kernel_that_depends_on_arrays_is_seen() {
    let manifest =
        |line: &str| file("crates/gatewise-kernels/Cargo.toml", &format!("[dependencies]\n{line}\n"));
    for line in
        ["ndarray.workspace = true", "gatewise = \"1\"", "serde = { version = \"1\" }", "thiserror = \"2\""]
    {
        assert_eq!(rules::kernels_know_too_much(&manifest(line)).len(), 1, "{line}");
    }
    assert_eq!(rules::kernels_know_too_much(&manifest("rten-simd.workspace = true")).len(), 0);
}

#[test]
fn a_page_that_names_a_file_that_is_gone_is_seen() {
    let page = file("CONTRIBUTING.md", "See `ops.rs`, `ops/gone.rs` and `ops/<op>.rs`; call `f(\"x.rs\")`.");
    assert_eq!(
        rules::dead_paths(&page, |path| path == "ops.rs"),
        ["CONTRIBUTING.md: `ops/gone.rs` is not there"]
    );
    assert_eq!(rules::dead_paths(&page, |_| true).len(), 0);
}

#[test]
fn comments_and_literals_are_blanked_and_lines_keep_their_numbers() {
    let blanked =
        |text: &str| without_comments_and_literals(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(blanked("a(); // b\nc();"), "a(); c();");
    assert_eq!(blanked("a /* b /* c */ d */ e"), "a e");
    assert_eq!(blanked(r#"f("b \" c", 'd', '\'', b"e") + g"#), "f( , , , b ) + g");
    assert_eq!(blanked("x = r#\"a \" b\"# + br\"c\" + y"), "x = + + y");
    assert_eq!(blanked("fn f<'a>(x: &'a str, r#type: u8) {}"), "fn f<'a>(x: &'a str, r#type: u8) {}");
    let code = without_comments_and_literals("/* one\n two */\n\"three\nfour\"\ndbg!(x)");
    assert_eq!(lines_with_word(&code, &["dbg!"]), [(5, "dbg!".to_owned())]);
}
