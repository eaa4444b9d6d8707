//! The ordered search: groups are chosen by rising size, so that each is small when many are wanted.
//!
//! Of `g` groups on `r` amounts the smallest has at most `r / g` amounts. Taking the smallest first, every
//! choice is one of the few zero-sum groups of a small size, and what is left obeys the same rule.

use super::amounts::{Amounts, Set, ranks};
use super::budget::{Budget, UsedUp};
use super::halves::{MOST_IN_HALVES, split};
use super::zero_sums::{Listing, STEPS_A_SET, cost, list};

/// One, in the unit of [`share`].
const ONE: u64 = 1 << 40;

/// A list that costs less is made ahead of its need.
const EASY_LIST: u64 = 3_000_000;

/// Beyond so many groups the next size is not looked at ahead.
const MOST_LOOKED_AHEAD: usize = 30_000;

/// Steps of each attempt, in an order of choices of its own; the last attempt has all that is left.
const ATTEMPTS: [u64; 9] = [
    20_000_000, 10_000_000, 10_000_000, 20_000_000, 20_000_000, 40_000_000, 40_000_000, 80_000_000,
    80_000_000,
];

/// Steps that the list of a size for all amounts may take.
const MOST_FOR_A_LIST: u64 = 600_000_000;

/// The search for a number of zero-sum groups.
pub(super) struct Search<'a> {
    amounts: &'a Amounts,
    /// By size: the zero-sum groups of all amounts, once listed.
    lists: Vec<Option<Listing>>,
    /// By rank: no group of fewer amounts holds this one.
    smallest: Vec<usize>,
    /// By size: what listing within the rest has cost so far.
    spent_apart: Vec<u64>,
    chosen: Vec<Set>,
    /// Whether a list was cut short: what is not found may exist.
    gaps: bool,
    /// The order in which choices are tried.
    order: u64,
    /// Steps of the budget at which this attempt ends.
    give_up_at: u64,
}

/// The zero-sum groups within what is left, of the size being chosen and of the next one where it is known.
#[derive(Default)]
struct Candidates {
    now: Vec<Set>,
    next: Option<Vec<Set>>,
}

impl Candidates {
    fn count(&self) -> u64 {
        (self.now.len() + self.next.as_ref().map_or(0, Vec::len)) as u64
    }
}

/// What a search says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Groups that share all amounts out.
    Found(Vec<Set>),
    /// Proven: there are no so many groups.
    None,
    /// Not found, not proven.
    Unknown,
}

impl<'a> Search<'a> {
    /// A search among amounts of which no two are opposite: no group has fewer than three.
    pub(super) fn new(amounts: &'a Amounts) -> Self {
        let count = amounts.all().count_ones() as usize;
        Self {
            amounts,
            lists: vec![None; count + 1],
            smallest: vec![3; count],
            spent_apart: vec![0; count + 1],
            chosen: Vec::new(),
            gaps: false,
            order: 0,
            give_up_at: u64::MAX,
        }
    }

    /// At least `wanted` zero-sum groups of all amounts, if there are.
    ///
    /// Whether there are does not depend on the order in which choices are tried; how soon groups are found
    /// does, and a search that is lost in a corner is best begun again in another order.
    pub(super) fn find(&mut self, wanted: usize, budget: &mut Budget<'_>) -> Result<Answer, UsedUp> {
        for (order, steps) in (0..).zip(ATTEMPTS) {
            (self.order, self.give_up_at) = (order, budget.used().saturating_add(steps));
            match self.attempt(wanted, budget) {
                Ok(answer) => return Ok(answer),
                Err(UsedUp) => budget.spend(0)?,
            }
        }
        self.prove(wanted, budget)
    }

    /// The same in one attempt: the shortest way when there are no such groups.
    pub(super) fn prove(&mut self, wanted: usize, budget: &mut Budget<'_>) -> Result<Answer, UsedUp> {
        (self.order, self.give_up_at) = (0, u64::MAX);
        self.attempt(wanted, budget)
    }

