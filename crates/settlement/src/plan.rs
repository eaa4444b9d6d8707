//! The payment plan: who pays whom, in the smallest number of payments that can be proven, or close to it.
//!
//! A plan splits the bailleurs into groups whose amounts sum to zero; a group of `g` needs `g − 1` payments, so
//! the fewest payments are `n − k`, `k` being the largest number of groups (netting.md 2.5).

use crate::check::Inconsistency;
use crate::sum::total;
use chambre_domain::netting::{Payment, PaymentPlan};
use chambre_domain::{Amount, Cents, NettingId, PaymentId, Reason, Refusal, Siren};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// The largest SEPA credit transfer: 999 999 999.99 euros (netting.md, case T11).
pub const LARGEST_PAYMENT: Cents = Cents::new(99_999_999_999);

/// Up to so many bailleurs left after the opposite pairs, the best groups are found and proven (2ⁿ subsets).
const EXACT_UP_TO: usize = 16;

/// Payments of one run: what four digits number.
const MOST_PAYMENTS: usize = 9_999;

/// Payments that move exactly the amounts settled: below zero pays, above zero receives.
///
/// Nobody pays and receives; the flow is always the sum of what is to be received, the least possible. Exact
/// opposite amounts are paired first: that never costs a payment. Up to 16 bailleurs left are grouped at best,
/// with proof; beyond, the better of two greedy plans is returned with a sound lower bound. Payments are in the
/// order of payer then payee, numbered in that order; an amount above [`LARGEST_PAYMENT`] is split.
///
/// The id of a payment is the netting's, `-`, and four digits: at most 35 characters, the room of an end-to-end
/// reference. A netting id beyond 30 bytes is cut to 21, `-`, and 8 hexadecimal digits of its SHA-256.
///
/// # Errors
/// [`Reason::NettingOverflow`] when the flow leaves the range of a cent counter, when more than 9 999 payments
/// would be needed, and when the amounts do not sum to zero (fact `invariant`).
pub fn plan(netting: &NettingId, settled: &BTreeMap<Siren, Cents>) -> Result<PaymentPlan, Refusal> {
    let open: Vec<Open> = settled
        .iter()
        .filter(|(_, cents)| **cents != Cents::ZERO)
        .map(|(siren, cents)| (*siren, cents.get()))
        .collect();
    let sum = total(settled.values().copied());
    if sum != 0 {
        return Err(Inconsistency::SettledUnbalanced { sum }.into());
    }
    let flow: i128 = open.iter().map(|(_, cents)| i128::from(*cents).max(0)).sum();
    if flow > i128::from(i64::MAX) {
        return Err(Refusal::new(Reason::NettingOverflow, "plan", flow));
    }
    let (groups, most_groups) = groups(&open);
    let grouped: Vec<Leg> = groups.iter().flat_map(|group| pay_in_order(group)).collect();
    let greedy = pay_in_order(&open);
    let mut legs = if count(&greedy) < count(&grouped) { greedy } else { grouped };
    legs.sort_unstable();
    let needed = (open.len() - most_groups).max(transfers_of_one_side(&open));
    let too_many = |count: usize| Refusal::new(Reason::NettingOverflow, "plan.payments", count);
    if count(&legs) > MOST_PAYMENTS {
        return Err(too_many(count(&legs)));
    }
    let lower_bound = u32::try_from(needed).map_err(|_| too_many(needed))?;
    Ok(PaymentPlan { payments: number(netting, &legs)?, lower_bound })
}

/// A bailleur and its cents, never zero: below zero pays, above zero receives.
type Open = (Siren, i64);

/// Payer, payee, cents above zero.
type Leg = (Siren, Siren, i64);

/// Groups that sum to zero, and a proven upper bound of how many groups there can be.
fn groups(open: &[Open]) -> (Vec<Vec<Open>>, usize) {
    let (mut groups, rest) = opposite_pairs(open);
    let pairs = groups.len();
    if rest.is_empty() {
        (groups, pairs)
    } else if rest.len() <= EXACT_UP_TO {
        groups.extend(most_groups(&rest));
        let found = groups.len();
        (groups, found)
    } else {
        // Each further group has a payer and a payee, and at least three members: no pair is left.
        let payers = rest.iter().filter(|(_, cents)| *cents < 0).count();
        let bound = (rest.len() / 3).min(payers).min(rest.len() - payers);
        groups.push(rest);
        (groups, pairs + bound)
    }
}

