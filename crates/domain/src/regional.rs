//! The regional plan: one payment plan for the approved runs of several territories.
//!
//! What each run decided stands; only who hands money to whom changes. At its approval the positions that the runs
//! settle leave the territories for the region (467100 → 467200), so that the books of each territory are right at
//! once. What a bailleur owes in one territory and is due in another is set off without money, and each payment
//! keeps its breakdown by territory: both go through one liaison account per territory (181100), which ends at zero
//! (netting.md 2.6).

use crate::calendar::Date;
use crate::entry::Seq;
use crate::ids::{NettingId, OfficerId, PaymentId};
use crate::money::{Amount, Cents};
use crate::netting::Payment;
use crate::netting_run::{NettingStatus, NettingStep, PaymentState};
use crate::siren::Siren;
use crate::territory::TerritoryId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far a regional plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// One plan on the sums of all territories: the fewest payments, new counterparties.
    Full,
    /// Payments of the local plans only shrink, by set-off round rings: nobody gets a new counterparty.
    Conservative,
}

/// Who stays out of a regional plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OptOuts {
    /// Territories whose own plan stands.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub territories: BTreeSet<TerritoryId>,
    /// Bailleurs whose payments in one territory stand.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bailleurs: BTreeSet<(TerritoryId, Siren)>,
}

impl OptOuts {
    /// Whether a payment of a local plan stands: its territory, its payer or its payee there stays out.
    #[must_use]
    pub fn keep(&self, territory: TerritoryId, payment: &Payment) -> bool {
        self.territories.contains(&territory)
            || [payment.from, payment.to].iter().any(|one| self.bailleurs.contains(&(territory, *one)))
    }
}

/// What one bailleur owes another across the region, and where each of them counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RegionalDue {
    /// Who owes.
    pub from: Siren,
    /// The territory whose run made it a debt.
    pub paid_in: TerritoryId,
    /// To whom.
    pub to: Siren,
    /// The territory whose run made it a claim.
    pub received_in: TerritoryId,
    /// How much.
    pub amount: Amount,
}

/// What a bailleur has in one territory. Above zero is *received there*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionalShare {
    /// Where.
    pub territory: TerritoryId,
    /// Who.
    pub bailleur: Siren,
    /// How much, in cents; never zero.
    pub amount: Cents,
}

/// One payment of a regional plan. Both breakdowns sum to its amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionalPayment {
    /// The payment.
    pub payment: Payment,
    /// Territories whose debts the payer settles by it.
    pub paid_for: BTreeMap<TerritoryId, Cents>,
    /// Territories whose claims the payee settles by it.
    pub received_for: BTreeMap<TerritoryId, Cents>,
}

impl RegionalPayment {
    /// The same payment as dues from territory to territory, both breakdowns read in the order of territories.
    #[must_use]
    pub fn dues(&self) -> Vec<RegionalDue> {
        let mut paid = self.paid_for.iter().map(|(at, cents)| (*at, cents.get()));
        let mut received = self.received_for.iter().map(|(at, cents)| (*at, cents.get()));
        let (mut debt, mut claim) = (paid.next(), received.next());
        let mut dues = Vec::new();
        while let (Some((paid_in, owed)), Some((received_in, due))) = (debt, claim) {
            let Payment { from, to, .. } = self.payment;
            let both = owed.min(due);
            if let Some(amount) = Amount::size_of(Cents::new(both)) {
                dues.push(RegionalDue { from, paid_in, to, received_in, amount });
            }
            debt = if owed > both { Some((paid_in, owed - both)) } else { paid.next() };
            claim = if due > both { Some((received_in, due - both)) } else { received.next() };
        }
        dues
    }
}

