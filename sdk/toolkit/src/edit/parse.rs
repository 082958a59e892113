//! Finds the blocks of a reply and divides them into their two parts.

use super::line::{Line, lines};
use super::marker::{Kind, Mark, marks};
use crate::fence::Fence;

/// A block with its two parts.
pub(super) struct Block<'a> {
    pub(super) search: Vec<Line<'a>>,
    pub(super) replace: Vec<Line<'a>>,
    /// The closing marker was missing at the end of the reply.
    pub(super) is_cut: bool,
}

/// Why a block cannot be divided into its parts. Lines are the reply's, counted from 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the marker at line {line} of the reply has {length} characters; write 7 (5 to 9 are read)")]
    MarkerLength { line: usize, length: usize },
    #[error("the block at line {line} of the reply has no line `=======` between its parts")]
    NoDivider { line: usize },
    #[error(
        "several lines of `=` could divide the block at line {line} of the reply (lines {first} and {second}); \
         write its three markers with another number of characters (5 to 9) than those in the text"
    )]
    SeveralDividers { line: usize, first: usize, second: usize },
    #[error("the block at line {line} of the reply has no line `>>>>>>> REPLACE` at its end{}", before(.next))]
    Unclosed { line: usize, next: Option<usize> },
    #[error(
        "the block at line {line} of the reply holds another marker at line {other}; end each block before the \
         next, and write longer markers (up to 9 characters) around text that holds some"
    )]
    Tangled { line: usize, other: usize },
    #[error("the marker at line {line} of the reply stands inside a block that cannot be read")]
    Swallowed { line: usize },
    #[error("the marker at line {line} of the reply ends a block that has no line `<<<<<<< SEARCH`")]
    Unopened { line: usize },
}

fn before(next: &Option<usize>) -> String {
    next.map(|line| format!(" before the next marker at line {line}")).unwrap_or_default()
}

/// The blocks of `reply`, in order.
pub(super) fn blocks(reply: &str) -> Vec<Result<Block<'_>, Fault>> {
    let marks = marks(reply);
    let mut parser = Parser { reply, marks: &marks, blocks: Vec::new(), fence: None };
    let mut index = 0;
    while index < marks.len() {
        index = parser.step(index);
    }
    parser.blocks
}

struct Parser<'a, 'm> {
    reply: &'a str,
    marks: &'m [Mark],
    blocks: Vec<Result<Block<'a>, Fault>>,
    /// The code fence that is open outside blocks.
    fence: Option<Fence>,
}

/// How the marks after an opening one go on.
enum End {
    /// The mark at this index closes the block.
    Closed(usize),
    /// None does before the mark at this index, which opens another block, or before the reply's end.
    Open(usize),
    /// The mark at `other` makes no sense here; the mark at `next` is the first after the muddle.
    Tangled { other: usize, next: usize },
}

