//! The calendar of the year: what the officers and the bailleurs do, and on which day.

use super::charters::NEW_YEAR;
use super::rehousing;
use super::year::{Day, Declaration, MERGER};
use chambre_domain::{Date, Period};

/// Two periods, and the days on which each is closed.
pub const SEMESTERS: [Semester; 2] = [
    Semester {
        code: "2025-S1",
        from: NEW_YEAR,
        to: Date::constant(2025, 6, 30),
        proposed_on: Date::constant(2025, 7, 15),
        approved_on: Date::constant(2025, 7, 17),
        paid_on: [Date::constant(2025, 7, 28), Date::constant(2025, 9, 2)],
    },
    Semester {
        code: "2025-S2",
        from: Date::constant(2025, 7, 1),
        to: Date::constant(2025, 12, 31),
        proposed_on: Date::constant(2026, 1, 15),
        approved_on: Date::constant(2026, 1, 19),
        paid_on: [Date::constant(2026, 1, 28), Date::constant(2026, 2, 16)],
    },
];

/// Day on which everybody is registered.
pub const OPENING: Date = Date::constant(2024, 12, 16);

/// Day on which the second version of a convention is published.
const AMENDED: Date = Date::constant(2025, 6, 16);

/// A period of netting.
#[derive(Debug, Clone, Copy)]
pub struct Semester {
    /// Its name in identifiers.
    pub code: &'static str,
    from: Date,
    to: Date,
    /// First officer.
    pub proposed_on: Date,
    /// Second officer.
    pub approved_on: Date,
    /// Most payments come first, some later, a few never.
    pub paid_on: [Date; 2],
}

impl Semester {
    /// Its days.
    pub fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// One thing to do.
#[derive(Debug)]
pub enum Act<'a> {
    /// Registers bailleurs, operations and first conventions.
    Register,
    /// Publishes the later versions of conventions.
    Amend,
    /// Sends the declarations of the day.
    Declare(&'a [Declaration]),
    /// Tries what the chamber must refuse.
    Attempt,
    /// One bailleur absorbs another.
    Merge,
    /// Proposes every territory.
    Propose(&'static Semester),
    /// Approves every territory.
    Approve(&'static Semester),
    /// Confirms the payments of a wave.
    Confirm(&'static Semester, usize),
    /// Matches households and dwellings of one territory, each pair to its lease.
    Rehouse,
    /// Proposes the netting that counts these leases.
    NetRehousing,
}

/// Everything to do, day by day; on the same day declarations come first.
pub fn agenda(year: &[Day]) -> Vec<(Date, Act<'_>)> {
    let mut acts: Vec<(Date, Act)> =
        year.iter().map(|(day, declarations)| (*day, Act::Declare(declarations))).collect();
    acts.extend([(OPENING, Act::Register), (AMENDED, Act::Amend), (MERGER, Act::Merge)]);
    for semester in &SEMESTERS {
        acts.push((semester.proposed_on, Act::Propose(semester)));
        acts.push((semester.approved_on, Act::Approve(semester)));
        let waves = semester.paid_on.iter().enumerate();
        acts.extend(waves.map(|(wave, day)| (*day, Act::Confirm(semester, wave))));
    }
    acts.push((SEMESTERS[0].proposed_on, Act::Attempt));
    acts.extend([(rehousing::ROUND, Act::Rehouse), (rehousing::NETTED, Act::NetRehousing)]);
    // Stable: acts of one day stay in the order above.
    acts.sort_by_key(|(day, _)| *day);
    acts
}
