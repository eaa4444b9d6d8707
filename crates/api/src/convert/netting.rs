//! Netting runs and their payments.

use super::words::{
    self, Asked, date, optional, optional_date, same_names, wire_period, wire_seq, wire_sirens,
};
use crate::v1;
use chambre_domain::netting::{NetPosition, Payment};
use chambre_domain::netting_run::{
    CancellationReason, NettingCancellation, NettingDecision, NettingInstruction, NettingPublication,
    PaymentConfirmation, PaymentReturn, PaymentState,
};
use chambre_domain::{
    Amount, NettingId, NettingRun, NettingStatus, OfficerId, PaymentId, Period, Reason, Refusal, Siren,
    TerritoryId,
};

/// Most characters of a run's identifier: its payments add theirs, and a bank takes 35.
const LONGEST_NETTING_ID: usize = 30;

/// What a run is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningAsked {
    /// Its identifier; none to let the chamber choose.
    pub id: Option<NettingId>,
    /// Where.
    pub territory: TerritoryId,
    /// When.
    pub period: Period,
    /// Who opens it.
    pub officer: OfficerId,
}

/// What a proposal is asked to cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalAsked {
    /// Its identifier; none to let the chamber choose.
    pub id: Option<NettingId>,
    /// Where; may be left out when the run is open.
    pub territory: Option<TerritoryId>,
    /// When; may be left out when the run is open.
    pub period: Option<Period>,
    /// Who proposes.
    pub officer: OfficerId,
    /// Bailleurs whose position is to be carried over whole, once each, in the order of their SIREN.
    pub held: Vec<Siren>,
    /// Bailleurs that refuse the run, once each, in the order of their SIREN.
    pub refusers: Vec<Siren>,
}

