//! Why a household is not given a dwelling: by prices.
//!
//! At the optimum every dwelling has a price and every household a gain. A pair falls short by gain + price − worth:
//! giving the household that dwelling all the same costs at least so much, level by level. That is read off the
//! prices at once; [`WhatIf`] moves everybody to see the exact cost, and who would move.

use crate::assignment::Assignment;
use crate::instance::Instance;
use crate::worth::Worth;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why not this pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WhyNot {
    /// What the pair itself is worth.
    pub worth: Worth,
    /// What the household gains by the assignment, at the prices.
    pub gain: Worth,
    /// What the dwelling is worth to the others.
    pub price: Worth,
    /// What giving the dwelling to the household would cost in all, at least: zero or more.
    pub shortfall: Worth,
    /// The household that got the dwelling.
    pub holder: Option<u32>,
    /// The score of that pair.
    pub holder_score: Option<i64>,
    /// The dwelling that the household got.
    pub instead: Option<u32>,
    /// The score of that pair.
    pub instead_score: Option<i64>,
}

/// What giving a household a dwelling all the same would cost and change, everything else at its best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// What it would cost in all: zero or more.
    pub cost: Worth,
    /// The least score from which the pair would be among the best, all else equal; nothing when no score would
    /// do: the pair loses on the number of households placed, or of urgent ones.
    pub score_needed: Option<i64>,
    /// Households that would have another dwelling, or none any more, in their order.
    pub moves: Vec<(u32, Option<u32>)>,
}

/// Why the pair of a household and a dwelling was not chosen; nothing when it is no possible pair. For the pair
/// chosen, the shortfall is zero.
///
/// `assignment` must be the best of `instance`, with its prices ([`crate::certify`] tells).
#[must_use]
pub fn why_not(
    instance: &Instance,
    assignment: &Assignment,
    household: u32,
    dwelling: u32,
) -> Option<WhyNot> {
    let urgent = instance.households.get(household as usize)?.urgent > 0;
    let holder = (0..).zip(&assignment.dwelling_of).find(|(_, held)| **held == Some(dwelling));
    let holder = holder.map(|(holder, _)| holder);
    let instead = *assignment.dwelling_of.get(household as usize)?;
    let (mut score, mut holder_score, mut instead_score) = (None, None, None);
    for &(from, to, points) in &instance.edges {
        if (from, to) == (household, dwelling) {
            score = Some(points);
        }
        if (Some(from), to) == (holder, dwelling) {
            holder_score = Some(points);
        }
        if (from, Some(to)) == (household, instead) {
            instead_score = Some(points);
        }
    }
    let score = score?;
    let worth = Worth::of_pair(urgent, score);
    let gain = assignment.gains[household as usize];
    let price = assignment.prices[dwelling as usize];
    let shortfall = gain + price - worth;
    Some(WhyNot { worth, gain, price, shortfall, holder, holder_score, instead, instead_score })
}

