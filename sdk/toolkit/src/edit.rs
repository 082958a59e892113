//! SEARCH/REPLACE edit blocks: how a model changes a program without writing it out again.
//!
//! ```text
//! <<<<<<< SEARCH
//! lines of the program, whole and as they stand
//! =======
//! lines that take their place
//! >>>>>>> REPLACE
//! ```
//!
//! A block that could be read in two ways is refused with a message that says how to write it
//! better: a refused edit costs one more reply, a wrong one a broken program.
//!
//! **Markers** stand alone on their line, with 5 to 9 characters, in any case, and may be indented
//! and followed by blanks. They count wherever they stand, inside code fences and outside. A block's
//! markers are expected to be of equal length, and then shorter ones in its body are text; where
//! they differ, a block is read only if there is one way to. In particular:
//! - Several lines of `=` as long as the opening marker leave open which divides: malformed. Markers
//!   of another length resolve it. Indented `=` lines under an opening marker at the margin are text.
//! - A block that meets the next one's opening marker has no end: malformed.
//! - The reply's last block may lack its closing marker. Its text then ends with the code fence that
//!   it began in, else with the reply.
//!
//! **Matching** compares whole lines and ignores blanks at their ends. Tried in this order, and the
//! first that matches anywhere decides (in one place: applied; in several: ambiguous):
//! 1. the text as written, then without blank lines at its start and end;
//! 2. the same with another indentation, where one string of blanks explains the difference in
//!    every line; the replacement is shifted by it, and refused if it cannot be;
//! 3. `...` lines as "whatever stands here": each must have its partner in the replacement and
//!    stands for the same lines there. A comment that starts with `...` counts too.
//!
//! A replacement with more `...` lines than its SEARCH part is malformed, for it would lose code.
//! `EVOLVE-BLOCK-START` and `-END` lines that the program lacks are dropped from both parts. An empty
//! SEARCH part stands for an empty program.
//!
//! **Replacing** keeps the program's line ends and its last line's lack of one. Lines that both
//! parts share at their start or end are not touched.
//!
//! Searching is bounded over all blocks of a reply, so that no reply takes longer than in proportion
//! to its size and the program's; blocks beyond the bound are refused.

mod elide;
mod line;
mod locate;
mod marker;
mod nearest;
mod parse;
mod replace;
mod scan;

use line::{Effort, Line, Program};
use locate::Miss;

/// Line comparisons for finding the text of one reply's blocks: a thousand blocks on a program of
/// fifty thousand lines.
const SEARCH_EFFORT: u64 = 50_000_000;
/// Line comparisons for showing what is nearest to text that was not found.
const NEAREST_EFFORT: u64 = 5_000_000;
/// Line numbers that one verdict lists at most.
const MAX_LINES: usize = 1_000;

/// What became of one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The text was found as written and replaced.
    Applied,
    /// Found with its indentation shifted uniformly; the replacement was shifted alike.
    AppliedReindented,
    /// The program does not hold the text.
    NotFound,
    /// The program holds the text in several places.
    Ambiguous,
    /// The block cannot be read, or could be read in several ways.
    Malformed,
}

/// What became of one block, for the model and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The verdict itself.
    pub status: Status,
    /// What was replaced, or what is nearest and how it differs, or what is wrong with the block: a
    /// lower-case fragment, with the program's text on lines of its own where it is quoted.
    pub message: String,
    /// Lines, counted from 1, of the program as this block found it: those that matched; where each
    /// match starts if there are several; the nearest ones if there is none. At most 1,000.
    pub lines: Vec<u32>,
}

/// A program after a reply's blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The program after all blocks that applied.
    pub program: String,
    /// One verdict per block, in the order of the reply. Empty: the reply holds no block.
    pub verdicts: Vec<Verdict>,
}

/// Applies every block of `reply` to `program`, each to the result of those before. A block that
/// cannot be applied leaves the program as it was and does not keep the others from applying.
///
/// ```
/// use perfagent_toolkit::edit::{Status, apply};
///
/// let reply = "<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE\n";
/// let outcome = apply("one\ntwo\nthree\n", reply);
/// assert_eq!(outcome.program, "one\n2\nthree\n");
/// assert_eq!(outcome.verdicts[0].status, Status::Applied);
/// assert_eq!(outcome.verdicts[0].lines, [2]);
/// ```
pub fn apply(program: &str, reply: &str) -> Outcome {
    let mut session = Session {
        program: Program::new(program),
        search_effort: Effort::new(SEARCH_EFFORT),
        nearest_effort: Effort::new(NEAREST_EFFORT),
    };
    let verdicts = parse::blocks(reply).into_iter().map(|block| session.judge(block)).collect();
    Outcome { program: session.program.into_text(), verdicts }
}

/// A program under change and what may still be spent on it.
struct Session<'a> {
    program: Program<'a>,
    search_effort: Effort,
    nearest_effort: Effort,
}

impl<'a> Session<'a> {
    fn judge(&mut self, block: Result<parse::Block<'a>, parse::Fault>) -> Verdict {
        let block = match block {
            Ok(block) => block,
            Err(fault) => return malformed(&fault),
        };
        match self.apply(&block) {
            Ok(verdict) => verdict,
            Err(Miss::NotFound) => self.not_found(&block.search),
            Err(Miss::Ambiguous { starts }) => ambiguous(&starts),
            Err(miss @ Miss::CannotShift { at, .. }) => {
                Verdict { status: Status::NotFound, message: miss.to_string(), lines: numbers([at]) }
            }
            Err(miss) => malformed(&miss),
        }
    }

    fn apply(&mut self, block: &parse::Block<'a>) -> Result<Verdict, Miss> {
        let place = locate::locate(&self.program, block, &mut self.search_effort)?;
        let mut message = replace::replace(&mut self.program, &place, &mut self.search_effort)?;
        if block.is_cut {
            message.push_str("; its closing marker was missing, so all that followed was taken");
        }
        let status = if place.is_shifted() { Status::AppliedReindented } else { Status::Applied };
        Ok(Verdict { status, message, lines: numbers(place.lines()) })
    }

    fn not_found(&mut self, search: &[Line<'_>]) -> Verdict {
        let (message, lines) = match nearest::nearest(&self.program.lines, search, &mut self.nearest_effort) {
            Some(nearest) => (nearest.message, nearest.lines),
            None => ("not found, and nothing in the program is like it".to_owned(), 0..0),
        };
        Verdict { status: Status::NotFound, message, lines: numbers(lines) }
    }
}

fn malformed(reason: &dyn std::error::Error) -> Verdict {
    Verdict { status: Status::Malformed, message: reason.to_string(), lines: Vec::new() }
}

fn ambiguous(starts: &[usize]) -> Verdict {
    let shown: Vec<String> = starts.iter().take(10).map(|start| (start + 1).to_string()).collect();
    let rest = starts.len().saturating_sub(shown.len());
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    let message = format!(
        "found in {} places, starting at lines {}{more}; add lines before or after to say which",
        starts.len(),
        shown.join(", ")
    );
    Verdict { status: Status::Ambiguous, message, lines: numbers(starts.iter().copied()) }
}

/// Line numbers for people of line indices.
fn numbers(indices: impl IntoIterator<Item = usize>) -> Vec<u32> {
    indices.into_iter().take(MAX_LINES).map(|index| u32::try_from(index + 1).unwrap_or(u32::MAX)).collect()
}
