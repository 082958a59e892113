//! Calls recorded and replayed.

use crate::server::{Answer, Server};
use crate::{FIRST, chain, request, settings};
use perfagent_core::chat::{ChatRequest, Role};
use perfagent_model::budget::Charge;
use perfagent_model::{CassetteError, Client, LogSettings, Model, ModelError};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A cassette of these exchanges, recorded from a server that is gone.
async fn recorded(exchanges: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let path = directory.path().join("cassette.jsonl");
    record(&path, exchanges).await;
    (directory, path)
}

async fn record(path: &Path, exchanges: &[(&str, &str)]) {
    let server = Server::start(exchanges.iter().map(|(_, reply)| Answer::reply(reply)).collect()).await;
    let client = Client::new(settings(&server.api_base)).expect("the settings are fit");
    let model = Model::record(client, path).expect("the cassette can be written");
    for (text, reply) in exchanges {
        assert_eq!(ask(&model, text).await.expect("the server answers"), *reply);
    }
}

async fn ask(model: &Model, text: &str) -> Result<String, ModelError> {
    model.complete(&request(text), FIRST, &mut Charge::default()).await.map(|reply| reply.content)
}

/// What a replay says to a request that its cassette lacks.
async fn mismatch(path: &Path, request: &ChatRequest) -> String {
    let error = Model::replay(path)
        .expect("a cassette")
        .complete(request, FIRST, &mut Charge::default())
        .await
        .expect_err("it lacks this");
    assert!(matches!(error, ModelError::NotRecorded(_)), "{error:?}");
    chain(&error).replace(&path.display().to_string(), "CASSETTE")
}

#[tokio::test]
async fn a_replay_gives_what_was_recorded() {
    let (_directory, path) = recorded(&[("a", "1"), ("b", "2\n\"ü\"")]).await;
    let model = Model::replay(&path).unwrap();
    assert_eq!(ask(&model, "b").await.unwrap(), "2\n\"ü\"");
    let reply = model.complete(&request("a"), FIRST, &mut Charge::default()).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.usage.total_tokens, reply.attempts), ("1", 18, 1));
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"format\":1}\n"));
}

#[tokio::test]
async fn measured_numbers_may_differ() {
    let (_directory, path) = recorded(&[("took 0.5 s", "slow"), ("took 0.25 s", "better")]).await;
    let model = Model::replay(&path).unwrap();
    assert_eq!(ask(&model, "took 1e-3 s").await.unwrap(), "slow", "the first that was not used");
    assert_eq!(ask(&model, "took inf s").await.unwrap(), "better");
    let model = Model::replay(&path).unwrap();
    assert_eq!(ask(&model, "took 0.25 s").await.unwrap(), "better", "the same goes before the similar");
    assert_eq!(ask(&model, "took 0.25 s").await.unwrap(), "slow");
}

#[tokio::test]
async fn a_repeated_request_gets_its_replies_in_order() {
    let (_directory, path) = recorded(&[("a", "1"), ("a", "2")]).await;
    let model = Model::replay(&path).unwrap();
    assert_eq!(ask(&model, "a").await.unwrap(), "1");
    assert_eq!(ask(&model, "a").await.unwrap(), "2");
    let error = ask(&model, "a").await.unwrap_err();
    assert!(error.to_string().contains("call 1 is the same, but was replayed before"), "{error}");
    // Another process starts anew.
    assert_eq!(ask(&Model::replay(&path).unwrap(), "a").await.unwrap(), "1");
}

#[tokio::test]
async fn what_an_earlier_process_used_is_given_to_no_other() {
    let (_directory, path) = recorded(&[("a", "1"), ("a", "2"), ("took 3 s", "3")]).await;
    let model = Model::replay(&path).unwrap();
    model.skip(&request("a"));
    model.skip(&request("took 4 s"));
    assert_eq!(ask(&model, "a").await.unwrap(), "2");
    assert!(ask(&model, "took 3 s").await.is_err());
}

#[tokio::test]
async fn calls_that_nothing_asked_for_are_told() {
    let (_directory, path) = recorded(&[("a", "1"), ("b", "2"), ("took 3 s", "3"), ("d", "4")]).await;
    let model = Model::replay(&path).unwrap();
    assert_eq!(model.leftover().unwrap().numbers, [1, 2, 3, 4]);
    ask(&model, "took 5 s").await.unwrap();
    ask(&model.with_logs(&LogSettings::default()).unwrap(), "a").await.unwrap();
    let told = model.leftover().unwrap().to_string().replace(&path.display().to_string(), "CASSETTE");
    assert_eq!(told, "2 of the 4 calls in the cassette CASSETTE were not replayed: 2, 4");
    ask(&model, "b").await.unwrap();
    ask(&model, "d").await.unwrap();
    assert_eq!(model.leftover(), None);
    let many: Vec<_> = (0..25).map(|_| ("a", "1")).collect();
    record(&path, &many).await;
    let told = Model::replay(&path).unwrap().leftover().unwrap().to_string();
    assert!(told.ends_with("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, …"), "{told}");
}

