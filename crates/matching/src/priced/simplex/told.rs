//! What a programme tells, once solved.
#![allow(clippy::disallowed_types, clippy::float_arithmetic)]

use super::Simplex;

impl Simplex {
    /// The value of each column.
    pub(in crate::priced) fn values(&self) -> Vec<f64> {
        let mut values: Vec<f64> = (0..self.width).map(|column| self.rest(column)).collect();
        for (variable, value) in self.basis.iter().zip(&self.value) {
            if *variable < self.width {
                values[*variable] = *value;
            }
        }
        values
    }

    /// Of each column taken in part, its row of the inverse: how much of each row makes it up.
    pub(in crate::priced) fn fractions(&self) -> Vec<Vec<f64>> {
        let part = |place: &usize| {
            let value = self.value[*place].rem_euclid(1.0);
            self.basis[*place] < self.width && value > 0.01 && value < 0.99
        };
        let row = |place| self.inverse.iter().map(|column| column[place]).collect();
        (0..self.basis.len()).filter(part).map(row).collect()
    }

    /// Rows so far.
    pub(in crate::priced) fn height(&self) -> usize {
        self.rows.len()
    }

    /// True of a column outside of the basis at its upper bound.
    pub(in crate::priced) fn is_high(&self, column: usize) -> bool {
        !self.in_basis[column] && self.at_high[column]
    }

    /// The price of a row: below 0 where it must not stay further below its bound.
    pub(in crate::priced) fn price(&self, row: usize) -> f64 {
        self.reduced[self.width + row]
    }
}
