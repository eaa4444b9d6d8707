//! The need of a household.

use super::{cents, count, known, wire_cents, wire_day};
use crate::convert::ledger::{typology, wire_typology};
use crate::convert::words::{date, each, optional_date, same_names, wire_date};
use crate::v1;
use chambre_domain::rehousing::dwelling::{Access, Financing, SpecificPublic};
use chambre_domain::rehousing::formal::{FormalOffers, LegalBasis};
use chambre_domain::rehousing::ids::{DwellingRef, FormalOfferId, MousId, OfferId};
use chambre_domain::rehousing::need::{
    CeilingCategory, Composition, Means, NeedDeclaration, PastRefusal, RefusalReason as HouseholdRefusal,
    TypologyRange, Urgency, UrgencyCode, Widening, Wish,
};
use chambre_domain::rehousing::{Band, CommuneId, Place};
use chambre_domain::{HouseholdId, OperationId, Reason, Refusal, Siren};

/// Most needs or offers in one request.
const MOST: usize = 1_000;

/// A need as declared: its bailleur is that of its operation, which the ledger knows, unless it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedAsked {
    /// What is declared; `origin` is not filled yet.
    pub declaration: NeedDeclaration,
    /// No landlord is left behind (ORCOD).
    pub without_landlord: bool,
}

/// Reads needs.
///
/// # Errors
/// [`Reason::BatchEmpty`], [`Reason::BatchTooLarge`]; the field that is missing or wrong, at its place:
/// `needs[2].persons`.
pub fn needs(wire: Vec<v1::Need>) -> Result<Vec<NeedAsked>, Refusal> {
    check_length("needs", wire.len())?;
    each("needs", wire, need)
}

/// 1 to 1 000 items.
pub(super) fn check_length(field: &str, length: usize) -> Result<(), Refusal> {
    match length {
        0 => Err(Refusal::new(Reason::BatchEmpty, field, 0)),
        1..=MOST => Ok(()),
        _ => Err(Refusal::new(Reason::BatchTooLarge, field, length).with("limit", MOST)),
    }
}

pub(super) fn need(wire: v1::Need) -> Result<NeedAsked, Refusal> {
    let entered_on = date("entered_on", wire.entered_on)?;
    let range = TypologyRange {
        min: typology("least_typology", wire.least_typology)?,
        ideal: typology("best_typology", wire.best_typology)?,
        max: typology("most_typology", wire.most_typology)?,
    };
    let composition = Composition {
        persons: count("persons", wire.persons)?,
        dependants: count("dependants", wire.dependants)?,
        units_tenths: count("units_tenths", wire.units_tenths)?,
    };
    let means = Means {
        income_bp_of_plus: band("income_bp_of_plus", wire.income_bp_of_plus)?,
        category: category(wire.ceiling_category, wire.extra_persons)?,
        monthly_resources: band("monthly_resources_cents", wire.monthly_resources_cents)?,
        monthly_aid: cents(wire.monthly_aid_cents),
    };
    let declaration = NeedDeclaration {
        household: HouseholdId::parse("household", &wire.household)?,
        mous: MousId::parse("mous_id", &wire.mous_id)?,
        operation: OperationId::parse("operation_id", &wire.operation_id)?,
        origin: None,
        commune: CommuneId::parse("commune_insee", &wire.commune_insee, entered_on)?,
        urgency: urgency(wire.urgency, wire.urgent_since)?,
        project_class: count("project_class", wire.project_class)?,
        composition,
        means,
        typology: range,
        wanted_financing: known(wire.wanted_financing, |number| financing("wanted_financing", number))?,
        access: access("access", wire.access)?,
        publics: each("publics", wire.publics, |number| public("", number))?,
        wishes: each("wishes", wire.wishes, |wish| {
            Ok(Wish {
                place: Place::parse("place", &wish.place, entered_on)?,
                rank: count("rank", wish.rank)?,
            })
        })?,
        exclusions: each("exclusions", wire.exclusions, |text| Place::parse("", &text, entered_on))?,
        widening: widening("widening", wire.widening)?,
        present_rent: cents(wire.present_rent_cents),
        present_charges: cents(wire.present_charges_cents),
        formal_offers: formal_offers(wire.legal_basis, wire.formal_offers_due, wire.formal_offers)?,
        refusals: each("refusals", wire.refusals, past_refusal)?,
        double_proposition: wire.double_proposition,
        als_eligible: wire.als_eligible,
        priority_public: wire.priority_public,
        first_quartile: wire.first_quartile,
        entered_on,
        needed_by: optional_date("needed_by", wire.needed_by)?,
    };
    Ok(NeedAsked { declaration, without_landlord: wire.without_landlord })
}

