//! The netting run (arrêté): what is shared, who stands where, who pays whom.

use crate::calendar::Date;
use crate::entry::Seq;
use crate::ids::{NettingId, OfficerId, PaymentId};
use crate::money::{Amount, Cents};
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};

/// The days a run covers; what happened up to its last day counts, if it was not shared before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day: the cut-off of the run.
    pub to: Date,
}

impl Period {
    /// A span of days.
    ///
    /// # Errors
    /// Refuses an end before the beginning.
    pub fn new(from: Date, to: Date) -> Result<Self, Refusal> {
        if to < from {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "period.to", to).with("from", from));
        }
        Ok(Self { from, to })
    }
}

/// A run as computed and frozen at a seq of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingProposal {
    /// Its identifier.
    pub id: NettingId,
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// The last seq it takes into account.
    pub at_seq: Seq,
    /// Who proposed it.
    pub officer: OfficerId,
    /// 1 for the first proposal of the run, then one more each time it is computed again.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub revision: u32,
    /// SHA-256 of everything the computation read, in hexadecimal: same input, same figures.
    pub input_sha256: Box<str>,
    /// Bailleurs whose position is carried over whole (dispute).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Siren>,
    /// Relogements left out because they are disputed, by the seq under which they were recorded, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<Seq>,
    /// Bailleurs that refuse the run (partial approval): their relogements wait, they leave the keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusers: Vec<Siren>,
    /// What stays due between pairs after the plan, where the convention pays between pairs only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PairObligation>,
    /// Effort shared by this run, relogement by relogement, in the order of the journal.
    pub shared: Vec<SharedEffort>,
    /// Where each bailleur stands, in the order of their SIREN.
    pub positions: Vec<NetPosition>,
    /// Who pays whom.
    pub plan: PaymentPlan,
}

const fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
const fn is_first(revision: &u32) -> bool {
    *revision == 1
}

impl NettingProposal {
    /// Total effort shared by this run; negative when indemnities exceed costs.
    #[must_use]
    pub fn total_effort(&self) -> i128 {
        self.positions.iter().map(|position| i128::from(position.effort.get())).sum()
    }
}

/// What one bailleur owes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairObligation {
    /// Who owes.
    pub debtor: Siren,
    /// To whom.
    pub creditor: Siren,
    /// How much; above zero.
    pub amount: Cents,
}

/// What a run shares of one relogement: its effort now, less what earlier runs shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedEffort {
    /// Seq under which the relogement was recorded.
    pub recorded_seq: Seq,
    /// Effort shared now; below zero when an indemnity or a reversal came late.
    pub amount: Cents,
}

/// Where a bailleur stands in a run. Above zero is *to receive*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetPosition {
    /// The bailleur.
    pub bailleur: Siren,
    /// Effort it bore, shared by this run.
    pub effort: Cents,
    /// The part of all efforts that falls to it.
    pub fair_share: Cents,
    /// Its 467100 before the run.
    pub carried_over: Cents,
    /// effort − fair share + carried over.
    pub position: Cents,
    /// What the plan pays of the position now; the rest is carried over.
    pub settled: Cents,
}

/// The payments of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaymentPlan {
    /// Who pays whom.
    pub payments: Vec<Payment>,
    /// No plan needs fewer payments than this.
    pub lower_bound: u32,
}

impl PaymentPlan {
    /// Whether it is proven that no plan has fewer payments.
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        u32::try_from(self.payments.len()).is_ok_and(|count| count == self.lower_bound)
    }
}

/// One payment order between two bailleurs; the chamber never holds the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its reference, stable, and the end-to-end reference at the bank (at most 35 characters).
    pub id: PaymentId,
    /// Who pays.
    pub from: Siren,
    /// Who receives.
    pub to: Siren,
    /// How much, in cents.
    pub amount: Amount,
}
