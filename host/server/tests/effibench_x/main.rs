//! EffiBench-X's protocol over real HTTP: the server alone, and the client against it and against
//! backends that misbehave.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod client;
mod server;
mod strangers;

use perfagent_core::isolation::Strictness;
use perfagent_sandbox::{CorePlan, LanguageTable, Sandbox, SandboxOptions};
use perfagent_server::effibench_x::{ServerSettings, serve};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A backend of this test.
struct Backend {
    url: String,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
    _scratch: tempfile::TempDir,
}

async fn sandbox(scratch: &tempfile::TempDir) -> Sandbox {
    let options = SandboxOptions {
        strictness: Strictness::BestEffort,
        scratch: scratch.path().join("scratch"),
        search_path: std::env::var_os("PATH").unwrap(),
        cores: CorePlan::of_machine(),
        slots: Some(2),
        told_to_wait: |_| {},
        languages: LanguageTable::built_in(),
    };
    Sandbox::start(options).await.unwrap()
}

fn http() -> reqwest::Client {
    let url = "http://127.0.0.1".parse().unwrap();
    reqwest::Client::builder().tls_backend_preconfigured(perfagent_model::tls(&url).unwrap()).build().unwrap()
}

impl Backend {
    async fn start(settings: ServerSettings) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let sandbox = sandbox(&scratch).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, sandbox, settings, async { drop(stopped.await) }));
        Self { url, http: http(), stop: Some(stop), serving, _scratch: scratch }
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.http.get(format!("{}/{path}", self.url))).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post_text(path, &body.to_string()).await
    }

    async fn post_text(&self, path: &str, body: &str) -> (u16, Value) {
        let request = self.http.post(format!("{}/{path}", self.url));
        answer(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    /// Submits programs in Python, as a batch.
    async fn submit(&self, codes: &[&str]) -> Vec<u64> {
        let requests: Vec<Value> = codes.iter().map(|code| json!({"code": code, "language": "python"})).collect();
        let (status, body) = self.post("submit_batch", &json!({"requests": requests})).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_value(body["submission_ids"].clone()).unwrap()
    }

    /// The answer about `id` once `is_enough`.
    async fn until(&self, id: u64, is_enough: impl Fn(&str) -> bool) -> Value {
        loop {
            let (status, body) = self.get(&format!("submission/{id}")).await;
            assert_eq!(status, 200, "{body}");
            if is_enough(body["status"].as_str().unwrap()) {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ended(&self, id: u64) -> Value {
        self.until(id, |status| !["waiting", "processing"].contains(&status)).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}
