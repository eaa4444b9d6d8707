//! The price put on each rule, and the bound it proves.
//!
//! A rule that costs a rate for each unit of excess, and pays it back for each unit of room, is no longer a
//! rule: what is left is a pairing, solved exactly. Whatever the rates, no answer that keeps the rules is worth
//! more than that pairing (Lagrange). Rates are raised where a rule is broken and lowered where it has room (Held
//! and Karp, steps after Polyak). Integers only: a bound is true to the unit.

use super::decided::Decided;
use super::model::{Counts, Model, UNBOUNDED};
use crate::market::Market;
use std::rc::Rc;

/// One unit of the objective in units of rates.
pub(super) const UNIT: i128 = 1 << 20;
/// What a pair that must be taken is worth beside: above any sum of objectives and rates that is met. Were it not, the
/// bound would still be true, and only say less.
const BONUS: i128 = 1 << 96;
/// No rate times the largest count of its rule is above it: any sum of them stays far from what a number holds.
pub(super) const DEAREST: i128 = 1 << 80;
/// A whole pair.
pub(super) const OFTEN: i64 = 1 << 16;
/// Fixed point of the directions.
const FINE: i128 = 1 << 10;

/// The highest whole value below a bound in units of rates. One that no number holds stays the largest or the least:
/// a bound too high must never read as a low one, which would close a case that is open.
pub(super) fn whole(bound: i128) -> i64 {
    let limit = if bound < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(bound.div_euclid(UNIT)).unwrap_or(limit)
}

/// A model at a level of its objective, with rates on its rows.
pub(super) struct Rated<'a> {
    pub(super) model: &'a Model,
    objective: &'a [i64],
    pub(super) market: Market<i128>,
    pub(super) rates: Vec<i128>,
    scales: Vec<i128>,
    /// Where the rates go: kept from step to step, so that they do not swing.
    heading: Vec<i128>,
    worth: Vec<i128>,
    pub(super) taken: Vec<bool>,
    /// How much of each pair the bound takes, in [`OFTEN`]s: by the programme, or how often it was taken lately.
    pub(super) parts: Vec<i64>,
    counts: Rc<Counts>,
    /// What the pairs taken count for each row.
    pub(super) totals: Vec<i64>,
    /// The bound at these rates, in units of rates.
    pub(super) bound: i128,
    pub(super) excess: Vec<i64>,
    /// The bound of each row, in this case of the tree.
    pub(super) most: Vec<i64>,
}

impl<'a> Rated<'a> {
    pub(super) fn new(model: &'a Model, counts: Rc<Counts>, level: usize, rates: Vec<i128>) -> Self {
        Self {
            model,
            objective: &model.levels[level],
            market: Market::new(model.sizes, &model.ends),
            scales: model.rows.iter().map(|row| i128::from(row.scale)).collect(),
            heading: vec![0; rates.len()],
            rates,
            worth: vec![0; model.ends.len()],
            taken: vec![false; model.ends.len()],
            parts: vec![0; model.ends.len()],
            counts,
            totals: Vec::new(),
            bound: 0,
            excess: vec![0; model.rows.len()],
            most: vec![0; model.rows.len()],
        }
    }

    /// Solves the pairing at the present rates. False when what is decided leaves no pairing at all.
    pub(super) fn solve(&mut self, decided: &Decided) -> bool {
        for (worth, count) in self.worth.iter_mut().zip(self.objective) {
            *worth = i128::from(*count) * UNIT;
        }
        for (most, row) in self.most.iter_mut().zip(&self.model.rows) {
            *most = row.most;
        }
        for (row, limit) in &decided.limits {
            self.most[*row] = self.most[*row].min(*limit);
        }
        let mut paid_back = 0;
        for ((row, rate), most) in self.model.rows.iter().zip(&mut self.rates).zip(&self.most) {
            // A row that only counts here has no price: what it pays back would be no bound at all.
            if *most >= UNBOUNDED {
                *rate = 0;
            }
            let rate = *rate;
            paid_back += rate * i128::from(*most);
            if rate != 0 {
                for (pair, count) in &row.terms {
                    self.worth[*pair as usize] -= rate * i128::from(*count);
                }
            }
        }
        let needed = self.decide(decided);
        self.market.reprice(&self.worth);
        self.bound = self.market.bound() - needed * BONUS + paid_back;
        self.taken.fill(false);
        for pair in self.market.pairs_held() {
            self.taken[pair as usize] = true;
        }
        self.totals = self.counts.totals(self.most.len(), self.market.pairs_held());
        for ((excess, total), most) in self.excess.iter_mut().zip(&self.totals).zip(&self.most) {
            *excess = total - most;
        }
        self.bound > -BONUS / 2
    }

