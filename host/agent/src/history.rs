//! What of the chat so far is sent along, within a bound on tokens.

use perfagent_core::chat::Message;
use perfagent_core::spec::ModelSpec;
use perfagent_model::tokens::{REPLY_START, TokenCounter};

/// `system`, as many of the newest `turns` (pairs of prompt and reply) as fit, and `prompt`. The
/// system prompt and the newest prompt are always there; where turns were left out, the first
/// message after the system prompt says so. Not a message of its own: many models refuse two of one
/// role in a row.
pub(crate) fn assemble(system: Message, turns: &[Message], prompt: Message, bound: Option<Bound>) -> Vec<Message> {
    let left_out = bound.map_or(0, |bound| bound.left_out(&system, turns, &prompt));
    let mut messages = vec![system];
    messages.extend_from_slice(&turns[left_out..]);
    messages.push(prompt);
    if left_out > 0 {
        messages[1].content.insert_str(0, &marker(left_out));
    }
    messages
}

/// The newest prompt in `messages`, which [`assemble`] made with the turns before it, as the chat keeps it: what
/// was left out once must not be told again by later prompts.
pub(crate) fn newest(messages: &[Message], turns: usize) -> Option<Message> {
    let mut newest = messages.last()?.clone();
    if messages.len() == 2
        && let Some(rest) = newest.content.strip_prefix(&marker(turns))
    {
        newest.content = rest.to_owned();
    }
    Some(newest)
}

/// Tokens of `messages` in `iteration`, where they are more than the model is to get. That is so when the
/// system prompt and the newest prompt, which are always sent, are too long by themselves.
pub fn excess(spec: &ModelSpec, iteration: u32, messages: &[Message]) -> Option<usize> {
    // More messages are there only where they fit.
    let bound = Bound::of(spec, iteration).filter(|_| messages.len() <= 2)?;
    Some(bound.tokens(messages)).filter(|tokens| *tokens > bound.max_tokens)
}

/// The most tokens that messages may have, and how they are counted.
#[derive(Clone, Copy)]
pub(crate) struct Bound {
    counter: TokenCounter,
    max_tokens: usize,
}

impl Bound {
    /// Of the messages for the model that `iteration` asks; `None` where any number is well.
    pub(crate) fn of(spec: &ModelSpec, iteration: u32) -> Option<Self> {
        let max_tokens = usize::try_from(spec.max_input_tokens?).unwrap_or(usize::MAX);
        Some(Self { counter: TokenCounter::of(spec.name(iteration)), max_tokens })
    }

    fn tokens(self, messages: &[Message]) -> usize {
        messages.iter().map(|message| self.counter.message(message)).sum::<usize>() + REPLY_START
    }

    /// How many of `turns`, the oldest ones, must be left out.
    fn left_out(self, system: &Message, turns: &[Message], prompt: &Message) -> usize {
        let mut used = self.tokens(&[system.clone(), prompt.clone()]);
        let mut left_out = turns.len();
        for pair in turns.rchunks(2) {
            let older = left_out - pair.len();
            let size: usize = pair.iter().map(|message| self.counter.message(message)).sum();
            let mark = if older > 0 { self.mark(older, &pair[0]) } else { 0 };
            if used + size + mark > self.max_tokens {
                break;
            }
            used += size;
            left_out = older;
        }
        left_out
    }

    /// What the mark adds to `message`. Where the two meet, a token may hold a part of both.
    fn mark(self, left_out: usize, message: &Message) -> usize {
        let marked = self.counter.text(&(marker(left_out) + &message.content));
        marked.saturating_sub(self.counter.text(&message.content))
    }
}

fn marker(left_out: usize) -> String {
    format!("[{left_out} earlier messages left out]\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::chat::Role;
    use proptest::prelude::*;

    fn chat(turns: usize) -> Vec<Message> {
        (0..turns)
            .flat_map(|turn| {
                [
                    Message::new(Role::User, format!("question {turn:03}")),
                    Message::new(Role::Assistant, format!("answer {turn:03}")),
                ]
            })
            .collect()
    }

    fn bound(max_tokens: usize) -> Option<Bound> {
        Some(Bound { counter: TokenCounter::of("gpt-4o"), max_tokens })
    }

    #[test]
    fn drops_the_oldest_turns_and_says_so() {
        let system = Message::new(Role::System, "rules");
        let prompt = Message::new(Role::User, "next");
        let whole = assemble(system.clone(), &chat(3), prompt.clone(), None);
        assert_eq!(whole.len(), 8);

        let all = bound(0).unwrap().tokens(&whole);
        assert_eq!(assemble(system.clone(), &chat(3), prompt.clone(), bound(all)), whole, "what fits is sent");
        let cut = assemble(system.clone(), &chat(3), prompt.clone(), bound(all - 1));
        assert_eq!(cut.len(), 6);
        assert_eq!(cut[1].content, "[2 earlier messages left out]\n\nquestion 001");

        let bare = assemble(system.clone(), &chat(3), prompt.clone(), bound(1));
        assert_eq!(bare.len(), 2);
        assert_eq!(bare[0], system);
        assert_eq!(bare[1].content, "[6 earlier messages left out]\n\nnext");
        assert_eq!(newest(&bare, 6), Some(prompt), "the chat keeps the prompt without the mark");
    }

    proptest! {
        /// Whatever the chat and the bound: it is kept, and no more is left out than must be.
        #[test]
        fn the_bound_is_kept(texts in proptest::collection::vec(".{0,40}", 0..8), max_tokens in 0..200_usize) {
            let turns: Vec<Message> = texts
                .iter()
                .flat_map(|text| [Message::new(Role::User, text.clone()), Message::new(Role::Assistant, "ok")])
                .collect();
            let (system, prompt) = (Message::new(Role::System, "rules"), Message::new(Role::User, "next"));
            let bound = bound(max_tokens).unwrap();
            let sent = assemble(system.clone(), &turns, prompt.clone(), Some(bound));
            prop_assert_eq!(&sent[0], &system);
            prop_assert!(sent.last().unwrap().content.ends_with("next"));
            let left_out = turns.len() + 2 - sent.len();
            let newest: Vec<Message> = turns[left_out..].iter().chain([&prompt]).skip(1).cloned().collect();
            prop_assert_eq!(&sent[2..], newest);
            if sent.len() > 2 {
                prop_assert!(bound.tokens(&sent) <= max_tokens);
            }
            if left_out > 0 {
                let one_more = assemble(system, &turns[left_out - 2..], prompt, None);
                prop_assert!(bound.tokens(&one_more) + bound.mark(left_out, &one_more[1]) > max_tokens);
            }
        }
    }
}