/// Each payee with the first payer of exactly its amount; and who stays alone.
///
/// Safe: in a best grouping, two opposite amounts can always be made a group of their own. In one group, the
/// pair splits off; in two, the groups merge without them: never fewer groups.
fn opposite_pairs(open: &[Open]) -> (Vec<Vec<Open>>, Vec<Open>) {
    let mut payers: BTreeMap<i64, VecDeque<Siren>> = BTreeMap::new();
    for (siren, cents) in open.iter().filter(|(_, cents)| *cents < 0) {
        payers.entry(*cents).or_default().push_back(*siren);
    }
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for &(payee, cents) in open.iter().filter(|(_, cents)| *cents > 0) {
        match payers.get_mut(&-cents).and_then(VecDeque::pop_front) {
            Some(payer) => pairs.push(vec![(payer, -cents), (payee, cents)]),
            None => rest.push((payee, cents)),
        }
    }
    rest.extend(
        payers.into_iter().flat_map(|(cents, sirens)| sirens.into_iter().map(move |siren| (siren, cents))),
    );
    rest.sort_unstable();
    (pairs, rest)
}

/// The largest number of zero-sum groups, ordered by their smallest id.
///
/// `best[S]` is the largest number of zero-sum steps on a way from nothing to the subset `S`, one member at a
/// time: `best[S] = max over i in S of best[S − i], plus one when S sums to zero`.
fn most_groups(rest: &[Open]) -> Vec<Vec<Open>> {
    let everyone = (1_usize << rest.len()) - 1;
    let mut sums = vec![0_i64; everyone + 1];
    let mut best = vec![0_u8; everyone + 1];
    let members = |subset: usize| (0..rest.len()).filter(move |member| subset >> member & 1 == 1);
    for subset in 1..=everyone {
        let last = subset & (subset - 1);
        sums[subset] = sums[last] + rest[subset.trailing_zeros() as usize].1;
        let before = members(subset).map(|member| best[subset & !(1 << member)]).max().unwrap_or_default();
        best[subset] = before + u8::from(sums[subset] == 0);
    }
    let mut groups: Vec<Vec<Open>> = Vec::new();
    let mut subset = everyone;
    while subset != 0 {
        if sums[subset] == 0 {
            groups.push(Vec::new());
        }
        let before = best[subset] - u8::from(sums[subset] == 0);
        let Some(member) = members(subset).find(|member| best[subset & !(1 << member)] == before) else {
            break;
        };
        if let Some(group) = groups.last_mut() {
            group.push(rest[member]);
        }
        subset &= !(1 << member);
    }
    groups
}

/// Greedy, two pointers: payers and payees by falling amount then id, the first payer pays the first payee.
fn pay_in_order(group: &[Open]) -> Vec<Leg> {
    let side = |sign: i64| {
        let mut side: Vec<Open> = group
            .iter()
            .filter(|(_, cents)| cents.signum() == sign)
            .map(|(siren, cents)| (*siren, cents * sign))
            .collect();
        side.sort_unstable_by_key(|(siren, cents)| (Reverse(*cents), *siren));
        VecDeque::from(side)
    };
    let (mut payers, mut payees) = (side(-1), side(1));
    let mut legs = Vec::new();
    while let (Some(payer), Some(payee)) = (payers.front_mut(), payees.front_mut()) {
        let cents = payer.1.min(payee.1);
        legs.push((payer.0, payee.0, cents));
        payer.1 -= cents;
        payee.1 -= cents;
        if payer.1 == 0 {
            payers.pop_front();
        }
        if payees.front().is_some_and(|payee| payee.1 == 0) {
            payees.pop_front();
        }
    }
    legs
}

/// Transfers that an amount takes under the limit of one payment.
fn transfers(cents: i64) -> usize {
    usize::try_from(cents.unsigned_abs().div_ceil(LARGEST_PAYMENT.get().unsigned_abs())).unwrap_or(usize::MAX)
}

fn count(legs: &[Leg]) -> usize {
    legs.iter().fold(0, |count, (_, _, cents)| count.saturating_add(transfers(*cents)))
}

/// Every payment has one payer and one payee: no plan has fewer than all payers need, nor than all payees need.
fn transfers_of_one_side(open: &[Open]) -> usize {
    let side = |sign: i64| {
        let side = open.iter().filter(|(_, cents)| cents.signum() == sign);
        side.fold(0, |count: usize, (_, cents)| count.saturating_add(transfers(*cents)))
    };
    side(-1).max(side(1))
}

