//! SEARCH/REPLACE edit blocks.

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
    /// What matched, or what is nearest and how it differs. A lower-case fragment.
    pub message: String,
    /// Lines of the program, counted from 1, that the verdict speaks of.
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

/// Applies every block of `reply` to `program`, each to the result of those before.
pub fn apply(program: &str, _reply: &str) -> Outcome {
    Outcome { program: program.to_owned(), verdicts: Vec::new() }
}
