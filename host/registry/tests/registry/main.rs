//! Registries that lie, hang, break off and lead astray, each as a server on this machine.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod credentials;
mod faults;
mod server;

use perfagent_core::digest::Digest;
use perfagent_registry::{Client, ClientOptions, DockerConfig, Limits, Reference, RegistryError, Store};
use serde_json::{Value, json};
use server::{Answer, Registry};
use std::time::Duration;

/// What stands for a component here: only bytes count.
pub(crate) const COMPONENT: &[u8] = b"\0asm component";

/// A registry takes no longer in these tests.
pub(crate) const LIMITS: Limits = Limits {
    connect: Duration::from_millis(500),
    silence: Duration::from_millis(300),
    total: Duration::from_secs(2),
    component_bytes: 1000,
};

pub(crate) fn client(reference: &Reference, docker: &str) -> Client {
    let tls = |_: &perfagent_registry::Url| {
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
    };
    let docker = DockerConfig::parse(docker.as_bytes()).unwrap();
    Client::new(reference, ClientOptions { tls, docker, limits: LIMITS }).unwrap()
}

/// The manifest of [`COMPONENT`].
pub(crate) fn manifest() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": Digest::of(b"{}"), "size": 2},
        "layers": [{
            "mediaType": "application/wasm", "digest": Digest::of(COMPONENT), "size": COMPONENT.len(),
        }],
    })
}

/// What came of looking for `plugin:1` and bringing it into a store, which holds nothing wrong then.
pub(crate) async fn pull(registry: &Registry) -> Result<(), RegistryError> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("store"), |_| {});
    let client = client(&registry.reference("plugin:1"), "{}");
    let pulled = async {
        let component = client.find().await?;
        client.download(&component, &store).await?;
        Ok(component.digest)
    };
    let pulled: Result<Digest, RegistryError> = pulled.await;
    let blobs = folder.path().join("store/blobs");
    let files = if blobs.exists() { std::fs::read_dir(&blobs).unwrap().count() } else { 0 };
    match pulled {
        Ok(digest) => {
            assert_eq!(std::fs::read(store.path(&digest)).unwrap(), COMPONENT);
            Ok(())
        }
        Err(error) => {
            assert_eq!(files, 0, "nothing is left of {error}");
            Err(error)
        }
    }
}

/// Gives `manifest` for every manifest and `blob` for every blob.
pub(crate) async fn registry(manifest: impl Fn() -> Answer + Send + Sync + 'static, blob: Answer) -> Registry {
    Registry::start(move |request| match request.path.as_str() {
        path if path.contains("/manifests/") => manifest(),
        path if path.contains("/blobs/") => blob.clone(),
        _ => Answer::status(404),
    })
    .await
}
