//! Fenced code blocks of Markdown texts.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// First word of the info string, in lower case; empty where there is none.
    pub language: String,
    /// The block's lines, each ended by `\n`; empty for a block without lines.
    pub code: String,
}

/// The fenced blocks of `text`, in order.
pub fn code_blocks(_text: &str) -> Vec<CodeBlock> {
    Vec::new()
}

/// The last block in one of `languages` (lower case), else the last block.
pub fn last_code_block(text: &str, languages: &[&str]) -> Option<CodeBlock> {
    let mut blocks = code_blocks(text);
    let chosen = blocks.iter().rposition(|block| languages.contains(&block.language.as_str()));
    chosen.or(blocks.len().checked_sub(1)).map(|index| blocks.swap_remove(index))
}
