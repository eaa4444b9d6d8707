//! Declarations, written as a client sends them.

use super::super::words::{self, wire_date};
use super::kinds::{
    wire_contingent, wire_counterpart_step, wire_indemnity_status, wire_reversal_reason, wire_typology,
};
use crate::v1::{self, event::Body};
use chambre_domain::follow_up::{
    Indemnity, LandCounterpart, LeaseEnd, RentRevision, Reversal, Vacancy, Works,
};
use chambre_domain::{Event, EventId, Relogement, Unit};

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
