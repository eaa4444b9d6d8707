//! Netting runs and what became of them.

use super::Books;
use super::undo::Undo;
use chambre_domain::netting::SharedEffort;
use chambre_domain::netting_run::{
    NettingDecision, NettingOpening, PaymentConfirmation, PaymentReturn, PaymentState, Proposed,
};
use chambre_domain::{
    Date, NettingId, NettingProposal, NettingRun, NettingStatus, PaymentId, RegionalProposal, Seq,
    TerritoryId, calendar,
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

    pub(super) fn open(&mut self, opening: &NettingOpening, seq: Seq, log: &mut Vec<Undo>) {
        self.order.push(opening.id.clone());
        self.runs.insert(opening.id.clone(), NettingRun::open(opening.clone(), seq));
        log.push(Undo::Run(opening.id.clone(), None));
    }

    pub(super) fn cut_off(&mut self, id: &NettingId, seq: Seq, log: &mut Vec<Undo>) {
        self.change(id, log, |run| {
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
        self.change(&proposal.id, log, |run| {
            run.cut_off = run.cut_off.or(Some(proposal.at_seq));
            run.status = NettingStatus::Proposed;
            run.payments = vec![PaymentState::Awaited; proposal.plan.payments.len()];
            run.proposed = Some(Proposed { proposal: proposal.clone(), seq });
            run.disputes_until = None;
        });
    }

    pub(super) fn publish(&mut self, id: &NettingId, until: Option<Date>, log: &mut Vec<Undo>) {
        self.change(id, log, |run| {
            run.disputes_until = until;
            run.status = NettingStatus::Published;
        });
    }

    pub(super) fn set_status(&mut self, id: &NettingId, status: NettingStatus, log: &mut Vec<Undo>) {
        self.change(id, log, |run| run.status = status);
    }

    pub(super) fn instruct(&mut self, id: &NettingId, pay_on: Date, log: &mut Vec<Undo>) {
        self.change(id, log, |run| {
            run.pay_on = Some(pay_on);
            run.status = NettingStatus::Instructed;
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
        let unpaid = |run: &&NettingRun| {
            let awaits = matches!(
                run.status,
                NettingStatus::Approved | NettingStatus::Instructed | NettingStatus::PartlySettled
            );
            run.opening.territory == territory && awaits
        };
        let unpaid: Vec<NettingId> = self.iter().filter(unpaid).map(|run| run.opening.id.clone()).collect();
        for earlier in unpaid {
            self.close(&earlier, log);
        }
        self.change(id, log, |run| {
            run.approved = Some((decision.officer.clone(), seq));
            run.status =
                if run.payments.is_empty() { NettingStatus::Settled } else { NettingStatus::Approved };
        });
        log.push(Undo::LastApproved(territory, self.last_approved.insert(territory, id.clone())));
        self.shared(id)
    }

    /// Gives a run up. When it was approved, the run approved before it is the last one again.
    pub(super) fn cancel(&mut self, id: &NettingId, log: &mut Vec<Undo>) -> Vec<SharedEffort> {
        let Some(run) = self.get(id) else { return Vec::new() };
        let (territory, was_approved) = (run.opening.territory, run.approved.is_some());
        self.set_status(id, NettingStatus::Cancelled, log);
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

    pub(super) fn close(&mut self, id: &NettingId, log: &mut Vec<Undo>) {
        self.change(id, log, |run| {
            PaymentState::lapse(&mut run.payments);
            run.status = NettingStatus::Closed;
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

    /// The run is settled once every payment is seen at the bank, and partly settled before.
    fn set_payment(&mut self, id: &NettingId, payment: &PaymentId, state: PaymentState, log: &mut Vec<Undo>) {
        self.change(id, log, |run| {
            let payments = run.proposed.iter().flat_map(|proposed| &proposed.proposal.plan.payments);
            let place = payments.into_iter().position(|one| one.id == *payment);
            if let Some(slot) = place.and_then(|place| run.payments.get_mut(place)) {
                *slot = state;
            }
            run.status = NettingStatus::of_payments(&run.payments, run.pay_on);
        });
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
            self.change(id, log, |run| {
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
