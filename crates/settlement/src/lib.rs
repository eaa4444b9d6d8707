//! The netting of a territory: from measured efforts to payments. Pure: whole cents, no clock, no storage.
//!
//! | file | what it holds |
//! |---|---|
//! | [`mod@effort`], [`tally`] | the cumulative effort of one relogement under its convention, from running sums |
//! | [`mod@apportion`] | an amount divided on weights by largest remainder, to the cent |
//! | [`mod@share`], [`divide`] | effort of each host and fair share of each bailleur, by convention version |
//! | [`obligations`], [`circulation`], [`pairs`] | who owes whom; set-off by pairs or round rings; paying between pairs |
//! | [`settle`] | what is paid now of each position, within caps, exemptions, holds and the threshold |
//! | [`mod@plan`] | who pays whom, in as few payments as proven possible |
//! | [`run`], `partial` | a whole run: from the input frozen at a seq to the proposal; without disputes and refusals |
//! | [`running`] | the same from running totals: a run reads only what moved since the last one |
//! | [`after`] | what the next run starts from: carry-over, payments not made, mergers |
//! | [`regional`] | many territories in one plan, the books of each ending right |
//! | [`mod@explain`] | why a bailleur stands where it stands, to the remainder cent |
//! | [`mod@simulate`] | several conventions on the same relogements |
//! | [`mod@check`] | the invariants of a proposal, verified by another road |
//!
//! Same input, same bytes: ordered maps, integers only, no effect of the order of relogements.
//!
//! ```
//! use chambre_domain::{Cents, NettingId, Siren, convention::SettlementRule};
//! use chambre_settlement::{plan, settle_amounts};
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! let [host, other, origin] = [1, 2, 3].map(Siren::fictitious);
//! let positions = BTreeMap::from([(host, 78_209), (other, -802), (origin, -77_407)].map(|(b, c)| (b, Cents::new(c))));
//! let settled = settle_amounts(&positions, &SettlementRule::default(), &BTreeSet::new())?;
//! let settled = settled.into_iter().map(|(bailleur, settled)| (bailleur, settled.amount)).collect();
//! let plan = plan(&NettingId::parse("netting", "2025-S1")?, &settled)?;
//! assert_eq!(plan.payments.len(), 2);
//! assert_eq!(plan.payments[0].id.as_str(), "2025-S1-0001");
//! assert!(plan.is_optimal());
//! # Ok::<(), chambre_domain::Refusal>(())
//! ```

pub mod after;
pub mod apportion;
pub mod check;
pub mod circulation;
pub mod divide;
pub mod effort;
pub mod explain;
mod fingerprint;
mod number;
pub mod obligations;
pub mod pairs;
mod partial;
pub mod plan;
pub mod regional;
pub mod run;
pub mod running;
pub mod settle;
pub mod share;
pub mod simulate;
mod sum;
pub mod tally;

pub use after::{Opening, opening_after, positions_of_heirs, within_means};
pub use apportion::{apportion, apportionment};
pub use check::{Inconsistency, check};
pub use circulation::left_after_set_off;
pub use effort::{Measured, effort, effort_of, effort_steps};
pub use explain::{ExplainInput, explain};
pub use obligations::Obligations;
pub use partial::without;
pub use plan::plan;
pub use regional::{LocalPlans, RegionalPlan, compress};
pub use run::{Computation, NettingInput, compute, propose, shared_by_version};
pub use running::RunningTerritory;
pub use settle::{Settled, settle_amounts};
pub use share::{Delta, SharedBefore, VersionShare, share};
pub use simulate::{Outcome, Scenario, simulate};
pub use tally::Tally;
