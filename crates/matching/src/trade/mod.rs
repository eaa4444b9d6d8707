//! The trade: needs, offers, the rules that pair them, the score of a pair.
//!
//! | file | what it holds |
//! |---|---|
//! | [`ids`], [`place`], [`band`] | identifiers, places at four scales, numbers known by their bounds |
//! | [`need`], [`formal`] | a household's need; the formal offers made to it |
//! | [`dwelling`], [`contingent`] | the offer of a dwelling; who reserves it |
//! | [`policy`], [`tables`], [`references`] | parameters, public tables, the state of the world on a day |
//! | [`rule`], [`mod@eligibility`] | the fifteen rules, and what they say of a pair |
//! | [`score`], [`cost`] | points by component; expected indemnity and rent gap |
//! | [`instance`] | the pairs, as the solver reads them |
//! | [`tally`] | how often each rule ruled a pair out |

mod affordability;
pub mod band;
pub mod contingent;
pub mod cost;
pub mod dwelling;
pub mod eligibility;
pub mod formal;
pub mod ids;
pub mod instance;
pub mod need;
pub mod place;
pub mod policy;
pub mod references;
pub mod rule;
pub mod score;
pub mod tables;
pub mod tally;
#[cfg(test)]
pub(crate) mod tests;

pub use band::Band;
pub use contingent::{Accepts, Commitment, Contingent};
pub use cost::{Indemnity, IndemnityCheck};
pub use dwelling::{DwellingOffer, OfferDeclaration};
pub use eligibility::{Edge, eligibility};
pub use formal::{FormalOffers, LegalBasis};
pub use need::{HouseholdNeed, NeedDeclaration};
pub use place::{CommuneId, Place};
pub use policy::{Policy, PolicyTerms};
pub use references::References;
pub use rule::{Reject, Rule};
pub use score::{Component, Score};
pub use tables::Tables;
pub use tally::Tally;
