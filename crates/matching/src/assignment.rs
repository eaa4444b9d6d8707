//! The best assignment: most urgent households, then most households, then the highest total score.
//!
//! The three levels are one integer weight a pair, each level worth more than all below it together. Households
//! enter one by one; each entry finds the cheapest chain of moves (shortest augmenting path with prices, after
//! Jonker and Volgenant), which keeps the whole optimal. The prices left at the end prove the optimum to anybody
//! who adds them up: see [`crate::certificate`].

use crate::instance::{Instance, InstanceError};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Who goes where, and the prices that prove it best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Dwelling of each household, in the order of the households.
    pub dwelling_of: Vec<Option<u32>>,
    /// Urgent households placed.
    pub urgent: u64,
    /// Households placed.
    pub placed: u64,
    /// Total score.
    pub score: i64,
    /// What each household gains at the prices: zero or more.
    pub gains: Vec<i128>,
    /// Price of each dwelling: zero or more, zero when nobody takes it.
    pub prices: Vec<i128>,
}

/// Assigns households to dwellings, each at most once.
///
/// Deterministic: the same instance gives the same answer.
///
/// # Errors
/// What [`Instance::check`] refuses.
pub fn assign(instance: &Instance) -> Result<Assignment, InstanceError> {
    instance.check()?;
    let mut search = Search::new(instance);
    for household in 0..instance.households.len() {
        search.enter(household);
    }
    Ok(search.finish(instance))
}

/// What each level of the objective weighs: a household placed outweighs any difference of scores, an urgent one
/// outweighs any number of others.
pub(crate) struct Levels {
    placed: i128,
    urgent: i128,
}

impl Levels {
    pub(crate) fn of(instance: &Instance) -> Self {
        let most =
            instance.edges.iter().map(|(.., score)| i128::from(score.unsigned_abs())).max().unwrap_or(0);
        let size = i128::try_from(instance.households.len()).unwrap_or(i128::from(u32::MAX)) + 1;
        let placed = 2 * most * size + 1;
        Self { placed, urgent: (placed + most) * size }
    }

    /// The weight of a pair: its three levels in one number.
    pub(crate) fn weight(&self, instance: &Instance, household: u32, score: i64) -> i128 {
        let urgent = i128::from(instance.households[household as usize].urgent.min(1));
        urgent * self.urgent + self.placed + i128::from(score)
    }
}

struct Search {
    /// Pairs of each household: dwelling and weight.
    pairs: Vec<Vec<(usize, i128)>>,
    dwelling_of: Vec<Option<usize>>,
    household_of: Vec<Option<usize>>,
    gains: Vec<i128>,
    prices: Vec<i128>,
    /// Least loss at which a dwelling is reached in the present search, and from which household.
    reached: Vec<Option<(i128, usize)>>,
}

/// How a search ends: a dwelling that nobody holds, or a household that stays without.
enum End {
    Free(usize),
    Without(usize),
}

impl Search {
    fn new(instance: &Instance) -> Self {
        let levels = Levels::of(instance);
        let mut pairs = vec![Vec::new(); instance.households.len()];
        for &(household, dwelling, score) in &instance.edges {
            let weight = levels.weight(instance, household, score);
            pairs[household as usize].push((dwelling as usize, weight));
        }
        let dwellings = instance.dwellings.len();
        Self {
            dwelling_of: vec![None; pairs.len()],
            household_of: vec![None; dwellings],
            gains: vec![0; pairs.len()],
            prices: vec![0; dwellings],
            reached: vec![None; dwellings],
            pairs,
        }
    }

    /// Lets a household in: moves others along the cheapest chain, and corrects the prices.
    fn enter(&mut self, household: usize) {
        let best =
            self.pairs[household].iter().map(|(dwelling, weight)| weight - self.prices[*dwelling]).max();
        self.gains[household] = best.unwrap_or(0).max(0);
        let mut open = BinaryHeap::new();
        let mut settled = vec![(household, 0)];
        let mut touched = Vec::new();
        // Losing its whole gain, a household can always stay without: no chain may cost more.
        let mut limit = (self.gains[household], End::Without(household));
        self.look_from(household, 0, &mut open, &mut touched);
        while let Some(Reverse((loss, dwelling))) = open.pop() {
            if loss >= limit.0 {
                break;
            }
            if self.reached[dwelling].is_none_or(|(least, _)| least < loss) {
                continue;
            }
            let Some(holder) = self.household_of[dwelling] else {
                limit = (loss, End::Free(dwelling));
                break;
            };
            settled.push((holder, loss));
            if loss + self.gains[holder] < limit.0 {
                limit = (loss + self.gains[holder], End::Without(holder));
            }
            self.look_from(holder, loss, &mut open, &mut touched);
        }
        self.correct_prices(limit.0, &settled);
        self.move_along(limit.1, household);
        for dwelling in touched {
            self.reached[dwelling] = None;
        }
    }

    fn look_from(
        &mut self,
        household: usize,
        loss: i128,
        open: &mut BinaryHeap<Reverse<(i128, usize)>>,
        touched: &mut Vec<usize>,
    ) {
        for &(dwelling, weight) in &self.pairs[household] {
            if self.dwelling_of[household] == Some(dwelling) {
                continue;
            }
            let through = loss + self.gains[household] + self.prices[dwelling] - weight;
            let known = self.reached[dwelling];
            if known.is_none_or(|(least, _)| through < least) {
                if known.is_none() {
                    touched.push(dwelling);
                }
                self.reached[dwelling] = Some((through, household));
                open.push(Reverse((through, dwelling)));
            }
        }
    }

