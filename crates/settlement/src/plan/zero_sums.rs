//! Zero-sum groups of one size: every one that holds no smaller zero-sum group.

use super::amounts::{Amounts, MOST_AMOUNTS, Set};
use super::budget::{Budget, UsedUp};
use super::ordered::{self, Cut};
use super::sums::SumTable;

/// Groups kept of one listing.
const MOST_LISTED: usize = 1 << 19;

/// Sets kept while the two sides of a listing are compared.
pub(super) const MOST_KEPT: u64 = 1 << 22;

/// Building and looking up a set takes about so many times what reading a listed group takes.
pub(super) const STEPS_A_SET: u64 = 8;

/// Listing runs so many times faster than the search that the budget's steps are measured by.
const SPEED_OF_LISTING: u64 = 4;

/// Beyond this size a group is not tried for smaller ones inside: it may be listed without need, never missed.
const LARGEST_TRIED: usize = 12;

/// Zero-sum groups, and whether they are all there are.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) groups: Vec<Set>,
    pub(super) complete: bool,
}

impl Listing {
    /// Keeps a zero-sum group that holds no smaller one, if there is room. Returns how many parts were tried.
    pub(super) fn add(&mut self, amounts: &Amounts, group: Set, size: usize) -> u32 {
        let (holds_none, tried) = holds_no_smaller(amounts, group, size);
        if holds_none {
            self.groups.push(group);
        }
        self.complete &= self.groups.len() <= MOST_LISTED;
        tried
    }
}

/// The zero-sum groups of `size` amounts within a set, without those that hold a smaller one.
pub(super) fn list(
    amounts: &Amounts,
    within: Set,
    size: usize,
    budget: &mut Budget<'_>,
) -> Result<Listing, UsedUp> {
    match cut_of(amounts, within, size) {
        Some(cut) => ordered::list(amounts, within, size, cut, budget),
        None => list_on_sides(amounts, within, size, budget),
    }
}

/// How many sets a listing has to build, at most: what it may cost.
pub(super) fn cost(amounts: &Amounts, within: Set, size: usize) -> u64 {
    cut_of(amounts, within, size).map_or_else(|| cost_on_sides(amounts, within, size), |cut| cut.cost)
}

/// The cut in order, where it costs less than two sides: for amounts that are all different.
fn cut_of(amounts: &Amounts, within: Set, size: usize) -> Option<Cut> {
    let cut = ordered::cut(within.count_ones() as usize, size).filter(|_| !amounts.has_twins(within))?;
    (cut.cost < cost_on_sides(amounts, within, size)).then_some(cut)
}

/// The amounts are dealt on two sides, payers against payees as far as their numbers allow, so that one side has
/// amounts of one sign; for each number of amounts on a side, the sets of the side with fewer of them are kept by
/// sum and those of the other one looked up. Sums that the other side cannot reach are never built.
pub(super) fn list_on_sides(
    amounts: &Amounts,
    within: Set,
    size: usize,
    budget: &mut Budget<'_>,
) -> Result<Listing, UsedUp> {
    let [one, other] = sides(amounts, within);
    let mut listing = Listing { groups: Vec::new(), complete: true };
    for of_one in size.saturating_sub(other.len())..=size.min(one.len()) {
        let of_other = size - of_one;
        let window = one.reach(of_one).common(&other.reach(of_other).mirror());
        if window.is_empty() {
            continue;
        }
        let one_is_kept = one.sets(of_one) <= other.sets(of_other);
        let (kept, tried) = if one_is_kept {
            ((&one, of_one), (&other, of_other))
        } else {
            ((&other, of_other), (&one, of_one))
        };
        if kept.0.sets(kept.1) > MOST_KEPT {
            listing.complete = false;
            continue;
        }
        let (kept_window, tried_window) =
            if one_is_kept { (window, window.mirror()) } else { (window.mirror(), window) };
        let mut sets = Vec::new();
        kept.0.walk(kept.1, kept_window, budget, &mut |set, sum| {
            sets.push((set, sum));
            Some(0)
        })?;
        let table = SumTable::new(sets);
        tried.0.walk(tried.1, tried_window, budget, &mut |set, sum| {
            let mut steps = 0;
            for found in table.with_sum(-sum) {
                steps += u64::from(listing.add(amounts, set | found, size));
            }
            listing.complete.then_some(steps)
        })?;
    }
    listing.groups.sort_unstable();
    Ok(listing)
}

