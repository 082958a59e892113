//! How requests travel to a provider: encrypted, over HTTP/2 where that is offered, on one connection, and
//! through the proxy that the environment names.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod secure;

use perfagent_tests::scene::{Printed, Scene, finish};
use secure::{Authority, Proxy, SecureServer};
use std::fs;
use std::process::Command;

const KEY: &str = "sk-for-the-provider-only";

/// Runs three iterations of an aime problem against `api_base`.
fn run(scene: &Scene, api_base: &str, prepare: impl FnOnce(&mut Command)) -> Printed {
    let instance = scene.file("i.json", r#"{"id": "i", "question": "What is 6 times 7?", "answer": "42"}"#);
    let mut command = scene.run_plugin("aime".as_ref(), &instance, api_base);
    command.args(["--max-iterations", "3", "--llm-timeout", "20"]).env("OPENAI_API_KEY", KEY);
    prepare(&mut command);
    finish(&mut command)
}

#[test]
fn http_2_is_spoken_where_it_is_offered_and_one_connection_serves_all_calls() {
    for (offered, spoken) in [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")] {
        let scene = Scene::new();
        let authority = Authority::new();
        let file = scene.file("authority.pem", authority.pem());
        let server = SecureServer::start(&authority, offered);
        let printed = run(&scene, &server.api_base(), |command| {
            command.env("SSL_CERT_FILE", file);
        });
        assert_eq!(printed.code, Some(0), "{offered:?}: {}", printed.err);
        assert_eq!(server.versions(), [spoken; 3], "{offered:?}");
        assert_eq!(server.connections(), 1, "{offered:?}");
    }
}

#[test]
fn an_authority_of_the_machine_s_own_is_trusted_from_a_directory_too() {
    let scene = Scene::new();
    let authority = Authority::new();
    let directory = scene.path().join("authorities");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("own.pem"), authority.pem()).unwrap();
    let server = SecureServer::start(&authority, &["h2"]);
    let printed = run(&scene, &server.api_base(), |command| {
        command.env("SSL_CERT_DIR", directory);
    });
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(server.versions().len(), 3);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_and_the_remedy_told() {
    let scene = Scene::new();
    let (authority, another) = (Authority::new(), Authority::new());
    let server = SecureServer::start(&authority, &["h2"]);
    let wrong = scene.file("another.pem", another.pem());
    let printed = run(&scene, &server.api_base(), |command| {
        command.env("SSL_CERT_FILE", wrong);
    });
    assert_eq!(printed.code, Some(4), "{}", printed.err);
    assert!(printed.err.contains("certificate") && printed.err.contains("SSL_CERT_FILE"), "{}", printed.err);
    assert!(server.versions().is_empty(), "nothing is sent to a server that nobody vouches for");
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_and_sees_neither_key_nor_prompt() {
    let scene = Scene::new();
    let authority = Authority::new();
    let file = scene.file("authority.pem", authority.pem());
    let server = SecureServer::start(&authority, &["h2", "http/1.1"]);
    let proxy = Proxy::start();
    let through = run(&scene, &server.api_base(), |command| {
        command.env("SSL_CERT_FILE", &file).env("HTTPS_PROXY", proxy.url());
    });
    assert_eq!(through.code, Some(0), "{}", through.err);
    assert_eq!(server.versions(), ["HTTP/2.0"; 3]);
    let seen = proxy.seen();
    let first = format!("CONNECT {} HTTP/1.1", server.address());
    assert!(seen.starts_with(first.as_bytes()), "{}", String::from_utf8_lossy(&seen));
    for secret in [KEY, "6 times 7"] {
        assert!(!seen.windows(secret.len()).any(|part| part == secret.as_bytes()), "the proxy saw {secret:?}");
    }

    let past = run(&scene, &server.api_base(), |command| {
        let host = server.address().ip().to_string();
        command.arg("--fresh").env("SSL_CERT_FILE", &file).env("HTTPS_PROXY", proxy.url()).env("NO_PROXY", host);
    });
    assert_eq!(past.code, Some(0), "{}", past.err);
    assert_eq!(proxy.seen(), seen, "NO_PROXY goes past it");
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let scene = Scene::new();
    let printed = run(&scene, "https://model.invalid/v1", |command| {
        command.env("HTTPS_PROXY", "http://127.0.0.1:9");
    });
    assert_eq!(printed.code, Some(4), "{}", printed.err);
    assert!(printed.err.contains("HTTPS_PROXY"), "{}", printed.err);
}
