//! Rules of a proposal. Its sums are checked again here, by another road than the engine that made them.

use super::nettings::must_allow;
use crate::books::Books;
use chambre_domain::netting::NetPosition;
use chambre_domain::{
    Cents, NettingProposal, NettingRun, NettingStep, Reason, Refusal, Seq, Siren, Transfers,
};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal of a run that was opened follows it; one of a run that nobody opened opens it.
pub(super) fn proposal(books: &Books, proposal: &NettingProposal) -> Result<Transfers, Refusal> {
    match books.netting(&proposal.id) {
        Some(run) => again(run, proposal)?,
        None => {
            super::nettings::may_open(books, proposal.territory, proposal.period)?;
            revision(proposal, 1)?;
        }
    }
    let head = books.head().seq;
    if proposal.at_seq > head {
        return Err(Refusal::new(Reason::SeqBeyondHead, "at_seq", proposal.at_seq).with("head", head));
    }
    known(books, proposal)?;
    balanced(proposal)?;
    Ok(Transfers::new())
}

/// A run is computed again on what it was cut off at, for the same territory and period.
fn again(run: &NettingRun, proposal: &NettingProposal) -> Result<(), Refusal> {
    must_allow(run, NettingStep::Propose)?;
    let opening = &run.opening;
    if (proposal.territory, proposal.period) != (opening.territory, opening.period) {
        return Err(Refusal::new(Reason::NettingElsewhere, "netting_id", &proposal.id)
            .with("territory", opening.territory)
            .with("from", opening.period.from)
            .with("to", opening.period.to));
    }
    if let Some(cut_off) = run.cut_off.filter(|cut_off| *cut_off != proposal.at_seq) {
        return Err(Refusal::new(Reason::NettingOutdated, "at_seq", proposal.at_seq).with("cut_off", cut_off));
    }
    revision(proposal, run.proposal().map_or(1, |last| last.revision + 1))
}

fn revision(proposal: &NettingProposal, expected: u32) -> Result<(), Refusal> {
    if proposal.revision == expected {
        return Ok(());
    }
    Err(Refusal::new(Reason::NettingOutdated, "revision", proposal.revision).with("expected", expected))
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
    // Not bounded by the position: between pairs, a bailleur may pay while its own debtor does not.
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
