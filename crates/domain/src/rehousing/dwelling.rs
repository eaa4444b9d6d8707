//! The offer of a dwelling: what it is, what it costs, who reserves it, when it is free.

use crate::rehousing::ids::{ContingentId, DwellingRef, OfferId};
use crate::rehousing::place::CommuneId;
use crate::relogement::{Typology, check_rent};
use crate::{Amount, Cents, Date, OperationId, Reason, Refusal, Siren};
use serde::{Deserialize, Serialize};

/// An offer, checked.
///
/// Invariant: what [`DwellingOffer::new`] checks holds; read through [`DwellingOffer::declared`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OfferDeclaration", into = "OfferDeclaration")]
pub struct DwellingOffer(OfferDeclaration);

/// What a bailleur or a reserver declares of a dwelling. Options are what may not be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferDeclaration {
    /// This offer.
    pub offer: OfferId,
    /// The dwelling, in its bailleur's filing.
    pub dwelling: DwellingRef,
    /// The bailleur that lets it.
    pub landlord: Siren,
    /// What the bailleur is in the renewal of the territory, for the exchange and the role shares.
    pub role: LandlordRole,
    /// Where it lies.
    pub commune: CommuneId,
    /// Whether it lies in a quartier prioritaire.
    pub in_qpv: Option<bool>,
    /// Its size.
    pub typology: Typology,
    /// Useful surface in hundredths of m².
    pub useful_surface: Option<u32>,
    /// Whom it can be reached by.
    pub access: Option<Access>,
    /// How it was financed: it fixes the income ceiling.
    pub financing: Option<Financing>,
    /// Whom it is for.
    pub kind: DwellingKind,
    /// Monthly rent it would bear, charges apart, before RLS: the reference of the rent gap.
    pub rent: Cents,
    /// Lowest monthly rent its bailleur accepts; nothing when the rent is not to be lowered.
    pub lowest_rent: Option<Cents>,
    /// Monthly charges.
    pub charges: Option<Cents>,
    /// New, or first let less than five years ago.
    pub new_or_recent: Option<bool>,
    /// Meets the thermal rules of 2005.
    pub rt2005: Option<bool>,
    /// Its bailleur signed the ANRU convention of the need's project; checked per project when known.
    pub signed_conventions_of: Vec<OperationId>,
    /// The contingent that reserves it; nothing when it is not reserved.
    pub contingent: Option<ContingentId>,
    /// Kept for one operation until a day (vivier).
    pub hold: Option<Hold>,
    /// Last day of the previous lease, when it is empty.
    pub vacant_since: Option<Date>,
    /// First day it can be lived in.
    pub available_from: Date,
    /// Day it was offered.
    pub published_on: Date,
    /// Works it needs before.
    pub works: Vec<PlannedWorks>,
    /// Taken out of the base of the flow management of reservations.
    pub out_of_flow: bool,
    /// An offer of it counts as a formal one.
    pub formal: bool,
}

/// What a bailleur is in the renewal of a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandlordRole {
    /// It demolishes.
    Demolisher,
    /// It does not.
    Other,
}

/// Who may post a dwelling on the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PosterRule {
    /// Bailleurs that do not demolish (Lille, July 2021).
    NonDemolishers,
    /// Also demolishers, outside their own operations (the opening that Lille wished for).
    OutsideOwnOperations,
    /// Anyone.
    Anyone,
}

/// How a dwelling can be reached and lived in, each level holding those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Nothing special.
    Ordinary,
    /// Lift or ground floor, no step.
    StepFree,
    /// Turning circles and doors for a wheelchair.
    Wheelchair,
}

/// How a dwelling was financed (codes of ApiLos).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum Financing {
    Plai,
    PlaiAdp,
    Plus,
    PlusCd,
    Pls,
    Palulos,
    Pli,
}

/// Whom a dwelling is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DwellingKind {
    /// Any household.
    Ordinary,
    /// One public only.
    Specific(SpecificPublic),
}

/// Publics of specific dwellings (study: young people leaving home, seniors losing autonomy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SpecificPublic {
    Young,
    Senior,
}

/// A dwelling kept empty for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The operation.
    pub operation: OperationId,
    /// Last day it is kept.
    pub until: Date,
}

/// Light works foreseen (study: partitions, wet rooms, cupboards).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWorks {
    /// Which.
    pub kind: WorksKind,
    /// Their estimate in cents.
    pub estimate: Amount,
}

/// Kinds of light works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum WorksKind {
    Partition,
    WetRoom,
    Cupboard,
    Accessibility,
    Other,
}

impl TryFrom<OfferDeclaration> for DwellingOffer {
    type Error = Refusal;
    fn try_from(declaration: OfferDeclaration) -> Result<Self, Refusal> {
        Self::new(declaration)
    }
}

impl From<DwellingOffer> for OfferDeclaration {
    fn from(checked: DwellingOffer) -> Self {
        checked.0
    }
}

impl DwellingOffer {
    /// Checks a declaration.
    ///
    /// # Errors
    /// Refuses, naming the field: rents that are not rents (the RPLS mark 9999 included), a lowest rent above the
    /// rent, a dwelling free before it is empty, more than twenty works.
    pub fn new(declaration: OfferDeclaration) -> Result<Self, Refusal> {
        let offer = &declaration;
        check_rent("rent_cents", offer.rent)?;
        for (field, rent) in [("lowest_rent_cents", offer.lowest_rent), ("charges_cents", offer.charges)] {
            rent.map_or(Ok(()), |rent| check_rent(field, rent))?;
        }
        if let Some(lowest) = offer.lowest_rent.filter(|lowest| *lowest > offer.rent) {
            let refusal = Refusal::new(Reason::ValueRange, "lowest_rent_cents", lowest.get());
            return Err(refusal.with("max", offer.rent.get()));
        }
        if let Some(vacant) = offer.vacant_since.filter(|vacant| *vacant > offer.available_from) {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "vacant_since", vacant));
        }
        let works = i64::try_from(offer.works.len()).unwrap_or(i64::MAX);
        super::band::in_range("works", works, 0, 20)?;
        Ok(Self(declaration))
    }

    /// What was declared.
    #[must_use]
    pub const fn declared(&self) -> &OfferDeclaration {
        &self.0
    }
}
