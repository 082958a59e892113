//! `perfagent metadata`.

use crate::args::MetadataArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{Instance, OpenPlugin, without_programs};
use crate::output::{json, print};
use crate::surroundings::Surroundings;
use perfagent_core::result::TaskMetadata;

/// Prints what names an instance.
pub(crate) async fn metadata(args: &MetadataArgs, surroundings: &Surroundings) -> Result<Exit, Failure> {
    let plugin = OpenPlugin::load(&args.plugin, surroundings).await?;
    let instance = Instance::read(&args.instance)?;
    let metadata = async {
        let mut session = plugin.plugin.open(without_programs()).await?;
        session.metadata(&instance.name, &instance.data).await
    };
    let metadata = metadata.await.map_err(|error| instance.blame(error.into()))?;
    let metadata = TaskMetadata { instance_id: metadata.id, problem_description: metadata.problem };
    print(&json(&metadata)).map(|()| Exit::Success)
}
