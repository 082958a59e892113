//! The plugin host's limits and its cache, with the component that ships.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use async_trait::async_trait;
use perfagent_core::execution::{CompileError, CompileRequest, Failure, Round, RunOptions, RunReport, RunRequest};
use perfagent_plugin::{
    Execution, Grants, HostOptions, InstanceSource, Plugin, PluginError, PluginHost, PluginLimits, ProgramId, Services,
    Violation,
};
use perfagent_tests::program::{compiler, plugin};
use perfagent_tests::scene::Scene;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// Never answers.
struct Silent;

#[async_trait]
impl Execution for Silent {
    async fn compile(&self, _: CompileRequest) -> Result<ProgramId, CompileError> {
        std::future::pending().await
    }

    async fn run(&self, _: ProgramId, _: Vec<RunRequest>, _: RunOptions) -> Result<Vec<RunReport>, Failure> {
        std::future::pending().await
    }

    async fn compare(
        &self,
        _: ProgramId,
        _: ProgramId,
        _: Vec<RunRequest>,
        _: u32,
        _: RunOptions,
    ) -> Result<Vec<Round>, Failure> {
        std::future::pending().await
    }

    fn release(&self, _: ProgramId) {}
}

fn services() -> Services {
    Services { execution: Arc::new(Silent), grants: Grants::default(), log: Arc::new(|_| {}) }
}

async fn load(limits: PluginLimits) -> Plugin {
    let host = PluginHost::new(HostOptions { limits, ..HostOptions::new(compiler()) }).unwrap();
    host.load_file(&plugin("effibench"), || {}).await.unwrap()
}

/// The shipped instance with a problem of `bytes` bytes more.
fn instance(bytes: usize) -> Vec<u8> {
    let mut instance: serde_json::Value =
        serde_json::from_slice(&fs::read(Scene::shipped_instance()).unwrap()).unwrap();
    instance["description_md"] = "x".repeat(bytes).into();
    instance["description"] = instance["description_md"].clone();
    instance.to_string().into_bytes()
}

#[tokio::test]
async fn memory() {
    let plugin = load(PluginLimits { memory_bytes: 64 << 10, ..PluginLimits::default() }).await;
    let error = plugin.open(services()).await.err().unwrap();
    assert!(matches!(error, PluginError::MemoryLimit { limit_bytes: 65_536, .. }), "{error}");
}

#[tokio::test]
async fn processor_time_and_the_next_call_after_it() {
    let plugin = load(PluginLimits { cpu_time: Duration::from_micros(1), ..PluginLimits::default() }).await;
    let mut session = plugin.open(services()).await.unwrap();
    let error = session.metadata("x", &instance(60 << 20)).await.unwrap_err();
    assert!(matches!(error, PluginError::CpuLimit { export: "metadata", .. }), "{error}");
    let metadata = session.metadata("pair-sums", &fs::read(Scene::shipped_instance()).unwrap()).await.unwrap();
    assert_eq!(metadata.id, "pair-sums", "a new store serves the next call");
}

#[tokio::test]
async fn bytes_handed_to_the_host() {
    let plugin = load(PluginLimits { transfer_bytes: 64 << 10, ..PluginLimits::default() }).await;
    let mut session = plugin.open(services()).await.unwrap();
    let error = session.metadata("x", &instance(1 << 20)).await.unwrap_err();
    assert!(matches!(error, PluginError::TransferLimit { limit_bytes: 65_536, .. }), "{error}");
}

#[tokio::test]
async fn sizes_of_what_is_returned() {
    let plugin = load(PluginLimits { text_bytes: 1 << 20, ..PluginLimits::default() }).await;
    let mut session = plugin.open(services()).await.unwrap();
    let error = session.metadata("x", &instance(2 << 20)).await.unwrap_err();
    let too_large = matches!(error, PluginError::BrokenPromise { violation: Violation::TooLarge { .. }, .. });
    assert!(too_large, "{error}");
}

#[tokio::test]
async fn wall_time_while_the_host_works_and_the_instance_after_it() {
    let plugin = load(PluginLimits { wall_time: Duration::from_millis(200), ..PluginLimits::default() }).await;
    let source = InstanceSource {
        name: "pair-sums".to_owned(),
        data: fs::read(Scene::shipped_instance()).unwrap().into(),
        config: "{}".to_owned(),
    };
    let mut instance = plugin.open(services()).await.unwrap().load(source).await.unwrap();
    let error = instance.evaluate("print(1)", None).await.unwrap_err();
    assert!(matches!(error, PluginError::WallLimit { export: "evaluate", .. }), "{error}");
    assert_eq!(instance.summary().await.unwrap().language.as_deref(), Some("python3"), "it was read again");
}

#[tokio::test]
async fn damaged_files_are_refused_and_harm_nobody() {
    let host = PluginHost::new(HostOptions::new(compiler())).unwrap();
    let whole = fs::read(plugin("effibench")).unwrap();
    let cut = host.load(&whole[..whole.len() / 2], || {}).await.err().unwrap();
    assert!(matches!(cut, PluginError::Truncated { .. } | PluginError::Compile { .. }), "{cut}");
    for position in (8..whole.len()).step_by(whole.len() / 40) {
        let mut flipped = whole.clone();
        flipped[position] ^= 0x10;
        // Some flips fall into texts and names: those load, the others are refused; none harms the host.
        let _ = host.load(&flipped, || {}).await;
    }
    host.load(&whole, || {}).await.unwrap();
}

#[tokio::test]
async fn a_forged_cache_entry_is_not_believed() {
    let directory = tempfile::tempdir().unwrap();
    let cache_dir = directory.path().join("cache");
    let load = || async {
        let host = PluginHost::new(HostOptions { cache_dir: Some(cache_dir.clone()), ..HostOptions::new(compiler()) })
            .unwrap();
        assert!(host.notes().is_empty(), "{:?}", host.notes());
        host.load_file(&plugin("effibench"), || {}).await.unwrap()
    };
    load().await;
    let entry = fs::read_dir(&cache_dir)
        .unwrap()
        .flatten()
        .find(|entry| entry.path().extension().is_some_and(|it| it == "cwasm"));
    let entry = entry.unwrap().path();
    let original = fs::read(&entry).unwrap();
    let mut forged = original.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    fs::write(&entry, forged).unwrap();
    let plugin = load().await;
    plugin.open(services()).await.unwrap().describe().await.unwrap();
    assert_eq!(fs::read(&entry).unwrap(), original, "it was compiled anew");
}

#[tokio::test]
async fn a_cache_that_others_can_read_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/tmp", directory.path().join("link")).unwrap();
    let options = HostOptions { cache_dir: Some(directory.path().join("link")), ..HostOptions::new(compiler()) };
    let host = PluginHost::new(options).unwrap();
    assert!(host.notes()[0].contains("not kept"), "{:?}", host.notes());
}
