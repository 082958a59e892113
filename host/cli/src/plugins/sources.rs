//! Where plugins come from: the built-in ones, files, the store of this user, registries.

use super::{Shelves, Wanted, unknown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use perfagent_core::digest::Digest;
use perfagent_registry::{
    Client, ClientOptions, Component, DockerConfig, Limits, LockFile, Pin, Reference, RegistryError, Signature, Store,
    Url,
};
use std::path::PathBuf;

/// Where plugins come from.
pub(crate) struct Sources {
    /// The built-in ones.
    pub(crate) shelves: Shelves,
    /// Those that were installed or pulled; `None`: this user has no home.
    pub(crate) store: Option<Store>,
    /// Which bytes references mean here.
    pub(crate) lock: LockFile,
    /// Docker's configuration, with the passwords of registries.
    pub(crate) docker_config: Option<PathBuf>,
}

/// A component and how it was named.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its file.
    pub(crate) path: PathBuf,
    /// What runs call it.
    pub(crate) name: String,
    /// What messages call it.
    pub(crate) title: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It ships with the program.
    BuiltIn,
    /// A file of the user's.
    File,
    /// The store, under this digest.
    Installed(Digest),
    /// A registry, and now the store, under this digest.
    Registry(Reference, Digest),
}

impl Found {
    /// The digest that its bytes must have.
    pub(crate) fn expected(&self) -> Option<&Digest> {
        match &self.origin {
            Origin::Installed(digest) | Origin::Registry(_, digest) => Some(digest),
            Origin::BuiltIn | Origin::File => None,
        }
    }

    /// Refuses bytes of another digest than the store should have.
    pub(crate) fn check(&self, digest: &Digest) -> Result<(), Failure> {
        if self.expected().is_none_or(|expected| expected == digest) {
            return Ok(());
        }
        let message = format!(
            "{}: {} was changed since it was stored; remove that file and try again, or install the plugin again",
            self.title,
            self.path.display()
        );
        Err(Failure::new(Exit::Plugin, message))
    }

    /// Its bytes, which are those that they should be.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let bytes = crate::opening::read(&self.path, "plugin")?;
        self.check(&Digest::of(&bytes))?;
        Ok(bytes)
    }
}

