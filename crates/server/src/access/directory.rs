//! The directory: rights by name, for callers whose proof does not carry them. It wins over what the proof says.
//!
//! ```toml
//! listed_only = true          # whoever is not listed has no right
//!
//! [[identity]]
//! name = "a.martin"           # name of the certificate (CN) or of the token
//! role = "officer"
//! territories = ["200057867"] # or ["region"]
//! ```

use super::identity::{Rights, Said};
use serde::Deserialize;
use std::collections::HashMap;

/// Rights by name.
#[derive(Debug, Default)]
pub struct Directory {
    listed_only: bool,
    rights: HashMap<String, Rights>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    listed_only: bool,
    #[serde(default)]
    identity: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    role: String,
    siren: Option<String>,
    #[serde(default)]
    territories: Vec<String>,
}

impl Directory {
    /// Reads the directory.
    ///
    /// # Errors
    /// What cannot be read, a role without what it holds for, a name listed twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the directory is not UTF-8".to_owned())?;
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut rights = HashMap::new();
        for Line { name, role, siren, territories } in file.identity {
            let said = Said { role: Some(role), siren, territories };
            let read = said.rights().map_err(|error| format!("{name}: {error}"))?;
            if rights.insert(name.clone(), read).is_some() {
                return Err(format!("{name} is listed twice"));
            }
        }
        Ok(Self { listed_only: file.listed_only, rights })
    }

    /// The rights that the directory gives a name, if it lists it.
    pub fn of(&self, name: &str) -> Option<&Rights> {
        self.rights.get(name)
    }

    /// Whether whoever is listed nowhere has no right, whatever its proof says.
    pub fn listed_only(&self) -> bool {
        self.listed_only
    }

    /// Every name that it lists, in no order.
    pub fn names(&self) -> impl Iterator<Item = (&String, &Rights)> {
        self.rights.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "[[identity]]\nname = \"a\"\nrole = \"auditor\"\n";

    #[test]
    fn a_directory_says_whom_it_lists_and_whether_it_is_the_only_source() {
        let open = Directory::parse(LISTED.as_bytes()).unwrap();
        assert_eq!((open.of("a"), open.of("b")), (Some(&Rights::Auditor), None));
        let closed = Directory::parse(format!("listed_only = true\n{LISTED}").as_bytes()).unwrap();
        assert!(closed.listed_only() && !open.listed_only());
    }

    #[test]
    fn a_directory_with_a_mistake_is_refused() {
        for (text, told) in [
            (format!("{LISTED}{LISTED}"), "a is listed twice"),
            (LISTED.replace("auditor", "chief"), "no role \"chief\""),
            (LISTED.replace("auditor", "bailleur"), "needs a SIREN"),
            (format!("{LISTED}rights = 1\n"), "unknown field"),
        ] {
            let error = Directory::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
