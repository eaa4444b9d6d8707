//! Exports: entries go in, in the order of the journal; the bytes of files come out.
//!
//! | file | noun |
//! |---|---|
//! | [`running`] | one export under way: takes entries, gives files in pieces |
//! | [`scope`] | which entries, and which of their transfers, it holds |
//! | [`manifest`] | what it holds, and the SHA-256 of each file |
//! | `fec`, `hledger`, `table` | the formats, one file each |

mod fec;
mod hledger;
pub mod manifest;
pub mod running;
pub mod scope;
mod table;

pub use manifest::{FileDigest, Manifest, Moved, Total};
pub use running::{Export, ExportError, Files, Format, Names, Sink};
pub(crate) use running::hexadecimal;
pub use scope::Scope;
pub(crate) use table::Dialect;