    fn attempt(&mut self, wanted: usize, budget: &mut Budget<'_>) -> Result<Answer, UsedUp> {
        self.chosen.clear();
        self.gaps = false;
        if self.complete(self.amounts.all(), wanted, 2, Candidates::default(), budget)? {
            return Ok(Answer::Found(std::mem::take(&mut self.chosen)));
        }
        Ok(if self.gaps { Answer::Unknown } else { Answer::None })
    }

    /// Whether `rest` makes `wanted` groups, none smaller than `size`, those of `size` among the candidates.
    fn complete(
        &mut self,
        rest: Set,
        wanted: usize,
        size: usize,
        candidates: Candidates,
        budget: &mut Budget<'_>,
    ) -> Result<bool, UsedUp> {
        let left = rest.count_ones();
        if wanted <= 1 {
            self.chosen.push(rest);
            return Ok(true);
        }
        if wanted == 2 && left <= MOST_IN_HALVES && left as usize / 2 > size {
            let found = split(self.amounts, rest, budget)?;
            if let Some(group) = found {
                self.chosen.extend([group, self.amounts.without(rest, group)]);
            }
            return Ok(found.is_some());
        }
        self.choose(rest, wanted, size, candidates, budget)
    }

    /// Chooses the groups of `size`, then those of the sizes above.
    fn choose(
        &mut self,
        rest: Set,
        wanted: usize,
        mut size: usize,
        mut candidates: Candidates,
        budget: &mut Budget<'_>,
    ) -> Result<bool, UsedUp> {
        let left = rest.count_ones() as usize;
        loop {
            budget.spend(4 * candidates.count() + 16)?;
            if budget.used() > self.give_up_at {
                return Err(UsedUp);
            }
            if size * wanted > left || !self.may_make(rest, wanted, size, &candidates) {
                return Ok(false);
            }
            let Some(pivot) = self.pivot(&candidates.now) else {
                size += 1;
                if size * wanted > left {
                    return Ok(false);
                }
                let now = match candidates.next {
                    Some(next) => next,
                    None => self.of_size(rest, size, budget)?,
                };
                candidates = Candidates { now, next: self.next_size(rest, size + 1, budget)? };
                continue;
            };
            // Either one of the groups that hold the pivot is chosen, or none of this size.
            let (mut with, without): (Vec<Set>, Vec<Set>) =
                candidates.now.into_iter().partition(|group| group & pivot != 0);
            if self.order > 0 {
                with.sort_unstable_by_key(|group| mixed(*group, self.order));
            }
            for (tried, group) in with.iter().enumerate() {
                let left = self.amounts.without(rest, *group);
                let inside = |other: &&Set| *other & !left == 0;
                let further = Candidates {
                    now: with[tried..].iter().chain(&without).filter(inside).copied().collect(),
                    next: candidates.next.as_ref().map(|next| next.iter().filter(inside).copied().collect()),
                };
                let next = candidates.next.as_ref().map_or(0, Vec::len);
                budget.spend((with.len() - tried + without.len() + next) as u64)?;
                self.chosen.push(*group);
                if self.complete(left, wanted - 1, size, further, budget)? {
                    return Ok(true);
                }
                self.chosen.pop();
            }
            candidates.now = without;
        }
    }

    /// The amount that the fewest candidates hold, at least one; in another order, about the fewest.
    fn pivot(&self, candidates: &[Set]) -> Option<Set> {
        let mut counts = [0_u64; u64::BITS as usize];
        for group in candidates {
            for rank in ranks(*group) {
                counts[rank] += 1;
            }
        }
        let weight = |rank: u64| {
            if self.order == 0 { 1 } else { 256 + mixed(rank + candidates.len() as u64, self.order) % 512 }
        };
        let held = (0..).zip(counts).filter(|(_, count)| *count > 0);
        held.min_by_key(|(rank, count)| count * weight(*rank)).map(|(rank, _)| 1 << rank)
    }

