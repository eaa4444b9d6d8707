//! Rules of what bailleurs declare: relogements and what follows them.

use super::{living, mirrored, parties};
use crate::books::{Books, RelogementFile};
use crate::posting::{self, Parties};
use chambre_domain::follow_up::{
    CounterpartStep, Indemnity, IndemnityStatus, LandCounterpart, LeaseEnd, RentGapAccrual, RentRevision,
    Reversal, Vacancy, Works,
};
use chambre_domain::measure::LineKind;
use chambre_domain::{
    Account, Cents, Compte, Convention, Date, Entry, Event, Reason, Refusal, Relogement, RelogementId,
    Transfers,
};

pub(super) fn relogement(books: &Books, relogement: &Relogement) -> Result<Transfers, Refusal> {
    let operation = books.parties().operation(&relogement.operation).ok_or_else(|| {
        Refusal::new(Reason::OperationUnknown, "relogement.operation_id", &relogement.operation)
    })?;
    living(books, "relogement.host_siren", relogement.host)?;
    if books.parties().bailleur(relogement.host).is_some_and(|(host, _)| !host.kind.can_host()) {
        return Err(Refusal::new(Reason::HostWithoutStock, "relogement.host_siren", relogement.host));
    }
    if let Some(file) = books.relogement(&relogement.id).filter(|file| !file.measured.reversed) {
        return Err(Refusal::new(Reason::RelogementExists, "relogement.relogement_id", &relogement.id)
            .with("first_seq", file.measured.recorded_seq));
    }
    let convention =
        books.parties().convention_on(operation.territory, relogement.lease_date).ok_or_else(|| {
            Refusal::new(Reason::NoConvention, "relogement.lease_date", relogement.lease_date)
                .with("territory", operation.territory)
        })?;
    let rents = chambre_domain::rent::RentHistory::of(relogement);
    let gap = rents.capitalised(&convention.rent_gap).map_err(|refusal| refusal.within("relogement"))?;
    let origin = books.parties().current(operation.origin);
    Ok(posting::relogement(&Parties { territory: operation.territory, origin, host: relogement.host }, gap))
}

/// The live file of a relogement.
fn file<'a>(books: &'a Books, field: &str, id: &RelogementId) -> Result<&'a RelogementFile, Refusal> {
    match books.relogement(id) {
        None => Err(Refusal::new(Reason::RelogementUnknown, field, id)),
        Some(file) if file.measured.reversed => Err(Refusal::new(Reason::RelogementReversed, field, id)),
        Some(file) => Ok(file),
    }
}

fn convention_of<'a>(books: &'a Books, file: &RelogementFile) -> Option<&'a Convention> {
    books.parties().convention(file.measured.territory, file.measured.convention_version)
}

pub(super) fn works(books: &Books, works: &Works) -> Result<Transfers, Refusal> {
    let file = file(books, "works.relogement_id", &works.relogement)?;
    Ok(posting::works(&parties(&file.measured), works.amount))
}

pub(super) fn vacancy(books: &Books, vacancy: &Vacancy) -> Result<Transfers, Refusal> {
    let file = file(books, "vacancy.relogement_id", &vacancy.relogement)?;
    if vacancy.to < vacancy.from {
        return Err(
            Refusal::new(Reason::DatesOutOfOrder, "vacancy.to", vacancy.to).with("from", vacancy.from)
        );
    }
    Ok(posting::vacancy(&parties(&file.measured), vacancy.amount))
}

pub(super) fn indemnity(books: &Books, indemnity: &Indemnity) -> Result<Transfers, Refusal> {
    let file = file(books, "indemnity.relogement_id", &indemnity.relogement)?;
    let parties = parties(&file.measured);
    match indemnity.status {
        IndemnityStatus::Expected | IndemnityStatus::Requested | IndemnityStatus::Notified => {
            Ok(Transfers::new())
        }
        IndemnityStatus::Received => Ok(posting::indemnity(&parties, indemnity.amount.cents())),
        IndemnityStatus::Reclaimed => {
            let received = received(file);
            if indemnity.amount.get() > received {
                return Err(Refusal::new(
                    Reason::IndemnityExceeded,
                    "indemnity.amount_cents",
                    indemnity.amount.get(),
                )
                .with("received_cents", received));
            }
            Ok(posting::indemnity(&parties, Cents::new(-indemnity.amount.get())))
        }
    }
}

/// Indemnity received so far, less what was reclaimed.
fn received(file: &RelogementFile) -> i64 {
    let lines = file.measured.lines.iter().filter(|line| line.kind == LineKind::Indemnity);
    lines.map(|line| line.amount.get()).sum()
}

pub(super) fn rent_revision(books: &Books, revision: &RentRevision) -> Result<Transfers, Refusal> {
    let file = file(books, "rent_revision.relogement_id", &revision.relogement)?;
    within_lease(file, "rent_revision.from", revision.from)?;
    Ok(Transfers::new())
}

pub(super) fn lease_end(books: &Books, end: &LeaseEnd) -> Result<Transfers, Refusal> {
    let file = file(books, "lease_end.relogement_id", &end.relogement)?;
    if let Some(ended_on) = file.measured.rents.ended_on {
        return Err(Refusal::new(Reason::LeaseAlreadyEnded, "lease_end.relogement_id", &end.relogement)
            .with("ended_on", ended_on));
    }
    within_lease(file, "lease_end.ended_on", end.ended_on)?;
    let back = convention_of(books, file).map_or(Cents::ZERO, |convention| {
        file.measured.rents.clawed_back(&convention.rent_gap, end.ended_on)
    });
    Ok(posting::rent_gap(&parties(&file.measured), Cents::new(-back.get())))
}

