//! Chains: a tenant who asks for a transfer takes a dwelling and frees its own for the next.
//!
//! Every transfer may be the first of its chain, the second and so on, up to the longest allowed: one taker and
//! one freed dwelling for each place. A taker that does not move stays in the dwelling it would free, so that the
//! whole is a pairing in which every such taker is paired. One rule is left: a transfer is at one place at most.

use crate::certificate::proves;
use crate::graph::{Graph, Node};
use crate::instance::{Dwelling, Household, Instance};
use crate::priced::levels;
use crate::priced::model::{Model, Row, Split};
use crate::solve::{Answer, End, Given, GraphError, Step, Totals};

/// A move of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// A household takes a dwelling, vacant or freed by (`through`) a transfer.
    Home { household: u32, from: u32, through: bool, score: i64 },
    /// A transfer takes a dwelling, vacant or freed by another.
    Transfer { transfer: u32, from: u32, through: bool, score: i64 },
    /// A transfer does not move at this place.
    Stay,
}

/// Solves a graph whose pairs are known to be right.
pub(crate) fn solve(graph: &Graph, watch: &mut dyn FnMut(Step) -> bool) -> End {
    // Chains of any length first: where the best has none too long, it is the best of the short ones.
    let (loose, moves) = model(graph, Places::Any);
    if let Some(paired) = levels::solve_plain(&loose).filter(|paired| proves(&loose, paired)) {
        let given = chains(graph, &kept(&moves, &paired.taken));
        let longest = given.iter().filter_map(|given| given.chain.as_ref().map(Vec::len)).max().unwrap_or(0);
        if longest <= graph.max_transfers as usize {
            let totals = totals(graph, &given);
            return End::Answer(Answer {
                feasible: true,
                optimal: true,
                by_prices: true,
                totals,
                assignments: given,
                bound: totals,
            });
        }
    }
    // More places than transfers say nothing more.
    let places = graph.max_transfers.min(size(graph.mutations.len()));
    let (model, moves) = model(graph, Places::UpTo(places));
    let nothing: Vec<bool> = moves.iter().map(|one| *one == Move::Stay).collect();
    let outcome = levels::solve(model, Some(nothing), watch);
    let Some(taken) = outcome.taken else { return End::Stopped };
    let given = chains(graph, &kept(&moves, &taken));
    let bounds = &outcome.bounds;
    let bound = Totals {
        urgent: bounds[0],
        placed: Some(bounds[1]),
        transfers: Some(-bounds[2]),
        score: bounds[3],
        ..Totals::default()
    };
    let totals = totals(graph, &given);
    let optimal = outcome.optimal;
    End::Answer(Answer { feasible: true, optimal, by_prices: false, totals, assignments: given, bound })
}

fn kept(moves: &[Move], taken: &[bool]) -> Vec<Move> {
    moves.iter().zip(taken).filter(|(_, taken)| **taken).map(|(one, _)| *one).collect()
}

/// What chains come to. Moves that lead to no household (of an answer cut short) are left out.
fn totals(graph: &Graph, given: &[Given]) -> Totals {
    let urgent = |given: &&Given| graph.households[given.household as usize].urgent > 0;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Totals {
        urgent: count(given.iter().filter(urgent).count()),
        placed: Some(count(given.len())),
        transfers: Some(count(given.iter().flat_map(|given| given.chain.iter().flatten()).count())),
        score: given.iter().map(|given| given.score).sum(),
        ..Totals::default()
    }
}

/// Follows each chain from its household back to its vacant dwelling.
fn chains(graph: &Graph, taken: &[Move]) -> Vec<Given> {
    let mut source = vec![(0, false, 0); graph.mutations.len()];
    for one in taken {
        if let Move::Transfer { transfer, from, through, score } = one {
            source[*transfer as usize] = (*from, *through, *score);
        }
    }
    let mut given: Vec<Given> = taken
        .iter()
        .filter_map(|one| {
            let Move::Home { household, mut from, mut through, mut score } = *one else { return None };
            let mut chain = Vec::new();
            while through {
                chain.push(from);
                let (before, again, more) = source[from as usize];
                score += more;
                (from, through) = (before, again);
            }
            chain.reverse();
            Some(Given { household, dwelling: Some(from), score, chain: Some(chain), ..Given::default() })
        })
        .collect();
    given.sort_unstable_by_key(|given| given.household);
    given
}