#[tokio::test]
async fn a_missing_request_shows_the_nearest_and_what_differs() {
    let program = "Improve this:\ndef f(x):\n    return x\nIt took 3 s.";
    let (_directory, path) = recorded(&[("Hello", "1"), (program, "2"), ("Bye", "3")]).await;
    let other = program.replace("return x", "return y");
    insta::assert_snapshot!(
        mismatch(&path, &request(&other)).await,
        @r#"the cassette CASSETTE has 3 calls, but none for this request; nearest is call 2: it has "return x", this request has "return y""#
    );
    let longer = format!("{program}\nPlease.");
    insta::assert_snapshot!(
        mismatch(&path, &request(&longer)).await,
        @r#"the cassette CASSETTE has 3 calls, but none for this request; nearest is call 2: it has the end, this request has "Please.""#
    );
}

#[tokio::test]
async fn everything_but_measured_numbers_must_match() {
    let (_directory, path) = recorded(&[("a", "1")]).await;
    let mut model = request("a");
    model.model = "other".into();
    let mut temperature = request("a");
    temperature.temperature = 0.75;
    let mut tokens = request("a");
    tokens.max_output_tokens = 99;
    let mut seed = request("a");
    seed.seed = Some(4);
    let mut role = request("a");
    role.messages[1].role = Role::Assistant;
    let mut end = request("a");
    end.messages[1].content.push('\n');
    for (request, part) in [
        (model, r#"it has "model some-model", this request has "model other""#),
        (temperature, r#"it has "temperature 0.5", this request has "temperature 0.75""#),
        (tokens, r#"it has "max_output_tokens 100", this request has "max_output_tokens 99""#),
        (seed, r#"it has "seed none", this request has "seed 4""#),
        (role, r#"it has "role User", this request has "role Assistant""#),
        (end, r"it has the end"),
    ] {
        let said = mismatch(&path, &request).await;
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn a_torn_last_line_is_left_out_and_recorded_over() {
    let (_directory, path) = recorded(&[("a", "1"), ("b", "grüße")]).await;
    let whole = fs::read(&path).unwrap();
    let first_two = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    // Every place to tear it, those within a character too.
    for length in first_two..whole.len() - 1 {
        fs::write(&path, &whole[..length]).unwrap();
        let model = Model::replay(&path).unwrap();
        assert_eq!(ask(&model, "a").await.unwrap(), "1");
        assert!(ask(&model, "b").await.is_err());
    }
    record(&path, &[("b", "grüße")]).await;
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[tokio::test]
async fn recording_goes_on_at_the_end() {
    let (_directory, path) = recorded(&[("a", "1")]).await;
    record(&path, &[("b", "2")]).await;
    let model = Model::replay(&path).unwrap();
    assert_eq!(ask(&model, "a").await.unwrap(), "1");
    assert_eq!(ask(&model, "b").await.unwrap(), "2");
    // A header without its line end is one, too.
    fs::write(&path, "{\"format\":1}").unwrap();
    record(&path, &[("c", "3")]).await;
    assert_eq!(ask(&Model::replay(&path).unwrap(), "c").await.unwrap(), "3");
}

#[tokio::test]
async fn other_files_are_no_cassettes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let open = |text: &str| {
        fs::write(&path, text).unwrap();
        let client = Client::new(settings("http://127.0.0.1:9/v1")).unwrap();
        let recording = chain(&Model::record(client, &path).unwrap_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "a stranger's file stays as it is");
        let error = Model::replay(&path).unwrap_err();
        assert_eq!(recording, chain(&error));
        let ModelError::Cassette { source, .. } = error else { panic!("{error:?}") };
        source
    };
    assert!(matches!(open("hello\n"), CassetteError::NotACassette(_)));
    assert!(matches!(open("{\"format\":2}\n"), CassetteError::Newer { found: 2, known: 1 }));
    assert!(matches!(open("{\"format\":1}\n{}\n"), CassetteError::Line { line: 2, .. }));
    assert!(Model::replay(&directory.path().join("missing")).unwrap_err().to_string().starts_with("cassette "));
}
