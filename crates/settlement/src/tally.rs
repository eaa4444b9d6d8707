//! The running total of one relogement: its lines summed by kind, each counted once when it is declared.

use chambre_domain::Date;
use chambre_domain::measure::{EffortLine, LineKind};

/// Sums of lines, by kind; exact whatever their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Rent gap, in cents.
    pub rent_gap: i128,
    /// Works, in cents.
    pub works: i128,
    /// Vacancy, in cents.
    pub vacancy: i128,
    /// Vacant days.
    pub vacancy_days: i64,
    /// Indemnities received, in cents.
    pub indemnity: i128,
}

impl Tally {
    /// Sums the lines that happened up to the cut-off, that day included.
    #[must_use]
    pub fn until(cut_off: Date, lines: &[EffortLine]) -> Self {
        let mut tally = Self::default();
        lines.iter().filter(|line| line.occurred_on <= cut_off).for_each(|line| tally.add(line));
        tally
    }

    /// Counts one more line.
    pub fn add(&mut self, line: &EffortLine) {
        let amount = i128::from(line.amount.get());
        match line.kind {
            LineKind::RentGap => self.rent_gap += amount,
            LineKind::Works => self.works += amount,
            LineKind::Vacancy { days } => {
                self.vacancy += amount;
                self.vacancy_days += i64::from(days);
            }
            LineKind::Indemnity => self.indemnity += amount,
        }
    }
}
