//! Declarations: each kind, read and written.
//!
//! Reading a declaration is on the hot path: nothing is formatted unless it is refused.

use super::words::{self, Asked, Declaration, date, required, same_names, wire_date};
use crate::v1::{self, event::Body};
use chambre_domain::follow_up::{
    CounterpartStep, Indemnity, IndemnityStatus, LandCounterpart, LeaseEnd, RentRevision, Reversal,
    ReversalReason, Vacancy, Works,
};
use chambre_domain::relogement::{Charges, Contingent, Typology, check_rent};
use chambre_domain::{
    Amount, Atlas, Cents, Event, EventId, HouseholdId, OfficerId, OperationId, Reason, Refusal, Relogement,
    RelogementId, Siren, TerritoryId, Unit, VoucherRef,
};

/// Most events in one batch, or in one message of a stream or an import.
pub const MOST_EVENTS: usize = 1000;

/// Reads one event of a batch, a stream or an import.
///
/// # Errors
/// The field that is missing or wrong, under the name of its body: `works.amount_cents`.
pub fn event(wire: v1::Event) -> Result<Declaration, Refusal> {
    declared(&wire.event_id, "body", wire.body)
}

/// Reads the events of a batch, or of one message of a stream: one answer each, in their order.
///
/// A refusal of an event names its place: `events[3].works.amount_cents`.
///
/// # Errors
/// [`Reason::BatchEmpty`], [`Reason::BatchTooLarge`] for the whole batch.
pub fn events(wire: Vec<v1::Event>) -> Result<Vec<Result<Declaration, Refusal>>, Refusal> {
    match wire.len() {
        0 => return Err(Refusal::new(Reason::BatchEmpty, "events", 0)),
        1..=MOST_EVENTS => {}
        count => return Err(Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_EVENTS)),
    }
    let place = |index| move |refusal: Refusal| refusal.within(&format!("events[{index}]"));
    Ok(wire.into_iter().enumerate().map(|(index, one)| event(one).map_err(place(index))).collect())
}

