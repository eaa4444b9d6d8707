//! The books of the chamber: posting rules, journal, balances, seal. The only crate with SQL.
//!
//! | file | what it holds |
//! |---|---|
//! | [`posting`] | which event debits and credits which account |
//! | `decide/` | whether an event may enter, rule by rule |
//! | [`books`] | the state in memory: what the entries add up to |
//! | `writer` | the one thread that writes, with group commit |
//! | [`ledger`] | the handle: open, record, read |
//! | [`salts`] | where the salts of commitments come from |
//! | [`store`], [`reader`] | the SQLite file, written and read: all the SQL |
//! | [`matching_store`] | the SQLite file of the matching: its decisions, what the ledger is told of them |
//! | [`accruals`] | rent gaps that a closing has to book |
//! | [`verify`](mod@verify), [`backup`](mod@backup) | proof and safety |
//! | `households` | what a verification finds of pseudonyms |
//! | [`retention`] | destruction of the pseudonyms whose time has come |
//!
//! ```
//! use chambre_domain::{Bailleur, BailleurKind, BookedAt, Event, EventId, Siren, Text};
//! use chambre_ledger::{Command, Ledger, Mode, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let clock = std::sync::Arc::new(|| BookedAt::from_millis(1_767_225_600_000));
//! let ledger = Ledger::open(folder.path(), Settings::default(), clock)?;
//! let siren = Siren::fictitious(1);
//! let bailleur = Bailleur { siren, name: Text::parse("name", "Bailleur A")?, kind: BailleurKind::Oph };
//! let command = Command::new(EventId::parse("event_id", "e-1")?, Event::BailleurRegistered(bailleur));
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! let outcomes = runtime.block_on(ledger.record(vec![command], Mode::Each))?;
//! assert_eq!(outcomes[0].as_ref().map(|receipt| receipt.seq.get()), Ok(1));
//! # Ok(())
//! # }
//! ```

pub mod accruals;
pub mod backup;
pub mod books;
mod decide;
mod disk;
pub mod error;
mod households;
mod key;
pub mod ledger;
pub mod matching_store;
pub mod posting;
mod proposed;
pub mod reader;
pub mod retention;
pub mod salts;
mod schema;
pub mod store;
pub mod verify;
mod writer;

pub use accruals::accruals_due;
pub use backup::{backup, restore};
pub use books::{Books, JournalHead};
pub use error::LedgerError;
pub use households::Households;
pub use ledger::{Ledger, Pending, Settings};
pub use matching_store::MatchingStore;
pub use reader::Reader;
pub use salts::Salts;
pub use store::Durability;
pub use verify::{Fault, Verification, verify};
pub use writer::{Clock, Command, Guard, Mode, Outcome};
