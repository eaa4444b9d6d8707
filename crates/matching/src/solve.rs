//! From a prepared graph to its answer: the best choice, with its bound.

use crate::assignment::assign_on;
use crate::certificate::certify;
use crate::graph::{Graph, Kind};
use crate::instance::InstanceError;
use crate::priced::levels::{self, Outcome};
use crate::priced::model::{Model, Row};
pub use crate::priced::tree::Step;
use crate::quota::{self, RuleError};
use crate::{chain, double};
use serde::Serialize;
use std::borrow::Cow;

/// The best choice, or the best found in the time given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Always true: what cannot be done is an [`Infeasible`].
    pub feasible: bool,
    /// No other choice is better.
    pub optimal: bool,
    /// It is proven by prices that were checked apart from the search (`certificate`); otherwise, when it is optimal, by
    /// the bound of the search.
    #[serde(skip)]
    pub by_prices: bool,
    /// What it is worth.
    #[serde(flatten)]
    pub totals: Totals,
    /// Who is offered what, in the order of the households.
    pub assignments: Vec<Given>,
    /// No choice is above it: level after level, each given the levels before.
    pub bound: Totals,
}

/// What a choice comes to, by level of the objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Urgent households placed.
    pub urgent: i64,
    /// Households placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<i64>,
    /// Households placed, of double propositions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<i64>,
    /// Total score.
    pub score: i64,
    /// Internal transfers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<i64>,
}

/// What one household is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Given {
    /// The household.
    pub household: u32,
    /// The dwelling; of a chain, the vacant one at its head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dwelling: Option<u32>,
    /// One or two dwellings, of double propositions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dwellings: Vec<u32>,
    /// The score; of a chain, of all its moves.
    pub score: i64,
    /// Transfers between the vacant dwelling and the household, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Vec<u32>>,
}

/// Rules that nobody can keep together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Infeasible {
    /// Always false.
    pub feasible: bool,
    /// In words.
    pub why: String,
    /// Places of the rules in the file. Together they cannot be kept; without any one of them the others can, as far as
    /// was looked: a search stopped on the way may leave in some that could go.
    pub constraints: Vec<usize>,
}

/// How a graph ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum End {
    /// An answer.
    Answer(Answer),
    /// None exists.
    Infeasible(Infeasible),
    /// None was found in the time given.
    Stopped,
}

/// Why a graph cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum GraphError {
    #[error(transparent)]
    Instance(#[from] InstanceError),
    #[error("{list}: {error}")]
    List { list: &'static str, error: InstanceError },
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("objective: {kind:?} has the levels {expected:?} in this order, or none written")]
    Objective { kind: Kind, expected: &'static [&'static str] },
    #[error("{list} has no place in a graph of kind {kind:?}")]
    Misplaced { list: &'static str, kind: Kind },
}

/// Solves a graph. `watch` is told of the search and says whether it may go on; it is not asked while plain pairings are
/// solved. The order in which the pairs are given does not change the answer of a search that it never stops.
///
/// # Errors
/// What is wrong with the graph.
pub fn solve(graph: &Graph, threads: usize, watch: &mut dyn FnMut(Step) -> bool) -> Result<End, GraphError> {
    check(graph)?;
    let graph = &*in_order(graph)?;
    match graph.kind {
        Kind::Bipartite => bipartite(graph, threads, watch),
        Kind::Double => Ok(double::solve(graph, watch)),
        Kind::Chain => Ok(chain::solve(graph, watch)),
    }
}

/// The same graph with each list of pairs in order, once these are known to be right: what is wrong is told by the
/// places of the file. A plain pairing reads its pairs itself: where they are in order, it is left to it.
fn in_order(graph: &Graph) -> Result<Cow<'_, Graph>, GraphError> {
    let lists = [
        &graph.edges,
        &graph.mutation_to_dwelling,
        &graph.mutation_to_mutation,
        &graph.household_to_mutation,
    ];
    let sorted = lists.into_iter().all(|list| list.is_sorted());
    match graph.kind {
        Kind::Bipartite if sorted => {}
        Kind::Bipartite | Kind::Double => graph.instance().check()?,
        Kind::Chain => chain::check(graph)?,
    }
    if sorted {
        return Ok(Cow::Borrowed(graph));
    }
    let mut graph = graph.clone();
    graph.edges.sort_unstable();
    graph.mutation_to_dwelling.sort_unstable();
    graph.mutation_to_mutation.sort_unstable();
    graph.household_to_mutation.sort_unstable();
    Ok(Cow::Owned(graph))
}

