//! The relogement: one household moved from an operation to a dwelling of a host bailleur.

use crate::calendar::Date;
use crate::household::Household;
use crate::ids::{OperationId, RelogementId};
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};

/// One household rehoused, as the bailleur declares it once the lease is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relogement {
    /// Its identifier, unique in the chamber.
    pub id: RelogementId,
    /// The operation the household leaves; it fixes the origin bailleur and the territory.
    pub operation: OperationId,
    /// The household: its pseudonym when declared, a commitment once in the journal.
    pub household: Household,
    /// The bailleur that signed the lease.
    pub host: Siren,
    /// Day the lease starts.
    pub lease_date: Date,
    /// INSEE code of the commune of the host dwelling; kept beside the operation's territory.
    pub commune: Box<str>,
    /// Typology of the host dwelling.
    pub typology: Typology,
    /// Monthly rent the dwelling would have borne, charges apart, before RLS.
    pub reference_rent: Cents,
    /// Monthly rent in the lease, charges apart, before RLS.
    pub practised_rent: Cents,
    /// Monthly charges, when the convention counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charges: Option<Charges>,
    /// The reservation contingent of the dwelling, when declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contingent: Option<Contingent>,
    /// The dwelling is taken out of the base of the flow management of reservations (gestion en flux).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_flow: bool,
    /// The request carries the motive « renouvellement urbain » in the SNE.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sne_motive_ru: bool,
}

/// Monthly charges of the dwelling, reference and practised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charges {
    /// What the dwelling's charges would have been.
    pub reference: Cents,
    /// What the household pays.
    pub practised: Cents,
}

impl Relogement {
    /// Checks what a declaration can get wrong by itself, whatever the books hold.
    ///
    /// # Errors
    /// Refuses negative rents and charges, rents beyond the limit, and the RPLS mark 9999 (« sans objet »).
    pub fn check(&self) -> Result<(), Refusal> {
        check_rent("reference_rent_cents", self.reference_rent)?;
        check_rent("practised_rent_cents", self.practised_rent)?;
        if let Some(charges) = self.charges {
            check_rent("reference_charges_cents", charges.reference)?;
            check_rent("practised_charges_cents", charges.practised)?;
        }
        Ok(())
    }
}

/// A monthly rent: zero or more, below the limit, not a mark of the RPLS file.
///
/// # Errors
/// The reason that fits, naming `field`.
pub fn check_rent(field: &str, rent: Cents) -> Result<(), Refusal> {
    if rent < Cents::ZERO {
        Err(Refusal::new(Reason::AmountNegative, field, rent.get()))
    } else if rent > Cents::MAX_DECLARED {
        Err(Refusal::new(Reason::AmountTooLarge, field, rent.get()))
    } else if rent == Cents::new(999_900) {
        Err(Refusal::new(Reason::RentSentinel, field, rent.get()))
    } else {
        Ok(())
    }
}

/// Typology of a dwelling (codes of ApiLos; T1bis and T1' count as T1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Typology {
    T1,
    T2,
    T3,
    T4,
    T5,
    T6,
}

/// Reservation contingents (RPLS field 63, arrêté of 5 January 2010).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contingent {
    /// State: civil servants and public agents.
    StateCivilServants,
    /// State: priority households.
    StatePriority,
    /// Employers and Action Logement.
    ActionLogement,
    /// Local authorities, EPCI included.
    LocalAuthorities,
    /// Other reservers.
    Other,
    /// Not reserved.
    NotReserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_rpls_file_are_not_rents() {
        assert_eq!(check_rent("r", Cents::new(999_900)).unwrap_err().reason, Reason::RentSentinel);
        assert_eq!(check_rent("r", Cents::new(-1)).unwrap_err().reason, Reason::AmountNegative);
        assert!(check_rent("r", Cents::ZERO).is_ok());
    }
}
