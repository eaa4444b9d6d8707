//! What happens to a relogement after it is recorded: works, vacancy, indemnity, revision, end of lease.

use crate::calendar::Date;
use crate::ids::{EventId, OfficerId, RelogementId, VoucherRef};
use crate::money::{Amount, Cents};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};

/// Adaptation works borne by the host. A measured effort, never an invoice: landlords may not re-invoice
/// works to each other (AORIF study, chapter 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Works {
    /// The relogement they were made for.
    pub relogement: RelogementId,
    /// Cost borne, in cents.
    pub amount: Amount,
    /// Date of the invoice of the works company.
    pub invoiced_on: Date,
    /// The voucher, in the bailleur's filing.
    pub voucher: VoucherRef,
}

/// A dwelling kept empty for a relogement (vivier).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vacancy {
    /// The relogement it was kept for.
    pub relogement: RelogementId,
    /// First empty day.
    pub from: Date,
    /// Last empty day, the same or later.
    pub to: Date,
    /// Rent lost over the whole span, in cents.
    pub amount: Amount,
}

impl Vacancy {
    /// Days empty, first and last included.
    #[must_use]
    pub fn days(&self) -> i32 {
        crate::calendar::day_number(self.to) - crate::calendar::day_number(self.from) + 1
    }
}

/// A step of the ANRU indemnity for minoration de loyer. Only what is received nets the effort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indemnity {
    /// The relogement it is paid for.
    pub relogement: RelogementId,
    /// The step.
    pub status: IndemnityStatus,
    /// Flat sum, in cents.
    pub amount: Amount,
    /// Day of the step: for a receipt, the day on the bank account.
    pub occurred_on: Date,
}

/// Steps of the indemnity, in their usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndemnityStatus {
    /// Hoped for: a note, no écriture.
    Expected,
    /// Asked of ANRU: a note, no écriture.
    Requested,
    /// Granted by ANRU: a note, no écriture.
    Notified,
    /// Received by the host: lowers its effort.
    Received,
    /// Taken back by ANRU: raises it again.
    Reclaimed,
}

/// New rents from the first day of a month, declared by the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentRevision {
    /// The relogement.
    pub relogement: RelogementId,
    /// First day of the month from which they apply.
    pub from: Date,
    /// New monthly reference rent.
    pub reference_rent: Cents,
    /// New monthly rent in the lease.
    pub practised_rent: Cents,
}

/// The household has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseEnd {
    /// The relogement.
    pub relogement: RelogementId,
    /// Last day of the lease.
    pub ended_on: Date,
}

/// Cancels an earlier declaration by its mirror: the only correction there is (code de commerce L.123-22,
/// no alteration).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// Event id of the declaration to cancel.
    pub reverses: EventId,
    /// Why, from a closed list; no free text enters the journal.
    pub reason: ReversalReason,
}

/// Why a declaration is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// Mistyped or miscomputed.
    Error,
    /// Declared twice under two ids.
    Duplicate,
    /// What was declared did not happen.
    Cancelled,
}

/// Rent gap booked at a closing for the months run so far; written by the chamber, never declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RentGapAccrual {
    /// The relogement.
    pub relogement: RelogementId,
    /// Seq under which that relogement was recorded.
    pub recorded_seq: crate::entry::Seq,
    /// Last day counted.
    pub through: Date,
    /// Rent gap due from the lease date to that day.
    pub due: Cents,
    /// What earlier closings booked of it; the écriture moves the difference.
    pub booked_before: Cents,
}

/// Building rights due to, or honoured for, a bailleur that took households in (study: Aubervilliers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandCounterpart {
    /// The netting territory.
    pub territory: TerritoryId,
    /// The bailleur they are due to.
    pub bailleur: Siren,
    /// Due or honoured.
    pub step: CounterpartStep,
    /// Whole m² of surface de plancher.
    pub square_metres: Amount,
    /// Day of the act.
    pub occurred_on: Date,
    /// Reference of the act.
    pub voucher: VoucherRef,
    /// Officer who recorded it.
    pub officer: OfficerId,
}

/// Steps of a land counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterpartStep {
    /// Promised.
    Due,
    /// Delivered.
    Honoured,
}
