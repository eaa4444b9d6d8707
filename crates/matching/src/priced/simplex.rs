//! A linear programme, by the dual simplex method: a guide to the search, never a proof.
//!
//! Columns are between two bounds, so that any prices start it: nothing has to be feasible first. The inverse of
//! the basis is kept whole; it is nearly empty for pairings, and only what is not zero is worked on. Leaving rows
//! are chosen by steepest edge, entering columns by the longest step (columns that go from one bound to the other on
//! the way do so).
//!
//! Floats, and only here and in [`super::guide`]: nothing they say is believed. They propose rates, pairs and
//! cases; every bound is computed again by [`super::rates`], every answer counted again, both in whole numbers.
#![allow(clippy::disallowed_types, clippy::float_arithmetic)]

mod fresh;
#[cfg(test)]
mod tests;
mod told;

use std::cmp::Ordering;

/// Smaller is zero, in the inverse.
const ZERO: f64 = 1e-12;
/// A pivot is at least that large.
const PIVOT: f64 = 1e-7;
/// A bound is broken beyond that.
const SLIP: f64 = 1e-7;
/// Changes of the basis between two computations of its inverse from nothing.
const FRESH: u32 = 400;

/// How a programme ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ended {
    /// At its optimum.
    Solved,
    /// Cut short.
    Cut,
    /// Nothing keeps the bounds: prices that go this way, row by row, far enough, prove it.
    Empty(Vec<f64>),
}

/// Maximises what the columns are worth, under rows `terms · x <= most`.
#[derive(Debug)]
pub(super) struct Simplex {
    /// Columns; the slack of row r is variable `width + r`.
    width: usize,
    cost: Vec<f64>,
    columns: Vec<Vec<(usize, f64)>>,
    rows: Vec<Vec<(usize, f64)>>,
    most: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// Variable at each place of the basis.
    basis: Vec<usize>,
    in_basis: Vec<bool>,
    at_high: Vec<bool>,
    /// Value of the variable at each place of the basis.
    value: Vec<f64>,
    /// Reduced cost of each variable.
    reduced: Vec<f64>,
    /// Columns of the inverse of the basis.
    inverse: Vec<Vec<f64>>,
    /// Steepest edge of each place.
    weight: Vec<f64>,
    since_fresh: u32,
    /// What each variable counts in the leaving row.
    across: Vec<f64>,
    touched: Vec<usize>,
    is_touched: Vec<bool>,
}

impl Simplex {
    /// Columns worth `worth`, each from 0 to 1, without rows.
    pub(super) fn new(worth: &[f64]) -> Self {
        let width = worth.len();
        Self {
            width,
            cost: worth.iter().map(|worth| -worth).collect(),
            columns: vec![Vec::new(); width],
            rows: Vec::new(),
            most: Vec::new(),
            low: vec![0.0; width],
            high: vec![1.0; width],
            basis: Vec::new(),
            in_basis: vec![false; width],
            at_high: worth.iter().map(|worth| *worth > 0.0).collect(),
            value: Vec::new(),
            reduced: worth.iter().map(|worth| -worth).collect(),
            inverse: Vec::new(),
            weight: Vec::new(),
            since_fresh: 0,
            across: vec![0.0; width],
            touched: Vec::new(),
            is_touched: vec![false; width],
        }
    }

    /// Adds a row that may stay below its bound by `room` at most. Returns its number.
    pub(super) fn add_row(&mut self, terms: Vec<(usize, f64)>, most: f64, room: f64) -> usize {
        let row = self.rows.len();
        let mut counts = vec![0.0; self.width];
        for (column, count) in &terms {
            self.columns[*column].push((row, *count));
            counts[*column] = *count;
        }
        let of_basis: Vec<(usize, f64)> = (0..row)
            .filter(|place| self.basis[*place] < self.width)
            .map(|place| (place, counts[self.basis[place]]))
            .filter(|(_, count)| *count != 0.0)
            .collect();
        for column in &mut self.inverse {
            let below: f64 = of_basis.iter().map(|(place, count)| column[*place] * count).sum();
            column.push(-below);
        }
        let mut own = vec![0.0; row + 1];
        own[row] = 1.0;
        self.inverse.push(own);
        self.rows.push(terms);
        self.most.push(most);
        self.low.push(0.0);
        self.high.push(room);
        self.basis.push(self.width + row);
        self.in_basis.push(true);
        self.at_high.push(false);
        self.value.push(0.0);
        self.reduced.push(0.0);
        self.weight.push(1.0);
        self.across.push(0.0);
        self.is_touched.push(false);
        row
    }

    /// Bounds a column.
    pub(super) fn bound(&mut self, column: usize, low: f64, high: f64) {
        self.low[column] = low;
        self.high[column] = high;
    }