macro_rules! recordings {
    ($($(#[$doc:meta])* $record:ident: $request:ident, $field:literal, $message:ident as $body:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The field that is missing or wrong.
        pub fn $record(request: v1::$request) -> Result<Asked<Declaration>, Refusal> {
            let command = declared(&request.event_id, $field, request.$message.map(Body::$body))?;
            Ok(Asked { command, validate_only: request.validate_only })
        }
    )+};
}

recordings! {
    /// Reads the recording of a relogement.
    record_relogement: RecordRelogementRequest, "relogement", relogement as Relogement;
    /// Reads the recording of works.
    record_works: RecordWorksRequest, "works", works as Works;
    /// Reads the recording of a vacancy.
    record_vacancy: RecordVacancyRequest, "vacancy", vacancy as Vacancy;
    /// Reads the recording of a step of the indemnity.
    record_indemnity: RecordIndemnityRequest, "indemnity", indemnity as Indemnity;
    /// Reads the recording of new rents.
    record_rent_revision: RecordRentRevisionRequest, "rent_revision", rent_revision as RentRevision;
    /// Reads the recording of the end of a lease.
    end_lease: EndLeaseRequest, "lease_end", lease_end as LeaseEnd;
    /// Reads the recording of building rights.
    record_land_counterpart: RecordLandCounterpartRequest, "land_counterpart", land_counterpart as LandCounterpart;
    /// Reads the cancelling of a declaration.
    reverse_event: ReverseEventRequest, "reversal", reversal as Reversal;
}

fn declared(event_id: &str, field: &str, body: Option<Body>) -> Result<Declaration, Refusal> {
    let id = EventId::parse("event_id", event_id)?;
    let event = match required(field, body)? {
        Body::Relogement(wire) => Event::RelogementRecorded(Box::new(relogement(wire)?)),
        Body::Works(wire) => Event::WorksRecorded(works(wire)?),
        Body::Vacancy(wire) => Event::VacancyRecorded(vacancy(wire)?),
        Body::Indemnity(wire) => Event::IndemnityRecorded(indemnity(wire)?),
        Body::RentRevision(wire) => Event::RentRevised(rent_revision(wire)?),
        Body::LeaseEnd(wire) => Event::LeaseEnded(lease_end(wire)?),
        Body::LandCounterpart(wire) => Event::LandCounterpartRecorded(land_counterpart(wire)?),
        Body::Reversal(wire) => Event::EventReversed(reversal(wire)?),
    };
    Ok((id, event))
}

/// Reads a relogement. Its commune must exist at the lease date; its code is kept as declared.
///
/// # Errors
/// The field under `relogement` that is missing or wrong.
pub fn relogement(wire: v1::Relogement) -> Result<Relogement, Refusal> {
    let read = |wire: v1::Relogement| {
        let lease_date = date("lease_date", wire.lease_date)?;
        Atlas::ile_de_france().resolve("commune_insee", &wire.commune_insee, lease_date)?;
        let relogement = Relogement {
            id: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            operation: OperationId::parse("operation_id", &wire.operation_id)?,
            household: HouseholdId::parse("household", &wire.household)?.into(),
            host: Siren::parse("host_siren", &wire.host_siren)?,
            lease_date,
            commune: wire.commune_insee.into_boxed_str(),
            typology: typology("typology", wire.typology)?,
            reference_rent: Cents::new(wire.reference_rent_cents),
            practised_rent: Cents::new(wire.practised_rent_cents),
            charges: charges(wire.reference_charges_cents, wire.practised_charges_cents)?,
            contingent: optional_contingent(wire.contingent)?,
            out_of_flow: wire.out_of_flow,
            sne_motive_ru: wire.sne_motive_ru,
        };
        relogement.check()?;
        Ok(relogement)
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("relogement"))
}

/// Reads adaptation works.
///
/// # Errors
/// The field under `works` that is missing or wrong.
pub fn works(wire: v1::Works) -> Result<Works, Refusal> {
    let read = |wire: v1::Works| {
        Ok(Works {
            relogement: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            amount: Amount::new("amount_cents", wire.amount_cents)?,
            invoiced_on: date("invoiced_on", wire.invoiced_on)?,
            voucher: VoucherRef::parse("voucher", &wire.voucher)?,
        })
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("works"))
}

/// Reads an organised vacancy.
///
/// # Errors
/// The field under `vacancy` that is missing or wrong; [`Reason::DatesOutOfOrder`].
pub fn vacancy(wire: v1::Vacancy) -> Result<Vacancy, Refusal> {
    let read = |wire: v1::Vacancy| {
        let vacancy = Vacancy {
            relogement: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            from: date("from", wire.from)?,
            to: date("to", wire.to)?,
            amount: Amount::new("amount_cents", wire.amount_cents)?,
        };
        if vacancy.to < vacancy.from {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "to", vacancy.to).with("from", vacancy.from));
        }
        Ok(vacancy)
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("vacancy"))
}

/// Reads a step of the ANRU indemnity.
///
/// # Errors
/// The field under `indemnity` that is missing or wrong.
pub fn indemnity(wire: v1::Indemnity) -> Result<Indemnity, Refusal> {
    let read = |wire: v1::Indemnity| {
        Ok(Indemnity {
            relogement: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            status: indemnity_status("status", wire.status)?,
            amount: Amount::new("amount_cents", wire.amount_cents)?,
            occurred_on: date("occurred_on", wire.occurred_on)?,
        })
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("indemnity"))
}

/// Reads new rents. They apply from the first day of a month.
///
/// # Errors
/// The field under `rent_revision` that is missing or wrong.
pub fn rent_revision(wire: v1::RentRevision) -> Result<RentRevision, Refusal> {
    let read = |wire: v1::RentRevision| {
        let revision = RentRevision {
            relogement: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            from: date("from", wire.from)?,
            reference_rent: Cents::new(wire.reference_rent_cents),
            practised_rent: Cents::new(wire.practised_rent_cents),
        };
        let first = revision.from.first_of_month();
        if revision.from != first {
            return Err(
                Refusal::new(Reason::DateInvalid, "from", revision.from).with("first_of_month", first)
            );
        }
        check_rent("reference_rent_cents", revision.reference_rent)?;
        check_rent("practised_rent_cents", revision.practised_rent)?;
        Ok(revision)
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("rent_revision"))
}

/// Reads the end of a lease.
///
/// # Errors
/// The field under `lease_end` that is missing or wrong.
pub fn lease_end(wire: v1::LeaseEnd) -> Result<LeaseEnd, Refusal> {
    let read = |wire: v1::LeaseEnd| {
        Ok(LeaseEnd {
            relogement: RelogementId::parse("relogement_id", &wire.relogement_id)?,
            ended_on: date("ended_on", wire.ended_on)?,
        })
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("lease_end"))
}

