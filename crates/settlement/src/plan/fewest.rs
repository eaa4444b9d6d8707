//! The plan of any parties: positions in, payments out.

use super::allowed::{connected, pay_within};
use super::budget::Budget;
use super::burden::pay_group;
use super::greedy::{Leg as RankedLeg, greedy_groups};
use super::groups::{Grouping, Method, group};
use chambre_domain::Cents;
use std::collections::{BTreeMap, BTreeSet};

/// One payment of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg<Id> {
    /// Who pays.
    pub from: Id,
    /// Who receives.
    pub to: Id,
    /// How much, above zero.
    pub cents: Cents,
    /// Its group: a place in [`Plan::groups`].
    pub group: usize,
}

/// Who pays whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<Id> {
    /// By payer, then payee: one line for a pair.
    pub payments: Vec<Leg<Id>>,
    /// Parties that settle among themselves, ordered by their smallest id.
    pub groups: Vec<Vec<Id>>,
    /// No plan has fewer payments.
    pub lower_bound: usize,
    /// Payments of the greedy plan, largest payer to largest payee; none when pairs are restricted.
    pub greedy_count: Option<usize>,
    /// Sum of what is to be received.
    pub flow: Cents,
    /// What the payments move; the flow unless pairs are restricted.
    pub settled: Cents,
    /// What stays open, party by party, when pairs are restricted.
    pub unsettled: BTreeMap<Id, Cents>,
    /// How the number of payments was found.
    pub method: Method,
}

impl<Id> Plan<Id> {
    /// Whether it is proven that no plan has fewer payments.
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        self.payments.len() == self.lower_bound
    }
}

/// Positions that no plan settles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each variant's sentence is its documentation
pub enum PlanError {
    #[error("positions sum to {sum} cents, not to zero")]
    Unbalanced { sum: i128 },
    #[error("the payees are to receive {flow} cents in all, beyond a cent counter")]
    FlowTooLarge { flow: i128 },
}

/// Payments that bring every position to zero: below zero pays, above zero receives.
///
/// The fewest payments that the budget lets find, never more than greedy. In a group of at most eight, the
/// member who makes or receives most payments has as few as possible; among several best groupings no choice is
/// made for its sake. Same positions and same budget in steps, same plan.
///
/// # Errors
/// Positions that do not sum to zero, or whose flow leaves the range of a cent counter.
pub fn fewest_payments<Id: Ord + Clone>(
    positions: &BTreeMap<Id, Cents>,
    budget: &mut Budget<'_>,
) -> Result<Plan<Id>, PlanError> {
    let open = Open::of(positions)?;
    let Grouping { mut groups, most, method } = group(&open.values, budget);
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_unstable();
    let legs = groups.iter().flat_map(|group| pay_group(&open.values, group)).collect();
    let greedy = open.values.len() - greedy_groups(&open.values).len();
    let lower_bound = open.values.len() - most;
    Ok(Plan { greedy_count: Some(greedy), ..open.plan(groups, legs, lower_bound, method) })
}

/// Payments between allowed pairs only, a payer and a payee each; nobody passes money on.
///
/// Where not everything can be settled, the payments move the largest amount that can be, and the rest stays
/// open. Among these, as few payments as possible: proven where the parties that allowed pairs connect are at
/// most fifteen, as long as the budget lasts; beyond, the best that is found, with a lower bound. Pairs that name a party without position,
/// or on the wrong side, change nothing.
///
/// # Errors
/// Positions that do not sum to zero, or whose flow leaves the range of a cent counter.
pub fn fewest_payments_within<Id: Ord + Clone>(
    positions: &BTreeMap<Id, Cents>,
    allowed: &BTreeSet<(Id, Id)>,
    budget: &mut Budget<'_>,
) -> Result<Plan<Id>, PlanError> {
    let open = Open::of(positions)?;
    let rank = |id: &Id| open.ids.binary_search_by(|known| (*known).cmp(id)).ok();
    let pairs: Vec<(usize, usize)> = allowed
        .iter()
        .filter_map(|(payer, payee)| Some((rank(payer)?, rank(payee)?)))
        .filter(|(payer, payee)| open.values[*payer] < 0 && open.values[*payee] > 0)
        .collect();
    let within = pay_within(&open.values, &pairs, budget);
    let groups = connected(open.values.len(), within.legs.iter().map(|(payer, payee, _)| (*payer, *payee)));
    Ok(open.plan(groups, within.legs, within.lower_bound, within.method))
}

/// The parties that pay or receive, in the order of their ids: a rank for each.
struct Open<'a, Id> {
    ids: Vec<&'a Id>,
    values: Vec<i64>,
    flow: i64,
}

impl<'a, Id: Ord + Clone> Open<'a, Id> {
    fn of(positions: &'a BTreeMap<Id, Cents>) -> Result<Self, PlanError> {
        let sum: i128 = positions.values().map(|cents| i128::from(cents.get())).sum();
        if sum != 0 {
            return Err(PlanError::Unbalanced { sum });
        }
        let flow: i128 = positions.values().map(|cents| i128::from(cents.get()).max(0)).sum();
        // Within this range no sum of some positions leaves the range either.
        let flow = i64::try_from(flow).map_err(|_| PlanError::FlowTooLarge { flow })?;
        let open = positions.iter().filter(|(_, cents)| **cents != Cents::ZERO);
        let (ids, values) = open.map(|(id, cents)| (id, cents.get())).unzip();
        Ok(Self { ids, values, flow })
    }

    /// The plan of payments between ranks; `groups` are sorted, and in the order of their first members.
    fn plan(
        &self,
        groups: Vec<Vec<usize>>,
        mut legs: Vec<RankedLeg>,
        lower_bound: usize,
        method: Method,
    ) -> Plan<Id> {
        let id = |rank: usize| self.ids[rank].clone();
        let mut group_of = vec![0; self.ids.len()];
        for (place, group) in groups.iter().enumerate() {
            group.iter().for_each(|rank| group_of[*rank] = place);
        }
        legs.sort_unstable();
        let mut left = self.values.clone();
        for (payer, payee, cents) in &legs {
            left[*payer] += cents;
            left[*payee] -= cents;
        }
        let unsettled = (0..left.len()).filter(|rank| left[*rank] != 0);
        Plan {
            unsettled: unsettled.map(|rank| (id(rank), Cents::new(left[rank]))).collect(),
            flow: Cents::new(self.flow),
            settled: Cents::new(legs.iter().map(|(_, _, cents)| cents).sum()),
            payments: legs
                .into_iter()
                .map(|(from, to, cents)| Leg {
                    from: id(from),
                    to: id(to),
                    cents: Cents::new(cents),
                    group: group_of[from],
                })
                .collect(),
            groups: groups.into_iter().map(|group| group.into_iter().map(id).collect()).collect(),
            lower_bound,
            greedy_count: None,
            method,
        }
    }
}
