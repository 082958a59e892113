//! Loads, limits and calls task components.
