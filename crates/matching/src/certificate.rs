//! The proof that an assignment is the best: checked without trusting the search.
//!
//! Weak duality: if gain + price is at least the weight of every pair, and gains and prices are zero or more,
//! then no assignment weighs more than all gains and prices together. An assignment that weighs just that is the
//! best (König, Egerváry).

use crate::assignment::Assignment;
use crate::instance::Instance;
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
}
