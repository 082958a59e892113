//! Shows what is nearest to text that the program does not hold, and how it differs.

use super::line::{Effort, Line};
use super::replace::{blanks_named, span};
use crate::text::cut_middle;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

/// Lines of the SEARCH part that are looked at.
const MAX_SEARCH: usize = 200;
/// Places of one text in the SEARCH part that are looked at: a line like `}` says little.
const MAX_REPEATS: usize = 8;
/// Bytes of a line that count when two lines are likened.
const MAX_LIKENED: usize = 200;
/// Lines of the program that a message quotes, differences that it names, characters of each.
const MAX_QUOTED: usize = 12;
const MAX_DIFFERENCES: usize = 3;
const MAX_CHARS: usize = 160;
/// Effort of writing a message.
const MESSAGE_EFFORT: usize = 2_000;

pub(super) struct Nearest {
    pub(super) message: String,
    /// Lines of the program, as indices.
    pub(super) lines: Range<usize>,
}

/// The text of the program nearest to `search`; `None` where nothing is like it, or where it would
/// cost more than is left of `effort`.
pub(super) fn nearest(program: &[Line<'_>], search: &[Line<'_>], effort: &mut Effort) -> Option<Nearest> {
    let edge = |line: &&Line<'_>| line.is_blank();
    let first = search.iter().take_while(edge).count();
    let last = search.len() - search[first..].iter().rev().take_while(edge).count();
    let search = &search[first..last.min(first + MAX_SEARCH)];
    effort.spend(MESSAGE_EFFORT + search.len())?;
    if let [only] = search
        && let Some(at) = holder(program, only, effort)?
    {
        return Some(part_of_line(program, at));
    }
    let at = match most_agreed(program, search, effort)? {
        Some(at) => at,
        None => most_alike(program, search, effort)??,
    };
    let lines = at..(at + search.len()).min(program.len());
    Some(Nearest { message: describe(program, search, lines.clone()), lines })
}

/// The first line that holds `text` and more; `None` inside where there is none, outside where the
/// effort does not suffice.
fn holder(program: &[Line<'_>], text: &Line<'_>, effort: &mut Effort) -> Option<Option<usize>> {
    effort.spend(program.iter().map(|line| 1 + line.body().len() / 16).sum())?;
    Some(program.iter().position(|line| line.body().contains(text.body()) && line.body() != text.body()))
}

fn part_of_line(program: &[Line<'_>], at: usize) -> Nearest {
    let quoted = cut_middle(program[at].text(), MAX_CHARS);
    let message =
        format!("not found as a whole line; line {} holds it as a part: `{quoted}`; quote whole lines", at + 1);
    Nearest { message, lines: at..at + 1 }
}

/// Where most of the text would stand in its place, counted by equal lines.
fn most_agreed(program: &[Line<'_>], search: &[Line<'_>], effort: &mut Effort) -> Option<Option<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in search.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        let known = places.entry(line.body()).or_default();
        if known.len() < MAX_REPEATS {
            known.push(index);
        }
    }
    effort.spend(program.len())?;
    let mut votes = vec![0_usize; program.len()];
    for (at, line) in program.iter().enumerate() {
        let Some(indices) = places.get(line.body()) else { continue };
        effort.spend(indices.len())?;
        for start in indices.iter().filter_map(|index| at.checked_sub(*index)) {
            // Long lines say more than closing brackets.
            votes[start] += line.body().len().min(40);
        }
    }
    // The first of the best, hence from the back: `max_by_key` takes the last.
    let best = votes.iter().enumerate().rev().max_by_key(|(_, votes)| **votes);
    Some(best.filter(|(_, votes)| **votes > 0).map(|(at, _)| at))
}

/// Where the text would stand if its longest line stood at the line most like it.
fn most_alike(program: &[Line<'_>], search: &[Line<'_>], effort: &mut Effort) -> Option<Option<usize>> {
    let longest = search.iter().enumerate().rev().max_by_key(|(_, line)| line.body().len());
    let Some((index, line)) = longest else { return Some(None) };
    let wanted = pairs(line.body());
    let mut best: Option<(f64, usize)> = None;
    for (at, line) in program.iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        effort.spend(1 + line.body().len().min(MAX_LIKENED))?;
        let likeness = likeness(&wanted, &pairs(line.body()));
        if likeness > best.map_or(0.5, |(known, _)| known) {
            best = Some((likeness, at));
        }
    }
    Some(best.map(|(_, at)| at.saturating_sub(index)))
}

/// Neighbouring bytes of a text, sorted.
fn pairs(text: &str) -> Vec<[u8; 2]> {
    let bytes = &text.as_bytes()[..text.len().min(MAX_LIKENED)];
    let mut pairs: Vec<[u8; 2]> = bytes.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    pairs.sort_unstable();
    pairs
}

/// Share of two texts' pairs of bytes that they have in common (the Dice coefficient): 0 to 1.
fn likeness(one: &[[u8; 2]], two: &[[u8; 2]]) -> f64 {
    let (mut left, mut right, mut common) = (0, 0, 0_u32);
    while let (Some(a), Some(b)) = (one.get(left), two.get(right)) {
        common += u32::from(a == b);
        left += usize::from(a <= b);
        right += usize::from(b <= a);
    }
    let total = u32::try_from(one.len() + two.len()).unwrap_or(u32::MAX);
    if total == 0 { 0.0 } else { f64::from(2 * common) / f64::from(total) }
}

fn describe(program: &[Line<'_>], search: &[Line<'_>], lines: Range<usize>) -> String {
    let mut message = format!("not found; the nearest text of the program is {}:", span(lines.start, lines.len()));
    for at in lines.clone().take(MAX_QUOTED) {
        // Writing to a string cannot fail.
        let _ = write!(message, "\n{:>5} | {}", at + 1, cut_middle(program[at].text(), MAX_CHARS));
    }
    if lines.len() > MAX_QUOTED {
        let _ = write!(message, "\n      | ({} more lines)", lines.len() - MAX_QUOTED);
    }
    let differences: Vec<String> = (search.iter().enumerate())
        .filter_map(|(index, want)| difference(program.get(lines.start + index), want, lines.start + index))
        .collect();
    for difference in differences.iter().take(MAX_DIFFERENCES) {
        let _ = write!(message, "\n{difference}");
    }
    if differences.len() > MAX_DIFFERENCES {
        let _ = write!(message, "\nand {} more lines differ", differences.len() - MAX_DIFFERENCES);
    }
    message
}

/// How a line of the program differs from the one that was looked for; `None` where it does not.
fn difference(have: Option<&Line<'_>>, want: &Line<'_>, at: usize) -> Option<String> {
    let number = at + 1;
    let wanted = cut_middle(want.text(), MAX_CHARS);
    match have {
        None => Some(format!("line {number} is beyond the program's end; the block has `{wanted}`")),
        Some(have) if have.is_like(want) => None,
        Some(have) if have.body() == want.body() => Some(format!(
            "line {number} is indented by {}, in the block by {}",
            blanks_named(have.indent()),
            blanks_named(want.indent())
        )),
        Some(_) => Some(format!("line {number} differs: the block has `{wanted}`")),
    }
}