impl<'a> Parser<'a, '_> {
    /// Takes in what begins at the mark at `index`; the index of the next mark to look at.
    fn step(&mut self, index: usize) -> usize {
        let mark = &self.marks[index];
        match mark.kind {
            Kind::Open => return self.block(index),
            Kind::Close => self.blocks.push(Err(Fault::Unopened { line: mark.line })),
            Kind::Fence => self.pass_fence(mark),
            Kind::Divider | Kind::Stray => {}
        }
        index + 1
    }

    fn pass_fence(&mut self, mark: &Mark) {
        let line = self.text_of(mark);
        self.fence = match self.fence {
            Some(fence) if fence.is_closed_by(line) => None,
            Some(fence) => Some(fence),
            None => Fence::opened_by(line).map(|(fence, _)| fence),
        };
    }

    fn text_of(&self, mark: &Mark) -> &'a str {
        self.reply[mark.start..mark.end].trim_end_matches(['\r', '\n'])
    }

    fn block(&mut self, index: usize) -> usize {
        let open = self.marks[index];
        let (result, next) = match self.end_of(index) {
            End::Closed(close) => (self.closed(index, close), close + 1),
            End::Open(next) if next == self.marks.len() => (self.cut(index), next),
            End::Open(next) => (Err(Fault::Unclosed { line: open.line, next: Some(self.marks[next].line) }), next),
            End::Tangled { other, next } => {
                (Err(Fault::Tangled { line: open.line, other: self.marks[other].line }), next)
            }
        };
        let is_read = result.is_ok();
        let length = open.length;
        let valid = open.has_valid_length();
        self.blocks.push(if valid { result } else { Err(Fault::MarkerLength { line: open.line, length }) });
        if !(is_read && valid) {
            let inner = self.marks[index + 1..next].iter().filter(|mark| mark.kind == Kind::Open);
            self.blocks.extend(inner.map(|mark| Err(Fault::Swallowed { line: mark.line })));
        }
        next
    }

    /// Follows the opening and closing marks after the one at `index`, each once.
    fn end_of(&self, index: usize) -> End {
        let open = &self.marks[index];
        let mut rails = self.rails(index).peekable();
        // The shorter opening mark, part of the text, that awaits its closing one.
        let mut inner: Option<usize> = None;
        while let Some(at) = rails.next() {
            let mark = &self.marks[at];
            let follower = rails.peek().map(|next| &self.marks[*next]);
            match (mark.kind, inner) {
                (Kind::Open, _) if mark.length >= open.length => return End::Open(at),
                (Kind::Open, None) => inner = Some(at),
                (Kind::Close, None) if mark.length == open.length => return End::Closed(at),
                // Of another length: the block's end, unless the right one may follow.
                (_, None) if mark.has_valid_length() && follower.is_none_or(|next| next.kind == Kind::Open) => {
                    return End::Closed(at);
                }
                (Kind::Close, Some(begin)) if mark.length == self.marks[begin].length => inner = None,
                _ => return End::Tangled { other: inner.unwrap_or(at), next: self.after_muddle(index, at) },
            }
        }
        End::Open(self.marks.len())
    }

    /// Opening and closing marks after the opening one at `index` that may concern its block.
    fn rails(&self, index: usize) -> impl Iterator<Item = usize> {
        let open = self.marks[index];
        let is_rail = move |mark: &Mark| matches!(mark.kind, Kind::Open | Kind::Close) && mark.is_at_margin_of(&open);
        (index + 1..self.marks.len()).filter(move |at| is_rail(&self.marks[*at]))
    }

    /// The first mark from `from` on that certainly does not belong to the block opened at `index`.
    fn after_muddle(&self, index: usize, from: usize) -> usize {
        let length = self.marks[index].length;
        let ends = |at: usize| match self.marks[at] {
            Mark { kind: Kind::Open, length: other, .. } if other >= length => Some(at),
            Mark { kind: Kind::Close, length: other, .. } if other == length => Some(at + 1),
            _ => None,
        };
        self.rails(index).filter(|at| *at >= from).find_map(ends).unwrap_or(self.marks.len())
    }

    /// Divides the block between the marks at `open` and `close`.
    fn closed(&self, open: usize, close: usize) -> Result<Block<'a>, Fault> {
        let inside = &self.marks[open + 1..close];
        let (open, close) = (&self.marks[open], &self.marks[close]);
        if let Some(stray) = inside.iter().find(|mark| mark.kind == Kind::Stray) {
            return Err(Fault::Tangled { line: open.line, other: stray.line });
        }
        let holds_blocks = inside.iter().any(|mark| mark.kind == Kind::Open && mark.is_at_margin_of(open));
        let trust = match (holds_blocks, close.length == open.length) {
            (true, _) => Trust::SameLength,
            (false, true) => Trust::Regular,
            (false, false) => Trust::Only,
        };
        let divider = divider(open, inside, trust)?;
        Ok(self.parts(open, divider, close.start, false))
    }

    /// Divides the reply's last block, which has no closing mark.
    fn cut(&self, index: usize) -> Result<Block<'a>, Fault> {
        let (open, inside) = (&self.marks[index], &self.marks[index + 1..]);
        let unclosed = Fault::Unclosed { line: open.line, next: None };
        if let Some(other) = inside.iter().find(|mark| !matches!(mark.kind, Kind::Divider | Kind::Fence)) {
            return Err(Fault::Tangled { line: open.line, other: other.line });
        }
        let divider = divider(open, inside, Trust::Only)?;
        let mut fences = inside.iter().filter(|mark| mark.kind == Kind::Fence && mark.start > divider.start);
        let end = match (self.fence, fences.next(), fences.next()) {
            (_, None, _) => self.reply.len(),
            (Some(fence), Some(mark), None) if fence.is_closed_by(self.text_of(mark)) => mark.start,
            _ => return Err(unclosed),
        };
        // Cut before the new text began, or within the closing mark: nobody knows what was to come.
        let last = self.reply[divider.end..end].trim_end().lines().last().unwrap_or_default().trim();
        if last.bytes().all(|byte| byte == b'>') {
            return Err(unclosed);
        }
        Ok(self.parts(open, divider, end, true))
    }

    fn parts(&self, open: &Mark, divider: &Mark, end: usize, is_cut: bool) -> Block<'a> {
        let mut replace = lines(&self.reply[divider.end..end]);
        if is_cut {
            let kept = replace.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
            replace.truncate(kept);
        }
        Block { search: lines(&self.reply[open.end..divider.start]), replace, is_cut }
    }
}

/// Which line of `=` may divide a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// One as long as the opening mark, if there is just one of that length.
    SameLength,
    /// The same, else the only one of any length.
    Regular,
    /// The only one of any length.
    Only,
}

fn divider<'m>(open: &Mark, inside: &'m [Mark], trust: Trust) -> Result<&'m Mark, Fault> {
    let all: Vec<&Mark> =
        inside.iter().filter(|mark| mark.kind == Kind::Divider && mark.is_at_margin_of(open)).collect();
    let same: Vec<&Mark> = all.iter().copied().filter(|mark| mark.length == open.length).collect();
    match (same.as_slice(), all.as_slice(), trust) {
        (_, [], _) | ([], _, Trust::SameLength) => Err(Fault::NoDivider { line: open.line }),
        ([only], _, Trust::SameLength | Trust::Regular) | (_, [only], _) => Ok(only),
        (_, [first, second, ..], _) => {
            let [first, second] = if let [first, second, ..] = same[..] { [first, second] } else { [*first, *second] };
            Err(Fault::SeveralDividers { line: open.line, first: first.line, second: second.line })
        }
    }
}