    /// An upper bound: every amount brings its part of the smallest group that may hold it.
    fn may_make(&self, rest: Set, wanted: usize, size: usize, candidates: &Candidates) -> bool {
        let held_by =
            |groups: &[Set]| self.amounts.with_twins(groups.iter().fold(0, |held, group| held | group));
        let now = rest & held_by(&candidates.now);
        let later = rest & !now;
        let next = candidates.next.as_ref().map_or(later, |next| later & held_by(next));
        let mut parts = u64::from(now.count_ones()) * share(size);
        parts += ranks(next).map(|rank| share(self.smallest[rank].max(size + 1))).sum::<u64>();
        parts += ranks(later & !next).map(|rank| share(self.smallest[rank].max(size + 2))).sum::<u64>();
        parts >= wanted as u64 * ONE
    }

    /// The zero-sum groups of the next size within `rest`, where they are easily told.
    fn next_size(
        &mut self,
        rest: Set,
        size: usize,
        budget: &mut Budget<'_>,
    ) -> Result<Option<Vec<Set>>, UsedUp> {
        let all = self.amounts.all();
        if size >= self.lists.len() {
            return Ok(None);
        }
        if self.lists[size].is_none() && cost(self.amounts, all, size) < EASY_LIST {
            self.list_for_all(size, budget)?;
        }
        let Some(listing) = &self.lists[size] else { return Ok(None) };
        if !listing.complete || listing.groups.len() > MOST_LOOKED_AHEAD {
            return Ok(None);
        }
        budget.spend(listing.groups.len() as u64)?;
        Ok(Some(listing.groups.iter().filter(|group| *group & !rest == 0).copied().collect()))
    }

    /// The zero-sum groups of a size within `rest`.
    fn of_size(&mut self, rest: Set, size: usize, budget: &mut Budget<'_>) -> Result<Vec<Set>, UsedUp> {
        let apart = STEPS_A_SET * cost(self.amounts, rest, size);
        self.spent_apart[size] = self.spent_apart[size].saturating_add(apart);
        if rest == self.amounts.all()
            || self.spent_apart[size] > STEPS_A_SET * cost(self.amounts, self.amounts.all(), size)
        {
            self.list_for_all(size, budget)?;
        }
        match &self.lists[size] {
            Some(listing) if listing.complete && (listing.groups.len() as u64) < apart => {
                budget.spend(listing.groups.len() as u64)?;
                Ok(listing.groups.iter().filter(|group| *group & !rest == 0).copied().collect())
            }
            Some(listing) if rest == self.amounts.all() && !listing.groups.is_empty() => {
                self.gaps = true;
                Ok(listing.groups.clone())
            }
            _ => {
                let listing = list(self.amounts, rest, size, budget)?;
                self.gaps |= !listing.complete;
                Ok(listing.groups)
            }
        }
    }

    /// Lists a size for all amounts, once.
    fn list_for_all(&mut self, size: usize, budget: &mut Budget<'_>) -> Result<(), UsedUp> {
        if self.lists[size].is_some() {
            return Ok(());
        }
        let all = self.amounts.all();
        let listing = if cost(self.amounts, all, size) > MOST_FOR_A_LIST {
            Listing { groups: Vec::new(), complete: false }
        } else {
            list(self.amounts, all, size, budget)?
        };
        if listing.complete {
            let covered =
                self.amounts.with_twins(listing.groups.iter().fold(0, |covered, group| covered | group));
            for rank in ranks(all & !covered) {
                if self.smallest[rank] == size {
                    self.smallest[rank] = size + 1;
                }
            }
        }
        self.lists[size] = Some(listing);
        Ok(())
    }
}

/// One over a size, rounded up: sums of these never promise too little.
fn share(size: usize) -> u64 {
    ONE.div_ceil(size.max(1) as u64)
}

/// A number without apparent order, always the same for the same two.
fn mixed(one: u64, other: u64) -> u64 {
    let product = (one ^ other.wrapping_mul(0xD6E8_FEB8_6659_FD93)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (product ^ product >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 16
}
