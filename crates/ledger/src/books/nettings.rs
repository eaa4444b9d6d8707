//! Netting runs and what became of them.

use super::undo::Undo;
use chambre_domain::netting::{PaymentConfirmation, PaymentState, SharedEffort};
use chambre_domain::{NettingId, NettingProposal, NettingRun, NettingStatus, OfficerId, Seq, TerritoryId};
use std::collections::BTreeMap;

/// Every run, by id and in the order in which it was proposed.
#[derive(Debug, Default)]
pub struct Nettings {
    runs: BTreeMap<NettingId, NettingRun>,
    order: Vec<NettingId>,
    last_approved: BTreeMap<TerritoryId, NettingId>,
}

impl Nettings {
    pub(super) fn get(&self, id: &NettingId) -> Option<&NettingRun> {
        self.runs.get(id)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &NettingRun> {
        self.order.iter().filter_map(|id| self.runs.get(id))
    }

    pub(super) fn last_approved(&self, territory: TerritoryId) -> Option<&NettingRun> {
        self.last_approved.get(&territory).and_then(|id| self.runs.get(id))
    }

    pub(super) fn set_last_approved(&mut self, territory: TerritoryId, id: Option<NettingId>) {
        match id {
            Some(id) => self.last_approved.insert(territory, id),
            None => self.last_approved.remove(&territory),
        };
    }

    /// A proposal takes the place of the one its territory was still considering.
    pub(super) fn propose(&mut self, proposal: &NettingProposal, seq: Seq, log: &mut Vec<Undo>) {
        let open: Vec<NettingId> = self
            .iter()
            .filter(|run| {
                run.proposal.territory == proposal.territory && run.status == NettingStatus::Proposed
            })
            .map(|run| run.proposal.id.clone())
            .collect();
        for id in open {
            self.change(&id, log, |run| run.status = NettingStatus::Superseded);
        }
        let run = NettingRun {
            proposal: proposal.clone(),
            proposed_seq: seq,
            status: NettingStatus::Proposed,
            approved: None,
            payments: vec![PaymentState::Awaited; proposal.plan.payments.len()],
        };
        self.order.push(proposal.id.clone());
        self.runs.insert(proposal.id.clone(), run);
        log.push(Undo::Run(proposal.id.clone(), None));
    }

    pub(super) fn reject(&mut self, id: &NettingId, log: &mut Vec<Undo>) {
        self.change(id, log, |run| run.status = NettingStatus::Rejected);
    }

    /// Signs a run; what earlier runs of the territory still awaited comes back as carry-over.
    pub(super) fn approve(
        &mut self,
        id: &NettingId,
        officer: &OfficerId,
        seq: Seq,
        log: &mut Vec<Undo>,
    ) -> Vec<SharedEffort> {
        let Some(territory) = self.get(id).map(|run| run.proposal.territory) else { return Vec::new() };
        let unpaid: Vec<NettingId> = self
            .iter()
            .filter(|run| run.proposal.territory == territory && run.status == NettingStatus::Approved)
            .map(|run| run.proposal.id.clone())
            .collect();
        for earlier in unpaid {
            self.change(&earlier, log, |run| {
                for state in &mut run.payments {
                    if *state == PaymentState::Awaited {
                        *state = PaymentState::Lapsed;
                    }
                }
                run.status = NettingStatus::Settled;
            });
        }
        self.change(id, log, |run| {
            run.approved = Some((officer.clone(), seq));
            run.status =
                if run.payments.is_empty() { NettingStatus::Settled } else { NettingStatus::Approved };
        });
        log.push(Undo::LastApproved(territory, self.last_approved.insert(territory, id.clone())));
        self.get(id).map(|run| run.proposal.shared.clone()).unwrap_or_default()
    }

    pub(super) fn confirm(&mut self, confirmation: &PaymentConfirmation, seq: Seq, log: &mut Vec<Undo>) {
        let paid_on = confirmation.paid_on;
        self.change(&confirmation.netting, log, |run| {
            let place =
                run.proposal.plan.payments.iter().position(|payment| payment.id == confirmation.payment);
            if let Some(state) = place.and_then(|place| run.payments.get_mut(place)) {
                *state = PaymentState::Confirmed { paid_on, seq };
            }
            if run.payments.iter().all(|state| matches!(state, PaymentState::Confirmed { .. })) {
                run.status = NettingStatus::Settled;
            }
        });
    }

    fn change(&mut self, id: &NettingId, log: &mut Vec<Undo>, change: impl FnOnce(&mut NettingRun)) {
        if let Some(run) = self.runs.get_mut(id) {
            log.push(Undo::Run(id.clone(), Some(Box::new(run.clone()))));
            change(run);
        }
    }

    pub(super) fn put_back(&mut self, id: NettingId, run: Option<NettingRun>) {
        match run {
            Some(run) => {
                self.runs.insert(id, run);
            }
            None => {
                self.runs.remove(&id);
                self.order.pop();
            }
        }
    }
}
