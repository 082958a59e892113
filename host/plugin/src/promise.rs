//! What the interface promises of the values that a task returns, checked.

/// How a returned value breaks the interface's promises.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// An id that cannot name files.
    #[error("the id {id:?} {problem}; an id has 1 to 200 bytes, no `/`, no control characters, and is not `.` or `..`")]
    Id {
        /// The id, cut where it is long.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// NaN as the metric of a valid solution.
    #[error("the metric of a valid solution is NaN")]
    NanWithSuccess,
    /// A text that should be JSON is not.
    #[error("{what} is not valid JSON")]
    NotJson {
        /// Which text.
        what: &'static str,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A JSON text that should be an object is not.
    #[error("{what} is JSON but not an object")]
    NotAnObject {
        /// Which text.
        what: &'static str,
    },
    /// A value larger than its limit.
    #[error("{what} has {size} {unit}, more than the limit of {limit}")]
    TooLarge {
        /// Which value.
        what: &'static str,
        /// Its size.
        size: usize,
        /// For example `bytes` or `items`.
        unit: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A name, version or the like that is not written as it must be.
    #[error("{what} {value:?} is not {expected}")]
    Malformed {
        /// Which value.
        what: &'static str,
        /// The value, cut where it is long.
        value: String,
        /// How it should be written.
        expected: &'static str,
    },
}
