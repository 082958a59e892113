//! Every place where given lines stand, with whatever indentation.

use super::line::{Effort, Line};
use super::locate::Miss;

/// A place where lines match.
pub(super) struct Hit<'x> {
    pub(super) at: usize,
    pub(super) difference: Difference<'x>,
}

/// Blanks in front of every line that only the program has, and that only the block has. One of them
/// is empty.
pub(super) type Difference<'x> = (&'x str, &'x str);

pub(super) const EXACT: Difference<'static> = ("", "");

/// Every place of `lines` where `pattern` stands, with whatever indentation.
pub(super) fn scan<'x>(
    lines: &'x [Line<'_>],
    pattern: &'x [Line<'_>],
    effort: &mut Effort,
) -> Result<Vec<Hit<'x>>, Miss> {
    let mut hits = Vec::new();
    for (at, window) in lines.windows(pattern.len().max(1)).enumerate() {
        let (difference, work) = fit(window, pattern);
        effort.spend(work).ok_or(Miss::Exhausted)?;
        hits.extend(difference.map(|difference| Hit { at, difference }));
    }
    Ok(hits)
}

/// The uniform difference between two runs of equal lines, and how much work it was to find out.
fn fit<'x>(window: &'x [Line<'_>], pattern: &'x [Line<'_>]) -> (Option<Difference<'x>>, usize) {
    let mut uniform: Option<Difference<'x>> = None;
    let mut work = 0;
    for (have, want) in window.iter().zip(pattern) {
        // A comparison of long lines of equal length reads them.
        work += 1 + if have.body().len() == want.body().len() { want.body().len() / 16 } else { 0 };
        if have.body() != want.body() {
            return (None, work);
        }
        if have.is_blank() {
            continue;
        }
        work += (have.indent().len() + want.indent().len()) / 16;
        let Some(difference) = indent_difference(have.indent(), want.indent()) else { return (None, work) };
        if *uniform.get_or_insert(difference) != difference {
            return (None, work);
        }
    }
    (Some(uniform.unwrap_or(EXACT)), work)
}

/// `None` where the two do not differ in front alone.
fn indent_difference<'x>(have: &'x str, want: &'x str) -> Option<Difference<'x>> {
    let deeper = have.strip_suffix(want).map(|deeper| (deeper, ""));
    deeper.or_else(|| want.strip_suffix(have).map(|shallower| ("", shallower)))
}
