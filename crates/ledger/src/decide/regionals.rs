//! Rules of a regional plan: what it may take over, that its figures do what they must, and what each step moves.
//!
//! It is proposed by one officer and approved by another, like a run; the steps that follow are those of a run.

use super::{mirrored, on_current_accounts};
use crate::books::Books;
use crate::posting;
use chambre_domain::netting_run::{
    NettingCancellation, NettingDecision, NettingInstruction, PaymentConfirmation, PaymentReturn,
    PaymentState,
};
use chambre_domain::regional::{RegionalDue, RegionalPayment, RegionalShare};
use chambre_domain::{
    Account, Cents, Compte, Date, NettingId, NettingRun, NettingStep, Reason, Refusal, RegionalNetting,
    RegionalProposal, Siren, TerritoryId, Transfer, Transfers,
};
use std::collections::{BTreeMap, BTreeSet};

fn allows(plan: &RegionalNetting, step: NettingStep) -> Result<(), Refusal> {
    if plan.allows(step) {
        return Ok(());
    }
    Err(Refusal::new(Reason::NettingStatus, "netting_id", &plan.proposal.id)
        .with("status", plan.status.code())
        .with("step", step.code()))
}

/// A step that only a run has.
pub(super) fn not_a_run(plan: &RegionalNetting, step: NettingStep) -> Refusal {
    Refusal::new(Reason::NettingStatus, "netting_id", &plan.proposal.id)
        .with("status", plan.status.code())
        .with("step", step.code())
        .with("regional", true)
}

/// One plan is under way at a time; it follows the one before it under the same id.
pub(super) fn proposal(books: &Books, proposal: &RegionalProposal) -> Result<Transfers, Refusal> {
    let RegionalProposal { id, revision, at_seq, .. } = proposal;
    if books.netting(id).is_some() {
        return Err(Refusal::new(Reason::EventIdReused, "netting_id", id));
    }
    let before = books.regional(id);
    if let Some(before) = before {
        allows(before, NettingStep::Propose)?;
    }
    let under_way = |plan: &&RegionalNetting| plan.status.is_under_way() && plan.proposal.id != *id;
    if let Some(other) = books.regionals().find(under_way) {
        return Err(Refusal::new(Reason::NettingUnderWay, "netting_id", id)
            .with("netting_id", &other.proposal.id)
            .with("status", other.status.code()));
    }
    let expected = before.map_or(1, |before| before.proposal.revision + 1);
    if *revision != expected {
        return Err(Refusal::new(Reason::NettingOutdated, "revision", revision).with("expected", expected));
    }
    let head = books.head().seq;
    if *at_seq > head {
        return Err(Refusal::new(Reason::SeqBeyondHead, "at_seq", at_seq).with("head", head));
    }
    still_true(books, proposal)?;
    balanced(proposal)?;
    Ok(Transfers::new())
}

pub(super) fn rejection(plan: &RegionalNetting) -> Result<Transfers, Refusal> {
    allows(plan, NettingStep::Reject)?;
    Ok(Transfers::new())
}

/// A second officer signs what is still true.
pub(super) fn approval(
    books: &Books,
    plan: &RegionalNetting,
    approval: &NettingDecision,
) -> Result<Transfers, Refusal> {
    allows(plan, NettingStep::Approve)?;
    if plan.proposal.officer == approval.officer {
        return Err(Refusal::new(Reason::SameOfficer, "officer_id", &approval.officer));
    }
    still_true(books, &plan.proposal)?;
    Ok(posting::regional_approval(&plan.proposal))
}

pub(super) fn instruction(
    plan: &RegionalNetting,
    instruction: &NettingInstruction,
    today: Date,
) -> Result<Transfers, Refusal> {
    allows(plan, NettingStep::Instruct)?;
    if instruction.pay_on < today {
        return Err(Refusal::new(Reason::DatesOutOfOrder, "pay_on", instruction.pay_on).with("today", today));
    }
    Ok(Transfers::new())
}

