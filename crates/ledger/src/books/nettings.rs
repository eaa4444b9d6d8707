//! Netting runs and what became of them.

use super::Books;
use super::payable::{Kept, awaits};
use super::undo::Undo;
use chambre_domain::netting::SharedEffort;
use chambre_domain::netting_run::{NettingDecision, NettingOpening, PaymentState, Proposed};
use chambre_domain::{
    Date, Event, NettingId, NettingProposal, NettingRun, NettingStatus, RegionalProposal, Seq, TerritoryId,
    calendar,
};
use std::collections::BTreeMap;

impl Books {
    /// The earliest last day of a window that opens on a day, when the rules in force at the end of the run's period
    /// make one compulsory.
    #[must_use]
    pub fn disputes_until_at_least(&self, run: &NettingOpening, published_on: Date) -> Option<Date> {
        let rules = self.parties.convention_on(run.territory, run.period.to)?;
        let days = i32::try_from(rules.settlement.dispute_days?).ok()?;
        calendar::date_of_day_number(calendar::day_number(published_on).checked_add(days)?)
    }
}

/// Every run, by id and in the order in which it was opened.
#[derive(Debug, Default)]
pub struct Nettings {
    runs: Kept<NettingRun>,
    last_approved: BTreeMap<TerritoryId, NettingId>,
}

impl Nettings {
    pub(super) fn get(&self, id: &NettingId) -> Option<&NettingRun> {
        self.runs.get(id)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &NettingRun> {
        self.runs.iter()
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

    pub(super) fn open(&mut self, opening: &NettingOpening, seq: Seq, log: &mut Vec<Undo>) {
        self.runs.insert(&opening.id, NettingRun::open(opening.clone(), seq), log);
    }

    /// Follows a step that regional plans have too; false for any other event.
    pub(super) fn follow(&mut self, event: &Event, seq: Seq, log: &mut Vec<Undo>) -> bool {
        self.runs.follow(event, seq, log)
    }

    pub(super) fn cut_off(&mut self, id: &NettingId, seq: Seq, log: &mut Vec<Undo>) {
        self.runs.change(id, log, |run| {
            run.cut_off = Some(seq);
            run.status = NettingStatus::CutOff;
        });
    }

    /// A proposal takes the place of the one before; one of a run that nobody opened opens it and cuts it off.
    pub(super) fn propose(&mut self, proposal: &NettingProposal, seq: Seq, log: &mut Vec<Undo>) {
        if self.get(&proposal.id).is_none() {
            let NettingProposal { id, territory, period, officer, .. } = proposal;
            let (id, officer) = (id.clone(), officer.clone());
            self.open(&NettingOpening { id, territory: *territory, period: *period, officer }, seq, log);
        }
        self.runs.change(&proposal.id, log, |run| {
            run.cut_off = run.cut_off.or(Some(proposal.at_seq));
            run.status = NettingStatus::Proposed;
            run.payments = vec![PaymentState::Awaited; proposal.plan.payments.len()];
            run.proposed = Some(Proposed { proposal: proposal.clone(), seq });
            run.disputes_until = None;
        });
    }

    pub(super) fn publish(&mut self, id: &NettingId, until: Option<Date>, log: &mut Vec<Undo>) {
        self.runs.change(id, log, |run| {
            run.disputes_until = until;
            run.status = NettingStatus::Published;
        });
    }

    /// Signs a run; what earlier runs of the territory still awaited comes back as carry-over.
    pub(super) fn approve(
        &mut self,
        decision: &NettingDecision,
        seq: Seq,
        log: &mut Vec<Undo>,
    ) -> Vec<SharedEffort> {
        let id = &decision.netting;
        let Some(territory) = self.get(id).map(|run| run.opening.territory) else { return Vec::new() };
        let unpaid = self.iter().filter(|run| run.opening.territory == territory && awaits(run.status));
        let unpaid: Vec<NettingId> = unpaid.map(|run| run.opening.id.clone()).collect();
        for earlier in unpaid {
            self.runs.close(&earlier, log);
        }
        self.runs.sign(decision, seq, log);
        log.push(Undo::LastApproved(territory, self.last_approved.insert(territory, id.clone())));
        self.shared(id)
    }

    /// Gives a run up. When it was approved, the run approved before it is the last one again.
    pub(super) fn cancel(&mut self, id: &NettingId, log: &mut Vec<Undo>) -> Vec<SharedEffort> {
        let Some(run) = self.get(id) else { return Vec::new() };
        let (territory, was_approved) = (run.opening.territory, run.approved.is_some());
        self.runs.set_status(id, NettingStatus::Cancelled, log);
        if !was_approved {
            return Vec::new();
        }
        let before = self
            .iter()
            .filter(|run| run.opening.territory == territory && run.status != NettingStatus::Cancelled)
            .filter_map(|run| run.approved.as_ref().map(|(_, seq)| (*seq, run.opening.id.clone())))
            .max();
        let last = self.last_approved.get(&territory).cloned();
        log.push(Undo::LastApproved(territory, last));
        self.set_last_approved(territory, before.map(|(_, id)| id));
        self.shared(id)
    }

    /// Hands the payments that a regional plan takes over to it.
    pub(super) fn group(&mut self, plan: &RegionalProposal, log: &mut Vec<Undo>) {
        self.regroup(plan, (PaymentState::Awaited, PaymentState::Replaced), log);
    }

    /// Takes the payments back from a regional plan that is given up.
    pub(super) fn ungroup(&mut self, plan: &RegionalProposal, log: &mut Vec<Undo>) {
        self.regroup(plan, (PaymentState::Replaced, PaymentState::Awaited), log);
    }

    fn regroup(
        &mut self,
        plan: &RegionalProposal,
        (before, after): (PaymentState, PaymentState),
        log: &mut Vec<Undo>,
    ) {
        for id in &plan.nettings {
            self.runs.change(id, log, |run| {
                let territory = run.opening.territory;
                let payments = run.proposed.iter().flat_map(|proposed| &proposed.proposal.plan.payments);
                for (payment, state) in payments.zip(&mut run.payments) {
                    if *state == before && !plan.out.keep(territory, payment) {
                        *state = after;
                    }
                }
                run.regional = (after == PaymentState::Replaced).then(|| plan.id.clone());
                run.status = NettingStatus::of_payments(&run.payments, run.pay_on);
            });
        }
    }

    fn shared(&self, id: &NettingId) -> Vec<SharedEffort> {
        let proposal = self.get(id).and_then(NettingRun::proposal);
        proposal.map(|proposal| proposal.shared.clone()).unwrap_or_default()
    }

    pub(super) fn put_back(&mut self, id: NettingId, run: Option<NettingRun>) {
        self.runs.put_back(id, run);
    }
}