fn band(field: &str, wire: Option<v1::Band>) -> Result<Option<Band>, Refusal> {
    wire.map(|band| Band::new(field, band.from, band.to)).transpose()
}

fn category(category: i32, extra_persons: i32) -> Result<Option<CeilingCategory>, Refusal> {
    let extra_persons = count("extra_persons", extra_persons)?;
    known(category, |category| {
        Ok(CeilingCategory { category: count("ceiling_category", category)?, extra_persons })
    })
}

fn urgency(code: i32, since: Option<v1::Date>) -> Result<Option<Urgency>, Refusal> {
    known(code, |code| {
        Ok(Urgency { code: urgency_code("urgency", code)?, since: date("urgent_since", since)? })
    })
}

fn formal_offers(basis: i32, due: i32, made: Vec<v1::MadeOffer>) -> Result<FormalOffers, Refusal> {
    use v1::LegalBasis as Wire;
    let basis = match Wire::try_from(basis) {
        Ok(Wire::L4426) => LegalBasis::L442_6,
        Ok(Wire::L3142) => LegalBasis::L314_2,
        Ok(Wire::Other) => LegalBasis::Other { formal_offers: count("formal_offers_due", due)? },
        Ok(Wire::Unspecified) => return Err(crate::convert::words::missing("legal_basis")),
        Err(_) => return Err(Refusal::new(Reason::ValueUnknown, "legal_basis", basis)),
    };
    let mut offers = FormalOffers::none(basis)?;
    each("formal_offers", made, |made| {
        let id = FormalOfferId::parse("formal_offer_id", &made.formal_offer_id)?;
        let notified_on = date("notified_on", made.notified_on)?;
        if !(1..=2).contains(&made.dwellings) {
            let refusal = Refusal::new(Reason::ValueRange, "dwellings", made.dwellings);
            return Err(refusal.with("min", 1).with("max", 2));
        }
        (0..made.dwellings).try_for_each(|_| offers.notify(&id, notified_on).map(drop))
    })?;
    Ok(offers)
}

fn past_refusal(wire: v1::PastRefusal) -> Result<PastRefusal, Refusal> {
    Ok(PastRefusal {
        offer: OfferId::parse("offer_id", &wire.offer_id)?,
        landlord: Siren::parse("landlord_siren", &wire.landlord_siren)?,
        dwelling: DwellingRef::parse("dwelling_ref", &wire.dwelling_ref)?,
        on: date("refused_on", wire.refused_on)?,
        reason: household_refusal("reason", wire.reason)?,
    })
}

same_names! {
    pub(super) financing, financing_number: Financing { Plai, PlaiAdp, Plus, PlusCd, Pls, Palulos, Pli }
    pub(super) access, access_number: Access { Ordinary, StepFree, Wheelchair }
    pub(super) public, public_number: SpecificPublic { Young, Senior }
    widening, widening_number: Widening { No, Labelled, Yes }
    urgency_code, urgency_number: UrgencyCode { WorksCalendar, LastOccupants, Danger, Protection }
    pub(super) household_refusal, refusal_number: HouseholdRefusal {
        Place, Size, Rent, Charges, Access, State, Neighbourhood, NoAnswer, Other,
    }
}

