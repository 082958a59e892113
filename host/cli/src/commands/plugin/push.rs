//! `perfagent plugin push`.

use crate::args::PushArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::OpenPlugin;
use crate::output::print;
use crate::plugins::signature;
use crate::surroundings::Surroundings;
use perfagent_core::digest::Digest;
use perfagent_registry::Interfaces;

/// Puts a plugin into a registry, and its signature with it. What is no plugin, or is signed wrongly, is not pushed.
pub(crate) async fn push(args: &PushArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let sources = &surroundings.sources;
    let plugin = OpenPlugin::load(&args.plugin, surroundings).await?;
    let found = &plugin.found;
    let component = found.read()?;
    let digest = Digest::of(&component);
    if digest != *plugin.plugin.digest() {
        let message = format!("{} changed while it was read; try again", found.title);
        return Err(Failure::new(Exit::Files, message));
    }
    let signature = signature(found, &digest, sources).await?;
    let inspection = plugin.plugin.inspect();
    let interfaces = Interfaces {
        exports: inspection.exports,
        imports: inspection.imports.into_iter().map(|import| import.name).collect(),
    };

    let client = sources.client(&args.reference)?;
    let pushed = client.push(component, &interfaces).await?;
    let mut text =
        format!("{}: pushed\n  component   {}\n  manifest    {}", args.reference, pushed.component, pushed.manifest);
    if let Some(signature) = signature {
        client.push_signature(&signature).await?;
        text.push_str(&format!("\n  signed      with {}", signature.key()));
    }
    print(&text).map(|()| Exit::Success)
}
