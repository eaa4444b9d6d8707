//! Cyclic set-off: as much as can be cleared round the rings of obligations, nobody getting a new counterparty.
//!
//! Clearing as much as possible is leaving as little as possible: what is left must still move from every net
//! debtor to every net creditor, along the obligations. That is a flow of least cost, each cent costing one for
//! each obligation it runs through; successive shortest paths find it, exact and whole.

use crate::obligations::Obligations;
use crate::sum::to_cents;
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// What stays of each obligation once as much as possible is set off; the rest is cleared. No obligation grows,
/// and every bailleur keeps its net position.
///
/// `0 ≤ cleared ≤ obligation`, cleared in = cleared out for each bailleur, and the sum cleared is the largest
/// there is (netting.md 2.2). Several largest set-offs may exist: the one found depends on the order of SIRENs
/// only.
///
/// # Errors
/// [`Reason::NettingOverflow`] when the obligations together leave the range of a cent counter.
pub fn left_after_set_off(obligations: &Obligations) -> Result<Obligations, Refusal> {
    let total: i128 = obligations.values().map(|cents| i128::from(cents.get())).sum();
    to_cents("obligations", total)?;
    let mut network = Network::of(obligations);
    network.send_all()?;
    let mut left = Obligations::new();
    for (pair, arc) in obligations.keys().zip(network.own_arcs()) {
        let used = Cents::new(network.arcs[arc ^ 1].room);
        if used != Cents::ZERO {
            left.insert(*pair, used);
        }
    }
    Ok(left)
}

struct Arc {
    to: usize,
    room: i64,
    cost: i64,
}

/// Arcs come in pairs: one and its way back, `arc ^ 1`. Nodes are bailleurs in the order of SIRENs, then the
/// source of all net debts, then the sink of all net claims.
struct Network {
    arcs: Vec<Arc>,
    from: Vec<Vec<usize>>,
    /// Length of the shortest way from the source so far: keeps every arc with room at a cost of zero or more.
    potential: Vec<i64>,
    obligations: usize,
}

/// No way leads there.
const FAR: i64 = i64::MAX;

impl Network {
    fn of(obligations: &Obligations) -> Self {
        let mut index: BTreeMap<Siren, usize> =
            obligations.keys().flat_map(|(from, to)| [(*from, 0), (*to, 0)]).collect();
        index.values_mut().enumerate().for_each(|(place, node)| *node = place);
        let count = index.len();
        let mut network = Self {
            arcs: Vec::new(),
            from: vec![Vec::new(); count + 2],
            potential: vec![0; count + 2],
            obligations: obligations.len(),
        };
        let mut net = vec![0_i64; count];
        for ((from, to), cents) in obligations {
            let (from, to) = (index[from], index[to]);
            network.join(from, to, cents.get(), 1);
            // The total fits a counter, so does every net.
            net[from] += cents.get();
            net[to] -= cents.get();
        }
        for (node, net) in net.into_iter().enumerate() {
            if net > 0 {
                network.join(count, node, net, 0);
            } else if net < 0 {
                network.join(node, count + 1, -net, 0);
            }
        }
        network
    }

    fn join(&mut self, from: usize, to: usize, room: i64, cost: i64) {
        self.from[from].push(self.arcs.len());
        self.arcs.push(Arc { to, room, cost });
        self.from[to].push(self.arcs.len());
        self.arcs.push(Arc { to: from, room: 0, cost: -cost });
    }

