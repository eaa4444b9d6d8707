//! The need of a household to rehouse. No name, no birth date, no exact income: a pseudonym, counts and bands.

use crate::rehousing::band::{Band, in_range};
use crate::rehousing::dwelling::{Access, Financing, SpecificPublic};
use crate::rehousing::formal::FormalOffers;
use crate::rehousing::ids::{DwellingRef, MousId, OfferId};
use crate::rehousing::place::{CommuneId, Place};
use crate::relogement::{Typology, check_rent};
use crate::{Cents, Date, HouseholdId, OperationId, Reason, Refusal, Siren};
use serde::{Deserialize, Serialize};

/// A household's need, checked.
///
/// Invariant: what [`HouseholdNeed::new`] checks holds; read through [`HouseholdNeed::declared`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "NeedDeclaration", into = "NeedDeclaration")]
pub struct HouseholdNeed(NeedDeclaration);

/// What a MOUS declares of a household. Options are what may not be known; a rule then answers "unknown".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedDeclaration {
    /// Pseudonym, issued by the origin bailleur.
    pub household: HouseholdId,
    /// Team that follows it.
    pub mous: MousId,
    /// Operation it leaves.
    pub operation: OperationId,
    /// Bailleur it leaves; nobody for an owner or a private tenant of an ORCOD.
    pub origin: Option<Siren>,
    /// Commune it leaves.
    pub commune: CommuneId,
    /// Set when its rehousing is urgent.
    pub urgency: Option<Urgency>,
    /// Class of its project in the arbitration of the territory: 0 comes first.
    pub project_class: u8,
    /// Who it is made of.
    pub composition: Composition,
    /// What it lives on.
    pub means: Means,
    /// Typologies that fit.
    pub typology: TypologyRange,
    /// Financing (conventionnement) that its team looks for, for the monthly table; the rules do not read it.
    pub wanted_financing: Option<Financing>,
    /// What its health asks of the dwelling.
    pub access: Access,
    /// Publics it belongs to, for specific dwellings.
    pub publics: Vec<SpecificPublic>,
    /// Wished places, each with its rank: 1 comes first.
    pub wishes: Vec<Wish>,
    /// Places it rules out.
    pub exclusions: Vec<Place>,
    /// Whether places outside its wishes may be offered.
    pub widening: Widening,
    /// Monthly rent it pays today, charges apart.
    pub present_rent: Option<Cents>,
    /// Monthly charges it pays today.
    pub present_charges: Option<Cents>,
    /// Formal offers made so far, with their dates and the cap of its legal basis.
    pub formal_offers: FormalOffers,
    /// Dwellings it refused.
    pub refusals: Vec<PastRefusal>,
    /// It is one of the households chosen for double propositions.
    pub double_proposition: bool,
    /// Whether Action Logement may house it.
    pub als_eligible: Option<bool>,
    /// Whether it is recognised as a priority public (CCH L.441-1).
    pub priority_public: Option<bool>,
    /// Whether its resources are in the first quartile of applicants.
    pub first_quartile: Option<bool>,
    /// Day it entered the list.
    pub entered_on: Date,
    /// Day by which it must have moved.
    pub needed_by: Option<Date>,
}

/// Who a household is made of: counts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    /// Persons, 1 to 20.
    pub persons: u8,
    /// Dependants among them, fewer than the persons.
    pub dependants: u8,
    /// Consumption units, in tenths: 10 for one adult; at least 10 and at most ten for each person.
    pub units_tenths: u16,
}

/// What a household lives on, as bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Means {
    /// Yearly income (revenu fiscal de référence) in basis points of the PLUS ceiling of its category: 10 000 is
    /// the ceiling.
    pub income_bp_of_plus: Option<Band>,
    /// Its category in the income ceilings, as the application states it.
    pub category: Option<CeilingCategory>,
    /// Monthly resources in cents.
    pub monthly_resources: Option<Band>,
    /// Monthly housing aid to expect, in cents, whatever the dwelling.
    pub monthly_aid: Option<Cents>,
}

/// Category of household in the tables of income ceilings (arrêté of 29 July 1987).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CeilingCategory {
    /// 1 to 6.
    pub category: u8,
    /// Persons beyond the sixth category; zero below it.
    pub extra_persons: u8,
}

/// Typologies that fit: the least, the best, the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TypologyRange {
    pub min: Typology,
    pub ideal: Typology,
    pub max: Typology,
}

/// A wished place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Where.
    pub place: Place,
    /// Its rank, 1 to 9: 1 comes first.
    pub rank: u8,
}

