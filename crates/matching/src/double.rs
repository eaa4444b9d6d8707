//! Double propositions: some households are offered two dwellings at once, both or none.
//!
//! A household of two is two takers that are both served or neither: a rule on the pairs of both, split by
//! serving the household or not.

use crate::graph::Graph;
use crate::priced::levels;
use crate::priced::model::{Model, Row, Split};
use crate::solve::{Answer, End, Given, Step, Totals};

/// Solves a graph whose pairs are known to be right.
pub(crate) fn solve(graph: &Graph, watch: &mut dyn FnMut(Step) -> bool) -> End {
    let (model, pairs) = model(graph);
    let nothing = vec![false; pairs.len()];
    let outcome = levels::solve(model.clone(), Some(nothing), watch);
    let Some(taken) = outcome.taken else { return End::Stopped };
    let mut given: Vec<Given> = Vec::new();
    let mut kept: Vec<(u32, u32, i64)> =
        pairs.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(pair, _)| graph.edges[*pair]).collect();
    kept.sort_unstable();
    for (household, dwelling, score) in kept {
        match given.last_mut().filter(|last| last.household == household) {
            Some(last) => {
                last.dwellings.push(dwelling);
                last.score += score;
            }
            None => given.push(Given { household, dwellings: vec![dwelling], score, ..Given::default() }),
        }
    }
    let of = |levels: &[i64]| Totals {
        urgent: levels[0],
        served: Some(levels[1]),
        score: levels[2],
        ..Totals::default()
    };
    let values: Vec<i64> = (0..3).map(|level| model.value(level, &taken)).collect();
    End::Answer(Answer {
        feasible: true,
        optimal: outcome.optimal,
        by_prices: false,
        totals: of(&values),
        assignments: given,
        bound: of(&outcome.bounds),
    })
}

/// The model, and of each of its pairs the pair of the graph.
pub(crate) fn model(graph: &Graph) -> (Model, Vec<usize>) {
    let households = graph.households.len();
    // The second taker of a household of two comes after all households.
    let mut second = vec![None; households];
    let mut takers = households;
    for household in &graph.households {
        if household.double > 0 {
            second[household.id as usize] = u32::try_from(takers).ok();
            takers += 1;
        }
    }
    let mut model =
        Model { sizes: [takers, graph.dwellings.len()], levels: vec![Vec::new(); 3], ..Model::default() };
    let mut pairs = Vec::new();
    let mut of_both = vec![Vec::new(); households];
    for (place, &(household, dwelling, score)) in graph.edges.iter().enumerate() {
        let urgent = i64::from(graph.households[household as usize].urgent.min(1));
        // The household counts once: with its first taker.
        let takers = [(Some(household), 1, urgent), (second[household as usize], 0, 0)];
        for (sign, (taker, counts, urgent)) in [1, -1].into_iter().zip(takers) {
            let Some(taker) = taker else { continue };
            of_both[household as usize].push((u32::try_from(pairs.len()).unwrap_or(u32::MAX), sign));
            pairs.push(place);
            model.ends.push([taker, dwelling]);
            model.levels[0].push(urgent);
            model.levels[1].push(counts);
            model.levels[2].push(score);
        }
    }
    for (household, terms) in (0..).zip(of_both) {
        if let Some(second) = second[household as usize] {
            let split = Split::Together([household, second]);
            let opposite: Vec<(u32, i64)> = terms.iter().map(|(pair, sign)| (*pair, -sign)).collect();
            for (pair, _) in terms.iter().filter(|(_, sign)| *sign > 0) {
                let dwelling = model.ends[*pair as usize][1];
                // A dwelling is taken once at most for a household served once: never by both halves of it.
                for terms in [&terms, &opposite] {
                    let others = terms
                        .iter()
                        .filter(|(pair, sign)| *sign > 0 || model.ends[*pair as usize][1] != dwelling);
                    let terms = others
                        .filter(|(pair, sign)| *sign < 0 || model.ends[*pair as usize][1] == dwelling)
                        .copied()
                        .collect();
                    model.rows.push(Row::new(terms, 0, split.clone()));
                }
            }
            model.rows.push(Row::new(terms, 0, split.clone()));
            model.rows.push(Row::new(opposite, 0, split));
        }
    }
    (model, pairs)
}
