//! Exports: entries go in, in the order of the journal; the bytes of files come out.
//!
//! | file | noun |
//! |---|---|
//! | [`running`] | one export under way: takes entries, gives files in pieces |
//! | [`scope`] | which entries, and which of their transfers, it holds |
//! | [`manifest`] | what it holds, and the SHA-256 of each file |
//! | `fec`, `hledger`, `beancount`, `journal` | formats made of écritures, one file each |
//! | `row` | one transfer with all that is said of it: what the tables show |
//! | `table`, `workbook`, `parquet` | the tables, one file each: CSV, XLSX, Parquet |

mod beancount;
mod fec;
mod hledger;
pub(crate) mod journal;
pub mod manifest;
mod parquet;
mod row;
pub mod running;
pub mod scope;
mod table;
mod workbook;

pub use manifest::{FileDigest, Manifest, Moved, Total};
pub use running::{Export, ExportError, Files, Format, Names, Sink};
pub use scope::Scope;
pub(crate) use table::Dialect;
