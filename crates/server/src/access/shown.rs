//! What is left out of an answer: the lines of others, and small cells.

use super::check::Caller;
use super::identity::Rights;
use chambre_domain::netting_run::Proposed;
use chambre_domain::{Account, Balance, Compte, Entry, Event, NettingRun, RegionalNetting, TerritoryId};
use std::collections::BTreeMap;

/// A count from 1 to 4 may point at a household.
const SMALLEST_CELL: i64 = 5;

impl Caller {
    /// A run as this caller may see it: a landlord sees its own position and payments, and no count of the whole.
    pub fn shown_run(&self, mut run: NettingRun) -> NettingRun {
        match &self.identity().rights {
            Rights::Bailleur(own) => {
                let Some(Proposed { proposal, .. }) = &mut run.proposed else { return run };
                proposal.positions.retain(|position| position.bailleur == *own);
                proposal.held.retain(|held| held == own);
                proposal.shared.clear();
                proposal.disputed.clear();
                let payments = std::mem::take(&mut proposal.plan.payments).into_iter().zip(run.payments);
                (proposal.plan.payments, run.payments) =
                    payments.filter(|(payment, _)| payment.from == *own || payment.to == *own).unzip();
            }
            Rights::Coordinator(_) => {
                let Some(Proposed { proposal, .. }) = &mut run.proposed else { return run };
                if is_small(proposal.shared.len()) {
                    proposal.shared.clear();
                }
                if is_small(proposal.disputed.len()) {
                    proposal.disputed.clear();
                }
            }
            _ => {}
        }
        run
    }

    /// A regional plan as this caller may see it: a landlord sees its own payments and shares, and of a payment its own
    /// side.
    pub fn shown_regional(&self, mut plan: RegionalNetting) -> RegionalNetting {
        let Rights::Bailleur(own) = self.identity().rights else { return plan };
        let proposal = &mut plan.proposal;
        proposal.moved.retain(|share| share.bailleur == own);
        proposal.set_off.retain(|share| share.bailleur == own);
        proposal.carried_over.retain(|due| due.from == own || due.to == own);
        proposal.out.bailleurs.retain(|(_, siren)| *siren == own);
        let payments = std::mem::take(&mut proposal.payments).into_iter().zip(plan.payments);
        let concerned = payments.filter(|(one, _)| one.payment.from == own || one.payment.to == own);
        let one_side = concerned.map(|(mut one, state)| {
            let other = if one.payment.from == own { &mut one.received_for } else { &mut one.paid_for };
            other.clear();
            (one, state)
        });
        (proposal.payments, plan.payments) = one_side.unzip();
        plan
    }

    /// An entry as this caller may see it. A landlord sees the entries of its relogements whole, since it is a
    /// party to them, and of any other its own transfers: the écriture of a run moves the shares of all.
    pub fn shown_entry(&self, mut entry: Entry) -> Entry {
        let of_relogement =
            entry.event.relogement().is_some() || matches!(entry.event, Event::EventReversed(_));
        if let Rights::Bailleur(own) = self.identity().rights
            && !of_relogement
        {
            let moves = |account: Account| account.bailleur == Some(own);
            entry.transfers.retain(|transfer| moves(transfer.debit()) || moves(transfer.credit()));
        }
        entry
    }

    /// Balances as this caller may see them: a coordinator sees no count of placements below five.
    pub fn shown_balances(&self, mut balances: Vec<(Account, Balance)>) -> Vec<(Account, Balance)> {
        if matches!(self.identity().rights, Rights::Coordinator(_)) {
            let hidden = hidden(&balances);
            balances.retain(|(account, _)| !hidden.contains_key(account));
        }
        balances
    }
}

fn is_small(count: usize) -> bool {
    i64::try_from(count).is_ok_and(|count| (1..SMALLEST_CELL).contains(&count))
}

/// The counts to leave out: the small ones and, where a territory has one alone, the next smallest of the same
/// side too, since placements given and taken have the same total and would tell it.
fn hidden(balances: &[(Account, Balance)]) -> BTreeMap<Account, i64> {
    let count = |balance: &Balance| balance.credit_balance().abs();
    let mut cells: BTreeMap<(TerritoryId, Compte), Vec<(i64, Account)>> = BTreeMap::new();
    for (account, balance) in balances {
        if matches!(account.compte, Compte::RelogementsConfies | Compte::RelogementsAccueillis) {
            cells.entry((account.territory, account.compte)).or_default().push((count(balance), *account));
        }
    }
    let mut hidden = BTreeMap::new();
    for side in cells.values_mut() {
        side.sort_unstable();
        let small = side.iter().filter(|(count, _)| (1..SMALLEST_CELL).contains(count)).count();
        let zeros = side.iter().filter(|(count, _)| *count == 0).count();
        let left_out = if small == 1 { 2 } else { small };
        hidden.extend(side.iter().skip(zeros).take(left_out).map(|(count, account)| (*account, *count)));
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::Siren;

    fn side(counts: &[i64]) -> Vec<(Account, Balance)> {
        let territory = TerritoryId::parse("t", "200057867").unwrap();
        let account = |n| Account::of(Compte::RelogementsAccueillis, territory, Siren::fictitious(n));
        (1..).zip(counts).map(|(n, count)| (account(n), Balance { debit: 0, credit: *count })).collect()
    }

    fn check(counts: &[i64], hidden_counts: &[i64]) {
        let mut found: Vec<i64> = hidden(&side(counts)).into_values().collect();
        found.sort_unstable();
        assert_eq!(found, hidden_counts, "{counts:?}");
    }

    #[test]
    fn small_counts_are_left_out_and_never_one_alone() {
        check(&[12, 5, 30], &[]);
        check(&[0, 5], &[]);
        check(&[12, 4, 30], &[4, 12]);
        check(&[1, 2, 30], &[1, 2]);
        check(&[3], &[3]);
    }
}
