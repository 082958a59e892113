//! The loop: one run from instance to result.
