//! The life of a netting run: its steps, which state allows which, and what became of it.
//!
//! open → cut-off → proposed → published → approved → instructed → partly settled → settled → closed.
//! A proposal may be made again until it is approved; a run may be cancelled until its payments are instructed;
//! after closing, nothing. What is unpaid at closing stays in 467100 and comes back as carry-over: a run is never
//! unwound once the banks have orders (DESIGN.md section 5).

use crate::calendar::Date;
use crate::entry::Seq;
use crate::ids::{NettingId, OfficerId, PaymentId};
use crate::money::Amount;
use crate::netting::{NettingProposal, Period};
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};

/// A run begins: from now on its territory has no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingOpening {
    /// The run.
    pub id: NettingId,
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// Who opened it.
    pub officer: OfficerId,
}

/// A step of a run that needs nothing but its name and who takes it: cut-off, rejection, approval, closing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingDecision {
    /// The run.
    pub netting: NettingId,
    /// Who decided.
    pub officer: OfficerId,
}

/// A proposal is shown to the bailleurs of the territory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingPublication {
    /// The run.
    pub netting: NettingId,
    /// Who published it.
    pub officer: OfficerId,
    /// Last day on which a bailleur may dispute it; the run is approved after that day. None: no window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputes_until: Option<Date>,
}

/// The payments of an approved run are ordered: from now on it is not cancelled any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingInstruction {
    /// The run.
    pub netting: NettingId,
    /// Who ordered them.
    pub officer: OfficerId,
    /// Day on which the banks are asked to pay.
    pub pay_on: Date,
}

/// A run is given up before its payments are instructed; an approval is mirrored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NettingCancellation {
    /// The run.
    pub netting: NettingId,
    /// Who cancelled it.
    pub officer: OfficerId,
    /// Why, from a closed list.
    pub reason: CancellationReason,
}

/// Why a run is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationReason {
    /// Wrong territory or period.
    OpenedByMistake,
    /// Declarations that matter are missing.
    IncompleteDeclarations,
    /// The convention must change first.
    ConventionDisputed,
    /// The signatories decided so.
    DecisionOfTheSignatories,
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

/// A payment seen at the bank came back: its amount is due again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReturn {
    /// The run.
    pub netting: NettingId,
    /// The payment.
    pub payment: PaymentId,
    /// Day on the bank account.
    pub returned_on: Date,
    /// Who recorded it.
    pub officer: OfficerId,
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NettingStatus {
    /// Declarations of the period still come in.
    Open,
    /// What the run may count is frozen at a seq.
    CutOff,
    /// Computed.
    Proposed,
    /// Shown to the bailleurs, who may dispute it.
    Published,
    /// Signed by a second officer: positions are in the books.
    Approved,
    /// Payments are ordered.
    Instructed,
    /// Some payments are seen at the bank.
    PartlySettled,
    /// Every payment is seen at the bank, or taken over by a regional plan, or there was none.
    Settled,
    /// Over; what was unpaid came back as carry-over.
    Closed,
    /// Set aside by an officer instead of being approved.
    Rejected,
    /// Given up before its payments were ordered.
    Cancelled,
}

/// What may be done to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NettingStep {
    /// Freeze what it may count.
    CutOff,
    /// Compute it, again if need be.
    Propose,
    /// Show it to the bailleurs.
    Publish,
    /// Set it aside.
    Reject,
    /// Sign it.
    Approve,
    /// Order its payments.
    Instruct,
    /// Record a payment seen at the bank.
    Confirm,
    /// Record a payment that came back.
    Return,
    /// Take its payments over in a regional plan.
    Group,
    /// End it.
    Close,
    /// Give it up.
    Cancel,
}

impl NettingStatus {
    /// Every state, in the order of a run's life.
    pub const ALL: [Self; 11] = [
        Self::Open,
        Self::CutOff,
        Self::Proposed,
        Self::Published,
        Self::Approved,
        Self::Instructed,
        Self::PartlySettled,
        Self::Settled,
        Self::Closed,
        Self::Rejected,
        Self::Cancelled,
    ];