fn check(graph: &Graph) -> Result<(), GraphError> {
    let kind = graph.kind;
    let expected: &[&str] = match kind {
        Kind::Bipartite => &["urgent", "placed", "score"],
        Kind::Double => &["urgent", "served", "score"],
        Kind::Chain => &["urgent", "placed", "min_transfers", "score"],
    };
    if !graph.objective.is_empty() && graph.objective != expected {
        return Err(GraphError::Objective { kind, expected });
    }
    if kind != Kind::Bipartite && !graph.constraints.is_empty() {
        return Err(GraphError::Misplaced { list: "constraints", kind });
    }
    let transfers = [
        ("mutations", graph.mutations.len()),
        ("mutation_to_dwelling", graph.mutation_to_dwelling.len()),
        ("mutation_to_mutation", graph.mutation_to_mutation.len()),
        ("household_to_mutation", graph.household_to_mutation.len()),
    ];
    match transfers.into_iter().find(|(_, length)| *length > 0) {
        Some((list, _)) if kind != Kind::Chain => Err(GraphError::Misplaced { list, kind }),
        _ => Ok(()),
    }
}

fn bipartite(graph: &Graph, threads: usize, watch: &mut dyn FnMut(Step) -> bool) -> Result<End, GraphError> {
    let instance = graph.instance();
    // Without the rules first: where it keeps them by itself, it is the best with them.
    let relaxed = assign_on(&instance, threads)?;
    let rows = quota::rows(graph)?.into_iter().map(|(_, row)| row).collect();
    let mut model = model(graph, rows);
    let taken: Vec<bool> = graph
        .edges
        .iter()
        .map(|(household, dwelling, _)| relaxed.dwelling_of[*household as usize] == Some(*dwelling))
        .collect();
    if model.is_kept_by(&taken) {
        let proven = certify(&instance, &relaxed).is_ok();
        let outcome = Outcome { bounds: totals(graph, &taken), taken: Some(taken), optimal: proven };
        return Ok(told(graph, &outcome, proven));
    }
    model.bound_shares(i64::try_from(relaxed.placed).unwrap_or(i64::MAX));
    let nothing = vec![false; graph.edges.len()];
    // Placing nobody keeps every rule but the minimums.
    let start = model.is_kept_by(&nothing).then_some(nothing);
    let outcome = levels::solve(model.clone(), start, watch);
    if outcome.taken.is_none() && outcome.optimal {
        return Ok(End::Infeasible(conflict(graph, watch)?));
    }
    Ok(told(graph, &outcome, false))
}

/// The pairs of a graph, their three levels, and the rules.
fn model(graph: &Graph, rows: Vec<Row>) -> Model {
    let urgent = |household: u32| i64::from(graph.households[household as usize].urgent.min(1));
    Model {
        sizes: [graph.households.len(), graph.dwellings.len()],
        ends: graph.edges.iter().map(|(household, dwelling, _)| [*household, *dwelling]).collect(),
        must: Vec::new(),
        levels: vec![
            graph.edges.iter().map(|(household, ..)| urgent(*household)).collect(),
            vec![1; graph.edges.len()],
            graph.edges.iter().map(|(.., score)| *score).collect(),
        ],
        rows,
    }
}

fn totals(graph: &Graph, taken: &[bool]) -> Vec<i64> {
    let model = model(graph, Vec::new());
    (0..3).map(|level| model.value(level, taken)).collect()
}

