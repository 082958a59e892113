//! Runs and measures programs that nobody trusts.