/// Every list of pairs must lead to nodes that are there, once each.
pub(crate) fn check(graph: &Graph) -> Result<(), GraphError> {
    let takers = |nodes: &[Node]| nodes.iter().map(|node| Household { id: node.id, urgent: 0 }).collect();
    let taken = |nodes: &[Node]| nodes.iter().map(|node| Dwelling { id: node.id }).collect();
    let lists = [
        (&graph.households, &graph.dwellings, &graph.edges, "edges"),
        (&graph.mutations, &graph.dwellings, &graph.mutation_to_dwelling, "mutation_to_dwelling"),
        (&graph.mutations, &graph.mutations, &graph.mutation_to_mutation, "mutation_to_mutation"),
        (&graph.households, &graph.mutations, &graph.household_to_mutation, "household_to_mutation"),
    ];
    for (first, second, edges, list) in lists {
        let instance = Instance { households: takers(first), dwellings: taken(second), edges: edges.clone() };
        instance.check().map_err(|error| GraphError::List { list, error })?;
    }
    Ok(())
}

struct Builder {
    model: Model,
    moves: Vec<Move>,
    urgent: Vec<i64>,
}

impl Builder {
    fn add(&mut self, ends: [u32; 2], one: Move) -> u32 {
        let (urgent, placed, transfers, score) = match one {
            Move::Home { household, score, .. } => (self.urgent[household as usize], 1, 0, score),
            Move::Transfer { score, .. } => (0, 0, -1, score),
            Move::Stay => (0, 0, 0, 0),
        };
        for (level, count) in self.model.levels.iter_mut().zip([urgent, placed, transfers, score]) {
            level.push(count);
        }
        self.model.ends.push(ends);
        self.moves.push(one);
        u32::try_from(self.moves.len() - 1).unwrap_or(u32::MAX)
    }
}

fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Where in its chain a transfer may be.
#[derive(Debug, Clone, Copy)]
enum Places {
    /// Anywhere: one node stands for all places.
    Any,
    /// At one of the first so many.
    UpTo(u32),
}

fn model(graph: &Graph, allowed: Places) -> (Model, Vec<Move>) {
    let (households, dwellings) = (size(graph.households.len()), size(graph.dwellings.len()));
    let transfers = size(graph.mutations.len());
    let (places, any) = match allowed {
        Places::Any => (1, true),
        Places::UpTo(places) => (places, false),
    };
    let slots = (places as usize) * (transfers as usize);
    let mut builder = Builder {
        model: Model {
            sizes: [graph.households.len() + slots, graph.dwellings.len() + slots],
            levels: vec![Vec::new(); 4],
            ..Model::default()
        },
        moves: Vec::new(),
        urgent: graph.households.iter().map(|node| i64::from(node.urgent.min(1))).collect(),
    };
    let taker = |transfer: u32, place: u32| households + (place - 1) * transfers + transfer;
    let freed = |transfer: u32, place: u32| dwellings + (place - 1) * transfers + transfer;
    for &(household, from, score) in &graph.edges {
        builder.add([household, from], Move::Home { household, from, through: false, score });
    }
    let mut moves_of = vec![Vec::new(); transfers as usize];
    for place in 1..=places {
        for &(household, from, score) in &graph.household_to_mutation {
            builder
                .add([household, freed(from, place)], Move::Home { household, from, through: true, score });
        }
        let (vacant, others) = (&graph.mutation_to_dwelling, &graph.mutation_to_mutation);
        let vacant = vacant.iter().filter(|_| place == 1).map(|pair| (pair, pair.1, false));
        let before = if any { place } else { place - 1 };
        let others = others.iter().filter(|(transfer, from, _)| before > 0 && transfer != from);
        let others = others.map(|pair| (pair, freed(pair.1, before.max(1)), true));
        for (&(transfer, from, score), source, through) in vacant.chain(others) {
            let one = Move::Transfer { transfer, from, through, score };
            let pair = builder.add([taker(transfer, place), source], one);
            moves_of[transfer as usize].push((pair, 1));
        }
        for transfer in 0..transfers {
            builder.add([taker(transfer, place), freed(transfer, place)], Move::Stay);
            builder.model.must.push(taker(transfer, place));
        }
    }
    if places > 1 {
        for terms in moves_of {
            builder.model.rows.push(Row::new(terms, 1, Split::Pair));
        }
    }
    (builder.model, builder.moves)
}
