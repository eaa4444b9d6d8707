//! The state of the books in memory: what the entries of the journal add up to.
//!
//! Only `Books::apply` changes it, from an entry; the same function serves recording and replay, so that a
//! replay from zero gives the same state. Every change leaves its inverse in a log, so that a group that could
//! not be written, or was only a validation, is taken back exactly.

mod balances;
mod disputes;
mod nettings;
mod parties;
mod regionals;
mod relogements;
mod undo;

pub use balances::Balances;
pub use disputes::Disputes;
pub use relogements::RelogementFile;

use chambre_domain::bailleur::Succession;
use chambre_domain::dispute::{Dispute, DisputeRaising, DisputeSettlement, DisputeSubject};
use chambre_domain::follow_up::{IndemnityStatus, RentRevision};
use chambre_domain::measure::{EffortLine, LineKind};
use chambre_domain::netting::SharedEffort;
use chambre_domain::{
    BookedAt, Cents, Date, Event, EventId, NettingId, NettingRun, NettingStatus, Refusal, RegionalNetting,
    RelogementId, Seal, Seq, TerritoryId, Transfer,
};
use foldhash::HashMap;
use std::collections::BTreeMap;
use undo::Undo;

/// An entry about to be applied, with what a reversal needs of its target.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'a> {
    /// Number of the entry.
    pub seq: Seq,
    /// The caller's identifier.
    pub event_id: &'a EventId,
    /// When it happened.
    pub occurred_on: Date,
    /// What happened.
    pub event: &'a Event,
    /// What it moves.
    pub transfers: &'a [Transfer],
    /// For a reversal: the seq and event it cancels.
    pub target: Option<(Seq, &'a Event)>,
}

/// Where the journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalHead {
    /// Number of the last entry.
    pub seq: Seq,
    /// Its seal.
    pub seal: Seal,
    /// When it was booked; the epoch when the journal is empty.
    pub booked_at: Option<BookedAt>,
}

/// A state of the books to come back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    changes: usize,
    head: JournalHead,
}

/// The state of the books.
#[derive(Debug, Default)]
pub struct Books {
    head: JournalHead,
    parties: parties::Parties,
    relogements: relogements::Relogements,
    nettings: nettings::Nettings,
    regionals: regionals::Regionals,
    disputes: Disputes,
    balances: Balances,
    reversed: HashMap<Seq, Seq>,
    undo: Vec<Undo>,
}

impl Books {
    /// Where the journal stands.
    #[must_use]
    pub fn head(&self) -> JournalHead {
        self.head
    }

    /// The bailleurs, operations and conventions.
    #[must_use]
    pub fn parties(&self) -> &parties::Parties {
        &self.parties
    }

    /// The relogement recorded under an id: the latest, when a first record was reversed.
    #[must_use]
    pub fn relogement(&self, id: &RelogementId) -> Option<&RelogementFile> {
        self.relogements.get(id)
    }

    /// Every relogement of a territory, reversed ones included, in the order of the journal.
    pub fn relogements_of(&self, territory: TerritoryId) -> impl Iterator<Item = &RelogementFile> {
        self.relogements.of_territory(territory)
    }

    /// Every relogement, reversed ones included, in the order of the journal.
    pub fn relogements(&self) -> impl Iterator<Item = &RelogementFile> {
        self.relogements.iter()
    }

    /// The operation of a relogement.
    #[must_use]
    pub fn operation_of(&self, file: &RelogementFile) -> Option<&chambre_domain::Operation> {
        self.parties.operation(&file.operation)
    }

    /// How many relogements are recorded, reversed ones included.
    #[must_use]
    pub fn relogement_count(&self) -> usize {
        self.relogements.len()
    }

    /// Numbers of the entries about a relogement id.
    #[must_use]
    pub fn entries_of(&self, id: &RelogementId) -> Vec<u64> {
        self.relogements.entries_of(id)
    }

    /// The relogement recorded by an entry.
    #[must_use]
    pub fn relogement_at(&self, recorded_seq: Seq) -> Option<&RelogementFile> {
        self.relogements.at(recorded_seq)
    }

    /// The balances, and which entries moved whose accounts.
    #[must_use]
    pub fn balances(&self) -> &Balances {
        &self.balances
    }

    /// What is contested.
    #[must_use]
    pub fn disputes(&self) -> &Disputes {
        &self.disputes
    }

    /// A netting run.
    #[must_use]
    pub fn netting(&self, id: &NettingId) -> Option<&NettingRun> {
        self.nettings.get(id)
    }

