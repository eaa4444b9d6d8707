//! The best assignment: most urgent households, then most households, then the highest total score.
//!
//! Level by level, exactly, in integers:
//!
//! 1. the largest pairing of urgent households tells where dwellings are short for them: all those dwellings go to
//!    urgent households, and every other urgent household is placed;
//! 2. grown to the largest pairing of all, it tells the same for everybody (`pairing`; nobody placed
//!    loses its place by it, so that the first two levels never conflict);
//! 3. in each of the parts so made, one side is all placed, and the scores alone are left (`bidding`).
//!
//! The prices of the three steps together prove the optimum to anybody who adds them up: see
//! [`crate::certificate`].
//!
//! Among assignments worth the same, the answer depends on the identifiers only: pairs are put in the order of
//! their ends first, so that neither the order of the input nor the number of threads changes a byte of it.

use crate::bidding::Bidding;
use crate::instance::{Instance, InstanceError};
use crate::neighbours::Neighbours;
use crate::pairing::{Members, NONE, Pairing};
use crate::worth::Worth;

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
    /// What each household gains at the prices: zero or more, zero when it is not placed.
    pub gains: Vec<Worth>,
    /// Price of each dwelling: zero or more, zero when nobody takes it.
    pub prices: Vec<Worth>,
}

/// Assigns households to dwellings, each at most once.
///
/// Deterministic: the same pairs, in any order, give the same answer.
///
/// # Errors
/// What [`Instance::check`] refuses.
pub fn assign(instance: &Instance) -> Result<Assignment, InstanceError> {
    assign_on(instance, 1)
}

/// The same on several threads (pairs are sorted by all of them), with the same answer.
///
/// # Errors
/// What [`Instance::check`] refuses.
pub fn assign_on(instance: &Instance, threads: usize) -> Result<Assignment, InstanceError> {
    let by_household = instance.checked()?;
    let parts = Parts::of(instance, by_household);
    Ok(parts.solve(instance, threads))
}

/// The pairs, from both sides, and which are short where.
struct Parts {
    by_household: Neighbours,
    by_dwelling: Neighbours,
    pairing: Pairing,
    /// Urgent households and dwellings, where dwellings are short for urgent households alone.
    short_for_urgent: Members,
    /// Households and dwellings, where dwellings are short for all.
    short: Members,
}

impl Parts {
    fn of(instance: &Instance, by_household: Neighbours) -> Self {
        let (households, dwellings) = (instance.households.len(), instance.dwellings.len());
        let by_dwelling = by_household.turned(dwellings);
        let urgent: Vec<bool> = instance.households.iter().map(|household| household.urgent > 0).collect();
        let mut pairing = Pairing::empty(households, dwellings);
        let members = Members { rows: urgent, columns: vec![true; dwellings] };
        pairing.grow(&by_household, &members);
        let short_for_urgent = pairing.short_of_columns(&by_household, &members);
        let others = Members {
            rows: short_for_urgent.rows.iter().map(|short| !short).collect(),
            columns: short_for_urgent.columns.iter().map(|short| !short).collect(),
        };
        // The smaller side has fewer left out to search from.
        let (pairing, short) = if households <= dwellings {
            pairing.grow(&by_household, &others);
            let short = pairing.short_of_columns(&by_household, &others);
            (pairing, short)
        } else {
            let others = others.turned();
            let mut turned = pairing.turned();
            turned.grow(&by_dwelling, &others);
            let placed = turned.short_of_columns(&by_dwelling, &others).turned();
            let apart = |all: &[bool], placed: &[bool]| {
                all.iter().zip(placed).map(|(of_others, placed)| *of_others && !placed).collect()
            };
            let short = Members {
                rows: apart(&others.columns, &placed.rows),
                columns: apart(&others.rows, &placed.columns),
            };
            (turned.turned(), short)
        };
        Self { by_household, by_dwelling, pairing, short_for_urgent, short }
    }

