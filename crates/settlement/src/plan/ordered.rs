//! Zero-sum groups of one size, cut in the order of their amounts: the lower half below, the upper half above.
//!
//! With the amounts cut in two fixed sides, a group is shared out between them in any way. With each group cut after
//! its own lower half there is one way only: of 60 amounts, 50 million lower halves of a group of twelve instead of
//! 390 million parts. Lower halves that end early are kept, and the upper halves tried; where they end late, it is the
//! upper halves that are few enough to be kept.

use super::amounts::{Amounts, Set};
use super::budget::{Budget, UsedUp};
use super::sums::SumTable;
use super::zero_sums::{Listing, MOST_KEPT, Window, binomial, spend};

/// Where lower halves begin to end late; and how many sets a listing builds at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    late: usize,
    pub(super) cost: u64,
}

/// The best cut of groups of a size among so many different amounts; nothing where too much would be kept.
pub(super) fn cut(count: usize, size: usize) -> Option<Cut> {
    let (lower, upper) = (size / 2, size - size / 2);
    if lower == 0 || upper < 2 || count < size {
        return None;
    }
    let at = |late: usize| {
        let kept = [binomial(late, lower), binomial(count - late - 1, upper)];
        let tried = [binomial(count - lower, upper), binomial(count, lower) - kept[0]];
        let cost = kept.iter().chain(&tried).fold(0_u64, |cost, sets| cost.saturating_add(*sets));
        kept.iter().all(|sets| *sets <= MOST_KEPT).then_some(Cut { late, cost })
    };
    (lower..count - upper).filter_map(at).min_by_key(|cut| (cut.cost, cut.late))
}

/// The zero-sum groups of `size` amounts within a set of different ones, without those that hold a smaller one.
pub(super) fn list(
    amounts: &Amounts,
    within: Set,
    size: usize,
    cut: Cut,
    budget: &mut Budget<'_>,
) -> Result<Listing, UsedUp> {
    let halves = Halves::new(amounts.of(within).collect(), size);
    let mut listing = Listing { groups: Vec::new(), complete: true };
    for late in [false, true] {
        let mut kept = Vec::new();
        let mut keep = |set, sum| {
            kept.push((set, sum));
            Some(0)
        };
        if late {
            halves.upper(cut.late + 1, usize::MAX, budget, &mut keep)?;
        } else {
            halves.lower(0, cut.late, budget, &mut keep)?;
        }
        let table = SumTable::new(kept);
        let mut meet = |set: Set, sum: i64| {
            let mut steps = 0;
            for found in table.with_sum(-sum) {
                let (below, above) = if late { (set, found) } else { (found, set) };
                if Set::BITS - below.leading_zeros() <= above.trailing_zeros() {
                    steps += u64::from(listing.add(amounts, below | above, size));
                }
            }
            listing.complete.then_some(steps)
        };
        if late {
            halves.lower(cut.late, halves.members.len(), budget, &mut meet)?;
        } else {
            halves.upper(halves.size / 2, cut.late, budget, &mut meet)?;
        }
    }
    listing.groups.sort_unstable();
    Ok(listing)
}

/// Amounts in rising order, and the size of a group.
struct Halves {
    members: Vec<(Set, i64)>,
    /// Sum of the first so many.
    up_to: Vec<i64>,
    size: usize,
}

/// What is visited: a half and its sum; it tells how many steps of its own it took, or that it has enough.
type Visit<'a> = &'a mut dyn FnMut(Set, i64) -> Option<u64>;

/// A part of a half on its way: what is in it, how many come, the least place of the last of them, how many of the
/// group come after the half, and what the sum of those before it can be.
#[derive(Clone, Copy)]
struct Part {
    set: Set,
    sum: i64,
    coming: usize,
    last_from: usize,
    after: usize,
    before: Window,
}

impl Halves {
    fn new(members: Vec<(Set, i64)>, size: usize) -> Self {
        let mut up_to = vec![0];
        let mut sum = 0;
        for (_, value) in &members {
            sum += value;
            up_to.push(sum);
        }
        Self { members, up_to, size }
    }

