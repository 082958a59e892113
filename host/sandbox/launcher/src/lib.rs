//! The sandbox's fork server.
