//! A prepared instance: households, dwellings, and the pairs that are possible with their score.
//!
//! No trade rule here: the pairs are given. Identifiers are positions in their list.

use crate::neighbours::Neighbours;
use serde::Deserialize;

/// Households to place and dwellings to give.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Instance {
    /// Households, each known by its place in the list.
    pub households: Vec<Household>,
    /// Dwellings, each known by its place in the list.
    pub dwellings: Vec<Dwelling>,
    /// Possible pairs `(household, dwelling, score)`; a higher score is better, below zero is legal.
    pub edges: Vec<Pair>,
}

/// A possible pair: household, dwelling, score.
pub type Pair = (u32, u32, i64);

/// A household to place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Household {
    /// Its place in the list.
    pub id: u32,
    /// 1 when its rehousing is urgent, else 0.
    #[serde(default)]
    pub urgent: u8,
}

/// A dwelling to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Dwelling {
    /// Its place in the list.
    pub id: u32,
}

/// Why an instance cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum InstanceError {
    #[error("{list}[{place}].id is {id}: an id is the place in the list")]
    Id { list: &'static str, place: usize, id: u32 },
    #[error("edges[{place}]: there is no {what} {id}")]
    Unknown { place: usize, what: &'static str, id: u32 },
    #[error("edges[{place}]: household {household} and dwelling {dwelling} are paired twice")]
    Twice { place: usize, household: u32, dwelling: u32 },
    #[error("edges[{place}]: the score {score} is beyond one thousand million")]
    Score { place: usize, score: i64 },
}

/// The largest size of a score.
pub(crate) const MOST_SCORE: u64 = 1_000_000_000;

impl Instance {
    /// Checks ids, pairs and scores.
    ///
    /// # Errors
    /// The first thing that is wrong, by its place.
    pub fn check(&self) -> Result<(), InstanceError> {
        self.checked().map(drop)
    }

    /// The pairs of each household in the order of the dwellings, once checked.
    pub(crate) fn checked(&self) -> Result<Neighbours, InstanceError> {
        let households = self.households.iter().map(|household| household.id);
        let dwellings = self.dwellings.iter().map(|dwelling| dwelling.id);
        places("households", households)?;
        places("dwellings", dwellings)?;
        for (place, &(household, dwelling, score)) in self.edges.iter().enumerate() {
            if household as usize >= self.households.len() {
                return Err(InstanceError::Unknown { place, what: "household", id: household });
            }
            if dwelling as usize >= self.dwellings.len() {
                return Err(InstanceError::Unknown { place, what: "dwelling", id: dwelling });
            }
            if score.unsigned_abs() > MOST_SCORE {
                return Err(InstanceError::Score { place, score });
            }
        }
        let short = |score: i64| i32::try_from(score).unwrap_or_default();
        let pairs =
            self.edges.iter().map(|(household, dwelling, score)| (*household, *dwelling, short(*score)));
        let by_household = Neighbours::by_second(pairs, self.dwellings.len()).turned(self.households.len());
        let twice = (0..by_household.len_u32())
            .any(|household| by_household.of(household).windows(2).any(|two| two[0].to == two[1].to));
        if twice { self.first_twice() } else { Ok(by_household) }
    }

    fn first_twice(&self) -> Result<Neighbours, InstanceError> {
        let mut seen = std::collections::BTreeSet::new();
        for (place, &(household, dwelling, _)) in self.edges.iter().enumerate() {
            if !seen.insert((household, dwelling)) {
                return Err(InstanceError::Twice { place, household, dwelling });
            }
        }
        Ok(Neighbours::default())
    }
}

fn places(list: &'static str, ids: impl Iterator<Item = u32>) -> Result<(), InstanceError> {
    let mut numbered = ids.enumerate();
    match numbered.find(|(place, id)| usize::try_from(*id) != Ok(*place)) {
        Some((place, id)) => Err(InstanceError::Id { list, place, id }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let good = Instance {
            households: vec![Household { id: 0, urgent: 1 }],
            dwellings: vec![Dwelling { id: 0 }],
            edges: vec![(0, 0, 5)],
        };
        assert_eq!(good.check(), Ok(()));
        let edges = |edges: Vec<(u32, u32, i64)>| Instance { edges, ..good.clone() }.check().unwrap_err();
        assert_eq!(edges(vec![(1, 0, 5)]), InstanceError::Unknown { place: 0, what: "household", id: 1 });
        assert_eq!(edges(vec![(0, 9, 5)]), InstanceError::Unknown { place: 0, what: "dwelling", id: 9 });
        assert_eq!(
            edges(vec![(0, 0, 5), (0, 0, 6)]),
            InstanceError::Twice { place: 1, household: 0, dwelling: 0 }
        );
        assert_eq!(edges(vec![(0, 0, i64::MIN + 1)]), InstanceError::Score { place: 0, score: i64::MIN + 1 });
        let shifted = Instance { dwellings: vec![Dwelling { id: 3 }], ..good };
        assert_eq!(shifted.check(), Err(InstanceError::Id { list: "dwellings", place: 0, id: 3 }));
    }
}
