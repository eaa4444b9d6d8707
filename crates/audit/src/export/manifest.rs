//! The manifest: what an export holds, so that an auditor can tell it from another and see that it is whole.

use super::scope::Scope;
use crate::wording::quantity;
use chambre_domain::{Seq, Unit};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What an export holds. Written as JSON beside its files, under [`Manifest::FILE_NAME`].
///
/// It names no clock and no machine: the same journal and the same scope give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Name of the format.
    pub format: &'static str,
    /// Version of the format: it changes when a column does.
    pub format_version: u32,
    /// Which entries were asked for.
    pub scope: Scope,
    /// The last entry that was to be read, when that was said.
    pub up_to_seq: Option<Seq>,
    /// The last entry read, kept or not: the state of the journal that the export shows.
    pub read_up_to_seq: Seq,
    /// Its seal, in hexadecimal; nothing for an empty journal.
    pub last_seal: Option<String>,
    /// Écritures in the files.
    pub ecritures: u64,
    /// Number of the first of them.
    pub first_seq: Option<Seq>,
    /// Number of the last of them.
    pub last_seq: Option<Seq>,
    /// Lines of data in the main file.
    pub rows: u64,
    /// What the files move, by unit.
    pub moved: BTreeMap<&'static str, Moved>,
    /// What écritures of the scope move, but the format cannot show.
    pub left_out: BTreeMap<&'static str, Moved>,
    /// The files, in the order written.
    pub files: Vec<FileDigest>,
    /// A signed checkpoint of the journal, when the chamber has a key: the state that the export was made from.
    pub checkpoint: Option<String>,
}

/// Transfers of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// How many.
    pub transfers: u64,
    /// Their sum: the total of debits, and of credits. Written `1234.56` for euros, a whole number otherwise.
    #[serde(serialize_with = "write_total")]
    pub total: Total,
}

/// A sum of quantities of one unit: beyond what 64 bits hold when a journal is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// What is counted.
    pub unit: Unit,
    /// How much; cents for euros.
    pub quantity: i128,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDigest {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Name of the manifest's own file.
    pub const FILE_NAME: &'static str = "manifest.json";

    pub(crate) fn new(format: &'static str, format_version: u32, scope: Scope) -> Self {
        Self {
            format,
            format_version,
            scope,
            up_to_seq: None,
            read_up_to_seq: Seq::ZERO,
            last_seal: None,
            ecritures: 0,
            first_seq: None,
            last_seq: None,
            rows: 0,
            moved: BTreeMap::new(),
            left_out: BTreeMap::new(),
            files: Vec::new(),
            checkpoint: None,
        }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self)
            .expect("a manifest has string keys and no float, so it serialises");
        json.push(b'\n');
        json
    }
}

/// Adds one transfer to the sums of its unit.
pub(crate) fn add(sums: &mut BTreeMap<&'static str, Moved>, unit: Unit, amount: i64) {
    let none = Moved { transfers: 0, total: Total { unit, quantity: 0 } };
    let moved = sums.entry(unit.code()).or_insert(none);
    moved.transfers += 1;
    moved.total.quantity += i128::from(amount);
}

fn write_total<S: Serializer>(total: &Total, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&quantity(total.unit, total.quantity, '.'))
}
