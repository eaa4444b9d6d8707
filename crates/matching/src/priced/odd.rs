//! Rules that follow from two dwellings or none, and that no price of a single node can say.
//!
//! Take an odd number n of nodes: dwellings, and households of one. A household of two served inside takes two of
//! them, a household of one and its dwelling are two of them: (n − 1) / 2 of these at most. A household of two takes
//! two inside at least where what it takes there exceeds one: what it takes there less whether it is served. Halves
//! that break this lie on odd rings, found by shortest paths.

use super::model::{Model, Row, Split};
use super::rates::OFTEN;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// A rule is broken by a tenth of a household at least.
const BROKEN: i64 = OFTEN / 10;
/// Rules that come in at once: the programme takes no more.
const AT_ONCE: usize = 300;

/// A household of two: how much of it is served, and of each dwelling what it takes with the pairs that count.
struct Two {
    served: i64,
    own: Vec<u32>,
    takes: BTreeMap<u32, (i64, Vec<u32>)>,
}

/// A household of one: its node, and of each dwelling what it takes with the pair that counts.
struct One {
    node: u32,
    takes: Vec<(u32, i64, u32)>,
}

/// Rules of this kind that parts of pairs break, in [`OFTEN`]s, most broken first; `go` says before each ring whether to
/// look for another.
pub(super) fn broken(model: &Model, parts: &[i64], go: &mut dyn FnMut() -> bool) -> Vec<Row> {
    let (ones, twos) = households(model, parts);
    let near = rings(&ones, &twos);
    let mut seen = BTreeSet::new();
    let mut found: Vec<(i64, Row)> = Vec::new();
    for start in near.keys() {
        if !go() {
            break;
        }
        if let Some(inside) = odd_ring(&near, *start)
            && seen.insert(inside.clone())
            && let Some(rule) = rule(&ones, &twos, &inside)
        {
            found.push(rule);
        }
    }
    found.sort_by_key(|(beyond, _)| Reverse(*beyond));
    found.into_iter().take(AT_ONCE).map(|(_, row)| row).collect()
}

fn households(model: &Model, parts: &[i64]) -> (Vec<One>, Vec<Two>) {
    let mut pairs_of = vec![Vec::new(); model.sizes[0]];
    for (pair, ends) in (0_u32..).zip(&model.ends) {
        pairs_of[ends[0] as usize].push(pair);
    }
    let of_two: BTreeSet<[u32; 2]> = model
        .rows
        .iter()
        .filter_map(|row| match row.split {
            Split::Together(nodes) => Some(nodes),
            _ => None,
        })
        .collect();
    if of_two.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let known: BTreeSet<u32> = of_two.iter().flatten().copied().collect();
    let dwellings = u32::try_from(model.sizes[1]).unwrap_or(u32::MAX);
    let one = |(node, pairs): (u32, &Vec<u32>)| {
        let takes = |pair: &u32| (model.ends[*pair as usize][1], parts[*pair as usize], *pair);
        One { node: dwellings + node, takes: pairs.iter().map(takes).collect() }
    };
    let ones = (0_u32..).zip(&pairs_of).filter(|(node, _)| !known.contains(node)).map(one).collect();
    let two = |[first, second]: [u32; 2]| {
        let own = pairs_of[first as usize].clone();
        let mut takes: BTreeMap<u32, (i64, Vec<u32>)> = BTreeMap::new();
        for pair in own.iter().chain(&pairs_of[second as usize]) {
            let entry = takes.entry(model.ends[*pair as usize][1]).or_default();
            entry.0 += parts[*pair as usize];
            entry.1.push(*pair);
        }
        Two { served: own.iter().map(|pair| parts[*pair as usize]).sum(), own, takes }
    };
    (ones, of_two.into_iter().map(two).collect())
}

/// Of each node, those that are taken with it, at least in part; a shorter way is more of it.
fn rings(ones: &[One], twos: &[Two]) -> BTreeMap<u32, BTreeMap<u32, i64>> {
    let mut both: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    for one in ones {
        for (dwelling, part, _) in one.takes.iter().filter(|(_, part, _)| *part > BROKEN) {
            both.insert((*dwelling, one.node), *part);
        }
    }
    for two in twos {
        let taken: Vec<(u32, i64)> =
            two.takes.iter().filter(|(_, (part, _))| *part > 0).map(|(to, (part, _))| (*to, *part)).collect();
        for (place, (first, one)) in taken.iter().enumerate() {
            for (second, other) in &taken[place + 1..] {
                let inside = one + other - two.served;
                if inside > BROKEN {
                    *both.entry((*first, *second)).or_default() += inside;
                }
            }
        }
    }
    let mut near: BTreeMap<u32, BTreeMap<u32, i64>> = BTreeMap::new();
    for ((first, second), inside) in both {
        let length = (OFTEN - 2 * inside).max(0);
        near.entry(first).or_default().insert(second, length);
        near.entry(second).or_default().insert(first, length);
    }
    near
}

/// The nodes of the shortest odd ring through one, when it is short enough to break a rule.
fn odd_ring(near: &BTreeMap<u32, BTreeMap<u32, i64>>, start: u32) -> Option<BTreeSet<u32>> {
    let mut reached: BTreeMap<(u32, bool), (i64, u32)> = BTreeMap::from([((start, false), (0, start))]);
    let mut open = BinaryHeap::from([Reverse((0_i64, start, false))]);
    while let Some(Reverse((length, at, odd))) = open.pop() {
        if reached[&(at, odd)].0 < length {
            continue;
        }
        if (at, odd) == (start, true) {
            break;
        }
        for (to, more) in &near[&at] {
            let next = length + more + 1;
            let known = reached.get(&(*to, !odd)).map_or(OFTEN, |known| known.0);
            if next < known {
                reached.insert((*to, !odd), (next, at));
                open.push(Reverse((next, *to, !odd)));
            }
        }
    }
    let mut inside = BTreeSet::new();
    let (mut at, mut odd) = (start, true);
    loop {
        let (_, before) = *reached.get(&(at, odd))?;
        inside.insert(at);
        (at, odd) = (before, !odd);
        if (at, odd) == (start, false) {
            break;
        }
    }
    (inside.len() % 2 == 1).then_some(inside)
}

/// The rule of an odd number of nodes, and by how much it is broken.
fn rule(ones: &[One], twos: &[Two], inside: &BTreeSet<u32>) -> Option<(i64, Row)> {
    let mut counts: BTreeMap<u32, i64> = BTreeMap::new();
    let most = i64::try_from(inside.len() / 2).ok()?;
    let mut beyond = -most * OFTEN;
    for one in ones.iter().filter(|one| inside.contains(&one.node)) {
        for (_, part, pair) in one.takes.iter().filter(|(dwelling, ..)| inside.contains(dwelling)) {
            beyond += part;
            counts.insert(*pair, 1);
        }
    }
    for two in twos {
        let takes = || inside.iter().filter_map(|dwelling| two.takes.get(dwelling));
        let over = takes().map(|(part, _)| part).sum::<i64>() - two.served;
        if over > 0 {
            beyond += over;
            for pair in takes().flat_map(|(_, pairs)| pairs) {
                *counts.entry(*pair).or_default() += 1;
            }
            for pair in &two.own {
                *counts.entry(*pair).or_default() -= 1;
            }
        }
    }
    let terms = counts.into_iter().filter(|(_, count)| *count != 0).collect();
    (beyond > BROKEN).then(|| (beyond, Row::new(terms, most, Split::Pair)))
}
