//! The practices of the territories, the life of a proposal, and what comes out of it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`board`] | the exchange: offers, positions, an expiry clock |
//! | [`turns`], [`rota`] | rotating priority, dwelling by dwelling; the rounds of a territory, remembered |
//! | [`directed`] | a dwelling directed by an authorised person; amendments of a batch; both with their cost |
//! | [`chain`], [`pool`] | chains of transfers; pooled contingents |
//! | [`terms`], [`stages`], [`proposal`] | what a proposal is about, its typed stages, its stored steps |
//! | [`desk`] | all proposals of a territory, rebuilt from events |
//! | [`placement`] | the completed placement, and its declarations to the ledger |
//! | [`reports`] | needs, offers without answer, time to answer, commitments, out-of-flow counts |

pub mod board;
pub mod chain;
pub mod desk;
pub mod directed;
pub mod placement;
pub mod pool;
pub mod proposal;
pub mod reports;
pub mod rota;
pub mod stages;
pub mod terms;
#[cfg(test)]
pub(crate) mod tests;
pub mod turns;

pub use board::Listing;
pub use chain::{Chain, Link};
pub use desk::{Desk, DeskEvent, Effect};
pub use directed::{AmendedBatch, Optimum, Worth};
pub use placement::{CompletedPlacement, Lease};
pub use pool::Pool;
pub use proposal::{Proposal, Step};
pub use rota::Rota;
pub use terms::{Cause, Mode, ProposalChoice, ProposalTerms, Stamp};
pub use turns::Ring;