    /// The arcs of the obligations, in their order.
    fn own_arcs(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.obligations).map(|place| place * 2)
    }

    fn source(&self) -> usize {
        self.from.len() - 2
    }

    fn sink(&self) -> usize {
        self.from.len() - 1
    }

    /// Sends every net debt to the net claims, by shortest ways first.
    fn send_all(&mut self) -> Result<(), Refusal> {
        while self.shorten()? {
            let mut next = vec![0; self.from.len()];
            let mut on_path = vec![false; self.from.len()];
            while self.send(self.source(), i64::MAX, &mut next, &mut on_path) > 0 {}
        }
        Ok(())
    }

    /// Updates the potentials (Dijkstra on reduced costs); whether the sink can still be reached.
    fn shorten(&mut self) -> Result<bool, Refusal> {
        let mut length = vec![FAR; self.from.len()];
        let mut heap = BinaryHeap::from([(Reverse(0), Reverse(self.source()))]);
        length[self.source()] = 0;
        while let Some((Reverse(reached), Reverse(node))) = heap.pop() {
            if reached > length[node] {
                continue;
            }
            for &arc in &self.from[node] {
                let Arc { to, room, cost } = self.arcs[arc];
                let reduced = cost + self.potential[node] - self.potential[to];
                if room > 0 && reached + reduced < length[to] {
                    length[to] = reached + reduced;
                    heap.push((Reverse(length[to]), Reverse(to)));
                }
            }
        }
        let farthest = length[self.sink()];
        if farthest == FAR {
            let sent_all = self.from[self.source()].iter().all(|arc| self.arcs[*arc].room == 0);
            // What is left is a part of the obligations, and the obligations themselves are a way to pay.
            return if sent_all {
                Ok(false)
            } else {
                Err(Refusal::new(Reason::NettingOverflow, "obligations", "unbalanced")
                    .with("invariant", "every net debt can be paid along the obligations"))
            };
        }
        // Beyond the sink, potentials are cut: reduced costs stay zero or more.
        for (potential, length) in self.potential.iter_mut().zip(length) {
            *potential += length.min(farthest);
        }
        Ok(true)
    }

    /// Sends along arcs of reduced cost zero, depth first; the cents that reached the sink.
    fn send(&mut self, node: usize, most: i64, next: &mut [usize], on_path: &mut [bool]) -> i64 {
        if node == self.sink() {
            return most;
        }
        on_path[node] = true;
        while let Some(&arc) = self.from[node].get(next[node]) {
            let Arc { to, room, cost } = self.arcs[arc];
            let reduced = cost + self.potential[node] - self.potential[to];
            if room > 0 && reduced == 0 && !on_path[to] {
                let sent = self.send(to, most.min(room), next, on_path);
                if sent > 0 {
                    self.arcs[arc].room -= sent;
                    self.arcs[arc ^ 1].room += sent;
                    on_path[node] = false;
                    return sent;
                }
            }
            next[node] += 1;
        }
        on_path[node] = false;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn obligations(of: &[(u32, u32, i64)]) -> Obligations {
        let pair = |from, to| (Siren::fictitious(from), Siren::fictitious(to));
        of.iter().map(|(from, to, cents)| (pair(*from, *to), Cents::new(*cents))).collect()
    }

    fn check(of: &[(u32, u32, i64)], left: &[(u32, u32, i64)]) {
        assert_eq!(left_after_set_off(&obligations(of)).unwrap(), obligations(left));
    }

    #[test]
    fn rings_are_cleared_and_a_chain_is_not() {
        // netting.md, example 14.
        check(&[(1, 2, 100), (2, 3, 80), (3, 1, 60), (3, 2, 20)], &[(1, 2, 40)]);
        check(&[(1, 2, 50), (2, 3, 50)], &[(1, 2, 50), (2, 3, 50)]);
        check(&[(1, 2, 5), (2, 3, 5), (3, 1, 5)], &[]);
        check(&[], &[]);
    }

    #[test]
    fn obligations_beyond_the_counter_are_refused() {
        let refusal = left_after_set_off(&obligations(&[(1, 2, i64::MAX), (2, 1, 1)])).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
    }

    fn net(obligations: &Obligations) -> BTreeMap<Siren, i64> {
        let mut net = BTreeMap::new();
        for ((from, to), cents) in obligations {
            *net.entry(*from).or_default() -= cents.get();
            *net.entry(*to).or_default() += cents.get();
        }
        net.retain(|_, cents| *cents != 0);
        net
    }

    fn sum(obligations: &Obligations) -> i64 {
        obligations.values().map(|cents| cents.get()).sum()
    }

    /// The least left, by trying every way to shrink each obligation: no shared idea with the flow.
    fn least_left(open: &mut Vec<(u32, u32, i64)>, place: usize, net: &BTreeMap<Siren, i64>) -> i64 {
        if place == open.len() {
            let candidate = obligations(open);
            return if self::net(&candidate) == *net { sum(&candidate) } else { i64::MAX };
        }
        let most = open[place].2;
        let mut least = i64::MAX;
        for cents in 0..=most {
            open[place].2 = cents;
            least = least.min(least_left(open, place + 1, net));
        }
        open[place].2 = most;
        least
    }

    fn some_obligations(
        bailleurs: u32,
        count: std::ops::Range<usize>,
        most: i64,
    ) -> impl Strategy<Value = Vec<(u32, u32, i64)>> {
        let one = (0..bailleurs, 0..bailleurs, 1..most).prop_filter("two", |(from, to, _)| from != to);
        prop::collection::vec(one, count).prop_map(|mut all| {
            all.sort_unstable();
            all.dedup_by_key(|(from, to, _)| (*from, *to));
            all
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn as_much_is_cleared_as_can_be(mut of in some_obligations(4, 1..6, 4)) {
            let all = obligations(&of);
            let left = left_after_set_off(&all).unwrap();
            prop_assert_eq!(sum(&left), least_left(&mut of, 0, &net(&all)));
        }

        #[test]
        fn nobody_gets_a_new_counterparty_and_nets_stay(of in some_obligations(12, 1..60, 1_000_000)) {
            let all = obligations(&of);
            let left = left_after_set_off(&all).unwrap();
            prop_assert_eq!(net(&left), net(&all));
            for (pair, cents) in &left {
                prop_assert!(all.get(pair).is_some_and(|most| cents <= most) && *cents > Cents::ZERO);
            }
            // Nothing is left to clear: the remainder is its own remainder.
            prop_assert_eq!(sum(&left_after_set_off(&left).unwrap()), sum(&left));
        }
    }
}