    /// Every run, in the order in which it was opened.
    pub fn nettings(&self) -> impl DoubleEndedIterator<Item = &NettingRun> {
        self.nettings.iter()
    }

    /// The last approved run of a territory.
    #[must_use]
    pub fn last_approved(&self, territory: TerritoryId) -> Option<&NettingRun> {
        self.nettings.last_approved(territory)
    }

    /// A regional plan.
    #[must_use]
    pub fn regional(&self, id: &NettingId) -> Option<&RegionalNetting> {
        self.regionals.get(id)
    }

    /// Every regional plan, in the order in which it was first proposed.
    pub fn regionals(&self) -> impl DoubleEndedIterator<Item = &RegionalNetting> {
        self.regionals.iter()
    }

    /// The last approved regional plan.
    #[must_use]
    pub fn last_regional(&self) -> Option<&RegionalNetting> {
        self.regionals.last_approved()
    }

    /// Which entry reversed an entry, if one did.
    #[must_use]
    pub fn reversed_by(&self, seq: Seq) -> Option<Seq> {
        self.reversed.get(&seq).copied()
    }

    /// Checks that no account would leave the range of its counters; changes nothing.
    pub(crate) fn check_room(&self, transfers: &[Transfer]) -> Result<(), Refusal> {
        self.balances.check_room(transfers)
    }

    /// A place to come back to: the log of changes so far, and the head.
    pub(crate) fn mark(&self) -> Mark {
        Mark { changes: self.undo.len(), head: self.head }
    }

    /// Ends a group: forgets how to take its changes back, for they are on disk or were taken back.
    pub(crate) fn end_group(&mut self) {
        self.undo.clear();
        self.balances.end_group();
    }

    /// Moves the head.
    pub(crate) fn set_head(&mut self, head: JournalHead) {
        self.head = head;
    }

    /// Accounts moved by the present group, in order, once each.
    pub(crate) fn touched(&self) -> Vec<chambre_domain::Account> {
        self.balances.touched()
    }

    /// Applies an entry that the rules have accepted.
    pub(crate) fn apply(&mut self, entry: &Applied<'_>) {
        for transfer in entry.transfers {
            self.balances.add(transfer);
            self.undo.push(Undo::Transfer(*transfer));
            self.index(entry.seq, transfer);
        }
        self.apply_event(entry);
        if let Some(index) = self.file_of(entry) {
            self.relogements.file_mut(index).entries.push(entry.seq.get());
            self.undo.push(Undo::FileEntry(index));
        }
    }

    /// The relogement that an entry is about.
    fn file_of(&self, entry: &Applied<'_>) -> Option<u32> {
        match (entry.event, entry.target) {
            // Its relogement may have been reversed, and recorded again under the same id.
            (Event::RentGapAccrued(accrual), _) => self.relogements.index_at(accrual.recorded_seq),
            (_, Some((_, target))) => target.relogement().and_then(|id| self.relogements.index_of(id)),
            (event, None) => event.relogement().and_then(|id| self.relogements.index_of(id)),
        }
    }

    fn index(&mut self, seq: Seq, transfer: &Transfer) {
        let owner = |account: chambre_domain::Account| (account.territory, account.bailleur);
        let (debit, credit) = (owner(transfer.debit()), owner(transfer.credit()));
        for owner in [Some(debit), (credit != debit).then_some(credit)].into_iter().flatten() {
            if self.balances.index(owner, seq) {
                self.undo.push(Undo::Indexed(owner));
            }
        }
    }

    fn apply_event(&mut self, entry: &Applied<'_>) {
        match entry.event {
            Event::BailleurRegistered(bailleur) => {
                self.parties.insert_bailleur(bailleur.clone());
                self.undo.push(Undo::Bailleur(bailleur.siren));
            }
            Event::BailleurSucceeded(succession) => self.succeed(succession),
            Event::BankAccountRegistered(account) => {
                self.parties.push_bank_account(account.as_ref().clone());
                self.undo.push(Undo::BankAccount(account.bailleur));
            }
            Event::OperationRegistered(operation) => {
                self.parties.insert_operation(operation.clone());
                self.undo.push(Undo::Operation(operation.id.clone()));
            }
            Event::ConventionPublished(convention) => {
                self.parties.push_convention(convention.as_ref().clone());
                self.undo.push(Undo::Convention(convention.territory));
            }
            Event::RelogementRecorded(relogement) => self.open_file(entry, relogement),
            Event::EventReversed(_) => self.reverse(entry),
            Event::LandCounterpartRecorded(_) => {}
            Event::DisputeRaised(raising) => self.raise_dispute(entry, raising),
            Event::DisputeSettled(settlement) => self.settle_dispute(entry, settlement),
            event if event.netting().is_some_and(|id| self.regionals.get(id).is_some()) => {
                self.regional_step(entry)
            }
            Event::RegionalProposed(_) => self.regional_step(entry),
            Event::NettingOpened(_)
            | Event::NettingCutOff(_)
            | Event::NettingProposed(_)
            | Event::NettingPublished(_)
            | Event::NettingRejected(_)
            | Event::NettingApproved(_)
            | Event::NettingInstructed(_)
            | Event::NettingCancelled(_)
            | Event::PaymentConfirmed(_)
            | Event::PaymentReturned(_)
            | Event::NettingClosed(_) => self.step(entry),
            Event::RentRevised(_)
            | Event::RentGapAccrued(_)
            | Event::WorksRecorded(_)
            | Event::VacancyRecorded(_)
            | Event::IndemnityRecorded(_)
            | Event::LeaseEnded(_) => self.follow_up(entry, entry.event, 1),
        }
    }