    /// Moves the bound of a row.
    pub(super) fn allow(&mut self, row: usize, most: f64) {
        self.most[row] = most;
    }

    /// By how much a row may stay below its bound.
    pub(super) fn leave_room(&mut self, row: usize, room: f64) {
        self.high[self.width + row] = room;
    }

    /// Changes the basis until no bound is broken, or `most` times.
    pub(super) fn solve(&mut self, most: u64) -> Ended {
        self.restart();
        for _ in 0..most {
            if self.since_fresh >= FRESH {
                self.refresh();
            }
            let Some(place) = self.leaving() else {
                if self.since_fresh == 0 || self.adds_up() {
                    return Ended::Solved;
                }
                self.refresh();
                continue;
            };
            let below = self.value[place] < self.low[self.basis[place]];
            let row: Vec<f64> = self.inverse.iter().map(|column| column[place]).collect();
            self.look_across(&row);
            let Some((entering, flipped)) = self.entering(place, below) else {
                let far = if below { 1.0 } else { -1.0 } / self.beyond(place);
                return Ended::Empty(row.iter().map(|count| far * count).collect());
            };
            if !self.turn(place, below, entering, &flipped, &row) {
                self.refresh();
            }
        }
        Ended::Cut
    }

    /// Where a variable outside of the basis stands.
    fn rest(&self, variable: usize) -> f64 {
        if self.at_high[variable] { self.high[variable] } else { self.low[variable] }
    }

    /// Puts what is outside of the basis at the bound that its reduced cost asks for, and the rest in accordance.
    fn restart(&mut self) {
        let mut left = self.most.clone();
        for variable in (0..self.low.len()).filter(|variable| !self.in_basis[*variable]) {
            let reduced = self.reduced[variable];
            if reduced.abs() > ZERO {
                self.at_high[variable] = reduced < 0.0 && self.high[variable].is_finite();
            }
            let rest = self.rest(variable);
            if rest != 0.0 {
                for (row, count) in self.terms_of(variable) {
                    left[row] -= rest * count;
                }
            }
        }
        self.value = self.times(left.iter().copied().enumerate().filter(|(_, left)| *left != 0.0));
    }

    /// What a variable counts in each row.
    fn terms_of(&self, variable: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let own = variable.checked_sub(self.width).map(|row| (row, 1.0));
        self.columns.get(variable).into_iter().flatten().copied().chain(own)
    }

    /// The inverse times a column.
    fn times(&self, column: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
        let mut sum = vec![0.0; self.basis.len()];
        for (row, count) in column {
            for (sum, entry) in sum.iter_mut().zip(&self.inverse[row]) {
                *sum += count * entry;
            }
        }
        sum
    }

    fn column_of(&self, variable: usize) -> Vec<f64> {
        self.times(self.terms_of(variable))
    }

    /// By how much a place is beyond its bounds.
    fn beyond(&self, place: usize) -> f64 {
        let (variable, value) = (self.basis[place], self.value[place]);
        (self.low[variable] - value).max(value - self.high[variable])
    }