/// Giving up an approved plan gives the runs their payments back: not once one of them has moved on.
pub(super) fn cancellation(
    books: &Books,
    plan: &RegionalNetting,
    cancellation: &NettingCancellation,
) -> Result<Transfers, Refusal> {
    allows(plan, NettingStep::Cancel)?;
    let Some((_, approved)) = &plan.approved else { return Ok(Transfers::new()) };
    let outdated = |changed: &NettingId| {
        Refusal::new(Reason::NettingOutdated, "netting_id", &cancellation.netting).with("changed", changed)
    };
    for id in &plan.proposal.nettings {
        let run = known(books, id)?;
        let moved_on = run.pay_on.is_some()
            || !run
                .payments
                .iter()
                .all(|state| matches!(state, PaymentState::Awaited | PaymentState::Replaced));
        let last = books.last_approved(run.opening.territory).and_then(|last| last.approved.as_ref());
        if moved_on || last.is_some_and(|(_, seq)| seq > approved) {
            return Err(outdated(id));
        }
    }
    Ok(mirrored(books, &posting::regional_approval(&plan.proposal)))
}

pub(super) fn payment(
    books: &Books,
    plan: &RegionalNetting,
    confirmation: &PaymentConfirmation,
) -> Result<Transfers, Refusal> {
    let id = &confirmation.payment;
    let unknown = || Refusal::new(Reason::PaymentUnknown, "payment_id", id);
    let (payment, state) = plan.payment(id).ok_or_else(unknown)?;
    super::nettings::awaited(id, state, || allows(plan, NettingStep::Confirm))?;
    super::nettings::exact(&payment.payment, confirmation)?;
    Ok(moved(books, payment))
}

pub(super) fn payment_return(
    books: &Books,
    plan: &RegionalNetting,
    back: &PaymentReturn,
) -> Result<Transfers, Refusal> {
    let unknown = || Refusal::new(Reason::PaymentUnknown, "payment_id", &back.payment);
    let (payment, state) = plan.payment(&back.payment).ok_or_else(unknown)?;
    super::nettings::came_back(back, state, || allows(plan, NettingStep::Return))?;
    Ok(moved(books, payment).iter().map(Transfer::mirrored).collect())
}

pub(super) fn closing(plan: &RegionalNetting) -> Result<Transfers, Refusal> {
    allows(plan, NettingStep::Close)?;
    Ok(Transfers::new())
}

/// What a payment moves, on the accounts of the bailleurs that stand today.
fn moved(books: &Books, payment: &RegionalPayment) -> Transfers {
    let transfers = posting::regional_payment(payment);
    transfers.iter().filter_map(|transfer| on_current_accounts(books, transfer)).collect()
}

fn known<'a>(books: &'a Books, id: &NettingId) -> Result<&'a NettingRun, Refusal> {
    books.netting(id).ok_or_else(|| Refusal::new(Reason::NettingUnknown, "netting_ids", id))
}

/// What a plan has in each territory, signed: what it moves, owes or clears.
type Sheet = BTreeMap<(TerritoryId, Siren), i128>;

fn add(sheet: &mut Sheet, territory: TerritoryId, bailleur: Siren, cents: i128) {
    *sheet.entry((territory, bailleur)).or_default() += cents;
}

fn add_dues(sheet: &mut Sheet, dues: &[RegionalDue]) {
    for due in dues {
        let cents = i128::from(due.amount.get());
        add(sheet, due.paid_in, due.from, -cents);
        add(sheet, due.received_in, due.to, cents);
    }
}

fn add_shares(sheet: &mut Sheet, shares: &[RegionalShare]) {
    shares.iter().for_each(|share| add(sheet, share.territory, share.bailleur, wide(share.amount)));
}

/// The runs still await what the plan takes over, and the books still hold what it says is due again.
fn still_true(books: &Books, proposal: &RegionalProposal) -> Result<(), Refusal> {
    let outdated = |changed: &str| {
        Err(Refusal::new(Reason::NettingOutdated, "netting_id", &proposal.id).with("changed", changed))
    };
    let current = |siren| books.parties().current(siren);
    let (mut taken, mut territories) = (Sheet::new(), BTreeSet::new());
    for id in &proposal.nettings {
        let run = known(books, id)?;
        may_group(run)?;
        if !territories.insert(run.opening.territory) {
            return Err(Refusal::new(Reason::NettingStatus, "netting_ids", id));
        }
        let payments = run.proposal().map_or(&[][..], |run| &run.plan.payments);
        for payment in payments.iter().filter(|one| !proposal.out.keep(run.opening.territory, one)) {
            add(&mut taken, run.opening.territory, current(payment.from), -wide(payment.amount.cents()));
            add(&mut taken, run.opening.territory, current(payment.to), wide(payment.amount.cents()));
        }
    }
    let mut said = Sheet::new();
    add_shares(&mut said, &proposal.moved);
    if !same(taken, said) {
        return outdated("runs");
    }
    let mut due = Sheet::new();
    add_dues(&mut due, &proposal.carried_over);
    if !same(due, in_the_books(books)) {
        return outdated("regional positions");
    }
    Ok(())
}

