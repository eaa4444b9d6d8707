//! Rounding adds up from change to change: when it shows, the inverse is computed again from nothing.
#![allow(clippy::disallowed_types, clippy::float_arithmetic)]

use super::{PIVOT, Simplex};

impl Simplex {
    /// True when every row still comes to its bound: the inverse has not drifted.
    pub(super) fn adds_up(&self) -> bool {
        let values = self.values();
        let mut left = self.most.clone();
        for (row, terms) in self.rows.iter().enumerate() {
            left[row] -= terms.iter().map(|(column, count)| count * values[*column]).sum::<f64>();
            let slack = self.width + row;
            left[row] -= if self.in_basis[slack] { 0.0 } else { self.rest(slack) };
        }
        for (variable, value) in self.basis.iter().zip(&self.value) {
            if let Some(row) = variable.checked_sub(self.width) {
                left[row] -= value;
            }
        }
        left.iter().all(|left| left.abs() < 1e-6)
    }

    /// Computes the inverse again from nothing, then values and reduced costs.
    pub(super) fn refresh(&mut self) {
        let rows = self.rows.len();
        let mut wanted: Vec<usize> = (0..self.width).filter(|variable| self.in_basis[*variable]).collect();
        for (row, inverse) in self.inverse.iter_mut().enumerate() {
            inverse.fill(0.0);
            inverse[row] = 1.0;
        }
        let mut taken: Vec<bool> = (0..rows).map(|row| self.in_basis[self.width + row]).collect();
        for variable in &wanted {
            self.in_basis[*variable] = false;
        }
        self.basis = (self.width..self.width + rows).collect();
        wanted.sort_by_key(|variable| (self.columns[*variable].len(), *variable));
        for variable in wanted {
            let column = self.column_of(variable);
            let free = (0..rows).filter(|row| !taken[*row]);
            let best = free.max_by(|a, b| column[*a].abs().total_cmp(&column[*b].abs()).then(b.cmp(a)));
            let Some(place) = best.filter(|place| column[*place].abs() > PIVOT) else { continue };
            let row: Vec<f64> = self.inverse.iter().map(|column| column[place]).collect();
            self.exchange(place, variable, &column, &row);
            taken[place] = true;
        }
        for row in (0..rows).filter(|row| !taken[*row]) {
            self.in_basis[self.width + row] = true;
        }
        self.weight.fill(1.0);
        self.since_fresh = 0;
        self.price_again();
        self.restart();
    }

    fn price_again(&mut self) {
        let of_basis: Vec<f64> =
            self.basis.iter().map(|variable| self.cost.get(*variable).copied().unwrap_or(0.0)).collect();
        let prices: Vec<f64> = self
            .inverse
            .iter()
            .map(|column| column.iter().zip(&of_basis).map(|(entry, cost)| entry * cost).sum())
            .collect();
        for column in 0..self.width {
            let paid: f64 = self.columns[column].iter().map(|(row, count)| prices[*row] * count).sum();
            self.reduced[column] = if self.in_basis[column] { 0.0 } else { self.cost[column] - paid };
        }
        for (row, price) in prices.iter().enumerate() {
            let slack = self.width + row;
            self.reduced[slack] = if self.in_basis[slack] { 0.0 } else { -price };
        }
    }
}
