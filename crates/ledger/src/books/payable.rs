//! What runs and regional plans have in common: kept by id and in order, signed, ordered at the bank, paid.

use super::undo::Undo;
use chambre_domain::netting_run::{NettingDecision, PaymentConfirmation, PaymentReturn, PaymentState};
use chambre_domain::{
    Date, Event, NettingId, NettingRun, NettingStatus, OfficerId, PaymentId, RegionalNetting, Seq,
};
use std::collections::BTreeMap;

/// What is signed and paid: a run or a regional plan.
pub(super) trait Payable: Clone {
    /// The part of it that signing and paying change.
    fn course(&mut self) -> Course<'_>;
    /// Place of a payment in its plan.
    fn place(&self, payment: &PaymentId) -> Option<usize>;
    /// Takes a change back: what it was before, or nothing.
    fn undo(id: &NettingId, before: Option<Self>) -> Undo;
}

/// The part that signing and paying change.
pub(super) struct Course<'a> {
    status: &'a mut NettingStatus,
    approved: &'a mut Option<(OfficerId, Seq)>,
    pay_on: &'a mut Option<Date>,
    payments: &'a mut Vec<PaymentState>,
}

impl Payable for NettingRun {
    fn course(&mut self) -> Course<'_> {
        let Self { status, approved, pay_on, payments, .. } = self;
        Course { status, approved, pay_on, payments }
    }

    fn place(&self, payment: &PaymentId) -> Option<usize> {
        self.proposal()?.plan.payments.iter().position(|one| one.id == *payment)
    }

    fn undo(id: &NettingId, before: Option<Self>) -> Undo {
        Undo::Run(id.clone(), before.map(Box::new))
    }
}

impl Payable for RegionalNetting {
    fn course(&mut self) -> Course<'_> {
        let Self { status, approved, pay_on, payments, .. } = self;
        Course { status, approved, pay_on, payments }
    }

    fn place(&self, payment: &PaymentId) -> Option<usize> {
        self.proposal.payments.iter().position(|one| one.payment.id == *payment)
    }

    fn undo(id: &NettingId, before: Option<Self>) -> Undo {
        Undo::Regional(id.clone(), before.map(Box::new))
    }
}

/// Runs, or regional plans: by id, and in the order in which they were opened.
#[derive(Debug)]
pub(super) struct Kept<T> {
    by_id: BTreeMap<NettingId, T>,
    order: Vec<NettingId>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), order: Vec::new() }
    }
}

impl<T: Payable> Kept<T> {
    pub fn get(&self, id: &NettingId) -> Option<&T> {
        self.by_id.get(id)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Keeps one, in place of the one before.
    pub fn insert(&mut self, id: &NettingId, new: T, log: &mut Vec<Undo>) {
        let before = self.by_id.insert(id.clone(), new);
        if before.is_none() {
            self.order.push(id.clone());
        }
        log.push(T::undo(id, before));
    }

    pub fn change(&mut self, id: &NettingId, log: &mut Vec<Undo>, change: impl FnOnce(&mut T)) {
        if let Some(kept) = self.by_id.get_mut(id) {
            log.push(T::undo(id, Some(kept.clone())));
            change(kept);
        }
    }

    pub fn put_back(&mut self, id: NettingId, before: Option<T>) {
        match before {
            Some(before) => {
                self.by_id.insert(id, before);
            }
            None => {
                self.by_id.remove(&id);
                self.order.pop();
            }
        }
    }

    pub fn set_status(&mut self, id: &NettingId, status: NettingStatus, log: &mut Vec<Undo>) {
        self.change(id, log, |kept| *kept.course().status = status);
    }

    /// Signs one: without payments, it is settled.
    pub fn sign(&mut self, decision: &NettingDecision, seq: Seq, log: &mut Vec<Undo>) {
        self.change(&decision.netting, log, |kept| {
            let course = kept.course();
            *course.approved = Some((decision.officer.clone(), seq));
            let paid = course.payments.is_empty();
            *course.status = if paid { NettingStatus::Settled } else { NettingStatus::Approved };
        });
    }

    /// Follows a step that runs and regional plans have in common; false, and nothing done, for any other event.
    pub fn follow(&mut self, event: &Event, seq: Seq, log: &mut Vec<Undo>) -> bool {
        match event {
            Event::NettingRejected(rejection) => {
                self.set_status(&rejection.netting, NettingStatus::Rejected, log);
            }
            Event::NettingInstructed(order) => self.change(&order.netting, log, |kept| {
                let course = kept.course();
                *course.pay_on = Some(order.pay_on);
                *course.status = NettingStatus::Instructed;
            }),
            Event::PaymentConfirmed(PaymentConfirmation { netting, payment, paid_on, .. }) => {
                let state = PaymentState::Confirmed { paid_on: *paid_on, seq };
                self.set_payment(netting, payment, state, log);
            }
            Event::PaymentReturned(PaymentReturn { netting, payment, returned_on, .. }) => {
                let state = PaymentState::Returned { returned_on: *returned_on, seq };
                self.set_payment(netting, payment, state, log);
            }
            Event::NettingClosed(closing) => self.close(&closing.netting, log),
            _ => return false,
        }
        true
    }

    pub fn close(&mut self, id: &NettingId, log: &mut Vec<Undo>) {
        self.change(id, log, |kept| {
            let course = kept.course();
            PaymentState::lapse(course.payments);
            *course.status = NettingStatus::Closed;
        });
    }

    /// It is settled once every payment is seen at the bank, and partly settled before.
    fn set_payment(&mut self, id: &NettingId, payment: &PaymentId, state: PaymentState, log: &mut Vec<Undo>) {
        self.change(id, log, |kept| {
            let place = kept.place(payment);
            let course = kept.course();
            if let Some(slot) = place.and_then(|place| course.payments.get_mut(place)) {
                *slot = state;
            }
            *course.status = NettingStatus::of_payments(course.payments, *course.pay_on);
        });
    }
}

/// Whether something approved still awaits payments: the next of its kind takes them over.
pub(super) const fn awaits(status: NettingStatus) -> bool {
    matches!(status, NettingStatus::Approved | NettingStatus::Instructed | NettingStatus::PartlySettled)
}
