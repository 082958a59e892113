//! What a registry may give instead of a plugin. Each is told, and nothing of it stays.

use super::{COMPONENT, client, manifest, pull, registry};
use crate::server::{Answer, Registry};
use perfagent_core::digest::Digest;
use perfagent_registry::{Pin, PrivateKey, RegistryError, Signature, Store};
use serde_json::{Value, json};

fn given(change: impl FnOnce(&mut Value)) -> impl Fn() -> Answer + Send + Sync + 'static {
    let mut document = manifest();
    change(&mut document);
    move || Answer::ok(document.to_string())
}

fn right() -> impl Fn() -> Answer + Send + Sync + 'static {
    given(|_| {})
}

/// What is said of a registry with this manifest and this blob.
async fn said(manifest: impl Fn() -> Answer + Send + Sync + 'static, blob: Answer) -> RegistryError {
    pull(&registry(manifest, blob).await).await.unwrap_err()
}

#[tokio::test]
async fn a_right_one_is_taken() {
    pull(&registry(right(), Answer::ok(COMPONENT)).await).await.unwrap();
}

#[tokio::test]
async fn a_tampered_layer_is_refused() {
    let mut tampered = COMPONENT.to_vec();
    tampered[3] ^= 1;
    let error = said(right(), Answer::ok(tampered.clone())).await;
    let RegistryError::Tampered { expected, found, .. } = &error else { unreachable!("{error}") };
    assert_eq!((expected, found), (&Digest::of(COMPONENT), &Digest::of(&tampered)));
}

#[tokio::test]
async fn layers_that_are_too_short_or_too_long_are_refused() {
    let error = said(right(), Answer::ok(&COMPONENT[..5])).await;
    assert!(matches!(error, RegistryError::Length { problem: "shorter", .. }), "{error}");
    let error = said(right(), Answer::ok([COMPONENT, b"!"].concat())).await;
    assert!(matches!(error, RegistryError::Length { problem: "longer", .. }), "{error}");
    let error = said(right(), Answer::endless(COMPONENT)).await;
    assert!(matches!(error, RegistryError::Length { problem: "longer", .. }), "{error}");
}

#[tokio::test]
async fn a_layer_that_is_too_large_is_not_even_asked_for() {
    for size in [json!(1001), json!(u64::MAX), json!(0), json!(-1)] {
        let registry = registry(given(|it| it["layers"][0]["size"] = size.clone()), Answer::endless("x")).await;
        let error = pull(&registry).await.unwrap_err();
        assert!(matches!(error, RegistryError::NoPlugin { .. }), "{size}: {error}");
        assert_eq!(registry.asked().len(), 1, "{size}");
    }
}

/// What makes another manifest of a right one.
type Change = fn(&mut Value);

