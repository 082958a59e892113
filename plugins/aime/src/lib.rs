//! The aime task: competition problems with one final answer.

mod boxed;
mod canonical;
mod claim;
mod judge;
mod latex;
mod natural;
mod normalize;
mod rational;

pub use boxed::last_boxed;
pub use canonical::canonical;
pub use claim::last_claim;
pub use judge::{Claim, Key, Rule, STRICT_WINDOW_CHARS, Verdict, WINDOW_CHARS, judge};
pub use normalize::normalize;
pub use rational::Rational;
