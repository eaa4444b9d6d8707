//! What the manifest of an export says, read back: every version of it.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The parts of a manifest that a verification compares. What a version lacks or adds is left aside.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claim {
    /// Name of the format.
    pub format: String,
    /// Its version.
    pub format_version: u32,
    /// The last entry read.
    pub read_up_to_seq: u64,
    /// Its seal.
    pub last_seal: Option<String>,
    /// Écritures in the files.
    pub ecritures: u64,
    /// Lines of data in the main file.
    pub rows: u64,
    /// What the files move, by unit.
    pub moved: BTreeMap<String, ClaimedMoved>,
    /// Each file.
    pub files: Vec<ClaimedFile>,
    /// A signed checkpoint.
    #[serde(default)]
    pub checkpoint: Option<String>,
}

/// Transfers of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClaimedMoved {
    /// How many.
    pub transfers: u64,
    /// Their sum, as written.
    pub total: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClaimedFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

impl Claim {
    /// What is said of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&ClaimedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}
