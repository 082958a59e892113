//! Lines of programs and replies, and the bound on work with them.

use std::borrow::Cow;

/// Characters that count as blank at the ends of a line. Other Unicode blanks are text.
pub(super) const BLANKS: [char; 3] = [' ', '\t', '\r'];

/// One line without its end.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    text: Cow<'a, str>,
    /// Bytes of blanks at the start; all of `text` in a blank line.
    indent: usize,
    /// Bytes up to the blanks at the end; at least `indent`.
    body_end: usize,
    end: LineEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Lf,
    CrLf,
}

impl LineEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(text: impl Into<Cow<'a, str>>, end: LineEnd) -> Self {
        let text = text.into();
        let indent = text.len() - text.trim_start_matches(BLANKS).len();
        let body_end = text.trim_end_matches(BLANKS).len().max(indent);
        Self { text, indent, body_end, end }
    }

    pub(super) fn with_end(mut self, end: LineEnd) -> Self {
        self.end = end;
        self
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn indent(&self) -> &str {
        &self.text[..self.indent]
    }

    /// The text without blanks at its start and end.
    pub(super) fn body(&self) -> &str {
        &self.text[self.indent..self.body_end]
    }

    pub(super) fn is_blank(&self) -> bool {
        self.indent == self.body_end
    }

    /// Equal but for blanks at the end.
    pub(super) fn is_like(&self, other: &Line<'_>) -> bool {
        self.body() == other.body() && (self.is_blank() || self.indent() == other.indent())
    }

    /// Whether the line says "whatever stands here": `...`, or a comment that starts with it.
    pub(super) fn is_elision(&self) -> bool {
        let dots = |text: &str| text.starts_with("...") || text.starts_with('…');
        let body = self.body();
        let comment = ["#", "//", "/*"].iter().find_map(|leader| body.strip_prefix(leader));
        matches!(body, "..." | "…") || comment.is_some_and(|text| dots(text.trim_start_matches(BLANKS)))
    }

    /// Whether the line marks the start or end of a part of the program that may be changed.
    pub(super) fn is_wrapper(&self) -> bool {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let name = self.body().trim_matches(|c: char| !is_name(c));
        matches!(name, "EVOLVE-BLOCK-START" | "EVOLVE-BLOCK-END")
    }
}

/// The lines of a part of a reply.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    text.split_inclusive('\n')
        .map(|line| Line::new(line.trim_end_matches('\n').trim_end_matches('\r'), LineEnd::Lf))
        .collect()
}

/// A program as lines, each with its own end.
pub(super) struct Program<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// The end that most lines have; new lines get it.
    pub(super) end: LineEnd,
    pub(super) has_final_end: bool,
}

impl<'a> Program<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut lines: Vec<Line<'a>> = text.split_inclusive('\n').map(program_line).collect();
        let crlf = lines.iter().filter(|line| line.end == LineEnd::CrLf).count();
        let has_final_end = text.is_empty() || text.ends_with('\n');
        let ended = lines.len() - usize::from(!has_final_end);
        let end = if crlf * 2 > ended { LineEnd::CrLf } else { LineEnd::Lf };
        if let Some(last) = lines.last_mut().filter(|_| !has_final_end) {
            last.end = end;
        }
        Self { lines, end, has_final_end }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.lines.iter().all(Line::is_blank)
    }

    pub(super) fn into_text(self) -> String {
        let mut text = String::with_capacity(self.lines.iter().map(|line| line.text.len() + 2).sum());
        for line in &self.lines {
            text.push_str(&line.text);
            text.push_str(line.end.as_str());
        }
        if let Some(last) = self.lines.last().filter(|_| !self.has_final_end) {
            text.truncate(text.len() - last.end.as_str().len());
        }
        text
    }
}

fn program_line(line: &str) -> Line<'_> {
    let Some(text) = line.strip_suffix('\n') else {
        return Line::new(line, LineEnd::Lf);
    };
    match text.strip_suffix('\r') {
        Some(text) => Line::new(text, LineEnd::CrLf),
        None => Line::new(text, LineEnd::Lf),
    }
}

/// Work that may still be done, counted in comparisons of lines.
pub(super) struct Effort {
    left: u64,
}

impl Effort {
    pub(super) fn new(left: u64) -> Self {
        Self { left }
    }

    /// Takes `units` away; `None` where fewer are left.
    pub(super) fn spend(&mut self, units: usize) -> Option<()> {
        let left = self.left.checked_sub(u64::try_from(units).unwrap_or(u64::MAX));
        self.left = left.unwrap_or(0);
        left.map(|_| ())
    }
}
