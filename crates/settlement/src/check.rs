//! The invariants of a proposal, verified from its figures alone: nothing here shares code with the computation.

use chambre_domain::convention::NettingLevel;
use chambre_domain::{Cents, NettingProposal, PaymentId, Reason, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// An invariant that a proposal breaks: a fault of the engine or of the books, never of a declaration.
///
/// Amounts are sums of cents, wider than a cent counter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // each variant's sentence is its documentation
pub enum Inconsistency {
    #[error("relogements or bailleurs are not listed once each, in order")]
    Order,
    #[error("amounts carried over sum to {sum}, not to zero")]
    CarriedUnbalanced { sum: i128 },
    #[error("shared {shared}, borne {effort} and fair shares {fair_share} differ")]
    SharedDiffers { shared: i128, effort: i128, fair_share: i128 },
    #[error("the position of {bailleur} is not effort - fair share + carried over")]
    PositionWrong { bailleur: Siren },
    #[error("positions sum to {sum}, not to zero")]
    PositionsUnbalanced { sum: i128 },
    #[error("{bailleur} settles more than its position, or the other way round")]
    SettledBeyond { bailleur: Siren },
    #[error("{bailleur} is held and settles")]
    HeldSettles { bailleur: Siren },
    #[error("settled amounts sum to {sum}, not to zero")]
    SettledUnbalanced { sum: i128 },
    #[error("payment {payment} names one bailleur twice or reuses an id")]
    PaymentWrong { payment: PaymentId },
    #[error("the payments of {bailleur} do not move what it settles")]
    PlanDiffers { bailleur: Siren },
    #[error("the plan has {count} payments, fewer than its lower bound")]
    BelowBound { count: usize },
}

impl From<Inconsistency> for Refusal {
    /// The nearest reason of the catalogue, with the broken invariant as a fact.
    fn from(inconsistency: Inconsistency) -> Self {
        Self::new(Reason::NettingOverflow, "netting", "inconsistent figures").with("invariant", inconsistency)
    }
}

/// Verifies a proposal, whoever computed it.
///
/// Effort shared = effort borne = fair shares; each position is effort − fair share + carry-over, and they sum
/// to zero; amounts settled lie between zero and the position, are zero for the held, and sum to zero; payments
/// move exactly the amounts settled. Between pairs, a bailleur pays what it owes although its own debtor may not
/// pay: what it settles may then lie beyond its position.
///
/// # Errors
/// The first invariant broken.
pub fn check(proposal: &NettingProposal, level: NettingLevel) -> Result<(), Inconsistency> {
    check_order(proposal)?;
    check_positions(proposal)?;
    check_settled(proposal, level)?;
    check_plan(proposal)
}

fn check_order(proposal: &NettingProposal) -> Result<(), Inconsistency> {
    let relogements = proposal.shared.is_sorted_by(|one, next| one.recorded_seq < next.recorded_seq);
    let bailleurs = proposal.positions.is_sorted_by(|one, next| one.bailleur < next.bailleur);
    if relogements && bailleurs { Ok(()) } else { Err(Inconsistency::Order) }
}

fn check_positions(proposal: &NettingProposal) -> Result<(), Inconsistency> {
    let (mut effort, mut fair_share, mut carried, mut sum) = (0, 0, 0, 0);
    for position in &proposal.positions {
        effort += wide(position.effort);
        fair_share += wide(position.fair_share);
        carried += wide(position.carried_over);
        sum += wide(position.position);
        let computed = wide(position.effort) - wide(position.fair_share) + wide(position.carried_over);
        if wide(position.position) != computed {
            return Err(Inconsistency::PositionWrong { bailleur: position.bailleur });
        }
    }
    let shared: i128 = proposal.shared.iter().map(|shared| wide(shared.amount)).sum();
    if carried != 0 {
        return Err(Inconsistency::CarriedUnbalanced { sum: carried });
    }
    if shared != effort || effort != fair_share {
        return Err(Inconsistency::SharedDiffers { shared, effort, fair_share });
    }
    if sum == 0 { Ok(()) } else { Err(Inconsistency::PositionsUnbalanced { sum }) }
}

fn check_settled(proposal: &NettingProposal, level: NettingLevel) -> Result<(), Inconsistency> {
    let mut sum = 0;
    for position in &proposal.positions {
        let (settled, owed) = (wide(position.settled), wide(position.position));
        if level.is_multilateral() && !(owed.min(0)..=owed.max(0)).contains(&settled) {
            return Err(Inconsistency::SettledBeyond { bailleur: position.bailleur });
        }
        if settled != 0 && proposal.held.contains(&position.bailleur) {
            return Err(Inconsistency::HeldSettles { bailleur: position.bailleur });
        }
        sum += settled;
    }
    if sum == 0 { Ok(()) } else { Err(Inconsistency::SettledUnbalanced { sum }) }
}

fn check_plan(proposal: &NettingProposal) -> Result<(), Inconsistency> {
    let mut left: BTreeMap<Siren, i128> =
        proposal.positions.iter().map(|position| (position.bailleur, wide(position.settled))).collect();
    let mut ids = BTreeSet::new();
    for payment in &proposal.plan.payments {
        if payment.from == payment.to || !ids.insert(&payment.id) {
            return Err(Inconsistency::PaymentWrong { payment: payment.id.clone() });
        }
        *left.entry(payment.from).or_default() += wide(payment.amount.cents());
        *left.entry(payment.to).or_default() -= wide(payment.amount.cents());
    }
    if let Some((bailleur, _)) = left.into_iter().find(|(_, left)| *left != 0) {
        return Err(Inconsistency::PlanDiffers { bailleur });
    }
    let count = proposal.plan.payments.len();
    let at_least_the_bound = u32::try_from(count).is_ok_and(|count| count >= proposal.plan.lower_bound);
    if at_least_the_bound { Ok(()) } else { Err(Inconsistency::BelowBound { count }) }
}

fn wide(cents: Cents) -> i128 {
    i128::from(cents.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::netting::{NetPosition, Payment, PaymentPlan, SharedEffort};
    use chambre_domain::{Amount, Date, NettingId, OfficerId, Period, Seq, TerritoryId};

    fn bailleur(n: u32) -> Siren {
        Siren::fictitious(n)
    }

    /// 1 bore 100 for 2, who had 20 to receive from 1: 80 are paid.
    fn sound() -> NettingProposal {
        let position = |n, effort, fair_share, carried_over, position| NetPosition {
            bailleur: bailleur(n),
            effort: Cents::new(effort),
            fair_share: Cents::new(fair_share),
            carried_over: Cents::new(carried_over),
            position: Cents::new(position),
            settled: Cents::new(position),
        };
        let payment = Payment {
            id: PaymentId::parse("id", "n-0001").unwrap(),
            from: bailleur(2),
            to: bailleur(1),
            amount: Amount::new("amount", 80).unwrap(),
        };
        NettingProposal {
            id: NettingId::parse("id", "n").unwrap(),
            territory: TerritoryId::parse("territory", "200057867").unwrap(),
            period: Period::new(Date::constant(2025, 1, 1), Date::constant(2025, 12, 31)).unwrap(),
            at_seq: Seq::new(9),
            officer: OfficerId::parse("officer", "o1").unwrap(),
            revision: 1,
            input_sha256: "".into(),
            held: Vec::new(),
            disputed: Vec::new(),
            refusers: Vec::new(),
            left: Vec::new(),
            shared: vec![SharedEffort { recorded_seq: Seq::new(1), amount: Cents::new(100) }],
            positions: vec![position(1, 100, 0, -20, 80), position(2, 0, 100, 20, -80)],
            plan: PaymentPlan { payments: vec![payment], lower_bound: 1 },
        }
    }

    #[test]
    fn a_sound_proposal_passes() {
        assert_eq!(check(&sound(), NettingLevel::Multilateral), Ok(()));
    }

    #[test]
    fn each_broken_invariant_is_named() {
        type Break = fn(&mut NettingProposal);
        let cases: [(Break, Inconsistency); 11] = [
            (|p| p.positions.swap(0, 1), Inconsistency::Order),
            (|p| p.shared.push(p.shared[0]), Inconsistency::Order),
            (
                |p| p.positions[0].position = Cents::new(81),
                Inconsistency::PositionWrong { bailleur: bailleur(1) },
            ),
            (
                |p| {
                    p.positions[0].carried_over = Cents::new(-19);
                    p.positions[0].position = Cents::new(81);
                },
                Inconsistency::CarriedUnbalanced { sum: 1 },
            ),
            (
                |p| p.shared[0].amount = Cents::new(99),
                Inconsistency::SharedDiffers { shared: 99, effort: 100, fair_share: 100 },
            ),
            (
                |p| p.positions[0].settled = Cents::new(81),
                Inconsistency::SettledBeyond { bailleur: bailleur(1) },
            ),
            (
                |p| p.positions[1].settled = Cents::new(1),
                Inconsistency::SettledBeyond { bailleur: bailleur(2) },
            ),
            (|p| p.positions[1].settled = Cents::ZERO, Inconsistency::SettledUnbalanced { sum: 80 }),
            (|p| p.held.push(bailleur(2)), Inconsistency::HeldSettles { bailleur: bailleur(2) }),
            (|p| p.plan.payments.clear(), Inconsistency::PlanDiffers { bailleur: bailleur(1) }),
            (|p| p.plan.lower_bound = 2, Inconsistency::BelowBound { count: 1 }),
        ];
        for (break_it, expected) in cases {
            let mut proposal = sound();
            break_it(&mut proposal);
            assert_eq!(check(&proposal, NettingLevel::Multilateral), Err(expected));
        }
    }

    #[test]
    fn a_payment_id_is_used_once() {
        let mut proposal = sound();
        proposal.plan.payments.push(proposal.plan.payments[0].clone());
        let payment = proposal.plan.payments[0].id.clone();
        assert_eq!(
            check(&proposal, NettingLevel::Multilateral),
            Err(Inconsistency::PaymentWrong { payment })
        );
    }
}
