//! Dates: civil dates of the trade, and the instant at which a thing was booked.

use crate::refusal::{Reason, Refusal};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

pub use jiff::civil::Date;

/// Reads a date from its parts, as the wire carries it.
///
/// # Errors
/// Refuses dates that do not exist and years outside 1990 to 2100.
pub fn date(field: &str, year: i32, month: i32, day: i32) -> Result<Date, Refusal> {
    let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    match parts {
        (Ok(y), Ok(m), Ok(d)) if (1990..=2100).contains(&y) => Date::new(y, m, d).ok(),
        _ => None,
    }
    .ok_or_else(|| Refusal::new(Reason::DateInvalid, field, format!("{year:04}-{month:02}-{day:02}")))
}

/// Reads `2025-03-01`, or `01/03/2025` as French spreadsheets write it.
///
/// # Errors
/// Refuses any other shape, and what [`date`] refuses.
pub fn parse_date(field: &str, text: &str) -> Result<Date, Refusal> {
    let bad = || Refusal::new(Reason::DateInvalid, field, text);
    let text = text.trim();
    let number = |part: &str| part.parse::<i32>().map_err(|_| bad());
    let french: Vec<&str> = text.split('/').collect();
    let iso: Vec<&str> = text.split('-').collect();
    match (french.as_slice(), iso.as_slice()) {
        ([d, m, y], _) | (_, [y, m, d]) if y.len() == 4 => date(field, number(y)?, number(m)?, number(d)?),
        _ => Err(bad()),
    }
}

/// Days from 1970-01-01 to the date: the number stored in the journal.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    date.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
}

/// The date of a stored day number; nothing outside the calendar.
#[must_use]
pub fn date_of_day_number(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The instant at which the chamber booked something: milliseconds since 1970-01-01 UTC.
///
/// Invariant: it never goes back along the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BookedAt(i64);

impl BookedAt {
    /// So many milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The calendar day in Paris: the accounting day of the chamber.
    #[must_use]
    pub fn day_in_paris(self) -> Date {
        let instant = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        instant.to_zoned_datetime(paris()).date()
    }

    /// Noon in Paris of a day, for clocks that only know days.
    #[must_use]
    pub fn noon_in_paris(day: Date) -> Self {
        let noon = day.at(12, 0, 0, 0).to_zoned_datetime(paris());
        Self(noon.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
    }
}

fn paris() -> TimeZone {
    static PARIS: std::sync::OnceLock<TimeZone> = std::sync::OnceLock::new();
    PARIS.get_or_init(|| TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC)).clone()
}

/// Days in the month of a date.
#[must_use]
pub fn days_in_month(date: Date) -> i64 {
    i64::from(date.days_in_month())
}

/// The same day `months` later, or the last day of that month when it is shorter.
#[must_use]
pub fn plus_months(date: Date, months: u32) -> Date {
    jiff::Span::new()
        .try_months(months)
        .ok()
        .and_then(|span| date.checked_add(span).ok())
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_date_are_read() {
        assert_eq!(parse_date("d", "2025-03-01").unwrap(), Date::constant(2025, 3, 1));
        assert_eq!(parse_date("d", "01/03/2025").unwrap(), Date::constant(2025, 3, 1));
        for text in ["2025-02-30", "2025-13-01", "1/2", "", "0001-01-01", "2025-3-1x"] {
            assert_eq!(parse_date("d", text).unwrap_err().reason, Reason::DateInvalid, "{text}");
        }
    }

    #[test]
    fn day_numbers_go_both_ways() {
        for day in [Date::constant(1990, 1, 1), Date::constant(2026, 11, 24), Date::constant(2100, 12, 31)] {
            assert_eq!(date_of_day_number(day_number(day)), Some(day));
        }
        assert_eq!(day_number(Date::constant(1970, 1, 2)), 1);
    }

    #[test]
    fn the_accounting_day_is_the_one_of_paris() {
        // 2025-12-31T23:30Z is already the new year in Paris.
        assert_eq!(BookedAt::from_millis(1_767_223_800_000).day_in_paris(), Date::constant(2026, 1, 1));
        let day = Date::constant(2025, 7, 14);
        assert_eq!(BookedAt::noon_in_paris(day).day_in_paris(), day);
    }

    #[test]
    fn a_month_after_the_31st_is_the_last_day() {
        assert_eq!(plus_months(Date::constant(2025, 1, 31), 1), Date::constant(2025, 2, 28));
        assert_eq!(plus_months(Date::constant(2025, 3, 15), 12), Date::constant(2026, 3, 15));
    }
}