/// Reads building rights, in whole m².
///
/// # Errors
/// The field under `land_counterpart` that is missing or wrong; [`Reason::UnitWrong`].
pub fn land_counterpart(wire: v1::LandCounterpart) -> Result<LandCounterpart, Refusal> {
    let read = |wire: v1::LandCounterpart| {
        square_metres("unit", wire.unit)?;
        Ok(LandCounterpart {
            territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
            bailleur: Siren::parse("bailleur_siren", &wire.bailleur_siren)?,
            step: counterpart_step("step", wire.step)?,
            square_metres: Amount::new("quantity", wire.quantity)?,
            occurred_on: date("occurred_on", wire.occurred_on)?,
            voucher: VoucherRef::parse("voucher", &wire.voucher)?,
            officer: OfficerId::parse("officer_id", &wire.officer_id)?,
        })
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("land_counterpart"))
}

/// Reads the cancelling of a declaration.
///
/// # Errors
/// The field under `reversal` that is missing or wrong.
pub fn reversal(wire: v1::Reversal) -> Result<Reversal, Refusal> {
    let read = |wire: v1::Reversal| {
        Ok(Reversal {
            reverses: EventId::parse("reverses_event_id", &wire.reverses_event_id)?,
            reason: reversal_reason("reason", wire.reason)?,
        })
    };
    read(wire).map_err(|refusal: Refusal| refusal.within("reversal"))
}

same_names! {
    pub(super) typology, wire_typology: Typology { T1, T2, T3, T4, T5, T6 }
    pub(super) contingent, wire_contingent: Contingent {
        StateCivilServants, StatePriority, ActionLogement, LocalAuthorities, Other, NotReserved,
    }
    indemnity_status, wire_indemnity_status: IndemnityStatus { Expected, Requested, Notified, Received, Reclaimed }
    counterpart_step, wire_counterpart_step: CounterpartStep { Due, Honoured }
    pub(super) reversal_reason, wire_reversal_reason: ReversalReason { Error, Duplicate, Cancelled }
}

