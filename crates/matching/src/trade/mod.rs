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
//! | [`instance`], [`decision`] | the pairs, as the solver reads them; the best of them, within the contingents |
//! | [`chaining`] | the chains that transfers make possible |
//! | [`tally`] | how often each rule ruled a pair out |

mod affordability;
pub mod chaining;
pub mod cost;
pub mod decision;
pub mod eligibility;
pub mod instance;
pub mod policy;
pub mod references;
pub mod rule;
pub mod score;
pub mod tables;
pub mod tally;
#[cfg(test)]
pub(crate) mod tests;

// The nouns that the wire speaks of too live in the domain.
pub use chambre_domain::rehousing::{
    Accepts, Band, Commitment, CommuneId, Contingent, DwellingOffer, FormalOffers, HouseholdNeed, LegalBasis,
    NeedDeclaration, OfferDeclaration, Place, band, contingent, dwelling, formal, ids, need, place,
};
pub use cost::{Indemnity, IndemnityCheck};
pub use eligibility::{Edge, eligibility};
pub use policy::{Policy, PolicyTerms};
pub use references::References;
pub use rule::{Reject, Rule};
pub use score::{Component, Score};
pub use tables::Tables;
pub use tally::Tally;