/// Whether a household may be offered a place outside its wishes (study: managers should not self-censor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    /// No.
    No,
    /// Yes, and it is said to be outside its wishes.
    Labelled,
    /// Yes.
    Yes,
}

/// Why a rehousing is urgent, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    /// The reason.
    pub code: UrgencyCode,
    /// Since this day.
    pub since: Date,
}

/// Reasons of urgency. None says anything of a person's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgencyCode {
    /// Works begin soon.
    WorksCalendar,
    /// Nobody else is left on the staircase.
    LastOccupants,
    /// The building is dangerous or unhealthy.
    Danger,
    /// The household is in danger where it lives.
    Protection,
}

/// A dwelling refused before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRefusal {
    /// The offer.
    pub offer: OfferId,
    /// Its bailleur.
    pub landlord: Siren,
    /// The dwelling in its bailleur's filing, so that a later offer of it is known.
    pub dwelling: DwellingRef,
    /// Day of the refusal.
    pub on: Date,
    /// Why.
    pub reason: RefusalReason,
}

/// Why a household refuses a dwelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum RefusalReason {
    Place,
    Size,
    Rent,
    Charges,
    Access,
    State,
    Neighbourhood,
    NoAnswer,
    Other,
}

/// Wishes, exclusions or refusals a declaration may carry.
pub const MOST_LINES: usize = 50;

impl TryFrom<NeedDeclaration> for HouseholdNeed {
    type Error = Refusal;
    fn try_from(declaration: NeedDeclaration) -> Result<Self, Refusal> {
        Self::new(declaration)
    }
}

impl From<HouseholdNeed> for NeedDeclaration {
    fn from(checked: HouseholdNeed) -> Self {
        checked.0
    }
}

impl HouseholdNeed {
    /// Checks a declaration.
    ///
    /// # Errors
    /// Refuses, naming the field: counts out of range, typologies or dates out of order, rents that are not
    /// rents, an extra person below the sixth category, more than fifty wishes, exclusions or refusals.
    pub fn new(declaration: NeedDeclaration) -> Result<Self, Refusal> {
        let need = &declaration;
        check_composition(need.composition).map_err(|refusal| refusal.within("composition"))?;
        check_means(&need.means).map_err(|refusal| refusal.within("means"))?;
        let TypologyRange { min, ideal, max } = need.typology;
        if !(min <= ideal && ideal <= max) {
            return Err(Refusal::new(Reason::ValueRange, "typology", format!("{min:?} {ideal:?} {max:?}")));
        }
        for (place, wish) in need.wishes.iter().enumerate() {
            in_range(&format!("wishes[{place}].rank"), i64::from(wish.rank), 1, 9)?;
        }
        let lists = [("wishes", need.wishes.len()), ("exclusions", need.exclusions.len())];
        for (field, length) in lists.into_iter().chain([("refusals", need.refusals.len())]) {
            let length = i64::try_from(length).unwrap_or(i64::MAX);
            in_range(field, length, 0, i64::try_from(MOST_LINES).unwrap_or(i64::MAX))?;
        }
        for (field, rent) in
            [("present_rent_cents", need.present_rent), ("present_charges_cents", need.present_charges)]
        {
            rent.map_or(Ok(()), |rent| check_rent(field, rent))?;
        }
        if need.needed_by.is_some_and(|by| by < need.entered_on) {
            return Err(Refusal::new(
                Reason::DatesOutOfOrder,
                "needed_by",
                need.needed_by.unwrap_or(need.entered_on),
            ));
        }
        Ok(Self(declaration))
    }

    /// What was declared.
    #[must_use]
    pub const fn declared(&self) -> &NeedDeclaration {
        &self.0
    }
}

fn check_composition(composition: Composition) -> Result<(), Refusal> {
    let persons = i64::from(composition.persons);
    in_range("persons", persons, 1, 20)?;
    in_range("dependants", i64::from(composition.dependants), 0, persons - 1)?;
    in_range("units_tenths", i64::from(composition.units_tenths), 10, persons * 10)
}

fn check_means(means: &Means) -> Result<(), Refusal> {
    if let Some(CeilingCategory { category, extra_persons }) = means.category {
        in_range("category", i64::from(category), 1, 6)?;
        in_range("category.extra_persons", i64::from(extra_persons), 0, if category == 6 { 14 } else { 0 })?;
    }
    means.monthly_aid.map_or(Ok(()), |aid| check_rent("monthly_aid_cents", aid))
}
