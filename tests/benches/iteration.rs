//! What the host itself costs per iteration: prompts, extraction, comparison, the durable journal
//! and the trajectory; without the time that the model takes, and with programs that are never run.
//!
//! `cargo xtask bench` builds what it needs and runs it.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

use perfagent_agent::files::RunFiles;
use perfagent_agent::{Funds, Services, Task, run};
use perfagent_core::digest::Digest;
use perfagent_core::event::RunEvent;
use perfagent_core::isolation::{Isolation, Strictness};
use perfagent_core::spec::{Acceptance, FORMAT, LoopSpec, ModelSpec, Models, Named, RunSpec};
use perfagent_model::{Client, ClientSettings, Model};
use perfagent_plugin::{Grants, HostOptions, PluginHost};
use perfagent_tests::execution::NoRuns;
use perfagent_tests::program::compiler;
use perfagent_tests::scene::Scene;
use perfagent_tests::server::{Answer, ModelServer};
use serde_json::Map;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ITERATIONS: u32 = 50;
const ROUNDS: usize = 7;

fn spec(digest: Digest, instance: &[u8]) -> RunSpec {
    RunSpec {
        format: FORMAT,
        plugin: Named { name: "effibench".to_owned(), digest },
        instance: Named { name: "pair-sums".to_owned(), digest: Digest::of(instance) },
        task_config: Map::new(),
        model: ModelSpec {
            models: Models::One { name: "any".to_owned() },
            temperature: 0.1,
            max_input_tokens: None,
            max_output_tokens: 4000,
            seed: None,
        },
        prompts: perfagent_core::task::PromptContext::default(),
        iteration: LoopSpec {
            max_iterations: ITERATIONS,
            early_stop_no_improve: 0,
            adopt_only_if_improved: false,
            acceptance: Acceptance::Interval,
            include_all_history: false,
        },
        sandbox: Strictness::Strict,
        grants: Vec::new(),
        initial_code: None,
    }
}

/// One run of all iterations; the host's part of the time, per iteration.
async fn host_cost(server: &ModelServer) -> Duration {
    let directory = tempfile::tempdir().unwrap();
    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let path = perfagent_tests::program::plugin("effibench");
    let plugin = host.load_file(&path, || {}).await.unwrap();
    let data: Arc<[u8]> = std::fs::read(Scene::shipped_instance()).unwrap().into();
    let services = perfagent_plugin::Services {
        execution: Arc::new(NoRuns::Rejected),
        grants: Grants::default(),
        log: Arc::new(|_| {}),
    };
    let mut task = Task::open(&plugin, services, "pair-sums", Arc::clone(&data), &Map::new()).await.unwrap();
    let model = Model::live(Client::new(ClientSettings::new(server.api_base())).unwrap());
    let spec = spec(plugin.digest().clone(), &data);
    let isolation = Isolation { tier: 5, summary: "none: nothing is run".to_owned(), features: Vec::new() };
    let mut model_time = Duration::ZERO;
    let services = Services {
        task: &mut task,
        model: &model,
        isolation: &isolation,
        funds: Funds::default(),
        observer: &mut |record, _| {
            if let RunEvent::ModelReplied { .. } = record.event {
                model_time += Duration::from_nanos(record.took_ns);
            }
        },
    };
    let begun = Instant::now();
    let result = run(&spec, services, &RunFiles::new(directory.path(), "pair-sums")).await.unwrap();
    let total = begun.elapsed();
    assert_eq!(result.total_iterations, ITERATIONS);
    (total - model_time) / ITERATIONS
}

fn main() {
    let reply = |number: usize| Answer::Plain(format!("```python\nprint({number})\n```\n"));
    let server = ModelServer::start((0..ROUNDS * ITERATIONS as usize).map(reply).collect());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut costs: Vec<_> = (0..ROUNDS).map(|_| runtime.block_on(host_cost(&server))).collect();
    costs.sort();
    println!(
        "host cost per iteration  median {:.2} ms, range {:.2} to {:.2} ms  (goal: at most 5 ms)",
        costs[ROUNDS / 2].as_secs_f64() * 1e3,
        costs[0].as_secs_f64() * 1e3,
        costs[ROUNDS - 1].as_secs_f64() * 1e3,
    );
}
