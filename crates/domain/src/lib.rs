//! The nouns of the chambre de compensation. Pure: no storage, no network, no clock.
//!
//! | file | noun |
//! |---|---|
//! | [`money`] | cents, amounts |
//! | [`siren`], [`ids`] | who and what: identifiers, the pseudonym of a household |
//! | [`household`] | the commitment that the journal seals in place of the pseudonym, and its opening |
//! | [`calendar`], [`irl`] | dates, the instant of booking, the rent index |
//! | [`territory`] | the 63 territories and 1 266 communes |
//! | [`bailleur`], [`operation`], [`convention`] | participants, projects, rules as data |
//! | [`iban`], [`bank_account`] | where a bailleur pays and is paid |
//! | [`relogement`], [`follow_up`], [`rent`] | a household's move, what follows it, its rent gap |
//! | [`account`] | the chart of accounts, the transfer |
//! | [`event`], [`entry`], [`seal`] | what enters the journal, its number, its seal |
//! | [`measure`], [`netting`], [`explanation`] | what a run reads, what it decides, and why |
//! | [`netting_run`], [`dispute`] | the life of a run, what is contested |
//! | [`rehousing`] | needs, offers of dwellings, the steps that bring them together |
//! | [`refusal`] | every reason to say no, in two languages |
//! | [`french`] | numbers and dates for people |
//!
//! ```
//! use chambre_domain::{Cents, Siren};
//!
//! let siren = Siren::parse("host_siren", "200057867")?;
//! let gap = Cents::parse_euros("gap", "320,01")?;
//! assert_eq!(gap.checked_times(12), Some(Cents::new(384_012)));
//! assert_eq!(siren.to_string(), "200057867");
//! # Ok::<(), chambre_domain::Refusal>(())
//! ```

pub mod account;
pub mod bailleur;
pub mod bank_account;
pub mod calendar;
pub mod convention;
pub mod dispute;
pub mod entry;
pub mod event;
pub mod explanation;
pub mod follow_up;
pub mod french;
pub mod household;
pub mod iban;
pub mod ids;
pub mod irl;
pub mod measure;
pub mod money;
pub mod netting;
pub mod netting_run;
pub mod operation;
pub mod refusal;
pub mod regional;
pub mod rehousing;
pub mod relogement;
pub mod rent;
pub mod seal;
pub mod siren;
pub mod territory;

pub use account::{Account, Balance, Compte, Transfer, Unit};
pub use bailleur::{Bailleur, BailleurKind, Text};
pub use bank_account::BankAccount;
pub use calendar::{BookedAt, Date};
pub use convention::Convention;
pub use entry::{AsOf, Entry, Receipt, Seq, Transfers};
pub use event::Event;
pub use household::{Household, HouseholdCommitment, Opening, Salt};
pub use iban::{Bic, Iban};
pub use ids::{EventId, HouseholdId, NettingId, OfficerId, OperationId, PaymentId, RelogementId, VoucherRef};
pub use money::{Amount, Cents};
pub use netting::{NettingProposal, Period};
pub use netting_run::{NettingRun, NettingStatus, NettingStep};
pub use operation::Operation;
pub use refusal::{Reason, Refusal};
pub use regional::{RegionalNetting, RegionalProposal};
pub use relogement::Relogement;
pub use seal::{Seal, StoredEntry};
pub use siren::Siren;
pub use territory::{Atlas, TerritoryId};
