//! Rules on the placements: contingents, charters, shares of demolishers and others, mix by neighbourhood.

use crate::graph::{Graph, Node, Value};
use crate::neighbours::Neighbours;
use crate::pairing::{Members, NONE, Pairing};
use crate::priced::model::{Row, Split, UNBOUNDED, WHOLE_BP};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values that a node must all have.
pub type Filter = BTreeMap<String, Value>;

/// A rule on the placements kept.
///
/// | `type` | what must hold |
/// |---|---|
/// | `max` | placements that pass both filters ≤ `bound` |
/// | `min` | placements that pass both filters ≥ `bound` |
/// | `share_min` | placements that pass both filters ≥ `bp`/10 000 of all placements |
/// | `share_max_of_zone` | of the placements whose dwelling passes, those whose household passes ≤ `bp`/10 000 |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What kind of rule.
    #[serde(rename = "type")]
    pub form: Form,
    /// What the dwelling must be; empty for any.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub dwelling: Filter,
    /// What the household must be; empty for any.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub household: Filter,
    /// Placements, of `max` and `min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<i64>,
    /// Basis points (1/10 000), of the shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bp: Option<i64>,
}

/// The kinds of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// At most so many.
    Max,
    /// At least so many.
    Min,
    /// At least this share of all placements.
    ShareMin,
    /// At most this share of the placements in a zone.
    ShareMaxOfZone,
}

/// Why a rule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum RuleError {
    #[error("constraints[{place}]: {form:?} needs `{field}`, a whole number from 0 to {most}")]
    Number { place: usize, form: Form, field: &'static str, most: i64 },
}

/// The largest bound.
const MOST: i64 = 1_000_000_000;

fn passes(filter: &Filter, node: &Node) -> bool {
    filter.iter().all(|(name, value)| node.value(name).as_ref() == Some(value))
}

impl Rule {
    /// The number that the kind of rule needs.
    fn number(&self, place: usize) -> Result<i64, RuleError> {
        let (field, value, most) = match self.form {
            Form::Max | Form::Min => ("bound", self.bound, MOST),
            Form::ShareMin | Form::ShareMaxOfZone => ("bp", self.bp, WHOLE_BP),
        };
        value.filter(|value| (0..=most).contains(value)).ok_or(RuleError::Number {
            place,
            form: self.form,
            field,
            most,
        })
    }

    /// The rule as rows on the pairs `(household, dwelling)`, the first of them at `at` in the model: the rule
    /// itself, then what counts for it.
    fn rows(&self, place: usize, at: usize, graph: &Graph) -> Result<Vec<Row>, RuleError> {
        let number = self.number(place)?;
        let households: Vec<bool> =
            graph.households.iter().map(|node| passes(&self.household, node)).collect();
        let dwellings: Vec<bool> = graph.dwellings.iter().map(|node| passes(&self.dwelling, node)).collect();
        let passing = (households, dwellings);
        let row = |count: &dyn Fn(bool, bool) -> i64, most: i64, split: Split| {
            let terms = (0..).zip(&graph.edges).map(|(pair, (household, dwelling, _))| {
                (pair, count(passing.0[*household as usize], passing.1[*dwelling as usize]))
            });
            Row::new(terms.filter(|(_, count)| *count != 0).collect(), most, split)
        };
        let both = |household, dwelling| i64::from(household && dwelling);
        Ok(match self.form {
            Form::Max => vec![row(&both, number, Split::Pair)],
            Form::Min => vec![row(&|h, d| -both(h, d), -number, Split::Pair)],
            Form::ShareMin => share(graph, &passing, at, WHOLE_BP - number, &|h, d| (true, h && d)),
            Form::ShareMaxOfZone => share(graph, &passing, at, number, &|h, d| (d, !h)),
        })
    }
}

/// Whether a household and a dwelling that pass or not are in a whole, and in the share asked of it.
type Belongs<'a> = &'a dyn Fn(bool, bool) -> (bool, bool);

