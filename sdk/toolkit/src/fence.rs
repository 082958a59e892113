//! Fenced code blocks of Markdown texts, as model replies hold them.
//!
//! A fence is three or more backticks or tildes, indented at will, and ends at one of the same
//! character that is at least as long, has nothing after it and is indented by at most three columns
//! more; so a longer fence may hold shorter ones, and code may hold indented ones. A block whose fence
//! is not closed reaches to the end of the text. Quoted blocks (`>`) and blocks by indentation alone
//! are not looked for.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// First word of the info string, in lower case; empty where there is none.
    pub language: String,
    /// The block's lines, each ended by `\n` whatever ended it in the text, and without as much
    /// indentation as the fence has. Empty for a block without lines.
    pub code: String,
}

/// The fenced blocks of `text`, in order.
///
/// ```
/// let blocks = perfagent_toolkit::fence::code_blocks("Try this:\n```Python\nprint(1)\n```\n");
/// assert_eq!(blocks[0].language, "python");
/// assert_eq!(blocks[0].code, "print(1)\n");
/// ```
pub fn code_blocks(text: &str) -> Vec<CodeBlock> {
    let mut blocks: Vec<CodeBlock> = Vec::new();
    let mut open: Option<Fence> = None;
    for line in text.split_inclusive('\n') {
        let line = line.trim_end_matches('\n').trim_end_matches('\r');
        match (open, blocks.last_mut()) {
            (Some(fence), _) if fence.is_closed_by(line) => open = None,
            (Some(fence), Some(block)) => {
                block.code.push_str(fence.unindent(line));
                block.code.push('\n');
            }
            _ => {
                let Some((fence, info)) = Fence::opened_by(line) else { continue };
                let language = info.split_whitespace().next().unwrap_or_default().to_lowercase();
                blocks.push(CodeBlock { language, code: String::new() });
                open = Some(fence);
            }
        }
    }
    blocks
}

/// The last block of `text` in one of `languages` (lower case), else the last block of any; `None`
/// where the text has no block.
pub fn last_code_block(text: &str, languages: &[&str]) -> Option<CodeBlock> {
    let mut blocks = code_blocks(text);
    let chosen = blocks.iter().rposition(|block| languages.contains(&block.language.as_str()));
    chosen.or(blocks.len().checked_sub(1)).map(|index| blocks.swap_remove(index))
}

/// The line that opened a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fence {
    character: char,
    length: usize,
    /// Blank characters before the fence.
    indent: usize,
}

impl Fence {
    /// The fence that `line` opens, and its info string.
    pub(crate) fn opened_by(line: &str) -> Option<(Self, &str)> {
        let (fence, rest) = Self::at_start(line)?;
        // A backtick after the fence makes it a code span: ``` x ``` on one line opens nothing.
        let is_span = fence.character == '`' && rest.contains('`');
        (!is_span).then_some((fence, rest.trim()))
    }

    pub(crate) fn is_closed_by(self, line: &str) -> bool {
        let closes = |(other, rest): (Self, &str)| {
            other.character == self.character
                && other.length >= self.length
                && other.indent <= self.indent + 3
                && rest.trim().is_empty()
        };
        Self::at_start(line).is_some_and(closes)
    }

    fn at_start(line: &str) -> Option<(Self, &str)> {
        let trimmed = line.trim_start_matches([' ', '\t']);
        let character = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let rest = trimmed.trim_start_matches(character);
        let fence = Self { character, length: trimmed.len() - rest.len(), indent: line.len() - trimmed.len() };
        (fence.length >= 3).then_some((fence, rest))
    }

    /// `line` without as many blanks as stand before the fence, as far as it has them.
    fn unindent(self, line: &str) -> &str {
        let blanks = line.bytes().take(self.indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        &line[blanks..]
    }
}
