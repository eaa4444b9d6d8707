//! Regional plans and what became of them.

use super::nettings::Nettings;
use super::payable::{Kept, awaits};
use super::undo::Undo;
use chambre_domain::netting_run::{NettingDecision, PaymentState};
use chambre_domain::{Event, NettingId, NettingStatus, RegionalNetting, RegionalProposal, Seq};

/// Every regional plan, by id and in the order in which it was first proposed.
#[derive(Debug, Default)]
pub struct Regionals {
    plans: Kept<RegionalNetting>,
    last_approved: Option<NettingId>,
}

impl Regionals {
    pub(super) fn get(&self, id: &NettingId) -> Option<&RegionalNetting> {
        self.plans.get(id)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &RegionalNetting> {
        self.plans.iter()
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
        self.plans.insert(id, plan, log);
    }

    /// Follows a step that runs have too; false for any other event.
    pub(super) fn follow(&mut self, event: &Event, seq: Seq, log: &mut Vec<Undo>) -> bool {
        self.plans.follow(event, seq, log)
    }

    /// Signs a plan: it takes the payments of its runs over, and what the plan before still awaited is due in it.
    pub(super) fn approve(
        &mut self,
        decision: &NettingDecision,
        seq: Seq,
        runs: &mut Nettings,
        log: &mut Vec<Undo>,
    ) {
        let unpaid = self.iter().filter(|plan| awaits(plan.status));
        let unpaid: Vec<NettingId> = unpaid.map(|plan| plan.proposal.id.clone()).collect();
        for earlier in unpaid {
            self.plans.close(&earlier, log);
        }
        self.plans.sign(decision, seq, log);
        log.push(Undo::LastRegional(self.last_approved.replace(decision.netting.clone())));
        if let Some(plan) = self.plans.get(&decision.netting) {
            runs.group(&plan.proposal, log);
        }
    }

    /// Gives a plan up. When it was approved, its runs have their payments again, and the plan approved before it is
    /// the last one again.
    pub(super) fn cancel(&mut self, id: &NettingId, runs: &mut Nettings, log: &mut Vec<Undo>) {
        let Some(plan) = self.plans.get(id).cloned() else { return };
        self.plans.set_status(id, NettingStatus::Cancelled, log);
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

    pub(super) fn put_back(&mut self, id: NettingId, plan: Option<RegionalNetting>) {
        self.plans.put_back(id, plan);
    }
}
