//! Prompt templates with `{name}` placeholders.
//!
//! A name is made of ASCII letters, digits and underscores and does not start with a digit. `{{` and
//! `}}` are literal braces; any other brace is an error rather than text, so that a mistyped
//! placeholder never reaches the model. Values are inserted as they are: braces in them mean nothing.

use crate::text::cut_middle;

/// Bytes that a rendered text may have: a short template could repeat a long value without end.
pub const MAX_RENDERED_BYTES: usize = 64 << 20;

/// Names longer than this are not compared with the known ones, and cut in messages.
const MAX_NAME_CHARS: usize = 64;

/// Why a template cannot be rendered. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that no variable fills.
    #[error(
        "unknown placeholder {{{}}} at line {line}{}; {}",
        cut_middle(.name, MAX_NAME_CHARS),
        hint(.nearest.as_deref()),
        listed(.known)
    )]
    Unknown {
        /// The placeholder's name.
        name: String,
        /// Line of the template.
        line: usize,
        /// The names that could be used, as given.
        known: Vec<String>,
        /// The known name that is most like it, if one is.
        nearest: Option<String>,
    },
    /// A brace that neither belongs to a placeholder nor is doubled.
    #[error(
        "a single `{brace}` at line {line} begins or ends no placeholder; write `{brace}{brace}` for a literal one"
    )]
    LoneBrace {
        /// The brace.
        brace: char,
        /// Line of the template.
        line: usize,
    },
    /// The result is longer than [`MAX_RENDERED_BYTES`].
    #[error("the rendered text is longer than {MAX_RENDERED_BYTES} bytes")]
    TooLong,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean {{{name}}}?)")).unwrap_or_default()
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        return "no placeholder is known here".to_owned();
    }
    let names: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
    format!("known are {}", names.join(", "))
}

/// Replaces `{name}` by the variable's value; `{{` and `}}` are literal braces. Of variables with the
/// same name the first counts.
///
/// ```
/// use perfagent_toolkit::template::render;
///
/// let text = render("Improve {program}, answer {{}}.", &[("program", "a.py")]).unwrap();
/// assert_eq!(text, "Improve a.py, answer {}.");
/// let error = render("{progam}", &[("program", "a.py"), ("language", "C")]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown placeholder {progam} at line 1 (did you mean {program}?); known are {program}, {language}"
/// );
/// ```
///
/// # Errors
/// A placeholder that is not among `variables`, a brace that stands alone, a result that is too long.
pub fn render(template: &str, variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        append(&mut rendered, &rest[..at])?;
        let line = || 1 + template[..template.len() - rest.len() + at].matches('\n').count();
        let (text, after) = match rest.as_bytes()[at..] {
            [b'{', b'{', ..] => ("{", &rest[at + 2..]),
            [b'}', b'}', ..] => ("}", &rest[at + 2..]),
            [b'{', ..] => match placeholder(&rest[at + 1..]) {
                Some((name, after)) => {
                    let known = variables.iter().find(|(known, _)| *known == name);
                    (known.ok_or_else(|| unknown(name, line(), variables))?.1, after)
                }
                None => return Err(TemplateError::LoneBrace { brace: '{', line: line() }),
            },
            _ => return Err(TemplateError::LoneBrace { brace: '}', line: line() }),
        };
        append(&mut rendered, text)?;
        rest = after;
    }
    append(&mut rendered, rest)?;
    Ok(rendered)
}

fn append(rendered: &mut String, text: &str) -> Result<(), TemplateError> {
    if rendered.len() + text.len() > MAX_RENDERED_BYTES {
        return Err(TemplateError::TooLong);
    }
    rendered.push_str(text);
    Ok(())
}

/// The name at the start of `text`, up to a closing brace, and what follows that.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at(end);
    let is_name = name.starts_with(|c: char| !c.is_ascii_digit());
    rest.strip_prefix('}').filter(|_| is_name).map(|after| (name, after))
}

fn unknown(name: &str, line: usize, variables: &[(&str, &str)]) -> TemplateError {
    let is_short = |name: &str| name.len() <= MAX_NAME_CHARS;
    let nearest = (variables.iter().map(|(known, _)| *known))
        .filter(|known| is_short(known) && is_short(name))
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len().max(3) / 3)
        .min();
    TemplateError::Unknown {
        name: name.to_owned(),
        line,
        known: variables.iter().map(|(known, _)| (*known).to_owned()).collect(),
        nearest: nearest.map(|(_, known)| known.to_owned()),
    }
}
