//! Rules of the life of a netting run. Which state allows which step is a table of the domain
//! ([`chambre_domain::NettingStatus::steps`]); here is what else a step needs, and what it moves.

use super::{disputes, mirrored};
use crate::books::Books;
use crate::posting;
use chambre_domain::netting::Payment;
use chambre_domain::netting_run::{
    NettingCancellation, NettingDecision, NettingInstruction, NettingOpening, NettingPublication,
    PaymentConfirmation, PaymentReturn, PaymentState,
};
use chambre_domain::{
    Account, Compte, Date, NettingId, NettingProposal, NettingRun, NettingStatus, NettingStep, PaymentId,
    Period, Reason, Refusal, TerritoryId, Transfer, Transfers,
};

fn run<'a>(books: &'a Books, id: &NettingId) -> Result<&'a NettingRun, Refusal> {
    books.netting(id).ok_or_else(|| Refusal::new(Reason::NettingUnknown, "netting_id", id))
}

/// The run, when its state allows the step.
fn run_for<'a>(books: &'a Books, id: &NettingId, step: NettingStep) -> Result<&'a NettingRun, Refusal> {
    let run = run(books, id)?;
    must_allow(run, step)?;
    Ok(run)
}

pub(super) fn must_allow(run: &NettingRun, step: NettingStep) -> Result<(), Refusal> {
    if run.allows(step) {
        return Ok(());
    }
    Err(Refusal::new(Reason::NettingStatus, "netting_id", &run.opening.id)
        .with("status", run.status.code())
        .with("step", step.code()))
}

/// A territory has one run under way at a time, and its periods never go back.
pub(super) fn may_open(books: &Books, territory: TerritoryId, period: Period) -> Result<(), Refusal> {
    if let Some(last) = books.last_approved(territory).filter(|last| period.to < last.opening.period.to) {
        return Err(Refusal::new(Reason::PeriodOrder, "period.to", period.to)
            .with("last_approved_to", last.opening.period.to));
    }
    let mut runs = books.nettings().filter(|run| run.opening.territory == territory);
    match runs.find(|run| run.status.is_under_way()) {
        Some(other) => Err(Refusal::new(Reason::NettingUnderWay, "territory_siren", territory)
            .with("netting_id", &other.opening.id)
            .with("status", other.status.code())),
        None => Ok(()),
    }
}

pub(super) fn opening(books: &Books, opening: &NettingOpening) -> Result<Transfers, Refusal> {
    if books.netting(&opening.id).is_some() || books.regional(&opening.id).is_some() {
        return Err(Refusal::new(Reason::EventIdReused, "netting_id", &opening.id));
    }
    may_open(books, opening.territory, opening.period)?;
    Ok(Transfers::new())
}

pub(super) fn cut_off(books: &Books, cut_off: &NettingDecision) -> Result<Transfers, Refusal> {
    run_for(books, &cut_off.netting, NettingStep::CutOff)?;
    Ok(Transfers::new())
}

pub(super) fn publication(
    books: &Books,
    publication: &NettingPublication,
    today: Date,
) -> Result<Transfers, Refusal> {
    let run = run_for(books, &publication.netting, NettingStep::Publish)?;
    let given = publication.disputes_until;
    if let Some(until) = given.filter(|until| *until < today) {
        return Err(Refusal::new(Reason::DatesOutOfOrder, "disputes_until", until).with("today", today));
    }
    // No window at all is shorter than any day.
    if let Some(needed) = books.disputes_until_at_least(&run.opening, today).filter(|day| given < Some(*day))
    {
        let given = given.map_or_else(String::new, |until| until.to_string());
        return Err(
            Refusal::new(Reason::DisputeWindowShort, "disputes_until", given).with("at_least", needed)
        );
    }
    Ok(Transfers::new())
}

pub(super) fn rejection(books: &Books, rejection: &NettingDecision) -> Result<Transfers, Refusal> {
    run_for(books, &rejection.netting, NettingStep::Reject)?;
    Ok(Transfers::new())
}

/// A second officer signs, once the window is over and nothing that the proposal counts is disputed.
pub(super) fn approval(books: &Books, approval: &NettingDecision, today: Date) -> Result<Transfers, Refusal> {
    let run = run_for(books, &approval.netting, NettingStep::Approve)?;
    let proposal = proposal_of(run)?;
    if proposal.officer == approval.officer {
        return Err(Refusal::new(Reason::SameOfficer, "officer_id", &approval.officer));
    }
    if run.status != NettingStatus::Published && books.disputes_until_at_least(&run.opening, today).is_some()
    {
        return Err(Refusal::new(Reason::NettingUnpublished, "netting_id", &proposal.id)
            .with("status", run.status.code()));
    }
    if let Some(until) = run.disputes_until.filter(|until| today <= *until) {
        return Err(Refusal::new(Reason::DisputeWindowOpen, "netting_id", &proposal.id)
            .with("disputes_until", until)
            .with("today", today));
    }
    disputes::undisputed(books, proposal)?;
    still_true(books, proposal)?;
    Ok(posting::approval(proposal))
}

/// A payment confirmed, a run approved or a merger since the proposal: its carry-over is no longer the truth.
fn still_true(books: &Books, proposal: &NettingProposal) -> Result<(), Refusal> {
    let outdated = |what: &str| {
        Err(Refusal::new(Reason::NettingOutdated, "netting_id", &proposal.id).with("changed", what))
    };
    let later = books.last_approved(proposal.territory).and_then(|last| last.approved.as_ref());
    if later.is_some_and(|(_, seq)| *seq > proposal.at_seq) {
        return outdated("approved runs");
    }
    for position in &proposal.positions {
        let account = Account::of(Compte::PositionDuBailleur, proposal.territory, position.bailleur);
        if books.balances().of(account).credit_balance() != position.carried_over.get()
            || books.parties().current(position.bailleur) != position.bailleur
        {
            return outdated("positions");
        }
    }
    Ok(())
}