fn within_lease(file: &RelogementFile, field: &str, day: Date) -> Result<(), Refusal> {
    let rents = &file.measured.rents;
    if day < rents.lease_date || rents.ended_on.is_some_and(|ended_on| day > ended_on) {
        let refusal = Refusal::new(Reason::DatesOutOfOrder, field, day).with("lease_date", rents.lease_date);
        return Err(match rents.ended_on {
            Some(ended_on) => refusal.with("ended_on", ended_on),
            None => refusal,
        });
    }
    Ok(())
}

/// The chamber's own event: refused when the books moved since it was computed.
pub(super) fn accrual(books: &Books, accrual: &RentGapAccrual) -> Result<Transfers, Refusal> {
    let outdated = || Refusal::new(Reason::NettingOutdated, "accrual", &accrual.relogement);
    let file = books.relogement_at(accrual.recorded_seq).ok_or_else(outdated)?;
    let due = accrued_due(books, file, accrual.through)?;
    if file.measured.id != accrual.relogement
        || file.measured.accrued != accrual.booked_before
        || due != accrual.due
    {
        return Err(outdated());
    }
    let moved = Cents::new(accrual.due.get() - accrual.booked_before.get());
    Ok(posting::rent_gap(&parties(&file.measured), moved))
}

/// Rent gap that closings should have booked of a relogement through a day; zero once it is reversed.
///
/// # Errors
/// An index that is not published.
pub(crate) fn accrued_due(books: &Books, file: &RelogementFile, through: Date) -> Result<Cents, Refusal> {
    match convention_of(books, file) {
        Some(convention) if !file.measured.reversed => {
            file.measured.rents.accrued(&convention.rent_gap, through)
        }
        _ => Ok(Cents::ZERO),
    }
}

pub(super) fn land_counterpart(books: &Books, counterpart: &LandCounterpart) -> Result<Transfers, Refusal> {
    living(books, "land_counterpart.bailleur_siren", counterpart.bailleur)?;
    let left = building_rights_due(books, counterpart);
    if counterpart.step == CounterpartStep::Honoured && counterpart.square_metres.get() > left {
        let field = "land_counterpart.quantity";
        return Err(Refusal::new(Reason::CounterpartExceeded, field, counterpart.square_metres.get())
            .with("due", left));
    }
    let LandCounterpart { territory, bailleur, step, square_metres, .. } = counterpart;
    Ok(posting::land_counterpart(*territory, *bailleur, *step, *square_metres))
}

/// Whole m² promised to a bailleur, or to the one that absorbed it, and not delivered yet.
fn building_rights_due(books: &Books, counterpart: &LandCounterpart) -> i64 {
    let bailleur = books.parties().current(counterpart.bailleur);
    let due = Account::of(Compte::DroitsDus, counterpart.territory, bailleur);
    -books.balances().of(due).credit_balance()
}

/// What was received or promised is not cancelled under what was reclaimed or delivered since.
fn leaves_enough(books: &Books, target: &Event) -> Result<(), Refusal> {
    let field = "reversal.reverses_event_id";
    match target {
        Event::IndemnityRecorded(indemnity) if indemnity.status == IndemnityStatus::Received => {
            let received = books.relogement(&indemnity.relogement).map_or(0, received);
            if indemnity.amount.get() > received {
                return Err(Refusal::new(Reason::IndemnityExceeded, field, indemnity.amount.get())
                    .with("received_cents", received));
            }
        }
        Event::LandCounterpartRecorded(counterpart) if counterpart.step == CounterpartStep::Due => {
            let left = building_rights_due(books, counterpart);
            if counterpart.square_metres.get() > left {
                return Err(Refusal::new(
                    Reason::CounterpartExceeded,
                    field,
                    counterpart.square_metres.get(),
                )
                .with("due", left));
            }
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn reversal(
    books: &Books,
    reversal: &Reversal,
    target: Option<&Entry>,
) -> Result<Transfers, Refusal> {
    let refuse = |reason| Refusal::new(reason, "reversal.reverses_event_id", &reversal.reverses);
    let target = target.ok_or_else(|| refuse(Reason::EventUnknown))?;
    if let Some(by) = books.reversed_by(target.seq) {
        return Err(refuse(Reason::AlreadyReversed).with("reversed_by_seq", by));
    }
    match &target.event {
        Event::RelogementRecorded(_) => {
            let file = books.relogement_at(target.seq).ok_or_else(|| refuse(Reason::EventUnknown))?;
            if file.live_follow_ups > 0 {
                return Err(refuse(Reason::HasFollowUps).with("follow_ups", file.live_follow_ups));
            }
        }
        Event::RentRevised(_)
        | Event::WorksRecorded(_)
        | Event::VacancyRecorded(_)
        | Event::IndemnityRecorded(_)
        | Event::LeaseEnded(_)
        | Event::LandCounterpartRecorded(_) => leaves_enough(books, &target.event)?,
        _ => return Err(refuse(Reason::NotReversible).with("kind", target.event.kind())),
    }
    Ok(mirrored(books, &target.transfers))
}
