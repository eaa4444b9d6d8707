//! A case of the search cut in two that together leave nothing out, and each leave something: what is decided already
//! is not decided again, whatever the programme, cut short or a little off, says of it.

use super::decided::Decided;
use super::model::{Model, Split, WHOLE_BP};
use super::rates::{OFTEN, Rated};
use std::cmp::Reverse;

/// Less than that of a pair is none of it, in [`OFTEN`]s.
const WHOLE: i64 = OFTEN / 256;

/// Two cases, of which the one to look at first comes last; none where everything is decided.
pub(super) fn split(model: &Model, rated: &Rated, decided: &Decided) -> Vec<Decided> {
    let known = decided.known(rated.taken.len());
    split_a_rule(model, rated, decided, &known)
        .or_else(|| split_a_part(rated, decided, &known))
        .unwrap_or_else(|| split_on_pair(model, rated, decided, &known))
}

/// True when no pair is taken in part.
pub(super) fn is_whole(parts: &[i64]) -> bool {
    parts.iter().all(|part| odd(*part) <= WHOLE)
}

/// How far from a whole number of pairs.
fn odd(part: i64) -> i64 {
    let rest = part.rem_euclid(OFTEN);
    rest.min(OFTEN - rest)
}

/// The share whose outside, or the household of two whose service, the programme takes most in part.
fn split_a_rule(model: &Model, rated: &Rated, decided: &Decided, known: &[bool]) -> Option<Vec<Decided>> {
    let of_node =
        |node: u32| -> i64 { rated.market.pairs_of(0, node).map(|pair| rated.parts[*pair as usize]).sum() };
    let open = |nodes: [u32; 2]| {
        let served = nodes.iter().any(|node| decided.must.contains(node));
        !served && rated.market.pairs_of(0, nodes[0]).any(|pair| !known[*pair as usize])
    };
    let part = |split: &Split| match split {
        Split::Share { counters, outside_bp } if *outside_bp > 0 => {
            let part = rated.part_of(*counters);
            let at = part.div_euclid(OFTEN);
            let (least, most) = (-rated.most[*counters + 1], rated.most[*counters]);
            if (least..most).contains(&at) { part } else { 0 }
        }
        Split::Together(nodes) if open(*nodes) => of_node(nodes[0]),
        Split::Together(_) | Split::Share { .. } | Split::Pair => 0,
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
fn split_a_part(rated: &Rated, decided: &Decided, known: &[bool]) -> Option<Vec<Decided>> {
    let parts = (0_u32..).zip(rated.parts.iter().zip(known)).filter(|(_, (_, known))| !**known);
    let parts = parts.map(|(pair, (part, _))| (odd(*part), Reverse(pair)));
    let (most, Reverse(pair)) = parts.max()?;
    (most > WHOLE).then(|| on_pair(decided, pair).into())
}

/// Any pair, where the programme takes pairs whole and the bound still leaves something open: of the rule most
/// broken if one is, and at least cost.
fn split_on_pair(model: &Model, rated: &Rated, decided: &Decided, known: &[bool]) -> Vec<Decided> {
    let broken = rated.most_broken();
    let terms = broken.map(|row| model.rows[row].terms.as_slice()).unwrap_or_default();
    // Take out what counts, or put in what takes away.
    let useful = terms
        .iter()
        .filter(|(pair, count)| rated.taken[*pair as usize] == (*count > 0))
        .map(|(pair, _)| *pair);
    let useful =
        useful.filter(|pair| !known[*pair as usize]).min_by_key(|pair| (cost(model, rated, *pair), *pair));
    let open = || (0_u32..).zip(known).filter(|(_, known)| !**known).map(|(pair, _)| pair);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::priced::model::{Counts, Row, UNBOUNDED};
    use std::rc::Rc;

    /// Two nodes that go together or not at all, each with one dwelling or the other, and a share: at most half of
    /// the pairs may be outside, which all are.
    fn model() -> Model {
        let together = Split::Together([0, 1]);
        let count = |counts: [i64; 4], most, split| Row::new((0..).zip(counts).collect(), most, split);
        Model {
            sizes: [2, 2],
            ends: vec![[0, 0], [0, 1], [1, 0], [1, 1]],
            levels: vec![vec![1; 4]],
            rows: vec![
                count([1, 1, -1, -1], 0, together),
                count([1; 4], 0, Split::Share { counters: 2, outside_bp: 5_000 }),
                count([1; 4], 2, Split::Pair),
                count([-1; 4], UNBOUNDED, Split::Pair),
                count([-1; 4], UNBOUNDED, Split::Pair),
            ],
            ..Model::default()
        }
    }

    /// The cases of a case in which the programme takes these quarters of each pair.
    fn check(decided: &Decided, quarters: [i64; 4]) -> Vec<Decided> {
        let model = model();
        let mut rated = Rated::new(&model, Rc::new(Counts::of(&model)), 0, vec![0; model.rows.len()]);
        rated.solve(decided);
        rated.parts = quarters.map(|quarters| quarters * OFTEN / 4).to_vec();
        split(&model, &rated, decided)
    }

    #[test]
    fn a_household_of_two_is_served_or_not_once() {
        let cases = check(&Decided::default(), [2, 0, 0, 2]);
        assert_eq!(cases.iter().map(|case| case.must.as_slice()).collect::<Vec<_>>(), [&[0, 1][..], &[]]);
        // Served, then the programme's half of it is split pair by pair; so it is once all its pairs are closed.
        let cases = check(&cases[0], [2, 0, 0, 2]);
        assert_eq!(cases.iter().map(|case| case.must.len()).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(cases.iter().map(|case| case.forced.as_slice()).collect::<Vec<_>>(), [&[][..], &[0]]);
        let mut closed = Decided::default();
        closed.close(vec![0, 1, 2]);
        let cases = check(&closed, [2, 0, 0, 2]);
        assert_eq!(cases.iter().map(|case| case.forced.as_slice()).collect::<Vec<_>>(), [&[][..], &[3]]);
    }

    #[test]
    fn a_share_is_split_where_neither_side_is_decided() {
        let cases = check(&Decided::default(), [4, 0, 1, 0]);
        assert_eq!(cases[0].limits, [(3, -2), (4, -4)]);
        assert_eq!(cases[1].limits, [(2, 1)]);
        // One outside at most, or two at least: a little beyond is no new case.
        for (decided, quarters) in [(&cases[1], [4, 0, 1, 0]), (&cases[0], [4, 0, 3, 0])] {
            for case in check(decided, quarters) {
                assert_eq!(case.limits, decided.limits);
            }
        }
    }
}
