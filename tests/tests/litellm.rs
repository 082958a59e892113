//! The client against a server that others wrote: LiteLLM's proxy on loopback, with mocked replies.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use perfagent_core::chat::{ChatReply, ChatRequest, FinishReason, Message, Role};
use perfagent_model::budget::Charge;
use perfagent_model::{ApiKey, CallContext, Client, ClientSettings, Model, ModelError, RetrySettings};
use perfagent_tests::program::workspace;
use perfagent_tests::scene::Scene;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const KEY: &str = "sk-master-0123456789";

const REPLY: &str = "No idea, sorry. Größe: 3 µs.";

/// The proxy; it ends with the test.
struct Proxy {
    child: Child,
    port: u16,
    _scene: Scene,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Proxy {
    /// Starts it, where `cargo xtask test` has installed it.
    fn start() -> Option<Self> {
        let program = workspace().join("target/tools/litellm/bin/litellm");
        if !program.is_file() {
            perfagent_tests::skip("no LiteLLM: `cargo xtask test` installs it where pip can");
            return None;
        }
        let scene = Scene::new();
        let model = |name: &str, reply: &str| {
            format!(
                "  - model_name: {name}\n    litellm_params: {{model: openai/gpt-4o-mini, api_key: none, mock_response: \"{reply}\"}}\n"
            )
        };
        let models = model("fine", REPLY)
            + &model("busy", "litellm.RateLimitError")
            + &model("broken", "litellm.InternalServerError");
        let config = format!(
            "model_list:\n{models}litellm_settings: {{num_retries: 0, telemetry: false}}\ngeneral_settings: {{master_key: {KEY}}}\n"
        );
        let config = scene.file("litellm.yaml", config);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(scene.path().join("log")).unwrap();
        let mut command = Command::new(program);
        command.arg("--config").arg(config).args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.env_clear().env("HOME", scene.path()).env("PATH", std::env::var_os("PATH").unwrap());
        // Prices come with the package; without this it asks the network for newer ones.
        command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").current_dir(scene.path());
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut proxy = Self { child, port, _scene: scene };
        while !proxy.listens() {
            assert_eq!(proxy.child.try_wait().unwrap(), None, "LiteLLM ended at its start");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(proxy)
    }

    fn listens(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let asked = stream.write_all(b"GET /health/liveliness HTTP/1.0\r\nhost: localhost\r\n\r\n");
        let mut reply = String::new();
        asked.and_then(|()| stream.read_to_string(&mut reply)).is_ok() && reply.contains(" 200 ")
    }
}

/// Refuses the first request, for it wants a stream, and passes on what comes after.
fn without_streams(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut first, _) = listener.accept()?;
        let mut request = [0; 1 << 16];
        let _ = first.read(&mut request)?;
        let refusal = r#"{"error":{"message":"stream is not supported"}}"#;
        let length = refusal.len();
        write!(first, "HTTP/1.1 400 X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{refusal}")?;
        drop(first);
        for client in listener.incoming() {
            let (mut client, mut server) = (client?, TcpStream::connect(("127.0.0.1", port))?);
            let (mut back, mut forth) = (client.try_clone()?, server.try_clone()?);
            std::thread::spawn(move || std::io::copy(&mut client, &mut forth));
            std::thread::spawn(move || std::io::copy(&mut server, &mut back));
        }
        Ok::<_, std::io::Error>(())
    });
    own
}

fn model(port: u16, key: &str) -> Model {
    let retry =
        RetrySettings { max_retries: 2, delay: Duration::from_millis(1), backoff_factor: 1.0, jitter: Duration::ZERO };
    let settings = ClientSettings::new(format!("http://127.0.0.1:{port}/v1"));
    let api_key = Some(ApiKey::new(key));
    Model::live(Client::new(ClientSettings { api_key, retry, ..settings }).unwrap())
}

async fn ask(model: &Model, name: &str) -> Result<ChatReply, ModelError> {
    let request = ChatRequest {
        model: name.to_owned(),
        messages: vec![Message::new(Role::System, "be brief"), Message::new(Role::User, "hello")],
        temperature: 0.5,
        max_output_tokens: 100,
        seed: Some(7),
    };
    model.complete(&request, CallContext { iteration: 1 }, &mut Charge::default()).await
}

#[tokio::test]
async fn understands_what_litellm_says() {
    let Some(proxy) = Proxy::start() else { return };
    let streamed = model(proxy.port, KEY);
    let whole = model(without_streams(proxy.port), KEY);
    for model in [&streamed, &whole] {
        let reply = ask(model, "fine").await.unwrap();
        assert_eq!((reply.content.as_str(), reply.attempts), (REPLY, 1));
        assert_eq!(reply.finish_reason, FinishReason::Stop);
        assert!(!reply.usage.estimated && reply.usage.prompt_tokens > 0 && reply.usage.completion_tokens > 0);
    }
    // Many at once over few connections.
    let calls = (0..40).map(|_| ask(&streamed, "fine"));
    let replies = futures_util::future::join_all(calls).await;
    assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.content == REPLY)));

    for (name, status) in [("busy", 429), ("broken", 500)] {
        let error = ask(&streamed, name).await.unwrap_err();
        let ModelError::GaveUp { attempts: 3, last } = &error else { panic!("{error:?}") };
        assert!(matches!(**last, ModelError::Status { status: found, .. } if found == status), "{last:?}");
    }
    let error = ask(&streamed, "nowhere").await.unwrap_err();
    assert!(matches!(&error, ModelError::Status { status: 400 | 404, message, .. } if message.contains("nowhere")));
    let error = ask(&model(proxy.port, "sk-wrong-0123456789"), "fine").await.unwrap_err();
    assert!(matches!(error, ModelError::Status { status: 400..=403, .. }), "{error:?}");
}
