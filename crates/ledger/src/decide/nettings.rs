//! Rules of a netting run. The sums are checked again here, by another road than the engine that made them.

use crate::books::Books;
use crate::posting;
use chambre_domain::netting::{
    NetPosition, NettingApproval, NettingProposal, NettingRejection, PaymentConfirmation, PaymentState,
};
use chambre_domain::{
    Account, Cents, Compte, NettingId, NettingRun, NettingStatus, Reason, Refusal, Seq, Siren, Transfers,
};
use std::collections::{BTreeMap, BTreeSet};

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
    let head = books.head().seq;
    if proposal.at_seq > head {
        return Err(Refusal::new(Reason::SeqBeyondHead, "at_seq", proposal.at_seq).with("head", head));
    }
    known(books, proposal)?;
    balanced(proposal)?;
    Ok(Transfers::new())
}

/// What is shared is of relogements of the territory, each once, and stays in the range of a counter.
fn known(books: &Books, proposal: &NettingProposal) -> Result<(), Refusal> {
    let mut before = Seq::ZERO;
    for share in &proposal.shared {
        let file = books
            .relogement_at(share.recorded_seq)
            .filter(|file| file.measured.territory == proposal.territory && share.recorded_seq > before)
            .ok_or_else(|| {
                Refusal::new(Reason::RelogementUnknown, "shared.recorded_seq", share.recorded_seq)
            })?;
        if file.measured.shared.checked_add(share.amount).is_none() {
            return Err(Refusal::new(Reason::NettingOverflow, "shared.amount_cents", share.amount.get()));
        }
        before = share.recorded_seq;
    }
    for position in &proposal.positions {
        if books.parties().bailleur(position.bailleur).is_none() {
            return Err(Refusal::new(Reason::BailleurUnknown, "positions.bailleur", position.bailleur));
        }
    }
    Ok(())
}

/// Invariant: what is shared, borne and owed are one sum; each position is what it was plus what is borne less
/// what is owed; positions and settled amounts sum to zero; payments move exactly what is settled.
fn balanced(proposal: &NettingProposal) -> Result<(), Refusal> {
    let unbalanced = |what: &str| Err(Refusal::new(Reason::NettingOverflow, what.to_owned(), &proposal.id));
    let positions = &proposal.positions;
    let sum = |part: fn(&NetPosition) -> i128| -> i128 { positions.iter().map(part).sum() };
    let shared: i128 = proposal.shared.iter().map(|share| wide(share.amount)).sum();
    let effort = sum(|p| wide(p.effort));
    if shared != effort || effort != sum(|p| wide(p.fair_share)) {
        return unbalanced("positions.fair_share_cents");
    }
    // One entry adds at most this to an account, which `Books::check_room` keeps below a quarter of the range.
    if sum(|p| wide(p.effort).abs() + wide(p.fair_share).abs()) > i128::from(i64::MAX / 8) {
        return unbalanced("positions.effort_cents");
    }
    if positions
        .iter()
        .any(|p| wide(p.position) != wide(p.effort) - wide(p.fair_share) + wide(p.carried_over))
        || sum(|p| wide(p.position)) != 0
        || sum(|p| wide(p.carried_over)) != 0
    {
        return unbalanced("positions.position_cents");
    }
    if sum(|p| wide(p.settled)) != 0 {
        return unbalanced("positions.settled_cents");
    }
    let mut left: BTreeMap<Siren, i128> = positions.iter().map(|p| (p.bailleur, wide(p.settled))).collect();
    if left.len() != positions.len() {
        return unbalanced("positions.bailleur");
    }
    let mut ids = BTreeSet::new();
    for payment in &proposal.plan.payments {
        if payment.from == payment.to || !ids.insert(&payment.id) {
            return unbalanced("payments.payment_id");
        }
        *left.entry(payment.from).or_default() += wide(payment.amount.cents());
        *left.entry(payment.to).or_default() -= wide(payment.amount.cents());
    }
    if left.values().any(|left| *left != 0) {
        return unbalanced("payments.amount_cents");
    }
    Ok(())
}

fn wide(cents: Cents) -> i128 {
    i128::from(cents.get())
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
