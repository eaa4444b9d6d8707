//! Payments between allowed pairs only.
//!
//! A largest flow with the fewest payments has no ring, so its payments make trees, one payment less than the
//! members each. In a tree of it, the payments move all that its members can move among themselves: otherwise the
//! whole would not be the largest. So the question is again one of groups, each worth its largest flow first and
//! its `members − 1` payments second; both add up over the groups.

use super::budget::Budget;
use super::flow::largest_flow;
use super::forest::without_rings;
use super::greedy::Leg;
use super::groups::{Method, group};
use std::cmp::Reverse;

/// Up to so many connected parties every grouping is tried: 3¹⁵ steps.
const MOST_BY_SUBSETS: usize = 15;

/// Beyond so many connected parties, neither groups nor opposite pairs are tried one by one.
const MOST_PEELED: usize = 400;

/// Steps that a largest flow takes for each of its pairs and parties.
const STEPS_A_PAIR: u64 = 64;

/// Payments between allowed pairs, and a proven lower bound on their number.
pub(super) struct Within {
    pub(super) legs: Vec<Leg>,
    pub(super) lower_bound: usize,
    pub(super) method: Method,
}

/// The largest amount that allowed pairs can settle, in few payments; `pairs` name a payer, then a payee.
pub(super) fn pay_within(values: &[i64], pairs: &[(usize, usize)], budget: &mut Budget<'_>) -> Within {
    let mut whole = Within { legs: Vec::new(), lower_bound: 0, method: Method::AllowedSubsets };
    let mut part_of = vec![usize::MAX; values.len()];
    let parts = connected(values.len(), pairs.iter().copied());
    for (place, members) in parts.iter().enumerate() {
        members.iter().for_each(|rank| part_of[*rank] = place);
    }
    let mut pairs_of = vec![Vec::new(); parts.len()];
    for &(payer, payee) in pairs {
        pairs_of[part_of[payer]].push((payer, payee));
    }
    for (members, pairs) in parts.iter().zip(pairs_of) {
        let local = |rank: usize| members.binary_search(&rank).unwrap_or_default();
        let pairs: Vec<(usize, usize)> =
            pairs.into_iter().map(|(payer, payee)| (local(payer), local(payee))).collect();
        let values: Vec<i64> = members.iter().map(|rank| values[*rank]).collect();
        let few = members.len() <= MOST_BY_SUBSETS && budget.spend(cost_of_subsets(&values, &pairs)).is_ok();
        let part = if few {
            by_subsets(&values, &pairs)
        } else {
            whole.method = Method::AllowedFlow;
            by_flow(&values, &pairs, budget)
        };
        whole.lower_bound += part.lower_bound;
        whole.legs.extend(part.legs.into_iter().map(|(from, to, cents)| (members[from], members[to], cents)));
    }
    whole
}

