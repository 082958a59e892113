//! The whole chat is sent along as far as the model's input reaches.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_core::chat::{Message, Role};
use perfagent_model::tokens::{REPLY_START, TokenCounter};
use perfagent_tests::scene::{Printed, Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Value;

/// A run of four iterations whose chat may have `max_tokens`; what it printed, and the chats that were sent.
fn chats(max_tokens: Option<usize>) -> (Printed, Vec<Vec<Message>>) {
    let scene = Scene::new();
    let instance = scene.file("week.json", r#"{"id": "week", "problem": "How many days has a week?", "answer": 7}"#);
    let bound = max_tokens.map_or(String::new(), |tokens| format!("model: {{max_input_tokens: {tokens}}}\n"));
    let config = scene.file("c.yaml", format!("max_iterations: 4\nprompts: {{include_all_history: true}}\n{bound}"));
    let answers = (1..=4).map(|number| Answer::Plain(format!("{}\n\nAnswer: {number}", "Let me see. ".repeat(50))));
    let server = ModelServer::start(answers.collect());
    let mut command = scene.perfagent();
    command.args(["--plugin", "aime", "--instance"]).arg(instance).arg("--config").arg(config);
    let printed = finish(command.args(["--llm-api-base", &server.api_base(), "--model", "gpt-4o"]));
    assert_eq!(printed.code, Some(1), "{}", printed.err);
    let chat = |body: &Value| body["messages"].as_array().unwrap().iter().map(message).collect();
    (printed, server.requests().iter().map(chat).collect())
}

fn message(value: &Value) -> Message {
    let role = match value["role"].as_str().unwrap() {
        "system" => Role::System,
        "user" => Role::User,
        _ => Role::Assistant,
    };
    Message::new(role, value["content"].as_str().unwrap())
}

fn tokens(chat: &[Message]) -> usize {
    let counter = TokenCounter::of("gpt-4o");
    chat.iter().map(|message| counter.message(message)).sum::<usize>() + REPLY_START
}

#[test]
fn the_oldest_turns_are_left_out_and_marked_and_the_ends_never() {
    let (printed, whole) = chats(None);
    assert_eq!(whole.iter().map(Vec::len).collect::<Vec<_>>(), [2, 4, 6, 8]);
    assert!(!printed.err.contains("warning"), "{}", printed.err);

    let most = tokens(&whole[2]);
    let (_, bounded) = chats(Some(most));
    assert_eq!(bounded[..3], whole[..3], "what fits is sent");
    assert!(tokens(&bounded[3]) <= most);
    assert_eq!(bounded[3].first(), whole[3].first());
    assert_eq!(bounded[3].last(), whole[3].last());
    assert!(bounded[3][1].content.starts_with("[4 earlier messages left out]\n\n"), "{:?}", bounded[3][1]);

    let (printed, bare) = chats(Some(tokens(&whole[0]) - 1));
    assert!(bare.iter().all(|chat| chat.len() == 2));
    assert_eq!(printed.err.matches("are sent all the same").count(), 1, "{}", printed.err);
    assert_eq!(bare[3][1].content, format!("[6 earlier messages left out]\n\n{}", whole[3][7].content));
}
