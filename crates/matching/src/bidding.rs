//! The highest total score in a part where one side (the rows) is all placed.
//!
//! Rows enter one by one; each entry finds the cheapest chain of moves to a free column (shortest augmenting path
//! with prices, after Jonker and Volgenant) and corrects the prices on the way. Prices only rise, from a floor; a
//! free column stays at its floor. Each row lists its pairs best first, so that it stops reading where even a
//! column at its floor is beyond the best end known.

use crate::neighbours::{Arc, Neighbours};
use crate::pairing::{NONE, Pairing};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Rows, columns and their prices, while rows enter.
pub(crate) struct Bidding {
    arcs: Neighbours,
    /// How many of each row's first pairs lead to a column that must be taken.
    wanted: Vec<u32>,
    /// What each row gains at the prices.
    pub(crate) gain: Vec<i64>,
    pub(crate) price: Vec<i64>,
    pub(crate) pairing: Pairing,
    search: Search,
}

/// The state of one search; emptied after each.
struct Search {
    /// Least loss at which each column is reached, and from which row.
    reached: Vec<(i64, u32)>,
    touched: Vec<u32>,
    /// Columns to look from, at a greater loss than the present one.
    open: BinaryHeap<Reverse<(i64, u32)>>,
    /// Columns to look from at the present loss.
    now: Vec<u32>,
    /// Rows looked from, and the loss at which each was reached.
    settled: Vec<(u32, i64)>,
    /// The best free column known, and its loss.
    end: (i64, u32),
}

impl Bidding {
    /// Opens the bidding.
    ///
    /// Invariant: the rows that have pairs can all be placed at once, together with all columns of `must`;
    /// `arcs` lead from the smaller side.
    pub(crate) fn open(mut arcs: Neighbours, columns: usize, must: &[bool], threads: usize) -> Self {
        let must_be = |column: u32| must[column as usize];
        arcs.sort(threads, |list: &mut [Arc]| {
            list.sort_unstable_by_key(|arc| (!must_be(arc.to), Reverse(arc.score), arc.to));
        });
        let rows = arcs.len_u32();
        let wanted = (0..rows)
            .map(|row| u32::try_from(arcs.of(row).partition_point(|arc| must_be(arc.to))).unwrap_or(u32::MAX))
            .collect();
        let most = arcs.pairs().map(|(_, arc)| i64::from(arc.score.unsigned_abs())).max().unwrap_or(0);
        // Leaving out a column that must be taken costs more than any change of scores.
        let bonus = (2 * most + 1) * (i64::from(rows) + 1);
        let floor = |column: usize| if must[column] { -bonus } else { 0 };
        Self {
            wanted,
            gain: vec![0; rows as usize],
            price: (0..columns).map(floor).collect(),
            pairing: Pairing::empty(rows as usize, columns),
            search: Search {
                reached: vec![(i64::MAX, NONE); columns],
                touched: Vec::new(),
                open: BinaryHeap::new(),
                now: Vec::new(),
                settled: Vec::new(),
                end: (i64::MAX, NONE),
            },
            arcs,
        }
    }

    /// Lets all rows in. `known`: a pairing whose pairs are kept where they already are the best for their row.
    pub(crate) fn run(&mut self, known: &Pairing) {
        let rows: Vec<u32> = (0..self.arcs.len_u32()).filter(|row| !self.arcs.of(*row).is_empty()).collect();
        for &row in &rows {
            self.gain[row as usize] = self.best(row);
            let column = known.of_row[row as usize];
            if column != NONE && self.is_best(row, column) {
                self.pair(row, column);
            }
        }
        for &row in &rows {
            if self.pairing.of_row[row as usize] == NONE {
                let gain = self.gain[row as usize];
                let free = |arc: &&Arc| {
                    self.price[arc.to as usize] + gain == i64::from(arc.score)
                        && self.pairing.of_column[arc.to as usize] == NONE
                };
                let column = self.leading(row).find(free).map(|arc| arc.to);
                if let Some(column) = column {
                    self.pair(row, column);
                }
            }
        }
        for &row in &rows {
            if self.pairing.of_row[row as usize] == NONE {
                self.enter(row);
            }
        }
    }

