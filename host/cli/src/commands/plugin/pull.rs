//! `perfagent plugin pull`.

use super::change::{Facts, changes};
use crate::args::PullArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::{note, print};
use crate::surroundings::Surroundings;
use perfagent_agent::files;
use perfagent_core::digest::Digest;
use perfagent_registry::{Client, Pin, Store};
use std::io::IsTerminal as _;

/// Gets a plugin from a registry and pins it. Where another one is pinned, that goes on being used unless the user
/// agrees with what changes.
pub(crate) async fn pull(args: &PullArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let (sources, reference) = (&surroundings.sources, &args.reference);
    let store = sources.store()?;
    let pinned = sources.lock.read()?.remove(reference);
    let client = sources.client(reference)?;
    let component = client.find().await?;
    let trial = Trial { store, digest: component.digest.clone(), new: !store.holds(&component.digest) };
    sources.fetch(&client, &component).await?;
    let pin = Pin { manifest: component.manifest, component: component.digest };
    let pull = Pull { args, client, surroundings };
    let facts = pull.agree(&pin, pinned.as_ref()).await?;
    sources.lock.move_pin(reference, &pin)?;
    sources.remember(reference, &pin.component)?;
    drop(trial);
    if let Some(output) = &args.output {
        files::write(output, &sources.kept(store, reference.clone(), pin.component.clone()).read()?)?;
        if let Some(signature) = store.signature(&pin.component)? {
            signature.write_beside(output)?;
        }
    }
    print(&told(args, &pin, pinned.as_ref(), &facts)).map(|()| Exit::Success)
}

fn told(args: &PullArgs, pin: &Pin, pinned: Option<&Pin>, facts: &Facts) -> String {
    let what = match pinned {
        Some(before) if before.component == pin.component => "is what it was",
        Some(_) => "is another plugin from now on",
        None => "pulled, and pinned in perfagent.lock",
    };
    let mut text = format!("{}: {what}\n  component   {}", args.reference, pin.component);
    if let Some(task) = &facts.described {
        text.push_str(&format!("\n  plugin      {} {}: {}", task.name, task.version, task.summary));
    }
    text
}

/// A component in the store that goes away again with this value, if it was not there before and nothing has come
/// to need it: whether the user says no, something fails, or Ctrl-C ends the question.
struct Trial<'a> {
    store: &'a Store,
    digest: Digest,
    new: bool,
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if self.new
            && let Err(error) = self.store.discard_unneeded(&self.digest)
        {
            note(&format!("warning: {} is left behind: {error}", self.store.path(&self.digest).display()));
        }
    }
}

/// A pull under way.
struct Pull<'a> {
    args: &'a PullArgs,
    client: Client,
    surroundings: &'a Surroundings,
}

impl Pull<'_> {
    /// What is known of the component that is to be pinned, if it is a plugin and the user takes it in the place
    /// of the one that is pinned.
    async fn agree(&self, pin: &Pin, pinned: Option<&Pin>) -> Result<Facts, Failure> {
        let reference = &self.args.reference;
        let new = self.facts(&pin.component).await?;
        let Some(before) = pinned.filter(|before| before.component != pin.component) else { return Ok(new) };
        note(&format!("{reference} is another plugin than the one that is pinned in perfagent.lock:"));
        let old = match self.facts_of_pinned(before).await {
            Ok(old) => Some(old),
            Err(failure) => {
                note(&format!("  the pinned one cannot be looked at: {}", failure.message));
                None
            }
        };
        changes(old.as_ref(), &new).iter().for_each(|line| note(line));
        if self.args.yes || (std::io::stdin().is_terminal() && take_it().await?) {
            return Ok(new);
        }
        let message =
            format!("{reference} stays what it was; `perfagent plugin pull {reference} --yes` takes the new one");
        Err(Failure::new(Exit::Usage, message))
    }

    async fn facts_of_pinned(&self, pin: &Pin) -> Result<Facts, Failure> {
        let store = self.surroundings.sources.store()?;
        if !store.proves(pin, &self.args.reference)? {
            self.client.download(&self.client.find_pinned(pin).await?, store).await?;
            self.surroundings.sources.remember(&self.args.reference, &pin.component)?;
        }
        self.facts(&pin.component).await
    }

    async fn facts(&self, component: &Digest) -> Result<Facts, Failure> {
        let sources = &self.surroundings.sources;
        let found = sources.kept(sources.store()?, self.args.reference.clone(), component.clone());
        let plugin = OpenPlugin::open(found, self.surroundings).await?;
        Ok(Facts { inspection: plugin.plugin.inspect(), described: plugin.describe().await.ok() })
    }
}

/// Asks on the terminal.
async fn take_it() -> Result<bool, Failure> {
    note("take the new one? [y/N]");
    let read = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    };
    // On a thread of its own, so that Ctrl-C still ends the program.
    let line = tokio::task::spawn_blocking(read).await.map_err(|error| Failure::from_error(Exit::Internal, &error))?;
    let line = line.map_err(|error| Failure::from_error(Exit::Files, &error).of("standard input"))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
