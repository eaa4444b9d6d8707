//! Rules of a netting run. The sums are checked again here, by another road than the engine that made them.

use crate::books::Books;
use crate::posting;
use chambre_domain::netting::{
    NettingApproval, NettingProposal, NettingRejection, PaymentConfirmation, PaymentState,
};
use chambre_domain::{Account, Compte, NettingId, NettingRun, NettingStatus, Reason, Refusal, Transfers};

pub(super) fn proposal(books: &Books, proposal: &NettingProposal) -> Result<Transfers, Refusal> {
    if books.netting(&proposal.id).is_some() {
        return Err(Refusal::new(Reason::EventIdReused, "netting_id", &proposal.id));
    }
    if let Some(last) = books.last_approved(proposal.territory)
        && proposal.period.to < last.proposal.period.to
    {
        return Err(Refusal::new(Reason::PeriodOrder, "period.to", proposal.period.to)
            .with("last_approved_to", last.proposal.period.to));
    }
    balanced(proposal)?;
    Ok(Transfers::new())
}

/// Invariant: what is shared, borne and owed are one sum; positions and settled amounts sum to zero.
fn balanced(proposal: &NettingProposal) -> Result<(), Refusal> {
    let unbalanced = |what: &str| Err(Refusal::new(Reason::NettingOverflow, what.to_owned(), &proposal.id));
    let sum = |part: fn(&chambre_domain::netting::NetPosition) -> i64| -> i128 {
        proposal.positions.iter().map(|position| i128::from(part(position))).sum()
    };
    let shared: i128 = proposal.shared.iter().map(|share| i128::from(share.amount.get())).sum();
    let effort = sum(|p| p.effort.get());
    if shared != effort || effort != sum(|p| p.fair_share.get()) {
        return unbalanced("positions.fair_share_cents");
    }
    if sum(|p| p.position.get()) != 0 || sum(|p| p.settled.get()) != 0 || sum(|p| p.carried_over.get()) != 0 {
        return unbalanced("positions.position_cents");
    }
    for position in &proposal.positions {
        let received: i64 =
            proposal.plan.payments.iter().filter(|p| p.to == position.bailleur).map(|p| p.amount.get()).sum();
        let paid: i64 = proposal
            .plan
            .payments
            .iter()
            .filter(|p| p.from == position.bailleur)
            .map(|p| p.amount.get())
            .sum();
        if received - paid != position.settled.get() {
            return unbalanced("payments.amount_cents");
        }
    }
    Ok(())
}

fn run<'a>(books: &'a Books, id: &NettingId) -> Result<&'a NettingRun, Refusal> {
    books.netting(id).ok_or_else(|| Refusal::new(Reason::NettingUnknown, "netting_id", id))
}

fn must_be(run: &NettingRun, status: NettingStatus) -> Result<(), Refusal> {
    if run.status == status {
        Ok(())
    } else {
        Err(Refusal::new(Reason::NettingStatus, "netting_id", &run.proposal.id)
            .with("status", format!("{:?}", run.status).to_uppercase())
            .with("needed", format!("{status:?}").to_uppercase()))
    }
}

pub(super) fn rejection(books: &Books, rejection: &NettingRejection) -> Result<Transfers, Refusal> {
    must_be(run(books, &rejection.netting)?, NettingStatus::Proposed)?;
    Ok(Transfers::new())
}

pub(super) fn approval(books: &Books, approval: &NettingApproval) -> Result<Transfers, Refusal> {
    let run = run(books, &approval.netting)?;
    must_be(run, NettingStatus::Proposed)?;
    let proposal = &run.proposal;
    if proposal.officer == approval.officer {
        return Err(Refusal::new(Reason::SameOfficer, "officer_id", &approval.officer));
    }
    let outdated = |what: &str| {
        Err(Refusal::new(Reason::NettingOutdated, "netting_id", &proposal.id).with("changed", what))
    };
    let later = books.last_approved(proposal.territory).and_then(|last| last.approved.as_ref());
    if later.is_some_and(|(_, seq)| *seq > proposal.at_seq) {
        return outdated("approved runs");
    }
    // A payment confirmed, or a merger, since the proposal: its carry-over is no longer the truth.
    for position in &proposal.positions {
        let account = Account::of(Compte::PositionDuBailleur, proposal.territory, position.bailleur);
        if books.balances().of(account).credit_balance() != position.carried_over.get()
            || books.parties().current(position.bailleur) != position.bailleur
        {
            return outdated("positions");
        }
    }
    let transfers = proposal.positions.iter();
    Ok(transfers
        .flat_map(|p| posting::netting(proposal.territory, p.bailleur, p.effort, p.fair_share))
        .collect())
}

pub(super) fn payment(books: &Books, confirmation: &PaymentConfirmation) -> Result<Transfers, Refusal> {
    let run = run(books, &confirmation.netting)?;
    if !matches!(run.status, NettingStatus::Approved | NettingStatus::Settled) {
        must_be(run, NettingStatus::Approved)?;
    }
    let payments = run.proposal.plan.payments.iter().zip(&run.payments);
    let (payment, state) = payments
        .into_iter()
        .find(|(payment, _)| payment.id == confirmation.payment)
        .ok_or_else(|| Refusal::new(Reason::PaymentUnknown, "payment_id", &confirmation.payment))?;
    match state {
        PaymentState::Awaited => {}
        PaymentState::Confirmed { seq, .. } => {
            return Err(Refusal::new(Reason::PaymentConfirmed, "payment_id", &payment.id).with("seq", seq));
        }
        PaymentState::Lapsed => return Err(Refusal::new(Reason::PaymentLapsed, "payment_id", &payment.id)),
    }
    if payment.amount != confirmation.amount {
        return Err(Refusal::new(Reason::PaymentDiffers, "amount_cents", confirmation.amount.get())
            .with("instructed_cents", payment.amount.get()));
    }
    let current = |siren| books.parties().current(siren);
    Ok(posting::payment(run.proposal.territory, current(payment.from), current(payment.to), payment.amount))
}