    /// Visits the lower halves whose last amount is at one of the places from `from` on, before `to`.
    fn lower(&self, from: usize, to: usize, budget: &mut Budget<'_>, visit: Visit) -> Result<(), UsedUp> {
        let (coming, after) = (self.size / 2, self.size - self.size / 2);
        let before = Window { lowest: 0, highest: 0 };
        let part = Part { set: 0, sum: 0, coming, last_from: from, after, before };
        self.walk(0, to.min(self.members.len() - after), part, budget, visit).map(|_| ())
    }

    /// Visits the upper halves that begin at `from` or later, above lower halves that end before `end`.
    fn upper(&self, from: usize, end: usize, budget: &mut Budget<'_>, visit: Visit) -> Result<(), UsedUp> {
        let (lower, coming) = (self.size / 2, self.size - self.size / 2);
        let lowest = self.up_to[lower];
        for first in from..=self.members.len() - coming {
            let end = end.min(first);
            let before = Window { lowest, highest: self.up_to[end] - self.up_to[end - lower] };
            let (set, sum) = self.members[first];
            let part = Part { set, sum, coming: coming - 1, last_from: 0, after: 0, before };
            if !self.can_end(first + 1, part) {
                continue;
            }
            if !self.walk(first + 1, self.members.len(), part, budget, visit)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether what is in a part, with amounts from `next` on, can come to zero.
    fn can_end(&self, next: usize, part: Part) -> bool {
        let rest = part.coming + part.after;
        let count = self.members.len();
        part.sum + self.up_to[next + rest] - self.up_to[next] + part.before.lowest <= 0
            && part.sum + self.up_to[count] - self.up_to[count - rest] + part.before.highest >= 0
    }

    fn walk(
        &self,
        from: usize,
        to: usize,
        part: Part,
        budget: &mut Budget<'_>,
        visit: Visit,
    ) -> Result<bool, UsedUp> {
        let count = self.members.len();
        let rest = part.coming + part.after - 1;
        let (lowest, highest) = (part.sum + part.before.lowest, part.sum + part.before.highest);
        let most = highest + self.up_to[count] - self.up_to[count - rest];
        let (mut steps, mut own_steps) = (1, 0);
        let first = if part.coming == 1 { from.max(part.last_from) } else { from };
        for next in first..(to + 1).saturating_sub(part.coming) {
            let (bit, value) = self.members[next];
            steps += 1;
            if lowest + self.up_to[next + 1 + rest] - self.up_to[next] > 0 {
                break;
            }
            if most + value < 0 {
                continue;
            }
            let (set, sum) = (part.set | bit, part.sum + value);
            let more = if part.coming == 1 {
                let visited = visit(set, sum);
                own_steps += visited.unwrap_or_default();
                visited.is_some()
            } else {
                self.walk(next + 1, to, Part { set, sum, coming: part.coming - 1, ..part }, budget, visit)?
            };
            if !more {
                return Ok(false);
            }
        }
        spend(budget, steps, own_steps)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::zero_sums;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_groups_are_listed_as_on_two_sides(
            values in prop::collection::btree_set(-40..40_i64, 4..19),
            size in 3..9_usize,
        ) {
            let amounts = Amounts::new(values.into_iter().filter(|value| *value != 0).collect());
            let (all, budget) = (amounts.all(), &mut Budget::steps(1 << 30));
            if let Some(cut) = cut(all.count_ones() as usize, size) {
                let listing = list(&amounts, all, size, cut, budget).unwrap();
                let other = zero_sums::list_on_sides(&amounts, all, size, budget).unwrap();
                prop_assert!(listing.complete && other.complete);
                prop_assert_eq!(listing.groups, other.groups);
            }
        }
    }

    #[test]
    fn a_group_of_twelve_of_sixty_costs_a_fifth() {
        let cut = cut(60, 12).unwrap();
        assert!(cut.cost < 82_000_000, "{cut:?}");
    }
}
