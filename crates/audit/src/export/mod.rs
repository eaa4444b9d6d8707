//! Exports: entries go in, in the order of the journal; the bytes of files come out.
//!
//! | file | noun |
//! |---|---|
//! | [`running`] | one export under way: takes entries, gives files in pieces |
//! | [`scope`] | which entries, and which of their transfers, it holds |
//! | [`manifest`] | what it holds, and the SHA-256 of each file |
//! | `fec`, `hledger`, `table`, `journal` | the formats, one file each |

mod fec;
mod hledger;
pub(crate) mod journal;
pub mod manifest;
pub mod running;
pub mod scope;
mod table;

pub(crate) use journal::hexadecimal;
pub use manifest::{FileDigest, Manifest, Moved, Total};
pub use running::{Export, ExportError, Files, Format, Names, Sink};
pub use scope::Scope;
pub(crate) use table::Dialect;