    /// Closes pairs and makes others worth a bonus. Returns how many bonuses must be earned.
    fn decide(&mut self, decided: &Decided) -> i128 {
        let mut needed = 0;
        let Self { model, worth, market, .. } = self;
        for node in model.must.iter().chain(&decided.must) {
            needed += 1;
            for pair in market.pairs_of(0, *node) {
                worth[*pair as usize] += BONUS;
            }
        }
        for pair in &decided.forced {
            needed += 1;
            worth[*pair as usize] += BONUS;
        }
        for pair in decided.closed() {
            worth[pair as usize] = <i128 as crate::market::Price>::CLOSED;
        }
        needed
    }

    /// Counts the present pairs in the parts.
    pub(super) fn remember(&mut self) {
        for (part, taken) in self.parts.iter_mut().zip(&self.taken) {
            let now = if *taken { OFTEN } else { 0 };
            *part += (now - *part) / 8;
        }
    }

    /// What a row counts of the parts, in [`OFTEN`]s.
    pub(super) fn part_of(&self, row: usize) -> i64 {
        self.model.rows[row].terms.iter().map(|(pair, count)| count * self.parts[*pair as usize]).sum()
    }

    /// True when the pairs taken keep every rule of the model.
    pub(super) fn keeps_the_model(&self) -> bool {
        self.model.rows.iter().zip(&self.totals).all(|(row, total)| *total <= row.most)
    }

    /// The rule most broken, in its own scale.
    pub(super) fn most_broken(&self) -> Option<usize> {
        let broken = (0..self.excess.len()).filter(|row| self.excess[*row] > 0);
        broken.max_by_key(|row| (i128::from(self.excess[*row]) * FINE / self.scales[*row], usize::MAX - row))
    }

    /// The highest whole value that the bound leaves possible.
    pub(super) fn ceiling(&self) -> i64 {
        whole(self.bound)
    }

    /// Moves the rates towards a bound of `target`.
    pub(super) fn step(&mut self, target: i128) {
        let mut length = 0;
        for row in 0..self.rates.len() {
            let slope = i128::from(self.excess[row]) * FINE / self.scales[row];
            let heading = slope + self.heading[row] * 3 / 4;
            self.heading[row] = if self.rates[row] == 0 && heading < 0 { 0 } else { heading };
            length += self.heading[row] * self.heading[row];
        }
        if length == 0 {
            return;
        }
        let wanted = (self.bound - target).max(1);
        for row in 0..self.rates.len() {
            let far = wanted.saturating_mul(self.heading[row]).saturating_mul(FINE);
            let rate = self.rates[row].saturating_add(far / length / self.scales[row]);
            self.rates[row] = rate.clamp(0, DEAREST / self.scales[row]);
        }
    }

    /// Forgets where the rates were going.
    pub(super) fn halt(&mut self) {
        self.heading.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::priced::model::{Row, Split};

    #[test]
    fn a_bound_that_no_number_holds_stays_on_its_side() {
        assert_eq!(whole(7 * UNIT + 1), 7);
        assert_eq!(whole(-1), -1);
        assert_eq!(whole(i128::MAX), i64::MAX);
        assert_eq!(whole(i128::MIN), i64::MIN);
    }

    #[test]
    fn a_row_that_only_counts_has_no_price() {
        let model = Model {
            sizes: [1, 1],
            ends: vec![[0, 0]],
            levels: vec![vec![3]],
            rows: vec![Row::new(vec![(0, 1)], UNBOUNDED, Split::Pair)],
            ..Model::default()
        };
        let mut rated = Rated::new(&model, Rc::new(Counts::of(&model)), 0, vec![5]);
        assert!(rated.solve(&Decided::default()));
        assert_eq!((rated.ceiling(), rated.rates.as_slice()), (3, [0].as_slice()));
        // Bounded in a case, it may cost something.
        rated.rates = vec![UNIT];
        let mut case = Decided::default();
        case.limits.push((0, 0));
        assert!(rated.solve(&case));
        assert_eq!((rated.ceiling(), rated.rates.as_slice()), (2, [UNIT].as_slice()));
    }
}
