//! What data, instances and runaway guests cost, with guests of its own and the effibench component that
//! `cargo xtask build` leaves. `cargo xtask bench` builds it and runs this.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends at what it did not expect, and prints")]

mod common;
#[path = "../tests/support/mod.rs"]
mod support;

use common::{compiler, median, report};
use perfagent_plugin::{HostOptions, PluginHost, PluginLimits};
use std::path::Path;
use std::time::{Duration, Instant};
use support::guest::{Guest, for_ever};
use support::{host_with, load, services, source};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        measure().await;
        spin().await;
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(beside());
}

/// How long a spinning guest lives beyond its limit.
async fn spin() {
    const LIMIT: Duration = Duration::from_millis(100);
    let host = host_with(PluginLimits { cpu_time: LIMIT, ..PluginLimits::default() }, compiler());
    let plugin = load(&host, Guest::new().with("evaluate", for_ever(""))).await;
    let mut task = plugin.open(services()).await.unwrap().load(source()).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..30 {
        task.summary().await.unwrap();
        let begun = Instant::now();
        assert!(task.evaluate("", None).await.is_err());
        times.push(begun.elapsed().saturating_sub(LIMIT));
    }
    let worst = times.iter().max().unwrap().as_secs_f64() * 1e3;
    report("a spinning guest's life past its limit", median(times).as_secs_f64() * 1e3, "ms", "at most 20 ms");
    println!("{:<44}{worst:>9.3} ms", "  the longest of 30");
}

/// What a run costs beside one that spins, compared with alone.
async fn beside() {
    let host = host_with(PluginLimits { cpu_time: Duration::from_millis(50), ..PluginLimits::default() }, compiler());
    let good = load(&host, Guest::new()).await;
    let work = async || {
        let mut task = good.open(services()).await.unwrap().load(source()).await.unwrap();
        let begun = Instant::now();
        for _ in 0..20_000 {
            task.evaluate("", None).await.unwrap();
        }
        begun.elapsed().as_secs_f64()
    };
    let bad = load(&host, Guest::new().with("evaluate", for_ever(""))).await;
    let mut ratios = Vec::new();
    for _ in 0..7 {
        let alone = work().await;
        let bad = bad.clone();
        let spinning = tokio::spawn(async move {
            let mut task = bad.open(services()).await.unwrap().load(source()).await.unwrap();
            loop {
                assert!(task.evaluate("", None).await.is_err());
            }
        });
        ratios.push(work().await / alone);
        spinning.abort();
    }
    ratios.sort_by(f64::total_cmp);
    report("a run beside a spinning one / alone", ratios[ratios.len() / 2], "×", "none; 1 with a core for each");
}

/// Resident memory of this process, bytes.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

async fn measure() {
    let component = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugins/effibench.wasm");
    if !component.is_file() {
        println!("skipped: {} is missing, `cargo xtask build` makes it", component.display());
        return;
    }
    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let plugin = host.load_file(&component, || {}).await.unwrap();

    let mut session = plugin.open(services()).await.unwrap();
    let data = vec![b'x'; 64 << 20];
    let mut times = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        assert!(session.metadata("x", &data).await.is_err());
        times.push(begun.elapsed());
    }
    drop(session);
    let rate = data.len() as f64 / median(times).as_secs_f64() / 1e9;
    report("data into the guest", rate, "GB/s", "at least 1 GB/s");

    let before = resident();
    let mut alive = Vec::new();
    for _ in 0..100 {
        let mut session = plugin.open(services()).await.unwrap();
        session.describe().await.unwrap();
        alive.push(session);
    }
    let grown = resident().saturating_sub(before) as f64 / 1e6;
    report("memory of 100 live instances", grown, "MB", "at most 20 MB");
}