    fn leaving(&self) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for place in 0..self.basis.len() {
            let beyond = self.beyond(place);
            if beyond > SLIP {
                let gain = beyond * beyond / self.weight[place];
                if best.is_none_or(|(known, _)| gain > known) {
                    best = Some((gain, place));
                }
            }
        }
        best.map(|(_, place)| place)
    }

    /// What every variable outside of the basis counts in a row of the inverse.
    fn look_across(&mut self, row: &[f64]) {
        for variable in self.touched.drain(..) {
            self.across[variable] = 0.0;
            self.is_touched[variable] = false;
        }
        for (place, count) in row.iter().enumerate().filter(|(_, count)| count.abs() > ZERO) {
            let own = self.width + place;
            let terms = self.rows[place].iter().map(|(column, term)| (*column, term * count));
            for (variable, count) in terms.chain([(own, *count)]) {
                if !self.in_basis[variable] {
                    if !std::mem::replace(&mut self.is_touched[variable], true) {
                        self.touched.push(variable);
                    }
                    self.across[variable] += count;
                }
            }
        }
    }

    /// The variable that comes in, and those that go to their other bound on the way.
    fn entering(&self, place: usize, below: bool) -> Option<(usize, Vec<usize>)> {
        let sign = if below { 1.0 } else { -1.0 };
        let mut steps: Vec<(f64, f64, usize)> = Vec::new();
        for &variable in &self.touched {
            let count = sign * self.across[variable];
            let range = self.high[variable] - self.low[variable];
            let helps = if self.at_high[variable] { count > PIVOT } else { count < -PIVOT };
            if helps && range > 0.0 {
                let reduced = self.reduced[variable];
                let room = if self.at_high[variable] { (-reduced).max(0.0) } else { reduced.max(0.0) };
                steps.push((room / count.abs(), count.abs(), variable));
            }
        }
        let order = |a: &(f64, f64, usize), b: &(f64, f64, usize)| -> Ordering {
            a.0.total_cmp(&b.0).then(a.2.cmp(&b.2))
        };
        steps.sort_unstable_by(order);
        let mut left = self.beyond(place);
        let mut last = 0;
        for (at, (_, count, variable)) in steps.iter().enumerate() {
            last = at;
            left -= count * (self.high[*variable] - self.low[*variable]);
            if left < 0.0 {
                break;
            }
        }
        if left >= 0.0 {
            // Even all of them together do not mend it.
            return if left > SLIP || steps.is_empty() { None } else { Some((steps[last].2, Vec::new())) };
        }
        // Of those that come at the same step, the largest pivot.
        let limit = steps[last].0 + 1e-10;
        let equal = steps.iter().enumerate().skip(last).take_while(|(_, step)| step.0 <= limit);
        let chosen = equal.max_by(|a, b| a.1.1.total_cmp(&b.1.1).then(b.0.cmp(&a.0)))?;
        let flipped = steps[..last].iter().map(|(.., variable)| *variable).collect();
        Some((chosen.1.2, flipped))
    }

    /// One change of the basis. False when the numbers do not agree any more; where they come from a fresh inverse, the
    /// place only counts for less from then on.
    fn turn(&mut self, place: usize, below: bool, entering: usize, flipped: &[usize], row: &[f64]) -> bool {
        let column = self.column_of(entering);
        let pivot = column[place];
        if pivot.abs() < PIVOT / 2.0 || (pivot - self.across[entering]).abs() > 1e-6 * (1.0 + pivot.abs()) {
            // Weak even in a fresh inverse: another row may do.
            self.weight[place] *= if self.since_fresh == 0 { 1e6 } else { 1.0 };
            return self.since_fresh == 0;
        }
        self.flip(flipped);
        let step = self.reduced[entering] / self.across[entering];
        for &variable in &self.touched {
            self.reduced[variable] -= step * self.across[variable];
        }
        let leaving = self.basis[place];
        self.reduced[leaving] = -step;
        self.reduced[entering] = 0.0;
        self.at_high[leaving] = !below;
        let moved = (self.value[place] - self.rest(leaving)) / pivot;
        let entered = self.rest(entering) + moved;
        self.steepen(place, &column, row);
        for (value, count) in self.value.iter_mut().zip(&column) {
            *value -= moved * count;
        }
        self.value[place] = entered;
        self.exchange(place, entering, &column, row);
        true
    }

    fn flip(&mut self, flipped: &[usize]) {
        if flipped.is_empty() {
            return;
        }
        let mut change = vec![0.0; self.rows.len()];
        for &variable in flipped {
            let before = self.rest(variable);
            self.at_high[variable] = !self.at_high[variable];
            let moved = self.rest(variable) - before;
            for (row, count) in self.terms_of(variable) {
                change[row] += moved * count;
            }
        }
        let change = self.times(change.into_iter().enumerate().filter(|(_, change)| *change != 0.0));
        for (value, change) in self.value.iter_mut().zip(change) {
            *value -= change;
        }
    }

    /// Steepest edges after a change (Forrest and Goldfarb).
    fn steepen(&mut self, place: usize, column: &[f64], row: &[f64]) {
        let own = self.weight[place];
        let turned = self.times(row.iter().copied().enumerate().filter(|(_, count)| count.abs() > ZERO));
        for (at, count) in column.iter().enumerate().filter(|(_, count)| count.abs() > ZERO) {
            if at != place {
                let part = count / column[place];
                let weight = self.weight[at] - 2.0 * part * turned[at] + part * part * own;
                self.weight[at] = weight.max(1e-4);
            }
        }
        self.weight[place] = (own / (column[place] * column[place])).max(1e-4);
    }

    fn exchange(&mut self, place: usize, entering: usize, column: &[f64], row: &[f64]) {
        let own = column[place];
        let others: Vec<(usize, f64)> = column
            .iter()
            .copied()
            .enumerate()
            .filter(|(at, count)| *at != place && count.abs() > ZERO)
            .collect();
        for (inverse, count) in self.inverse.iter_mut().zip(row) {
            if count.abs() > ZERO {
                let part = count / own;
                for (at, count) in &others {
                    inverse[*at] -= part * count;
                }
                inverse[place] = part;
            } else {
                inverse[place] = 0.0;
            }
        }
        self.in_basis[self.basis[place]] = false;
        self.in_basis[entering] = true;
        self.basis[place] = entering;
        self.since_fresh += 1;
    }
}
