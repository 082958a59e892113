//! Compiled programs and the directories they lie in.

use crate::language::Language;
use crate::toolchain::Found;
use perfagent_core::execution::CompileRequest;
use perfagent_launcher::protocol::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// Programs that are kept although nobody holds them: a loop comes back to its last few.
const KEPT: usize = 16;

/// A compiled program. Cheap to clone; dropping the last clone frees its directory.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) inner: Arc<Compiled>,
}

impl Program {
    /// Whether both are the very same compiled program.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

#[derive(Debug)]
pub(crate) struct Compiled {
    /// Name of its directory among those of all programs.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) language: Language,
    pub(crate) found: Arc<Found>,
    /// Files beside the program that it finds in its working directory.
    pub(crate) links: Vec<Bytes>,
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // What cannot be removed goes with the sandbox's own directory.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What a request compiles, as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn of(request: &CompileRequest, language: &Language) -> Self {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        add(language.name.as_bytes());
        add(request.source.as_bytes());
        for file in &request.files {
            add(file.path.as_bytes());
            add(&file.content);
        }
        add(format!("{:?}", request.limits).as_bytes());
        Self(digest.finalize().into())
    }
}

/// Programs that were used lately, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    programs: VecDeque<(Key, Program)>,
}

impl Kept {
    pub(crate) fn get(&mut self, key: &Key) -> Option<Program> {
        let at = self.programs.iter().position(|(known, _)| known == key)?;
        let found = self.programs.remove(at)?;
        let program = found.1.clone();
        self.programs.push_back(found);
        Some(program)
    }

    pub(crate) fn keep(&mut self, key: Key, program: &Program) {
        self.programs.push_back((key, program.clone()));
        while self.programs.len() > KEPT {
            self.programs.pop_front();
        }
    }
}
