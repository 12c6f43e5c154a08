//! The functions of a compiled program, and who calls whom.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

/// A compiled program.
pub struct Program {
    /// Names by where the functions begin. Of several names of one place one is kept.
    functions: BTreeMap<u64, String>,
    /// Machine code, with where it begins.
    code: Vec<(u64, Vec<u8>)>,
    tells_calls: bool,
}

impl Program {
    /// Reads a file in the format of Linux or macOS.
    ///
    /// # Errors
    /// It has another format.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let file = object::File::parse(bytes)?;
        let mut functions = BTreeMap::new();
        for symbol in file.symbols() {
            if symbol.kind() == SymbolKind::Text && symbol.is_definition() {
                let name = rustc_demangle::demangle(symbol.name()?);
                functions.insert(symbol.address(), format!("{name:#}"));
            }
        }
        let mut code = Vec::new();
        for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
            code.push((section.address(), section.data()?.to_vec()));
        }
        Ok(Self::new(functions, code, file.architecture() == Architecture::X86_64))
    }

    /// A program of these parts; `tells_calls` if its calls can be read, as those of x86-64.
    pub fn new(functions: BTreeMap<u64, String>, code: Vec<(u64, Vec<u8>)>, tells_calls: bool) -> Self {
        Self { functions, code, tells_calls }
    }

    /// The names of all functions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.values().map(String::as_str)
    }

    /// The functions that call one of this name, or jump to it; none where calls cannot be read.
    pub fn callers(&self, name: &str) -> BTreeSet<&str> {
        let mut callers = BTreeSet::new();
        if !self.tells_calls {
            return callers;
        }
        let wanted: BTreeSet<u64> =
            self.functions.iter().filter(|(_, own)| *own == name).map(|(start, _)| *start).collect();
        for (start, code) in &self.code {
            // Every byte may be the first of an instruction. What is none seldom points at the very start of the function.
            for (offset, bytes) in code.windows(5).enumerate() {
                let place = start + offset as u64;
                if target(place, bytes).is_some_and(|target| wanted.contains(&target))
                    && let Some((_, caller)) = self.functions.range(..=place).next_back()
                {
                    callers.insert(caller.as_str());
                }
            }
        }
        callers
    }
}

/// Where a call or jump of x86-64 with a distance of four bytes leads to, if these five are one.
fn target(place: u64, bytes: &[u8]) -> Option<u64> {
    const CALL: u8 = 0xE8;
    const JUMP: u8 = 0xE9;
    let [CALL | JUMP, distance @ ..] = bytes else { return None };
    let distance = i32::from_le_bytes(distance.try_into().ok()?);
    Some(place.wrapping_add(5).wrapping_add_signed(distance.into()))
}
