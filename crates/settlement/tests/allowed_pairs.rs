//! Plans between allowed pairs only, against every choice of pairs.

#![allow(clippy::unwrap_used)]

use chambre_domain::Cents;
use chambre_settlement::plan::{Budget, Plan, fewest_payments, fewest_payments_within};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Pairs = BTreeSet<(usize, usize)>;

fn plan_of(amounts: &[i64], pairs: &Pairs) -> Plan<usize> {
    let positions = amounts.iter().map(|cents| Cents::new(*cents)).enumerate().collect();
    fewest_payments_within(&positions, pairs, &mut Budget::steps(50_000_000)).unwrap()
}

/// The largest amount that pairs settle, as the smallest cut: payers whose debt is cut, or all whom they may pay.
fn most_settled(amounts: &[i64], pairs: &[(usize, usize)]) -> i64 {
    let payers: Vec<usize> = (0..amounts.len()).filter(|rank| amounts[*rank] < 0).collect();
    let cut = |kept: usize| -> i64 {
        let is_kept = |payer: &usize| payers.iter().position(|known| known == payer).unwrap();
        let debts = payers
            .iter()
            .enumerate()
            .filter(|(bit, _)| kept >> bit & 1 == 0)
            .map(|(_, payer)| -amounts[*payer]);
        let reached: BTreeSet<usize> = pairs
            .iter()
            .filter(|(payer, _)| kept >> is_kept(payer) & 1 == 1)
            .map(|(_, payee)| *payee)
            .collect();
        debts.sum::<i64>() + reached.into_iter().map(|payee| amounts[payee]).sum::<i64>()
    };
    (0..1 << payers.len()).map(cut).min().unwrap_or_default()
}

/// The fewest pairs among which the largest amount still goes through, by trying every choice.
fn fewest(amounts: &[i64], pairs: &Pairs) -> (i64, usize) {
    let useful: Vec<(usize, usize)> =
        pairs.iter().copied().filter(|(payer, payee)| amounts[*payer] < 0 && amounts[*payee] > 0).collect();
    let largest = most_settled(amounts, &useful);
    let choices = (0..1_usize << useful.len()).filter(|choice| {
        let chosen: Vec<_> = useful
            .iter()
            .enumerate()
            .filter(|(bit, _)| choice >> bit & 1 == 1)
            .map(|(_, pair)| *pair)
            .collect();
        most_settled(amounts, &chosen) == largest
    });
    (largest, choices.map(|choice| choice.count_ones() as usize).min().unwrap_or_default())
}

fn sound(amounts: &[i64], pairs: &Pairs, plan: &Plan<usize>) {
    let mut left: BTreeMap<usize, i64> = amounts.iter().copied().enumerate().collect();
    for leg in &plan.payments {
        assert!(leg.cents > Cents::ZERO && pairs.contains(&(leg.from, leg.to)));
        assert!(amounts[leg.from] < 0 && amounts[leg.to] > 0, "nobody passes money on");
        *left.get_mut(&leg.from).unwrap() += leg.cents.get();
        *left.get_mut(&leg.to).unwrap() -= leg.cents.get();
    }
    for (party, left) in &left {
        assert_eq!(plan.unsettled.get(party).map_or(0, |cents| cents.get()), *left);
        assert!(*left == 0 || left.signum() == amounts[*party].signum(), "nobody pays beyond its position");
    }
    let settled: i64 = plan.payments.iter().map(|leg| leg.cents.get()).sum();
    assert_eq!(settled, plan.settled.get());
    assert!(plan.lower_bound <= plan.payments.len());
}

/// Amounts that sum to zero, and some of all pairs.
fn question(
    sizes: std::ops::Range<usize>,
    largest: i64,
    chance: u32,
) -> impl Strategy<Value = (Vec<i64>, Pairs)> {
    let amount = (-largest..=largest).prop_filter("not zero", |cents| *cents != 0);
    let amounts = prop::collection::vec(amount, sizes).prop_map(|mut amounts| {
        amounts.push(-amounts.iter().sum::<i64>());
        amounts
    });
    amounts.prop_flat_map(move |amounts| {
        let count = amounts.len();
        let chosen = prop::collection::vec((0..100_u32).prop_map(move |drawn| drawn < chance), count * count);
        (Just(amounts), chosen).prop_map(move |(amounts, chosen)| {
            let all = (0..count).flat_map(|payer| (0..count).map(move |payee| (payer, payee)));
            let pairs = all.zip(chosen).filter(|((payer, payee), chosen)| *chosen && payer != payee);
            (amounts, pairs.map(|(pair, _)| pair).collect())
        })
    })
}