pub(super) fn wire_known<T>(noun: Option<T>, write: impl FnOnce(T) -> i32) -> i32 {
    noun.map_or(0, write)
}

/// A need as it was declared.
#[must_use]
pub fn wire_need(need: &NeedDeclaration) -> v1::Need {
    use v1::LegalBasis as Wire;
    let (legal_basis, formal_offers_due) = match need.formal_offers.basis() {
        LegalBasis::L442_6 => (Wire::L4426, 0),
        LegalBasis::L314_2 => (Wire::L3142, 0),
        LegalBasis::Other { formal_offers } => (Wire::Other, formal_offers.into()),
    };
    let wire_band = |band: Option<Band>| band.map(|band| v1::Band { from: band.from(), to: band.to() });
    let category = need.means.category;
    v1::Need {
        household: need.household.as_str().to_owned(),
        mous_id: need.mous.to_string(),
        operation_id: need.operation.to_string(),
        without_landlord: need.origin.is_none(),
        commune_insee: need.commune.insee().to_owned(),
        urgency: wire_known(need.urgency, |urgency| urgency_number(urgency.code)),
        urgent_since: wire_day(need.urgency.map(|urgency| urgency.since)),
        project_class: need.project_class.into(),
        persons: need.composition.persons.into(),
        dependants: need.composition.dependants.into(),
        units_tenths: need.composition.units_tenths.into(),
        income_bp_of_plus: wire_band(need.means.income_bp_of_plus),
        ceiling_category: category.map_or(0, |category| category.category.into()),
        extra_persons: category.map_or(0, |category| category.extra_persons.into()),
        monthly_resources_cents: wire_band(need.means.monthly_resources),
        monthly_aid_cents: wire_cents(need.means.monthly_aid),
        least_typology: wire_typology(need.typology.min),
        best_typology: wire_typology(need.typology.ideal),
        most_typology: wire_typology(need.typology.max),
        wanted_financing: wire_known(need.wanted_financing, financing_number),
        access: access_number(need.access),
        publics: need.publics.iter().map(|public| public_number(*public)).collect(),
        wishes: need.wishes.iter().map(wire_wish).collect(),
        exclusions: need.exclusions.iter().cloned().map(String::from).collect(),
        widening: widening_number(need.widening),
        present_rent_cents: wire_cents(need.present_rent),
        present_charges_cents: wire_cents(need.present_charges),
        legal_basis: legal_basis.into(),
        formal_offers_due,
        formal_offers: need.formal_offers.made().iter().map(wire_made).collect(),
        refusals: need.refusals.iter().map(wire_past_refusal).collect(),
        double_proposition: need.double_proposition,
        als_eligible: need.als_eligible,
        priority_public: need.priority_public,
        first_quartile: need.first_quartile,
        entered_on: Some(wire_date(need.entered_on)),
        needed_by: wire_day(need.needed_by),
    }
}

fn wire_wish(wish: &Wish) -> v1::Wish {
    v1::Wish { place: wish.place.clone().into(), rank: wish.rank.into() }
}

fn wire_made(offer: &chambre_domain::rehousing::formal::FormalOffer) -> v1::MadeOffer {
    v1::MadeOffer {
        formal_offer_id: offer.id.to_string(),
        notified_on: Some(wire_date(offer.notified_on)),
        dwellings: offer.dwellings.into(),
    }
}

fn wire_past_refusal(refusal: &PastRefusal) -> v1::PastRefusal {
    v1::PastRefusal {
        offer_id: refusal.offer.to_string(),
        landlord_siren: refusal.landlord.to_string(),
        dwelling_ref: refusal.dwelling.to_string(),
        refused_on: Some(wire_date(refusal.on)),
        reason: refusal_number(refusal.reason),
    }
}
