//! Adds up what the test programs report.

use std::fmt;

/// Tests counted over all test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    /// Reasons that tests gave for not doing their work, though they count as passed.
    skipped: Vec<String>,
}

impl Tally {
    /// Takes in a line of a test program's output.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count(result, " passed");
            self.failed += count(result, " failed");
        } else if let Some(reason) = line.strip_prefix("skipped: ") {
            self.skipped.push(reason.to_owned());
        }
    }
}

/// The number before `what`; 0 where there is none.
fn count(result: &str, what: &str) -> u64 {
    let before = result.find(what).and_then(|end| result.get(..end));
    before.and_then(|text| text.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reason in &self.skipped {
            writeln!(f, "skipped: {reason}")?;
        }
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped.is_empty() { Ok(()) } else { write!(f, " ({} of the passed were skipped)", self.skipped.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn adds_up_all_test_programs() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 41 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            ---- b stdout ----\nskipped: no python3\n\
            test result: FAILED. 1 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        let tally = tally(output);
        assert_eq!(tally, Tally { passed: 42, failed: 2, skipped: vec!["no python3".to_owned()] });
        assert_eq!(tally.to_string(), "skipped: no python3\n42 passed, 2 failed (1 of the passed were skipped)");
    }

    #[test]
    fn other_lines_count_nothing() {
        let tally = tally("3 passed; 4 failed\nwarning: 5 passed\ntest result: \n");
        assert_eq!(tally.to_string(), "0 passed, 0 failed");
    }
}