/// For each household without a dwelling that had possible pairs, the dwelling it came nearest to and why not: the
/// pair of least shortfall, then of the first dwelling. In the order of the households.
///
/// The same conditions as [`why_not`], read for everybody in one pass over the pairs.
#[must_use]
pub fn nearest(instance: &Instance, assignment: &Assignment) -> BTreeMap<u32, (u32, WhyNot)> {
    let mut holders = vec![(None, None); instance.dwellings.len()];
    for (holder, held) in (0..).zip(&assignment.dwelling_of) {
        if let Some(place) = held.and_then(|dwelling| holders.get_mut(dwelling as usize)) {
            *place = (Some(holder), None);
        }
    }
    for &(household, dwelling, points) in &instance.edges {
        let (holder, score) = &mut holders[dwelling as usize];
        if *holder == Some(household) {
            *score = Some(points);
        }
    }
    let mut nearest: BTreeMap<u32, (u32, WhyNot)> = BTreeMap::new();
    for &(household, dwelling, points) in &instance.edges {
        if assignment.dwelling_of[household as usize].is_some() {
            continue;
        }
        let worth = Worth::of_pair(instance.households[household as usize].urgent > 0, points);
        let gain = assignment.gains[household as usize];
        let price = assignment.prices[dwelling as usize];
        let (holder, holder_score) = holders[dwelling as usize];
        let shortfall = gain + price - worth;
        let why = WhyNot {
            worth,
            gain,
            price,
            shortfall,
            holder,
            holder_score,
            instead: None,
            instead_score: None,
        };
        let known = nearest.entry(household).or_insert((dwelling, why));
        if (shortfall, dwelling) < (known.1.shortfall, known.0) {
            *known = (dwelling, why);
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{Dwelling, Household};
    use crate::live::Live;

    fn instance(urgent: [u8; 2], edges: &[(u32, u32, i64)]) -> Instance {
        Instance {
            households: (0..).zip(urgent).map(|(id, urgent)| Household { id, urgent }).collect(),
            dwellings: vec![Dwelling { id: 0 }, Dwelling { id: 1 }],
            edges: edges.to_vec(),
        }
    }

    /// What it would cost exactly: never below the shortfall.
    fn forced(instance: &Instance, household: u32, dwelling: u32) -> WhatIf {
        let what_if = Live::start(instance).unwrap().what_if(household, dwelling).unwrap();
        assert!(asked(instance, household, dwelling).unwrap().shortfall <= what_if.cost);
        what_if
    }

    fn asked(instance: &Instance, household: u32, dwelling: u32) -> Option<WhyNot> {
        let assignment = crate::assign(instance).unwrap();
        crate::certify(instance, &assignment).unwrap();
        why_not(instance, &assignment, household, dwelling)
    }

    #[test]
    fn a_pair_that_loses_on_score_says_by_how_much() {
        let instance = instance([0, 0], &[(0, 0, 500), (1, 0, 612), (0, 1, 300), (1, 1, 300)]);
        let why = asked(&instance, 0, 0).unwrap();
        assert_eq!((why.holder, why.holder_score), (Some(1), Some(612)));
        assert_eq!((why.instead, why.instead_score), (Some(1), Some(300)));
        let what_if = forced(&instance, 0, 0);
        assert_eq!(what_if.cost, Worth { urgent: 0, placed: 0, score: 112 });
        assert_eq!(what_if.score_needed, Some(612));
        assert_eq!(what_if.moves, [(0, Some(0)), (1, Some(1))]);
    }

    #[test]
    fn a_pair_that_would_cost_an_urgent_household_has_no_score_that_would_do() {
        let instance = instance([0, 1], &[(0, 0, 1_000), (1, 0, 1)]);
        let why = asked(&instance, 0, 0).unwrap();
        assert_eq!(why.holder, Some(1));
        let what_if = forced(&instance, 0, 0);
        assert_eq!(what_if.cost, Worth { urgent: 1, placed: 0, score: -999 });
        assert_eq!(what_if.score_needed, None);
        assert_eq!(what_if.moves, [(0, Some(0)), (1, None)]);
    }

    #[test]
    fn the_pair_chosen_falls_short_of_nothing_and_no_pair_has_no_answer() {
        let instance = instance([0, 1], &[(0, 0, 1_000), (1, 0, 1)]);
        assert_eq!(asked(&instance, 1, 0).unwrap().shortfall, Worth::ZERO);
        assert_eq!(asked(&instance, 1, 1), None);
        assert_eq!(asked(&instance, 9, 0), None);
    }

    #[test]
    fn the_nearest_pair_of_a_household_left_out_is_the_one_that_costs_least() {
        let mut instance = instance([0, 0], &[(0, 0, 500), (1, 0, 612), (0, 1, 300), (1, 1, 300)]);
        instance.households.push(Household { id: 2, urgent: 0 });
        instance.households.push(Household { id: 3, urgent: 0 });
        instance.edges.extend([(2, 0, 450), (2, 1, 290)]);
        let assignment = crate::assign(&instance).unwrap();
        let nearest = nearest(&instance, &assignment);
        assert_eq!(nearest.keys().copied().collect::<Vec<_>>(), [2], "the fourth has no possible pair");
        let (dwelling, why) = nearest[&2];
        assert_eq!(Some(why), why_not(&instance, &assignment, 2, dwelling));
        assert_eq!((dwelling, why.shortfall.score, why.holder), (1, 10, Some(0)));
    }
}
