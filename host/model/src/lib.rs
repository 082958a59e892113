//! Talks to language models; records and replays.
