//! Puts a block's replacement into the program.

use super::line::{Effort, Line, LineEnd, Program};
use super::locate::{Miss, Piece, Place, Shift};
use std::fmt::Write as _;
use std::ops::Range;

/// Lines of the program and the new ones that take their place.
struct Change<'a> {
    old: Range<usize>,
    new: Vec<Line<'a>>,
}

/// Replaces what `place` names and says what was done. On an error the program is as it was.
pub(super) fn replace<'a>(program: &mut Program<'a>, place: &Place<'a>, effort: &mut Effort) -> Result<String, Miss> {
    effort.spend(program.lines.len() / 8).ok_or(Miss::Exhausted)?;
    let end = program.end;
    let changes: Vec<Change<'a>> =
        place.pieces.iter().map(|piece| change(piece, &place.shift, end)).collect::<Result<_, _>>()?;
    let message = describe(place, &changes);
    let was_blank = program.is_blank();
    for change in changes.into_iter().rev() {
        program.lines.splice(change.old, change.new);
    }
    program.has_final_end |= was_blank;
    Ok(message)
}

fn change<'a>(piece: &Piece<'a>, shift: &Shift, end: LineEnd) -> Result<Change<'a>, Miss> {
    let (search, replace) = (&piece.search, &piece.replace);
    let like = |(one, two): &(&Line<'_>, &Line<'_>)| one.is_like(two);
    let before = search.iter().zip(replace).take_while(like).count();
    let rest = (search[before..].iter().rev()).zip(replace[before..].iter().rev());
    let after = rest.take_while(like).count();
    let new = replace[before..replace.len() - after].iter().map(|line| shifted(line, shift, piece.at, end));
    let old = piece.at + before..piece.at + search.len() - after;
    Ok(Change { old, new: new.collect::<Result<_, _>>()? })
}

/// A line of the replacement as it goes into the program.
fn shifted<'a>(line: &Line<'a>, shift: &Shift, at: usize, end: LineEnd) -> Result<Line<'a>, Miss> {
    match shift {
        Shift::Deeper(blanks) if !line.is_blank() => Ok(Line::new(format!("{blanks}{}", line.text()), end)),
        Shift::Shallower(blanks) if !line.is_blank() => match line.text().strip_prefix(blanks.as_str()) {
            Some(text) => Ok(Line::new(text.to_owned(), end)),
            None => Err(Miss::CannotShift { at, line: crate::text::cut_middle(line.text(), 160) }),
        },
        _ => Ok(line.clone().with_end(end)),
    }
}

fn describe(place: &Place<'_>, changes: &[Change<'_>]) -> String {
    let mut message = String::new();
    for (piece, change) in place.pieces.iter().zip(changes) {
        let separator = if message.is_empty() { "" } else { "; " };
        let lines = span(piece.at, piece.search.len());
        // Writing to a string cannot fail.
        let _ = match (change.old.is_empty() && change.new.is_empty(), piece.replace.len()) {
            (true, _) => write!(message, "{separator}{lines} matched and stayed the same"),
            (_, 0) => write!(message, "{separator}{lines} deleted"),
            (_, count) => write!(message, "{separator}{lines} replaced by {}", counted(count)),
        };
    }
    match &place.shift {
        Shift::None => {}
        Shift::Deeper(blanks) => message.push_str(&format!("; indented by {} more", blanks_named(blanks))),
        Shift::Shallower(blanks) => message.push_str(&format!("; indented by {} less", blanks_named(blanks))),
    }
    message
}

fn counted(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

/// Lines for people, of an index and a count.
pub(super) fn span(at: usize, count: usize) -> String {
    match count {
        0 => "the empty program".to_owned(),
        1 => format!("line {}", at + 1),
        _ => format!("lines {} to {}", at + 1, at + count),
    }
}

/// Blanks in words, for they cannot be seen.
pub(super) fn blanks_named(blanks: &str) -> String {
    let name = |blank: char, one: &str, many: &str| match blanks.matches(blank).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let named: Vec<String> = [name('\t', "tab", "tabs"), name(' ', "space", "spaces")].into_iter().flatten().collect();
    if named.is_empty() { "nothing".to_owned() } else { named.join(" and ") }
}
