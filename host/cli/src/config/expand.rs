//! `${VAR}` in values, from the environment. Keys are left alone, `$${` stands for `${`.

use super::Environment;
use super::error::{Mistake, Problem};
use super::yaml::{Node, Value, join};

/// Replaces the variables in every value of `node`, which stands at `path`.
///
/// What a variable holds stays one value: it is never read as YAML of its own.
pub(super) fn expand(node: &mut Node, path: &str, environment: &Environment<'_>) -> Result<(), Problem> {
    match &mut node.value {
        Value::Scalar(scalar) => {
            let replaced = replace(&scalar.text, environment).map_err(|error| error.mistake(path).at(node.line))?;
            if let Some(replaced) = replaced {
                scalar.expanded = scalar.expanded || replaced.from_environment;
                scalar.text = replaced.text;
            }
            Ok(())
        }
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| expand(item, path, environment)),
        Value::Mapping(entries) => {
            entries.iter_mut().try_for_each(|entry| expand(&mut entry.value, &join(path, &entry.key), environment))
        }
    }
}

struct Replaced {
    text: String,
    from_environment: bool,
}

#[derive(Debug, PartialEq)]
enum ReplaceError {
    Unset(String),
    NoName,
}

impl ReplaceError {
    fn mistake(self, path: &str) -> Mistake {
        let key = path.to_owned();
        match self {
            Self::Unset(variable) => Mistake::UnsetVariable { key, variable },
            Self::NoName => Mistake::BadVariable { key },
        }
    }
}

/// `text` with its variables replaced; `None` where it has none.
fn replace(text: &str, environment: &Environment<'_>) -> Result<Option<Replaced>, ReplaceError> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut replaced = Replaced { text: String::with_capacity(text.len()), from_environment: false };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            replaced.text.push_str(before);
            replaced.text.push_str("${");
            rest = after;
            continue;
        }
        let (name, after) = after.split_once('}').ok_or(ReplaceError::NoName)?;
        if !is_variable_name(name) {
            return Err(ReplaceError::NoName);
        }
        let value = environment(name).ok_or_else(|| ReplaceError::Unset(name.to_owned()))?;
        replaced.text.push_str(before);
        replaced.text.push_str(&value);
        replaced.from_environment = true;
        rest = after;
    }
    replaced.text.push_str(rest);
    Ok(Some(replaced))
}

/// Whether `name` is a letter or `_`, then letters, digits and `_`.
pub(super) fn is_variable_name(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn home(name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home/${HOME}".to_owned())
    }

    fn text(text: &str) -> Result<String, ReplaceError> {
        Ok(replace(text, &home)?.map_or_else(|| text.to_owned(), |replaced| replaced.text))
    }

    #[test]
    fn replaces_once_and_leaves_other_dollars_alone() {
        for (before, after) in [
            ("${HOME}/x", "/home/${HOME}/x"),
            ("a${HOME}${HOME}", "a/home/${HOME}/home/${HOME}"),
            ("$${HOME}", "${HOME}"),
            ("$HOME $ $$ {HOME} }", "$HOME $ $$ {HOME} }"),
            ("$${", "${"),
        ] {
            assert_eq!(text(before), Ok(after.to_owned()), "{before}");
        }
    }

    #[test]
    fn names_what_is_unset_and_refuses_what_is_no_name() {
        assert_eq!(text("${NOWHERE}"), Err(ReplaceError::Unset("NOWHERE".to_owned())));
        for wrong in ["${", "${}", "${HOME", "${1A}", "${A B}", "${A-b}"] {
            assert_eq!(text(wrong), Err(ReplaceError::NoName), "{wrong}");
        }
    }

    proptest! {
        #[test]
        // `$` runs before `${` would need doubling too, which the escape does not offer.
        fn doubling_the_dollar_keeps_any_text(original in r"(\$?[{}a-zA ]){0,20}\$?") {
            prop_assert_eq!(text(&original.replace("${", "$${")), Ok(original));
        }
    }
}
