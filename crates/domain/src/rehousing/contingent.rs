//! Reservation contingents: who reserves, for whom, how many were promised.

use crate::rehousing::band::in_range;
use crate::rehousing::ids::ContingentId;
use crate::relogement::Contingent as ReserverKind;
use crate::{Date, OperationId, Reason, Refusal, Text, calendar};
use serde::{Deserialize, Serialize};

/// A contingent that reserves dwellings for rehousing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contingent {
    /// Its identifier.
    pub id: ContingentId,
    /// Who reserves, for people.
    pub reserver: Text,
    /// Who reserves, in the RPLS list.
    pub kind: ReserverKind,
    /// Households it accepts.
    pub accepts: Accepts,
    /// What its reserver promised.
    pub commitment: Commitment,
}

/// Households that a contingent accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepts {
    /// Anyone to rehouse.
    Anyone,
    /// Those whom Action Logement may house.
    AlsEligible,
    /// The priority public of CCH L.441-1.
    PriorityPublic,
    /// Households of these operations.
    Operations(Vec<OperationId>),
}

/// A number of dwellings promised over a period.
///
/// Invariant: the period is in order and holds at least one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Commitment {
    dwellings: u32,
    from: Date,
    to: Date,
}

/// A commitment as it is stored: it comes back through the same door.
#[derive(Deserialize)]
struct Stored {
    dwellings: u32,
    from: Date,
    to: Date,
}

impl TryFrom<Stored> for Commitment {
    type Error = Refusal;
    fn try_from(stored: Stored) -> Result<Self, Refusal> {
        Self::new(stored.dwellings, stored.from, stored.to)
    }
}

impl Commitment {
    /// So many dwellings from the first to the last day, both included.
    ///
    /// # Errors
    /// [`Reason::DatesOutOfOrder`] for a period that ends before it starts, [`Reason::ValueRange`] beyond 100 000.
    pub fn new(dwellings: u32, from: Date, to: Date) -> Result<Self, Refusal> {
        in_range("commitment.dwellings", i64::from(dwellings), 0, 100_000)?;
        if to < from {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "commitment.to", to).with("from", from));
        }
        Ok(Self { dwellings, from, to })
    }

    /// Dwellings promised over the whole period.
    #[must_use]
    pub const fn dwellings(self) -> u32 {
        self.dwellings
    }

    /// First day of the period.
    #[must_use]
    pub const fn from(self) -> Date {
        self.from
    }

    /// Last day of the period.
    #[must_use]
    pub const fn to(self) -> Date {
        self.to
    }

    /// Whether the day is in the period.
    #[must_use]
    pub fn covers(self, on: Date) -> bool {
        (self.from..=self.to).contains(&on)
    }

    /// Dwellings due by the end of a day, pro rata of the days run, rounded down; all of them after the period.
    #[must_use]
    pub fn due_by(self, on: Date) -> u32 {
        let days =
            |to: Date| i64::from(calendar::day_number(to)) - i64::from(calendar::day_number(self.from)) + 1;
        let run = days(on.min(self.to)).max(0);
        u32::try_from(i64::from(self.dwellings) * run / days(self.to)).unwrap_or(self.dwellings)
    }
}
