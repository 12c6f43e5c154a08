//! The steps that look at the crates this project builds on.
//!
//! `deny.toml` holds the rules. cargo-deny takes long to compile, so what can be told from `cargo tree` is
//! checked here on every machine, and cargo-deny runs where somebody has installed it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use crate::licence;
use crate::process;
use crate::report::Outcome;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// One crate that is compiled for some target.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    /// A folder or an address; absent for a crate from the registry.
    source: Option<String>,
    licence: String,
}

/// Rules of `deny.toml`, and what the workspace's `Cargo.toml` pins.
struct Rules {
    licences: Vec<String>,
    denied: Vec<String>,
    pinned: Vec<String>,
}

/// Every crate has an allowed licence, none comes from git or is denied, and pinned ones have one version.
pub fn own_rules(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let read = |name: &str| {
        let path = workspace.root().join(name);
        std::fs::read_to_string(&path).with_context(|| format!("{}: cannot read it", path.display()))
    };
    let deny = read("deny.toml")?;
    let rules = Rules {
        licences: list(&deny, "allow")?,
        denied: list(&deny, "deny")?,
        pinned: pinned(&read("Cargo.toml")?),
    };
    let words = ["tree", "--locked", "--workspace", "--all-features", "--target", "all", "--prefix", "none"];
    let tree = process::output(workspace.cargo(&words).args(["--format", "{p}|{l}"]))?;
    let packages: BTreeSet<Package> = tree.lines().filter_map(package).collect();
    let offences = offences(&packages, &rules);
    ensure!(offences.is_empty(), "{}", offences.join("; "));
    println!("{} crates are in order", packages.len());
    Ok(Outcome::Passed)
}

/// What cargo-deny says of the same, advisories apart: those would need a download.
pub fn cargo_deny(workspace: &Workspace, _: &mut Tally) -> Result<Outcome> {
    let installed =
        workspace.cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !installed {
        return Ok(Outcome::Skipped("cargo-deny is not installed".to_owned()));
    }
    process::run(&mut workspace.cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

/// Reads a line such as `rayon v1.12.0|MIT OR Apache-2.0` or `gatewise v0.1.0 (folder)|…`.
fn package(line: &str) -> Option<Package> {
    let (id, licence) = line.split_once('|')?;
    let mut words = id.splitn(3, ' ');
    let (name, version) = (words.next()?, words.next()?);
    let rest = words.next().unwrap_or("").replace("(proc-macro)", "");
    let source = rest.trim().trim_matches(['(', ')']);
    Some(Package {
        name: name.to_owned(),
        version: version.to_owned(),
        source: (!source.is_empty()).then(|| source.to_owned()),
        // Cargo marks a crate that it has shown before.
        licence: licence.trim_end_matches(" (*)").to_owned(),
    })
}

/// The quoted words of the list `key = [ … ]`.
fn list(toml: &str, key: &str) -> Result<Vec<String>> {
    let start = format!("{key} = [");
    let mut lines = toml.lines().skip_while(|line| *line != start).skip(1);
    let mut words = Vec::new();
    loop {
        let line = lines.next().with_context(|| format!("deny.toml: no list `{key}`"))?;
        if line == "]" {
            return Ok(words);
        }
        words.extend(line.split('"').nth(1).map(str::to_owned));
    }
}

/// Names of the dependencies that a manifest pins to one exact version.
fn pinned(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().filter(|line| line.contains("\"="));
    lines.filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

/// What breaks a rule, a sentence each.
fn offences(packages: &BTreeSet<Package>, rules: &Rules) -> Vec<String> {
    let mut offences = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Package { name, version, source, licence } in packages {
        match licence::is_allowed(licence, &rules.licences) {
            Ok(true) => {}
            Ok(false) => offences.push(format!("{name} {version}: licence `{licence}` is not in deny.toml")),
            Err(error) => offences.push(format!("{name} {version}: {error}")),
        }
        if source.as_ref().is_some_and(|source| source.contains("://")) {
            offences.push(format!("{name} {version}: comes from git, not from the registry"));
        }
        if rules.denied.contains(name) {
            offences.push(format!("{name} {version}: is denied by deny.toml"));
        }
        versions.entry(name).or_default().insert(version);
    }
    for name in &rules.pinned {
        let count = versions.get(name.as_str()).map_or(0, BTreeSet::len);
        if count > 1 {
            offences.push(format!("{name}: pinned, but {count} versions are compiled"));
        }
    }
    offences
}

#[cfg(test)]
mod tests;
