//! `perfagent schema`: JSON Schemas (2020-12) of what goes in and comes out.

use crate::args::{SchemaArgs, SchemaOf};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{json, print};
use perfagent_core::request::AgentRequest;
use perfagent_core::result::{AgentResult, TaskMetadata};
use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema};

/// Prints a schema.
pub(crate) fn schema(args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match args.of {
        SchemaOf::Request => json(&of::<AgentRequest>(Contract::Deserialize)),
        SchemaOf::Result => json(&of::<AgentResult>(Contract::Serialize)),
        SchemaOf::Metadata => json(&of::<TaskMetadata>(Contract::Serialize)),
        SchemaOf::Config => json(&Settings::schema()),
        SchemaOf::Trajectory => json(&perfagent_agent::trajectory_schema()),
    };
    print(&schema).map(|()| Exit::Success)
}

/// The schema of what is read as a `T`, or written as one.
fn of<T: JsonSchema>(contract: Contract) -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.contract = contract);
    settings.into_generator().into_root_schema_for::<T>()
}
