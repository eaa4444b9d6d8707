//! Greedy payments: the floor that no plan goes under.

use std::cmp::Reverse;
use std::collections::VecDeque;

/// Payer, payee, cents above zero.
pub(super) type Leg = (usize, usize, i64);

/// Payers and payees by falling amount then rank; the first payer pays the first payee what both can.
///
/// `members` are ranks of `values`, whose amounts sum to zero.
pub(super) fn pay_in_order(values: &[i64], members: &[usize]) -> Vec<Leg> {
    let side = |sign: i64| {
        let side = members.iter().filter(|rank| values[**rank].signum() == sign);
        let mut side: Vec<(usize, i64)> = side.map(|rank| (*rank, values[*rank] * sign)).collect();
        side.sort_unstable_by_key(|(rank, cents)| (Reverse(*cents), *rank));
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

/// The groups that greedy payments of everyone make by themselves: a payer and a payee that end together.
pub(super) fn greedy_groups(values: &[i64]) -> Vec<Vec<usize>> {
    let everyone: Vec<usize> = (0..values.len()).collect();
    let mut left: Vec<u64> = values.iter().map(|value| value.unsigned_abs()).collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group = Vec::new();
    for (payer, payee, cents) in pay_in_order(values, &everyone) {
        for rank in [payer, payee] {
            if left[rank] == values[rank].unsigned_abs() {
                group.push(rank);
            }
            left[rank] -= cents.unsigned_abs();
        }
        if left[payer] == 0 && left[payee] == 0 {
            groups.push(std::mem::take(&mut group));
        }
    }
    groups
}
