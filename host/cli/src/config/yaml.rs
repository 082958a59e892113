//! A YAML file as a tree whose every node knows its line.
//!
//! The tree is built from the parser's events with an explicit stack and strict bounds on nesting
//! and on what aliases repeat, so that no file, however made, costs much time or memory.

use super::error::{Mistake, Problem};
use super::scalar::Scalar;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::collections::HashMap;

/// Levels of nesting that a file may have.
const MAX_DEPTH: usize = 64;

/// Bytes that all aliases of a file may repeat.
const MAX_COPIED_BYTES: usize = 1 << 20;

/// A value and the line where it starts, counted from 1.
#[derive(Clone)]
pub(super) struct Node {
    /// The line.
    pub(super) line: usize,
    /// The value.
    pub(super) value: Value,
}

/// A value.
#[derive(Clone)]
pub(super) enum Value {
    /// Text, number, true, false or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the file's order; no key twice.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone)]
pub(super) struct Entry {
    /// The key's text.
    pub(super) key: String,
    /// The key's line, counted from 1.
    pub(super) line: usize,
    /// The value.
    pub(super) value: Node,
}

/// The tree of the only document in `text`; `None` for a file without one.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Problem> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        builder.event(event, span.start.line())?;
    }
    Ok(builder.root)
}

fn syntax(error: &saphyr_parser::ScanError) -> Problem {
    Mistake::Syntax(error.info().to_owned()).at(error.marker().line())
}

/// A list or mapping whose end has not come yet.
struct Open {
    line: usize,
    anchor: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, lines: HashMap<String, usize>, key: Option<(String, usize)> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    copied_bytes: usize,
    root: Option<Node>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(Mistake::SecondDocument.at(line)),
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || is_text(tag.as_deref(), line)?;
                let scalar = Scalar { text: text.into_owned(), quoted, expanded: false };
                self.complete(Node { line, value: Value::Scalar(scalar) }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(Open { line, anchor, content: Content::Sequence(Vec::new()) }, tag.as_deref())
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping { entries: Vec::new(), lines: HashMap::new(), key: None };
                self.begin(Open { line, anchor, content }, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn begin(&mut self, open: Open, tag: Option<&Tag>) -> Result<(), Problem> {
        if tag.is_some() {
            return Err(Mistake::Tag.at(open.line));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Mistake::TooDeep { limit: MAX_DEPTH }.at(open.line));
        }
        if let Some(Open { content: Content::Mapping { key: None, .. }, .. }) = self.open.last() {
            return Err(Mistake::KeyNotText.at(open.line));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(Open { line, anchor, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping { entries, .. } => Value::Mapping(entries),
        };
        self.complete(Node { line, value }, anchor)
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<(), Problem> {
        let mut node = self.anchors.get(&anchor).cloned().ok_or_else(|| Mistake::CircularAlias.at(line))?;
        self.charge(&node, line)?;
        node.line = line;
        self.complete(node, 0)
    }

    /// Takes a finished node, remembering it where it has an anchor.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.charge(&node, node.line)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::Sequence(items)) => items.push(node),
            Some(Content::Mapping { entries, key, .. }) => match key.take() {
                Some((key, line)) => entries.push(Entry { key, line, value: node }),
                None => return self.take_key(node),
            },
        }
        Ok(())
    }

    /// Takes `node` as the next key of the innermost mapping.
    fn take_key(&mut self, node: Node) -> Result<(), Problem> {
        let line = node.line;
        let Value::Scalar(scalar) = node.value else { return Err(Mistake::KeyNotText.at(line)) };
        if scalar.text == "<<" && !scalar.quoted {
            return Err(Mistake::MergeKey.at(line));
        }
        let Some(Content::Mapping { lines, key, .. }) = self.open.last_mut().map(|open| &mut open.content) else {
            return Ok(());
        };
        if let Some(first_line) = lines.insert(scalar.text.clone(), line) {
            return Err(Mistake::Duplicate { key: join(&self.path(), &scalar.text), first_line }.at(line));
        }
        *key = Some((scalar.text, line));
        Ok(())
    }

    /// Counts one more copy of `node`.
    fn charge(&mut self, node: &Node, line: usize) -> Result<(), Problem> {
        let size = measure(node);
        if self.open.len() + size.depth > MAX_DEPTH {
            return Err(Mistake::TooDeep { limit: MAX_DEPTH }.at(line));
        }
        self.copied_bytes += size.bytes;
        if self.copied_bytes > MAX_COPIED_BYTES {
            return Err(Mistake::TooManyAliases { limit_bytes: MAX_COPIED_BYTES }.at(line));
        }
        Ok(())
    }

    /// The dotted path of the innermost open mapping.
    fn path(&self) -> String {
        let keys = self.open.iter().filter_map(|open| match &open.content {
            Content::Mapping { key: Some((key, _)), .. } => Some(key.as_str()),
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }
}

/// `key` below `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_text(tag: Option<&Tag>, line: usize) -> Result<bool, Problem> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(true),
        Some(_) => Err(Mistake::Tag.at(line)),
    }
}

/// What a copy of a node costs.
#[derive(Default)]
struct Size {
    bytes: usize,
    depth: usize,
}

/// Depth counts lists and mappings only.
fn measure(node: &Node) -> Size {
    let own = size_of::<Entry>();
    let sizes: Vec<Size> = match &node.value {
        Value::Scalar(scalar) => return Size { bytes: own + scalar.text.len(), depth: 0 },
        Value::Sequence(items) => items.iter().map(measure).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| {
                let value = measure(&entry.value);
                Size { bytes: value.bytes + entry.key.len(), depth: value.depth }
            })
            .collect(),
    };
    sizes.into_iter().fold(Size { bytes: own, depth: 1 }, |all, one| Size {
        bytes: all.bytes + one.bytes,
        depth: all.depth.max(one.depth + 1),
    })
}
