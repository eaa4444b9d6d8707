//! Regional plans and what became of them.

use super::nettings::Nettings;
use super::undo::Undo;
use chambre_domain::netting_run::{NettingDecision, PaymentConfirmation, PaymentReturn, PaymentState};
use chambre_domain::{Date, NettingId, NettingStatus, PaymentId, RegionalNetting, RegionalProposal, Seq};
use std::collections::BTreeMap;

/// Every regional plan, by id and in the order in which it was first proposed.
#[derive(Debug, Default)]
pub struct Regionals {
    plans: BTreeMap<NettingId, RegionalNetting>,
    order: Vec<NettingId>,
    last_approved: Option<NettingId>,
}

impl Regionals {
    pub(super) fn get(&self, id: &NettingId) -> Option<&RegionalNetting> {
        self.plans.get(id)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &RegionalNetting> {
        self.order.iter().filter_map(|id| self.plans.get(id))
    }

    pub(super) fn last_approved(&self) -> Option<&RegionalNetting> {
        self.last_approved.as_ref().and_then(|id| self.plans.get(id))
    }

    pub(super) fn set_last_approved(&mut self, id: Option<NettingId>) {
        self.last_approved = id;
    }

    /// A proposal takes the place of the one before.
    pub(super) fn propose(&mut self, proposal: &RegionalProposal, seq: Seq, log: &mut Vec<Undo>) {
        let id = &proposal.id;
        let before = self.plans.get(id);
        let plan = RegionalNetting {
            opened_seq: before.map_or(seq, |before| before.opened_seq),
            status: NettingStatus::Proposed,
            approved: None,
            pay_on: None,
            payments: vec![PaymentState::Awaited; proposal.payments.len()],
            proposal: proposal.clone(),
        };
        if before.is_none() {
            self.order.push(id.clone());
        }
        log.push(Undo::Regional(id.clone(), self.plans.insert(id.clone(), plan).map(Box::new)));
    }

    /// Signs a plan: it takes the payments of its runs over, and what the plan before still awaited is due in it.
    pub(super) fn approve(
        &mut self,
        decision: &NettingDecision,
        seq: Seq,
        runs: &mut Nettings,
        log: &mut Vec<Undo>,
    ) {
        let id = &decision.netting;
        let awaits = |plan: &&RegionalNetting| {
            use NettingStatus::{Approved, Instructed, PartlySettled};
            matches!(plan.status, Approved | Instructed | PartlySettled)
        };
        let earlier: Vec<NettingId> =
            self.iter().filter(awaits).map(|plan| plan.proposal.id.clone()).collect();
        for earlier in earlier {
            self.close(&earlier, log);
        }
        self.change(id, log, |plan| {
            plan.approved = Some((decision.officer.clone(), seq));
            plan.status =
                if plan.payments.is_empty() { NettingStatus::Settled } else { NettingStatus::Approved };
        });
        log.push(Undo::LastRegional(self.last_approved.replace(id.clone())));
        if let Some(plan) = self.plans.get(id) {
            runs.group(&plan.proposal, log);
        }
    }

    /// Gives a plan up. When it was approved, its runs have their payments again, and the plan approved before it is
    /// the last one again.
    pub(super) fn cancel(&mut self, id: &NettingId, runs: &mut Nettings, log: &mut Vec<Undo>) {
        let Some(plan) = self.plans.get(id).cloned() else { return };
        self.set_status(id, NettingStatus::Cancelled, log);
        if plan.approved.is_none() {
            return;
        }
        runs.ungroup(&plan.proposal, log);
        let standing = self.iter().filter(|plan| plan.status != NettingStatus::Cancelled);
        let before =
            standing.filter_map(|plan| plan.approved.as_ref().map(|(_, seq)| (*seq, &plan.proposal.id)));
        let before = before.max().map(|(_, id)| id.clone());
        log.push(Undo::LastRegional(self.last_approved.take()));
        self.last_approved = before;
    }

    pub(super) fn set_status(&mut self, id: &NettingId, status: NettingStatus, log: &mut Vec<Undo>) {
        self.change(id, log, |plan| plan.status = status);
    }

    pub(super) fn instruct(&mut self, id: &NettingId, pay_on: Date, log: &mut Vec<Undo>) {
        self.change(id, log, |plan| {
            plan.pay_on = Some(pay_on);
            plan.status = NettingStatus::Instructed;
        });
    }

    pub(super) fn close(&mut self, id: &NettingId, log: &mut Vec<Undo>) {
        self.change(id, log, |plan| {
            PaymentState::lapse(&mut plan.payments);
            plan.status = NettingStatus::Closed;
        });
    }

    pub(super) fn confirm(&mut self, confirmation: &PaymentConfirmation, seq: Seq, log: &mut Vec<Undo>) {
        let state = PaymentState::Confirmed { paid_on: confirmation.paid_on, seq };
        self.set_payment(&confirmation.netting, &confirmation.payment, state, log);
    }

    pub(super) fn send_back(&mut self, back: &PaymentReturn, seq: Seq, log: &mut Vec<Undo>) {
        let state = PaymentState::Returned { returned_on: back.returned_on, seq };
        self.set_payment(&back.netting, &back.payment, state, log);
    }

    fn set_payment(&mut self, id: &NettingId, payment: &PaymentId, state: PaymentState, log: &mut Vec<Undo>) {
        self.change(id, log, |plan| {
            let place = plan.proposal.payments.iter().position(|one| one.payment.id == *payment);
            if let Some(slot) = place.and_then(|place| plan.payments.get_mut(place)) {
                *slot = state;
            }
            plan.status = NettingStatus::of_payments(&plan.payments, plan.pay_on);
        });
    }

    fn change(&mut self, id: &NettingId, log: &mut Vec<Undo>, change: impl FnOnce(&mut RegionalNetting)) {
        if let Some(plan) = self.plans.get_mut(id) {
            log.push(Undo::Regional(id.clone(), Some(Box::new(plan.clone()))));
            change(plan);
        }
    }

    pub(super) fn put_back(&mut self, id: NettingId, plan: Option<RegionalNetting>) {
        match plan {
            Some(plan) => {
                self.plans.insert(id, plan);
            }
            None => {
                self.plans.remove(&id);
                self.order.pop();
            }
        }
    }
}
