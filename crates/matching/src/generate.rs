//! Invented instances that look like Île-de-France: for measures, and for comparisons with other solvers.
//!
//! Seeded: the same order gives the same instance everywhere. What the AORIF study counts is kept: 22 % of the
//! wishes are out of the commune of origin, 27 % of the households have a wish out of their territory, 13 % out of
//! their department. Rents, resources, stocks and scores are invented; no party is real.
//!
//! | file | what it holds |
//! |---|---|
//! | [`draw`] | numbers drawn from a seed |
//! | [`region`] | invented needs and offers, which pairs are possible and what they score |

pub mod draw;
pub mod region;

use crate::graph::{Graph, Kind, Node};
use crate::instance::Pair;
use draw::Draw;
use region::{Need, Offer, Region, Stock};

/// What to invent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Households to place.
    pub households: u32,
    /// Vacant dwellings.
    pub dwellings: u32,
    /// Eligible dwellings a household on average, about; fewer when the stock has not as many.
    pub per_household: u32,
    /// Every pair scores the same.
    pub equal_scores: bool,
    /// Where the draws begin.
    pub seed: u64,
}

/// Invents a bipartite instance without rules.
#[must_use]
pub fn bipartite(order: &Order) -> Graph {
    let mut draw = Draw::new(order.seed);
    let region = Region::for_stock(order.dwellings);
    let needs: Vec<Need> = (0..order.households).map(|_| Need::draw(&mut draw, region)).collect();
    let offers: Vec<Offer> = (0..order.dwellings).map(|_| Offer::draw(&mut draw, region)).collect();
    let mut edges = pairs(region, &needs, &offers, order.per_household, order.seed);
    if order.equal_scores {
        for edge in &mut edges {
            edge.2 = 500;
        }
    }
    Graph {
        kind: Kind::Bipartite,
        households: (0..).zip(&needs).map(|(id, need)| need.node(id)).collect(),
        dwellings: (0..).zip(&offers).map(|(id, offer)| offer.node(id)).collect(),
        edges,
        ..Graph::default()
    }
}

/// Invents double propositions: one household in `one_in` must be offered two dwellings.
#[must_use]
pub fn double(order: &Order, one_in: u64) -> Graph {
    let mut graph = bipartite(order);
    let mut draw = Draw::new(order.seed ^ 0x00D0_0B1E);
    graph.kind = Kind::Double;
    for household in &mut graph.households {
        household.double = u8::from(draw.below(one_in) == 0);
    }
    graph
}

/// Invents chains: tenants who ask for a transfer, of which at most `most` follow one another.
#[must_use]
pub fn chain(order: &Order, transfers: u32, most: u32) -> Graph {
    let mut draw = Draw::new(order.seed);
    let region = Region::for_stock(order.dwellings);
    let needs: Vec<Need> = (0..order.households).map(|_| Need::draw(&mut draw, region)).collect();
    let offers: Vec<Offer> = (0..order.dwellings).map(|_| Offer::draw(&mut draw, region)).collect();
    let tenants: Vec<Need> = (0..transfers).map(|_| Need::draw(&mut draw, region)).collect();
    let freed: Vec<Offer> = (0..transfers).map(|_| Offer::draw(&mut draw, region)).collect();
    let per = order.per_household;
    let mut moves = pairs(region, &tenants, &freed, per, order.seed ^ 2);
    moves.retain(|(tenant, left, _)| tenant != left);
    Graph {
        kind: Kind::Chain,
        households: (0..).zip(&needs).map(|(id, need)| need.node(id)).collect(),
        dwellings: (0..).zip(&offers).map(|(id, offer)| offer.node(id)).collect(),
        edges: pairs(region, &needs, &offers, per, order.seed),
        max_transfers: most,
        mutations: (0..transfers).map(Node::numbered).collect(),
        mutation_to_dwelling: pairs(region, &tenants, &offers, per, order.seed ^ 1),
        mutation_to_mutation: moves,
        household_to_mutation: pairs(region, &needs, &freed, per, order.seed ^ 3),
        ..Graph::default()
    }
}

/// The possible pairs, thinned at random to about `per_household` a household: what the rules not drawn here
/// (accessibility, contingents, refusals) would take away.
fn pairs(region: Region, needs: &[Need], offers: &[Offer], per_household: u32, seed: u64) -> Vec<Pair> {
    let stock = Stock::of(offers, region);
    let sample = needs.len().clamp(1, 400);
    let found: usize = needs.iter().take(sample).map(|need| stock.possible(need).count()).sum();
    let wanted = u64::from(per_household) * u64::try_from(sample).unwrap_or(1);
    let found = u64::try_from(found.max(1)).unwrap_or(1);
    let mut draw = Draw::new(seed ^ 0x7415);
    let mut edges = Vec::new();
    for (household, need) in (0..).zip(needs) {
        for (dwelling, score) in stock.possible(need) {
            if draw.below(found) < wanted {
                edges.push((household, dwelling, score));
            }
        }
    }
    edges.sort_unstable();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_instance_of_about_the_size_asked() {
        let order =
            Order { households: 2_000, dwellings: 800, per_household: 20, equal_scores: false, seed: 7 };
        let graph = bipartite(&order);
        assert_eq!(graph, bipartite(&order));
        assert_ne!(graph, bipartite(&Order { seed: 8, ..order }));
        assert!((30_000..50_000).contains(&graph.edges.len()), "{}", graph.edges.len());
        assert!(graph.edges.iter().all(|(.., score)| (0..=1_000).contains(score)));
    }
}
