//! What must hold for any payment plan, and the examples of netting.md that are about plans.

#![allow(clippy::unwrap_used)]

use chambre_domain::Cents;
use chambre_settlement::plan::{Budget, Plan, fewest_payments};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const STEPS: u64 = 20_000_000;

fn positions<Id: Ord + Copy>(amounts: &[(Id, i64)]) -> BTreeMap<Id, Cents> {
    amounts.iter().map(|(id, cents)| (*id, Cents::new(*cents))).collect()
}

fn plan_of<Id: Ord + Copy>(amounts: &[(Id, i64)]) -> Plan<Id> {
    fewest_payments(&positions(amounts), &mut Budget::steps(STEPS)).unwrap()
}

fn numbered(amounts: &[i64]) -> Vec<(usize, i64)> {
    amounts.iter().copied().enumerate().collect()
}

/// The amounts of a plan's payments, and its bound.
fn check(amounts: &[(&'static str, i64)], payments: &[(&str, &str, i64)]) {
    let plan = plan_of(amounts);
    let legs: Vec<_> = plan.payments.iter().map(|leg| (leg.from, leg.to, leg.cents.get())).collect();
    assert_eq!(legs, payments);
    assert!(plan.is_optimal());
}

#[test]
fn example_1_is_paid_in_three() {
    check(
        &[("A", -494_580), ("B", -596_025), ("C", 696_605), ("D", 0), ("E", 394_000)],
        &[("A", "C", 100_580), ("A", "E", 394_000), ("B", "C", 596_025)],
    );
}

#[test]
fn example_13_the_greedy_trap_costs_three_payments_not_four() {
    let trap = [("A", 7_000), ("B", 5_000), ("C", -5_000), ("D", -4_000), ("E", -3_000)];
    check(&trap, &[("C", "B", 5_000), ("D", "A", 4_000), ("E", "A", 3_000)]);
    assert_eq!(plan_of(&trap).greedy_count, Some(4));
}

#[test]
fn example_15_three_territories_together_pay_three_times() {
    let region = [("A", -194_580), ("B", -716_025), ("C", 446_605), ("E", 464_000), ("F", 0)];
    let plan = plan_of(&region);
    assert_eq!((plan.payments.len(), plan.flow.get(), plan.is_optimal()), (3, 910_605, true));
    let local: [&[(&str, i64)]; 3] = [
        &[("A", -494_580), ("B", -596_025), ("C", 696_605), ("E", 394_000)],
        &[("A", 300_000), ("B", -120_000), ("F", -180_000)],
        &[("C", -250_000), ("E", 70_000), ("F", 180_000)],
    ];
    let plans = local.map(plan_of);
    assert_eq!(plans.iter().map(|plan| plan.payments.len()).sum::<usize>(), 7);
    assert_eq!(plans.iter().map(|plan| plan.flow.get()).sum::<i64>(), 1_640_605);
}

#[test]
fn t8_a_ring_that_nets_to_zero_pays_nothing() {
    let plan = plan_of(&[("A", 0), ("B", 0), ("C", 0)]);
    assert_eq!((plan.payments.len(), plan.groups.len(), plan.lower_bound), (0, 0, 0));
}

#[test]
fn t9_once_c_and_e_are_one_two_payments_are_left() {
    check(&[("A", -494_580), ("B", -596_025), ("C", 1_090_605)], &[("A", "C", 494_580), ("B", "C", 596_025)]);
}

/// The largest number of zero-sum groups, by trying every set as the group of the first member.
fn most_groups(amounts: &[i64]) -> usize {
    let Some((first, others)) = amounts.split_first() else { return 0 };
    (0..1_usize << others.len())
        .filter_map(|set| {
            let (with, without): (Vec<_>, Vec<_>) =
                others.iter().enumerate().partition(|(bit, _)| set >> bit & 1 == 1);
            let sum: i64 = first + with.iter().map(|(_, cents)| **cents).sum::<i64>();
            let rest: Vec<i64> = without.into_iter().map(|(_, cents)| *cents).collect();
            (sum == 0).then(|| 1 + most_groups(&rest))
        })
        .max()
        .unwrap_or_default()
}

fn balanced(sizes: std::ops::Range<usize>, largest: i64) -> impl Strategy<Value = Vec<i64>> {
    let amount = (-largest..=largest).prop_filter("not zero", |cents| *cents != 0);
    prop::collection::vec(amount, sizes).prop_map(|mut amounts| {
        amounts.push(-amounts.iter().sum::<i64>());
        amounts.retain(|cents| *cents != 0);
        amounts
    })
}

fn moved<Id: Ord + Copy>(plan: &Plan<Id>) -> BTreeMap<Id, i64> {
    let mut moved = BTreeMap::new();
    for leg in &plan.payments {
        *moved.entry(leg.from).or_default() -= leg.cents.get();
        *moved.entry(leg.to).or_default() += leg.cents.get();
    }
    moved
}

fn sound(amounts: &[i64], plan: &Plan<usize>) {
    assert_eq!(moved(plan), numbered(amounts).into_iter().collect());
    assert!(plan.payments.len() <= plan.greedy_count.unwrap());
    assert!(plan.lower_bound <= plan.payments.len());
    assert_eq!(plan.payments.iter().map(|leg| leg.cents.get()).sum::<i64>(), plan.flow.get());
    assert!(plan.payments.iter().all(|leg| leg.cents > Cents::ZERO));
    let lines: BTreeSet<_> = plan.payments.iter().map(|leg| (leg.from, leg.to)).collect();
    assert_eq!(lines.len(), plan.payments.len(), "one line for a pair");
    assert!(plan.payments.is_sorted_by_key(|leg| (leg.from, leg.to)));
    for group in &plan.groups {
        assert_eq!(group.iter().map(|member| amounts[*member]).sum::<i64>(), 0);
    }
    for leg in &plan.payments {
        let group = &plan.groups[leg.group];
        assert!(group.contains(&leg.from) && group.contains(&leg.to));
    }
    let mut members = plan.groups.concat();
    members.sort_unstable();
    assert_eq!(members, (0..amounts.len()).collect::<Vec<_>>());
    assert!(plan.groups.is_sorted_by_key(|group| group[0]));
}

/// Groups of three to five, hidden among each other: the plan has at least as many groups.
fn planted() -> impl Strategy<Value = (Vec<i64>, usize)> {
    prop::collection::vec(balanced(2..5, 1_000_000), 6..13).prop_map(|groups| {
        let count = groups.iter().filter(|group| !group.is_empty()).count();
        (groups.concat(), count)
    })
}

proptest! {
    #[test]
    fn few_parties_never_pay_more_often_than_needed(amounts in prop_oneof![balanced(1..10, 12), balanced(1..10, 40)]) {
        let plan = plan_of(&numbered(&amounts));
        prop_assert_eq!(plan.payments.len(), amounts.len() - most_groups(&amounts));
        prop_assert!(plan.is_optimal());
    }

    #[test]
    fn the_plan_moves_exactly_the_amounts_and_never_pays_more_often_than_greedy(
        amounts in prop_oneof![balanced(1..14, 40), balanced(14..23, 60), balanced(14..23, 100_000)],
    ) {
        sound(&amounts, &plan_of(&numbered(&amounts)));
    }

    #[test]
    fn names_and_their_order_change_nothing_in_the_count(
        (amounts, shuffled) in balanced(2..20, 300).prop_flat_map(|amounts| (Just(amounts.clone()), Just(amounts).prop_shuffle())),
    ) {
        let (one, other) = (plan_of(&numbered(&amounts)), plan_of(&numbered(&shuffled)));
        prop_assert_eq!((one.payments.len(), one.lower_bound), (other.payments.len(), other.lower_bound));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn many_parties_get_a_sound_plan(
        amounts in prop_oneof![balanced(26..60, 60), balanced(26..60, 3_000), balanced(26..48, 1_000_000)],
    ) {
        sound(&amounts, &plan_of(&numbered(&amounts)));
    }

    #[test]
    fn planted_groups_are_found((amounts, groups) in planted()) {
        let plan = plan_of(&numbered(&amounts));
        sound(&amounts, &plan);
        prop_assert!(plan.groups.len() >= groups || !plan.is_optimal());
        prop_assert!(plan.lower_bound <= amounts.len() - groups);
    }

    #[test]
    fn a_budget_of_nothing_still_gives_a_sound_plan(amounts in balanced(26..90, 100_000)) {
        let plan = fewest_payments(&positions(&numbered(&amounts)), &mut Budget::steps(1)).unwrap();
        sound(&amounts, &plan);
    }

    #[test]
    fn many_more_parties_than_a_search_can_prove(amounts in balanced(80..400, 2_000)) {
        sound(&amounts, &plan_of(&numbered(&amounts)));
    }
}

#[test]
fn amounts_that_never_group_end_within_the_budget() {
    // Powers of three: no sum of some equals a sum of others.
    let mut amounts: Vec<i64> =
        (0..38).map(|power| if power % 2 == 0 { 3_i64.pow(power) } else { -3_i64.pow(power) }).collect();
    amounts.push(-amounts.iter().sum::<i64>());
    sound(&amounts, &plan_of(&numbered(&amounts)));
}

#[test]
fn a_budget_that_asks_the_caller_ends_when_told() {
    let mut amounts: Vec<i64> = (0..49).map(|n| (n * n * 7_919 + 104_729) % 1_000_003 - 500_000).collect();
    amounts.push(-amounts.iter().sum::<i64>());
    let mut asked = 0;
    let mut clock = || {
        asked += 1;
        asked * 100
    };
    sound(
        &amounts,
        &fewest_payments(&positions(&numbered(&amounts)), &mut Budget::asking(&mut clock)).unwrap(),
    );
    assert!(asked >= 2);
}
