//! The fair share: who bore what in this run, and who should have, by convention version.

use crate::apportion::apportion;
use crate::sum::{Sums, add, all_to_cents, to_cents, total};
use chambre_domain::convention::FairShare;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::{Cents, Convention, Reason, Refusal, Siren};
use std::collections::BTreeMap;

/// What a run shares of one relogement.
#[derive(Debug, Clone, Copy)]
pub struct Delta<'a> {
    /// The relogement.
    pub relogement: &'a MeasuredRelogement,
    /// Its effort now, less what earlier runs shared; below zero when an indemnity or a reversal came late.
    pub amount: Cents,
}

/// Efforts and fair shares of the relogements that follow one version of the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionShare {
    /// The version they follow for ever: the one in force on their lease date.
    pub version: u32,
    /// Effort shared under it.
    pub total: Cents,
    /// Effort that each host bore.
    pub effort: BTreeMap<Siren, Cents>,
    /// The part of the total that falls to each bailleur; sums to the total exactly.
    pub fair_share: BTreeMap<Siren, Cents>,
}

/// Shares the deltas, version by version, in the order of the versions.
///
/// A relogement keeps the version of its lease date for all its later lines: a change from 60/40 to 70/30 in
/// mid-period splits by itself, and a correction meets the rule of its original.
///
/// # Errors
/// [`Reason::ConventionUnknown`] when a version is not among `conventions`; [`Reason::NettingWeights`] when
/// every weight of a key is zero and the effort is not; [`Reason::NettingOverflow`].
pub fn share(deltas: &[Delta<'_>], conventions: &[Convention]) -> Result<Vec<VersionShare>, Refusal> {
    let mut versions: BTreeMap<u32, Vec<Delta<'_>>> = BTreeMap::new();
    for delta in deltas {
        versions.entry(delta.relogement.convention_version).or_default().push(*delta);
    }
    versions
        .into_iter()
        .map(|(version, deltas)| share_version(find(conventions, version)?, &deltas))
        .collect()
}

/// The version of that number.
pub(crate) fn find(conventions: &[Convention], version: u32) -> Result<&Convention, Refusal> {
    let found = conventions.iter().find(|convention| convention.version == version);
    found.ok_or_else(|| Refusal::new(Reason::ConventionUnknown, "convention_version", version))
}

fn share_version(convention: &Convention, deltas: &[Delta<'_>]) -> Result<VersionShare, Refusal> {
    let mut efforts = Sums::new();
    for delta in deltas {
        add(&mut efforts, delta.relogement.host, delta.amount);
    }
    let total = to_cents("effort", total(deltas.iter().map(|delta| delta.amount)))?;
    let fair_share = match &convention.fair_share {
        FairShare::Causal => borne_by_origins(deltas)?,
        FairShare::Key { weights, .. } => apportion(total, weights)?,
        FairShare::Roles { demolishers_pct, demolishers, weights, .. } => {
            shared_by_roles(total, *demolishers_pct, demolishers, weights)?
        }
    };
    Ok(VersionShare {
        version: convention.version,
        total,
        effort: all_to_cents("effort", efforts)?,
        fair_share,
    })
}

fn borne_by_origins(deltas: &[Delta<'_>]) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut origins = Sums::new();
    for delta in deltas {
        add(&mut origins, delta.relogement.origin, delta.amount);
    }
    all_to_cents("fair_share", origins)
}

/// The two groups of the protocol; in this order for the tie of a cent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Demolishers,
    Others,
}

/// Nested apportionment: the total between the groups, then each part inside its group by weights.
///
/// An empty or zero-weight group hands its whole part to the other.
fn shared_by_roles(
    total: Cents,
    demolishers_pct: u32,
    demolishers: &[Siren],
    weights: &BTreeMap<Siren, u64>,
) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let (demolishing, other): (BTreeMap<Siren, u64>, BTreeMap<Siren, u64>) = weights
        .iter()
        .map(|(siren, weight)| (*siren, *weight))
        .partition(|(siren, _)| demolishers.contains(siren));
    let has_weight = |group: &BTreeMap<Siren, u64>| group.values().any(|weight| *weight > 0);
    let pct = u64::from(demolishers_pct);
    let (to_demolishers, to_others) = match (has_weight(&demolishing), has_weight(&other)) {
        (true, true) => (pct, 100_u64.saturating_sub(pct)),
        (demolishing, other) => (u64::from(demolishing), u64::from(other)),
    };
    let parts = apportion(total, &[(Group::Demolishers, to_demolishers), (Group::Others, to_others)].into())?;
    let part = |group| parts.get(&group).copied().unwrap_or_default();
    let mut shares = apportion(part(Group::Demolishers), &demolishing)?;
    shares.extend(apportion(part(Group::Others), &other)?);
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_roles(total: i64, pct: u32, demolishers: &[u32], weights: &[u64]) -> Result<Vec<i64>, Reason> {
        let demolishers: Vec<Siren> = demolishers.iter().copied().map(Siren::fictitious).collect();
        let weights = (1..).map(Siren::fictitious).zip(weights.iter().copied()).collect();
        let shares = shared_by_roles(Cents::new(total), pct, &demolishers, &weights)
            .map_err(|refusal| refusal.reason)?;
        Ok(shares.values().map(|share| share.get()).collect())
    }

    fn check(total: i64, pct: u32, demolishers: &[u32], weights: &[u64], expected: &[i64]) {
        assert_eq!(by_roles(total, pct, demolishers, weights).unwrap(), expected);
    }

    const STOCK: [u64; 5] = [12_000, 6_500, 4_200, 2_750, 1_333];

    #[test]
    fn demolishers_bear_their_part_and_the_others_the_rest() {
        check(1_897_795, 60, &[1, 2, 3], &STOCK, &[601_944, 326_053, 210_680, 511_284, 247_834]);
        check(1_897_795, 70, &[1, 2, 3], &STOCK, &[702_268, 380_395, 245_794, 383_463, 185_875]);
    }

    #[test]
    fn an_empty_or_weightless_group_hands_its_part_to_the_other() {
        check(100, 60, &[], &[1, 1], &[50, 50]);
        check(100, 100, &[], &[1, 1], &[50, 50]);
        check(100, 60, &[1], &[0, 1], &[0, 100]);
        check(100, 60, &[1, 2], &[3, 1], &[75, 25]);
        check(100, 0, &[1], &[1, 0], &[100, 0]);
    }

    #[test]
    fn the_cent_between_the_groups_goes_to_the_larger_remainder_then_to_the_demolishers() {
        check(1, 50, &[2], &[1, 1], &[0, 1]);
        check(-1, 40, &[2], &[1, 1], &[-1, 0]);
    }

    #[test]
    fn weights_all_zero_are_refused_when_there_is_something_to_share() {
        assert_eq!(by_roles(1, 60, &[1], &[0, 0]), Err(Reason::NettingWeights));
        check(0, 60, &[1], &[0, 0], &[0, 0]);
    }
}
