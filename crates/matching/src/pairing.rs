//! How many can be placed: the largest pairing, and which side is short where.
//!
//! Hopcroft and Karp find the largest pairing in few rounds; what can be reached from those left out
//! (Dulmage and Mendelsohn) then splits the pairs in two parts that no best assignment mixes: one where the
//! other side is short and all of it is taken, one where this side is all placed.

use crate::neighbours::Neighbours;

/// Nobody.
pub(crate) const NONE: u32 = u32::MAX;

/// Who is paired with whom, from both sides.
#[derive(Debug, Clone)]
pub(crate) struct Pairing {
    pub(crate) of_row: Vec<u32>,
    pub(crate) of_column: Vec<u32>,
}

/// Those that take part, of each side.
#[derive(Debug, Clone)]
pub(crate) struct Members {
    pub(crate) rows: Vec<bool>,
    pub(crate) columns: Vec<bool>,
}

impl Members {
    /// The same, seen from the other side.
    pub(crate) fn turned(self) -> Self {
        Self { rows: self.columns, columns: self.rows }
    }
}

impl Pairing {
    /// Nobody paired yet.
    pub(crate) fn empty(rows: usize, columns: usize) -> Self {
        Self { of_row: vec![NONE; rows], of_column: vec![NONE; columns] }
    }

    /// The same, seen from the other side.
    pub(crate) fn turned(self) -> Self {
        Self { of_row: self.of_column, of_column: self.of_row }
    }

    /// Pairs as many as possible among the members. Whoever is paired stays so, perhaps with another.
    pub(crate) fn grow(&mut self, arcs: &Neighbours, members: &Members) {
        self.take_what_is_free(arcs, members);
        let mut layer = vec![NONE; self.of_row.len()];
        while self.layers(arcs, members, &mut layer) {
            let mut cursor = vec![0_u32; self.of_row.len()];
            for row in 0..arcs.len_u32() {
                if members.rows[row as usize] && self.of_row[row as usize] == NONE {
                    self.augment(row, arcs, members, &mut layer, &mut cursor);
                }
            }
        }
    }

    fn take_what_is_free(&mut self, arcs: &Neighbours, members: &Members) {
        for row in (0..arcs.len_u32()).filter(|row| members.rows[*row as usize]) {
            if self.of_row[row as usize] == NONE {
                let free =
                    |column: u32| members.columns[column as usize] && self.of_column[column as usize] == NONE;
                if let Some(arc) = arcs.of(row).iter().find(|arc| free(arc.to)) {
                    self.of_row[row as usize] = arc.to;
                    self.of_column[arc.to as usize] = row;
                }
            }
        }
    }

    /// Counts the steps from the free rows to each row; true when a free column can be reached.
    fn layers(&self, arcs: &Neighbours, members: &Members, layer: &mut [u32]) -> bool {
        layer.fill(NONE);
        let mut front: Vec<u32> = (0..arcs.len_u32())
            .filter(|row| members.rows[*row as usize] && self.of_row[*row as usize] == NONE)
            .collect();
        for row in &front {
            layer[*row as usize] = 0;
        }
        let mut steps = 0;
        let mut found = false;
        while !front.is_empty() && !found {
            steps += 1;
            let mut next = Vec::new();
            for row in front {
                for arc in arcs.of(row).iter().filter(|arc| members.columns[arc.to as usize]) {
                    let holder = self.of_column[arc.to as usize];
                    if holder == NONE {
                        found = true;
                    } else if layer[holder as usize] == NONE {
                        layer[holder as usize] = steps;
                        next.push(holder);
                    }
                }
            }
            front = next;
        }
        found
    }

    /// Follows the layers from a free row to a free column, and moves everyone on the way.
    fn augment(
        &mut self,
        row: u32,
        arcs: &Neighbours,
        members: &Members,
        layer: &mut [u32],
        cursor: &mut [u32],
    ) {
        let mut path = vec![row];
        while let Some(&row) = path.last() {
            let place = cursor[row as usize];
            let Some(arc) = arcs.of(row).get(place as usize) else {
                layer[row as usize] = NONE;
                path.pop();
                if let Some(&before) = path.last() {
                    cursor[before as usize] += 1;
                }
                continue;
            };
            let holder = if members.columns[arc.to as usize] { self.of_column[arc.to as usize] } else { row };
            if holder == NONE {
                let mut column = arc.to;
                for &row in path.iter().rev() {
                    self.of_column[column as usize] = row;
                    column = std::mem::replace(&mut self.of_row[row as usize], column);
                }
                return;
            }
            if layer[holder as usize] == layer[row as usize] + 1 {
                path.push(holder);
            } else {
                cursor[row as usize] += 1;
            }
        }
    }

    /// The part where columns are short: all that the free rows can reach by moving others.
    pub(crate) fn short_of_columns(&self, arcs: &Neighbours, members: &Members) -> Members {
        let mut part =
            Members { rows: vec![false; self.of_row.len()], columns: vec![false; self.of_column.len()] };
        let mut open: Vec<u32> = (0..arcs.len_u32())
            .filter(|row| members.rows[*row as usize] && self.of_row[*row as usize] == NONE)
            .collect();
        for row in &open {
            part.rows[*row as usize] = true;
        }
        while let Some(row) = open.pop() {
            for arc in arcs.of(row).iter().filter(|arc| members.columns[arc.to as usize]) {
                if !std::mem::replace(&mut part.columns[arc.to as usize], true) {
                    let holder = self.of_column[arc.to as usize];
                    if holder != NONE && !std::mem::replace(&mut part.rows[holder as usize], true) {
                        open.push(holder);
                    }
                }
            }
        }
        part
    }
}
