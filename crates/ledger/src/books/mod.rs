//! The state of the books in memory: what the entries of the journal add up to.
//!
//! Only `Books::apply` changes it, from an entry; the same function serves recording and replay, so that a
//! replay from zero gives the same state. Every change leaves its inverse in a log, so that a group that could
//! not be written, or was only a validation, is taken back exactly.

mod balances;
mod disputes;
mod efforts;
mod events;
mod latest;
mod nettings;
mod parties;
mod payable;
mod regionals;
mod relogements;
mod undo;

pub use balances::Balances;
pub use disputes::Disputes;
pub use relogements::RelogementFile;

use chambre_domain::{
    BookedAt, Date, Event, EventId, NettingId, NettingRun, Refusal, RegionalNetting, RelogementId, Seal, Seq,
    TerritoryId, Transfer,
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
    latest: latest::Latest,
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
        self.latest.push(head.seq, head.seal);
        self.head = head;
    }

    /// The seals of the entries after `after`, up to `up_to` included; nothing unless all are among the latest.
    #[must_use]
    pub fn latest_seals(&self, after: Seq, up_to: Seq) -> Option<Vec<Seal>> {
        self.latest.between(after, up_to)
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

    /// Takes every change back to a mark, the last first.
    pub(crate) fn rollback_to(&mut self, mark: Mark) {
        self.head = mark.head;
        self.latest.cut(mark.head.seq);
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
