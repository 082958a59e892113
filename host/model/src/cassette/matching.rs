//! Which recorded call answers a request.

use super::Call;
use crate::reply::shown;
use perfagent_core::chat::ChatRequest;
use perfagent_core::digest::Digest;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};

/// A request that the cassette lacks.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// The cassette.
    pub cassette: PathBuf,
    /// How many calls it holds.
    pub recorded: usize,
    /// The recorded request that is most like the asked one; `None` when the cassette is empty.
    pub nearest: Option<Nearest>,
}

/// The recorded request most like the asked one.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// Its number in the cassette, from 1.
    pub number: usize,
    /// What differs first; `None` when nothing does, but its reply was given before.
    pub difference: Option<String>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the cassette {} has {} calls, but none for this request", self.cassette.display(), self.recorded)?;
        match &self.nearest {
            Some(Nearest { number, difference: Some(difference) }) => {
                write!(f, "; nearest is call {number}: {difference}")
            }
            Some(Nearest { number, difference: None }) => {
                write!(f, "; call {number} is the same, but was replayed before")
            }
            None => Ok(()),
        }
    }
}

/// The calls that were not used yet, by number from 0.
#[derive(Debug)]
pub(super) struct Unused {
    used: Vec<bool>,
    /// By digest of the request, in order. What was used in the other table stays until it is met.
    same: HashMap<Digest, VecDeque<usize>>,
    /// By digest of the request with its numbers masked, in order.
    similar: HashMap<Digest, VecDeque<usize>>,
}

impl Unused {
    /// All of `calls`.
    pub(super) fn all(calls: &[Call]) -> Self {
        let mut unused = Self { used: vec![false; calls.len()], same: HashMap::new(), similar: HashMap::new() };
        for (index, Call { request, .. }) in calls.iter().enumerate() {
            unused.same.entry(digest(request)).or_default().push_back(index);
            unused.similar.entry(digest(&mask_request(request))).or_default().push_back(index);
        }
        unused
    }

    /// The call for `request`, which is used from now on: the same rather than a similar one.
    pub(super) fn take(&mut self, request: &ChatRequest) -> Option<usize> {
        let same = self.same.get_mut(&digest(request)).and_then(|queue| next(queue, &mut self.used));
        same.or_else(|| next(self.similar.get_mut(&digest(&mask_request(request)))?, &mut self.used))
    }

    /// Those that are left.
    pub(super) fn left(&self) -> impl Iterator<Item = usize> {
        self.used.iter().enumerate().filter(|(_, used)| !**used).map(|(index, _)| index)
    }
}

/// The first of `queue` that was not used yet.
fn next(queue: &mut VecDeque<usize>, used: &mut [bool]) -> Option<usize> {
    let index = std::iter::from_fn(|| queue.pop_front()).find(|index| !used[*index])?;
    used[index] = true;
    Some(index)
}

fn digest(request: &ChatRequest) -> Digest {
    Digest::of(&serde_json::to_vec(request).expect("requests have string keys"))
}

pub(super) fn mismatch(cassette: &Path, calls: &[Call], request: &ChatRequest) -> Mismatch {
    let wanted = lines(request);
    let known: HashSet<&str> = wanted.iter().map(String::as_str).collect();
    // Line for line as sets: enough to find the one that was meant, in time that grows linearly.
    let distance = |recorded: &[String]| {
        let unknown = recorded.iter().filter(|line| !known.contains(line.as_str())).count();
        let differs = difference(recorded, &wanted).is_some();
        (unknown + recorded.len().abs_diff(wanted.len()), differs)
    };
    let nearest = calls
        .iter()
        .map(|call| lines(&call.request))
        .enumerate()
        .min_by_key(|(_, recorded)| distance(recorded))
        .map(|(index, recorded)| Nearest { number: index + 1, difference: difference(&recorded, &wanted) });
    Mismatch { cassette: cassette.to_owned(), recorded: calls.len(), nearest }
}

fn difference(recorded: &[String], wanted: &[String]) -> Option<String> {
    let ends = "the end";
    let length = recorded.len().max(wanted.len());
    let at = (0..length).find(|&index| recorded.get(index) != wanted.get(index))?;
    let line = |lines: &[String]| lines.get(at).map_or(ends.to_owned(), |line| format!("{:?}", shown(line)));
    Some(format!("it has {}, this request has {}", line(recorded), line(wanted)))
}

/// A request line by line, numbers masked. Equal lines are equal requests.
fn lines(request: &ChatRequest) -> Vec<String> {
    let masked = mask_request(request);
    let mut lines = vec![
        format!("model {}", masked.model),
        format!("temperature {}", masked.temperature),
        format!("max_output_tokens {}", masked.max_output_tokens),
        format!("seed {}", masked.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string())),
    ];
    for message in &masked.messages {
        lines.push(format!("role {:?}", message.role));
        lines.extend(message.content.split('\n').map(str::to_owned));
    }
    lines
}

fn mask_request(request: &ChatRequest) -> ChatRequest {
    let mut masked = request.clone();
    for message in &mut masked.messages {
        message.content = mask(&message.content);
    }
    masked
}

/// `text` with every number replaced by `#`.
fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // A sign, unless it stands between two words.
        let sign = usize::from(first == '-' && !masked.ends_with(|c: char| c.is_alphanumeric() || "#_)".contains(c)));
        let (word, is_number) = if rest[sign..].starts_with(|c: char| c.is_ascii_digit()) {
            (&rest[..sign + number_length(&rest.as_bytes()[sign..])], true)
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let word = &rest[..end];
            (word, ["inf", "infinity", "nan"].iter().any(|it| word.eq_ignore_ascii_case(it)))
        } else {
            (&rest[..first.len_utf8()], false)
        };
        masked.push_str(if is_number { "#" } else { word });
        rest = &rest[word.len()..];
    }
    masked
}

/// Bytes of the number that `bytes` start with: digits, decimals, exponent.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = if end + 1 + sign <= bytes.len() { digits(end + 1 + sign) } else { 0 };
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_numbers_and_nothing_else() {
        for (text, masked) in [
            ("took 1.25e-3 s, 7 of 12.", "took # s, # of #."),
            ("inf Infinity NaN info", "# # # info"),
            ("x1 1e 2.", "x1 #e #."),
            ("[-0.5, 1-2] a-1 --3", "[#, #-#] a-# -#"),
            ("ä12ß", "ä12ß"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    proptest! {
        #[test]
        fn other_numbers_mask_alike(a in any::<i32>(), b in -1e300..1e300_f64) {
            prop_assert_eq!(mask(&format!("runtime {a} s (ratio {b})")), mask("runtime 1 s (ratio 2.5)"));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            mask(&text);
        }
    }
}
