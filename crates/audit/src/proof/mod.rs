//! Proofs that need no trust in the chamber: what was in the journal is still there, unchanged, in its place.
//!
//! | file | noun |
//! |---|---|
//! | [`tree`] | the Merkle tree over the seals: its nodes, its running root, its subtrees |
//! | [`path`] | proofs that an entry is in the tree, and that a tree only grew |
//! | [`key`] | who signs, whom a reader believes |
//! | [`checkpoint`] | the state of the journal, signed; witnesses |
//! | [`receipt`] | what a bailleur keeps: its seals, and the proof that the journal holds them |
//! | [`claim`], [`offline`] | what an export says of itself; its verification, far from the chamber |
//!
//! Leaf number `seq - 1` holds the 32 bytes of the seal of entry `seq`. A seal already commits to every byte of
//! its entry and to the seal before; so a bailleur that keeps its receipts holds its leaves, and a server grows
//! the tree without reading events again. See `docs/journal-format.md`.

pub mod checkpoint;
pub mod claim;
pub mod key;
pub mod offline;
pub mod path;
pub mod receipt;
pub mod tree;

use chambre_domain::Seal;
pub use checkpoint::{Checkpoint, NoteError, Signed};
pub use claim::Claim;
pub use key::{KeyError, PublicKey, Role, SecretKey, public_keys};
pub use offline::{Fault, Folder, Found, OfflineError};
pub use receipt::{Proved, ReceiptError, Receipts};
pub use tree::{Frontier, Node, Tree, TreeError};

/// The leaf of an entry with this seal.
#[must_use]
pub fn leaf(seal: Seal) -> Node {
    Node::leaf(seal.bytes())
}
