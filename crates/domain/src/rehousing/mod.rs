//! Rehousing: the needs of households, the offers of dwellings, the steps that bring them together.
//!
//! | file | noun |
//! |---|---|
//! | [`ids`], [`place`], [`band`] | identifiers, places at four scales, numbers known by their bounds |
//! | [`need`], [`formal`] | a household's need; the formal offers made to it |
//! | [`dwelling`], [`contingent`] | the offer of a dwelling; who reserves it |
//! | [`step`], [`lease`] | the steps of a proposal; the lease that completes it |

pub mod band;
pub mod contingent;
pub mod dwelling;
pub mod formal;
pub mod ids;
pub mod lease;
pub mod need;
pub mod place;
pub mod step;

pub use band::Band;
pub use contingent::{Accepts, Commitment, Contingent};
pub use dwelling::{DwellingOffer, OfferDeclaration};
pub use formal::{FormalOffers, LegalBasis};
pub use lease::{DoneWorks, Lease, OrganisedVacancy};
pub use need::{HouseholdNeed, NeedDeclaration};
pub use place::{CommuneId, Place};
pub use step::{CaleolDecision, DeclineReason, Step, WithdrawReason};
