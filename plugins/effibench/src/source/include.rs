//! Includes of C and C++. Those that depend on a condition of the preprocessor stay where they are.

use super::scan::{after_keyword, lines};
use super::{Found, Import, Need};

pub(super) fn find(source: &str, masked: &str) -> Vec<Found> {
    let mut conditions = 0;
    let mut found = Vec::new();
    for (start, line) in lines(masked) {
        let Some(directive) = line.trim_start().strip_prefix('#').map(str::trim_start) else { continue };
        if directive.starts_with("if") {
            conditions += 1;
        } else if after_keyword(directive, "endif").is_some() {
            conditions -= 1;
        } else if after_keyword(directive, "include").is_some() && conditions == 0 {
            let range = start..start + line.len();
            // Without the comment, which the mask has blanked out; the name's quotes are still there.
            let text = source[start..start + line.trim_end().len()].trim().to_owned();
            found.push(Found { imports: vec![Import { text, names: Vec::new(), need: Need::Always }], range });
        }
    }
    found
}
