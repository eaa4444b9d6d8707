//! The best assignment of a folder, proven, with no contingent beyond the places left in it.

use crate::failure::Failure;
use crate::file::folder::Folder;
use chambre_matching::graph::{Graph, Kind, Node, Value};
use chambre_matching::quota::{Filter, Form, Rule};
use chambre_matching::solve::{End, solve};
use chambre_matching::trade::ids::ContingentId;
use chambre_matching::trade::instance::Batch;
use chambre_matching::{Assignment, Worth, assign, certify};
use std::collections::BTreeMap;

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

/// Finds the best assignment.
///
/// # Errors
/// A proof that fails, which would be a defect of the program: nothing is answered then.
pub fn decide(batch: &Batch, folder: &Folder) -> Result<Decision, Failure> {
    let assignment = assign(&batch.instance).map_err(|error| unproven(&error.to_string()))?;
    certify(&batch.instance, &assignment).map_err(|error| unproven(&error.to_string()))?;
    let limits = limits(&assignment.dwelling_of, folder);
    if !limits.is_empty() {
        return within(batch, folder, &limits);
    }
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let worth =
        Worth { urgent: whole(assignment.urgent), placed: whole(assignment.placed), score: assignment.score };
    let offer_of = assignment.dwelling_of.clone();
    Ok(Decision { offer_of, worth, proof: Proof::Prices(Box::new(assignment)) })
}

/// Every contingent with its places left, once one of them would be passed; else nothing.
fn limits(offer_of: &[Option<u32>], folder: &Folder) -> BTreeMap<ContingentId, u32> {
    let mut taken: BTreeMap<&ContingentId, u32> = BTreeMap::new();
    for offer in offer_of.iter().flatten() {
        if let Some(contingent) = &folder.offers[*offer as usize].declared().contingent {
            *taken.entry(contingent).or_default() += 1;
        }
    }
    let contingents = folder.contingents.iter().flatten();
    let limits: BTreeMap<ContingentId, u32> =
        contingents.map(|(id, (_, left))| (id.clone(), *left)).collect();
    let passed = limits.iter().any(|(id, left)| taken.get(id).is_some_and(|taken| taken > left));
    if passed { limits } else { BTreeMap::new() }
}

/// The attribute of a dwelling that the rules read.
const CONTINGENT: &str = "contingent";

fn within(batch: &Batch, folder: &Folder, limits: &BTreeMap<ContingentId, u32>) -> Result<Decision, Failure> {
    let households = batch.instance.households.iter();
    let dwellings = (0..).zip(&folder.offers).map(|(id, offer)| {
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

fn unproven(cause: &str) -> Failure {
    Failure::infrastructure(format!("l’appariement n’a pas pu être prouvé ({cause}). Rien n’est écrit."))
}