    /// One step in the life of a run.
    fn step(&mut self, entry: &Applied<'_>) {
        let (runs, log, seq) = (&mut self.nettings, &mut self.undo, entry.seq);
        match entry.event {
            Event::NettingOpened(opening) => runs.open(opening, seq, log),
            Event::NettingCutOff(cut_off) => runs.cut_off(&cut_off.netting, seq, log),
            Event::NettingProposed(proposal) => runs.propose(proposal, seq, log),
            Event::NettingPublished(published) => {
                runs.publish(&published.netting, published.disputes_until, log);
            }
            Event::NettingRejected(rejection) => {
                runs.set_status(&rejection.netting, NettingStatus::Rejected, log);
            }
            Event::NettingInstructed(order) => runs.instruct(&order.netting, order.pay_on, log),
            Event::PaymentConfirmed(confirmation) => runs.confirm(confirmation, seq, log),
            Event::PaymentReturned(back) => runs.send_back(back, seq, log),
            Event::NettingClosed(closing) => runs.close(&closing.netting, log),
            Event::NettingApproved(approval) => {
                let shared = runs.approve(approval, seq, log);
                self.share(&shared, 1);
            }
            Event::NettingCancelled(cancellation) => {
                let shared = runs.cancel(&cancellation.netting, log);
                self.share(&shared, -1);
            }
            _ => {}
        }
    }

    /// One step in the life of a regional plan.
    fn regional_step(&mut self, entry: &Applied<'_>) {
        let (plans, runs, log, seq) = (&mut self.regionals, &mut self.nettings, &mut self.undo, entry.seq);
        match entry.event {
            Event::RegionalProposed(proposal) => plans.propose(proposal, seq, log),
            Event::NettingRejected(rejection) => {
                plans.set_status(&rejection.netting, NettingStatus::Rejected, log);
            }
            Event::NettingApproved(approval) => plans.approve(approval, seq, runs, log),
            Event::NettingInstructed(order) => plans.instruct(&order.netting, order.pay_on, log),
            Event::NettingCancelled(cancellation) => plans.cancel(&cancellation.netting, runs, log),
            Event::PaymentConfirmed(confirmation) => plans.confirm(confirmation, seq, log),
            Event::PaymentReturned(back) => plans.send_back(back, seq, log),
            Event::NettingClosed(closing) => plans.close(&closing.netting, log),
            _ => {}
        }
    }

    /// Counts what a run shares of each relogement, with sign −1 when the run is cancelled.
    fn share(&mut self, shared: &[SharedEffort], sign: i64) {
        for share in shared {
            if let Some(index) = self.relogements.index_at(share.recorded_seq) {
                let file = self.relogements.file_mut(index);
                self.undo.push(Undo::Shared(index, file.measured.shared));
                file.measured.shared = Cents::new(file.measured.shared.get() + sign * share.amount.get());
            }
        }
    }

    fn raise_dispute(&mut self, entry: &Applied<'_>, raising: &DisputeRaising) {
        let territory = match &raising.subject {
            DisputeSubject::Bailleur { territory, .. } => Some(*territory),
            DisputeSubject::Relogement { id } => self.relogement(id).map(|file| file.measured.territory),
        };
        let Some(territory) = territory else { return };
        self.undo.push(Undo::Dispute(entry.event_id.clone(), None));
        self.disputes.put(Dispute {
            id: entry.event_id.clone(),
            seq: entry.seq,
            raised_on: entry.occurred_on,
            raising: raising.clone(),
            territory,
            settled: None,
        });
    }

