//! A configuration file as fields by dotted name, whatever its layout.

use super::error::{Mistake, Problem};
use super::field::Field;
use super::settings::SettingOrigin;
use super::yaml::{Entry, Node, Value, join};

/// Mappings whose keys are settings of their own. Any other mapping is one setting's value.
pub(super) const SECTIONS: [&str; 7] = ["model", "logging", "prompts", "budget", "batch", "execution", "plugins"];

/// The fields that nobody has taken yet.
#[derive(Default)]
pub(super) struct Document {
    fields: Vec<Field>,
    known: Vec<&'static str>,
    /// Line of each setting that was taken, by its first name.
    lines: Vec<(&'static str, usize)>,
}

impl Document {
    /// The fields of `root`.
    pub(super) fn new(root: Node) -> Result<Self, Problem> {
        let line = root.line;
        let entries = match root.value {
            Value::Mapping(entries) => entries,
            Value::Scalar(scalar) if scalar.resolve() == super::scalar::Resolved::Null => Vec::new(),
            other => {
                let found = Field::new(String::new(), line, Node { line, value: other }).found();
                return Err(Mistake::NotSettings { found }.at(line));
            }
        };
        let mut document = Self::default();
        for entry in entries {
            if SECTIONS.contains(&entry.key.as_str()) {
                document.add_section(entry)?;
            } else {
                document.add("", entry)?;
            }
        }
        Ok(document)
    }

    fn add_section(&mut self, section: Entry) -> Result<(), Problem> {
        let field = Field::new(section.key.clone(), section.line, section.value);
        for entry in field.into_mapping()? {
            self.add(&section.key, entry)?;
        }
        Ok(())
    }

    fn add(&mut self, path: &str, Entry { key, line, value }: Entry) -> Result<(), Problem> {
        let key = join(path, &key);
        match key.split_once('.') {
            Some((section, rest)) if path.is_empty() => {
                let (section, rest) = (section.to_owned(), rest.to_owned());
                Err(Mistake::DottedKey { key, section, rest }.at(line))
            }
            _ => {
                self.fields.push(Field::new(key, line, value));
                Ok(())
            }
        }
    }

    /// Takes out the field that has one of `names`, which all mean the same setting. One without a
    /// value counts as not given.
    pub(super) fn take(&mut self, names: &[&'static str]) -> Result<Option<Field>, Problem> {
        self.known.extend_from_slice(names);
        let mut found: Option<Field> = None;
        while let Some(at) = self.fields.iter().position(|field| names.contains(&field.key.as_str())) {
            let field = self.fields.remove(at);
            if let Some(first) = found {
                let (key, other, other_line) = (field.key, first.key, first.line);
                return Err(Mistake::TwoNames { key, other, other_line }.at(field.line));
            }
            found = Some(field);
        }
        let found = found.filter(|field| !field.is_null());
        if let (Some(field), Some(name)) = (&found, names.first()) {
            self.lines.push((*name, field.line));
        }
        Ok(found)
    }

    /// Where the settings stood that were taken, by their first names.
    pub(super) fn origins(&self) -> impl Iterator<Item = (String, SettingOrigin)> {
        self.lines.iter().map(|(name, line)| ((*name).to_owned(), SettingOrigin::Line(*line)))
    }

    /// Reports the first field that nobody has taken.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let known = self.known.as_slice();
        self.fields.into_iter().next().map_or(Ok(()), |field| {
            let nearest = nearest(&field.key, known).map(str::to_owned);
            Err(Mistake::UnknownKey { key: field.key, nearest }.at(field.line))
        })
    }

    /// Every name that was asked for.
    #[cfg(test)]
    pub(super) fn known(&self) -> &[&'static str] {
        &self.known
    }
}

/// The known key that `key` most likely was meant to be: alike in its last part, and rather of the
/// same section than of another.
pub(crate) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    /// From here on two words look alike to a reader, too.
    const ALIKE: f64 = 0.85;
    const SAME_SECTION: f64 = 0.05;
    const CURRENT_LAYOUT: f64 = 0.01;
    let (section, name) = split(key);
    let rated = known.iter().map(|candidate| {
        let (its_section, its_name) = split(candidate);
        let bonus = match its_section {
            _ if section == its_section => SAME_SECTION,
            "" => 0.0,
            _ => CURRENT_LAYOUT,
        };
        (strsim::jaro_winkler(&name.to_lowercase(), its_name) + bonus, *candidate)
    });
    let best = rated.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn proposes_what_was_meant() {
        let known =
            ["max_iterations", "temperature", "model.temperature", "model.api_base", "logging.log_level", "log_level"];
        for (key, expected) in [
            ("max_iteration", Some("max_iterations")),
            ("maxIterations", Some("max_iterations")),
            ("temprature", Some("temperature")),
            ("model.temprature", Some("model.temperature")),
            ("api_base", Some("model.api_base")),
            ("model.log_level", Some("logging.log_level")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(key, &known), expected, "{key}");
        }
    }
}