pub(super) fn instruction(
    books: &Books,
    instruction: &NettingInstruction,
    today: Date,
) -> Result<Transfers, Refusal> {
    run_for(books, &instruction.netting, NettingStep::Instruct)?;
    if instruction.pay_on < today {
        return Err(Refusal::new(Reason::DatesOutOfOrder, "pay_on", instruction.pay_on).with("today", today));
    }
    Ok(Transfers::new())
}

/// Giving up an approved run mirrors its écriture; before approval nothing was booked.
pub(super) fn cancellation(books: &Books, cancellation: &NettingCancellation) -> Result<Transfers, Refusal> {
    let run = run_for(books, &cancellation.netting, NettingStep::Cancel)?;
    not_grouped("netting_id", run)?;
    let Some((_, approved)) = &run.approved else { return Ok(Transfers::new()) };
    let last = books.last_approved(run.opening.territory).and_then(|last| last.approved.as_ref());
    if let Some((_, later)) = last.filter(|(_, seq)| seq > approved) {
        return Err(Refusal::new(Reason::NettingOutdated, "netting_id", &run.opening.id)
            .with("changed", "approved runs")
            .with("seq", later));
    }
    Ok(mirrored(books, &posting::approval(proposal_of(run)?)))
}

pub(super) fn payment(books: &Books, confirmation: &PaymentConfirmation) -> Result<Transfers, Refusal> {
    let run = run(books, &confirmation.netting)?;
    let (payment, state) =
        payment_of(run, &confirmation.payment).ok_or_else(|| unknown(&confirmation.payment))?;
    if state == PaymentState::Replaced {
        not_grouped("payment_id", run)?;
    }
    awaited(&payment.id, state, || must_allow(run, NettingStep::Confirm))?;
    exact(payment, confirmation)?;
    Ok(moved(books, run, payment))
}

/// A payment is confirmed once, while it is awaited.
pub(super) fn awaited(
    id: &PaymentId,
    state: PaymentState,
    allowed: impl FnOnce() -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match state {
        PaymentState::Awaited => allowed(),
        PaymentState::Confirmed { seq, .. } => {
            Err(Refusal::new(Reason::PaymentConfirmed, "payment_id", id).with("seq", seq))
        }
        // What came back is carried over like what was never paid: its instruction is not used twice.
        PaymentState::Lapsed | PaymentState::Returned { .. } | PaymentState::Replaced => {
            Err(Refusal::new(Reason::PaymentLapsed, "payment_id", id))
        }
    }
}

/// What is seen at the bank is what was ordered, to the cent.
pub(super) fn exact(payment: &Payment, confirmation: &PaymentConfirmation) -> Result<(), Refusal> {
    if payment.amount == confirmation.amount {
        return Ok(());
    }
    Err(Refusal::new(Reason::PaymentDiffers, "amount_cents", confirmation.amount.get())
        .with("instructed_cents", payment.amount.get()))
}

/// A run keeps its payments to itself.
pub(super) fn not_grouped(field: &str, run: &NettingRun) -> Result<(), Refusal> {
    match &run.regional {
        Some(plan) => {
            Err(Refusal::new(Reason::NettingGrouped, field, &run.opening.id).with("netting_id", plan))
        }
        None => Ok(()),
    }
}

/// A payment that comes back is the mirror of its confirmation; its amount is carried over.
pub(super) fn payment_return(books: &Books, back: &PaymentReturn) -> Result<Transfers, Refusal> {
    let run = run(books, &back.netting)?;
    let (payment, state) = payment_of(run, &back.payment).ok_or_else(|| unknown(&back.payment))?;
    came_back(back, state, || must_allow(run, NettingStep::Return))?;
    Ok(moved(books, run, payment).iter().map(Transfer::mirrored).collect())
}

/// Only what was seen at the bank comes back, later.
pub(super) fn came_back(
    back: &PaymentReturn,
    state: PaymentState,
    allowed: impl FnOnce() -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let PaymentState::Confirmed { paid_on, .. } = state else {
        return Err(Refusal::new(Reason::PaymentNotConfirmed, "payment_id", &back.payment));
    };
    allowed()?;
    if back.returned_on < paid_on {
        return Err(
            Refusal::new(Reason::DatesOutOfOrder, "returned_on", back.returned_on).with("paid_on", paid_on)
        );
    }
    Ok(())
}

pub(super) fn closing(books: &Books, closing: &NettingDecision) -> Result<Transfers, Refusal> {
    run_for(books, &closing.netting, NettingStep::Close)?;
    Ok(Transfers::new())
}

fn proposal_of(run: &NettingRun) -> Result<&NettingProposal, Refusal> {
    run.proposal().ok_or_else(|| Refusal::new(Reason::NettingStatus, "netting_id", &run.opening.id))
}

fn payment_of<'a>(run: &'a NettingRun, id: &PaymentId) -> Option<(&'a Payment, PaymentState)> {
    let payments = run.proposal()?.plan.payments.iter().zip(&run.payments);
    payments.into_iter().find(|(payment, _)| payment.id == *id).map(|(payment, state)| (payment, *state))
}

fn unknown(payment: &PaymentId) -> Refusal {
    Refusal::new(Reason::PaymentUnknown, "payment_id", payment)
}

/// What a payment moves, on the accounts of the bailleurs that stand today.
fn moved(books: &Books, run: &NettingRun, payment: &Payment) -> Transfers {
    let current = |siren| books.parties().current(siren);
    posting::payment(run.opening.territory, current(payment.from), current(payment.to), payment.amount)
}
