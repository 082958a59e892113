//! Finds the one place of the program that a block speaks of.

use super::elide::elided;
use super::line::{Effort, Line, LineEnd, Program};
use super::parse::Block;
use super::scan::{Difference, EXACT, Hit, scan};

/// How the program's indentation differs from the block's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    None,
    /// The program has these blanks more in front.
    Deeper(String),
    /// The program has these blanks less.
    Shallower(String),
}

impl From<Difference<'_>> for Shift {
    fn from(difference: Difference<'_>) -> Self {
        match difference {
            ("", "") => Self::None,
            (deeper, "") => Self::Deeper(deeper.to_owned()),
            (_, shallower) => Self::Shallower(shallower.to_owned()),
        }
    }
}

/// Lines of the program and what takes their place.
pub(super) struct Piece<'a> {
    pub(super) at: usize,
    pub(super) search: Vec<Line<'a>>,
    pub(super) replace: Vec<Line<'a>>,
}

/// Where a block applies: one piece, or several with text between that stays.
pub(super) struct Place<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) shift: Shift,
}

impl Place<'_> {
    pub(super) fn is_shifted(&self) -> bool {
        self.shift != Shift::None
    }

    /// Indices of the lines that matched.
    pub(super) fn lines(&self) -> Vec<usize> {
        self.pieces.iter().flat_map(|piece| piece.at..piece.at + piece.search.len()).collect()
    }
}

/// Why a block has no place.
#[derive(Debug, thiserror::Error)]
pub(super) enum Miss {
    #[error("not found")]
    NotFound,
    #[error("found in several places")]
    Ambiguous { starts: Vec<usize> },
    #[error(
        "found at line {} with another indentation, but a line of the replacement is indented too little to be \
         shifted alike: `{line}`; write both parts with the program's own indentation", at + 1
    )]
    CannotShift { at: usize, line: String },
    #[error(
        "the SEARCH part is empty, which stands for an empty program, and the program is not empty; quote the lines \
         to be replaced"
    )]
    EmptySearch,
    #[error(
        "the replacement has {replace} `...` lines and the SEARCH part {search}; each must have its partner, or the \
         lines must be written out"
    )]
    UnpairedElision { search: usize, replace: usize },
    #[error("a `...` line has no text beside it that says where it ends; quote a line of the program there")]
    LooseElision,
    #[error("not looked for: the reply's blocks ask for too much searching; send fewer of them")]
    Exhausted,
}

/// A block's two parts as they may have been meant.
#[derive(Clone)]
pub(super) struct Reading<'a> {
    pub(super) search: Vec<Line<'a>>,
    pub(super) replace: Vec<Line<'a>>,
}

/// The one place where `block` applies to `program`.
pub(super) fn locate<'a>(program: &Program<'_>, block: &Block<'a>, effort: &mut Effort) -> Result<Place<'a>, Miss> {
    effort.spend(program.lines.len() + block.search.len() + block.replace.len()).ok_or(Miss::Exhausted)?;
    let readings = readings(program, block);
    let as_written = &readings[0];
    if as_written.search.iter().all(Line::is_blank) {
        return if program.is_blank() { Ok(whole(program, as_written)) } else { Err(Miss::EmptySearch) };
    }
    let count = |lines: &[Line<'_>]| lines.iter().filter(|line| line.is_elision()).count();
    let (search, replace) = (count(&as_written.search), count(&as_written.replace));
    if replace > search {
        return Err(Miss::UnpairedElision { search, replace });
    }
    let mut shifted = Vec::new();
    for reading in &readings {
        let (exact, other) =
            scan(&program.lines, &reading.search, effort)?.into_iter().partition(|hit| hit.difference == EXACT);
        if let Some(hit) = single(exact)? {
            return Ok(reading.at(&hit));
        }
        shifted.push((reading, other));
    }
    for (reading, hits) in shifted {
        if let Some(hit) = single(hits)? {
            return Ok(reading.at(&hit));
        }
    }
    match (search, search == replace) {
        (0, _) => Err(Miss::NotFound),
        (_, false) => Err(Miss::UnpairedElision { search, replace }),
        _ => elided(program, &readings, effort),
    }
}

/// The ways in which `block` is read, the likeliest first; never none.
fn readings<'a>(program: &Program<'_>, block: &Block<'a>) -> Vec<Reading<'a>> {
    let written = Reading { search: block.search.clone(), replace: block.replace.clone() };
    if !written.search.iter().chain(&written.replace).any(Line::is_wrapper) {
        return with_trimmed(written);
    }
    let bare = written.without_wrappers();
    if program.lines.iter().any(Line::is_wrapper) {
        [with_trimmed(written), with_trimmed(bare)].concat()
    } else {
        with_trimmed(bare)
    }
}

fn with_trimmed(reading: Reading<'_>) -> Vec<Reading<'_>> {
    let trimmed = reading.without_blank_edges();
    if trimmed.search.len() == reading.search.len() { vec![reading] } else { vec![reading, trimmed] }
}

impl<'a> Reading<'a> {
    fn without_wrappers(&self) -> Self {
        let bare = |lines: &[Line<'a>]| lines.iter().filter(|line| !line.is_wrapper()).cloned().collect();
        Self { search: bare(&self.search), replace: bare(&self.replace) }
    }

    /// Without the blank lines around SEARCH, nor as many of them around the replacement.
    fn without_blank_edges(&self) -> Self {
        let leading = |lines: &[Line<'_>]| lines.iter().take_while(|line| line.is_blank()).count();
        let trailing = |lines: &[Line<'_>]| lines.iter().rev().take_while(|line| line.is_blank()).count();
        let (before, after) = (leading(&self.search), trailing(&self.search));
        if before == self.search.len() {
            return self.clone();
        }
        let search = self.search[before..self.search.len() - after].to_vec();
        let replace = &self.replace[before.min(leading(&self.replace))..];
        let replace = replace[..replace.len() - after.min(trailing(replace))].to_vec();
        Self { search, replace }
    }

    fn at(&self, hit: &Hit<'_>) -> Place<'a> {
        let piece = Piece { at: hit.at, search: self.search.clone(), replace: self.replace.clone() };
        Place { pieces: vec![piece], shift: hit.difference.into() }
    }
}

/// The place of a replacement that becomes the program.
fn whole<'a>(program: &Program<'_>, reading: &Reading<'a>) -> Place<'a> {
    let search = program.lines.iter().map(|_| Line::new("", LineEnd::Lf)).collect();
    let replace = reading.replace.clone();
    Place { pieces: vec![Piece { at: 0, search, replace }], shift: Shift::None }
}

/// The only hit; `None` where there is none.
fn single(mut hits: Vec<Hit<'_>>) -> Result<Option<Hit<'_>>, Miss> {
    if hits.len() > 1 {
        return Err(Miss::Ambiguous { starts: hits.iter().map(|hit| hit.at).collect() });
    }
    Ok(hits.pop())
}
