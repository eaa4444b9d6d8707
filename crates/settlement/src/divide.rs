//! The division of a total among the bailleurs of a key, rule by rule, with its arithmetic.

use crate::apportion::{Apportionment, apportionment};
use crate::sum::{Sums, all_to_cents, to_cents};
use chambre_domain::convention::{FairShare, OutsideMoney, Weights};
use chambre_domain::explanation::PartOf;
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::BTreeMap;

/// How a total fell on the bailleurs of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// What falls to each bailleur; sums to the total exactly.
    pub fair_share: BTreeMap<Siren, Cents>,
    /// What a body outside the key brings of the total.
    pub outside: Option<(Siren, Cents)>,
    /// The divisions behind it, in the order they are made.
    pub groups: Vec<(PartOf, Apportionment<Siren>)>,
}

/// Divides the total of a run; nothing under a causal rule, which divides nothing.
///
/// `before` is what earlier runs shared under the same version.
///
/// # Errors
/// [`Reason::NettingWeights`] when every weight is zero and there is something to share;
/// [`Reason::NettingOverflow`].
pub(crate) fn divide(rule: &FairShare, total: Cents, before: Cents) -> Result<Option<Division>, Refusal> {
    let division = match rule {
        FairShare::Causal => return Ok(None),
        FairShare::Key { weights, .. } => of_groups(vec![whole(total.get(), wide(weights))?])?,
        FairShare::Roles { demolishers_pct, demolishers, weights, .. } => {
            of_groups(by_roles(total.get(), *demolishers_pct, demolishers, weights)?.into())?
        }
        FairShare::Units { tariff_cents, demolishers_pct, demolishers, weights, .. } => {
            let targets = |placements| match demolishers_pct {
                Some(pct) => Ok(by_roles(placements, *pct, demolishers, weights)?.into()),
                None => Ok(vec![whole(placements, wide(weights))?]),
            };
            in_units(*tariff_cents, total, before, targets)?
        }
        FairShare::Rent { rents_cents, outside, .. } => by_rents(total, before, rents_cents, *outside)?,
        FairShare::Blend { stock_bp, stock, other, .. } => {
            of_groups(vec![whole(total.get(), blended(*stock_bp, stock, other))?])?
        }
    };
    Ok(Some(division))
}

type Group = (PartOf, Apportionment<Siren>);

fn wide(weights: &Weights) -> impl Iterator<Item = (Siren, u128)> {
    weights.iter().map(|(siren, weight)| (*siren, u128::from(*weight)))
}

fn whole(amount: i64, weights: impl IntoIterator<Item = (Siren, u128)>) -> Result<Group, Refusal> {
    Ok((PartOf::Whole, apportionment(amount, weights)?))
}

fn of_groups(groups: Vec<Group>) -> Result<Division, Refusal> {
    let fair_share = all_to_cents("fair_share", parts(&groups))?;
    Ok(Division { fair_share, outside: None, groups })
}

fn parts(groups: &[Group]) -> Sums {
    let mut sums = Sums::new();
    for (siren, part) in groups.iter().flat_map(|(_, division)| &division.parts) {
        *sums.entry(*siren).or_default() += i128::from(part.part);
    }
    sums
}

/// Nested apportionment: the amount between the groups, then each part inside its group by weights.
///
/// An empty or zero-weight group hands its whole part to the other; the demolishers come first for a tie.
fn by_roles(
    amount: i64,
    demolishers_pct: u32,
    demolishers: &[Siren],
    weights: &Weights,
) -> Result<[Group; 2], Refusal> {
    let (demolishing, other): (Weights, Weights) = weights
        .iter()
        .map(|(siren, weight)| (*siren, *weight))
        .partition(|(siren, _)| demolishers.contains(siren));
    let has_weight = |group: &Weights| group.values().any(|weight| *weight > 0);
    let pct = u128::from(demolishers_pct);
    let split = match (has_weight(&demolishing), has_weight(&other)) {
        (true, true) => [(0, pct), (1, 100_u128.saturating_sub(pct))],
        (demolishing, other) => [(0, u128::from(demolishing)), (1, u128::from(other))],
    };
    let split = apportionment(amount, split)?;
    let part = |group: usize| split.parts.get(&group).map_or(0, |part| part.part);
    Ok([
        (PartOf::Demolishers, apportionment(part(0), wide(&demolishing))?),
        (PartOf::Others, apportionment(part(1), wide(&other))?),
    ])
}

