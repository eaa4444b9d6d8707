//! Rules that follow from taking whole pairs (Gomory's mixed-integer cuts, in whole numbers).
//!
//! Any combination of the rows, each with its room, is an equation over whole numbers that are zero or more: pairs
//! taken, pairs left out, room. What its fractions come to is then at least so much; which combination to look at is
//! told by the programme, and whichever it is, the rule is true.

use super::model::{Model, Row, Split};
use super::rates::OFTEN;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A row of the programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A node of a side takes one pair at most.
    Node(usize, u32),
    /// A rule of the model.
    Rule(usize),
}

/// A sum of rows, each times so many `parts`-ths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Combination {
    pub(super) parts: i64,
    pub(super) rows: Vec<(Source, i64)>,
}

/// Rules with larger counts would make coarse rates.
const LARGEST: i128 = 4096;
/// Rules that come in at once.
const AT_ONCE: usize = 24;

/// The rules that these combinations give and that the parts of pairs break, most broken first. `high` tells which
/// pairs are counted by what is left out of them.
pub(super) fn broken(model: &Model, combinations: &[Combination], high: &[bool], parts: &[i64]) -> Vec<Row> {
    let mut pairs_of = [0, 1].map(|side: usize| vec![Vec::new(); model.sizes[side]]);
    for (pair, ends) in (0_u32..).zip(&model.ends) {
        for side in [0, 1] {
            pairs_of[side][ends[side] as usize].push((pair, 1_i64));
        }
    }
    let terms = |source: Source| match source {
        Source::Node(side, node) => (&pairs_of[side][node as usize], 1),
        Source::Rule(row) => (&model.rows[row].terms, model.rows[row].most),
    };
    let mut found: Vec<(i128, Row)> = Vec::new();
    for combination in combinations {
        if let Some(row) = rule(combination, high, &terms) {
            let count: i128 = row
                .terms
                .iter()
                .map(|(pair, count)| i128::from(*count) * i128::from(parts[*pair as usize]))
                .sum();
            let beyond = count - i128::from(row.most) * i128::from(OFTEN);
            let square: i128 =
                row.terms.iter().map(|(_, count)| i128::from(*count) * i128::from(*count)).sum();
            if beyond > 0 && found.iter().all(|(_, known)| known.terms != row.terms) {
                found.push((beyond * beyond / square.max(1), row));
            }
        }
    }
    found.sort_by_key(|(beyond, _)| Reverse(*beyond));
    found
        .into_iter()
        .filter(|(beyond, _)| *beyond > i128::from(OFTEN))
        .take(AT_ONCE)
        .map(|(_, row)| row)
        .collect()
}

type Terms<'a> = &'a dyn Fn(Source) -> (&'a Vec<(u32, i64)>, i64);

/// The rule of a combination.
fn rule(combination: &Combination, high: &[bool], terms: Terms) -> Option<Row> {
    let parts = i128::from(combination.parts);
    let mut counts: BTreeMap<u32, i128> = BTreeMap::new();
    let mut most = 0_i128;
    for (source, times) in &combination.rows {
        let (terms, bound) = terms(*source);
        most += i128::from(*times) * i128::from(bound);
        for (pair, count) in terms {
            *counts.entry(*pair).or_default() += i128::from(*times) * i128::from(*count);
        }
    }
    // What a pair left out counts is the opposite.
    for (_, count) in counts.iter_mut().filter(|(pair, _)| high[**pair as usize]) {
        most -= *count;
        *count = -*count;
    }
    let whole = most.rem_euclid(parts);
    if whole == 0 {
        return None;
    }
    let weight = |count: i128| match count.rem_euclid(parts) {
        rest if rest <= whole => rest * (parts - whole),
        rest => whole * (parts - rest),
    };
    // At least `least`, of whole numbers that are zero or more; then in terms of the pairs taken.
    let mut least = whole * (parts - whole);
    let mut above: BTreeMap<u32, i128> = BTreeMap::new();
    for (pair, count) in &counts {
        let weight = weight(*count);
        if high[*pair as usize] {
            least -= weight;
            *above.entry(*pair).or_default() -= weight;
        } else {
            *above.entry(*pair).or_default() += weight;
        }
    }
    for (source, times) in &combination.rows {
        let weight = weight(i128::from(*times));
        let (terms, bound) = terms(*source);
        least -= weight * i128::from(bound);
        for (pair, count) in terms {
            *above.entry(*pair).or_default() -= weight * i128::from(*count);
        }
    }
    above.retain(|_, count| *count != 0);
    let common = above.values().fold(0, |common, count| divisor(common, count.abs())).max(1);
    // Whole counts: the bound may be rounded towards them.
    let least = -((-least).div_euclid(common));
    let short = |count: i128| i64::try_from(count).ok();
    let terms: Option<Vec<(u32, i64)>> = above
        .into_iter()
        .map(|(pair, count)| {
            (count.abs() / common <= LARGEST)
                .then(|| short(-count / common))
                .flatten()
                .map(|count| (pair, count))
        })
        .collect();
    Some(Row::new(terms?, short(-least)?, Split::Pair))
}

fn divisor(first: i128, second: i128) -> i128 {
    if second == 0 { first } else { divisor(second, first % second) }
}