    fn settle_dispute(&mut self, entry: &Applied<'_>, settlement: &DisputeSettlement) {
        let Some(dispute) = self.disputes.get(&settlement.dispute).cloned() else { return };
        self.undo.push(Undo::Dispute(dispute.id.clone(), Some(Box::new(dispute.clone()))));
        let settled = Some((settlement.outcome, settlement.officer.clone(), entry.seq));
        self.disputes.put(Dispute { settled, ..dispute });
    }

    fn succeed(&mut self, succession: &Succession) {
        self.parties.set_absorbed(succession.absorbed, Some(succession.absorbing));
        self.undo.push(Undo::Absorbed(succession.absorbed));
        for index in self.relogements.indexes_of_bailleur(succession.absorbed) {
            let measured = &mut self.relogements.file_mut(index).measured;
            self.undo.push(Undo::Parties(index, measured.origin, measured.host));
            for party in [&mut measured.origin, &mut measured.host] {
                if *party == succession.absorbed {
                    *party = succession.absorbing;
                }
            }
        }
    }

    fn open_file(&mut self, entry: &Applied<'_>, relogement: &chambre_domain::Relogement) {
        let Some(operation) = self.parties.operation(&relogement.operation) else { return };
        let (territory, origin) = (operation.territory, self.parties.current(operation.origin));
        let version = self.parties.convention_on(territory, relogement.lease_date).map_or(0, |c| c.version);
        let mut file = RelogementFile::open(entry.seq, relogement, territory, origin, version);
        let gap = entry
            .transfers
            .iter()
            .find(|t| t.unit() == chambre_domain::Unit::Eur)
            .map_or(Cents::ZERO, signed_gap);
        if gap != Cents::ZERO {
            let (seq, occurred_on) = (entry.seq, entry.occurred_on);
            file.measured.lines.push(EffortLine { seq, occurred_on, kind: LineKind::RentGap, amount: gap });
        }
        self.relogements.push(file);
        self.undo.push(Undo::File);
    }

    fn reverse(&mut self, entry: &Applied<'_>) {
        let Some((target_seq, target)) = entry.target else { return };
        self.reversed.insert(target_seq, entry.seq);
        self.undo.push(Undo::Reversed(target_seq));
        if !matches!(target, Event::RelogementRecorded(_)) {
            self.follow_up(entry, target, -1);
            return;
        }
        let Some(index) = self.relogements.index_at(target_seq) else { return };
        let file = self.relogements.file_mut(index);
        file.measured.reversed = true;
        self.undo.push(Undo::FileReversed(index));
        let booked = file.measured.lines.iter().find(|line| line.seq == target_seq).copied();
        if let Some(line) = booked {
            self.push_line(
                index,
                EffortLine { seq: entry.seq, amount: Cents::new(-line.amount.get()), ..line },
            );
        }
    }

    /// What follows a relogement, with sign −1 when it is reversed.
    fn follow_up(&mut self, entry: &Applied<'_>, event: &Event, sign: i32) {
        let recorded = match event {
            Event::RentGapAccrued(accrual) => self.relogements.index_at(accrual.recorded_seq),
            _ => event.relogement().and_then(|id| self.relogements.index_of(id)),
        };
        let Some(index) = recorded else { return };
        let signed = |cents: Cents| Cents::new(cents.get() * i64::from(sign));
        let line = |kind, amount| EffortLine {
            seq: entry.seq,
            occurred_on: entry.occurred_on,
            kind,
            amount: signed(amount),
        };
        match event {
            Event::WorksRecorded(works) => self.push_line(index, line(LineKind::Works, works.amount.cents())),
            Event::VacancyRecorded(vacancy) => {
                let kind = LineKind::Vacancy { days: vacancy.days() * sign };
                self.push_line(index, line(kind, vacancy.amount.cents()));
            }
            Event::IndemnityRecorded(indemnity) => match indemnity.status {
                IndemnityStatus::Received => {
                    self.push_line(index, line(LineKind::Indemnity, indemnity.amount.cents()))
                }
                IndemnityStatus::Reclaimed => {
                    let back = Cents::new(-indemnity.amount.get());
                    self.push_line(index, line(LineKind::Indemnity, back));
                }
                IndemnityStatus::Expected | IndemnityStatus::Requested | IndemnityStatus::Notified => return,
            },
            Event::RentGapAccrued(accrual) => {
                let moved = Cents::new(accrual.due.get() - accrual.booked_before.get());
                self.push_line(index, line(LineKind::RentGap, moved));
                let measured = &mut self.relogements.file_mut(index).measured;
                self.undo.push(Undo::Accrued(index, measured.accrued));
                measured.accrued = accrual.due;
                return; // booked by the chamber: it never stands in the way of a reversal
            }
            Event::LeaseEnded(end) => self.end_lease(index, entry, end.ended_on, sign),
            Event::RentRevised(revision) => self.revise(index, entry, revision),
            _ => return,
        }
        self.relogements.file_mut(index).live_follow_ups += sign;
        self.undo.push(Undo::LiveFollowUps(index, sign));
    }