/// A run whose payments were not ordered, and that no other plan took over.
pub(super) fn may_group(run: &NettingRun) -> Result<(), Refusal> {
    super::nettings::not_grouped("netting_ids", run)?;
    super::nettings::must_allow(run, NettingStep::Group)
        .map_err(|refusal| Refusal { field: "netting_ids".to_owned(), ..refusal })
}

fn in_the_books(books: &Books) -> Sheet {
    let regional = books.balances().iter().filter(|(account, _)| account.compte == Compte::PositionRegionale);
    let owner = |account: &Account| account.bailleur.map(|bailleur| (account.territory, bailleur));
    regional
        .filter_map(|(account, balance)| Some((owner(&account)?, i128::from(balance.credit_balance()))))
        .collect()
}

fn same(mut one: Sheet, mut other: Sheet) -> bool {
    one.retain(|_, cents| *cents != 0);
    other.retain(|_, cents| *cents != 0);
    one == other
}

/// Invariant, checked by another road than the engine: what is taken over and due again is exactly what the plan pays
/// and sets off, in each territory; a set-off is zero in sum for each bailleur; both breakdowns make the payment.
fn balanced(proposal: &RegionalProposal) -> Result<(), Refusal> {
    let unbalanced = |what: &str| Err(Refusal::new(Reason::NettingOverflow, what.to_owned(), &proposal.id));
    let (mut open, mut paid) = (Sheet::new(), Sheet::new());
    add_shares(&mut open, &proposal.moved);
    let mut by_territory: BTreeMap<TerritoryId, i128> = BTreeMap::new();
    for ((territory, _), cents) in &open {
        *by_territory.entry(*territory).or_default() += cents;
    }
    if by_territory.values().any(|sum| *sum != 0) {
        return unbalanced("moved");
    }
    add_dues(&mut open, &proposal.carried_over);
    add_shares(&mut paid, &proposal.set_off);
    let mut own: BTreeMap<Siren, i128> = BTreeMap::new();
    proposal.set_off.iter().for_each(|one| *own.entry(one.bailleur).or_default() += wide(one.amount));
    if own.values().any(|sum| *sum != 0) {
        return unbalanced("set_off");
    }
    let mut ids = BTreeSet::new();
    for RegionalPayment { payment, paid_for, received_for } in &proposal.payments {
        let whole = |pieces: &BTreeMap<TerritoryId, Cents>| {
            pieces.values().all(|cents| *cents > Cents::ZERO)
                && pieces.values().map(|cents| wide(*cents)).sum::<i128>() == wide(payment.amount.cents())
        };
        if payment.from == payment.to || !ids.insert(&payment.id) || !whole(paid_for) || !whole(received_for)
        {
            return unbalanced("payments");
        }
        paid_for.iter().for_each(|(at, cents)| add(&mut paid, *at, payment.from, -wide(*cents)));
        received_for.iter().for_each(|(at, cents)| add(&mut paid, *at, payment.to, wide(*cents)));
    }
    // One entry adds at most this to an account, which `Books::check_room` keeps below a quarter of the range.
    let sizes = open.values().map(|cents| cents.abs()).sum::<i128>();
    let set_off = proposal.set_off.iter().map(|share| wide(share.amount).abs()).sum::<i128>();
    if sizes + set_off > i128::from(i64::MAX / 8) {
        return unbalanced("moved");
    }
    if same(open, paid) { Ok(()) } else { unbalanced("payments") }
}

fn wide(cents: Cents) -> i128 {
    i128::from(cents.get())
}
