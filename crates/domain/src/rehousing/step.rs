//! How a pair is brought together, and the steps of a proposal, as they are asked for and as they are stored.

use crate::follow_up::ReversalReason;
use crate::rehousing::lease::Lease;
use crate::rehousing::need::RefusalReason;
use serde::{Deserialize, Serialize};

/// How a pair was brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On the exchange, positions collected until the window closes.
    Exchange,
    /// By rotating priority.
    Rotating,
    /// Directed by an authorised person.
    Directed,
    /// In a batch proposed to the officer.
    Batch,
    /// The first team to answer: recorded for comparison only.
    First,
    /// By the household itself, on AL'IN.
    SelfPositioned,
}

/// Why a person chooses against or beside the optimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceReason {
    /// A stake of the territory.
    Territory,
    /// A stake of the department or of the region.
    SupraTerritory,
    /// The calendar of an operation.
    Calendar,
    /// The situation of the household, known to its team.
    Household,
    /// The balance of the building or of the quarter.
    Balance,
}

impl ChoiceReason {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Territory => "enjeu territorial",
            Self::SupraTerritory => "enjeu supra-territorial",
            Self::Calendar => "calendrier de l’opération",
            Self::Household => "situation du ménage",
            Self::Balance => "équilibre de l’immeuble ou du quartier",
        }
    }
}

/// A step of a proposal, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The team takes position.
    Position,
    /// The team declines.
    Decline(DeclineReason),
    /// The file goes to the CALEOL of the host.
    Submit,
    /// The CALEOL decides.
    Decide(CaleolDecision),
    /// Those ranked before have refused.
    Reach,
    /// The missing paper is there.
    Meet,
    /// The offer is notified to the household.
    Notify,
    /// The household accepts.
    Accept,
    /// The household refuses.
    Refuse(RefusalReason),
    /// Own stock: the CALEOL is informed.
    InformCaleol,
    /// The lease is signed.
    Sign(Box<Lease>),
    /// It is withdrawn.
    Withdraw(WithdrawReason),
    /// The lease is undone.
    Reverse(ReversalReason),
    /// A day comes: what is overdue expires, and nothing else changes.
    Tick,
}

impl Step {
    /// Stable name, as refusals and traces show it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Decline(_) => "decline",
            Self::Submit => "submit",
            Self::Decide(_) => "decide",
            Self::Reach => "reach",
            Self::Meet => "meet",
            Self::Notify => "notify",
            Self::Accept => "accept",
            Self::Refuse(_) => "refuse",
            Self::InformCaleol => "inform_caleol",
            Self::Sign(_) => "sign",
            Self::Withdraw(_) => "withdraw",
            Self::Reverse(_) => "reverse",
            Self::Tick => "tick",
        }
    }
}

/// Why a team declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeclineReason {
    NoHousehold,
    TooDear,
    WrongPlace,
    WrongSize,
    Other,
}

/// Why a live proposal is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    /// The household left or found elsewhere.
    HouseholdLeft,
    /// The dwelling is lost.
    DwellingLost,
    /// The other dwelling of the double proposition was accepted.
    SiblingAccepted,
    /// Another candidate of the same dwelling accepted.
    GivenToAnother,
    /// Entered by mistake.
    Mistake,
    /// A link before it in its chain of transfers ended without a lease: the dwelling will not be freed.
    ChainBroken,
}

/// What a CALEOL decides (CCH R.441-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaleolDecision {
    /// Allocated.
    Allocated,
    /// Allocated by rank: 1 to 3.
    Ranked(u8),
    /// Allocated on condition of a missing paper.
    Conditional,
    /// Not allocated.
    NotAllocated,
    /// The application is inadmissible.
    Inadmissible,
}