    /// The steps that this state allows: the one table of the lifecycle.
    ///
    /// A payment seen at the bank is a fact, so it is recorded from approval on, ordered or not.
    #[must_use]
    pub const fn steps(self) -> &'static [NettingStep] {
        use NettingStep::{
            Approve, Cancel, Close, Confirm, CutOff, Group, Instruct, Propose, Publish, Reject, Return,
        };
        match self {
            Self::Open => &[CutOff, Cancel],
            Self::CutOff => &[Propose, Cancel],
            Self::Proposed => &[Propose, Publish, Reject, Approve, Cancel],
            Self::Published => &[Propose, Reject, Approve, Cancel],
            Self::Approved => &[Instruct, Confirm, Group, Cancel],
            Self::Instructed => &[Confirm, Close],
            Self::PartlySettled => &[Confirm, Return, Close],
            Self::Settled => &[Return, Close],
            Self::Closed | Self::Rejected | Self::Cancelled => &[],
        }
    }

    /// The state, from approval on, that follows from what became of the payments.
    #[must_use]
    pub fn of_payments(payments: &[PaymentState], pay_on: Option<Date>) -> Self {
        use PaymentState::{Confirmed, Replaced, Returned};
        if payments.iter().all(|state| matches!(state, Confirmed { .. } | Replaced)) {
            Self::Settled
        } else if payments.iter().any(|state| matches!(state, Confirmed { .. } | Returned { .. })) {
            Self::PartlySettled
        } else if pay_on.is_some() {
            Self::Instructed
        } else {
            Self::Approved
        }
    }

    /// Whether the run keeps its territory from opening another.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Open | Self::CutOff | Self::Proposed | Self::Published)
    }

    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Open => "ouvert",
            Self::CutOff => "arrêté en date",
            Self::Proposed => "proposé",
            Self::Published => "publié",
            Self::Approved => "approuvé",
            Self::Instructed => "ordonné",
            Self::PartlySettled => "réglé en partie",
            Self::Settled => "soldé",
            Self::Closed => "clos",
            Self::Rejected => "rejeté",
            Self::Cancelled => "annulé",
        }
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::CutOff => "CUT_OFF",
            Self::Proposed => "PROPOSED",
            Self::Published => "PUBLISHED",
            Self::Approved => "APPROVED",
            Self::Instructed => "INSTRUCTED",
            Self::PartlySettled => "PARTLY_SETTLED",
            Self::Settled => "SETTLED",
            Self::Closed => "CLOSED",
            Self::Rejected => "REJECTED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl NettingStep {
    /// Its name in messages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CutOff => "CUT_OFF",
            Self::Propose => "PROPOSE",
            Self::Publish => "PUBLISH",
            Self::Reject => "REJECT",
            Self::Approve => "APPROVE",
            Self::Instruct => "INSTRUCT",
            Self::Confirm => "CONFIRM",
            Self::Return => "RETURN",
            Self::Group => "GROUP",
            Self::Close => "CLOSE",
            Self::Cancel => "CANCEL",
        }
    }
}

/// A run with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NettingRun {
    /// Where, when, by whom. A run that nobody opened is opened by its first proposal.
    pub opening: NettingOpening,
    /// Seq of the entry that opened it.
    pub opened_seq: Seq,
    /// The last seq that its proposals take into account, once cut off.
    pub cut_off: Option<Seq>,
    /// Its state.
    pub status: NettingStatus,
    /// What was proposed last.
    pub proposed: Option<Proposed>,
    /// Last day on which the published proposal may be disputed.
    pub disputes_until: Option<Date>,
    /// Who approved it, and the seq of the écriture, once approved.
    pub approved: Option<(OfficerId, Seq)>,
    /// Day on which the banks were asked to pay, once instructed.
    pub pay_on: Option<Date>,
    /// What became of each payment, in the order of the plan.
    pub payments: Vec<PaymentState>,
    /// The regional plan that took payments of it over.
    pub regional: Option<NettingId>,
}

/// A proposal in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// Its figures.
    pub proposal: NettingProposal,
    /// Its entry.
    pub seq: Seq,
}

impl NettingRun {
    /// A run just opened.
    #[must_use]
    pub const fn open(opening: NettingOpening, opened_seq: Seq) -> Self {
        Self {
            opening,
            opened_seq,
            cut_off: None,
            status: NettingStatus::Open,
            proposed: None,
            disputes_until: None,
            approved: None,
            pay_on: None,
            payments: Vec::new(),
            regional: None,
        }
    }

    /// What was proposed last, if anything was.
    #[must_use]
    pub fn proposal(&self) -> Option<&NettingProposal> {
        self.proposed.as_ref().map(|proposed| &proposed.proposal)
    }

    /// Whether its state allows a step.
    #[must_use]
    pub fn allows(&self, step: NettingStep) -> bool {
        self.status.steps().contains(&step)
    }
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
    /// Seen at the bank, then sent back: its amount is carried over.
    Returned {
        /// Day on the bank account.
        returned_on: Date,
        /// Seq of the écriture that mirrors the confirmation.
        seq: Seq,
    },
    /// Taken over by a regional plan ([`NettingRun::regional`]): it is not paid as such any more.
    Replaced,
    /// Unpaid when the run was closed or a later run of the territory approved: its amount is carried over.
    Lapsed,
}

impl PaymentState {
    /// Ends the wait for payments: what was not seen at the bank is carried over.
    pub fn lapse(payments: &mut [Self]) {
        for state in payments.iter_mut().filter(|state| **state == Self::Awaited) {
            *state = Self::Lapsed;
        }
    }
}

#[cfg(test)]
mod tests;
