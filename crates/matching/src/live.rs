//! An assignment kept the best while households and dwellings come, leave and refuse.
//!
//! One event breaks the proof at one or two nodes only; each looks for its cheapest way out, instead of solving
//! everything anew. The prices stay a certificate after every event.

use crate::assignment::Assignment;
use crate::instance::{Dwelling, Household, Instance, InstanceError, MOST_SCORE};
use crate::market::Market;
use crate::why_not::WhatIf;
use crate::worth::Worth;

/// One level above the next, as one number: sums of scores stay far below 2⁶² (see [`Worth`]), numbers of
/// households below 2³¹.
const PLACED: i128 = 1 << 64;
const URGENT: i128 = 1 << 96;

/// A running assignment.
#[derive(Debug, Clone)]
pub struct Live {
    market: Market<i128>,
    urgent: Vec<bool>,
    /// Of each pair, its score; nothing once refused or withdrawn.
    scores: Vec<Option<i64>>,
}

/// Why an event cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum EventError {
    #[error("there is no {what} {id}")]
    Unknown { what: &'static str, id: u32 },
    #[error("household {household} and dwelling {dwelling} are no possible pair")]
    NoPair { household: u32, dwelling: u32 },
    #[error("{what} {id} is paired twice")]
    Twice { what: &'static str, id: u32 },
    #[error("the score {score} is beyond one thousand million")]
    Score { score: i64 },
}

impl Live {
    /// Starts from the best assignment of an instance.
    ///
    /// # Errors
    /// What [`Instance::check`] refuses.
    pub fn start(instance: &Instance) -> Result<Self, InstanceError> {
        let assignment = crate::assignment::assign(instance)?;
        let urgent: Vec<bool> = instance.households.iter().map(|household| household.urgent > 0).collect();
        let ends: Vec<[u32; 2]> = instance.edges.iter().map(|(h, d, _)| [*h, *d]).collect();
        let mut market = Market::new([instance.households.len(), instance.dwellings.len()], &ends);
        market.gain = [
            assignment.gains.iter().map(|gain| number(*gain)).collect(),
            assignment.prices.iter().map(|price| number(*price)).collect(),
        ];
        for (pair, &(household, dwelling, score)) in (0..).zip(&instance.edges) {
            market.set(pair, number(Worth::of_pair(urgent[household as usize], score)));
            if assignment.dwelling_of[household as usize] == Some(dwelling) {
                market.held[0][household as usize] = pair;
                market.held[1][dwelling as usize] = pair;
            }
        }
        market.keep_ordered();
        Ok(Self { market, urgent, scores: instance.edges.iter().map(|(.., score)| Some(*score)).collect() })
    }

    /// A household refuses a dwelling, or the pair is no longer possible.
    ///
    /// # Errors
    /// When they are no possible pair.
    pub fn refuse(&mut self, household: u32, dwelling: u32) -> Result<(), EventError> {
        let pair = self.pair(household, dwelling).ok_or(EventError::NoPair { household, dwelling })?;
        self.close(pair);
        self.market.repair();
        Ok(())
    }

    /// A dwelling is withdrawn. Its number stays taken.
    ///
    /// # Errors
    /// When there is none of that number.
    pub fn withdraw_dwelling(&mut self, dwelling: u32) -> Result<(), EventError> {
        self.withdraw(1, dwelling)
    }

    /// A household leaves. Its number stays taken.
    ///
    /// # Errors
    /// When there is none of that number.
    pub fn withdraw_household(&mut self, household: u32) -> Result<(), EventError> {
        self.withdraw(0, household)
    }

    /// A dwelling comes in, with the households that may take it and their scores. Returns its number.
    ///
    /// # Errors
    /// When a household is unknown or named twice, or a score out of range; nothing is changed then.
    pub fn add_dwelling(&mut self, pairs: &[(u32, i64)]) -> Result<u32, EventError> {
        self.check(0, pairs)?;
        let dwelling = self.market.add_node(1);
        self.add(1, dwelling, pairs);
        Ok(dwelling)
    }

    /// A household comes in, with the dwellings it may take and their scores. Returns its number.
    ///
    /// # Errors
    /// When a dwelling is unknown or named twice, or a score out of range; nothing is changed then.
    pub fn add_household(&mut self, urgent: bool, pairs: &[(u32, i64)]) -> Result<u32, EventError> {
        self.check(1, pairs)?;
        let household = self.market.add_node(0);
        self.urgent.push(urgent);
        self.add(0, household, pairs);
        Ok(household)
    }

    /// What the present assignment is worth.
    #[must_use]
    pub fn worth(&self) -> Worth {
        self.market.pairs_held().map(|pair| vector(self.market.worth_of(pair))).sum()
    }

    /// The dwelling that a household holds.
    #[must_use]
    pub fn dwelling_of(&self, household: u32) -> Option<u32> {
        let pair = *self.market.held[0].get(household as usize)?;
        self.market.ends.get(pair as usize).map(|ends| ends[1])
    }

    /// What giving a household a dwelling all the same would cost, and who would move; nothing is changed. Copies
    /// the whole state.
    ///
    /// # Errors
    /// When they are no possible pair.
    pub fn what_if(&self, household: u32, dwelling: u32) -> Result<WhatIf, EventError> {
        let pair = self.pair(household, dwelling).ok_or(EventError::NoPair { household, dwelling })?;
        let worth = vector(self.market.worth_of(pair));
        let mut other = self.clone();
        other.withdraw_household(household)?;
        other.withdraw_dwelling(dwelling)?;
        let cost = self.worth() - other.worth() - worth;
        let after = |one: u32| if one == household { Some(dwelling) } else { other.dwelling_of(one) };
        let moves = (0..).take(self.urgent.len()).map(|one| (one, after(one)));
        Ok(WhatIf {
            cost,
            score_needed: (cost.urgent == 0 && cost.placed == 0).then_some(worth.score + cost.score),
            moves: moves.filter(|(one, after)| self.dwelling_of(*one) != *after).collect(),
        })
    }

    /// The instance as it stands and its assignment with prices: for [`crate::certify`]. Goes through everything.
    #[must_use]
    pub fn snapshot(&self) -> (Instance, Assignment) {
        let households = (0..).zip(&self.urgent);
        let open = self.market.ends.iter().zip(&self.scores);
        let instance = Instance {
            households: households.map(|(id, urgent)| Household { id, urgent: u8::from(*urgent) }).collect(),
            dwellings: (0..).zip(&self.market.held[1]).map(|(id, _)| Dwelling { id }).collect(),
            edges: open.filter_map(|(ends, score)| score.map(|score| (ends[0], ends[1], score))).collect(),
        };
        let held = self.market.held[0].iter();
        let worth = self.worth();
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let assignment = Assignment {
            dwelling_of: held.map(|pair| self.market.ends.get(*pair as usize).map(|ends| ends[1])).collect(),
            urgent: count(worth.urgent),
            placed: count(worth.placed),
            score: worth.score,
            gains: self.market.gain[0].iter().map(|gain| vector(*gain)).collect(),
            prices: self.market.gain[1].iter().map(|price| vector(*price)).collect(),
        };
        (instance, assignment)
    }

    fn pair(&self, household: u32, dwelling: u32) -> Option<u32> {
        ((household as usize) < self.urgent.len()).then(|| self.market.pairs_of(0, household))?.copied().find(
            |pair| self.market.ends[*pair as usize][1] == dwelling && self.scores[*pair as usize].is_some(),
        )
    }

    fn close(&mut self, pair: u32) {
        self.scores[pair as usize] = None;
        self.market.close(pair);
    }

    fn withdraw(&mut self, side: usize, node: u32) -> Result<(), EventError> {
        let what = ["household", "dwelling"][side];
        if node as usize >= self.market.held[side].len() {
            return Err(EventError::Unknown { what, id: node });
        }
        let pairs: Vec<u32> = self.market.pairs_of(side, node).copied().collect();
        for pair in pairs {
            self.close(pair);
        }
        // It wants nothing any more: no price holds it.
        self.market.gain[side][node as usize] = 0;
        self.market.repair();
        Ok(())
    }

    fn check(&self, side: usize, pairs: &[(u32, i64)]) -> Result<(), EventError> {
        let what = ["household", "dwelling"][side];
        let mut seen = std::collections::BTreeSet::new();
        for &(id, score) in pairs {
            if id as usize >= self.market.held[side].len() {
                return Err(EventError::Unknown { what, id });
            }
            if score.unsigned_abs() > MOST_SCORE {
                return Err(EventError::Score { score });
            }
            if !seen.insert(id) {
                return Err(EventError::Twice { what, id });
            }
        }
        Ok(())
    }

    fn add(&mut self, side: usize, node: u32, pairs: &[(u32, i64)]) {
        for &(other, score) in pairs {
            let mut ends = [other; 2];
            ends[side] = node;
            let pair = self.market.add_pair(ends);
            self.scores.push(Some(score));
            let worth = number(Worth::of_pair(self.urgent[ends[0] as usize], score));
            self.market.offer(side, pair, worth);
        }
        self.market.repair();
    }
}

/// A worth as one number, in the same order.
fn number(worth: Worth) -> i128 {
    i128::from(worth.urgent) * URGENT + i128::from(worth.placed) * PLACED + i128::from(worth.score)
}

/// The worth that a number stands for: each level is the nearest whole one.
fn vector(number: i128) -> Worth {
    let level = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
    let urgent = (number + URGENT / 2).div_euclid(URGENT);
    let rest = number - urgent * URGENT;
    let placed = (rest + PLACED / 2).div_euclid(PLACED);
    Worth { urgent: level(urgent), placed: level(placed), score: level(rest - placed * PLACED) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::certify;
    use crate::generate::draw::Draw;
    use crate::generate::{self, Order};
    use proptest::prelude::*;

    /// After each event, a fresh solve of what is left is worth the same, and the prices prove it.
    fn check(live: &Live) {
        let (instance, assignment) = live.snapshot();
        assert_eq!(certify(&instance, &assignment), Ok(()));
        let fresh = crate::assign(&instance).unwrap();
        let levels = |a: &Assignment| (a.urgent, a.placed, a.score);
        assert_eq!(levels(&assignment), levels(&fresh));
    }

    fn one_event(live: &mut Live, draw: &mut Draw) {
        let households = u64::try_from(live.urgent.len()).unwrap();
        let dwellings = u64::try_from(live.market.held[1].len()).unwrap();
        let one = |draw: &mut Draw, bound| u32::try_from(draw.below(bound)).unwrap();
        match draw.below(5) {
            0 | 1 => {
                let household = one(draw, households);
                if let Some(dwelling) = live.dwelling_of(household) {
                    live.refuse(household, dwelling).unwrap();
                }
            }
            2 => live.withdraw_dwelling(one(draw, dwellings)).unwrap(),
            3 => {
                let mut pairs: Vec<_> = (0..6).map(|_| (one(draw, dwellings), draw.number(1_000))).collect();
                pairs.sort_unstable();
                pairs.dedup_by_key(|pair| pair.0);
                live.add_household(draw.chance(20), &pairs).unwrap();
            }
            _ => {
                live.withdraw_household(one(draw, households)).unwrap();
                let mut pairs: Vec<_> = (0..6).map(|_| (one(draw, households), draw.number(1_000))).collect();
                pairs.sort_unstable();
                pairs.dedup_by_key(|pair| pair.0);
                live.add_dwelling(&pairs).unwrap();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn after_any_events_it_is_worth_what_a_fresh_solve_is_worth(seed in 0_u64..1 << 40, size in 3_u32..40) {
            let order = Order { households: size * 2, dwellings: size, per_household: 5, equal_scores: size % 5 == 0, seed };
            let mut live = Live::start(&generate::bipartite(&order).into_instance()).unwrap();
            check(&live);
            let mut draw = Draw::new(seed);
            for _ in 0..30 {
                one_event(&mut live, &mut draw);
                check(&live);
            }
        }
    }

    #[test]
    fn what_is_not_there_is_refused_and_changes_nothing() {
        let instance = Instance {
            households: vec![Household { id: 0, urgent: 0 }],
            dwellings: vec![Dwelling { id: 0 }],
            edges: vec![(0, 0, 5)],
        };
        let mut live = Live::start(&instance).unwrap();
        assert_eq!(live.refuse(0, 1), Err(EventError::NoPair { household: 0, dwelling: 1 }));
        assert_eq!(live.refuse(7, 0), Err(EventError::NoPair { household: 7, dwelling: 0 }));
        assert_eq!(live.withdraw_dwelling(3), Err(EventError::Unknown { what: "dwelling", id: 3 }));
        assert_eq!(live.add_dwelling(&[(0, 1), (0, 2)]), Err(EventError::Twice { what: "household", id: 0 }));
        assert_eq!(live.worth(), Worth { urgent: 0, placed: 1, score: 5 });
        live.refuse(0, 0).unwrap();
        assert_eq!(live.worth(), Worth::ZERO);
        assert_eq!(live.add_household(true, &[(0, 3)]), Ok(1));
        assert_eq!(live.dwelling_of(1), Some(0));
    }
}
