//! What isolation a sandbox gives on this machine: shown to people and recorded with results.

use serde::{Deserialize, Serialize};

/// How much isolation a run insists on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strictness {
    /// Tier 4 or better; anything less is refused.
    #[default]
    Strict,
    /// Whatever the machine allows, recorded with each result.
    BestEffort,
}

/// One feature of isolation or measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name, for example `pid namespace`.
    pub name: String,
    /// Whether it is in force.
    pub active: bool,
    /// Why it is missing and what would bring it; empty when active.
    pub note: String,
}

/// The isolation in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// 1 (everything) to 5 (one user's best effort), as the README explains them.
    pub tier: u8,
    /// One line for people.
    pub summary: String,
    /// Each feature and whether it is in force.
    pub features: Vec<Feature>,
}
