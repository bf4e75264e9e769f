//! Where each setting was written, so that what turns out to be wrong later, when other rooms look at it, is told with
//! its place all the same.

use std::{collections::BTreeMap, fmt};

use super::ConfigError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    File { file: String, line: usize },
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { file, line } => write!(f, "{file}:{line}"),
            Origin::Variable(name) => write!(f, "environment: {name}"),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// By the setting's name as a file has it, tables with a dot: `model`, `roles.verify`, `providers.mine.wire`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    pub(super) fn set(&mut self, name: impl Into<String>, origin: Origin) {
        self.0.insert(name.into(), origin);
    }

    /// Where `over` knows a place, it is the one that counts.
    pub(super) fn extend(&mut self, over: Origins) {
        self.0.extend(over.0);
    }

    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Origin> {
        self.0.get(name)
    }

    /// Forgets what `stale` is true of, as when a saved run has a value of its own.
    #[must_use]
    pub fn without(mut self, stale: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|name, _| !stale(name));
        self
    }

    /// The error for a setting whose value is wrong, with its place. A name in a table that has no place of its own has
    /// the table's.
    #[must_use]
    pub fn blame(&self, name: &str, value: &str, reason: &str) -> ConfigError {
        let place = self.of(name).or_else(|| self.of(name.rsplit_once('.')?.0)).cloned();
        let said = match value.is_empty() {
            true => format!("{name}: {reason}"),
            false => format!("{name} = {value:?}: {reason}"),
        };
        match place {
            Some(Origin::File { file, line }) => ConfigError::Wrong { file, line, reason: said },
            Some(Origin::Variable(name)) => {
                ConfigError::Variable { name, value: value.to_owned(), reason: reason.to_owned() }
            }
            Some(Origin::Flag(name)) => ConfigError::Flag { name, value: value.to_owned(), reason: reason.to_owned() },
            None => ConfigError::Nowhere(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_with_the_place_it_was_written_at() {
        let mut origins = Origins::default();
        origins.set("theme", Origin::Variable("DELM_THEME".to_owned()));
        origins.set("model", Origin::Flag("--model".to_owned()));
        origins.set("providers.mine", Origin::File { file: "c.toml".to_owned(), line: 7 });
        let said = |name, value| origins.blame(name, value, "no").to_string();
        assert_eq!(said("theme", "x"), "environment: DELM_THEME=x: no");
        assert_eq!(said("model", "x:y"), "--model x:y: no");
        assert_eq!(said("providers.mine.wire", "x"), "c.toml:7: providers.mine.wire = \"x\": no");
        assert_eq!(said("providers.mine", ""), "c.toml:7: providers.mine: no");
        assert_eq!(said("pace", "x"), "pace = \"x\": no");
    }
}
