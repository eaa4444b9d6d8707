//! One household and one dwelling that fit; the tests change one thing at a time.

mod pairs;
mod rules;

use crate::trade::contingent::{Accepts, Commitment, Contingent};
use crate::trade::cost::{Indemnity, IndemnityCheck};
use crate::trade::dwelling::*;
use crate::trade::ids::*;
use crate::trade::need::*;
use crate::trade::policy::{OnUnknown, Policy, PolicyTerms, PosterRule};
use crate::trade::references::{Freeze, FreezeReason, References};
use crate::trade::{
    Band, CommuneId, Edge, FormalOffers, LegalBasis, Place, Reject, Rule, Tables, eligibility,
};
use chambre_domain::relogement::{Contingent as ReserverKind, Typology};
use chambre_domain::{Cents, Date, HouseholdId, OperationId, Reason, Siren, Text};
use std::collections::BTreeMap;

pub(crate) const TODAY: Date = Date::constant(2026, 11, 2);

pub(crate) fn operation(id: &str) -> OperationId {
    OperationId::parse("operation", id).unwrap()
}

pub(crate) fn household(id: &str) -> HouseholdId {
    HouseholdId::parse("household", id).unwrap()
}

fn place(text: &str) -> Place {
    Place::parse("wish", text, TODAY).unwrap()
}

/// Three persons leaving Saint-Denis, bailleur 1, who wish Saint-Denis, then Plaine Commune.
pub(crate) fn need() -> NeedDeclaration {
    NeedDeclaration {
        household: household("h-1"),
        mous: MousId::parse("mous", "M1").unwrap(),
        operation: operation("OP-1"),
        origin: Some(Siren::fictitious(1)),
        commune: CommuneId::parse("commune", "93066", TODAY).unwrap(),
        urgency: None,
        project_class: 1,
        composition: Composition { persons: 3, dependants: 1, units_tenths: 18 },
        means: Means {
            income_bp_of_plus: Some(Band::new("income", 4_000, 5_000).unwrap()),
            category: Some(CeilingCategory { category: 3, extra_persons: 0 }),
            monthly_resources: Some(Band::new("resources", 200_000, 200_000).unwrap()),
            monthly_aid: Some(Cents::new(20_000)),
        },
        typology: TypologyRange { min: Typology::T2, ideal: Typology::T3, max: Typology::T4 },
        wanted_financing: Some(Financing::Plai),
        access: Access::Ordinary,
        publics: Vec::new(),
        wishes: vec![Wish { place: place("93066"), rank: 1 }, Wish { place: place("200057867"), rank: 2 }],
        exclusions: vec![place("93001")],
        widening: Widening::No,
        present_rent: Some(Cents::new(45_000)),
        present_charges: Some(Cents::new(15_000)),
        formal_offers: FormalOffers::none(LegalBasis::L442_6).unwrap(),
        refusals: Vec::new(),
        double_proposition: false,
        als_eligible: Some(true),
        priority_public: Some(false),
        first_quartile: Some(true),
        entered_on: Date::constant(2025, 11, 2),
        needed_by: Some(Date::constant(2027, 6, 30)),
    }
}

/// A T3 of bailleur 2 in Saint-Denis: 440.00 and 160.00 of charges, PLUS.
pub(crate) fn offer() -> OfferDeclaration {
    OfferDeclaration {
        offer: OfferId::parse("offer", "O-1").unwrap(),
        dwelling: DwellingRef::parse("dwelling", "D-1").unwrap(),
        landlord: Siren::fictitious(2),
        role: LandlordRole::Other,
        commune: CommuneId::parse("commune", "93066", TODAY).unwrap(),
        in_qpv: Some(false),
        typology: Typology::T3,
        useful_surface: Some(6_450),
        access: Some(Access::StepFree),
        financing: Some(Financing::Plus),
        kind: DwellingKind::Ordinary,
        rent: Cents::new(44_000),
        lowest_rent: None,
        charges: Some(Cents::new(16_000)),
        new_or_recent: Some(true),
        rt2005: Some(true),
        signed_conventions_of: vec![operation("OP-1")],
        contingent: None,
        hold: None,
        vacant_since: Some(Date::constant(2026, 10, 1)),
        available_from: Date::constant(2026, 12, 1),
        published_on: TODAY,
        works: Vec::new(),
        out_of_flow: true,
        formal: true,
    }
}

pub(crate) fn terms() -> PolicyTerms {
    PolicyTerms::standard(Date::constant(2026, 1, 1))
}

fn references() -> References<'static> {
    References::bare(TODAY, Tables::shipped())
}

fn read(
    need: NeedDeclaration,
    offer: OfferDeclaration,
    terms: PolicyTerms,
    references: &References<'_>,
) -> Result<Edge, Vec<Reject>> {
    let (need, offer) = (HouseholdNeed::new(need).unwrap(), DwellingOffer::new(offer).unwrap());
    eligibility(&need, &offer, &Policy::new(terms).unwrap(), references)
}

/// The codes that rule the pair out, in order.
fn codes(need: NeedDeclaration, offer: OfferDeclaration, references: &References<'_>) -> Vec<String> {
    match read(need, offer, terms(), references) {
        Ok(_) => Vec::new(),
        Err(rejects) => rejects.iter().map(Reject::code).collect(),
    }
}

fn check(change: impl FnOnce(&mut NeedDeclaration, &mut OfferDeclaration), expected: &[&str]) {
    let (mut need, mut offer) = (need(), offer());
    change(&mut need, &mut offer);
    assert_eq!(codes(need, offer, &references()), expected);
}

fn edge(change: impl FnOnce(&mut NeedDeclaration, &mut OfferDeclaration)) -> Edge {
    let (mut need, mut offer) = (need(), offer());
    change(&mut need, &mut offer);
    read(need, offer, terms(), &references()).unwrap()
}
