//! The body of each kind of declaration, read.

use super::super::words::date;
use super::kinds::{contingent, counterpart_step, indemnity_status, reversal_reason, typology};
use crate::v1;
use chambre_domain::follow_up::{
    Indemnity, LandCounterpart, LeaseEnd, RentRevision, Reversal, Vacancy, Works,
};
use chambre_domain::relogement::{Charges, Contingent, check_rent};
use chambre_domain::{
    Amount, Atlas, Cents, EventId, HouseholdId, OfficerId, OperationId, Reason, Refusal, Relogement,
    RelogementId, Siren, TerritoryId, VoucherRef,
};

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
