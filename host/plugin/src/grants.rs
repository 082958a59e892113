//! What a user allows a plugin beyond the default.

use std::collections::BTreeSet;

/// One permission that no plugin has by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// Read the real time instead of a fixed one.
    Clock,
    /// Read true randomness instead of a seeded sequence.
    Random,
}

impl Grant {
    /// Every permission there is.
    pub const ALL: [Self; 2] = [Self::Clock, Self::Random];

    /// The name that users write and runs record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Random => "random",
        }
    }
}

/// A name that no [`Grant`] has.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown grant `{name}`; known are: clock, random")]
pub struct UnknownGrant {
    /// The name.
    pub name: String,
}

impl std::str::FromStr for Grant {
    type Err = UnknownGrant;

    fn from_str(name: &str) -> Result<Self, UnknownGrant> {
        let known = Self::ALL.into_iter().find(|grant| grant.name() == name);
        known.ok_or_else(|| UnknownGrant { name: name.to_owned() })
    }
}

/// The permissions that one run gives its plugin. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(BTreeSet<Grant>);

impl Grants {
    /// Reads permissions by name, as a run's specification records them.
    ///
    /// # Errors
    /// Names the first name that is not known.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownGrant> {
        names.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().map(|grant| grant.name())
    }

    /// Whether `grant` is among them.
    pub fn allows(&self, grant: Grant) -> bool {
        self.0.contains(&grant)
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_unknown_ones_are_named() {
        let grants = Grants::from_names(["random", "clock", "random"]).unwrap();
        assert_eq!(grants.names().collect::<Vec<_>>(), ["clock", "random"]);
        assert!(grants.allows(Grant::Clock));
        assert!(!Grants::default().allows(Grant::Random));
        let error = Grants::from_names(["clock", "network"]).unwrap_err();
        assert_eq!(error.to_string(), "unknown grant `network`; known are: clock, random");
    }
}
