//! Compiled programs and the directories they lie in.

use crate::language::Language;
use perfagent_launcher::protocol::Bytes;
use std::path::PathBuf;
use std::sync::Arc;

/// A compiled program. Cheap to clone; dropping the last clone frees its directory.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) inner: Arc<Compiled>,
}

#[derive(Debug)]
pub(crate) struct Compiled {
    /// Name of its directory among those of all programs.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) language: Language,
    /// The run command, its first word resolved.
    pub(crate) command: Vec<String>,
    /// Files beside the program that it finds in its working directory.
    pub(crate) links: Vec<Bytes>,
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // What cannot be removed goes with the sandbox's own directory.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
