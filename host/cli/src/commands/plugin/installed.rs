//! `perfagent plugin list`, `install` and `remove`.

use crate::args::{InstallArgs, ListArgs, RemoveArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::{json, print};
use crate::plugins::{BUILT_IN, Wanted, signature};
use crate::surroundings::Surroundings;
use perfagent_core::digest::Digest;
use perfagent_registry::{Index, Installed, RegistryError, Store, check_name};
use serde_json::json;
use std::fmt::Write as _;

/// Shows what is installed, and what came from registries.
pub(crate) fn list(args: &ListArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let store = surroundings.sources.store()?;
    let index = store.index()?;
    let text = if args.json { as_json(store, &index)? } else { as_text(&index) };
    print(&text).map(|()| Exit::Success)
}

fn as_json(store: &Store, index: &Index) -> Result<String, Failure> {
    let signer = |digest: &Digest| -> Result<_, RegistryError> {
        let signature = store.signature(digest)?;
        Ok(signature.and_then(|signature| signature.verify(digest).ok()).map(|key| key.to_string()))
    };
    let mut installed = Vec::new();
    for it in index.installed() {
        installed.push(json!({
            "name": it.name, "version": it.version.to_string(), "digest": it.digest, "from": it.source,
            "path": store.path(&it.digest), "signed_with": signer(&it.digest)?,
        }));
    }
    let mut pulled = Vec::new();
    for (digest, references) in index.pulled() {
        let (path, signed_with) = (store.path(digest), signer(digest)?);
        pulled.extend(references.iter().map(
            |reference| json!({"reference": reference, "digest": digest, "path": path, "signed_with": signed_with}),
        ));
    }
    Ok(json(&json!({"installed": installed, "pulled": pulled})))
}

fn as_text(index: &Index) -> String {
    /// Characters of a digest that tell it from others.
    const TELLING: usize = "sha256:".len() + 12;
    if index.installed().is_empty() && index.pulled().is_empty() {
        return "nothing is installed; `perfagent plugin install FILE` changes that".to_owned();
    }
    let installed = index.installed().iter();
    let installed =
        installed.map(|it| (format!("{}@{}", it.name, it.version), &it.digest, format!("from {}", it.source)));
    let pulled = index
        .pulled()
        .iter()
        .flat_map(|(digest, all)| all.iter().map(move |reference| (reference.clone(), digest, "pulled".to_owned())));
    let rows: Vec<_> = installed.chain(pulled).collect();
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, digest, from) in rows {
        // Writing into a string succeeds.
        let _ = writeln!(text, "{name:<width$}  {}  {from}", &digest.to_string()[..TELLING]);
    }
    text.trim_end().to_owned()
}

/// Installs a plugin under the name and version that it gives itself.
pub(crate) async fn install(args: &InstallArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let sources = &surroundings.sources;
    let store = sources.store()?;
    let plugin = OpenPlugin::load(&args.plugin, surroundings).await?;
    let found = &plugin.found;
    let task = plugin.describe().await.map_err(|error| Failure::from(error).of(&found.title))?;
    let version = check_name(&task.name, &task.version)?;
    if BUILT_IN.contains(&task.name.as_str()) {
        let message = format!(
            "{}: it calls itself `{}` as a built-in plugin does, which an installed one must not replace; use it by \
             its path",
            found.title, task.name
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    let digest = plugin.plugin.digest().clone();
    let signature = signature(found, &digest, sources).await?;
    let bytes = found.read()?;
    if Digest::of(&bytes) != digest {
        let message = format!("{} changed while it was read; try again", found.title);
        return Err(Failure::new(Exit::Files, message));
    }
    let entry = Installed { name: task.name, version, digest, source: found.title.clone() };
    let name = format!("{}@{}", entry.name, entry.version);
    let new = store.update(|index| {
        let new = index.install(entry)?;
        store.put(&bytes)?;
        signature.map_or(Ok(()), |signature| store.put_signature(&signature))?;
        Ok(new)
    })?;
    let text = if new {
        format!("{name}: installed; --plugin {name} uses it, without the version the highest is meant")
    } else {
        format!("{name}: is installed already")
    };
    print(&text).map(|()| Exit::Success)
}

/// Removes an installed plugin, or what a registry brought.
pub(crate) fn remove(args: &RemoveArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let sources = &surroundings.sources;
    let store = sources.store()?;
    let absent = |hint: &str| {
        let message = format!("there is no `{}` to remove; {hint}", args.plugin);
        Failure::new(Exit::Usage, message)
    };
    let see = "`perfagent plugin list` shows what there is";
    let taken_out = match Wanted::read(&args.plugin)? {
        Wanted::Reference(reference) => take_out(store, |index| index.forget(&reference.to_string()))?,
        Wanted::Installed { name, version: Some(version) } => {
            let version = check_name(&name, &version).map_err(|_| absent(see))?;
            take_out(store, |index| index.remove(&name, &version).map(|it| it.digest).into_iter().collect())?
        }
        Wanted::Installed { .. } => return Err(absent("say which version, as in name@1.0.0")),
        Wanted::BuiltIn(_) => return Err(absent("it is built in")),
        Wanted::File(_) => return Err(absent("that is a file")),
    };
    if !taken_out {
        return Err(absent(see));
    }
    print(&format!("{}: removed", args.plugin)).map(|()| Exit::Success)
}

/// Takes entries out of the index, and what nobody needs any more out of the store. Whether there were any.
fn take_out(store: &Store, take: impl FnOnce(&mut Index) -> Vec<Digest>) -> Result<bool, Failure> {
    Ok(store.update(|index| {
        let taken = take(index);
        for digest in taken.iter().filter(|digest| !index.needs(digest)) {
            store.discard(digest)?;
        }
        Ok(!taken.is_empty())
    })?)
}
