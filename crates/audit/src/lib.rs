//! Exports of the journal: entries in, files out. Pure, streaming, in memory that grows with the number of
//! accounts only.
//!
//! | file | what it holds |
//! |---|---|
//! | [`export`] | what an export covers, the walk over the entries, the manifest |
//! | [`fec`] | the file shaped as the fichier des écritures comptables, and its description |
//! | [`hledger`] | the plain-text journal |
//! | [`table`] | CSV, for machines and for French spreadsheets |
//!
//! Formats are documented in `docs/format-export.md`.
//!
//! ```
//! use chambre_audit::{Export, Files, Format, Scope};
//! use chambre_domain::Date;
//!
//! # fn main() -> std::io::Result<()> {
//! let scope = Scope::whole(Date::constant(2025, 12, 31));
//! let mut files = Files::default();
//! let export = Export::new(Format::Fec, scope, Box::new(|siren| format!("Bailleur {siren}")));
//! export.finish(&mut files)?; // no entry: a header, a description, a manifest
//! assert!(files.text("000000000FEC20251231.txt").starts_with("JournalCode\tJournalLib\tEcritureNum"));
//! # Ok(())
//! # }
//! ```

pub mod export;
pub mod fec;
pub mod hledger;
pub mod table;

pub use export::{Export, Files, Format, Names, Scope, Sink};
