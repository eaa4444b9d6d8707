//! Apportionment by largest remainder: an amount divided on weights, exact to the cent.

use crate::sum::to_cents;
use chambre_domain::{Cents, Reason, Refusal};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Divides `total` in proportion to the weights; the parts sum to `total` exactly.
///
/// Each part is first rounded towards zero; the missing cents go one by one to the largest remainders, ties to
/// the smallest key. A negative total is the mirror of the positive one. A weight of zero never receives.
/// `1 000.00` on three equal weights is `333.34 / 333.33 / 333.33`.
///
/// # Errors
/// [`Reason::NettingWeights`] when all weights are zero and the total is not: never split equally in silence.
pub fn apportion<K: Ord + Copy>(
    total: Cents,
    weights: &BTreeMap<K, u64>,
) -> Result<BTreeMap<K, Cents>, Refusal> {
    let weight_sum: u128 = weights.values().copied().map(u128::from).sum();
    if weight_sum == 0 {
        return match total {
            Cents::ZERO => Ok(weights.keys().map(|key| (*key, Cents::ZERO)).collect()),
            _ => Err(Refusal::new(Reason::NettingWeights, "fair_share.weights", total)),
        };
    }
    let size = u128::from(total.get().unsigned_abs());
    let exact = |weight: u64| size * u128::from(weight);
    let mut parts: BTreeMap<K, u128> =
        weights.iter().map(|(key, weight)| (*key, exact(*weight) / weight_sum)).collect();
    let missing = size - parts.values().sum::<u128>();
    let mut by_remainder: Vec<(Reverse<u128>, K)> =
        weights.iter().map(|(key, weight)| (Reverse(exact(*weight) % weight_sum), *key)).collect();
    by_remainder.sort_unstable();
    // Fewer cents are missing than there are remainders above zero, so a zero weight is never reached.
    for ((_, key), _) in by_remainder.iter().zip(0..missing) {
        parts.entry(*key).and_modify(|part| *part += 1);
    }
    parts.into_iter().map(|(key, part)| Ok((key, signed(total, part)?))).collect()
}

/// A size with the sign of the total.
fn signed(total: Cents, size: u128) -> Result<Cents, Refusal> {
    let size = i128::try_from(size).map_err(|_| Refusal::new(Reason::NettingOverflow, "fair_share", size))?;
    to_cents("fair_share", if total < Cents::ZERO { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(total: i64, weights: &[u64], expected: &[i64]) {
        let weights: BTreeMap<usize, u64> = weights.iter().copied().enumerate().collect();
        let parts = apportion(Cents::new(total), &weights).unwrap();
        assert_eq!(parts.values().map(|part| part.get()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_missing_cent_goes_to_the_smallest_id() {
        check(10_000, &[1, 1, 1], &[3_334, 3_333, 3_333]);
        check(100_000, &[1, 1, 1], &[33_334, 33_333, 33_333]);
        check(129_012, &[20, 20, 60], &[25_803, 25_802, 77_407]);
    }

    #[test]
    fn a_negative_total_is_the_mirror() {
        check(-10_000, &[1, 1, 1], &[-3_334, -3_333, -3_333]);
    }

    #[test]
    fn a_zero_weight_never_receives() {
        check(1, &[0, 1, 1], &[0, 1, 0]);
        check(-1, &[0, 0, 1], &[0, 0, -1]);
    }

    #[test]
    fn the_stock_of_the_territory_bears_what_the_worked_example_says() {
        // netting.md, example 5.
        check(
            1_897_795,
            &[12_000, 6_500, 4_200, 2_750, 1_333],
            &[850_298, 460_578, 297_605, 194_860, 94_454],
        );
    }

    #[test]
    fn nothing_on_zero_weights_is_nothing_and_something_is_refused() {
        check(0, &[0, 0], &[0, 0]);
        check(0, &[], &[]);
        let refusal = apportion(Cents::new(1), &BTreeMap::from([(1, 0), (2, 0)])).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingWeights);
    }

    #[test]
    fn the_largest_amounts_and_weights_fit() {
        check(i64::MIN, &[u64::MAX], &[i64::MIN]);
        check(i64::MAX, &[u64::MAX, u64::MAX], &[i64::MAX / 2 + 1, i64::MAX / 2]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total_and_stay_within_a_cent_of_the_quota(
            total in any::<i64>(), weights in prop::collection::vec(0..1_000_000_001_u64, 1..12),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let weights: BTreeMap<usize, u64> = weights.into_iter().enumerate().collect();
            let parts = apportion(Cents::new(total), &weights).unwrap();
            prop_assert_eq!(parts.values().map(|part| i128::from(part.get())).sum::<i128>(), i128::from(total));
            let sum: i128 = weights.values().map(|weight| i128::from(*weight)).sum();
            for (key, weight) in &weights {
                let gap = i128::from(parts[key].get()) * sum - i128::from(total) * i128::from(*weight);
                prop_assert!(gap.abs() < sum);
                prop_assert!(*weight > 0 || parts[key] == Cents::ZERO);
            }
        }
    }
}