fn cost_on_sides(amounts: &Amounts, within: Set, size: usize) -> u64 {
    let [one, other] = sides(amounts, within);
    (size.saturating_sub(other.len())..=size.min(one.len())).fold(0, |cost, of_one| {
        cost.saturating_add(one.sets(of_one)).saturating_add(other.sets(size - of_one))
    })
}

/// Whether no part of a zero-sum group sums to zero, and how many parts were tried.
fn holds_no_smaller(amounts: &Amounts, group: Set, size: usize) -> (bool, u32) {
    if size > LARGEST_TRIED {
        return (true, 0);
    }
    // A part or the rest of the group leaves the first amount out: only those are summed, each from the one
    // before by one amount that enters or leaves (Gray's order).
    let mut values = [0_i64; LARGEST_TRIED];
    for (place, (_, value)) in values.iter_mut().zip(amounts.of(group)) {
        *place = value;
    }
    let mut inside = 0_u32;
    let mut sum = 0;
    for step in 1..1_u32 << (size - 1) {
        let changing = step.trailing_zeros();
        inside ^= 1 << changing;
        let value = values[changing as usize + 1];
        sum += if inside >> changing & 1 == 1 { value } else { -value };
        if sum == 0 {
            return (false, step);
        }
    }
    (true, 1 << (size - 1))
}

/// Payers against payees; where one sign has more amounts, its largest join the other side.
fn sides(amounts: &Amounts, within: Set) -> [Side; 2] {
    let members: Vec<(Set, i64)> = amounts.of(within).collect();
    let payers = members.partition_point(|(_, value)| *value < 0);
    let middle = members.len() / 2;
    // Twins stay together.
    let cut = |mut at: usize| {
        while at > 0 && at < members.len() && members[at].1 == members[at - 1].1 {
            at += 1;
        }
        at
    };
    let (one, other) = if payers >= middle {
        // Rising order: the payers of the largest amounts come first.
        let moved = cut(payers - middle).min(payers);
        let (large, rest) = members.split_at(moved);
        let (alone, payees) = rest.split_at(payers - moved);
        ([large, payees].concat(), alone.to_vec())
    } else {
        let kept = cut(payers + middle);
        let (low, large) = members.split_at(kept);
        let (paying, alone) = low.split_at(payers);
        ([paying, large].concat(), alone.to_vec())
    };
    [Side::new(one), Side::new(other)]
}

/// Sums from the lowest to the highest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) lowest: i64,
    pub(super) highest: i64,
}

impl Window {
    fn is_empty(self) -> bool {
        self.lowest > self.highest
    }

    fn common(self, other: &Self) -> Self {
        Self { lowest: self.lowest.max(other.lowest), highest: self.highest.min(other.highest) }
    }

    /// The sums that bring these to zero.
    fn mirror(self) -> Self {
        Self { lowest: -self.highest, highest: -self.lowest }
    }
}

/// Some amounts in rising order.
struct Side {
    members: Vec<(Set, i64)>,
    /// Sum of the first so many.
    up_to: Vec<i64>,
}

