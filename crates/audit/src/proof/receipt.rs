//! Receipts of a bailleur: the seals of its écritures, and the proof that a signed journal holds each.
//!
//! They show nothing of anybody's écritures: the bailleur compares each seal with the one it got when it declared.

use super::checkpoint::{NoteError, Signed, open};
use super::key::PublicKey;
use super::path;
use super::tree::Node;
use chambre_domain::{Seal, Seq};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "receipts";
const VERSION: u32 = 1;

/// The receipts of one file, for one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    format: String,
    format_version: u32,
    /// The signed checkpoint that every proof leads to.
    pub checkpoint: String,
    /// Each écriture.
    pub entries: Vec<Proved>,
}

/// One écriture, proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proved {
    /// Its number.
    pub seq: u64,
    /// The identifier of its event.
    pub event_id: String,
    /// Its seal, hexadecimal.
    pub seal: String,
    /// Nodes from the leaf up, hexadecimal.
    pub nodes: Vec<String>,
}

/// Why receipts prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ReceiptError {
    #[error("these are not receipts of a known version: {0}")]
    Form(String),
    #[error("the checkpoint cannot be believed: {0}")]
    Note(#[from] NoteError),
    #[error("entry {seq} is not the one of the signed journal")]
    NotIncluded { seq: Seq },
}

impl Proved {
    /// An écriture with its proof.
    #[must_use]
    pub fn new(seq: Seq, event_id: String, seal: Seal, nodes: &[Node]) -> Self {
        let nodes = nodes.iter().map(|node| HEXLOWER.encode(node.bytes())).collect();
        Self { seq: seq.get(), event_id, seal: seal.to_string(), nodes }
    }

    fn holds(&self, signed: &Signed) -> bool {
        let node = |text: &String| Some(Node::new(HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()?));
        let nodes: Option<Vec<Node>> = self.nodes.iter().map(node).collect();
        let seal = HEXLOWER.decode(self.seal.as_bytes()).ok().and_then(|bytes| Seal::from_bytes(&bytes));
        let (Some(nodes), Some(seal), Some(index)) = (nodes, seal, self.seq.checked_sub(1)) else {
            return false;
        };
        let checkpoint = &signed.checkpoint;
        path::includes(super::leaf(seal), index, checkpoint.size, &nodes, checkpoint.root)
    }
}

impl Receipts {
    /// Receipts under a checkpoint.
    #[must_use]
    pub fn new(checkpoint: String, entries: Vec<Proved>) -> Self {
        Self { format: FORMAT.to_owned(), format_version: VERSION, checkpoint, entries }
    }

    /// The file.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("receipts have string keys and no float, so they serialise")
    }

    /// Reads a file back and checks every proof in it.
    ///
    /// # Errors
    /// The form, a checkpoint that is not to be believed, the first écriture that is not in it.
    pub fn verify(text: &[u8], keys: &[PublicKey]) -> Result<(Self, Signed), ReceiptError> {
        let receipts: Self =
            serde_json::from_slice(text).map_err(|error| ReceiptError::Form(error.to_string()))?;
        if (receipts.format.as_str(), receipts.format_version) != (FORMAT, VERSION) {
            return Err(ReceiptError::Form(format!("{} {}", receipts.format, receipts.format_version)));
        }
        let signed = open(&receipts.checkpoint, keys)?;
        match receipts.entries.iter().find(|entry| !entry.holds(&signed)) {
            Some(entry) => Err(ReceiptError::NotIncluded { seq: Seq::new(entry.seq) }),
            None => Ok((receipts, signed)),
        }
    }
}
