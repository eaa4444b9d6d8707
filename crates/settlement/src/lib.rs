//! The netting of a territory: from measured efforts to payments. Pure: whole cents, no clock, no storage.
//!
//! | file | what it holds |
//! |---|---|
//! | [`mod@effort`] | the cumulative effort of one relogement under its convention |
//! | [`mod@apportion`] | an amount divided on weights by largest remainder, to the cent |
//! | [`mod@share`] | effort of each host and fair share of each bailleur, by convention version |
//! | [`settle`] | what is paid now of each position, within caps, holds and the threshold |
//! | [`mod@plan`] | who pays whom, in as few payments as proven possible |
//! | [`run`] | a whole run: from the input frozen at a seq to the proposal |
//! | [`mod@check`] | the invariants of a proposal, verified by another road |
//!
//! Same input, same bytes: ordered maps, integers only, no effect of the order of relogements.
//!
//! ```
//! use chambre_domain::{Cents, NettingId, Siren, convention::SettlementMode};
//! use chambre_settlement::{plan, settle_amounts};
//! use std::collections::BTreeMap;
//!
//! let [host, other, origin] = [1, 2, 3].map(Siren::fictitious);
//! let positions = BTreeMap::from([(host, 78_209), (other, -802), (origin, -77_407)].map(|(b, c)| (b, Cents::new(c))));
//! let settled = settle_amounts(&positions, &BTreeMap::new(), &[], Cents::ZERO, SettlementMode::Monetary)?;
//! let plan = plan(&NettingId::parse("netting", "2025-S1")?, &settled)?;
//! assert_eq!(plan.payments.len(), 2);
//! assert_eq!(plan.payments[0].id.as_str(), "2025-S1-0001");
//! assert!(plan.is_optimal());
//! # Ok::<(), chambre_domain::Refusal>(())
//! ```

pub mod apportion;
pub mod check;
pub mod effort;
mod fingerprint;
pub mod plan;
pub mod run;
pub mod settle;
pub mod share;
mod sum;

pub use apportion::apportion;
pub use check::{Inconsistency, check};
pub use effort::effort;
pub use plan::plan;
pub use run::{NettingInput, propose};
pub use settle::settle_amounts;
pub use share::{Delta, VersionShare, share};