    /// Households that the search settled gain less by what was left of the loss; their dwellings cost more.
    fn correct_prices(&mut self, loss: i128, settled: &[(usize, i128)]) {
        for &(household, reached) in settled {
            let left = loss - reached;
            self.gains[household] -= left;
            if let Some(dwelling) = self.dwelling_of[household] {
                self.prices[dwelling] += left;
            }
        }
    }

    fn move_along(&mut self, end: End, entering: usize) {
        let mut dwelling = match end {
            End::Free(dwelling) => dwelling,
            End::Without(household) if household == entering => return,
            End::Without(household) => match self.dwelling_of[household].take() {
                Some(dwelling) => dwelling,
                None => return,
            },
        };
        while let Some((_, household)) = self.reached[dwelling] {
            let left = self.dwelling_of[household].replace(dwelling);
            self.household_of[dwelling] = Some(household);
            match left {
                Some(next) => dwelling = next,
                None => return,
            }
        }
    }

    fn finish(self, instance: &Instance) -> Assignment {
        let mut assignment = Assignment {
            dwelling_of: self
                .dwelling_of
                .iter()
                .map(|held| held.and_then(|d| u32::try_from(d).ok()))
                .collect(),
            urgent: 0,
            placed: 0,
            score: 0,
            gains: self.gains,
            prices: self.prices,
        };
        for &(household, dwelling, score) in &instance.edges {
            if assignment.dwelling_of[household as usize] == Some(dwelling) {
                assignment.urgent += u64::from(instance.households[household as usize].urgent.min(1));
                assignment.placed += 1;
                assignment.score += score;
            }
        }
        assignment
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::certify;
    use crate::instance::{Dwelling, Household};
    use proptest::prelude::*;

    fn instance(urgent: &[u8], dwellings: u32, edges: &[(u32, u32, i64)]) -> Instance {
        Instance {
            households: (0..).zip(urgent).map(|(id, urgent)| Household { id, urgent: *urgent }).collect(),
            dwellings: (0..dwellings).map(|id| Dwelling { id }).collect(),
            edges: edges.to_vec(),
        }
    }

    fn levels(assignment: &Assignment) -> (u64, u64, i64) {
        (assignment.urgent, assignment.placed, assignment.score)
    }

    fn check(instance: &Instance, expected: (u64, u64, i64)) {
        let assignment = assign(instance).unwrap();
        assert_eq!(levels(&assignment), expected);
        certify(instance, &assignment).unwrap();
    }

    #[test]
    fn an_urgent_household_comes_before_any_number_and_any_score() {
        check(&instance(&[0, 1], 1, &[(0, 0, 1_000), (1, 0, -1_000)]), (1, 1, -1_000));
    }

    #[test]
    fn placing_one_more_comes_before_any_score() {
        check(&instance(&[0, 0], 2, &[(0, 0, 1_000), (0, 1, 1), (1, 0, 1)]), (0, 2, 2));
    }

    #[test]
    fn a_household_moves_to_let_another_in() {
        check(&instance(&[0, 0, 0], 3, &[(0, 0, 9), (0, 1, 8), (1, 0, 9), (1, 2, 1), (2, 1, 7)]), (0, 3, 17));
    }

    #[test]
    fn nobody_to_place_or_nothing_to_give_is_an_answer() {
        check(&instance(&[], 3, &[]), (0, 0, 0));
        check(&instance(&[1, 0], 0, &[]), (0, 0, 0));
    }

    /// The best of every assignment, tried one by one.
    fn best(instance: &Instance, household: usize, taken: &mut Vec<bool>) -> (u64, u64, i64) {
        if household == instance.households.len() {
            return (0, 0, 0);
        }
        let mut found = best(instance, household + 1, taken);
        for &(h, d, score) in &instance.edges {
            if h as usize == household && !taken[d as usize] {
                taken[d as usize] = true;
                let (urgent, placed, total) = best(instance, household + 1, taken);
                taken[d as usize] = false;
                let urgent = urgent + u64::from(instance.households[household].urgent);
                found = found.max((urgent, placed + 1, total + score));
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn no_other_assignment_is_better_and_the_prices_prove_it(
            urgent in prop::collection::vec(0_u8..2, 0..7),
            dwellings in 1_u32..6,
            drawn in prop::collection::btree_map((0_u32..7, 0_u32..6), -20_i64..40, 0..24),
        ) {
            let households = u32::try_from(urgent.len()).unwrap();
            let edges: Vec<_> = drawn.into_iter()
                .filter(|((h, d), _)| *h < households && *d < dwellings)
                .map(|((h, d), score)| (h, d, score))
                .collect();
            let instance = instance(&urgent, dwellings, &edges);
            let assignment = assign(&instance).unwrap();
            prop_assert_eq!(levels(&assignment), best(&instance, 0, &mut vec![false; dwellings as usize]));
            prop_assert_eq!(certify(&instance, &assignment), Ok(()));
        }
    }
}