/// The rows of a share: outside of it, at most `outside_bp` of the whole.
///
/// In whole placements, n inside allow `f(n)` outside, rounded down. The rows are the edges of the smallest convex
/// region that holds all these points (as far as so many can be inside), so that a fraction of a placement is
/// never counted on; then rows that count outside, the same below zero, and the whole below zero.
fn share(
    graph: &Graph,
    passing: &(Vec<bool>, Vec<bool>),
    at: usize,
    outside_bp: i64,
    belongs: Belongs,
) -> Vec<Row> {
    let kind = |(household, dwelling): (u32, u32)| {
        belongs(passing.0[household as usize], passing.1[dwelling as usize])
    };
    let row = |count: &dyn Fn(bool, bool) -> i64, most: i64, split: Split| {
        let terms = (0..).zip(&graph.edges).map(|(pair, (household, dwelling, _))| {
            let (whole, inside) = kind((*household, *dwelling));
            (pair, count(whole && inside, whole && !inside))
        });
        Row::new(terms.filter(|(_, count)| *count != 0).collect(), most, split)
    };
    let inside_most = largest_inside(graph, &|pair| kind(pair) == (true, true));
    let most = |inside: i64| match WHOLE_BP - outside_bp {
        0 => UNBOUNDED,
        rest => inside * outside_bp / rest,
    };
    let corners = corners(inside_most, most);
    let split = Split::Share { counters: at + corners.len() - 1, outside_bp };
    let mut rows: Vec<Row> = corners
        .windows(2)
        .map(|two| {
            let (wide, high) = (two[1].0 - two[0].0, two[1].1 - two[0].1);
            let count = |inside, outside| wide * i64::from(outside) - high * i64::from(inside);
            row(&count, wide * two[0].1 - high * two[0].0, split.clone())
        })
        .collect();
    rows.push(row(&|_, outside| i64::from(outside), most(inside_most), Split::Pair));
    rows.push(row(&|_, outside| -i64::from(outside), UNBOUNDED, Split::Pair));
    rows.push(row(&|inside, outside| -i64::from(inside || outside), UNBOUNDED, Split::Pair));
    rows
}

/// The corners of the upper edge of the smallest convex region that holds `(n, most(n))` for n from 0 to `last`.
fn corners(last: i64, most: impl Fn(i64) -> i64) -> Vec<(i64, i64)> {
    let mut corners: Vec<(i64, i64)> = Vec::new();
    for inside in 0..=last {
        let next = (inside, most(inside));
        while let [.., before, middle] = corners.as_slice() {
            let turn =
                (middle.0 - before.0) * (next.1 - before.1) - (middle.1 - before.1) * (next.0 - before.0);
            if turn < 0 {
                break;
            }
            corners.pop();
        }
        corners.push(next);
    }
    corners
}

/// How many pairs of a kind can be taken at once.
fn largest_inside(graph: &Graph, inside: &dyn Fn((u32, u32)) -> bool) -> i64 {
    let (households, dwellings) = (graph.households.len(), graph.dwellings.len());
    let pairs: Vec<(u32, u32, i32)> = graph
        .edges
        .iter()
        .filter(|(household, dwelling, _)| inside((*household, *dwelling)))
        .map(|(household, dwelling, _)| (*household, *dwelling, 0))
        .collect();
    let by_dwelling = Neighbours::by_second(pairs.iter().copied(), dwellings);
    let mut pairing = Pairing::empty(dwellings, households);
    let all = Members { rows: vec![true; dwellings], columns: vec![true; households] };
    pairing.grow(&by_dwelling, &all);
    i64::try_from(pairing.of_row.iter().filter(|household| **household != NONE).count()).unwrap_or(i64::MAX)
}

/// All rules of a graph as rows on its pairs, and of each row the place of its rule.
///
/// # Errors
/// The first rule that cannot be read.
pub(crate) fn rows(graph: &Graph) -> Result<Vec<(usize, Row)>, RuleError> {
    let mut all: Vec<(usize, Row)> = Vec::new();
    for (place, rule) in graph.constraints.iter().enumerate() {
        let rows = rule.rows(place, all.len(), graph)?;
        all.extend(rows.into_iter().map(|row| (place, row)));
    }
    Ok(all)
}
