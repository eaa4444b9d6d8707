//! How the rent gap is counted.

use super::range::range;
use crate::refusal::{Reason, Refusal};
use serde::{Deserialize, Serialize};

/// How the rent gap is counted (monthly reference rent − rent in the lease).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RentGapRule {
    /// Once at the lease date, or month by month at each closing.
    pub mode: RentGapMode,
    /// Months counted: the horizon when capitalised, the longest run when accrued. 1 to 600.
    pub months: u32,
    /// Capitalised only: the end of the lease before the horizon gives the months not begun back.
    pub claw_back: bool,
    /// Accrued only: both rents follow the IRL each 1 January.
    pub revise_with_irl: bool,
    /// Counts the charges gap too, when declared.
    pub include_charges: bool,
}

impl Default for RentGapRule {
    fn default() -> Self {
        Self {
            mode: RentGapMode::Accrued,
            months: 192,
            claw_back: false,
            revise_with_irl: true,
            include_charges: false,
        }
    }
}

/// When the rent gap is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RentGapMode {
    /// Gap × months, in one écriture at the lease date.
    Capitalised,
    /// At each closing, for the months of the lease so far.
    Accrued,
}

impl RentGapRule {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        range("rent_gap.months", u64::from(self.months), 1, 600)?;
        let capitalised = self.mode == RentGapMode::Capitalised;
        if capitalised && self.revise_with_irl {
            let field = "rent_gap.revise_with_irl";
            return Err(Refusal::new(Reason::ConventionRange, field, "true with a capitalised gap"));
        }
        if !capitalised && self.claw_back {
            let field = "rent_gap.claw_back";
            return Err(Refusal::new(Reason::ConventionRange, field, "true with an accrued gap"));
        }
        Ok(())
    }
}
