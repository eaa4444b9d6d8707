//! Payments without a ring: what a ring of payers and payees moves, fewer payments move too.

use super::greedy::Leg;

/// Payments that move the same amounts for everyone, without a ring: fewer than the parties they touch.
///
/// A payment that closes a ring gives way: along the ring every other payment falls and the rest rise, by the
/// smallest of the falling ones, which disappears.
pub(super) fn without_rings(parties: usize, legs: &[Leg]) -> Vec<Leg> {
    let mut forest = Forest { of: vec![Vec::new(); parties], legs: Vec::new() };
    for leg in legs {
        forest.add(*leg);
    }
    forest.legs.retain(|(_, _, cents)| *cents > 0);
    forest.legs
}

struct Forest {
    /// By party: its payments, as places in `legs`; some are down to nothing.
    of: Vec<Vec<usize>>,
    legs: Vec<Leg>,
}

impl Forest {
    fn add(&mut self, leg: Leg) {
        let (payer, payee, mut cents) = leg;
        if let Some(way) = self.way(payee, payer) {
            // From the payee back to the payer: rises, falls, rises... and the new payment falls.
            let falling = way.iter().skip(1).step_by(2);
            let least = falling.map(|place| self.legs[*place].2).min().unwrap_or(cents).min(cents);
            cents -= least;
            for (step, place) in way.into_iter().enumerate() {
                self.legs[place].2 += if step % 2 == 0 { least } else { -least };
            }
        }
        if cents > 0 {
            for party in [payer, payee] {
                self.of[party].push(self.legs.len());
            }
            self.legs.push((payer, payee, cents));
        }
    }

    /// The payments between two parties, one after the other, if they are connected.
    fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut came_by: Vec<Option<(usize, usize)>> = vec![None; self.of.len()];
        let mut open = vec![from];
        while let Some(party) = open.pop() {
            if party == to {
                break;
            }
            for &place in &self.of[party] {
                let (payer, payee, cents) = self.legs[place];
                let other = payer + payee - party;
                if cents > 0 && other != from && came_by[other].is_none() {
                    came_by[other] = Some((place, party));
                    open.push(other);
                }
            }
        }
        let mut way = Vec::new();
        let mut at = to;
        while at != from {
            let (place, before) = came_by[at]?;
            way.push(place);
            at = before;
        }
        way.reverse();
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_payments_opens_and_everyone_moves_the_same() {
        let legs = [(0, 2, 5), (0, 3, 5), (1, 2, 7), (1, 3, 2)];
        let forest = without_rings(4, &legs);
        assert_eq!(forest.len(), 3);
        for party in 0..4 {
            let moved = |legs: &[Leg]| -> i64 {
                legs.iter().filter(|leg| leg.0 == party || leg.1 == party).map(|leg| leg.2).sum()
            };
            assert_eq!(moved(&forest), moved(&legs));
        }
        assert_eq!(without_rings(2, &[(0, 1, 5)]), [(0, 1, 5)]);
    }
}