    /// The pairs of a row that may be its best while no price has risen.
    fn leading(&self, row: u32) -> impl Iterator<Item = &Arc> {
        let arcs = self.arcs.of(row);
        let first = arcs.first().map(|arc| (self.price[arc.to as usize], arc.score));
        arcs.iter().take_while(move |arc| Some((self.price[arc.to as usize], arc.score)) == first)
    }

    fn best(&self, row: u32) -> i64 {
        let worth = |arc: &Arc| i64::from(arc.score) - self.price[arc.to as usize];
        self.arcs.of(row).first().map_or(0, worth)
    }

    fn is_best(&self, row: u32, column: u32) -> bool {
        self.leading(row).any(|arc| arc.to == column)
    }

    fn pair(&mut self, row: u32, column: u32) {
        self.pairing.of_row[row as usize] = column;
        self.pairing.of_column[column as usize] = row;
    }

    /// Lets one row in.
    fn enter(&mut self, row: u32) {
        let worth = |arc: &Arc| i64::from(arc.score) - self.price[arc.to as usize];
        self.gain[row as usize] = self.arcs.of(row).iter().map(worth).max().unwrap_or(0);
        self.search.end = (i64::MAX, NONE);
        self.search.settled.push((row, 0));
        self.look_from(row, 0);
        let mut loss = 0;
        loop {
            let column = match self.search.now.pop() {
                Some(column) => column,
                None => match self.search.open.pop() {
                    Some(Reverse((next, column))) => {
                        if self.search.reached[column as usize].0 < next {
                            continue;
                        }
                        loss = next;
                        column
                    }
                    None => break,
                },
            };
            if loss >= self.search.end.0 {
                break;
            }
            let holder = self.pairing.of_column[column as usize];
            self.search.settled.push((holder, loss));
            self.look_from(holder, loss);
        }
        self.close();
    }

    fn look_from(&mut self, row: u32, loss: i64) {
        let Self { arcs, wanted, gain, price, pairing, search } = self;
        let base = loss + gain[row as usize];
        let wanted = wanted[row as usize] as usize;
        for (place, arc) in arcs.of(row).iter().enumerate() {
            let bid = base - i64::from(arc.score);
            if bid >= search.end.0 && place >= wanted {
                break;
            }
            let column = arc.to as usize;
            let through = bid + price[column];
            if through >= search.end.0 {
                continue;
            }
            if pairing.of_column[column] == NONE {
                search.end = (through, arc.to);
            } else if through >= search.reached[column].0 {
                continue;
            } else if through == loss {
                search.now.push(arc.to);
            } else {
                search.open.push(Reverse((through, arc.to)));
            }
            if search.reached[column].0 == i64::MAX {
                search.touched.push(arc.to);
            }
            search.reached[column] = (through, row);
        }
    }

    /// Corrects the prices, moves everyone along the chain, and empties the search.
    fn close(&mut self) {
        let (loss, mut column) = self.search.end;
        if column != NONE {
            for (row, reached) in self.search.settled.drain(..) {
                let left = (loss - reached).max(0);
                self.gain[row as usize] -= left;
                let held = self.pairing.of_row[row as usize];
                if held != NONE {
                    self.price[held as usize] += left;
                }
            }
            while column != NONE {
                let row = self.search.reached[column as usize].1;
                self.pairing.of_column[column as usize] = row;
                column = std::mem::replace(&mut self.pairing.of_row[row as usize], column);
            }
        }
        self.search.settled.clear();
        for column in self.search.touched.drain(..) {
            self.search.reached[column as usize] = (i64::MAX, NONE);
        }
        self.search.now.clear();
        self.search.open.clear();
    }
}