/// Targets in placements, to date less at the run before: a run of one placement does not always fall on the
/// same bailleur, as rounding run by run would.
fn in_units(
    tariff: Cents,
    total: Cents,
    before: Cents,
    targets: impl Fn(i64) -> Result<Vec<Group>, Refusal>,
) -> Result<Division, Refusal> {
    let placements = |worth: i128| {
        let tariff = i128::from(tariff.get());
        match (worth.checked_rem(tariff), worth.checked_div(tariff)) {
            (Some(0), Some(count)) => Ok(to_cents("fair_share", count)?.get()),
            _ => Err(Refusal::new(Reason::NettingOverflow, "fair_share.tariff_cents", tariff)
                .with("invariant", "effort shared under a rule in units is a whole number of tariffs")),
        }
    };
    let now = targets(placements(i128::from(before.get()) + i128::from(total.get()))?)?;
    let earlier = targets(placements(i128::from(before.get()))?)?;
    let mut owed = parts(&now);
    for (siren, count) in parts(&earlier) {
        *owed.entry(siren).or_default() -= count;
    }
    owed.values_mut().for_each(|count| *count *= i128::from(tariff.get()));
    let fair_share = all_to_cents("fair_share", owed)?;
    let marked = |of: PartOf, groups: Vec<Group>| groups.into_iter().map(move |(_, division)| (of, division));
    let groups = marked(PartOf::PlacementsNow, now).chain(marked(PartOf::PlacementsBefore, earlier));
    Ok(Division { fair_share, outside: None, groups: groups.collect() })
}

/// One rate on all rents, once outside money is taken off: it covers the effort of the version from its first
/// cent until it is used up.
fn by_rents(
    total: Cents,
    before: Cents,
    rents: &BTreeMap<Siren, Cents>,
    outside: Option<OutsideMoney>,
) -> Result<Division, Refusal> {
    let weights = rents.iter().map(|(siren, rent)| (*siren, u128::from(rent.get().unsigned_abs())));
    let Some(OutsideMoney { payer, amount_cents }) = outside else {
        return of_groups(vec![whole(total.get(), weights)?]);
    };
    let used = |effort: i128| effort.clamp(0, i128::from(amount_cents.get()));
    let (before, total) = (i128::from(before.get()), i128::from(total.get()));
    let brought = used(before + total) - used(before);
    let mut division = of_groups(vec![whole(to_cents("fair_share", total - brought)?.get(), weights)?])?;
    let brought = to_cents("fair_share.outside", brought)?;
    // After a merger the payer may have rents of its own.
    let own = division.fair_share.entry(payer).or_default();
    *own = to_cents("fair_share", i128::from(own.get()) + i128::from(brought.get()))?;
    division.outside = Some((payer, brought));
    Ok(division)
}

