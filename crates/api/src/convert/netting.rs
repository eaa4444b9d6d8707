//! Netting runs and their payments.

use super::words::{self, Asked, date, optional, wire_period, wire_seq, wire_sirens};
use crate::v1;
use chambre_domain::netting::{
    NetPosition, NettingApproval, NettingRejection, Payment, PaymentConfirmation, PaymentState,
};
use chambre_domain::{
    Amount, NettingId, NettingRun, NettingStatus, OfficerId, PaymentId, Period, Reason, Refusal, Siren,
    TerritoryId,
};

/// Most characters of a run's identifier: its payments add theirs, and a bank takes 35.
const LONGEST_NETTING_ID: usize = 30;

/// What a proposal is asked to cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalAsked {
    /// Its identifier; none to let the chamber choose.
    pub id: Option<NettingId>,
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// Who proposes.
    pub officer: OfficerId,
    /// Bailleurs whose position is to be carried over whole, once each, in the order of their SIREN.
    pub held: Vec<Siren>,
}

/// Reads what a proposal is to cover.
///
/// # Errors
/// The field that is missing or wrong.
pub fn propose(wire: v1::ProposeNettingRequest) -> Result<Asked<ProposalAsked>, Refusal> {
    let id = optional(&wire.netting_id, new_netting_id)?;
    let territory = TerritoryId::parse("territory_siren", &wire.territory_siren)?;
    let period = words::period("period", wire.period)?;
    let officer = OfficerId::parse("officer_id", &wire.officer_id)?;
    let mut held = words::sirens("held_sirens", wire.held_sirens)?;
    held.sort_unstable();
    held.dedup();
    let command = ProposalAsked { id, territory, period, officer, held };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads an approval.
///
/// # Errors
/// The field that is missing or wrong.
pub fn approve(wire: v1::ApproveNettingRequest) -> Result<Asked<NettingApproval>, Refusal> {
    let netting = NettingId::parse("netting_id", &wire.netting_id)?;
    let officer = OfficerId::parse("officer_id", &wire.officer_id)?;
    Ok(Asked { command: NettingApproval { netting, officer }, validate_only: wire.validate_only })
}

/// Reads a rejection.
///
/// # Errors
/// The field that is missing or wrong.
pub fn reject(wire: v1::RejectNettingRequest) -> Result<Asked<NettingRejection>, Refusal> {
    let netting = NettingId::parse("netting_id", &wire.netting_id)?;
    let officer = OfficerId::parse("officer_id", &wire.officer_id)?;
    Ok(Asked { command: NettingRejection { netting, officer }, validate_only: wire.validate_only })
}

/// Reads the confirmation of a payment.
///
/// # Errors
/// The field that is missing or wrong.
pub fn confirm(wire: v1::ConfirmPaymentRequest) -> Result<Asked<PaymentConfirmation>, Refusal> {
    let command = PaymentConfirmation {
        netting: NettingId::parse("netting_id", &wire.netting_id)?,
        payment: PaymentId::parse("payment_id", &wire.payment_id)?,
        paid_on: date("paid_on", wire.paid_on)?,
        amount: Amount::new("amount_cents", wire.amount_cents)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// A run with what became of it.
#[must_use]
pub fn wire_run(run: &NettingRun) -> v1::NettingRun {
    let proposal = &run.proposal;
    let plan = &proposal.plan;
    v1::NettingRun {
        netting_id: proposal.id.to_string(),
        territory_siren: proposal.territory.to_string(),
        period: Some(wire_period(proposal.period)),
        status: wire_status(run.status).into(),
        at_seq: wire_seq(proposal.at_seq),
        input_sha256: proposal.input_sha256.to_string(),
        proposed_by: proposal.officer.to_string(),
        approved_by: words::wire_optional(run.approved.as_ref().map(|(officer, _)| officer)),
        positions: proposal.positions.iter().map(wire_position).collect(),
        payments: plan.payments.iter().zip(&run.payments).map(wire_payment).collect(),
        payments_lower_bound: words::small(plan.lower_bound),
        payments_optimal: plan.is_optimal(),
        held_sirens: wire_sirens(&proposal.held),
        relogement_count: i32::try_from(proposal.shared.len()).unwrap_or(i32::MAX),
    }
}

fn new_netting_id(text: &str) -> Result<NettingId, Refusal> {
    if text.len() > LONGEST_NETTING_ID {
        return Err(Refusal::new(Reason::IdTooLong, "netting_id", text).with("limit", LONGEST_NETTING_ID));
    }
    NettingId::parse("netting_id", text)
}

fn wire_status(status: NettingStatus) -> v1::NettingStatus {
    match status {
        NettingStatus::Proposed => v1::NettingStatus::Proposed,
        NettingStatus::Superseded => v1::NettingStatus::Superseded,
        NettingStatus::Rejected => v1::NettingStatus::Rejected,
        NettingStatus::Approved => v1::NettingStatus::Approved,
        NettingStatus::Settled => v1::NettingStatus::Settled,
    }
}

fn wire_position(position: &NetPosition) -> v1::NetPosition {
    v1::NetPosition {
        bailleur_siren: position.bailleur.to_string(),
        effort_cents: position.effort.get(),
        fair_share_cents: position.fair_share.get(),
        carried_over_cents: position.carried_over.get(),
        position_cents: position.position.get(),
        settled_cents: position.settled.get(),
    }
}

fn wire_payment((payment, state): (&Payment, &PaymentState)) -> v1::Payment {
    let status = match state {
        PaymentState::Awaited => v1::PaymentStatus::Awaited,
        PaymentState::Confirmed { .. } => v1::PaymentStatus::Confirmed,
        PaymentState::Lapsed => v1::PaymentStatus::Lapsed,
    };
    v1::Payment {
        payment_id: payment.id.to_string(),
        from_siren: payment.from.to_string(),
        to_siren: payment.to.to_string(),
        amount_cents: payment.amount.get(),
        status: status.into(),
    }
}