impl Side {
    fn new(members: Vec<(Set, i64)>) -> Self {
        let mut up_to = vec![0];
        let mut sum = 0;
        for (_, value) in &members {
            sum += value;
            up_to.push(sum);
        }
        Self { members, up_to }
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    /// How many sets of so many amounts there are, twins counted apart.
    fn sets(&self, count: usize) -> u64 {
        binomial(self.len(), count)
    }

    /// Between the sums of the `count` smallest and of the `count` largest.
    fn reach(&self, count: usize) -> Window {
        Window { lowest: self.lowest(0, count), highest: self.highest(count) }
    }

    fn lowest(&self, from: usize, count: usize) -> i64 {
        self.up_to[from + count] - self.up_to[from]
    }

    fn highest(&self, count: usize) -> i64 {
        self.up_to[self.len()] - self.up_to[self.len() - count]
    }

    /// Visits the sets of `count` amounts whose sum is in the window, until the visitor has enough; the visitor
    /// tells how many steps of its own it took.
    fn walk(
        &self,
        count: usize,
        window: Window,
        budget: &mut Budget<'_>,
        visit: &mut impl FnMut(Set, i64) -> Option<u64>,
    ) -> Result<(), UsedUp> {
        if count == 0 {
            if window.lowest <= 0 && 0 <= window.highest {
                visit(0, 0);
            }
            return Ok(());
        }
        self.walk_on(0, count, (0, 0), window, budget, visit).map(|_| ())
    }

    fn walk_on(
        &self,
        from: usize,
        count: usize,
        (set, sum): (Set, i64),
        window: Window,
        budget: &mut Budget<'_>,
        visit: &mut impl FnMut(Set, i64) -> Option<u64>,
    ) -> Result<bool, UsedUp> {
        let last = self.len() - count;
        let mut steps = 1;
        let mut own_steps = 0;
        for next in from..=last {
            let (bit, value) = self.members[next];
            if next > from && value == self.members[next - 1].1 {
                continue;
            }
            steps += 1;
            if sum + self.lowest(next, count) > window.highest {
                break;
            }
            if sum + value + self.highest(count - 1) < window.lowest {
                continue;
            }
            let more = if count == 1 {
                let visited = visit(set | bit, sum + value);
                own_steps += visited.unwrap_or_default();
                visited.is_some()
            } else {
                self.walk_on(next + 1, count - 1, (set | bit, sum + value), window, budget, visit)?
            };
            if !more {
                return Ok(false);
            }
        }
        spend(budget, steps, own_steps)?;
        Ok(true)
    }
}

/// Spends what so many sets cost, with the steps of their visitor.
pub(super) fn spend(budget: &mut Budget<'_>, sets: u64, own_steps: u64) -> Result<(), UsedUp> {
    budget.spend((STEPS_A_SET * sets + own_steps) / SPEED_OF_LISTING)
}

/// Ways to take `count` of `all`.
pub(super) fn binomial(all: usize, count: usize) -> u64 {
    if count > all || all > MOST_AMOUNTS {
        return 0;
    }
    let mut ways = 1_u128;
    for taken in 0..count {
        ways = ways * (all - taken) as u128 / (taken + 1) as u128;
    }
    u64::try_from(ways).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(values: &[i64], size: usize) -> Vec<Vec<i64>> {
        let amounts = Amounts::new(values.to_vec());
        let listing = list(&amounts, amounts.all(), size, &mut Budget::steps(1 << 30)).unwrap();
        assert!(listing.complete);
        let values = |set: Set| amounts.of(set).map(|(_, value)| value).collect::<Vec<_>>();
        let mut groups: Vec<Vec<i64>> = listing.groups.into_iter().map(values).collect();
        groups.sort_unstable();
        groups
    }

    /// By trying every set.
    fn tried(values: &[i64], size: usize) -> Vec<Vec<i64>> {
        let mut values = values.to_vec();
        values.sort_unstable();
        let members = |subset: usize| -> Vec<i64> {
            (0..values.len()).filter(|rank| subset >> rank & 1 == 1).map(|rank| values[rank]).collect()
        };
        let is_zero = |subset: usize| subset != 0 && members(subset).iter().sum::<i64>() == 0;
        let mut groups: Vec<Vec<i64>> = (1..1_usize << values.len())
            .filter(|subset| subset.count_ones() as usize == size && is_zero(*subset))
            .filter(|subset| {
                let mut part = (subset - 1) & subset;
                while part != 0 && !is_zero(part) {
                    part = (part - 1) & subset;
                }
                part == 0
            })
            .map(members)
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    proptest! {
        #[test]
        fn every_group_is_listed_once(
            values in prop::collection::vec((-9..9_i64).prop_filter("not zero", |value| *value != 0), 1..11),
            size in 1..7_usize,
        ) {
            prop_assert_eq!(listed(&values, size), tried(&values, size));
        }
    }

    #[test]
    fn the_cost_of_a_listing_is_what_it_builds_at_most() {
        let amounts = Amounts::new((1..=10).flat_map(|n| [2 * n, -2 * n - 1]).collect());
        // One payer and two payees, or the other way round: 10 + 45 sets, twice.
        assert_eq!(cost_on_sides(&amounts, amounts.all(), 3), 2 * (10 + 45) + 2 * (1 + 120));
    }
}
