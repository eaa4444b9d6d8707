//! The best assignment of a batch, proven, with no contingent beyond the places left in it.

use crate::graph::{Graph, Kind, Node, Value};
use crate::quota::{Filter, Form, Rule};
use crate::solve::{End, solve};
use crate::trade::contingent::Contingent;
use crate::trade::dwelling::DwellingOffer;
use crate::trade::ids::ContingentId;
use crate::trade::instance::Batch;
use crate::{Assignment, Worth, assign, certify};
use std::collections::BTreeMap;

/// Contingents, with the places left in each.
pub type Places = BTreeMap<ContingentId, (Contingent, u32)>;

/// The best could not be proven, which would be a defect of the program: no answer is given then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the best assignment could not be proven: {0}")]
pub struct Unproven(String);

/// Who goes where, and why it is the best.
#[derive(Debug)]
pub struct Decision {
    /// Offer of each household, in their order.
    pub offer_of: Vec<Option<u32>>,
    /// What it is worth: no other is worth more.
    pub worth: Worth,
    /// How that is proven.
    pub proof: Proof,
}

/// How an assignment is proven to be the best.
#[derive(Debug)]
pub enum Proof {
    /// By its prices, checked apart from the search.
    Prices(Box<Assignment>),
    /// By the bound of the search, once contingents are limited to the places left in them.
    Bound,
}

/// Finds the best assignment of a batch: `offers` are those it was made of, in their order.
///
/// A contingent limits the pairs one by one (H08); when the best assignment would take more places than are left, it
/// is sought again under the limits.
///
/// # Errors
/// A proof that fails.
pub fn decide(batch: &Batch, offers: &[DwellingOffer], places: &Places) -> Result<Decision, Unproven> {
    let assignment = assign(&batch.instance).map_err(|error| unproven(&error.to_string()))?;
    certify(&batch.instance, &assignment).map_err(|error| unproven(&error.to_string()))?;
    let limits = limits(&assignment.dwelling_of, offers, places);
    if !limits.is_empty() {
        return within(batch, offers, &limits);
    }
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let worth =
        Worth { urgent: whole(assignment.urgent), placed: whole(assignment.placed), score: assignment.score };
    let offer_of = assignment.dwelling_of.clone();
    Ok(Decision { offer_of, worth, proof: Proof::Prices(Box::new(assignment)) })
}

/// Every contingent with its places left, once one of them would be passed; else nothing.
fn limits(
    offer_of: &[Option<u32>],
    offers: &[DwellingOffer],
    places: &Places,
) -> BTreeMap<ContingentId, u32> {
    let mut taken: BTreeMap<&ContingentId, u32> = BTreeMap::new();
    for offer in offer_of.iter().flatten() {
        if let Some(contingent) = &offers[*offer as usize].declared().contingent {
            *taken.entry(contingent).or_default() += 1;
        }
    }
    let limits: BTreeMap<ContingentId, u32> =
        places.iter().map(|(id, (_, left))| (id.clone(), *left)).collect();
    let passed = limits.iter().any(|(id, left)| taken.get(id).is_some_and(|taken| taken > left));
    if passed { limits } else { BTreeMap::new() }
}

/// The attribute of a dwelling that the rules read.
const CONTINGENT: &str = "contingent";

fn within(
    batch: &Batch,
    offers: &[DwellingOffer],
    limits: &BTreeMap<ContingentId, u32>,
) -> Result<Decision, Unproven> {
    let households = batch.instance.households.iter();
    let dwellings = (0..).zip(offers).map(|(id, offer)| {
        let contingent = offer.declared().contingent.as_ref();
        let attributes = contingent.map(|id| (CONTINGENT.to_owned(), Value::Text(id.as_str().to_owned())));
        Node { id, attributes: attributes.into_iter().collect(), ..Node::default() }
    });
    let rule = |(id, left): (&ContingentId, &u32)| Rule {
        form: Form::Max,
        dwelling: Filter::from([(CONTINGENT.to_owned(), Value::Text(id.as_str().to_owned()))]),
        household: Filter::new(),
        bound: Some(i64::from(*left)),
        bp: None,
    };
    let graph = Graph {
        kind: Kind::Bipartite,
        households: households
            .map(|household| Node { id: household.id, urgent: household.urgent, ..Node::default() })
            .collect(),
        dwellings: dwellings.collect(),
        edges: batch.instance.edges.clone(),
        constraints: limits.iter().map(rule).collect(),
        ..Graph::default()
    };
    let end = solve(&graph, 1, &mut |_| true).map_err(|error| unproven(&error.to_string()))?;
    let End::Answer(answer) = end else { return Err(unproven("no answer under the contingents")) };
    if !answer.optimal {
        return Err(unproven("the bound is not reached"));
    }
    let mut offer_of = vec![None; batch.instance.households.len()];
    for given in answer.assignments {
        offer_of[given.household as usize] = given.dwelling;
    }
    let totals = answer.totals;
    let worth =
        Worth { urgent: totals.urgent, placed: totals.placed.unwrap_or_default(), score: totals.score };
    Ok(Decision { offer_of, worth, proof: Proof::Bound })
}

fn unproven(cause: &str) -> Unproven {
    Unproven(cause.to_owned())
}
