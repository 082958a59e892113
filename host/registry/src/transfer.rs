//! Pushing and pulling: plugins, and their signatures beside them.

use crate::client::{Access, Client};
use crate::error::RegistryError;
use crate::lock::Pin;
use crate::manifest::{self, Artifact, Component, Interfaces, ManifestError};
use crate::reference::{ReferenceError, Version};
use crate::signature::{MAX_BYTES, Signature};
use crate::store::Store;
use perfagent_core::digest::Digest;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Body, Method, Request, StatusCode};

/// Most bytes of a manifest, as the distribution specification has it.
pub(crate) const MAX_MANIFEST_BYTES: usize = 4 << 20;

/// Every kind of manifest that there is: of those that are no plugin's the message should say so.
const ANY_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                            application/vnd.docker.distribution.manifest.v2+json, \
                            application/vnd.docker.distribution.manifest.list.v2+json";

/// What was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Digest of the manifest, by which `name@sha256:…` finds it.
    pub manifest: Digest,
    /// Digest of the component.
    pub component: Digest,
}

impl Client {
    /// What the reference means in the registry now.
    ///
    /// # Errors
    /// [`RegistryError`] where the registry does not say, or it is no plugin.
    pub async fn find(&self) -> Result<Component, RegistryError> {
        self.in_all(self.find_version(self.reference.version())).await
    }

    /// What the reference is pinned to, as the registry has it.
    ///
    /// # Errors
    /// As [`Client::find`]; [`RegistryError::Pinned`] where the registry gives something else.
    pub async fn find_pinned(&self, pin: &Pin) -> Result<Component, RegistryError> {
        let version = Version::Digest(pin.manifest.clone());
        let component = self.in_all(self.find_version(&version)).await?;
        component.keeps(pin, &self.reference)?;
        Ok(component)
    }

    async fn find_version(&self, version: &Version) -> Result<Component, RegistryError> {
        let not_found = || RegistryError::NotFound { thing: "plugin", name: self.reference.to_string() };
        let bytes = self.manifest(version).await?.ok_or_else(not_found)?;
        manifest::component_of(&bytes, self.limits.component_bytes).map_err(|error| self.no_plugin(&error))
    }

    fn no_plugin(&self, error: &ManifestError) -> RegistryError {
        RegistryError::NoPlugin { reference: self.reference.to_string(), source: self.said_by(error) }
    }

