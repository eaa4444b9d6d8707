//! A proposal at any stage; replaying its stored steps gives the same proposal.

use crate::exchange::placement::CompletedPlacement;
use crate::exchange::stages::*;
use crate::exchange::terms::{ProposalTerms, Stamp};
pub use chambre_domain::rehousing::Step;
use chambre_domain::{Reason, Refusal};
use serde::Serialize;

/// A proposal at one of its stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // each stage is documented in its type
pub enum Proposal {
    Proposed(At<Proposed>),
    Positioned(At<Positioned>),
    Submitted(At<Submitted>),
    Ranked(At<Ranked>),
    Conditional(At<Conditional>),
    Allocated(At<Allocated>),
    Offered(At<Offered>),
    Accepted(At<Accepted>),
    Completed(At<Completed>),
    Ended(At<Ended>),
}

/// Runs an expression on the value at whichever stage the proposal is.
macro_rules! at_any_stage {
    ($proposal:expr, $at:ident => $body:expr) => {
        match $proposal {
            Proposal::Proposed($at) => $body,
            Proposal::Positioned($at) => $body,
            Proposal::Submitted($at) => $body,
            Proposal::Ranked($at) => $body,
            Proposal::Conditional($at) => $body,
            Proposal::Allocated($at) => $body,
            Proposal::Offered($at) => $body,
            Proposal::Accepted($at) => $body,
            Proposal::Completed($at) => $body,
            Proposal::Ended($at) => $body,
        }
    };
}

impl Proposal {
    /// A proposal just made.
    #[must_use]
    pub fn new(terms: Box<ProposalTerms>, stamp: &Stamp) -> Self {
        Self::Proposed(At::propose(terms, stamp))
    }

    /// Takes a step. It consumes the proposal: what comes back is the only one there is.
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] naming the step and the stage when the stage does not allow it; what the stage's
    /// own method refuses otherwise.
    pub fn take(self, step: &Step, stamp: &Stamp) -> Result<Self, Refusal> {
        Ok(match (self, step) {
            (Self::Proposed(at), Step::Position) => Self::Positioned(at.position(stamp)?),
            (Self::Proposed(at), Step::Decline(reason)) => Self::Ended(at.decline(stamp, *reason)?),
            (Self::Proposed(at), Step::Tick) if stamp.on > at.stage.until => Self::Ended(at.expire(stamp)?),
            (Self::Positioned(at), Step::Submit) => Self::Submitted(at.submit(stamp)?),
            (Self::Positioned(at), Step::Notify) => Self::Offered(at.notify(stamp)?),
            (Self::Submitted(at), Step::Decide(decision)) => match at.decide(stamp, *decision)? {
                AfterCaleol::Allocated(at) => Self::Allocated(at),
                AfterCaleol::Ranked(at) => Self::Ranked(at),
                AfterCaleol::Conditional(at) => Self::Conditional(at),
                AfterCaleol::Ended(at) => Self::Ended(at),
            },
            (Self::Ranked(at), Step::Reach) => Self::Allocated(at.reach(stamp)?),
            (Self::Conditional(at), Step::Meet) => Self::Allocated(at.meet(stamp)?),
            (Self::Allocated(at), Step::Notify) => Self::Offered(at.notify(stamp)?),
            (Self::Offered(at), Step::Accept) => Self::Accepted(at.accept(stamp)?),
            (Self::Offered(at), Step::Refuse(reason)) => Self::Ended(at.refuse(stamp, *reason)?),
            (Self::Offered(at), Step::Tick) if stamp.on > at.stage.until => Self::Ended(at.lapse(stamp)?),
            (Self::Accepted(at), Step::InformCaleol) => Self::Accepted(at.inform_caleol(stamp)?),
            (Self::Accepted(at), Step::Sign(lease)) => Self::Completed(at.sign(stamp, (**lease).clone())?),
            (Self::Completed(at), Step::Reverse(reason)) => Self::Ended(at.reverse(stamp, *reason)?),
            (proposal, Step::Tick) => proposal,
            (proposal, Step::Withdraw(reason)) if proposal.is_live() => {
                Self::Ended(at_any_stage!(proposal, at => at.withdraw(stamp, *reason)?))
            }
            (proposal, step) => {
                let refusal = Refusal::new(Reason::ProposalStep, "step", step.name());
                return Err(refusal.with("stage", proposal.stage()).with("proposal", &proposal.terms().id));
            }
        })
    }

    /// What it is about.
    #[must_use]
    pub fn terms(&self) -> &ProposalTerms {
        at_any_stage!(self, at => &at.terms)
    }

    /// Day it reached its stage.
    #[must_use]
    pub fn since(&self) -> chambre_domain::Date {
        at_any_stage!(self, at => at.since)
    }

    /// Whether it may still lead to a lease: its household and its dwelling are engaged.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !matches!(self, Self::Completed(_) | Self::Ended(_))
    }

    /// Stable name of its stage.
    #[must_use]
    pub const fn stage(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "proposed",
            Self::Positioned(_) => "positioned",
            Self::Submitted(_) => "submitted",
            Self::Ranked(_) => "ranked",
            Self::Conditional(_) => "conditional",
            Self::Allocated(_) => "allocated",
            Self::Offered(_) => "offered",
            Self::Accepted(_) => "accepted",
            Self::Completed(_) => "completed",
            Self::Ended(_) => "ended",
        }
    }

    /// How it ended, once it has.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        match self {
            Self::Ended(at) => Some(&at.stage.how),
            _ => None,
        }
    }

    /// Its message to the ledger, once complete.
    #[must_use]
    pub fn placement(&self) -> Option<&CompletedPlacement> {
        match self {
            Self::Completed(at) => Some(&at.stage.placement),
            _ => None,
        }
    }

    pub(crate) fn placement_mut(&mut self) -> Option<&mut CompletedPlacement> {
        match self {
            Self::Completed(at) => Some(&mut at.stage.placement),
            _ => None,
        }
    }
}