    fn solve(self, instance: &Instance, threads: usize) -> Assignment {
        let (households, dwellings) = (instance.households.len(), instance.dwellings.len());
        let mut answer = Assignment {
            dwelling_of: vec![None; households],
            urgent: 0,
            placed: 0,
            score: 0,
            gains: vec![Worth::ZERO; households],
            prices: vec![Worth::ZERO; dwellings],
        };
        let of_dwelling = self.pairing.clone().turned();
        let nobody = vec![false; households];
        let urgent: Vec<bool> = instance.households.iter().map(|household| household.urgent > 0).collect();
        let short = [(&self.short_for_urgent, &nobody, 1), (&self.short, &urgent, 0)];
        for (part, must, level) in short {
            let arcs = self
                .by_dwelling
                .kept(|dwelling, arc| part.columns[dwelling as usize] && part.rows[arc.to as usize]);
            let mut bidding = Bidding::open(arcs, households, must, threads);
            bidding.run(&of_dwelling);
            for dwelling in (0..dwellings).filter(|dwelling| part.columns[*dwelling]) {
                answer.prices[dwelling] = Worth { urgent: level, placed: 1, score: bidding.gain[dwelling] };
                if let Some(held) = answer.dwelling_of.get_mut(bidding.pairing.of_row[dwelling] as usize) {
                    *held = u32::try_from(dwelling).ok();
                }
            }
            for household in (0..households).filter(|household| part.rows[*household]) {
                let urgent = i64::from(must[household]);
                answer.gains[household] = Worth { urgent, placed: 0, score: bidding.price[household] };
            }
        }
        let placed = |household: u32| {
            !self.short_for_urgent.rows[household as usize] && !self.short.rows[household as usize]
        };
        let left = |dwelling: u32| {
            !self.short_for_urgent.columns[dwelling as usize] && !self.short.columns[dwelling as usize]
        };
        let arcs = self.by_household.kept(|household, arc| placed(household) && left(arc.to));
        let mut bidding = Bidding::open(arcs, dwellings, &vec![false; dwellings], threads);
        bidding.run(&self.pairing);
        for household in (0..households).filter(|household| u32::try_from(*household).is_ok_and(placed)) {
            let of = Worth::of_pair(urgent[household], bidding.gain[household]);
            answer.gains[household] = of;
            let column = bidding.pairing.of_row[household];
            answer.dwelling_of[household] = (column != NONE).then_some(column);
        }
        for dwelling in (0..dwellings).filter(|dwelling| u32::try_from(*dwelling).is_ok_and(left)) {
            answer.prices[dwelling] = Worth { urgent: 0, placed: 0, score: bidding.price[dwelling] };
        }
        answer.count(instance);
        answer
    }
}

impl Assignment {
    fn count(&mut self, instance: &Instance) {
        for &(household, dwelling, score) in &instance.edges {
            if self.dwelling_of[household as usize] == Some(dwelling) {
                self.urgent += u64::from(instance.households[household as usize].urgent.min(1));
                self.placed += 1;
                self.score += score;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::certify;
    use crate::generate::draw::Draw;
    use crate::generate::{self, Order};
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

        #[test]
        fn the_order_of_the_pairs_and_the_threads_change_nothing(seed in 0_u64..1 << 40, size in 2_u32..60) {
            let order = Order { households: size * 2, dwellings: size, per_household: 4, equal_scores: size % 4 == 0, seed };
            let instance = generate::bipartite(&order).into_instance();
            let assignment = assign(&instance).unwrap();
            prop_assert_eq!(certify(&instance, &assignment), Ok(()));
            let mut draw = Draw::new(seed);
            let mut shuffled = instance.clone();
            shuffled.edges.sort_by_cached_key(|_| draw.below(1 << 40));
            prop_assert_eq!(&assign_on(&shuffled, 2).unwrap(), &assignment);
        }
    }
}
