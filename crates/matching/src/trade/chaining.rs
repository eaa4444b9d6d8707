//! From needs, offers and transfers to the graph of their chains.
//!
//! A tenant moves inside its own bailleur's stock, to a vacant dwelling or to one that another transfer frees; every
//! move is read against the same rules as a rehousing.

use crate::graph::{Graph, Kind, Node};
use crate::instance::{Household, Pair};
use crate::trade::dwelling::DwellingOffer;
use crate::trade::instance::batch;
use crate::trade::need::HouseholdNeed;
use crate::trade::policy::Policy;
use crate::trade::references::References;
use chambre_domain::Refusal;

/// The graph of chains of `most` transfers at most. A transfer is at the same place in `tenants` (what each looks for)
/// and in `freed` (what it would free); ids are places in the lists given.
///
/// # Errors
/// [`chambre_domain::Reason::BatchTooLarge`] beyond four thousand million of any.
pub fn chains(
    (needs, offers): (&[HouseholdNeed], &[DwellingOffer]),
    (tenants, freed): (&[HouseholdNeed], &[DwellingOffer]),
    policy: &Policy,
    references: &References<'_>,
    most: u8,
) -> Result<Graph, Refusal> {
    let pairs = |needs: &[HouseholdNeed], offers: &[DwellingOffer]| -> Result<Vec<Pair>, Refusal> {
        Ok(batch(needs, offers, policy, references)?.instance.edges)
    };
    let at_home = |offers: &'_ [DwellingOffer], pairs: Vec<Pair>| -> Vec<Pair> {
        let home = |(tenant, dwelling, _): &Pair| {
            let landlord = tenants.get(*tenant as usize).and_then(|need| need.declared().origin);
            let offer = offers.get(*dwelling as usize).map(|offer| offer.declared().landlord);
            landlord.is_some() && landlord == offer
        };
        pairs.into_iter().filter(home).collect()
    };
    let direct = batch(needs, offers, policy, references)?.instance;
    let moving = batch(tenants, freed, policy, references)?.instance;
    let node = |household: &Household| Node { id: household.id, urgent: household.urgent, ..Node::default() };
    let mut mutation_to_mutation = at_home(freed, moving.edges);
    mutation_to_mutation.retain(|(tenant, of, _)| tenant != of);
    Ok(Graph {
        kind: Kind::Chain,
        households: direct.households.iter().map(node).collect(),
        dwellings: direct.dwellings.iter().map(|one| Node { id: one.id, ..Node::default() }).collect(),
        edges: direct.edges,
        max_transfers: u32::from(most),
        mutations: moving.households.iter().map(|one| Node { id: one.id, ..Node::default() }).collect(),
        mutation_to_dwelling: at_home(offers, pairs(tenants, offers)?),
        mutation_to_mutation,
        household_to_mutation: pairs(needs, freed)?,
        ..Graph::default()
    })
}