proptest! {
    #[test]
    fn few_parties_settle_the_most_in_the_fewest_payments((amounts, pairs) in question(1..6, 9, 60)) {
        let plan = plan_of(&amounts, &pairs);
        sound(&amounts, &pairs, &plan);
        prop_assert_eq!((plan.settled.get(), plan.payments.len()), fewest(&amounts, &pairs));
        prop_assert!(plan.is_optimal());
    }

    #[test]
    fn every_pair_allowed_is_no_restriction((amounts, _) in question(1..9, 20, 50)) {
        let all = (0..amounts.len()).flat_map(|payer| (0..amounts.len()).map(move |payee| (payer, payee)));
        let plan = plan_of(&amounts, &all.collect());
        let positions = amounts.iter().map(|cents| Cents::new(*cents)).enumerate().collect();
        let free = fewest_payments(&positions, &mut Budget::steps(1_000_000)).unwrap();
        prop_assert_eq!((plan.payments.len(), plan.settled), (free.payments.len(), free.flow));
        prop_assert!(plan.unsettled.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn many_parties_settle_the_most_with_a_sound_bound(
        (amounts, pairs) in prop_oneof![question(16..30, 30, 15), question(16..30, 1_000, 50), question(30..60, 9, 90)],
    ) {
        let plan = plan_of(&amounts, &pairs);
        sound(&amounts, &pairs, &plan);
        // A way from who still owes to who still waits would settle more: none is left.
        let owes = |rank: usize| plan.unsettled.get(&rank).is_some_and(|cents| *cents < Cents::ZERO);
        let mut reached: Vec<bool> = (0..amounts.len()).map(owes).collect();
        loop {
            let before = reached.clone();
            for (payer, payee) in pairs.iter().filter(|(payer, payee)| amounts[*payer] < 0 && amounts[*payee] > 0) {
                reached[*payee] |= reached[*payer];
            }
            for leg in &plan.payments {
                reached[leg.from] |= reached[leg.to];
            }
            if before == reached {
                break;
            }
        }
        for (party, left) in &plan.unsettled {
            prop_assert!(*left < Cents::ZERO || !reached[*party]);
        }
    }
}

#[test]
fn a_payer_without_anyone_to_pay_stays_open() {
    let plan = plan_of(&[50, 50, -60, -40], &Pairs::from([(2, 0), (3, 0)]));
    assert_eq!((plan.settled, plan.flow, plan.payments.len()), (Cents::new(50), Cents::new(100), 1));
    assert_eq!(
        plan.unsettled,
        BTreeMap::from([(1, 50), (2, -10), (3, -40)].map(|(rank, cents)| (rank, Cents::new(cents))))
    );
    assert_eq!(plan.groups, [[0, 2]]);
}

#[test]
fn pairs_that_cannot_pay_change_nothing() {
    let plan = plan_of(&[5, -5, 0], &Pairs::from([(0, 1), (1, 2), (7, 0), (1, 0)]));
    assert_eq!((plan.payments.len(), plan.is_optimal()), (1, true));
    assert_eq!(plan_of(&[5, -5], &Pairs::new()).settled, Cents::ZERO);
}

#[test]
fn two_opposite_amounts_are_not_paired_when_the_others_need_them() {
    // 2 could pay 0 at once, but then 3, which may pay nobody else, would pay nothing.
    let plan = plan_of(&[10, 10, -10, -10], &Pairs::from([(2, 0), (2, 1), (3, 0)]));
    let legs: Vec<_> = plan.payments.iter().map(|leg| (leg.from, leg.to)).collect();
    assert_eq!(legs, [(2, 1), (3, 0)]);
}
