//! What the next run starts from: carry-over, payments not made, limited means, mergers.

use crate::obligations::{self, Obligations};
use crate::sum::{Sums, add, all_to_cents};
use chambre_domain::netting::Payment;
use chambre_domain::netting_run::PaymentState;
use chambre_domain::{Amount, Cents, NettingProposal, Refusal, Siren};
use std::collections::BTreeMap;

/// Openings of the next run: positions, and the pairs behind those that are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// The 467100 of each bailleur; together they sum to zero. Bailleurs at rest are left out.
    pub carried_over: BTreeMap<Siren, Cents>,
    /// Who owes whom of it, for the levels that pay between pairs.
    pub carried_obligations: Obligations,
}

/// What an approved run leaves to the next one, once each of its payments is confirmed or not.
///
/// The run is never unwound: what was not settled is carried over, and a payment unpaid or returned comes back to its
/// payer and to *that* payee alone (netting.md 2.7). `left`: what the run left due between pairs
/// ([`crate::Computation::left`]); empty at the multilateral level.
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`].
pub fn opening_after(
    proposal: &NettingProposal,
    states: &[PaymentState],
    left: &Obligations,
) -> Result<Opening, Refusal> {
    let mut sums = Sums::new();
    for position in &proposal.positions {
        add(&mut sums, position.bailleur, position.position);
        *sums.entry(position.bailleur).or_default() -= i128::from(position.settled.get());
    }
    let unpaid: Vec<&Payment> = proposal
        .plan
        .payments
        .iter()
        .enumerate()
        .filter(|(place, _)| {
            // What a regional plan took over is due there, not here.
            !matches!(states.get(*place), Some(PaymentState::Confirmed { .. } | PaymentState::Replaced))
        })
        .map(|(_, payment)| payment)
        .collect();
    for payment in &unpaid {
        let cents = i128::from(payment.amount.get());
        *sums.entry(payment.from).or_default() -= cents;
        *sums.entry(payment.to).or_default() += cents;
    }
    sums.retain(|_, sum| *sum != 0);
    let known = left.iter().map(|((from, to), cents)| (*from, *to, i128::from(cents.get())));
    let back = unpaid.iter().map(|one| (one.from, one.to, i128::from(one.amount.get())));
    Ok(Opening {
        carried_over: all_to_cents("carried_over", sums)?,
        carried_obligations: obligations::sum(known.chain(back))?,
    })
}

/// Positions once some bailleurs took others over: theirs become one (netting.md, case T9).
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`].
pub fn positions_of_heirs(
    positions: &BTreeMap<Siren, Cents>,
    heir: impl Fn(Siren) -> Siren,
) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut sums = Sums::new();
    positions.iter().for_each(|(bailleur, cents)| add(&mut sums, heir(*bailleur), *cents));
    all_to_cents("positions", sums)
}

/// Payments of a plan when one payer declares, before approval, that it can pay only `means`: its payments are
/// reduced pro rata of what each payee was to receive, the cents by largest remainder (netting.md 2.7). The
/// payees wait for the rest; nobody else pays more. A payment reduced to nothing is left out.
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`].
pub fn within_means(payments: &[Payment], payer: Siren, means: Cents) -> Result<Vec<Payment>, Refusal> {
    let own: BTreeMap<usize, u64> = payments
        .iter()
        .enumerate()
        .filter(|(_, payment)| payment.from == payer)
        .map(|(place, payment)| (place, payment.amount.get().unsigned_abs()))
        .collect();
    let due: u128 = own.values().copied().map(u128::from).sum();
    let means = means.max(Cents::ZERO);
    if due <= u128::from(means.get().unsigned_abs()) {
        return Ok(payments.to_vec());
    }
    let parts = crate::apportion(means, &own)?;
    let reduced = |(place, payment): (usize, &Payment)| match parts.get(&place) {
        None => Some(payment.clone()),
        Some(part) => Amount::size_of(*part).map(|amount| Payment { amount, ..payment.clone() }),
    };
    Ok(payments.iter().enumerate().filter_map(reduced).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::PaymentId;

    fn payment(n: u32, from: u32, to: u32, cents: i64) -> Payment {
        Payment {
            id: PaymentId::parse("id", &format!("n-{n:04}")).unwrap(),
            from: Siren::fictitious(from),
            to: Siren::fictitious(to),
            amount: Amount::new("amount", cents).unwrap(),
        }
    }

    #[test]
    fn limited_means_are_shared_pro_rata_of_the_creditors() {
        let plan = [payment(1, 1, 3, 100), payment(2, 1, 4, 50), payment(3, 2, 4, 70)];
        let amounts = |means| {
            let payments = within_means(&plan, Siren::fictitious(1), Cents::new(means)).unwrap();
            payments.iter().map(|payment| payment.amount.get()).collect::<Vec<_>>()
        };
        assert_eq!(amounts(150), [100, 50, 70]);
        assert_eq!(amounts(100), [67, 33, 70]);
        assert_eq!(amounts(1), [1, 70]);
        assert_eq!(amounts(0), [70]);
    }
}
