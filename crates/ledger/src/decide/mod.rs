//! Whether an event may enter the books, and what it moves. Reads the books, changes nothing.

mod disputes;
mod efforts;
mod nettings;
mod proposals;
mod regionals;
mod registrations;

use crate::books::Books;
use crate::posting::Parties;
use chambre_domain::{
    Account, Date, Entry, Event, NettingStep, Reason, Refusal, RegionalNetting, Siren, Transfer, Transfers,
};
pub(crate) use efforts::accrued_due;

/// What the rules make of an event they accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When it happened.
    pub occurred_on: Date,
    /// What it moves.
    pub transfers: Transfers,
}

/// What the rules need besides the books.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The accounting day of the chamber.
    pub today: Date,
    /// For a reversal: the entry it names, if the journal holds it.
    pub target: Option<&'a Entry>,
}

/// Decides on an event.
///
/// # Errors
/// The first rule it breaks.
pub fn decide(books: &Books, event: &Event, context: &Context<'_>) -> Result<Decision, Refusal> {
    let occurred_on = match (event, context.target) {
        // A reversal takes the day of what it cancels: the effort of that day was never borne.
        (Event::EventReversed(_), Some(target)) => target.occurred_on,
        _ => event.occurred_on().unwrap_or(context.today),
    };
    if occurred_on > context.today && !matches!(event, Event::RentGapAccrued(_)) {
        return Err(
            Refusal::new(Reason::DateInFuture, date_field(event), occurred_on).with("today", context.today)
        );
    }
    let transfers = transfers(books, event, context)?;
    books.check_room(&transfers)?;
    Ok(Decision { occurred_on, transfers })
}

fn transfers(books: &Books, event: &Event, context: &Context<'_>) -> Result<Transfers, Refusal> {
    if let Some(plan) = event.netting().and_then(|id| books.regional(id)) {
        return regional_step(books, plan, event, context);
    }
    match event {
        Event::BailleurRegistered(bailleur) => registrations::bailleur(books, bailleur),
        Event::BailleurSucceeded(succession) => registrations::succession(books, succession),
        Event::BankAccountRegistered(account) => registrations::bank_account(books, account, context.today),
        Event::OperationRegistered(operation) => registrations::operation(books, operation),
        Event::ConventionPublished(convention) => registrations::convention(books, convention),
        Event::RelogementRecorded(relogement) => efforts::relogement(books, relogement),
        Event::RentRevised(revision) => efforts::rent_revision(books, revision),
        Event::RentGapAccrued(accrual) => efforts::accrual(books, accrual),
        Event::WorksRecorded(works) => efforts::works(books, works),
        Event::VacancyRecorded(vacancy) => efforts::vacancy(books, vacancy),
        Event::IndemnityRecorded(indemnity) => efforts::indemnity(books, indemnity),
        Event::LeaseEnded(end) => efforts::lease_end(books, end),
        Event::LandCounterpartRecorded(counterpart) => efforts::land_counterpart(books, counterpart),
        Event::EventReversed(reversal) => efforts::reversal(books, reversal, context.target),
        Event::DisputeRaised(raising) => disputes::raising(books, raising, context.today),
        Event::DisputeSettled(settlement) => disputes::settlement(books, settlement),
        Event::NettingOpened(opening) => nettings::opening(books, opening),
        Event::NettingCutOff(cut_off) => nettings::cut_off(books, cut_off),
        Event::NettingProposed(proposal) => proposals::proposal(books, proposal),
        Event::RegionalProposed(proposal) => regionals::proposal(books, proposal),
        Event::NettingPublished(publication) => nettings::publication(books, publication, context.today),
        Event::NettingRejected(rejection) => nettings::rejection(books, rejection),
        Event::NettingApproved(approval) => nettings::approval(books, approval, context.today),
        Event::NettingInstructed(order) => nettings::instruction(books, order, context.today),
        Event::NettingCancelled(cancellation) => nettings::cancellation(books, cancellation),
        Event::PaymentConfirmed(confirmation) => nettings::payment(books, confirmation),
        Event::PaymentReturned(back) => nettings::payment_return(books, back),
        Event::NettingClosed(closing) => nettings::closing(books, closing),
    }
}

/// A step of a regional plan: those of a run, but for what a run alone has.
fn regional_step(
    books: &Books,
    plan: &RegionalNetting,
    event: &Event,
    context: &Context<'_>,
) -> Result<Transfers, Refusal> {
    match event {
        Event::RegionalProposed(proposal) => regionals::proposal(books, proposal),
        Event::NettingRejected(_) => regionals::rejection(plan),
        Event::NettingApproved(approval) => regionals::approval(books, plan, approval),
        Event::NettingInstructed(order) => regionals::instruction(plan, order, context.today),
        Event::NettingCancelled(cancellation) => regionals::cancellation(books, plan, cancellation),
        Event::PaymentConfirmed(confirmation) => regionals::payment(books, plan, confirmation),
        Event::PaymentReturned(back) => regionals::payment_return(books, plan, back),
        Event::NettingClosed(_) => regionals::closing(plan),
        Event::NettingPublished(_) => Err(regionals::not_a_run(plan, NettingStep::Publish)),
        Event::NettingCutOff(_) => Err(regionals::not_a_run(plan, NettingStep::CutOff)),
        _ => Err(regionals::not_a_run(plan, NettingStep::Propose)),
    }
}

/// The field that carries the date of an event, as the wire names it.
fn date_field(event: &Event) -> &'static str {
    match event {
        Event::BailleurSucceeded(_) => "effective_on",
        Event::RelogementRecorded(_) => "relogement.lease_date",
        Event::RentRevised(_) => "rent_revision.from",
        Event::WorksRecorded(_) => "works.invoiced_on",
        Event::VacancyRecorded(_) => "vacancy.to",
        Event::IndemnityRecorded(_) => "indemnity.occurred_on",
        Event::LeaseEnded(_) => "lease_end.ended_on",
        Event::LandCounterpartRecorded(_) => "land_counterpart.occurred_on",
        Event::PaymentConfirmed(_) => "paid_on",
        Event::PaymentReturned(_) => "returned_on",
        _ => "occurred_on",
    }
}

/// A registered bailleur that has not been absorbed.
fn living(books: &Books, field: &str, siren: Siren) -> Result<(), Refusal> {
    match books.parties().bailleur(siren) {
        None => Err(Refusal::new(Reason::BailleurUnknown, field, siren)),
        Some((_, Some(absorbing))) => {
            Err(Refusal::new(Reason::BailleurAbsorbed, field, siren).with("absorbed_by", absorbing))
        }
        Some(_) => Ok(()),
    }
}

/// The parties of a relogement today, mergers taken into account.
fn parties(measured: &chambre_domain::measure::MeasuredRelogement) -> Parties {
    Parties { territory: measured.territory, origin: measured.origin, host: measured.host }
}

/// The mirror of an écriture, on the accounts of the bailleurs that stand for those absorbed since.
pub(crate) fn mirrored(books: &Books, transfers: &[Transfer]) -> Transfers {
    transfers.iter().filter_map(|transfer| on_current_accounts(books, &transfer.mirrored())).collect()
}

/// The same transfer on the accounts of the bailleurs that stand for those absorbed since; nothing when they
/// have become one.
pub(crate) fn on_current_accounts(books: &Books, transfer: &Transfer) -> Option<Transfer> {
    let current = |account: Account| Account {
        bailleur: account.bailleur.map(|siren| books.parties().current(siren)),
        ..account
    };
    Transfer::new(current(transfer.debit()), current(transfer.credit()), transfer.amount())
}
