//! Better answers made of parts of two.
//!
//! Where two pairings differ, they differ in chains and rings that share no node: each can be taken from one or
//! from the other. Starting at one answer, the parts that mend broken rules at least cost are taken, then those
//! that improve the objective without breaking any.

use super::model::{Counts, Model};

/// A part in which two answers differ.
struct Part {
    pairs: Vec<u32>,
    /// What changing it adds to the objective.
    value: i64,
    /// What it adds to the excess of each rule that it touches.
    changes: Vec<(usize, i64)>,
}

/// Mends `from`, of which `totals` tells what it counts for each rule, with parts of `with`. Returns an answer that
/// keeps every rule, if one was found, and what it is worth.
pub(super) fn blend(
    model: &Model,
    counts: &Counts,
    level: usize,
    (from, totals): (&[bool], &[i64]),
    with: &[bool],
) -> Option<(Vec<bool>, i64)> {
    let mut parts = parts(model, counts, level, from, with);
    let mut excess: Vec<i64> = model.rows.iter().zip(totals).map(|(row, total)| total - row.most).collect();
    if parts.is_empty() && excess.iter().any(|excess| *excess > 0) {
        return None;
    }
    let scales: Vec<i64> = model.rows.iter().map(|row| row.scale).collect();
    let mut taken = from.to_vec();
    // Each part may be changed back: no more rounds than parts, twice.
    for _ in 0..2 * parts.len() + 1 {
        let broken = excess.iter().any(|excess| *excess > 0);
        let better = |part: &Part| {
            let mended: i64 = part
                .changes
                .iter()
                .map(|(row, change)| {
                    let before = excess[*row].max(0);
                    let after = (excess[*row] + change).max(0);
                    (before - after) * 1_000 / scales[*row]
                })
                .sum();
            if broken { (mended, part.value) } else { (mended.min(0), part.value) }
        };
        let found = (0..parts.len())
            .map(|part| (better(&parts[part]), part))
            .max_by_key(|(gain, part)| (*gain, usize::MAX - part));
        let Some((_, place)) = found.filter(|(gain, _)| *gain > (0, 0)) else { break };
        let part = &mut parts[place];
        for pair in &part.pairs {
            taken[*pair as usize] = !taken[*pair as usize];
        }
        part.value = -part.value;
        for (row, change) in &mut part.changes {
            excess[*row] += *change;
            *change = -*change;
        }
    }
    if excess.iter().any(|excess| *excess > 0) {
        return None;
    }
    let value = model.value(level, &taken);
    Some((taken, value))
}

fn parts(model: &Model, counts: &Counts, level: usize, from: &[bool], with: &[bool]) -> Vec<Part> {
    let different: Vec<u32> =
        (0..).zip(from.iter().zip(with)).filter(|(_, (a, b))| a != b).map(|(pair, _)| pair).collect();
    let nodes = model.sizes[0] + model.sizes[1];
    let mut root: Vec<usize> = (0..nodes).collect();
    let end = |pair: u32, side: usize| model.ends[pair as usize][side] as usize + side * model.sizes[0];
    for &pair in &different {
        let (first, second) = (find(&mut root, end(pair, 0)), find(&mut root, end(pair, 1)));
        root[first] = second;
    }
    let mut place = vec![usize::MAX; nodes];
    let mut parts: Vec<Part> = Vec::new();
    for pair in different {
        let root = find(&mut root, end(pair, 0));
        if place[root] == usize::MAX {
            place[root] = parts.len();
            parts.push(Part { pairs: Vec::new(), value: 0, changes: Vec::new() });
        }
        let part = &mut parts[place[root]];
        let sign = if from[pair as usize] { -1 } else { 1 };
        part.value += sign * model.levels[level][pair as usize];
        for (row, count) in &counts.0[pair as usize] {
            part.changes.push((*row as usize, sign * count));
        }
        part.pairs.push(pair);
    }
    for part in &mut parts {
        part.changes.sort_unstable_by_key(|(row, _)| *row);
        part.changes.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
    }
    parts
}

fn find(root: &mut [usize], mut node: usize) -> usize {
    while root[node] != node {
        root[node] = root[root[node]];
        node = root[node];
    }
    node
}
