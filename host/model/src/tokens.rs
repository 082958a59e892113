//! How many tokens messages have.

use bpe_openai::{Tokenizer, cl100k_base, o200k_base};
use perfagent_core::chat::Message;

/// Tokens that a message has beside its text in OpenAI's chat format: where it begins, whose it is, where it
/// ends.
const PER_MESSAGE: usize = 4;

/// Tokens that the reply begins with, which count as input.
pub const REPLY_START: usize = 3;

/// Counts tokens as a model does. OpenAI's models are counted exactly, but for what their chat format adds;
/// of others the tokens are not known, so they are counted as those of OpenAI's newest encoding, which for
/// most differ by 10 to 20 %.
///
/// The first count loads the encoding, which takes some 10 ms; one is enough for the whole process. Counting
/// takes time in proportion to the text, whatever it is.
#[derive(Clone, Copy)]
pub struct TokenCounter(&'static Tokenizer);

impl TokenCounter {
    /// The one for the model called `name`, with or without its provider in front.
    pub fn of(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name);
        let is_older = name == "gpt-4" || ["gpt-4-", "gpt-3.5", "gpt-35"].iter().any(|start| name.starts_with(start));
        Self(if is_older { cl100k_base() } else { o200k_base() })
    }

    /// Tokens of a text.
    pub fn text(self, text: &str) -> usize {
        self.0.count(text)
    }

    /// Tokens of a message, those of its frame included.
    pub fn message(self, message: &Message) -> usize {
        self.text(&message.content) + PER_MESSAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::chat::Role;

    /// Counts of OpenAI's own library, tiktoken.
    #[test]
    fn texts_are_counted_as_openai_does() {
        let program = "def f(x):\n    return x + 1\n";
        for (model, text, tokens) in [
            ("gpt-4o", "", 0),
            ("gpt-4o", "hello world", 2),
            ("openai/gpt-4.1-mini", program, 12),
            ("gpt-4", program, 12),
            ("gpt-4o", "Быстрее", 2),
            ("openai/gpt-4-turbo", "Быстрее", 3),
            ("gpt-3.5-turbo", "Быстрее", 3),
            ("llama-3", "Быстрее", 2),
        ] {
            assert_eq!(TokenCounter::of(model).text(text), tokens, "{model}: {text:?}");
        }
        assert_eq!(TokenCounter::of("gpt-4o").message(&Message::new(Role::User, "hello world")), 6);
    }
}
