//! The proof that an assignment is the best: checked without trusting the search.
//!
//! Weak duality: if gain + price is at least the weight of every pair, and gains and prices are zero or more,
//! then no assignment weighs more than all gains and prices together. An assignment that weighs just that is the
//! best (König, Egerváry).

use crate::assignment::Assignment;
use crate::instance::Instance;
use crate::market::Price;
use crate::priced::model::Model;
use crate::worth::Worth;

/// Why the prices do not prove an assignment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Unproven {
    #[error("the answer has not one line for each household and dwelling")]
    Shape,
    #[error("dwelling {dwelling} is given twice")]
    Twice { dwelling: u32 },
    #[error("household {household} is given dwelling {dwelling}, which is not possible for it")]
    Impossible { household: u32, dwelling: u32 },
    #[error("a gain or a price is below zero")]
    Negative,
    #[error("household {household} and dwelling {dwelling} weigh more than their gain and price")]
    Uncovered { household: u32, dwelling: u32 },
    #[error("the assignment is worth {weight:?}, gains and prices are {bound:?} together")]
    Loose { weight: Worth, bound: Worth },
}

/// Checks that an assignment is possible, and that its prices prove that none is better.
///
/// # Errors
/// The first thing that is not proven.
pub fn certify(instance: &Instance, assignment: &Assignment) -> Result<(), Unproven> {
    let Assignment { dwelling_of, gains, prices, .. } = assignment;
    let (households, dwellings) = (instance.households.len(), instance.dwellings.len());
    if dwelling_of.len() != households || gains.len() != households || prices.len() != dwellings {
        return Err(Unproven::Shape);
    }
    if gains.iter().chain(prices).any(|value| *value < Worth::ZERO) {
        return Err(Unproven::Negative);
    }
    let mut given = vec![false; dwellings];
    for &dwelling in dwelling_of.iter().flatten() {
        match given.get_mut(dwelling as usize) {
            Some(given) if !*given => *given = true,
            _ => return Err(Unproven::Twice { dwelling }),
        }
    }
    let mut possible = vec![false; households];
    let mut total = Worth::ZERO;
    for &(household, dwelling, score) in &instance.edges {
        let weight = Worth::of_pair(instance.households[household as usize].urgent > 0, score);
        if gains[household as usize] + prices[dwelling as usize] < weight {
            return Err(Unproven::Uncovered { household, dwelling });
        }
        if dwelling_of[household as usize] == Some(dwelling) {
            possible[household as usize] = true;
            total += weight;
        }
    }
    for (household, (held, possible)) in (0..).zip(dwelling_of.iter().zip(possible)) {
        if let (Some(dwelling), false) = (held, possible) {
            return Err(Unproven::Impossible { household, dwelling: *dwelling });
        }
    }
    let bound: Worth = gains.iter().chain(prices).copied().sum();
    if total == bound { Ok(()) } else { Err(Unproven::Loose { weight: total, bound }) }
}

/// A pairing of a model without rules, and what is to prove it.
#[derive(Debug, Clone)]
pub(crate) struct Paired {
    /// Of each pair, whether it is taken.
    pub(crate) taken: Vec<bool>,
    /// The gain of each node of either side.
    pub(crate) gain: [Vec<i128>; 2],
}

/// Checks that a pairing is possible with every node that must be paired, and that its gains prove that none is better,
/// the first level first. Weak duality again, with what the levels come to in one number.
pub(crate) fn proves(model: &Model, paired: &Paired) -> bool {
    let Some(worth) = model.worth_of_all_levels() else { return false };
    let Paired { taken, gain } = paired;
    let right =
        taken.len() == worth.len() && [0, 1].iter().all(|side| gain[*side].len() == model.sizes[*side]);
    if !right || gain.iter().flatten().any(|gain| *gain < 0 || *gain > i128::MOST) {
        return false;
    }
    let covered =
        |(ends, worth): (&[u32; 2], &i128)| gain[0][ends[0] as usize] + gain[1][ends[1] as usize] >= *worth;
    let held: Option<i128> = taken
        .iter()
        .zip(&worth)
        .filter(|(taken, _)| **taken)
        .try_fold(0_i128, |sum, (_, worth)| sum.checked_add(*worth));
    let bound = gain.iter().flatten().try_fold(0_i128, |sum, gain| sum.checked_add(*gain));
    model.rows.is_empty()
        && model.admits(taken)
        && model.ends.iter().zip(&worth).all(covered)
        && held.is_some()
        && held == bound
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::assign;
    use crate::instance::{Dwelling, Household};

    #[test]
    fn a_worse_or_impossible_answer_is_not_proven() {
        let instance = Instance {
            households: vec![Household { id: 0, urgent: 0 }, Household { id: 1, urgent: 0 }],
            dwellings: vec![Dwelling { id: 0 }, Dwelling { id: 1 }],
            edges: vec![(0, 0, 5), (1, 0, 3), (1, 1, 9)],
        };
        let good = assign(&instance).unwrap();
        assert_eq!(certify(&instance, &good), Ok(()));
        let with = |dwelling_of: Vec<Option<u32>>| Assignment { dwelling_of, ..good.clone() };
        let proven = |answer: &Assignment| certify(&instance, answer).unwrap_err();
        assert!(matches!(proven(&with(vec![None, Some(0)])), Unproven::Loose { .. }));
        assert_eq!(proven(&with(vec![Some(0), Some(0)])), Unproven::Twice { dwelling: 0 });
        assert_eq!(proven(&with(vec![Some(1), None])), Unproven::Impossible { household: 0, dwelling: 1 });
        assert_eq!(proven(&with(vec![None])), Unproven::Shape);
        let lowered =
            Assignment { gains: vec![Worth::ZERO; 2], prices: vec![Worth::ZERO; 2], ..good.clone() };
        assert_eq!(proven(&lowered), Unproven::Uncovered { household: 0, dwelling: 0 });
    }

    #[test]
    fn a_pairing_of_levels_is_proven_with_its_musts_and_nothing_else_is() {
        // Node 0 must be paired, though its pair counts for nothing; nodes 1 and 2 would both have node 1.
        let model = Model {
            sizes: [3, 2],
            ends: vec![[0, 0], [1, 0], [1, 1], [2, 1]],
            must: vec![0],
            levels: vec![vec![0, 1, 1, 1], vec![0, 9, 2, 5]],
            rows: Vec::new(),
        };
        let good = crate::priced::levels::solve_plain(&model).unwrap();
        assert_eq!(good.taken, [true, false, false, true]);
        assert!(proves(&model, &good));
        for taken in [[true, false, true, false], [false, true, false, true], [true, true, false, true]] {
            assert!(!proves(&model, &Paired { taken: taken.to_vec(), ..good.clone() }), "{taken:?}");
        }
        for (side, node) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)] {
            for change in [-1, 1] {
                let mut other = good.clone();
                other.gain[side][node] += change;
                assert!(!proves(&model, &other), "{side} {node} {change}");
            }
        }
        let ruled = Model {
            rows: vec![crate::priced::model::Row::new(vec![(3, 1)], 0, crate::priced::model::Split::Pair)],
            ..model
        };
        assert!(!proves(&ruled, &good), "rules are not proven by prices");
    }
}
