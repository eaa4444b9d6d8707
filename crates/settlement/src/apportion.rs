//! An amount divided on weights by largest remainder, to the cent (or to the placement).

use chambre_domain::{Cents, Reason, Refusal};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A division with its arithmetic, one part for each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apportionment<K> {
    /// What is divided: cents, or placements.
    pub amount: i64,
    /// All weights together.
    pub weights: u128,
    /// The parts; they sum to the amount exactly.
    pub parts: BTreeMap<K, Part>,
}

/// One part of a division: |amount| × weight = quotient × weights + remainder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Weight of the key.
    pub weight: u128,
    /// Whole units of the exact part.
    pub quotient: u64,
    /// What is left of the division.
    pub remainder: u128,
    /// Whether it takes one of the missing units.
    pub takes_one: bool,
    /// quotient, plus one if it takes one, with the sign of the amount.
    pub part: i64,
}

/// Weights together stay below this, so that twice a remainder fits 128 bits.
const MOST_WEIGHTS: u128 = 1 << 126;

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
    let wide = weights.iter().map(|(key, weight)| (*key, u128::from(*weight)));
    let division = apportionment(total.get(), wide)?;
    Ok(division.parts.into_iter().map(|(key, part)| (key, Cents::new(part.part))).collect())
}

/// The same division with its arithmetic, for an explanation; weights may be products of weights.
///
/// # Errors
/// What [`apportion()`] refuses; [`Reason::NettingOverflow`] for weights beyond 2¹²⁶ together.
pub fn apportionment<K: Ord + Copy>(
    amount: i64,
    weights: impl IntoIterator<Item = (K, u128)>,
) -> Result<Apportionment<K>, Refusal> {
    let by_key: BTreeMap<K, u128> = weights.into_iter().collect();
    let sum = by_key.values().try_fold(0_u128, |sum, weight| sum.checked_add(*weight));
    let sum = sum
        .filter(|sum| *sum < MOST_WEIGHTS)
        .ok_or_else(|| Refusal::new(Reason::NettingOverflow, "fair_share.weights", "beyond 2^126"))?;
    if sum == 0 && amount != 0 {
        return Err(Refusal::new(Reason::NettingWeights, "fair_share.weights", Cents::new(amount)));
    }
    let size = amount.unsigned_abs();
    let mut missing = size;
    let mut parts = BTreeMap::new();
    for (key, weight) in by_key {
        let (quotient, remainder) = if sum == 0 { (0, 0) } else { divide_product(size, weight, sum) };
        missing -= quotient;
        parts.insert(key, Part { weight, quotient, remainder, takes_one: false, part: 0 });
    }
    let mut by_remainder: Vec<(Reverse<u128>, K)> =
        parts.iter().map(|(key, part)| (Reverse(part.remainder), *key)).collect();
    by_remainder.sort_unstable();
    // Fewer units are missing than there are remainders above zero, so a zero weight is never reached.
    for ((_, key), _) in by_remainder.iter().zip(0..missing) {
        parts.entry(*key).and_modify(|part| part.takes_one = true);
    }
    for part in parts.values_mut() {
        // No part is larger than the amount, so its sign can be put back.
        let size = i128::from(part.quotient) + i128::from(part.takes_one);
        let signed = if amount < 0 { -size } else { size };
        part.part =
            i64::try_from(signed).map_err(|_| Refusal::new(Reason::NettingOverflow, "fair_share", signed))?;
    }
    Ok(Apportionment { amount, weights: sum, parts })
}

/// `size × weight ÷ sum`, exact: quotient and remainder. `weight` is at most `sum`, below 2¹²⁶.
fn divide_product(size: u64, weight: u128, sum: u128) -> (u64, u128) {
    if let (Ok(weight), Ok(sum)) = (u64::try_from(weight), u64::try_from(sum)) {
        let product = u128::from(size) * u128::from(weight);
        let quotient = u64::try_from(product / u128::from(sum)).unwrap_or(size);
        return (quotient, product % u128::from(sum));
    }
    // Long division, bit by bit: the product may need more than 128 bits.
    let (mut quotient, mut remainder) = (0_u64, 0_u128);
    for bit in (0..u64::BITS).rev() {
        quotient <<= 1;
        remainder <<= 1;
        if size >> bit & 1 == 1 {
            remainder += weight;
        }
        while remainder >= sum {
            remainder -= sum;
            quotient += 1;
        }
    }
    (quotient, remainder)
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

    #[test]
    fn the_arithmetic_is_shown() {
        let division = apportionment(100, [(1, 2_u128), (2, 1)]).unwrap();
        let first = Part { weight: 2, quotient: 66, remainder: 2, takes_one: true, part: 67 };
        assert_eq!((division.weights, division.parts[&1]), (3, first));
        let second = Part { weight: 1, quotient: 33, remainder: 1, takes_one: false, part: 33 };
        assert_eq!(division.parts[&2], second);
    }

    #[test]
    fn weights_together_beyond_the_limit_are_refused() {
        let refusal = apportionment(1, [(1, u128::MAX), (2, 1)]).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
        assert!(apportionment(i64::MAX, [(1, MOST_WEIGHTS - 2), (2, 1)]).is_ok());
    }

    proptest! {
        #[test]
        fn the_long_division_is_the_short_one(size in any::<u64>(), weight in any::<u64>(), more in any::<u32>()) {
            let sum = u128::from(weight) + u128::from(more) + 1;
            let product = u128::from(size) * u128::from(weight);
            let short = (u64::try_from(product / sum).unwrap(), product % sum);
            prop_assert_eq!(divide_product(size, weight.into(), sum), short);
            // Scaled beyond 64 bits: same quotient, remainder scaled.
            let scale = 1_u128 << 61;
            let (quotient, remainder) = divide_product(size, u128::from(weight) * scale, sum * scale);
            prop_assert_eq!((quotient, remainder), (short.0, short.1 * scale));
        }

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
