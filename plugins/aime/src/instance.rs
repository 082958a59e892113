//! Reads an instance: one problem and its answer, as JSON.

use crate::boxed::last_boxed;
use crate::field::{Field, Fields, Scalar, bad};
use crate::judge::Key;
use perfagent_task::TaskError;

const ID_FIELDS: [&str; 5] = ["id", "ID", "instance_id", "problem_id", "question_id"];
const PROBLEM_FIELDS: [&str; 7] =
    ["problem", "Problem", "question", "question_content", "prompt", "problem_description", "statement"];
const ANSWER_FIELDS: [&str; 6] = ["answer", "Answer", "final_answer", "ground_truth", "target", "solution"];

/// Bytes of an id, which names files.
const MAX_ID_BYTES: usize = 200;
/// Characters of an answer. A longer text without a box is a whole solution, not an answer.
const MAX_ANSWER_CHARS: usize = 300;
/// Zeros that the exponent of a number may stand for.
const MAX_EXPONENT: usize = 300;

/// What names an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Names the instance in files.
    pub id: String,
    /// The problem in the words that people read.
    pub problem: String,
}

/// One problem with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The problem in the words that people read.
    pub problem: String,
    /// Its right answer.
    pub key: Key,
}

impl Heading {
    /// Reads what names an instance, without a look at the rest; `name` is the id of one that gives
    /// none.
    ///
    /// # Errors
    /// [`TaskError::BadInstance`] that names the field.
    pub fn parse(name: &str, data: &[u8]) -> Result<Self, TaskError> {
        let fields = Fields::parse(data)?;
        Ok(Self { id: id(&fields, name)?, problem: problem(&fields)? })
    }
}

impl Instance {
    /// Reads and checks an instance. Fields that it does not know are ignored.
    ///
    /// # Errors
    /// [`TaskError::BadInstance`] that names the field.
    pub fn parse(name: &str, data: &[u8]) -> Result<Self, TaskError> {
        let fields = Fields::parse(data)?;
        id(&fields, name)?;
        Ok(Self { problem: problem(&fields)?, key: key(&fields)? })
    }
}

fn id(fields: &Fields, name: &str) -> Result<String, TaskError> {
    let Some(field) = fields.first(&ID_FIELDS) else {
        let fault = |fault| bad(format!("id: missing, and the file's name cannot take its place, for it {fault}"));
        return fault_of_id(name).map_or(Ok(name.to_owned()), |found| Err(fault(found)));
    };
    let id = match field.scalar("a string or a number")? {
        Scalar::Text(text) | Scalar::Number(text) => text,
    };
    fault_of_id(&id).map_or(Ok(id), |fault| Err(field.error(&format!("names files, but {fault}"))))
}

/// Why an id cannot be part of a file's name.
fn fault_of_id(id: &str) -> Option<String> {
    if id.is_empty() {
        Some("is empty".to_owned())
    } else if id == "." || id == ".." {
        Some(format!("is `{id}`"))
    } else if id.len() > MAX_ID_BYTES {
        Some(format!("is {} bytes long, where {MAX_ID_BYTES} are allowed", id.len()))
    } else if id.contains('/') {
        Some("holds a `/`".to_owned())
    } else if id.chars().any(char::is_control) {
        Some("holds a control character".to_owned())
    } else {
        None
    }
}

fn problem(fields: &Fields) -> Result<String, TaskError> {
    fields.first(&PROBLEM_FIELDS).ok_or_else(|| missing(&PROBLEM_FIELDS))?.text()
}

fn key(fields: &Fields) -> Result<Key, TaskError> {
    let field = fields.first(&ANSWER_FIELDS).ok_or_else(|| missing(&ANSWER_FIELDS))?;
    let answer = match field.scalar("a number or a string")? {
        Scalar::Number(number) => plain(&number).ok_or_else(|| field.error("the number's exponent is too large"))?,
        Scalar::Text(text) => last_boxed(&text).map(|content| content.trim().to_owned()).unwrap_or(text),
    };
    check_length(field, &answer)?;
    // The messages do not quote the answer: they may end where a model reads them.
    Key::new(&answer).ok_or_else(|| field.error("nothing but units, words or punctuation, so that no answer is right"))
}

fn check_length(field: Field<'_>, answer: &str) -> Result<(), TaskError> {
    let length = answer.chars().count();
    if length > MAX_ANSWER_CHARS {
        let hint = "an answer has at most 300; write a worked solution's answer as \\boxed{…}";
        return Err(field.error(&format!("{length} characters long; {hint}")));
    }
    Ok(())
}

fn missing(names: &[&str]) -> TaskError {
    let name = names.first().copied().unwrap_or_default();
    bad(format!("{name}: missing or empty; expected one of {}", names.join(", ")))
}

/// A JSON number without an exponent; none if that would be longer than any answer.
fn plain(number: &str) -> Option<String> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else { return Some(number.to_owned()) };
    let exponent: i32 = exponent.parse().ok()?;
    let places = usize::try_from(exponent.unsigned_abs()).ok().filter(|places| *places <= MAX_EXPONENT)?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(places);
    // The point moves by as many places as the exponent says, through zeros where digits end.
    let (whole, decimals) = if exponent < 0 {
        let digits = zeros + whole;
        let (whole, moved) = digits.split_at(digits.len() - places);
        (whole.to_owned(), moved.to_owned() + decimals)
    } else {
        let digits = decimals.to_owned() + &zeros;
        let (moved, decimals) = digits.split_at(places);
        (whole.to_owned() + moved, decimals.trim_end_matches('0').to_owned())
    };
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    Some(if decimals.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{decimals}") })
}

#[cfg(test)]
mod tests;
