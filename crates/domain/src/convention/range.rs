//! Ranges of the parameters of a convention: one refusal each, naming the field.

use crate::calendar::{self, Date};
use crate::money::Cents;
use crate::refusal::{Reason, Refusal};

/// Between two whole numbers, both included.
pub(super) fn range(field: &str, value: u64, least: u64, most: u64) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::new(Reason::ConventionRange, field, value).with("least", least).with("most", most))
    }
}

/// Zero or more, and no larger than a declaration may be.
pub(super) fn not_negative(field: &str, cents: Cents) -> Result<(), Refusal> {
    if cents < Cents::ZERO || cents > Cents::MAX_DECLARED {
        Err(Refusal::new(Reason::ConventionRange, field, cents.get()).with("least", 0))
    } else {
        Ok(())
    }
}

/// Zero or more, up to a hundred billion euros: the rents of a year, not one declaration.
pub(super) fn yearly(field: &str, cents: Cents) -> Result<(), Refusal> {
    let value = u64::try_from(cents.get());
    match value {
        Ok(value) => range(field, value, 0, 10_000_000_000_000),
        Err(_) => Err(Refusal::new(Reason::ConventionRange, field, cents.get()).with("least", 0)),
    }
}

/// A day that declarations and the wire may name too.
pub(super) fn day(field: &str, day: Date) -> Result<(), Refusal> {
    calendar::date(field, day.year().into(), day.month().into(), day.day().into()).map(|_| ())
}

/// A parameter that another one makes meaningless is refused, never dropped: it would be a charter half applied.
pub(super) fn foreign(field: &str, present: bool, because: &str) -> Result<(), Refusal> {
    if present {
        return Err(Refusal::new(Reason::ConventionRange, field, "present").with("with", because));
    }
    Ok(())
}
