//! What each command does.

mod doctor;
mod evaluate;
mod inspect;
mod metadata;
mod run;

pub(crate) use doctor::doctor;
pub(crate) use evaluate::evaluate;
pub(crate) use inspect::inspect;
pub(crate) use metadata::metadata;
pub(crate) use run::run;
