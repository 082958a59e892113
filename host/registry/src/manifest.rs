//! The artifact that a plugin is in a registry, as `wkg` and `oci-wasm` have it: a manifest with one
//! layer, the component, and a configuration that lists what it imports and exports.

use crate::error::RegistryError;
use crate::lock::Pin;
use crate::reference::Reference;
use perfagent_core::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

/// Media type of manifests.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of the list of what a component imports and exports.
const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Media type of components.
const WASM: &str = "application/wasm";
/// Media type of the configuration of what needs none.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Media type of signatures.
const SIGNATURE: &str = "application/vnd.perfagent.signature.v1+json";

/// The time that every artifact bears: the same component always makes the same manifest, so that pushing
/// it again moves no tag and changes no digest.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Why a manifest is none of a plugin. It quotes the registry as it is: what people see of it is [`crate::Said`].
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or lacks something.
    #[error("its manifest cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// It is another artifact.
    #[error(
        "{what} is `{found}` instead of `{expected}`; it was pushed as something else than a WebAssembly component"
    )]
    Kind {
        /// Of what the media type is.
        what: &'static str,
        /// The media type.
        found: String,
        /// What a plugin has.
        expected: &'static str,
    },
    /// It lists images for several machines.
    #[error("it is a list of images; name one of them by its digest")]
    List,
    /// It does not have one layer.
    #[error("it has {0} layers instead of one, the component")]
    Layers(usize),
    /// The layer's digest is none.
    #[error("the digest of its layer is no `sha256:` with 64 hexadecimal digits")]
    Digest,
    /// The layer's size is none.
    #[error("the size of its layer, {0}, is no number of bytes above zero")]
    Size(Number),
    /// The layer is too large.
    #[error("it has {bytes} bytes, more than the {limit} that a plugin may have")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most.
        limit: u64,
    },
}

/// A component as a manifest promises it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Digest of the manifest.
    pub manifest: Digest,
    /// Digest of the component.
    pub digest: Digest,
    /// Its size, bytes.
    pub size_bytes: u64,
    /// The manifest, which proves all of this.
    pub(crate) document: Vec<u8>,
}

impl Component {
    /// Refuses a component that is not the one that `reference` is pinned to.
    pub(crate) fn keeps(&self, pin: &Pin, reference: &Reference) -> Result<(), RegistryError> {
        if self.digest == pin.component {
            return Ok(());
        }
        let (reference, pinned, found) = (reference.to_string(), pin.component.clone(), self.digest.clone());
        Err(RegistryError::Pinned { reference, pinned, found })
    }
}

/// What a component imports and exports, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interfaces {
    /// What it exports.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    media_type: Option<String>,
    #[serde(default)]
    manifests: Option<Value>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: Number,
}

/// The component that the manifest `bytes` promises, of at most `limit` bytes.
///
/// # Errors
/// [`ManifestError`] where it promises anything else.
pub fn component_of(bytes: &[u8], limit: u64) -> Result<Component, ManifestError> {
    only_layer(bytes, WASM_CONFIG, WASM, limit)
}

/// The signature that the manifest `bytes` promises.
pub(crate) fn signature_of(bytes: &[u8], limit: u64) -> Result<Component, ManifestError> {
    only_layer(bytes, EMPTY, SIGNATURE, limit)
}

fn only_layer(bytes: &[u8], config: &'static str, kind: &'static str, limit: u64) -> Result<Component, ManifestError> {
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(ManifestError::Malformed)?;
    if manifest.manifests.is_some() {
        return Err(ManifestError::List);
    }
    if let Some(found) = manifest.media_type {
        expect("the manifest's type", found, MANIFEST)?;
    }
    let found = manifest.config.map(|config| config.media_type).unwrap_or_default();
    expect("its configuration's type", found, config)?;
    let count = manifest.layers.len();
    let Ok([layer]) = <[Descriptor; 1]>::try_from(manifest.layers) else { return Err(ManifestError::Layers(count)) };
    expect("its layer's type", layer.media_type, kind)?;
    let digest = Digest::parse(&layer.digest).ok_or(ManifestError::Digest)?;
    match layer.size.as_u64() {
        None | Some(0) => Err(ManifestError::Size(layer.size)),
        Some(bytes) if bytes > limit => Err(ManifestError::TooLarge { bytes, limit }),
        Some(size_bytes) => Ok(Component { manifest: Digest::of(bytes), digest, size_bytes, document: bytes.to_vec() }),
    }
}

fn expect(what: &'static str, found: String, expected: &'static str) -> Result<(), ManifestError> {
    if found == expected { Ok(()) } else { Err(ManifestError::Kind { what, found, expected }) }
}

/// An artifact to be pushed: its blobs, and the manifest that names them.
pub(crate) struct Artifact {
    /// The configuration.
    pub(crate) config: Vec<u8>,
    /// The manifest.
    pub(crate) manifest: Vec<u8>,
}