    fn end_lease(&mut self, index: u32, entry: &Applied<'_>, ended_on: Date, sign: i32) {
        let rents = &mut self.relogements.file_mut(index).measured.rents;
        self.undo.push(Undo::EndedOn(index, rents.ended_on));
        rents.ended_on = (sign > 0).then_some(ended_on);
        if let Some(gap) = entry.transfers.first().map(signed_gap) {
            let kind = LineKind::RentGap;
            self.push_line(
                index,
                EffortLine { seq: entry.seq, occurred_on: entry.occurred_on, kind, amount: gap },
            );
        }
    }

    /// Adds a revision, or removes the very one that is reversed: two may read the same.
    fn revise(&mut self, index: u32, entry: &Applied<'_>, revision: &RentRevision) {
        let file = self.relogements.file_mut(index);
        let Some((target, _)) = entry.target else {
            let step = (revision.from, revision.reference_rent, revision.practised_rent);
            file.measured.rents.revisions.push(step);
            file.revised_by.push(entry.seq);
            self.undo.push(Undo::RevisionAdded(index));
            return;
        };
        if let Some(place) = file.revised_by.iter().position(|by| *by == target) {
            let step = file.measured.rents.revisions.remove(place);
            file.revised_by.remove(place);
            self.undo.push(Undo::RevisionRemoved(index, place, target, step));
        }
    }

    fn push_line(&mut self, index: u32, line: EffortLine) {
        self.relogements.file_mut(index).measured.lines.push(line);
        self.undo.push(Undo::Line(index));
    }

    /// Takes every change back to a mark, the last first.
    pub(crate) fn rollback_to(&mut self, mark: Mark) {
        self.head = mark.head;
        while self.undo.len() > mark.changes {
            if let Some(change) = self.undo.pop() {
                self.take_back(change);
            }
        }
    }

    fn take_back(&mut self, change: Undo) {
        match change {
            Undo::Transfer(transfer) => self.balances.subtract(&transfer),
            Undo::Indexed(owner) => self.balances.unindex(owner),
            Undo::Bailleur(siren) => self.parties.remove_bailleur(siren),
            Undo::Absorbed(siren) => self.parties.set_absorbed(siren, None),
            Undo::BankAccount(siren) => self.parties.pop_bank_account(siren),
            Undo::Operation(id) => self.parties.remove_operation(&id),
            Undo::Convention(territory) => self.parties.pop_convention(territory),
            Undo::Reversed(seq) => {
                self.reversed.remove(&seq);
            }
            Undo::Run(id, run) => self.nettings.put_back(id, run.map(|run| *run)),
            Undo::LastApproved(territory, id) => self.nettings.set_last_approved(territory, id),
            Undo::Regional(id, plan) => self.regionals.put_back(id, plan.map(|plan| *plan)),
            Undo::LastRegional(id) => self.regionals.set_last_approved(id),
            Undo::Dispute(id, dispute) => self.disputes.put_back(id, dispute.map(|dispute| *dispute)),
            Undo::File => self.relogements.pop(),
            change => self.relogements.take_back(change),
        }
    }

    /// The same books, whatever the way that led here; for tests of replay and of taking back.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let (balances, relogements) = (self.balances.fingerprint(), self.relogements.fingerprint());
        let reversed: BTreeMap<_, _> = self.reversed.iter().collect();
        let (head, parties, nettings) = (self.head, self.parties.fingerprint(), &self.nettings);
        let (regionals, disputes) = (&self.regionals, &self.disputes);
        format!(
            "{head:?}\n{parties}\n{relogements}\n{nettings:?}\n{regionals:?}\n{disputes:?}\n{balances}\n{reversed:?}"
        )
    }
}

/// The rent gap that a transfer of a rent-gap rule moves: above zero when it debits 704900.
fn signed_gap(transfer: &Transfer) -> Cents {
    let amount = transfer.amount().get();
    let borne = transfer.debit().compte == chambre_domain::Compte::EcartDeLoyer;
    Cents::new(if borne { amount } else { -amount })
}
