//! What a pair would cost its host, and what ANRU may be expected to pay: shown with each pair.

use crate::trade::dwelling::OfferDeclaration;
use crate::trade::need::NeedDeclaration;
use crate::trade::references::References;
use chambre_domain::{Cents, Date, Reason};

/// What ANRU may be expected to pay for a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indemnity {
    /// Every check holds: this flat sum. Still only an expectation: only what is received nets the effort.
    Expected(Cents),
    /// Every check holds, but the scale in force on the day is not loaded: no figure is given.
    NoScale {
        /// The day.
        on: Date,
    },
    /// Checks that fail, or cannot be made.
    NotExpected(Vec<IndemnityCheck>),
}

/// A condition of the indemnity (RGA ANRU, as read in the study) that fails or cannot be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndemnityCheck {
    /// The operation is not financed by ANRU.
    NotAnru,
    /// The host did not sign the project's convention: named by the study as a brake.
    HostNotSignatory,
    /// The rent is above the APL rent ceiling of the household.
    RentAboveCeiling {
        /// The ceiling, a month.
        ceiling: Cents,
    },
    /// The APL rent ceiling of that zone and day is not in the data.
    CeilingUnknown,
    /// Neither new or recent, nor (since 1 October 2021) at the thermal rules of 2005.
    NeitherRecentNorRt2005,
    /// Not known to be new, recent or at the thermal rules of 2005.
    QualityUnknown,
}

impl IndemnityCheck {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnru => "NOT_ANRU",
            Self::HostNotSignatory => "HOST_NOT_SIGNATORY",
            Self::RentAboveCeiling { .. } => "RENT_ABOVE_APL_CEILING",
            Self::CeilingUnknown => "APL_CEILING_UNKNOWN",
            Self::NeitherRecentNorRt2005 => "NEITHER_RECENT_NOR_RT2005",
            Self::QualityUnknown => "QUALITY_UNKNOWN",
        }
    }
}

/// First day on which stock at the thermal rules of 2005 is admitted (ANRU board of 29 June 2021).
const RT2005_SINCE: Date = Date::constant(2021, 10, 1);

/// Reads the checks on the first day the household could move in.
pub(crate) fn expected_indemnity(
    need: &NeedDeclaration,
    offer: &OfferDeclaration,
    rent: Cents,
    references: &References<'_>,
) -> Indemnity {
    let day = references.on.max(offer.available_from);
    let mut failed = Vec::new();
    if !references.anru_operations.contains(&need.operation) {
        failed.push(IndemnityCheck::NotAnru);
    }
    // The origin bailleur of an ANRU project is a party to its convention.
    if need.origin != Some(offer.landlord) && !offer.signed_conventions_of.contains(&need.operation) {
        failed.push(IndemnityCheck::HostNotSignatory);
    }
    match references.tables.apl_rent_ceiling(offer.commune.zone(), need.composition, day) {
        None => failed.push(IndemnityCheck::CeilingUnknown),
        Some(ceiling) if rent > ceiling => failed.push(IndemnityCheck::RentAboveCeiling { ceiling }),
        Some(_) => {}
    }
    let rt2005 = if day >= RT2005_SINCE { offer.rt2005 } else { Some(false) };
    match (offer.new_or_recent, rt2005) {
        (Some(true), _) | (_, Some(true)) => {}
        (Some(false), Some(false)) => failed.push(IndemnityCheck::NeitherRecentNorRt2005),
        _ => failed.push(IndemnityCheck::QualityUnknown),
    }
    if !failed.is_empty() {
        return Indemnity::NotExpected(failed);
    }
    match references.tables.anru_flat_sum(offer.typology, day) {
        Ok(sum) => Indemnity::Expected(sum),
        Err(refusal) => {
            debug_assert_eq!(refusal.reason, Reason::AnruScaleMissing);
            Indemnity::NoScale { on: day }
        }
    }
}
