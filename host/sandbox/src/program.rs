//! Compiled programs and the directories they lie in.

use std::sync::Arc;

/// A compiled program. Cheap to clone; dropping the last clone frees its directory.
#[derive(Clone, Debug)]
pub struct Program {
    #[expect(dead_code, reason = "filled in by the next commit")]
    inner: Arc<()>,
}
