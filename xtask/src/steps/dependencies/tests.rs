use super::*;

fn rules() -> Rules {
    Rules {
        licences: vec!["MIT".to_owned()],
        denied: vec!["cmake".to_owned()],
        pinned: vec!["rten-simd".to_owned()],
    }
}

fn offences_of(tree: &str) -> Vec<String> {
    offences(&tree.lines().filter_map(package).collect(), &rules())
}

#[test]
fn lines_of_the_tree_are_read() {
    let registry = package("serde_derive v1.0.2 (proc-macro)|MIT (*)").unwrap();
    assert_eq!((registry.name.as_str(), registry.version.as_str()), ("serde_derive", "v1.0.2"));
    assert_eq!((registry.source, registry.licence.as_str()), (None, "MIT"));
    let local = package("gatewise v0.1.0 (/home/me/gatewise)|MIT").unwrap();
    assert_eq!(local.source.as_deref(), Some("/home/me/gatewise"));
    assert_eq!(package(""), None);
}

#[test]
fn lists_are_read_from_deny_toml() {
    let toml = "[licenses]\nallow = [\n    \"MIT\",\n    \"Zlib\", # a reason\n]\n";
    assert_eq!(list(toml, "allow").unwrap(), ["MIT", "Zlib"]);
    assert!(list(toml, "deny").is_err());
}

#[test]
fn exact_versions_are_read_from_the_manifest() {
    let manifest = "rayon = \"1.12\"\nrten-simd = \"=0.27.0\"\nhdf5 = { version = \"=0.1.0\" }\n";
    assert_eq!(pinned(manifest), ["rten-simd", "hdf5"]);
}

#[test]
fn a_tree_in_order_has_no_offence() {
    assert_eq!(offences_of("rten-simd v0.27.0|MIT\ngatewise v0.1.0 (/home)|MIT"), Vec::<String>::new());
}

#[test]
fn each_rule_can_be_broken() {
    let broken = |tree, word: &str| {
        let offences = offences_of(tree);
        assert!(offences.len() == 1 && offences[0].contains(word), "{offences:?}");
    };
    broken("copyleft v1.0.0|GPL-3.0-only", "not in deny.toml");
    broken("nothing v1.0.0|", "malformed");
    broken("fork v1.0.0 (https://example.org/fork#0abc)|MIT", "git");
    broken("cmake v1.0.0|MIT", "denied");
    broken("rten-simd v0.27.0|MIT\nrten-simd v0.28.0|MIT", "2 versions");
}