fn charges(reference: Option<i64>, practised: Option<i64>) -> Result<Option<Charges>, Refusal> {
    let alone = |missing| Err(Refusal::new(Reason::ChargesIncomplete, missing, ""));
    match (reference, practised) {
        (Some(reference), Some(practised)) => {
            Ok(Some(Charges { reference: Cents::new(reference), practised: Cents::new(practised) }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => alone("practised_charges_cents"),
        (None, Some(_)) => alone("reference_charges_cents"),
    }
}

fn optional_contingent(number: i32) -> Result<Option<Contingent>, Refusal> {
    if number == 0 { Ok(None) } else { contingent("contingent", number).map(Some) }
}

fn square_metres(field: &str, number: i32) -> Result<(), Refusal> {
    match v1::Unit::try_from(number) {
        Ok(v1::Unit::SquareMetres) => Ok(()),
        Ok(unit) => Err(Refusal::new(Reason::UnitWrong, field, unit.as_str_name())),
        Err(_) => Err(Refusal::new(Reason::UnitWrong, field, number)),
    }
}

// ---- the same, as a client declares them ----

/// A declaration as a client sends it; nothing for an event that only the chamber writes, or that has its own
/// call in another service.
#[must_use]
pub fn wire_event(event_id: &EventId, event: &Event) -> Option<v1::Event> {
    let body = match event {
        Event::RelogementRecorded(relogement) => Body::Relogement(wire_relogement(relogement)),
        Event::WorksRecorded(works) => Body::Works(wire_works(works)),
        Event::VacancyRecorded(vacancy) => Body::Vacancy(wire_vacancy(vacancy)),
        Event::IndemnityRecorded(indemnity) => Body::Indemnity(wire_indemnity(indemnity)),
        Event::RentRevised(revision) => Body::RentRevision(wire_rent_revision(revision)),
        Event::LeaseEnded(end) => Body::LeaseEnd(wire_lease_end(end)),
        Event::LandCounterpartRecorded(counterpart) => {
            Body::LandCounterpart(wire_land_counterpart(counterpart))
        }
        Event::EventReversed(reversal) => Body::Reversal(wire_reversal(reversal)),
        Event::BailleurRegistered(_)
        | Event::BailleurSucceeded(_)
        | Event::BankAccountRegistered(_)
        | Event::OperationRegistered(_)
        | Event::ConventionPublished(_)
        | Event::RentGapAccrued(_)
        | Event::DisputeRaised(_)
        | Event::DisputeSettled(_)
        | Event::NettingOpened(_)
        | Event::NettingCutOff(_)
        | Event::NettingProposed(_)
        | Event::RegionalProposed(_)
        | Event::NettingPublished(_)
        | Event::NettingRejected(_)
        | Event::NettingApproved(_)
        | Event::NettingInstructed(_)
        | Event::NettingCancelled(_)
        | Event::PaymentConfirmed(_)
        | Event::PaymentReturned(_)
        | Event::NettingClosed(_) => return None,
    };
    Some(v1::Event { event_id: event_id.to_string(), body: Some(body) })
}

/// A relogement, as declared; without its household when only a commitment to it is known.
#[must_use]
pub fn wire_relogement(relogement: &Relogement) -> v1::Relogement {
    v1::Relogement {
        relogement_id: relogement.id.to_string(),
        operation_id: relogement.operation.to_string(),
        household: relogement.household.pseudonym().map_or_else(String::new, |one| one.as_str().to_owned()),
        host_siren: relogement.host.to_string(),
        lease_date: Some(wire_date(relogement.lease_date)),
        commune_insee: relogement.commune.to_string(),
        typology: wire_typology(relogement.typology),
        reference_rent_cents: relogement.reference_rent.get(),
        practised_rent_cents: relogement.practised_rent.get(),
        reference_charges_cents: relogement.charges.map(|charges| charges.reference.get()),
        practised_charges_cents: relogement.charges.map(|charges| charges.practised.get()),
        contingent: relogement.contingent.map_or(0, wire_contingent),
        out_of_flow: relogement.out_of_flow,
        sne_motive_ru: relogement.sne_motive_ru,
    }
}

/// Adaptation works.
#[must_use]
pub fn wire_works(works: &Works) -> v1::Works {
    v1::Works {
        relogement_id: works.relogement.to_string(),
        amount_cents: works.amount.get(),
        invoiced_on: Some(wire_date(works.invoiced_on)),
        voucher: works.voucher.to_string(),
    }
}

/// An organised vacancy.
#[must_use]
pub fn wire_vacancy(vacancy: &Vacancy) -> v1::Vacancy {
    v1::Vacancy {
        relogement_id: vacancy.relogement.to_string(),
        from: Some(wire_date(vacancy.from)),
        to: Some(wire_date(vacancy.to)),
        amount_cents: vacancy.amount.get(),
    }
}

/// A step of the ANRU indemnity.
#[must_use]
pub fn wire_indemnity(indemnity: &Indemnity) -> v1::Indemnity {
    v1::Indemnity {
        relogement_id: indemnity.relogement.to_string(),
        status: wire_indemnity_status(indemnity.status),
        amount_cents: indemnity.amount.get(),
        occurred_on: Some(wire_date(indemnity.occurred_on)),
    }
}

/// New rents.
#[must_use]
pub fn wire_rent_revision(revision: &RentRevision) -> v1::RentRevision {
    v1::RentRevision {
        relogement_id: revision.relogement.to_string(),
        from: Some(wire_date(revision.from)),
        reference_rent_cents: revision.reference_rent.get(),
        practised_rent_cents: revision.practised_rent.get(),
    }
}

/// The end of a lease.
#[must_use]
pub fn wire_lease_end(end: &LeaseEnd) -> v1::LeaseEnd {
    v1::LeaseEnd { relogement_id: end.relogement.to_string(), ended_on: Some(wire_date(end.ended_on)) }
}

/// Building rights.
#[must_use]
pub fn wire_land_counterpart(counterpart: &LandCounterpart) -> v1::LandCounterpart {
    v1::LandCounterpart {
        territory_siren: counterpart.territory.to_string(),
        bailleur_siren: counterpart.bailleur.to_string(),
        step: wire_counterpart_step(counterpart.step),
        quantity: counterpart.square_metres.get(),
        unit: words::wire_unit(Unit::SquareMetreSdp).into(),
        occurred_on: Some(wire_date(counterpart.occurred_on)),
        voucher: counterpart.voucher.to_string(),
        officer_id: counterpart.officer.to_string(),
    }
}

/// The cancelling of a declaration.
#[must_use]
pub fn wire_reversal(reversal: &Reversal) -> v1::Reversal {
    v1::Reversal {
        reverses_event_id: reversal.reverses.to_string(),
        reason: wire_reversal_reason(reversal.reason),
    }
}
