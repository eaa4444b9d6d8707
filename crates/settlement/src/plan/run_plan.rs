//! The plan of a netting run: numbered payments between bailleurs.

use super::budget::Budget;
use super::fewest::{PlanError, fewest_payments};
use crate::check::Inconsistency;
use crate::number::number;
use chambre_domain::netting::PaymentPlan;
use chambre_domain::{Cents, NettingId, Reason, Refusal, Siren};
use std::collections::BTreeMap;

/// Steps that the plan of a run may take: some seconds, in the rare case that no proof is near.
const STEPS_OF_A_RUN: u64 = 2_500_000_000;

/// Payments that move exactly the amounts settled: below zero pays, above zero receives.
///
/// Nobody pays and receives; the flow is always the sum of what is to be received, the least possible. One line
/// for a pair: an amount beyond the limit of one SEPA transfer is split by who writes the bank file.
///
/// Payments are in the order of payer then payee, numbered in that order.
///
/// # Errors
/// [`Reason::NettingOverflow`] when the flow leaves the range of a cent counter, when more than 9 999 payments
/// would be needed, and when the amounts do not sum to zero (fact `invariant`).
pub fn plan(netting: &NettingId, settled: &BTreeMap<Siren, Cents>) -> Result<PaymentPlan, Refusal> {
    let plan = fewest_payments(settled, &mut Budget::steps(STEPS_OF_A_RUN)).map_err(|error| match error {
        PlanError::Unbalanced { sum } => Inconsistency::SettledUnbalanced { sum }.into(),
        PlanError::FlowTooLarge { flow } => Refusal::new(Reason::NettingOverflow, "plan", flow),
    })?;
    let count = plan.payments.len();
    let too_many = || Refusal::new(Reason::NettingOverflow, "plan.payments", count);
    let lower_bound = u32::try_from(plan.lower_bound).map_err(|_| too_many())?;
    let legs: Vec<_> = plan.payments.iter().map(|leg| (leg.from, leg.to, leg.cents.get())).collect();
    Ok(PaymentPlan { payments: number(netting, &legs)?, lower_bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(positions: &[(u32, i64)]) -> PaymentPlan {
        let settled =
            positions.iter().map(|(n, cents)| (Siren::fictitious(*n), Cents::new(*cents))).collect();
        plan(&NettingId::parse("netting", "n").unwrap(), &settled).unwrap()
    }

    fn refused(positions: &[(u32, i64)]) -> Refusal {
        let settled =
            positions.iter().map(|(n, cents)| (Siren::fictitious(*n), Cents::new(*cents))).collect();
        plan(&NettingId::parse("netting", "n").unwrap(), &settled).unwrap_err()
    }

    /// Payments of the plan, as `(payer, payee, cents)`, and its lower bound.
    fn check(positions: &[(u32, i64)], payments: &[(u32, u32, i64)], lower_bound: u32) {
        let found = of(positions);
        let expected: Vec<_> = payments
            .iter()
            .map(|(from, to, cents)| (Siren::fictitious(*from), Siren::fictitious(*to), *cents))
            .collect();
        let legs: Vec<_> = found.payments.iter().map(|p| (p.from, p.to, p.amount.get())).collect();
        assert_eq!((legs, found.lower_bound), (expected, lower_bound));
    }

    #[test]
    fn a_bailleur_at_rest_pays_nothing() {
        check(&[(1, -120), (2, 120), (3, 0)], &[(1, 2, 120)], 1);
        check(&[(1, 0)], &[], 0);
        check(&[], &[], 0);
    }

    #[test]
    fn the_payments_of_the_worked_example_are_found() {
        let positions = [(1, -494_580), (2, -596_025), (3, 696_605), (5, 394_000)];
        check(&positions, &[(1, 3, 100_580), (1, 5, 394_000), (2, 3, 596_025)], 3);
    }

    #[test]
    fn the_greedy_trap_is_avoided() {
        // netting.md, example 13: greedy pays four times.
        let trap = [(1, 7_000), (2, 5_000), (3, -5_000), (4, -4_000), (5, -3_000)];
        check(&trap, &[(3, 2, 5_000), (4, 1, 4_000), (5, 1, 3_000)], 3);
    }

    #[test]
    fn groups_without_pairs_are_found() {
        // Two groups of three (1 2 3, 4 5 6) that the order of amounts hides.
        let positions = [(1, -10), (2, 4), (3, 6), (4, -9), (5, 7), (6, 2)];
        check(&positions, &[(1, 2, 4), (1, 3, 6), (4, 5, 7), (4, 6, 2)], 4);
    }

    #[test]
    fn equal_amounts_pair_in_the_order_of_sirens() {
        check(&[(1, 5), (2, 5), (3, -5), (4, -5)], &[(3, 1, 5), (4, 2, 5)], 2);
    }

    #[test]
    fn a_payment_beyond_the_sepa_limit_is_one_line_of_the_plan() {
        // netting.md, T11: the bank file makes two transfers of it.
        check(&[(1, -120_000_000_000), (2, 120_000_000_000)], &[(1, 2, 120_000_000_000)], 1);
    }

    #[test]
    fn a_plan_that_no_counter_holds_is_refused() {
        assert_eq!(refused(&[(1, 1)]).facts[0].0, "invariant");
        let beyond = [(1, i64::MAX), (2, i64::MAX), (3, -i64::MAX), (4, -i64::MAX)];
        assert_eq!(refused(&beyond).reason, Reason::NettingOverflow);
        check(&[(1, i64::MAX), (2, -i64::MAX)], &[(2, 1, i64::MAX)], 1);
    }

    #[test]
    fn more_payments_than_four_digits_number_are_refused() {
        let mut positions: Vec<(u32, i64)> = (1..=10_000).map(|n| (n, 1)).collect();
        positions.push((10_001, -10_000));
        assert_eq!(refused(&positions).field, "plan.payments");
    }
}
