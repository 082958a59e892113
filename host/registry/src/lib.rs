//! Where plugins come from: OCI registries, what pins and signs their bytes, and the local store.
//!
//! A [`Reference`] names a plugin in a registry; a [`Client`] finds out which bytes that means and
//! brings them into a [`Store`], checked while they stream; a [`LockFile`] keeps a reference at the
//! same bytes from then on; a [`Signature`] says whose they are.
//!
//! The distribution protocol is spoken directly. The crates `oci-client` and `oci-wasm` would bring second
//! versions of the hash, base64 and WIT crates and a chain of builders and macros into the tree, and they read
//! manifests and error texts of any length, which a registry of strangers must not be trusted with. The layout
//! of the artifacts is theirs (and that of `wkg`), so either side reads what the other wrote.

mod auth;
mod client;
mod credentials;
mod error;
mod files;
mod index;
mod keys;
mod lock;
mod manifest;
mod reference;
mod said;
mod signature;
mod store;
mod transfer;

pub use client::{Client, ClientOptions, Limits, Tls};
pub use credentials::{Credentials, DockerConfig};
pub use error::RegistryError;
pub use files::Waiting;
pub use index::{Index, Installed, check_name};
pub use keys::{KeyError, PrivateKey, PublicKey};
pub use lock::{LockFile, Pin, Pins};
pub use manifest::{Component, Interfaces, ManifestError, component_of};
pub use reference::{Reference, ReferenceError, Version};
pub use reqwest::Url;
pub use said::Said;
pub use signature::{Signature, SignatureError};
pub use store::Store;
pub use transfer::Pushed;
