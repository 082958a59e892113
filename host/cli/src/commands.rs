//! What each command does.

mod batch;
mod calibrate;
mod compare;
mod doctor;
mod evaluate;
mod grade;
mod inspect;
mod metadata;
mod report;
mod run;
mod sandbox_run;
mod serve;

pub(crate) use batch::batch;
pub(crate) use calibrate::calibrate;
pub(crate) use compare::compare;
pub(crate) use doctor::doctor;
pub(crate) use evaluate::evaluate;
pub(crate) use inspect::inspect;
pub(crate) use metadata::metadata;
pub(crate) use report::report;
pub(crate) use run::run;
pub(crate) use sandbox_run::sandbox_run;
pub(crate) use serve::serve;
