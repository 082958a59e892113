//! `perfagent plugin keygen`, `sign` and `verify`.

use crate::args::{KeygenArgs, SignArgs, VerifyArgs};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::read_text;
use crate::output::print;
use crate::plugins::{Origin, Trust};
use crate::surroundings::{Surroundings, variable};
use perfagent_core::digest::Digest;
use perfagent_registry::{KeyError, PrivateKey, RegistryError, Signature};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

/// Makes a private key in a new file that only this user reads, and prints its public half.
pub(crate) fn keygen(args: &KeygenArgs) -> Result<Exit, Failure> {
    let path = &args.file;
    let key = |source: KeyError| RegistryError::Key { path: path.clone(), source };
    let text = PrivateKey::generate().map_err(key)?;
    let public = PrivateKey::from_pem(&text).map_err(key)?.public();
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()
    });
    written.map_err(|error| {
        Failure::from_error(Exit::Files, &error).of(format!("cannot write a new key to {}", path.display()))
    })?;
    print(&public.to_string()).map(|()| Exit::Success)
}

/// Signs a plugin, and puts the signature where that of such a plugin is looked for.
pub(crate) async fn sign(args: &SignArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let sources = &surroundings.sources;
    let text = zeroize::Zeroizing::new(read_text(&args.key, "key")?);
    let key = PrivateKey::from_pem(&text).map_err(|source| RegistryError::Key { path: args.key.clone(), source })?;
    let found = sources.find(&args.plugin).await?;
    let signature = Signature::new(&key, &Digest::of(&found.read()?));
    let place = match &found.origin {
        Origin::BuiltIn => {
            let message = format!("{} is built in and needs no signature", args.plugin);
            return Err(Failure::new(Exit::Usage, message));
        }
        Origin::File => signature.write_beside(&found.path)?.display().to_string(),
        Origin::Installed(_) => {
            sources.store()?.put_signature(&signature)?;
            "beside the installed plugin".to_owned()
        }
        Origin::Registry(reference, _) => {
            sources.client(reference)?.push_signature(&signature).await?;
            sources.store()?.put_signature(&signature)?;
            format!("in the registry {}", reference.registry())
        }
    };
    let text = format!(
        "{}: signed\n  component   {}\n  key         {}\n  signature   {place}",
        found.title,
        signature.digest(),
        key.public()
    );
    print(&text).map(|()| Exit::Success)
}

/// Checks whether somebody trusted signed a plugin.
pub(crate) async fn verify(args: &VerifyArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let sources = &surroundings.sources;
    let configured = args.config.as_deref().map(|path| Settings::load(path, &variable)).transpose()?;
    let mut keys = configured.map(|settings| settings.trust.keys).unwrap_or_default();
    keys.extend(&args.keys);
    let found = sources.find(&args.plugin).await?;
    if found.origin == Origin::BuiltIn {
        return print(&format!("{}: built in, needs no signature", found.title)).map(|()| Exit::Success);
    }
    let digest = Digest::of(&found.read()?);
    Trust { keys, require_signed: true }.check(&found, &digest, sources).await?;
    print(&format!("{}: signed by a trusted key\n  component   {digest}", found.title)).map(|()| Exit::Success)
}