impl Sources {
    /// The component that `wanted` means; it is fetched where it comes from a registry and is not here yet.
    pub(crate) async fn find(&self, wanted: &str) -> Result<Found, Failure> {
        match Wanted::read(wanted)? {
            Wanted::File(path) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                Ok(Found { title: path.display().to_string(), path, name, origin: Origin::File })
            }
            Wanted::BuiltIn(name) => {
                let path = self.shelves.find(name)?;
                Ok(Found { title: path.display().to_string(), path, name: name.to_owned(), origin: Origin::BuiltIn })
            }
            Wanted::Reference(reference) => self.pinned(reference).await,
            Wanted::Installed { name, version } => self.installed(wanted, &name, version.as_deref()),
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> Result<&Store, Failure> {
        self.store.as_ref().ok_or_else(|| {
            let message = "there is no place for plugins: neither XDG_DATA_HOME nor HOME names a directory";
            Failure::new(Exit::Files, message)
        })
    }

    /// A client for the registry of `reference`.
    pub(crate) fn client(&self, reference: &Reference) -> Result<Client, RegistryError> {
        let docker = self.docker_config.as_deref().map(DockerConfig::read).transpose()?.unwrap_or_default();
        let tls = |url: &Url| perfagent_model::tls(url).map_err(Into::into);
        Client::new(reference, ClientOptions { tls, docker, limits: Limits::default() })
    }

    /// What a reference means here: what it was pinned to, or what it means in the registry now, and from now on.
    async fn pinned(&self, reference: Reference) -> Result<Found, Failure> {
        let store = self.store()?;
        let known = self.lock.read()?.remove(&reference);
        let pin = match known {
            Some(pin) => pin,
            None => {
                let client = self.client(&reference)?;
                let component = client.find().await?;
                self.fetch(&client, &component).await?;
                let pin = Pin { manifest: component.manifest, component: component.digest };
                let pinned = self.lock.pin(&reference, &pin)?;
                note(&format!(
                    "note: {reference} is {} from now on, says {}",
                    pinned.component,
                    self.lock.path().display()
                ));
                pinned
            }
        };
        if !store.proves(&pin, &reference)? {
            let client = self.client(&reference)?;
            let component = client.find_pinned(&pin).await?;
            self.fetch(&client, &component).await?;
        }
        self.remember(&reference, &pin.component)?;
        Ok(self.kept(store, reference, pin.component))
    }

    /// A component in the store that came from a registry.
    pub(crate) fn kept(&self, store: &Store, reference: Reference, digest: Digest) -> Found {
        Found {
            path: store.path(&digest),
            name: reference.short_name().to_owned(),
            title: reference.to_string(),
            origin: Origin::Registry(reference, digest),
        }
    }

    /// Brings a component into the store, and its signature where it has a right one.
    pub(crate) async fn fetch(&self, client: &Client, component: &Component) -> Result<(), Failure> {
        let store = self.store()?;
        client.download(component, store).await?;
        if let Some(signature) = client.signature(&component.digest).await.ok().flatten()
            && signature.verify(&component.digest).is_ok()
        {
            store.put_signature(&signature)?;
        }
        Ok(())
    }

    /// Remembers in the store which reference a component came with.
    pub(crate) fn remember(&self, reference: &Reference, digest: &Digest) -> Result<(), Failure> {
        let store = self.store()?;
        let reference = reference.to_string();
        if store.index()?.pulled().get(digest).is_some_and(|all| all.contains(&reference)) {
            return Ok(());
        }
        Ok(store.update(|index| {
            index.pull(reference, digest.clone());
            Ok(())
        })?)
    }

    fn installed(&self, wanted: &str, name: &str, version: Option<&str>) -> Result<Found, Failure> {
        let store = self.store.as_ref();
        let index = store.map(Store::index).transpose()?.unwrap_or_default();
        let versions: Vec<_> = index.installed().iter().filter(|it| it.name == name).collect();
        let parsed = version.map(|version| perfagent_registry::check_name(name, version)).transpose();
        // What is no version at all is none that is installed.
        let found = parsed.ok().and_then(|version| index.find(name, version.as_ref()));
        if let (Some(found), Some(store)) = (found, store) {
            return Ok(Found {
                path: store.path(&found.digest),
                name: found.name.clone(),
                title: format!("{}@{}", found.name, found.version),
                origin: Origin::Installed(found.digest.clone()),
            });
        }
        if versions.is_empty() {
            let names = index.installed().iter().map(|it| it.name.as_str());
            return Err(Failure::new(Exit::Usage, unknown(wanted, name, names)));
        }
        let versions: Vec<_> = versions.iter().map(|it| it.version.to_string()).collect();
        let message = format!("there is no `{wanted}`; of `{name}` the versions {} are installed", versions.join(", "));
        Err(Failure::new(Exit::Usage, message))
    }

    /// The signature of a component, from where signatures of its kind are; `None` where there is none. The one that
    /// is kept of what came from a registry is taken if it is `enough`; else the registry may have another since.
    pub(crate) async fn signature(
        &self,
        found: &Found,
        digest: &Digest,
        enough: impl Fn(&Signature) -> bool,
    ) -> Result<Option<Signature>, RegistryError> {
        let stored = || self.store.as_ref().map_or(Ok(None), |store| store.signature(digest));
        let Origin::Registry(reference, _) = &found.origin else {
            return match &found.origin {
                Origin::BuiltIn | Origin::File => Signature::beside(&found.path),
                Origin::Installed(_) | Origin::Registry(..) => stored(),
            };
        };
        let kept = stored()?;
        if kept.as_ref().is_some_and(enough) {
            return Ok(kept);
        }
        match self.newer_signature(reference, digest).await {
            Ok(None) => Ok(kept),
            // What is kept says more than that the registry is out of reach.
            Err(_) if kept.is_some() => Ok(kept),
            newer => newer,
        }
    }

    async fn newer_signature(
        &self,
        reference: &Reference,
        digest: &Digest,
    ) -> Result<Option<Signature>, RegistryError> {
        let signature = self.client(reference)?.signature(digest).await?;
        if let (Some(signature), Some(store)) = (&signature, &self.store)
            && signature.verify(digest).is_ok()
        {
            store.put_signature(signature)?;
        }
        Ok(signature)
    }
}
