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
    /// SHA-256 of everything the computation read, in hexadecimal: same input, same figures.
    pub input_sha256: Box<str>,
    /// Bailleurs whose position is carried over whole (dispute).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Siren>,
    /// Effort shared by this run, relogement by relogement, in the order of the journal.
    pub shared: Vec<SharedEffort>,
    /// Where each bailleur stands, in the order of their SIREN.
    pub positions: Vec<NetPosition>,
    /// Who pays whom.
    pub plan: PaymentPlan,
}

impl NettingProposal {
    /// Total effort shared by this run; negative when indemnities exceed costs.
    #[must_use]
    pub fn total_effort(&self) -> i128 {
        self.positions.iter().map(|position| i128::from(position.effort.get())).sum()
    }
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

/// A second officer signs a proposal: positions are born.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingApproval {
    /// The run.
    pub netting: NettingId,
    /// Who approved it; not who proposed it.
    pub officer: OfficerId,
}

/// A proposal is set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingRejection {
    /// The run.
    pub netting: NettingId,
    /// Who rejected it.
    pub officer: OfficerId,
}

/// A payment was seen at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentConfirmation {
    /// The run.
    pub netting: NettingId,
    /// The payment.
    pub payment: PaymentId,
    /// Day on the bank account.
    pub paid_on: Date,
    /// Amount on the bank account.
    pub amount: Amount,
    /// Who confirmed it.
    pub officer: OfficerId,
}

/// The life of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NettingStatus {
    /// Computed, waiting for a second officer.
    Proposed,
    /// A later proposal of the territory took its place.
    Superseded,
    /// Set aside by an officer.
    Rejected,
    /// Signed; payments are awaited.
    Approved,
    /// Signed, and nothing is awaited any more: every payment is confirmed or lapsed into a later run.
    Settled,
}

impl NettingStatus {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Proposed => "proposé",
            Self::Superseded => "remplacé",
            Self::Rejected => "rejeté",
            Self::Approved => "approuvé",
            Self::Settled => "soldé",
        }
    }
}

/// A run with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NettingRun {
    /// What was proposed.
    pub proposal: NettingProposal,
    /// Seq of the proposal in the journal.
    pub proposed_seq: Seq,
    /// Its state.
    pub status: NettingStatus,
    /// Who approved it, and the seq of the écriture, once approved.
    pub approved: Option<(OfficerId, Seq)>,
    /// What became of each payment, in the order of the plan.
    pub payments: Vec<PaymentState>,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// Not seen at the bank.
    Awaited,
    /// Seen at the bank.
    Confirmed {
        /// Day on the bank account.
        paid_on: Date,
        /// Seq of the écriture.
        seq: Seq,
    },
    /// Unpaid when a later run of the territory was approved: the amount came back as carry-over.
    Lapsed,
}
