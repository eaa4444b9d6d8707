//! The offer of a dwelling.

use super::need::{
    access, access_number, check_length, financing, financing_number, public, public_number, wire_known,
};
use super::{cents, count, known, optional_id, wire_cents, wire_day};
use crate::convert::ledger::{typology, wire_typology};
use crate::convert::words::{
    date, each, missing, optional_date, same_names, small, wire_date, wire_optional,
};
use crate::v1;
use chambre_domain::rehousing::dwelling::{DwellingKind, Hold, LandlordRole, PlannedWorks, WorksKind};
use chambre_domain::rehousing::ids::{ContingentId, DwellingRef, OfferId};
use chambre_domain::rehousing::{CommuneId, DwellingOffer, OfferDeclaration};
use chambre_domain::{Amount, Cents, OperationId, Refusal, Siren};

/// Reads offers.
///
/// # Errors
/// [`chambre_domain::Reason::BatchEmpty`], [`chambre_domain::Reason::BatchTooLarge`]; the field that is missing or
/// wrong, at its place: `offers[2].rent_cents`.
pub fn offers(wire: Vec<v1::Offer>) -> Result<Vec<DwellingOffer>, Refusal> {
    check_length("offers", wire.len())?;
    each("offers", wire, |offer| DwellingOffer::new(declaration(offer)?))
}

pub(super) fn declaration(wire: v1::Offer) -> Result<OfferDeclaration, Refusal> {
    let published_on = date("published_on", wire.published_on)?;
    let surface = wire.useful_surface_hundredths;
    Ok(OfferDeclaration {
        offer: OfferId::parse("offer_id", &wire.offer_id)?,
        dwelling: DwellingRef::parse("dwelling_ref", &wire.dwelling_ref)?,
        landlord: Siren::parse("bailleur_siren", &wire.bailleur_siren)?,
        role: landlord_role("role", wire.role)?,
        commune: CommuneId::parse("commune_insee", &wire.commune_insee, published_on)?,
        in_qpv: wire.in_qpv,
        typology: typology("typology", wire.typology)?,
        useful_surface: surface.map(|surface| count("useful_surface_hundredths", surface)).transpose()?,
        access: known(wire.access, |number| access("access", number))?,
        financing: known(wire.financing, |number| financing("financing", number))?,
        kind: known(wire.specific_public, |number| public("specific_public", number))?
            .map_or(DwellingKind::Ordinary, DwellingKind::Specific),
        rent: Cents::new(wire.rent_cents),
        lowest_rent: cents(wire.lowest_rent_cents),
        charges: cents(wire.charges_cents),
        new_or_recent: wire.new_or_recent,
        rt2005: wire.rt2005,
        signed_conventions_of: each("signed_conventions_of", wire.signed_conventions_of, |text| {
            OperationId::parse("", &text)
        })?,
        contingent: optional_id("contingent_id", &wire.contingent_id, ContingentId::parse)?,
        hold: hold(&wire.held_for_operation_id, wire.held_until)?,
        vacant_since: optional_date("vacant_since", wire.vacant_since)?,
        available_from: date("available_from", wire.available_from)?,
        published_on,
        works: each("works", wire.works, |works| {
            Ok(PlannedWorks {
                kind: works_kind("kind", works.kind)?,
                estimate: Amount::new("estimate_cents", works.estimate_cents)?,
            })
        })?,
        out_of_flow: wire.out_of_flow,
        formal: wire.formal,
    })
}

fn hold(operation: &str, until: Option<v1::Date>) -> Result<Option<Hold>, Refusal> {
    match (optional_id("held_for_operation_id", operation, OperationId::parse)?, until) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(missing("held_for_operation_id")),
        (Some(operation), until) => Ok(Some(Hold { operation, until: date("held_until", until)? })),
    }
}

same_names! {
    landlord_role, role_number: LandlordRole { Demolisher, Other }
    pub(super) works_kind, works_number: WorksKind { Partition, WetRoom, Cupboard, Accessibility, Other }
}

/// An offer as it was declared.
#[must_use]
pub fn wire_offer(offer: &OfferDeclaration) -> v1::Offer {
    let reserved_for = match offer.kind {
        DwellingKind::Ordinary => None,
        DwellingKind::Specific(public) => Some(public),
    };
    v1::Offer {
        offer_id: offer.offer.to_string(),
        dwelling_ref: offer.dwelling.to_string(),
        bailleur_siren: offer.landlord.to_string(),
        role: role_number(offer.role),
        commune_insee: offer.commune.insee().to_owned(),
        in_qpv: offer.in_qpv,
        typology: wire_typology(offer.typology),
        useful_surface_hundredths: offer.useful_surface.map(small),
        access: wire_known(offer.access, access_number),
        financing: wire_known(offer.financing, financing_number),
        specific_public: wire_known(reserved_for, public_number),
        rent_cents: offer.rent.get(),
        lowest_rent_cents: wire_cents(offer.lowest_rent),
        charges_cents: wire_cents(offer.charges),
        new_or_recent: offer.new_or_recent,
        rt2005: offer.rt2005,
        signed_conventions_of: offer.signed_conventions_of.iter().map(ToString::to_string).collect(),
        contingent_id: wire_optional(offer.contingent.as_ref()),
        held_for_operation_id: wire_optional(offer.hold.as_ref().map(|hold| &hold.operation)),
        held_until: wire_day(offer.hold.as_ref().map(|hold| hold.until)),
        vacant_since: wire_day(offer.vacant_since),
        available_from: Some(wire_date(offer.available_from)),
        published_on: Some(wire_date(offer.published_on)),
        works: offer.works.iter().map(wire_planned).collect(),
        out_of_flow: offer.out_of_flow,
        formal: offer.formal,
    }
}

fn wire_planned(works: &PlannedWorks) -> v1::PlannedWorks {
    v1::PlannedWorks { kind: works_number(works.kind), estimate_cents: works.estimate.get() }
}