    /// A manifest's bytes, which are what its digest says; `None` where there is none.
    async fn manifest(&self, version: &Version) -> Result<Option<Vec<u8>>, RegistryError> {
        let url = self.url(&format!("manifests/{version}"))?;
        let request = self.http().get(url).header(ACCEPT, ANY_MANIFEST).build();
        let response = self.get(self.built(request)?).await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            status if !status.is_success() => return Err(self.refused(response, "the request for a manifest").await),
            _ => {}
        }
        let bytes = self.body(response, MAX_MANIFEST_BYTES, "its manifest").await?;
        let found = Digest::of(&bytes);
        match version {
            Version::Digest(expected) if *expected != found => {
                let what = format!("the manifest of {}", self.reference);
                Err(RegistryError::Tampered { what, expected: expected.clone(), found })
            }
            _ => Ok(Some(bytes)),
        }
    }

    /// Brings a component into `store`, with the manifest that promises it. It is there only if all of it came and
    /// has the digest promised.
    ///
    /// # Errors
    /// [`RegistryError`]; then the store is as it was.
    pub async fn download(&self, component: &Component, store: &Store) -> Result<(), RegistryError> {
        self.in_all(async {
            if store.holds(&component.digest) {
                return store.put_promise(component);
            }
            let mut response = self.blob(&component.digest, "component").await?;
            let mut incoming = store.receive(component.size_bytes)?;
            while let Some(piece) = self.piece(&mut response, "more of the component").await? {
                incoming.write(piece.as_ref(), &component.digest)?;
            }
            incoming.finish(&component.digest)?;
            store.put_promise(component)
        })
        .await
    }

    async fn blob(&self, digest: &Digest, thing: &'static str) -> Result<reqwest::Response, RegistryError> {
        let request = self.http().get(self.url(&format!("blobs/{digest}"))?).build();
        let response = self.get(self.built(request)?).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Err(RegistryError::NotFound { thing, name: digest.to_string() }),
            status if status.is_success() => Ok(response),
            _ => Err(self.refused(response, "the request for a blob").await),
        }
    }

    /// The signature that lies beside a component; `None` where there is none. Whether it is right is another
    /// question.
    ///
    /// # Errors
    /// [`RegistryError`] where what lies there cannot be had or is none.
    pub async fn signature(&self, component: &Digest) -> Result<Option<Signature>, RegistryError> {
        self.in_all(async {
            let Some(bytes) = self.manifest(&signature_tag(component)).await? else { return Ok(None) };
            let layer = manifest::signature_of(&bytes, MAX_BYTES).map_err(|error| self.no_plugin(&error))?;
            let response = self.blob(&layer.digest, "signature").await?;
            let limit = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
            let bytes = self.body(response, limit, "its signature").await?;
            let found = Digest::of(&bytes);
            if found != layer.digest {
                let what = format!("the signature of {}", self.reference);
                return Err(RegistryError::Tampered { what, expected: layer.digest, found });
            }
            Signature::from_json(&bytes).map(Some).map_err(|error| {
                let (thing, source) = (self.reference.to_string(), self.said_by(&error));
                RegistryError::Signature { thing, source }
            })
        })
        .await
    }

    /// Pushes a component under the reference's tag.
    ///
    /// # Errors
    /// [`RegistryError::Reference`] where the reference has no tag; whatever the registry refuses.
    pub async fn push(&self, component: Vec<u8>, interfaces: &Interfaces) -> Result<Pushed, RegistryError> {
        if !matches!(self.reference.version(), Version::Tag(_)) {
            let text = self.reference.to_string();
            return Err(RegistryError::Reference { text, source: ReferenceError::NoVersion });
        }
        let artifact = Artifact::of_component(&component, interfaces);
        let pushed = Pushed { manifest: Digest::of(&artifact.manifest), component: Digest::of(&component) };
        self.in_all(self.push_artifact(artifact, component, self.reference.version())).await?;
        Ok(pushed)
    }

    /// Puts a signature beside its component, in place of an older one.
    ///
    /// # Errors
    /// Whatever the registry refuses.
    pub async fn push_signature(&self, signature: &Signature) -> Result<(), RegistryError> {
        let bytes = signature.to_json().into_bytes();
        let artifact = Artifact::of_signature(&bytes);
        self.in_all(self.push_artifact(artifact, bytes, &signature_tag(signature.digest()))).await
    }

    async fn push_artifact(&self, artifact: Artifact, layer: Vec<u8>, version: &Version) -> Result<(), RegistryError> {
        self.push_blob(layer).await?;
        self.push_blob(artifact.config).await?;
        let url = self.url(&format!("manifests/{version}"))?;
        let request = self.http().put(url).header(CONTENT_TYPE, manifest::MANIFEST).body(artifact.manifest).build();
        let response = self.send(self.built(request)?, Access::Push).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.refused(response, "the manifest").await)
    }

    async fn push_blob(&self, bytes: Vec<u8>) -> Result<(), RegistryError> {
        let digest = Digest::of(&bytes);
        let request = self.http().request(Method::HEAD, self.url(&format!("blobs/{digest}"))?).build();
        if self.send(self.built(request)?, Access::Push).await?.status().is_success() {
            return Ok(());
        }
        let request = self.http().post(self.url("blobs/uploads/")?).build();
        let response = self.send(self.built(request)?, Access::Push).await?;
        if response.status() != StatusCode::ACCEPTED {
            return Err(self.refused(response, "an upload").await);
        }
        let mut to = self.location(&response)?;
        if !self.is_own(&to) {
            return Err(self.protocol("it wants uploads to be sent to another host"));
        }
        to.query_pairs_mut().append_pair("digest", &digest.to_string());
        let request = self.http().put(to).header(CONTENT_TYPE, "application/octet-stream").body(Body::from(bytes));
        let response = self.send(self.built(request.build())?, Access::Push).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.refused(response, "an upload").await)
    }

    fn built(&self, request: reqwest::Result<Request>) -> Result<Request, RegistryError> {
        request.map_err(|error| self.protocol(format!("a request cannot be made: {}", error.without_url())))
    }
}

/// Where the signature of a component is. Registries without referrers know tags alone, and cosign has shown the
/// way; here the digest is the component's, so that the same bytes are signed in whatever manifest they come, and
/// cosign's own signatures, which are named by manifests, stay untouched.
fn signature_tag(component: &Digest) -> Version {
    Version::Tag(format!("sha256-{}.sig", component.hex()))
}
