//! What each command does.

mod batch;
mod calibrate;
mod compare;
mod config;
mod doctor;
mod evaluate;
mod grade;
mod metadata;
mod plugin;
mod report;
mod request;
mod run;
mod sandbox_run;
mod schema;
mod serve;
mod shell;
mod stage;

pub(crate) use batch::batch;
pub(crate) use calibrate::calibrate;
pub(crate) use compare::compare;
pub(crate) use config::{check as check_config, show as show_config};
pub(crate) use doctor::doctor;
pub(crate) use evaluate::evaluate;
pub(crate) use metadata::metadata;
pub(crate) use plugin::plugin;
pub(crate) use report::report;
pub(crate) use request::request;
pub(crate) use run::run;
pub(crate) use sandbox_run::sandbox_run;
pub(crate) use schema::schema;
pub(crate) use serve::serve;
pub(crate) use shell::{completions, man};