/// One key out of two: each share brought to the common denominator (all of one × all of the other), before the
/// single apportionment. A key without any weight hands its part to the other.
fn blended(stock_bp: u32, stock: &Weights, other: &Weights) -> BTreeMap<Siren, u128> {
    let sum = |weights: &Weights| weights.values().copied().map(u128::from).sum::<u128>();
    let (all_stock, all_other) = (sum(stock), sum(other));
    let stock_bp = u128::from(stock_bp.min(10_000));
    let (of_stock, of_other) = match (all_stock, all_other) {
        (0, _) => (0, 1),
        (_, 0) => (1, 0),
        // Ranges keep the product below 2¹²⁶ for a hundred thousand bailleurs; beyond, the sum is refused.
        _ => (stock_bp.saturating_mul(all_other), (10_000 - stock_bp).saturating_mul(all_stock)),
    };
    let mut weights: BTreeMap<Siren, u128> = BTreeMap::new();
    for (siren, weight) in wide(stock) {
        *weights.entry(siren).or_default() += weight.saturating_mul(of_stock);
    }
    for (siren, weight) in wide(other) {
        let blended = weights.entry(siren).or_default();
        *blended = blended.saturating_add(weight.saturating_mul(of_other));
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::convention::KeyBasis;
    use proptest::prelude::*;

    const STOCK: [u64; 5] = [12_000, 6_500, 4_200, 2_750, 1_333];

    fn weights(weights: &[u64]) -> Weights {
        (1..).map(Siren::fictitious).zip(weights.iter().copied()).collect()
    }

    fn shares(rule: &FairShare, total: i64, before: i64) -> Result<Vec<i64>, Reason> {
        let division =
            divide(rule, Cents::new(total), Cents::new(before)).map_err(|refusal| refusal.reason)?;
        Ok(division.unwrap().fair_share.values().map(|share| share.get()).collect())
    }

    fn roles(pct: u32, demolishers: &[u32], by: &[u64]) -> FairShare {
        FairShare::Roles {
            demolishers_pct: pct,
            demolishers: demolishers.iter().copied().map(Siren::fictitious).collect(),
            basis: KeyBasis::Stock,
            source: None,
            weights: weights(by),
        }
    }

    fn check(total: i64, pct: u32, demolishers: &[u32], by: &[u64], expected: &[i64]) {
        assert_eq!(shares(&roles(pct, demolishers, by), total, 0).unwrap(), expected);
    }

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
        assert_eq!(shares(&roles(60, &[1], &[0, 0]), 1, 0), Err(Reason::NettingWeights));
        check(0, 60, &[1], &[0, 0], &[0, 0]);
    }

    fn units(by: &[u64]) -> FairShare {
        FairShare::Units {
            tariff_cents: Cents::new(100),
            demolishers_pct: None,
            demolishers: Vec::new(),
            basis: KeyBasis::Stock,
            source: None,
            weights: weights(by),
        }
    }

    #[test]
    fn placements_one_by_one_reach_the_targets_of_all_together() {
        // Rounded run by run, each would fall on the first bailleur.
        let mut owed = [0_i64; 3];
        for before in 0..10 {
            let run = shares(&units(&[5, 3, 2]), 100, before * 100).unwrap();
            owed.iter_mut().zip(run).for_each(|(sum, part)| *sum += part);
        }
        assert_eq!(owed, [500, 300, 200]);
        assert_eq!(shares(&units(&[5, 3, 2]), 1_000, 0).unwrap(), owed);
    }

    #[test]
    fn a_part_of_a_tariff_is_refused() {
        assert_eq!(shares(&units(&[1]), 150, 0), Err(Reason::NettingOverflow));
    }

    #[test]
    fn outside_money_is_used_from_the_first_cent_and_once() {
        let payer = Siren::fictitious(9);
        let rule = FairShare::Rent {
            rents_cents: [(Siren::fictitious(1), Cents::new(3)), (Siren::fictitious(2), Cents::new(1))]
                .into(),
            source: None,
            outside: Some(OutsideMoney { payer, amount_cents: Cents::new(1_000) }),
        };
        assert_eq!(shares(&rule, 1_400, 0).unwrap(), [300, 100, 1_000]);
        assert_eq!(shares(&rule, 600, 0).unwrap(), [0, 0, 600]);
        assert_eq!(shares(&rule, 800, 600).unwrap(), [300, 100, 400]);
        assert_eq!(shares(&rule, 400, 1_400).unwrap(), [300, 100, 0]);
        assert_eq!(shares(&rule, -600, 1_200).unwrap(), [-150, -50, -400]);
    }

    #[test]
    fn a_blend_is_one_division_on_a_common_denominator() {
        let blend = |stock_bp, stock: &[u64], other: &[u64]| FairShare::Blend {
            stock_bp,
            stock: weights(stock),
            stock_source: None,
            other_basis: KeyBasis::Attributions,
            other: weights(other),
            other_source: None,
        };
        // One half of 3/4 and 1/3 is 13/24; of 1/4 and 2/3, 11/24.
        assert_eq!(shares(&blend(5_000, &[3, 1], &[1, 2]), 2_400, 0).unwrap(), [1_300, 1_100]);
        assert_eq!(shares(&blend(10_000, &[3, 1], &[1, 2]), 400, 0).unwrap(), [300, 100]);
        assert_eq!(shares(&blend(5_000, &[0, 0], &[1, 2]), 300, 0).unwrap(), [100, 200]);
        assert_eq!(shares(&blend(5_000, &[0, 0], &[0, 0]), 1, 0), Err(Reason::NettingWeights));
        let large = [1_000_000_000; 50];
        assert_eq!(shares(&blend(3_333, &large, &large), i64::MAX, 0).unwrap().len(), 50);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total_under_every_rule(
            total in -1_000_000_000_000..1_000_000_000_000_i64, before in -1_000_000..1_000_000_i64,
            by in prop::collection::vec(1..1_000_000_000_u64, 1..9), pct in 0..101_u32,
        ) {
            let demolishers = vec![Siren::fictitious(1)];
            let rules = [
                FairShare::Key { basis: KeyBasis::Stock, source: None, weights: weights(&by) },
                roles(pct, &[1], &by),
                FairShare::Units {
                    tariff_cents: Cents::new(1), demolishers_pct: Some(pct), demolishers,
                    basis: KeyBasis::Stock, source: None, weights: weights(&by),
                },
                FairShare::Rent {
                    rents_cents: weights(&by).into_iter().map(|(s, w)| (s, Cents::new(w.cast_signed()))).collect(),
                    source: None,
                    outside: Some(OutsideMoney { payer: Siren::fictitious(99), amount_cents: Cents::new(500_000) }),
                },
                FairShare::Blend {
                    stock_bp: pct * 100, stock: weights(&by), stock_source: None, other_basis: KeyBasis::Equal,
                    other: weights(&vec![1; by.len()]), other_source: None,
                },
            ];
            for rule in rules {
                prop_assert_eq!(shares(&rule, total, before).unwrap().iter().sum::<i64>(), total);
            }
        }
    }
}
