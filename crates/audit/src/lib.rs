//! The journal as auditors load it. Pure: entries in, bytes of files out.
//!
//! | folder | what it holds |
//! |---|---|
//! | [`export`] | the journal in files that accounting tools load, each export with its manifest |
//! | [`report`] | documents for people: relevé, arrêté, comparison of conventions |
//! | [`bank`] | payment orders for the banks of debtors, and what statements say of them |
//! | [`proof`] | the Merkle tree over the seals, and what it proves without trust in the chamber |
//! | `wording` | how an entry, an amount and a date are written in all of them |
//!
//! The formats are described in `docs/format-export.md`. Memory is constant, but for the set of accounts that
//! hledger wants declared.
//!
//! ```
//! use chambre_audit::{Export, Files, Format, Scope};
//! use chambre_domain::follow_up::Works;
//! use chambre_domain::{
//!     Account, Amount, BookedAt, Compte, Date, Entry, Event, EventId, RelogementId, Seal, Seq, Siren,
//!     TerritoryId, Transfer, VoucherRef,
//! };
//!
//! let plaine_commune = TerritoryId::parse("territory", "200057867")?;
//! let host = Siren::parse("host", "000000018")?;
//! let amount = Amount::new("amount", 120_000)?;
//! let [works, effort] = [Compte::Travaux, Compte::EffortMesure].map(|compte| Account::of(compte, plaine_commune, host));
//! let entry = Entry {
//!     seq: Seq::new(1),
//!     event_id: EventId::parse("event_id", "e-1")?,
//!     occurred_on: Date::constant(2025, 4, 2),
//!     booked_at: BookedAt::noon_in_paris(Date::constant(2025, 4, 7)),
//!     event: Event::WorksRecorded(Works {
//!         relogement: RelogementId::parse("relogement", "R-1")?,
//!         amount,
//!         invoiced_on: Date::constant(2025, 4, 2),
//!         voucher: VoucherRef::parse("voucher", "F-17")?,
//!     }),
//!     transfers: Transfer::new(works, effort, amount).into_iter().collect(),
//!     seal: Seal::GENESIS,
//! };
//!
//! let mut files = Files::default();
//! let scope = Scope::whole(Date::constant(2025, 12, 31));
//! let mut export = Export::new(Format::Csv, scope, Box::new(|siren| format!("Bailleur {siren}")));
//! export.entry(&entry, &mut files)?;
//! let manifest = export.finish(&mut files)?;
//!
//! assert_eq!(manifest.rows, 1);
//! assert!(files.text("journal.csv").contains(",works_recorded,2025-04-02,2025-04-07,200057867,Plaine Commune,R-1,"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bank;
pub mod export;
pub mod proof;
pub mod report;
mod wording;

pub use export::{
    Export, ExportError, FileDigest, Files, Format, Manifest, Moved, Names, Scope, Sink, Total, manifest,
    scope,
};