impl Artifact {
    /// The artifact of a component.
    pub(crate) fn of_component(component: &[u8], interfaces: &Interfaces) -> Self {
        let digest = Digest::of(component);
        let config = json!({
            "created": CREATED,
            "author": null,
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [digest],
            "component": {"exports": interfaces.exports, "imports": interfaces.imports, "target": null},
        });
        let config = config.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(WASM_CONFIG, &config),
            "layers": [descriptor(WASM, component)],
        });
        Self { config, manifest: manifest.to_string().into_bytes() }
    }

    /// The artifact of a signature.
    pub(crate) fn of_signature(signature: &[u8]) -> Self {
        let config = b"{}".to_vec();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": SIGNATURE,
            "config": descriptor(EMPTY, &config),
            "layers": [descriptor(SIGNATURE, signature)],
        });
        Self { config, manifest: manifest.to_string().into_bytes() }
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: u64 = 1000;

    /// A manifest after `change`, and what is said of it.
    fn said(change: impl FnOnce(&mut Value)) -> String {
        let artifact = Artifact::of_component(b"component", &Interfaces::default());
        let mut manifest: Value = serde_json::from_slice(&artifact.manifest).unwrap();
        change(&mut manifest);
        match component_of(manifest.to_string().as_bytes(), LIMIT) {
            Ok(component) => format!("{} bytes", component.size_bytes),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_component_comes_back_as_it_was_pushed() {
        let artifact = Artifact::of_component(b"component", &Interfaces::default());
        let component = component_of(&artifact.manifest, LIMIT).unwrap();
        assert_eq!(component.digest, Digest::of(b"component"));
        assert_eq!(component.manifest, Digest::of(&artifact.manifest));
        assert_eq!(said(|_| {}), "9 bytes");
        assert_eq!(said(|it| it["mediaType"] = Value::Null), "9 bytes");
        let signature = Artifact::of_signature(b"signature");
        assert_eq!(signature_of(&signature.manifest, LIMIT).unwrap().digest, Digest::of(b"signature"));
        assert!(component_of(&signature.manifest, LIMIT).is_err());
    }

    #[test]
    fn the_layout_is_that_of_wkg() {
        let interfaces = Interfaces { exports: vec!["a:b/c@1.0.0".to_owned()], imports: vec!["d:e/f".to_owned()] };
        let artifact = Artifact::of_component(b"\0asm", &interfaces);
        let config: Value = serde_json::from_slice(&artifact.config).unwrap();
        let digest = Digest::of(b"\0asm");
        let expected = json!({
            "created": "1970-01-01T00:00:00Z", "author": null, "architecture": "wasm", "os": "wasip2",
            "layerDigests": [digest],
            "component": {"exports": ["a:b/c@1.0.0"], "imports": ["d:e/f"], "target": null},
        });
        assert_eq!(config, expected);
        let manifest: Value = serde_json::from_slice(&artifact.manifest).unwrap();
        let expected = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.wasm.config.v0+json",
                "digest": Digest::of(&artifact.config), "size": artifact.config.len(),
            },
            "layers": [{"mediaType": "application/wasm", "digest": digest, "size": 4}],
        });
        assert_eq!(manifest, expected);
    }

    #[test]
    fn whatever_is_no_component_is_refused_with_its_reason() {
        let layer = |key: &'static str, value: Value| move |it: &mut Value| it["layers"][0][key] = value;
        for size in [json!(0), json!(-1), json!(1.5), json!(1e300)] {
            let text = said(layer("size", size.clone()));
            assert!(text.contains("no number of bytes above zero"), "{size}: {text}");
        }
        assert!(said(layer("size", json!(1001))).contains("more than the 1000"));
        assert!(said(layer("size", json!(u64::MAX))).contains("more than the 1000"));
        assert!(said(layer("size", json!("9"))).contains("cannot be read"));
        assert!(said(layer("digest", json!("sha256:../../etc/passwd"))).contains("digest of its layer"));
        assert!(said(layer("digest", json!("sha512:00"))).contains("digest of its layer"));
        assert!(said(layer("mediaType", json!("application/gzip"))).contains("`application/gzip`"));
        assert!(said(|it| it["layers"] = json!([])).contains("0 layers"));
        let twice = |it: &mut Value| it["layers"] = json!([it["layers"][0], it["layers"][0]]);
        assert!(said(twice).contains("2 layers"));
        let image = json!("application/vnd.docker.container.image.v1+json");
        assert!(said(|it| it["config"]["mediaType"] = image).contains("docker.container.image"));
        assert!(said(|it| it["manifests"] = json!([])).contains("list of images"));
        assert!(said(|it| it["config"] = Value::Null).contains("configuration's type"));
        assert!(component_of(b"<html>", LIMIT).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(component_of(&bytes, LIMIT).is_err());
        }

        #[test]
        fn any_values_are_read_or_refused(size in any::<i64>(), digest in "(sha256:)?[a-f0-9./]{0,70}", count in 0_usize..3) {
            let text = said(|it| {
                it["layers"][0]["size"] = json!(size);
                it["layers"][0]["digest"] = json!(digest);
                it["layers"] = Value::Array(vec![it["layers"][0].clone(); count]);
            });
            let right = count == 1 && (1..=1000).contains(&size) && Digest::parse(&digest).is_some();
            prop_assert_eq!(text.ends_with(" bytes"), right, "{}", text);
        }
    }
}
