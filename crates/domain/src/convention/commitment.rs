//! Commitments of a charter: so many placements, or such a part of the attributions, over a period.

use super::range::{day, range};
use crate::bailleur::Text;
use crate::netting::Period;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a party of the charter promised.
///
/// Precedents (study, chapters GPGE and AMP): the communes that do not demolish put up 5 to 15 % of their own
/// contingent; yearly quotas of 200/60/50/30/50 dwellings by reserver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// Who promised.
    pub party: Party,
    /// What is counted.
    pub unit: CommitmentUnit,
    /// Least that is promised: placements, or ten-thousandths of the attributions.
    pub min: u64,
    /// Most that is promised, when the charter says so; at least `min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// The days over which it is counted, both included.
    pub period: Period,
}

/// A party to a commitment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A bailleur.
    Bailleur(Siren),
    /// A reserver or a commune, by its name in the charter.
    Reserver(Text),
}

impl std::fmt::Display for Party {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bailleur(siren) => siren.fmt(out),
            Self::Reserver(name) => name.fmt(out),
        }
    }
}

/// What a commitment counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentUnit {
    /// Placements, 1 to one million.
    Placements,
    /// A part of the party's attributions, in ten-thousandths, 1 to 10 000.
    AttributionsBp,
}

/// Achieved against committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Placements made in the period.
    pub achieved: u64,
    /// Placements that the least promised amounts to; a part of attributions is rounded up.
    pub committed: u64,
    /// achieved ÷ committed in thousandths, rounded half up: 2 of 30 is 67, that is 6.7 %. None when nothing is
    /// promised (no attribution yet).
    pub per_mille: Option<u64>,
    /// Where that stands.
    pub standing: Standing,
}

/// Where a commitment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Fewer placements than the least promised.
    Below,
    /// Between the least and the most promised.
    Within,
    /// More than the most promised.
    Above,
}

impl Commitment {
    /// Compares the placements that the party made in the period with what it promised.
    ///
    /// `attributions`: all attributions of the party in the period; read only for a part of them.
    #[must_use]
    pub fn progress(&self, placements: u64, attributions: u64) -> Progress {
        let in_placements = |promised: u64| match self.unit {
            CommitmentUnit::Placements => promised,
            CommitmentUnit::AttributionsBp => {
                let exact = u128::from(attributions) * u128::from(promised);
                u64::try_from(exact.div_ceil(10_000)).unwrap_or(u64::MAX)
            }
        };
        let committed = in_placements(self.min);
        // The most is not rounded up: one placement beyond an exact 15 % is beyond.
        let beyond = self.max.is_some_and(|max| match self.unit {
            CommitmentUnit::Placements => placements > max,
            CommitmentUnit::AttributionsBp => {
                u128::from(placements) * 10_000 > u128::from(attributions) * u128::from(max)
            }
        });
        let standing = match (placements < committed, beyond) {
            (true, _) => Standing::Below,
            (false, true) => Standing::Above,
            (false, false) => Standing::Within,
        };
        Progress { achieved: placements, committed, per_mille: per_mille(placements, committed), standing }
    }

    fn check(&self, place: usize) -> Result<(), Refusal> {
        let field = |name: &str| format!("commitments[{place}].{name}");
        let most = match self.unit {
            CommitmentUnit::Placements => 1_000_000,
            CommitmentUnit::AttributionsBp => 10_000,
        };
        range(&field("min"), self.min, 1, most)?;
        if let Some(max) = self.max {
            range(&field("max"), max, self.min, most)?;
        }
        let Period { from, to } = self.period;
        day(&field("period.from"), from)?;
        day(&field("period.to"), to)?;
        if to < from {
            return Err(Refusal::new(Reason::DatesOutOfOrder, field("period.to"), to).with("from", from));
        }
        Ok(())
    }
}

/// `part ÷ whole` in thousandths, rounded half up; none of nothing.
fn per_mille(part: u64, whole: u64) -> Option<u64> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let twice = (part * 2_000 + whole).checked_div(whole * 2)?;
    u64::try_from(twice).ok()
}

/// Each commitment in range, and none twice for a party, a unit and a period.
pub(super) fn check(commitments: &[Commitment]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for (place, commitment) in commitments.iter().enumerate() {
        commitment.check(place)?;
        let Period { from, to } = commitment.period;
        if !seen.insert((&commitment.party, commitment.unit, from, to)) {
            let refusal = Refusal::new(
                Reason::ConventionRange,
                format!("commitments[{place}].party"),
                &commitment.party,
            );
            return Err(refusal.with("listed", "twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Date;

    fn promise(unit: CommitmentUnit, min: u64, max: Option<u64>) -> Commitment {
        Commitment {
            party: Party::Reserver(Text::parse("party", "Commune A").unwrap()),
            unit,
            min,
            max,
            period: Period { from: Date::constant(2025, 1, 1), to: Date::constant(2025, 12, 31) },
        }
    }

    #[test]
    fn two_of_thirty_is_six_point_seven_percent() {
        let progress = promise(CommitmentUnit::Placements, 30, None).progress(2, 0);
        assert_eq!(
            progress,
            Progress { achieved: 2, committed: 30, per_mille: Some(67), standing: Standing::Below }
        );
    }

    #[test]
    fn a_part_of_the_attributions_becomes_placements_rounded_up() {
        let commitment = promise(CommitmentUnit::AttributionsBp, 500, Some(1_500));
        for (placements, attributions, committed, standing) in [
            (0, 0, 0, Standing::Within),
            (5, 101, 6, Standing::Below),
            (6, 101, 6, Standing::Within),
            (15, 100, 5, Standing::Within),
            (16, 100, 5, Standing::Above),
        ] {
            let progress = commitment.progress(placements, attributions);
            assert_eq!((progress.committed, progress.standing), (committed, standing), "{placements}");
        }
        assert_eq!(commitment.progress(0, 0).per_mille, None);
    }

    #[test]
    fn half_a_thousandth_is_rounded_up() {
        assert_eq!(per_mille(1, 2_000), Some(1));
        assert_eq!(per_mille(1, 2_001), Some(0));
        assert_eq!(per_mille(u64::MAX, 1), None);
    }
}