/// Reads what a run is opened for.
///
/// # Errors
/// The field that is missing or wrong.
pub fn open(wire: v1::OpenNettingRequest) -> Result<Asked<OpeningAsked>, Refusal> {
    let command = OpeningAsked {
        id: optional(&wire.netting_id, new_netting_id)?,
        territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
        period: words::period("period", wire.period)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads what a review is about.
///
/// # Errors
/// The field that is missing or wrong.
pub fn review(wire: v1::ReviewNettingRequest) -> Result<(TerritoryId, Period), Refusal> {
    let territory = TerritoryId::parse("territory_siren", &wire.territory_siren)?;
    Ok((territory, words::period("period", wire.period)?))
}

/// Reads what a proposal is to cover. Without a run's id, the territory and the period are required.
///
/// # Errors
/// The field that is missing or wrong.
pub fn propose(wire: v1::ProposeNettingRequest) -> Result<Asked<ProposalAsked>, Refusal> {
    let id = optional(&wire.netting_id, new_netting_id)?;
    let once_each = |field: &str, sirens: Vec<String>| {
        let mut sirens = words::sirens(field, sirens)?;
        sirens.sort_unstable();
        sirens.dedup();
        Ok::<_, Refusal>(sirens)
    };
    let held = once_each("held_sirens", wire.held_sirens)?;
    let refusers = once_each("refuser_sirens", wire.refuser_sirens)?;
    let command = ProposalAsked {
        territory: match &id {
            Some(_) => words::optional_territory("territory_siren", &wire.territory_siren)?,
            None => Some(TerritoryId::parse("territory_siren", &wire.territory_siren)?),
        },
        period: match &id {
            Some(_) => words::optional_period("period", wire.period)?,
            None => Some(words::period("period", wire.period)?),
        },
        id,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
        held,
        refusers,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads a publication.
///
/// # Errors
/// The field that is missing or wrong.
pub fn publish(wire: v1::PublishNettingRequest) -> Result<Asked<NettingPublication>, Refusal> {
    let NettingDecision { netting, officer } = named(&wire.netting_id, &wire.officer_id)?;
    let disputes_until = optional_date("disputes_until", wire.disputes_until)?;
    let command = NettingPublication { netting, officer, disputes_until };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads a step that names nothing but the run and the officer: cut-off, rejection, approval, closing.
///
/// # Errors
/// The field that is missing or wrong.
pub fn decision(
    netting_id: &str,
    officer_id: &str,
    validate_only: bool,
) -> Result<Asked<NettingDecision>, Refusal> {
    Ok(Asked { command: named(netting_id, officer_id)?, validate_only })
}

fn named(netting_id: &str, officer_id: &str) -> Result<NettingDecision, Refusal> {
    let netting = NettingId::parse("netting_id", netting_id)?;
    Ok(NettingDecision { netting, officer: OfficerId::parse("officer_id", officer_id)? })
}

/// Reads the order to pay.
///
/// # Errors
/// The field that is missing or wrong.
pub fn instruct(wire: v1::InstructNettingRequest) -> Result<Asked<NettingInstruction>, Refusal> {
    let NettingDecision { netting, officer } = named(&wire.netting_id, &wire.officer_id)?;
    let command = NettingInstruction { netting, officer, pay_on: date("pay_on", wire.pay_on)? };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads a cancellation.
///
/// # Errors
/// The field that is missing or wrong.
pub fn cancel(wire: v1::CancelNettingRequest) -> Result<Asked<NettingCancellation>, Refusal> {
    let NettingDecision { netting, officer } = named(&wire.netting_id, &wire.officer_id)?;
    let command = NettingCancellation { netting, officer, reason: read_reason("reason", wire.reason)? };
    Ok(Asked { command, validate_only: wire.validate_only })
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
        amount: Amount::of_payment("amount_cents", wire.amount_cents)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

/// Reads the return of a payment.
///
/// # Errors
/// The field that is missing or wrong.
pub fn send_back(wire: v1::ReturnPaymentRequest) -> Result<Asked<PaymentReturn>, Refusal> {
    let command = PaymentReturn {
        netting: NettingId::parse("netting_id", &wire.netting_id)?,
        payment: PaymentId::parse("payment_id", &wire.payment_id)?,
        returned_on: date("returned_on", wire.returned_on)?,
        officer: OfficerId::parse("officer_id", &wire.officer_id)?,
    };
    Ok(Asked { command, validate_only: wire.validate_only })
}

same_names! {
    read_reason, wire_reason: CancellationReason {
        OpenedByMistake, IncompleteDeclarations, ConventionDisputed, DecisionOfTheSignatories,
    }
}

/// Why a run was cancelled, as it is sent.
#[must_use]
pub fn wire_cancellation_reason(reason: CancellationReason) -> i32 {
    wire_reason(reason)
}

/// A run with what became of it.
#[must_use]
pub fn wire_run(run: &NettingRun) -> v1::NettingRun {
    let opening = &run.opening;
    let mut wire = v1::NettingRun {
        netting_id: opening.id.to_string(),
        territory_siren: opening.territory.to_string(),
        period: Some(wire_period(opening.period)),
        opened_by: opening.officer.to_string(),
        status: wire_status(run.status).into(),
        at_seq: run.cut_off.map_or(0, wire_seq),
        approved_by: words::wire_optional(run.approved.as_ref().map(|(officer, _)| officer)),
        approved_seq: run.approved.as_ref().map_or(0, |(_, seq)| wire_seq(*seq)),
        disputes_until: run.disputes_until.map(words::wire_date),
        pay_on: run.pay_on.map(words::wire_date),
        regional_netting_id: words::wire_optional(run.regional.as_ref()),
        ..Default::default()
    };
    if let Some(proposal) = run.proposal() {
        let plan = &proposal.plan;
        wire.proposed_by = proposal.officer.to_string();
        wire.revision = words::small(proposal.revision);
        wire.input_sha256 = proposal.input_sha256.to_string();
        wire.positions = proposal.positions.iter().map(wire_position).collect();
        wire.payments = plan.payments.iter().zip(&run.payments).map(wire_payment).collect();
        wire.payments_lower_bound = words::small(plan.lower_bound);
        wire.payments_optimal = plan.is_optimal();
        wire.held_sirens = wire_sirens(&proposal.held);
        wire.refuser_sirens = wire_sirens(&proposal.refusers);
        wire.relogement_count = i32::try_from(proposal.shared.len()).unwrap_or(i32::MAX);
        wire.disputed_count = i32::try_from(proposal.disputed.len()).unwrap_or(i32::MAX);
    }
    wire
}

pub(super) fn new_netting_id(text: &str) -> Result<NettingId, Refusal> {
    if text.len() > LONGEST_NETTING_ID {
        return Err(Refusal::new(Reason::IdTooLong, "netting_id", text).with("limit", LONGEST_NETTING_ID));
    }
    NettingId::parse("netting_id", text)
}

pub(super) fn wire_status(status: NettingStatus) -> v1::NettingStatus {
    match status {
        NettingStatus::Open => v1::NettingStatus::Open,
        NettingStatus::CutOff => v1::NettingStatus::CutOff,
        NettingStatus::Proposed => v1::NettingStatus::Proposed,
        NettingStatus::Published => v1::NettingStatus::Published,
        NettingStatus::Approved => v1::NettingStatus::Approved,
        NettingStatus::Instructed => v1::NettingStatus::Instructed,
        NettingStatus::PartlySettled => v1::NettingStatus::PartlySettled,
        NettingStatus::Settled => v1::NettingStatus::Settled,
        NettingStatus::Closed => v1::NettingStatus::Closed,
        NettingStatus::Rejected => v1::NettingStatus::Rejected,
        NettingStatus::Cancelled => v1::NettingStatus::Cancelled,
    }
}

/// Where a bailleur stands.
#[must_use]
pub fn wire_position(position: &NetPosition) -> v1::NetPosition {
    v1::NetPosition {
        bailleur_siren: position.bailleur.to_string(),
        effort_cents: position.effort.get(),
        fair_share_cents: position.fair_share.get(),
        carried_over_cents: position.carried_over.get(),
        position_cents: position.position.get(),
        settled_cents: position.settled.get(),
    }
}

pub(super) fn wire_payment((payment, state): (&Payment, &PaymentState)) -> v1::Payment {
    let status = match state {
        PaymentState::Awaited => v1::PaymentStatus::Awaited,
        PaymentState::Confirmed { .. } => v1::PaymentStatus::Confirmed,
        PaymentState::Returned { .. } => v1::PaymentStatus::Returned,
        PaymentState::Lapsed => v1::PaymentStatus::Lapsed,
        PaymentState::Replaced => v1::PaymentStatus::Replaced,
    };
    v1::Payment {
        payment_id: payment.id.to_string(),
        from_siren: payment.from.to_string(),
        to_siren: payment.to.to_string(),
        amount_cents: payment.amount.get(),
        status: status.into(),
        ..Default::default()
    }
}
