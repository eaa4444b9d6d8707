//! Achieved against committed: charters, contingents, role targets.

use super::{per_mille, percent_french};
use crate::trade::contingent::Commitment;
use chambre_domain::{Date, Text};

/// One commitment on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentRow {
    /// Who committed itself.
    pub party: Text,
    /// Dwellings committed over the period.
    pub committed: u32,
    /// Of them, due by the day, pro rata of the days run.
    pub due: u32,
    /// Dwellings achieved.
    pub achieved: u32,
    /// Achieved of committed, in tenths of a percent; nothing when nothing was committed.
    pub per_mille: Option<u32>,
}

impl CommitmentRow {
    /// Compares what was done with what was promised.
    #[must_use]
    pub fn new(party: Text, commitment: Commitment, achieved: u32, on: Date) -> Self {
        let committed = commitment.dwellings();
        let per_mille = per_mille(achieved, committed);
        Self { party, committed, due: commitment.due_by(on), achieved, per_mille }
    }

    /// The line for people: `2 sur 30, soit 6,7 %`.
    #[must_use]
    pub fn french(&self) -> String {
        let share = percent_french(self.achieved, self.committed);
        format!("{} sur {}, soit {share}", self.achieved, self.committed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_thirty_is_six_point_seven_percent() {
        let (from, to) = (Date::constant(2022, 3, 1), Date::constant(2023, 2, 28));
        let party = Text::parse("party", "Communes non démolisseuses").unwrap();
        let row = CommitmentRow::new(party, Commitment::new(30, from, to).unwrap(), 2, to);
        assert_eq!((row.per_mille, row.due), (Some(67), 30));
        assert_eq!(row.french(), "2 sur 30, soit 6,7\u{a0}%");
    }
}
