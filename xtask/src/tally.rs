//! Counting passed and failed tests in the output of `cargo test`.

/// Sums over every test program that ran, with the closing line of each.
#[derive(Debug, Default)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// The `test result: …` lines of programs that ran at least one test, in order.
    pub lines: Vec<String>,
}

impl Tally {
    /// Takes one line of output; lines that close no test program are passed over.
    pub fn read_line(&mut self, line: &str) {
        let Some((passed, failed)) = counts(line) else {
            return;
        };
        self.passed += passed;
        self.failed += failed;
        if passed + failed > 0 {
            self.lines.push(line.trim().to_owned());
        }
    }
}

/// Passed and failed of `test result: ok. 3 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let count = |word: &str| {
        let field = counts.split(';').find_map(|field| field.trim().strip_suffix(word))?;
        field.trim().parse().ok()
    };
    Some((count("passed")?, count("failed")?))
}

#[cfg(test)]
mod tests;