/// Parties that pairs connect, each part sorted, in the order of their first members; those alone are left out.
pub(super) fn connected(parties: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut others: Vec<Vec<usize>> = vec![Vec::new(); parties];
    for (one, other) in pairs {
        others[one].push(other);
        others[other].push(one);
    }
    let (mut parts, mut seen) = (Vec::new(), vec![false; parties]);
    for first in 0..parties {
        if seen[first] || others[first].is_empty() {
            continue;
        }
        let (mut part, mut open) = (Vec::new(), vec![first]);
        seen[first] = true;
        while let Some(party) = open.pop() {
            part.push(party);
            for &other in &others[party] {
                if !std::mem::replace(&mut seen[other], true) {
                    open.push(other);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// What a set of parties settles: the larger amount first, then the fewer payments.
type Worth = (i64, Reverse<usize>);

/// Every grouping of few parties: `best[S]` leaves the first party of `S` out, or takes each of its groups in `S`.
fn by_subsets(values: &[i64], pairs: &[(usize, usize)]) -> Within {
    let sets = 1_usize << values.len();
    let alone: Vec<i64> = (0..sets).map(|set| sum(&flow_among(values, pairs, set))).collect();
    let mut best: Vec<Worth> = vec![(0, Reverse(0)); sets];
    let mut taken = vec![0_usize; sets];
    for set in 1..sets {
        let first = 1 << set.trailing_zeros();
        let others = set & !first;
        best[set] = best[others];
        let mut with = others;
        while with != 0 {
            let group = first | with;
            let (amount, Reverse(payments)) = best[set & !group];
            let members = with.count_ones() as usize;
            let worth = (alone[group] + amount, Reverse(members + payments));
            if alone[group] > 0 && worth > best[set] {
                (best[set], taken[set]) = (worth, group);
            }
            with = (with - 1) & others;
        }
    }
    let mut legs = Vec::new();
    let mut set = sets - 1;
    while set != 0 {
        let group = if taken[set] == 0 { 1 << set.trailing_zeros() } else { taken[set] };
        legs.extend(without_rings(values.len(), &flow_among(values, pairs, group)));
        set &= !group;
    }
    Within { lower_bound: best[sets - 1].1.0, legs, method: Method::AllowedSubsets }
}

/// Steps of trying every grouping: each way to split the parties in three, and a flow for each set.
fn cost_of_subsets(values: &[i64], pairs: &[(usize, usize)]) -> u64 {
    let flow = STEPS_A_PAIR * (values.len() + pairs.len()) as u64 / 4;
    values.iter().fold(1, |ways: u64, _| 3 * ways) + (flow << values.len())
}

fn flow_among(values: &[i64], pairs: &[(usize, usize)], set: usize) -> Vec<Leg> {
    largest_flow(values, |rank| set >> rank & 1 == 1, pairs)
}

fn sum(legs: &[Leg]) -> i64 {
    legs.iter().map(|(_, _, cents)| cents).sum()
}

/// Many parties: the unrestricted groups where they happen to be allowed, else opposite pairs, and one flow for
/// the others.
fn by_flow(values: &[i64], pairs: &[(usize, usize)], budget: &mut Budget<'_>) -> Within {
    let whole = largest_flow(values, |_| true, pairs);
    let largest = sum(&whole);
    let mut lower_bound = fewest_of_one_side(values, -1, largest).max(fewest_of_one_side(values, 1, largest));
    let mut legs = without_rings(values.len(), &whole);
    let owed: i64 = values.iter().map(|value| (*value).max(0)).sum();
    let mut ways = Vec::new();
    if largest == owed && values.iter().sum::<i64>() == 0 {
        let grouping = group(values, budget);
        lower_bound = lower_bound.max(values.len() - grouping.most);
        if values.len() <= MOST_PEELED {
            ways.extend(pay_groups(values, pairs, &grouping.groups));
        }
    }
    if values.len() <= MOST_PEELED {
        ways.push(peel(values, pairs, largest, budget));
    }
    for way in ways.into_iter().rev().filter(|way| sum(way) == largest) {
        if way.len() < legs.len() {
            legs = way;
        }
    }
    Within { legs, lower_bound, method: Method::AllowedFlow }
}

/// The payments of each group by itself, if allowed pairs settle all of them whole.
fn pay_groups(values: &[i64], pairs: &[(usize, usize)], groups: &[Vec<usize>]) -> Option<Vec<Leg>> {
    let mut legs = Vec::new();
    for group in groups {
        let mut inside = vec![false; values.len()];
        group.iter().for_each(|rank| inside[*rank] = true);
        let flow = largest_flow(values, |rank| inside[rank], pairs);
        let owed: i64 = group.iter().map(|rank| values[*rank].max(0)).sum();
        if sum(&flow) != owed {
            return None;
        }
        legs.extend(without_rings(values.len(), &flow));
    }
    Some(legs)
}

/// Opposite pairs pay each other as long as the others can still settle the rest of the largest amount.
fn peel(values: &[i64], pairs: &[(usize, usize)], largest: i64, budget: &mut Budget<'_>) -> Vec<Leg> {
    let mut inside = vec![true; values.len()];
    let mut legs = Vec::new();
    let mut settled = 0;
    for &(payer, payee) in pairs.iter().filter(|(payer, payee)| values[*payer] == -values[*payee]) {
        if !inside[payer] || !inside[payee] {
            continue;
        }
        if budget.spend(STEPS_A_PAIR * (pairs.len() + values.len()) as u64).is_err() {
            break;
        }
        (inside[payer], inside[payee]) = (false, false);
        let cents = values[payee];
        if settled + cents + sum(&largest_flow(values, |rank| inside[rank], pairs)) == largest {
            settled += cents;
            legs.push((payer, payee, cents));
        } else {
            (inside[payer], inside[payee]) = (true, true);
        }
    }
    legs.extend(without_rings(values.len(), &largest_flow(values, |rank| inside[rank], pairs)));
    legs
}

/// Each payment has one payer and one payee: no fewer than those of one side that it takes to move the amount.
fn fewest_of_one_side(values: &[i64], sign: i64, mut amount: i64) -> usize {
    let mut side: Vec<i64> = values.iter().map(|value| value * sign).filter(|value| *value > 0).collect();
    side.sort_unstable_by_key(|value| Reverse(*value));
    side.into_iter()
        .take_while(|value| {
            let needed = amount > 0;
            amount -= value;
            needed
        })
        .count()
}