fn number(netting: &NettingId, legs: &[Leg]) -> Result<Vec<Payment>, Refusal> {
    let stem = stem(netting);
    let mut payments = Vec::new();
    for &(from, to, cents) in legs {
        let mut left = cents;
        while left > 0 {
            let amount = left.min(LARGEST_PAYMENT.get());
            let id = PaymentId::parse("payment_id", &format!("{stem}-{:04}", payments.len() + 1))?;
            payments.push(Payment { id, from, to, amount: Amount::new("plan.amount", amount)? });
            left -= amount;
        }
    }
    Ok(payments)
}

/// The netting id, or its beginning and its hash when it leaves no room for the number.
fn stem(netting: &NettingId) -> String {
    let id = netting.as_str();
    match id.get(..21) {
        Some(beginning) if id.len() > 30 => {
            let hash: String =
                Sha256::digest(id.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format!("{beginning}-{hash}")
        }
        _ => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn of(positions: &[(u32, i64)]) -> PaymentPlan {
        let settled =
            positions.iter().map(|(n, cents)| (Siren::fictitious(*n), Cents::new(*cents))).collect();
        plan(&NettingId::parse("netting", "n").unwrap(), &settled).unwrap()
    }

    /// Payments of the plan, as `(payer, payee, cents)`, and its lower bound.
    fn check(positions: &[(u32, i64)], payments: &[(u32, u32, i64)], lower_bound: u32) {
        let found = of(positions);
        let expected: Vec<_> = payments
            .iter()
            .map(|(from, to, cents)| (Siren::fictitious(*from), Siren::fictitious(*to), *cents))
            .collect();
        let legs: Vec<_> = found.payments.iter().map(|p| (p.from, p.to, p.amount.get())).collect();
        assert_eq!((legs, found.lower_bound), (expected, lower_bound));
    }

    #[test]
    fn a_bailleur_at_rest_pays_nothing() {
        check(&[(1, -120), (2, 120), (3, 0)], &[(1, 2, 120)], 1);
        check(&[(1, 0)], &[], 0);
        check(&[], &[], 0);
    }

    #[test]
    fn the_payments_of_the_worked_example_are_found() {
        let positions = [(1, -494_580), (2, -596_025), (3, 696_605), (5, 394_000)];
        check(&positions, &[(1, 3, 100_580), (1, 5, 394_000), (2, 3, 596_025)], 3);
    }

    #[test]
    fn the_greedy_trap_is_avoided() {
        // netting.md, example 13: greedy pays four times.
        let trap = [(1, 7_000), (2, 5_000), (3, -5_000), (4, -4_000), (5, -3_000)];
        check(&trap, &[(3, 2, 5_000), (4, 1, 4_000), (5, 1, 3_000)], 3);
    }

    #[test]
    fn groups_without_pairs_are_found() {
        // Two groups of three (1 2 3, 4 5 6) that the order of amounts hides.
        let positions = [(1, -10), (2, 4), (3, 6), (4, -9), (5, 7), (6, 2)];
        check(&positions, &[(1, 2, 4), (1, 3, 6), (4, 5, 7), (4, 6, 2)], 4);
    }

    #[test]
    fn equal_amounts_pair_in_the_order_of_sirens() {
        check(&[(1, 5), (2, 5), (3, -5), (4, -5)], &[(3, 1, 5), (4, 2, 5)], 2);
    }

    #[test]
    fn a_payment_beyond_the_sepa_limit_is_split_under_distinct_ids() {
        let largest = LARGEST_PAYMENT.get();
        check(&[(1, -120_000_000_000), (2, 120_000_000_000)], &[(1, 2, largest), (1, 2, 20_000_000_001)], 2);
        check(&[(1, -largest), (2, largest)], &[(1, 2, largest)], 1);
        let ids: BTreeSet<_> =
            of(&[(1, -3 * largest), (2, 3 * largest)]).payments.into_iter().map(|p| p.id).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn too_many_bailleurs_for_a_proof_still_have_a_sound_bound() {
        // 1 to 12 pay odd amounts, 13 to 23 receive other ones: no opposite pair, 23 bailleurs.
        let mut positions: Vec<(u32, i64)> = (1..=12).map(|n| (n, -(1_000 + 2 * i64::from(n)))).collect();
        positions.extend((13..=22).map(|n| (n, 1_101 + 2 * i64::from(n))));
        positions.push((23, -positions.iter().map(|(_, cents)| cents).sum::<i64>()));
        let found = of(&positions);
        assert_eq!(found.lower_bound, 23 - 7);
        assert!(found.payments.len() <= 22);
    }

    #[test]
    fn amounts_that_do_not_balance_are_refused() {
        let settled = BTreeMap::from([(Siren::fictitious(1), Cents::new(1))]);
        let refusal = plan(&NettingId::parse("netting", "n").unwrap(), &settled).unwrap_err();
        assert_eq!(refusal.facts[0].0, "invariant");
    }

    #[test]
    fn more_payments_than_four_digits_number_are_refused() {
        let settled =
            [(1, i64::MIN + 1), (2, i64::MAX)].map(|(n, cents)| (Siren::fictitious(n), Cents::new(cents)));
        let refusal = plan(&NettingId::parse("netting", "n").unwrap(), &settled.into()).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
    }

    #[test]
    fn a_payment_id_fits_an_end_to_end_reference() {
        for (netting, expected) in [
            ("2025-S1", "2025-S1"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            // printf 1234567890123456789012345678901 | sha256sum
            ("1234567890123456789012345678901", "123456789012345678901-3b7184c0"),
        ] {
            let found = stem(&NettingId::parse("netting", netting).unwrap());
            assert_eq!(found, expected);
            assert!(found.len() + "-0001".len() <= 35);
        }
    }

    /// The fewest payments, by trying every payer for the first open bailleur: no shared idea with the plan.
    fn fewest(open: &mut Vec<i64>) -> usize {
        let Some(first) = open.iter().position(|cents| *cents != 0) else { return 0 };
        let amount = std::mem::take(&mut open[first]);
        let mut fewest_found = usize::MAX;
        for other in first + 1..open.len() {
            if open[other].signum() == -amount.signum() {
                open[other] += amount;
                fewest_found = fewest_found.min(1 + fewest(open));
                open[other] -= amount;
            }
        }
        open[first] = amount;
        fewest_found
    }

    fn balanced(sizes: std::ops::Range<usize>, largest: i64) -> impl Strategy<Value = Vec<(u32, i64)>> {
        prop::collection::vec(-largest..largest, sizes).prop_map(|mut amounts| {
            amounts.push(-amounts.iter().sum::<i64>());
            (1..).zip(amounts).collect()
        })
    }

    fn moved(plan: &PaymentPlan) -> BTreeMap<Siren, i64> {
        let mut moved = BTreeMap::new();
        for payment in &plan.payments {
            *moved.entry(payment.from).or_default() -= payment.amount.get();
            *moved.entry(payment.to).or_default() += payment.amount.get();
        }
        moved
    }

    proptest! {
        #[test]
        fn few_bailleurs_never_pay_more_often_than_needed(positions in balanced(1..7, 12)) {
            let found = of(&positions);
            let mut open: Vec<i64> = positions.iter().map(|(_, cents)| *cents).collect();
            prop_assert_eq!(found.payments.len(), fewest(&mut open));
            prop_assert!(found.is_optimal());
        }

        #[test]
        fn the_plan_moves_exactly_the_amounts_and_never_pays_more_often_than_greedy(
            positions in prop_oneof![balanced(1..14, 40), balanced(14..40, 60), balanced(14..40, 100_000)],
        ) {
            let found = of(&positions);
            let open: Vec<Open> = positions.iter().filter(|(_, cents)| *cents != 0)
                .map(|(n, cents)| (Siren::fictitious(*n), *cents)).collect();
            prop_assert_eq!(moved(&found), open.iter().copied().collect::<BTreeMap<_, _>>());
            prop_assert!(found.payments.len() <= pay_in_order(&open).len());
            prop_assert!(usize::try_from(found.lower_bound).unwrap() <= found.payments.len());
            let flow: i64 = found.payments.iter().map(|payment| payment.amount.get()).sum();
            prop_assert_eq!(flow, open.iter().map(|(_, cents)| (*cents).max(0)).sum::<i64>());
        }

        #[test]
        fn huge_amounts_are_split_within_the_limit(positions in balanced(1..6, 1_000_000_000_000)) {
            let found = of(&positions);
            prop_assert!(found.payments.iter().all(|payment| payment.amount.cents() <= LARGEST_PAYMENT));
            prop_assert!(usize::try_from(found.lower_bound).unwrap() <= found.payments.len());
        }
    }
}