#[tokio::test]
async fn other_artifacts_are_refused() {
    let changes: [(&str, Change); 6] = [
        ("2 layers", |it| it["layers"] = json!([it["layers"][0], it["layers"][0]])),
        ("0 layers", |it| it["layers"] = json!([])),
        ("tar+gzip", |it| it["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip")),
        ("image.config", |it| it["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json")),
        ("list of images", |it| it["manifests"] = json!([])),
        ("digest of its layer", |it| it["layers"][0]["digest"] = json!("sha256:../../../etc/passwd")),
    ];
    for (part, change) in changes {
        let error = said(given(change), Answer::ok(COMPONENT)).await;
        let RegistryError::NoPlugin { source, .. } = &error else { unreachable!("{error}") };
        assert!(source.to_string().contains(part), "{part}: {source}");
    }
    for bytes in [&b""[..], b"<html>sign in</html>", b"[]", b"\xff\xfe"] {
        let error = said(move || Answer::ok(bytes), Answer::ok(COMPONENT)).await;
        assert!(matches!(error, RegistryError::NoPlugin { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_manifest_of_another_digest_is_refused() {
    let registry = registry(right(), Answer::ok(COMPONENT)).await;
    let other = Digest::of(b"another");
    let reference = registry.reference(&format!("plugin@{other}"));
    let error = client(&reference, "{}").find().await.unwrap_err();
    assert!(matches!(&error, RegistryError::Tampered { expected, .. } if *expected == other), "{error}");
    let own = Digest::of(manifest().to_string().as_bytes());
    let reference = registry.reference(&format!("plugin@{own}"));
    assert_eq!(client(&reference, "{}").find().await.unwrap().digest, Digest::of(COMPONENT));
}

#[tokio::test]
async fn a_pin_that_does_not_fit_is_refused() {
    let registry = registry(right(), Answer::ok(COMPONENT)).await;
    let client = client(&registry.reference("plugin:1"), "{}");
    let manifest = Digest::of(manifest().to_string().as_bytes());
    let right = Pin { manifest: manifest.clone(), component: Digest::of(COMPONENT) };
    assert_eq!(client.find_pinned(&right).await.unwrap().digest, right.component);
    let pin = Pin { manifest, component: Digest::of(b"another") };
    let error = client.find_pinned(&pin).await.unwrap_err();
    assert!(matches!(error, RegistryError::Pinned { .. }), "{error}");
    let pin = Pin { manifest: Digest::of(b"another"), component: Digest::of(COMPONENT) };
    let error = client.find_pinned(&pin).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tampered { .. }), "{error}");
}

#[tokio::test]
async fn what_is_gone_is_told_as_gone() {
    let error = said(|| Answer::status(404), Answer::ok(COMPONENT)).await;
    assert!(matches!(error, RegistryError::NotFound { thing: "plugin", .. }), "{error}");
    let error = said(right(), Answer::status(404)).await;
    assert!(matches!(error, RegistryError::NotFound { thing: "component", .. }), "{error}");
    let broken = || Answer::status(507).body(r#"{"errors": [{"message": "disk \u001b[31mfull"}]}"#);
    let error = said(broken, Answer::ok(COMPONENT)).await;
    assert!(error.to_string().contains("answered 507 to the request for a manifest: disk [31mfull"), "{error}");
}

#[tokio::test]
async fn a_registry_that_hangs_is_given_up() {
    let error = said(|| Answer::silent("{"), Answer::ok(COMPONENT)).await;
    assert!(matches!(error, RegistryError::Silent { awaited: "its manifest", .. }), "{error}");
    let error = said(right(), Answer::silent(&COMPONENT[..4])).await;
    assert!(matches!(error, RegistryError::Silent { awaited: "more of the component", .. }), "{error}");
    let error = said(|| Answer::drip(" "), Answer::ok(COMPONENT)).await;
    assert!(matches!(error, RegistryError::Silent { awaited: "being done", .. }), "{error}");
    // A registry that accepts and says nothing at all.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let reference = format!("{}/plugin:1", listener.local_addr().unwrap()).parse().unwrap();
    let error = client(&reference, "{}").find().await.unwrap_err();
    assert!(matches!(error, RegistryError::Silent { awaited: "an answer", .. }), "{error}");
    drop(listener);
    let error = client(&reference, "{}").find().await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_endless_manifest_is_refused() {
    let error = said(|| Answer::endless(vec![b' '; 1 << 16]), Answer::ok(COMPONENT)).await;
    assert!(error.to_string().contains("its manifest has more than"), "{error}");
}

#[tokio::test]
async fn bytes_count_as_they_come() {
    // Were it unpacked, this would be an error of another kind.
    pull(&registry(right(), Answer::ok(COMPONENT).header("content-encoding", "gzip")).await).await.unwrap();
}

#[tokio::test]
async fn a_signature_of_another_component_or_of_no_sense_is_told() {
    let key = PrivateKey::from_pem(&PrivateKey::generate().unwrap()).unwrap();
    let component = Digest::of(COMPONENT);
    let artifact = |signature: &[u8]| {
        json!({
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::of(b"{}"), "size": 2},
            "layers": [{
                "mediaType": "application/vnd.perfagent.signature.v1+json",
                "digest": Digest::of(signature), "size": signature.len(),
            }],
        })
    };
    let found = async |promised: Vec<u8>, given: Vec<u8>| {
        let manifest = artifact(&promised).to_string();
        let registry = registry(move || Answer::ok(manifest.clone()), Answer::ok(given)).await;
        client(&registry.reference("plugin:1"), "{}").signature(&component).await
    };
    let text = Signature::new(&key, &component).to_json().into_bytes();
    let signature = found(text.clone(), text.clone()).await.unwrap().unwrap();
    assert_eq!(signature.verify(&component).unwrap(), key.public());
    let error = found(text.clone(), b"{}".to_vec()).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tampered { .. }), "{error}");
    let error = found(b"{}".to_vec(), b"{}".to_vec()).await.unwrap_err();
    assert!(matches!(error, RegistryError::Signature { .. }), "{error}");
    let long = vec![b' '; 5000];
    let error = found(long.clone(), long).await.unwrap_err();
    assert!(matches!(error, RegistryError::NoPlugin { .. }), "{error}");
    let error = found(text, vec![b' '; 5000]).await.unwrap_err();
    assert!(error.to_string().contains("its signature has more than"), "{error}");
    let absent = Registry::start(|_| Answer::status(404)).await;
    assert_eq!(client(&absent.reference("plugin:1"), "{}").signature(&component).await.unwrap(), None);
}

#[tokio::test]
async fn several_at_once_end_with_one_whole_component() {
    let registry = registry(right(), Answer::ok(COMPONENT)).await;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("store"), |_| {});
    let pull = async || {
        let client = client(&registry.reference("plugin:1"), "{}");
        let component = client.find().await.unwrap();
        client.download(&component, &store).await.unwrap();
    };
    tokio::join!(pull(), pull(), pull(), pull());
    let files: Vec<_> = std::fs::read_dir(folder.path().join("store/blobs")).unwrap().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(store.path(&Digest::of(COMPONENT))).unwrap(), COMPONENT);
}
