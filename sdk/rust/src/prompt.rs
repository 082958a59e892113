//! What the prompts of most tasks have in common: the user's additions, and the notes on the last reply.

use crate::types::PromptContext;
use perfagent_toolkit::text::cut_middle;

/// Characters of all notes.
const NOTES_CHARS: usize = 4000;

/// What a user adds to the system prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    /// Further requirements.
    Requirements,
    /// What is remembered of this instance.
    LocalMemory,
    /// What is remembered of all instances.
    GlobalMemory,
}

impl Addition {
    /// All of them, in the order in which prompts show them.
    pub const ALL: [Self; 3] = [Self::Requirements, Self::LocalMemory, Self::GlobalMemory];

    /// The placeholder's name in templates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requirements => "additional_requirements",
            Self::LocalMemory => "local_memory",
            Self::GlobalMemory => "global_memory",
        }
    }

    /// What the user wrote, without space around it.
    pub fn text(self, context: &PromptContext) -> &str {
        match self {
            Self::Requirements => context.additional_requirements.trim(),
            Self::LocalMemory => context.local_memory.trim(),
            Self::GlobalMemory => context.global_memory.trim(),
        }
    }

    /// Whether the user wrote anything.
    pub fn is_given(self, context: &PromptContext) -> bool {
        !self.text(context).is_empty()
    }
}

/// Values of the additions' placeholders.
pub fn addition_values(context: &PromptContext) -> [(&'static str, String); 3] {
    Addition::ALL.map(|addition| (addition.name(), addition.text(context).to_owned()))
}

/// The notes on the last reply as a list with a heading, bounded; `None` where there are none.
///
/// ```
/// use perfagent_task::prompt::listed_notes;
///
/// let notes = ["cut short".to_owned(), "one\ntwo".to_owned()];
/// assert_eq!(listed_notes(&notes).unwrap(), "Of your last reply:\n- cut short\n- one\n  two");
/// assert_eq!(listed_notes(&[]), None);
/// ```
pub fn listed_notes(notes: &[String]) -> Option<String> {
    let lines: Vec<String> = notes.iter().map(|note| format!("- {}", note.trim().replace('\n', "\n  "))).collect();
    (!lines.is_empty()).then(|| format!("Of your last reply:\n{}", cut_middle(&lines.join("\n"), NOTES_CHARS)))
}
