//! Reports: pure functions that return rows; whoever calls them writes CSV, XLSX or a picture.
//!
//! | file | rows |
//! |---|---|
//! | [`needs`] | the monthly needs table: typology × financing by operation, urgent cases flagged |
//! | [`orphans`] | offers that nobody took position on, and why; the share of them |
//! | [`delays`] | time to answer, by team |
//! | [`commitments`] | achieved against committed |
//! | [`holds`] | dwellings kept empty for an operation, for how long, at what cost |
//! | [`out_of_flow`] | dwellings taken out of the flow, by bailleur and reserver |

pub mod commitments;
pub mod delays;
pub mod holds;
pub mod needs;
pub mod orphans;
pub mod out_of_flow;

use serde::Serialize;

/// A count, hidden when it is small enough to point at somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Shown.
    Count(u32),
    /// Hidden: below this number, and not zero.
    Below(u32),
}

impl Cell {
    /// Shows a count, unless it is between one and `least` − 1.
    #[must_use]
    pub const fn of(count: u32, least: u32) -> Self {
        if count == 0 || count >= least { Self::Count(count) } else { Self::Below(least) }
    }

    /// As people read it: `12`, or `<5`.
    #[must_use]
    pub fn french(self) -> String {
        match self {
            Self::Count(count) => chambre_domain::french::count(u64::from(count)),
            Self::Below(least) => format!("<{least}"),
        }
    }
}

/// `part` of `whole` in tenths of a percent, rounded half up; nothing of nothing.
#[must_use]
pub fn per_mille(part: u32, whole: u32) -> Option<u32> {
    let (part, whole) = (u64::from(part), u64::from(whole));
    if whole == 0 { None } else { u32::try_from((part * 2_000 + whole) / (whole * 2)).ok() }
}

/// `6,7 %`, with the no-break space of `fr-FR`; a dash for nothing of nothing.
#[must_use]
pub fn percent_french(part: u32, whole: u32) -> String {
    match per_mille(part, whole) {
        Some(tenths) => format!("{},{}\u{a0}%", tenths / 10, tenths % 10),
        None => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_are_hidden_and_zero_is_not() {
        let shown: Vec<_> = [0, 1, 4, 5, 1_200].map(|count| Cell::of(count, 5).french()).into();
        assert_eq!(shown, ["0", "<5", "<5", "5", "1\u{202f}200"]);
        assert_eq!(Cell::of(1, 0), Cell::Count(1));
    }

    #[test]
    fn shares_are_rounded_half_up_to_a_tenth_of_a_percent() {
        assert_eq!(percent_french(2, 30), "6,7\u{a0}%");
        assert_eq!(percent_french(1, 2_000), "0,1\u{a0}%");
        assert_eq!(percent_french(1, 2_001), "0,0\u{a0}%");
        assert_eq!(percent_french(3, 2), "150,0\u{a0}%");
        assert_eq!(percent_french(0, 0), "–");
    }
}
