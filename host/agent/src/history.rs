//! What of the chat so far is sent along, within a bound on tokens.

use perfagent_core::chat::Message;

/// Characters of a token, on average: the estimate used where no provider counts.
const CHARS_PER_TOKEN: usize = 4;

/// `system`, as many of the newest `turns` (pairs of prompt and reply) as fit, and `prompt`. The
/// system prompt and the newest prompt are always there; where turns were left out, the first
/// message after the system prompt says so.
pub(crate) fn assemble(system: Message, turns: &[Message], prompt: Message, max_tokens: Option<u32>) -> Vec<Message> {
    let budget = max_tokens.map_or(usize::MAX, |tokens| usize::try_from(tokens).unwrap_or(usize::MAX));
    let fixed = tokens(&system) + tokens(&prompt);
    let mut room = budget.saturating_sub(fixed);
    let mut kept = turns.len();
    for pair in turns.rchunks(2) {
        let size: usize = pair.iter().map(tokens).sum();
        if size > room {
            break;
        }
        room -= size;
        kept -= pair.len();
    }
    let mut messages = vec![system];
    messages.extend_from_slice(&turns[kept..]);
    messages.push(prompt);
    if kept > 0 {
        let marker = format!("[{} earlier messages left out]\n\n", kept);
        messages[1].content.insert_str(0, &marker);
    }
    messages
}

fn tokens(message: &Message) -> usize {
    message.content.chars().count().div_ceil(CHARS_PER_TOKEN) + 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use perfagent_core::chat::Role;

    fn chat(turns: usize) -> Vec<Message> {
        (0..turns)
            .flat_map(|turn| {
                [
                    Message::new(Role::User, format!("question {turn:03}")),
                    Message::new(Role::Assistant, format!("answer {turn:05}")),
                ]
            })
            .collect()
    }

    #[test]
    fn drops_the_oldest_turns_and_says_so() {
        let system = Message::new(Role::System, "rules");
        let prompt = Message::new(Role::User, "next");
        let whole = assemble(system.clone(), &chat(3), prompt.clone(), None);
        assert_eq!(whole.len(), 8);

        // Each turn is 3 + 3 tokens of text and 8 of overhead; the fixed part is 2 + 1 + 8.
        let cut = assemble(system.clone(), &chat(3), prompt.clone(), Some(11 + 2 * 14));
        assert_eq!(cut.len(), 6);
        assert_eq!(cut[1].content, "[2 earlier messages left out]\n\nquestion 001");

        let bare = assemble(system.clone(), &chat(3), prompt, Some(1));
        assert_eq!(bare.len(), 2);
        assert_eq!(bare[0], system);
        assert_eq!(bare[1].content, "[6 earlier messages left out]\n\nnext");
    }
}
