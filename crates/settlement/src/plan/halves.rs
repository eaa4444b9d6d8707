//! Whether a few amounts split into two zero-sum groups: each half of the amounts is summed in every way.

use super::amounts::{Amounts, Set};
use super::budget::{Budget, UsedUp};
use super::sums::SumTable;

/// Beyond so many amounts the sums of a half take too much memory.
pub(super) const MOST_IN_HALVES: u32 = 40;

/// A zero-sum group of amounts that sum to zero, other than all of them and none; `None` proves there is none.
///
/// The first amount is in one of the two groups: only the sets that hold it are tried.
pub(super) fn split(amounts: &Amounts, rest: Set, budget: &mut Budget<'_>) -> Result<Option<Set>, UsedUp> {
    let members: Vec<(Set, i64)> = amounts.of(rest).collect();
    let Some((head, others)) = members.split_first() else { return Ok(None) };
    // Large and small amounts on both sides make fewer equal sums.
    let half = |parity: usize| {
        let side = others.iter().enumerate().filter(move |(rank, _)| rank % 2 == parity);
        side.map(|(_, member)| *member).collect::<Vec<_>>()
    };
    let left = every_sum(&half(0), (head.0, head.1));
    budget.spend(2 * u64::try_from(left.len()).unwrap_or(u64::MAX))?;
    let table = SumTable::new(left);
    for (set, sum) in every_sum(&half(1), (0, 0)) {
        for found in table.with_sum(-sum) {
            if found | set != rest {
                return Ok(Some(amounts.by_first_twins(found | set)));
            }
        }
    }
    Ok(None)
}

/// Every subset of a half added to a beginning, with its sum.
fn every_sum(half: &[(Set, i64)], beginning: (Set, i64)) -> Vec<(Set, i64)> {
    let mut sums = Vec::with_capacity(1 << half.len());
    sums.push(beginning);
    for (bit, value) in half {
        for known in 0..sums.len() {
            let (set, sum) = sums[known];
            sums.push((set | bit, sum + value));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[i64], splits: bool) {
        let amounts = Amounts::new(values.to_vec());
        let found = split(&amounts, amounts.all(), &mut Budget::steps(1 << 20)).unwrap();
        assert_eq!(found.is_some(), splits, "{values:?}");
        if let Some(set) = found {
            assert_eq!(amounts.of(set).map(|(_, value)| value).sum::<i64>(), 0);
            assert!(set != 0 && set != amounts.all());
        }
    }

    #[test]
    fn two_groups_are_found_or_proven_not_to_be() {
        check(&[-10, 4, 6, -9, 7, 2], true);
        check(&[-10, 4, 6], false);
        check(&[1, 2, 4, 8, -15], false);
        check(&[3, 3, -6, 5, -5], true);
        check(&[], false);
    }
}
