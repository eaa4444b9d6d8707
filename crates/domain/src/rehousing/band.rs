//! A band: what is known of a number when only its bounds may be told.

use crate::{Reason, Refusal};
use serde::{Deserialize, Serialize};

/// A number between two bounds, both included; an exact number has equal bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64)", into = "(i64, i64)")]
pub struct Band {
    from: i64,
    to: i64,
}

impl Band {
    /// A band of zero or more, bounds in order.
    ///
    /// # Errors
    /// [`Reason::ValueRange`] naming `field` for a negative bound, or bounds in the wrong order.
    pub fn new(field: &str, from: i64, to: i64) -> Result<Self, Refusal> {
        if from < 0 || to > MOST {
            Err(Refusal::new(Reason::ValueRange, field, format!("{from}..{to}"))
                .with("min", 0)
                .with("max", MOST))
        } else if from > to {
            Err(Refusal::new(Reason::ValueRange, field, format!("{from}..{to}")).with("min", from))
        } else {
            Ok(Self { from, to })
        }
    }

    /// The least it can be.
    #[must_use]
    pub const fn from(self) -> i64 {
        self.from
    }

    /// The most it can be.
    #[must_use]
    pub const fn to(self) -> i64 {
        self.to
    }
}

impl TryFrom<(i64, i64)> for Band {
    type Error = Refusal;
    fn try_from((from, to): (i64, i64)) -> Result<Self, Refusal> {
        Self::new("band", from, to)
    }
}

impl From<Band> for (i64, i64) {
    fn from(band: Band) -> Self {
        (band.from, band.to)
    }
}

/// The same limit as a declared amount: a thousand million euros in cents.
const MOST: i64 = 100_000_000_000;

/// A number of zero or more below a maximum.
///
/// # Errors
/// [`Reason::ValueRange`] naming `field`.
pub fn in_range(field: &str, value: i64, min: i64, max: i64) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::new(Reason::ValueRange, field, value).with("min", min).with("max", max))
    }
}
