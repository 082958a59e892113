//! How many tokens messages have.

use perfagent_core::chat::Message;
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

/// Tokens that a message has beside its text in OpenAI's chat format: where it begins, whose it is, where it
/// ends.
const PER_MESSAGE: usize = 4;

/// Tokens that the reply begins with, which count as input.
pub const REPLY_START: usize = 3;

/// Most bytes that are counted at once. The library's regular expression gives up, by a panic, on a space that
/// is millions of characters wide, and a model may write anything.
const MAX_PIECE: usize = 1 << 16;

/// Counts tokens as a model does. Of OpenAI's models the text is counted exactly; of others the tokens are not
/// known, so theirs are estimated as those of OpenAI's newest encoding.
///
/// The first count in a process loads the encoding.
#[derive(Clone, Copy)]
pub struct TokenCounter(&'static CoreBPE);

impl TokenCounter {
    /// The one for the model called `name`, with or without its provider in front.
    pub fn of(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name);
        let is_older = name == "gpt-4" || ["gpt-4-", "gpt-3.5", "gpt-35"].iter().any(|start| name.starts_with(start));
        Self(if is_older { cl100k_base_singleton() } else { o200k_base_singleton() })
    }

    /// Tokens of a text; of a very long one a few more than it has.
    pub fn text(self, text: &str) -> usize {
        pieces(text).map(|piece| self.0.count_ordinary(piece)).sum()
    }

    /// Tokens of a message, those of its frame included.
    pub fn message(self, message: &Message) -> usize {
        self.text(&message.content) + PER_MESSAGE
    }
}

/// `text` in pieces of at most [`MAX_PIECE`] bytes, cut behind a line where there is one.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let most = rest.floor_char_boundary(MAX_PIECE);
        let line = rest[..most].rfind('\n').map(|end| end + 1);
        let end = if most < rest.len() { line.unwrap_or(most) } else { most };
        let (piece, left) = rest.split_at(end);
        rest = left;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::chat::Role;

    /// Each piece of the program is a token: `def`, ` f`, `(x`, `):⏎`, three blanks, ` return`, ` x`, ` +`, a blank,
    /// `1` and the line's end.
    #[test]
    fn texts_are_counted_as_openai_does() {
        let program = "def f(x):\n    return x + 1\n";
        for (model, text, tokens) in [
            ("gpt-4o", "", 0),
            ("gpt-4o", "hello world", 2),
            ("openai/gpt-4.1-mini", program, 11),
            ("gpt-4", program, 11),
        ] {
            assert_eq!(TokenCounter::of(model).text(text), tokens, "{model}: {text:?}");
        }
        // The newer encoding, which stands for models that are not known, needs fewer for most scripts.
        let russian = "Сделай эту программу быстрее и докажи это измерениями.";
        let count = |model| TokenCounter::of(model).text(russian);
        assert!(count("gpt-4o") < count("gpt-3.5-turbo"));
        assert_eq!(count("openai/gpt-4-turbo"), count("gpt-3.5-turbo"));
        assert_eq!(count("llama-3"), count("gpt-4o"));
        // A mark of the chat format in a text is a text.
        assert!(TokenCounter::of("gpt-4o").text("<|endoftext|>") > 1);
        assert_eq!(TokenCounter::of("gpt-4o").message(&Message::new(Role::User, "hello world")), 6);
    }

    #[test]
    fn any_text_is_counted() {
        let counter = TokenCounter::of("gpt-4o");
        let line = "def f(x): return x + 1\n";
        assert_eq!(counter.text(&line.repeat(10_000)), 10_000 * counter.text(line));
        for text in [" ".repeat(3_000_000), "ä".repeat(300_000), "\n".repeat(300_000), "🦀".repeat(70_000)] {
            assert!(counter.text(&text) > 0);
            assert_eq!(pieces(&text).collect::<String>(), text);
            assert!(pieces(&text).all(|piece| piece.len() <= MAX_PIECE));
        }
    }
}
