//! Where passwords and tokens go, and where they never do.

use super::{COMPONENT, client, manifest, pull};
use crate::server::{Answer, Asked, Registry};
use perfagent_core::digest::Digest;
use perfagent_registry::{Interfaces, RegistryError, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// `user:very-secret`, as it is sent.
const BASIC: &str = "Basic dXNlcjp2ZXJ5LXNlY3JldA==";

fn docker(registry: &Registry) -> String {
    format!(r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#, registry.address(), &BASIC[6..])
}

/// Gives the plugin to whoever sends `authorization`, and challenges others.
fn guarded(asked: &Asked, authorization: &str, challenge: &str) -> Answer {
    if asked.authorization.as_deref() != Some(authorization) {
        return Answer::status(401).header("www-authenticate", challenge);
    }
    if asked.path.contains("/manifests/") { Answer::ok(manifest().to_string()) } else { Answer::ok(COMPONENT) }
}

#[tokio::test]
async fn a_password_is_sent_when_it_is_asked_for() {
    let registry = Registry::start(|asked| guarded(asked, BASIC, "Basic realm=\"x\"")).await;
    let reference = registry.reference("plugin:1");
    client(&reference, &docker(&registry)).find().await.unwrap();
    let asked = registry.asked();
    assert_eq!(asked[0].authorization, None, "nobody asked for it yet");
    assert_eq!(asked[1].authorization.as_deref(), Some(BASIC));

    let error = client(&reference, "{}").find().await.unwrap_err();
    assert!(error.to_string().contains("docker login 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_token_is_had_for_the_password() {
    let registry = Registry::start(|asked| {
        if asked.path.starts_with("/token?") {
            assert_eq!(asked.authorization.as_deref(), Some(BASIC));
            assert_eq!(asked.path, "/token?service=registry&scope=repository%3Aplugin%3Apull");
            return Answer::ok(r#"{"token": "abc"}"#);
        }
        // The realm is on the registry itself, whose port only the request knows.
        let challenge = format!("Bearer realm=\"http://{}/token\",service=\"registry\"", asked.host);
        guarded(asked, "Bearer abc", &challenge)
    })
    .await;
    let client = client(&registry.reference("plugin:1"), &docker(&registry));
    let component = client.find().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    client.download(&component, &Store::new(folder.path().to_owned(), |_| {})).await.unwrap();
    let tokens = registry.asked().iter().filter(|asked| asked.path.starts_with("/token")).count();
    assert_eq!(tokens, 1, "a token is used again");
}

#[tokio::test]
async fn a_registry_that_wants_the_password_sent_elsewhere_is_refused() {
    let thief = Registry::start(|_| Answer::ok(r#"{"token": "abc"}"#)).await;
    let address = thief.address();
    let registry =
        Registry::start(move |asked| guarded(asked, "Bearer abc", &format!("Bearer realm=\"http://{address}/token\"")))
            .await;
    let error = client(&registry.reference("plugin:1"), &docker(&registry)).find().await.unwrap_err();
    assert!(matches!(error, RegistryError::Elsewhere { .. }), "{error}");
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn a_redirection_is_followed_without_password_or_token() {
    let store = Arc::new(Registry::start(|_| Answer::ok(COMPONENT)).await);
    let address = store.address();
    let registry = Registry::start(move |asked| match guarded(asked, BASIC, "Basic") {
        _ if asked.authorization.is_some() && asked.path.contains("/blobs/") => {
            Answer::status(307).header("location", format!("http://{address}/signed?permission=xyz"))
        }
        answer => answer,
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&registry.reference("plugin:1"), &docker(&registry));
    let component = client.find().await.unwrap();
    client.download(&component, &Store::new(folder.path().to_owned(), |_| {})).await.unwrap();
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].path.as_str(), &asked[0].authorization), ("/signed?permission=xyz", &None));
}

#[tokio::test]
async fn redirections_lead_neither_away_from_here_nor_in_circles() {
    for (location, part) in [
        ("http://192.0.2.1/x", "it leads on to http://192.0.2.1"),
        ("https://example.com/x", "it leads on to https://example.com"),
        ("file:///etc/passwd", "it leads on to file://"),
        ("http://[", "a place that is none"),
        ("/v2/plugin/manifests/1", "more than 5 times"),
    ] {
        let registry = Registry::start(move |_| Answer::status(302).header("location", location)).await;
        let error = pull(&registry).await.unwrap_err();
        assert!(error.to_string().contains(part), "{location}: {error}");
    }
}

#[tokio::test]
async fn uploads_go_nowhere_else() {
    let thief = Registry::start(|_| Answer::status(201)).await;
    let address = thief.address();
    let registry = Registry::start(move |asked| match asked.method.as_str() {
        "POST" => Answer::status(202).header("location", format!("http://{address}/upload")),
        _ => Answer::status(404),
    })
    .await;
    let client = client(&registry.reference("plugin:1"), "{}");
    let error = client.push(COMPONENT.to_vec(), &Interfaces::default()).await.unwrap_err();
    assert!(error.to_string().contains("uploads to be sent to another host"), "{error}");
    assert!(thief.asked().is_empty());
}

#[tokio::test]
async fn what_a_registry_says_never_shows_the_password() {
    let registry = Registry::start(|asked| match asked.authorization {
        None => Answer::status(401).header("www-authenticate", "Basic"),
        Some(_) => Answer::status(403).body(format!(r#"{{"errors": [{{"message": "very-secret? {BASIC}"}}]}}"#)),
    })
    .await;
    let error = client(&registry.reference("plugin:1"), &docker(&registry)).find().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("[redacted]"), "{shown}");
    assert!(!shown.contains("very-secret") && !shown.contains(&BASIC[6..]), "{shown}");
}

/// An error as people see it: with its causes, and as it is debugged.
fn shown(error: &RegistryError) -> [String; 2] {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    [text, format!("{error:?}")]
}

#[tokio::test]
async fn whatever_a_registry_echoes_is_short_harmless_and_without_secrets() {
    // Fit for a header, a host and JSON.
    const TOKEN: &str = "token-0123456789";
    let noise = format!("\u{1b}]0;x\u{7}\n\u{202e}{TOKEN} very-secret {} ", &BASIC[6..]);
    let long = noise.repeat(40_000 / noise.len());
    let endless = noise.repeat((3 << 20) / noise.len());
    let echo = json!(long).to_string();
    let changed = |key: &'static str, value: Value| {
        let mut document = manifest();
        document["layers"][0][key] = value;
        Answer::ok(document.to_string())
    };
    let mut config = manifest();
    config["config"]["mediaType"] = json!(long);
    let answers = [
        Answer::status(400).body(format!(r#"{{"errors": [{{"message": {echo}}}]}}"#)),
        Answer::status(403).body(format!(r#"{{"errors": [{{"message": {echo}}}]}}"#)),
        // A manifest of another kind.
        changed("mediaType", json!(long)),
        Answer::ok(config.to_string()),
        Answer::ok(json!({"mediaType": long, "layers": []}).to_string()),
        // Types that the parser quotes.
        changed("size", json!(endless)),
        changed("digest", json!({long.clone(): 1})),
        Answer::ok(format!(r#"{{"layers": {echo}}}"#)),
        Answer::ok(echo),
        Answer::status(302).header("location", format!("https://{TOKEN}.example.com/{TOKEN}")),
        Answer::status(302).header("location", format!("{TOKEN}://{TOKEN}")),
    ];
    for answer in answers {
        let registry = Registry::start(move |asked| {
            if asked.path.starts_with("/token?") {
                return Answer::ok(json!({"token": TOKEN}).to_string());
            }
            let challenge = format!("Bearer realm=\"http://{}/token\"", asked.host);
            match asked.authorization.as_deref() {
                Some("Bearer token-0123456789") => answer.clone(),
                _ => Answer::status(401).header("www-authenticate", challenge),
            }
        })
        .await;
        let error = client(&registry.reference("plugin:1"), &docker(&registry)).find().await.unwrap_err();
        for text in shown(&error) {
            // Nor a half of one, where the text was cut.
            for secret in [&TOKEN[..8], "very-sec", &BASIC[6..14]] {
                assert!(!text.contains(secret), "{text}");
            }
            assert!(!text.contains(|letter: char| letter.is_control() || letter == '\u{202e}'), "{text:?}");
            assert!(text.chars().count() < 800, "{text}");
        }
    }
}

#[tokio::test]
async fn a_place_to_send_the_password_to_is_shown_harmlessly() {
    for realm in ["https://very-secret.example.com/token", "https://u:very-secret@example.com/", "very-secret"] {
        let challenge = format!("Bearer realm=\"{realm}\"");
        let registry = Registry::start(move |asked| guarded(asked, BASIC, &challenge)).await;
        let error = client(&registry.reference("plugin:1"), &docker(&registry)).find().await.unwrap_err();
        assert!(matches!(error, RegistryError::Elsewhere { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("very-secret"), "{error}");
    }
}

#[tokio::test]
async fn a_registry_that_gives_no_token_is_told() {
    for token in ["{}", "<html>", r#"{"token": 7}"#, "{\"token\": \"a\\nb\"}"] {
        let registry = Registry::start(move |asked| {
            if asked.path.starts_with("/token?") {
                return Answer::ok(token);
            }
            Answer::status(401).header("www-authenticate", format!("Bearer realm=\"http://{}/token\"", asked.host))
        })
        .await;
        let error = pull(&registry).await.unwrap_err();
        assert!(matches!(error, RegistryError::Protocol { .. }), "{token}: {error}");
    }
}

#[tokio::test]
async fn a_pushed_component_is_where_it_belongs() {
    let registry = Registry::start(|asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("HEAD", _) => Answer::status(404),
        ("POST", _) => Answer::status(202).header("location", "/v2/plugin/blobs/uploads/1?state=s"),
        ("PUT", _) => Answer::status(201),
        _ => Answer::status(405),
    })
    .await;
    let client = client(&registry.reference("plugin:1"), "{}");
    let pushed = client.push(COMPONENT.to_vec(), &Interfaces::default()).await.unwrap();
    assert_eq!(pushed.component, Digest::of(COMPONENT));
    let puts: Vec<_> = registry.asked().into_iter().filter(|asked| asked.method == "PUT").collect();
    let component = pushed.component.to_string().replace(':', "%3A");
    assert_eq!(puts[0].path, format!("/v2/plugin/blobs/uploads/1?state=s&digest={component}"));
    assert_eq!(puts[2].path, "/v2/plugin/manifests/1");

    let digest = format!("plugin@{}", pushed.manifest);
    let client = super::client(&registry.reference(&digest), "{}");
    let error = client.push(COMPONENT.to_vec(), &Interfaces::default()).await.unwrap_err();
    assert!(matches!(error, RegistryError::Reference { .. }), "{error}");
}
