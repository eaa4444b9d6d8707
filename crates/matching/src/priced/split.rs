//! A case of the search cut in two that together leave nothing out.

use super::decided::Decided;
use super::model::{Model, Split, WHOLE_BP};
use super::rates::{OFTEN, Rated};
use std::cmp::Reverse;

/// Less than that of a pair is none of it, in [`OFTEN`]s.
const WHOLE: i64 = OFTEN / 256;

/// Two cases, of which the one to look at first comes last; none where everything is decided.
pub(super) fn split(model: &Model, rated: &Rated, decided: &Decided) -> Vec<Decided> {
    split_a_rule(model, rated, decided)
        .or_else(|| split_a_part(rated, decided))
        .unwrap_or_else(|| split_on_pair(model, rated, decided))
}

/// How far from a whole number of pairs.
fn odd(part: i64) -> i64 {
    let rest = part.rem_euclid(OFTEN);
    rest.min(OFTEN - rest)
}

/// The share whose outside, or the household of two whose service, the programme takes most in part.
fn split_a_rule(model: &Model, rated: &Rated, decided: &Decided) -> Option<Vec<Decided>> {
    let of_node =
        |node: u32| -> i64 { rated.market.pairs_of(0, node).map(|pair| rated.parts[*pair as usize]).sum() };
    let part = |split: &Split| match split {
        Split::Share { counters, outside_bp } if *outside_bp > 0 => rated.part_of(*counters),
        Split::Together(nodes) => of_node(nodes[0]),
        Split::Share { .. } | Split::Pair => 0,
    };
    let rules = model.rows.iter().enumerate().map(|(place, row)| (odd(part(&row.split)), Reverse(place)));
    let (most, Reverse(place)) = rules.max()?;
    if most <= WHOLE {
        return None;
    }
    let (mut low, mut high) = (decided.clone(), decided.clone());
    match model.rows[place].split {
        Split::Share { counters, outside_bp } => {
            let at = rated.part_of(counters).div_euclid(OFTEN);
            low.limits.push((counters, at));
            high.limits.push((counters + 1, -(at + 1)));
            high.limits.push((counters + 2, -(((at + 1) * WHOLE_BP + outside_bp - 1) / outside_bp)));
            Some(vec![high, low])
        }
        Split::Together(nodes) => {
            low.close(nodes.iter().flat_map(|node| rated.market.pairs_of(0, *node)).copied().collect());
            high.must.extend(nodes);
            Some(if of_node(nodes[0]) > OFTEN / 2 { vec![low, high] } else { vec![high, low] })
        }
        Split::Pair => None,
    }
}

/// The pair that the programme takes most in part.
fn split_a_part(rated: &Rated, decided: &Decided) -> Option<Vec<Decided>> {
    let parts = (0_u32..).zip(&rated.parts).map(|(pair, part)| (odd(*part), Reverse(pair)));
    let (most, Reverse(pair)) = parts.max()?;
    (most > WHOLE).then(|| on_pair(decided, pair).into())
}

/// Any pair, where the programme takes pairs whole and the bound still leaves something open: of the rule most
/// broken if one is, and at least cost.
fn split_on_pair(model: &Model, rated: &Rated, decided: &Decided) -> Vec<Decided> {
    let known = decided.known(rated.taken.len());
    let broken = rated.most_broken();
    let terms = broken.map(|row| model.rows[row].terms.as_slice()).unwrap_or_default();
    // Take out what counts, or put in what takes away.
    let useful = terms
        .iter()
        .filter(|(pair, count)| rated.taken[*pair as usize] == (*count > 0))
        .map(|(pair, _)| *pair);
    let useful =
        useful.filter(|pair| !known[*pair as usize]).min_by_key(|pair| (cost(model, rated, *pair), *pair));
    let open = || (0_u32..).zip(&known).filter(|(_, known)| !**known).map(|(pair, _)| pair);
    let any = || open().min_by_key(|pair| (!rated.taken[*pair as usize], *pair));
    let Some(pair) = useful.or_else(any) else { return Vec::new() };
    let [closed, forced] = on_pair(decided, pair);
    if rated.taken[pair as usize] { vec![forced, closed] } else { vec![closed, forced] }
}

fn on_pair(decided: &Decided, pair: u32) -> [Decided; 2] {
    let (mut closed, mut forced) = (decided.clone(), decided.clone());
    closed.close(vec![pair]);
    forced.forced.push(pair);
    [closed, forced]
}

/// What changing a pair costs at least, about: its shortfall, or that of the next pair of its end.
fn cost(model: &Model, rated: &Rated, pair: u32) -> i128 {
    if !rated.taken[pair as usize] {
        return rated.market.shortfall(pair);
    }
    let node = model.ends[pair as usize][0];
    let others = rated.market.pairs_of(0, node).filter(|other| **other != pair);
    others.map(|other| rated.market.shortfall(*other)).min().unwrap_or(i128::MAX)
}
