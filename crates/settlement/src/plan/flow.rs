//! The largest amount that payers can bring to payees over allowed pairs.

use super::greedy::Leg;
use std::collections::VecDeque;

/// A largest flow: what each pair pays, above zero, in the order of the pairs.
///
/// Only members pay and receive: ranks of `values`. Levels of shortest ways, then ways level by level, until no
/// way is left (Dinic).
pub(super) fn largest_flow(
    values: &[i64],
    member: impl Fn(usize) -> bool,
    pairs: &[(usize, usize)],
) -> Vec<Leg> {
    let mut network = Network::new(values.len());
    let (source, sink) = (values.len(), values.len() + 1);
    for (rank, value) in values.iter().enumerate().filter(|(rank, _)| member(*rank)) {
        if *value < 0 {
            network.arc(source, rank, -value);
        } else {
            network.arc(rank, sink, *value);
        }
    }
    let mut arcs = Vec::new();
    for &(payer, payee) in pairs.iter().filter(|(payer, payee)| member(*payer) && member(*payee)) {
        arcs.push((payer, payee, network.arc(payer, payee, i64::MAX)));
    }
    while network.level(source, sink) {
        while network.push(source, sink, i64::MAX) > 0 {}
    }
    let paid = arcs.into_iter().map(|(payer, payee, arc)| (payer, payee, network.left[arc ^ 1]));
    paid.filter(|(_, _, cents)| *cents > 0).collect()
}

/// Arcs by pairs: an arc and its opposite differ by the last bit.
struct Network {
    from: Vec<Vec<usize>>,
    to: Vec<usize>,
    left: Vec<i64>,
    level: Vec<usize>,
    next: Vec<usize>,
}

const UNREACHED: usize = usize::MAX;

impl Network {
    fn new(parties: usize) -> Self {
        let nodes = parties + 2;
        Self {
            from: vec![Vec::new(); nodes],
            to: Vec::new(),
            left: Vec::new(),
            level: vec![UNREACHED; nodes],
            next: vec![0; nodes],
        }
    }

    fn arc(&mut self, from: usize, to: usize, most: i64) -> usize {
        let arc = self.to.len();
        self.to.extend([to, from]);
        self.left.extend([most, 0]);
        self.from[from].push(arc);
        self.from[to].push(arc + 1);
        arc
    }

    fn level(&mut self, source: usize, sink: usize) -> bool {
        self.level.fill(UNREACHED);
        self.next.fill(0);
        self.level[source] = 0;
        let mut queue = VecDeque::from([source]);
        while let Some(node) = queue.pop_front() {
            for &arc in &self.from[node] {
                if self.left[arc] > 0 && self.level[self.to[arc]] == UNREACHED {
                    self.level[self.to[arc]] = self.level[node] + 1;
                    queue.push_back(self.to[arc]);
                }
            }
        }
        self.level[sink] != UNREACHED
    }

    fn push(&mut self, node: usize, sink: usize, most: i64) -> i64 {
        if node == sink {
            return most;
        }
        while let Some(&arc) = self.from[node].get(self.next[node]) {
            let to = self.to[arc];
            if self.left[arc] > 0 && self.level[to] == self.level[node] + 1 {
                let pushed = self.push(to, sink, most.min(self.left[arc]));
                if pushed > 0 {
                    self.left[arc] -= pushed;
                    // No more comes back than what went: the opposite arc stays within the flow.
                    self.left[arc ^ 1] += pushed;
                    return pushed;
                }
            }
            self.next[node] += 1;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[i64], pairs: &[(usize, usize)], total: i64) {
        let legs = largest_flow(values, |_| true, pairs);
        assert_eq!(legs.iter().map(|(_, _, cents)| cents).sum::<i64>(), total);
        assert!(legs.iter().all(|(payer, payee, cents)| *cents > 0 && pairs.contains(&(*payer, *payee))));
    }

    #[test]
    fn the_largest_amount_goes_through() {
        check(&[-5, -5, 5, 5], &[(0, 2), (0, 3), (1, 2)], 10);
        check(&[-5, -5, 5, 5], &[(0, 2), (1, 2)], 5);
        check(&[-5, 5], &[], 0);
        check(&[-9, -1, 4, 6], &[(0, 2), (0, 3), (1, 3)], 10);
        check(&[-i64::MAX, i64::MAX], &[(0, 1)], i64::MAX);
    }
}