/// A regional plan as computed and frozen at a seq of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionalProposal {
    /// Its identifier, of the same kind as that of a run.
    pub id: NettingId,
    /// The runs whose payments it takes over, in the order of their territories.
    pub nettings: Vec<NettingId>,
    /// How far it goes.
    pub compression: Compression,
    /// Who stays out.
    pub out: OptOuts,
    /// The last seq it takes into account.
    pub at_seq: Seq,
    /// Who proposed it.
    pub officer: OfficerId,
    /// 1 for the first proposal of the plan, then one more each time it is computed again.
    pub revision: u32,
    /// SHA-256 of everything the computation read, in hexadecimal: same input, same figures.
    pub input_sha256: Box<str>,
    /// What leaves the territories for the region, by territory then SIREN; zero in sum for each territory.
    pub moved: Vec<RegionalShare>,
    /// Payments of the regional plan before it that were not made: they are due again here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried_over: Vec<RegionalDue>,
    /// What bailleurs set off between territories without money; zero in sum for each bailleur.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_off: Vec<RegionalShare>,
    /// Who pays whom.
    pub payments: Vec<RegionalPayment>,
    /// No plan on the same sums needs fewer payments than this.
    pub lower_bound: u32,
}

/// A regional plan with what became of it. It goes through the steps of a run that concern money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalNetting {
    /// What was proposed last.
    pub proposal: RegionalProposal,
    /// Seq of the entry of its first proposal.
    pub opened_seq: Seq,
    /// Its state.
    pub status: NettingStatus,
    /// Who approved it, and the seq of the écriture, once approved.
    pub approved: Option<(OfficerId, Seq)>,
    /// Day on which the banks were asked to pay, once instructed.
    pub pay_on: Option<Date>,
    /// What became of each payment, in the order of the plan.
    pub payments: Vec<PaymentState>,
}

impl RegionalNetting {
    /// Whether its state allows a step. It is never shown for disputes: the runs were.
    #[must_use]
    pub fn allows(&self, step: NettingStep) -> bool {
        step != NettingStep::Publish && step != NettingStep::Group && self.status.steps().contains(&step)
    }

    /// One of its payments, and what became of it.
    #[must_use]
    pub fn payment(&self, id: &PaymentId) -> Option<(&RegionalPayment, PaymentState)> {
        let mut payments = self.proposal.payments.iter().zip(&self.payments);
        payments.find(|(one, _)| one.payment.id == *id).map(|(one, state)| (one, *state))
    }

    /// What is due again: the payments that were not seen at the bank, or came back.
    #[must_use]
    pub fn unpaid(&self) -> Vec<RegionalDue> {
        let payments = self.proposal.payments.iter().zip(&self.payments);
        let unpaid = payments.filter(|(_, state)| !matches!(state, PaymentState::Confirmed { .. }));
        unpaid.flat_map(|(payment, _)| payment.dues()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn territory(text: &str) -> TerritoryId {
        TerritoryId::parse("t", text).unwrap()
    }

    #[test]
    fn a_payment_reads_as_dues_from_territory_to_territory() {
        let (one, two) = (territory("200057867"), territory("200058006"));
        let payment = Payment {
            id: PaymentId::parse("p", "R-001").unwrap(),
            from: Siren::fictitious(1),
            to: Siren::fictitious(2),
            amount: Amount::new("a", 500).unwrap(),
        };
        let paid_for = [(one, Cents::new(300)), (two, Cents::new(200))].into();
        let received_for = [(one, Cents::new(450)), (two, Cents::new(50))].into();
        let dues = RegionalPayment { payment, paid_for, received_for }.dues();
        let read: Vec<_> = dues.iter().map(|due| (due.paid_in, due.received_in, due.amount.get())).collect();
        assert_eq!(read, [(one, one, 300), (two, one, 150), (two, two, 50)]);
    }

    #[test]
    fn a_payment_stands_when_one_end_of_it_stays_out_there() {
        let (here, there) = (territory("200057867"), territory("200058006"));
        let (payer, payee) = (Siren::fictitious(1), Siren::fictitious(2));
        let payment = Payment {
            id: PaymentId::parse("p", "R-001").unwrap(),
            from: payer,
            to: payee,
            amount: Amount::ONE,
        };
        let out = OptOuts { bailleurs: [(here, payee)].into(), ..OptOuts::default() };
        assert!(out.keep(here, &payment));
        assert!(!out.keep(there, &payment));
        assert!(OptOuts { territories: [there].into(), ..OptOuts::default() }.keep(there, &payment));
    }
}