fn told(graph: &Graph, outcome: &Outcome, by_prices: bool) -> End {
    let Some(taken) = &outcome.taken else { return End::Stopped };
    let mut assignments: Vec<Given> = graph
        .edges
        .iter()
        .zip(taken)
        .filter(|(_, taken)| **taken)
        .map(|((household, dwelling, score), _)| Given {
            household: *household,
            dwelling: Some(*dwelling),
            score: *score,
            ..Given::default()
        })
        .collect();
    assignments.sort_unstable_by_key(|given| given.household);
    let of = |levels: &[i64]| Totals {
        urgent: levels[0],
        placed: Some(levels[1]),
        score: levels[2],
        ..Totals::default()
    };
    End::Answer(Answer {
        feasible: true,
        optimal: outcome.optimal,
        by_prices,
        totals: Totals { transfers: Some(0), ..of(&totals(graph, taken)) },
        assignments,
        bound: of(&outcome.bounds),
    })
}

/// Rules of which none can be left out: together they cannot be kept. Where `watch` stops the search, some may be left
/// in that could go.
fn conflict(graph: &Graph, watch: &mut dyn FnMut(Step) -> bool) -> Result<Infeasible, GraphError> {
    let mut graph = graph.clone();
    let mut left: Vec<usize> = (0..graph.constraints.len()).collect();
    let mut place = 0;
    while place < left.len() {
        let mut fewer = graph.clone();
        fewer.constraints.remove(place);
        let mut model = model(&fewer, quota::rows(&fewer)?.into_iter().map(|(_, row)| row).collect());
        model.levels = vec![vec![0; model.ends.len()]];
        let nothing = vec![false; model.ends.len()];
        let start = model.is_kept_by(&nothing).then_some(nothing);
        let outcome = levels::solve(model, start, watch);
        if outcome.taken.is_none() && outcome.optimal {
            graph = fewer;
            left.remove(place);
        } else {
            place += 1;
        }
    }
    let names: Vec<String> = left.iter().map(|rule| format!("constraints[{rule}]")).collect();
    let why = match names.as_slice() {
        [one] => format!("{one} cannot be kept by itself"),
        _ => format!("{} cannot be kept together", names.join(", ")),
    };
    Ok(Infeasible { feasible: false, why, constraints: left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::draw::Draw;
    use crate::generate::{self, Order};
    use crate::quota::{Form, Rule};
    use proptest::prelude::*;

    fn solved(graph: &Graph) -> End {
        solve(graph, 1, &mut |_| true).unwrap()
    }

    #[test]
    fn scores_in_the_millions_are_proven_to_the_point() {
        let order = Order { households: 60, dwellings: 60, per_household: 6, equal_scores: false, seed: 10 };
        let mut graph = generate::double(&order, 3);
        let mut draw = Draw::new(10);
        for (.., score) in &mut graph.edges {
            *score = *score * 300_000 + draw.number(300_000);
        }
        let mut asked = 0;
        let end = solve(&graph, 1, &mut |_| {
            asked += 1;
            asked < 5_000
        });
        assert!(matches!(end, Ok(End::Answer(Answer { optimal: true, .. }))), "open after {asked} pairings");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_order_of_the_pairs_changes_nothing(seed in 0_u64..1 << 40, size in 6_u32..30) {
            let order =
                Order { households: size * 2, dwellings: size, per_household: 5, equal_scores: seed % 3 == 0, seed };
            let mut ruled = generate::bipartite(&order);
            let rule = |form, bound, bp| Rule {
                form,
                dwelling: [("demolisher".to_owned(), crate::graph::Value::Number(0))].into(),
                household: [].into(),
                bound,
                bp,
            };
            ruled.constraints = vec![
                rule(Form::ShareMin, None, Some(6_000)),
                rule(Form::Max, Some(i64::from(size) / 3), None),
            ];
            let mut draw = Draw::new(seed);
            for graph in [ruled, generate::double(&order, 2), generate::chain(&order, size, 3)] {
                let mut shuffled = graph.clone();
                let lists = [
                    &mut shuffled.edges,
                    &mut shuffled.mutation_to_dwelling,
                    &mut shuffled.mutation_to_mutation,
                    &mut shuffled.household_to_mutation,
                ];
                for list in lists {
                    list.sort_by_cached_key(|_| draw.below(1 << 40));
                }
                prop_assert_eq!(solved(&shuffled), solved(&graph));
            }
        }
    }
}
