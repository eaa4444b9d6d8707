//! Verification: reads the whole journal again and says what it proves, in a memory that grows with its accounts only.

use crate::books::{Applied, Books};
use crate::decide::mirrored;
use crate::error::LedgerError;
use crate::households::Households;
use crate::posting::{self, Parties};
use crate::proposed::Proposed;
use crate::reader::Reader;
use crate::retention::Destruction;
use chambre_domain::bailleur::Succession;
use chambre_domain::follow_up::LandCounterpart;
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Account, Balance, Compte, Entry, Event, EventId, NettingId, PaymentId, Relogement, Seal, Seq,
    StoredEntry, Transfer, Transfers,
};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Entries read.
    pub entries: u64,
    /// Entries that move something.
    pub ecritures: u64,
    /// Transfers read.
    pub transfers: u64,
    /// Accounts moved.
    pub accounts: usize,
    /// Seal of the last entry.
    pub head: Seal,
    /// What became of the households of the relogements read.
    pub households: Households,
    /// Each destruction of pseudonyms, in order, as the file records it.
    pub destructions: Vec<Destruction>,
    /// The first thing that is wrong, if any.
    pub fault: Option<Fault>,
}

/// The first thing that is wrong in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The entry concerned; the last one for a balance.
    pub seq: Seq,
    /// What is wrong, in French.
    pub what: String,
}

/// Verifies a journal: numbering without hole, seals, canonical events, transfers and dates that follow the
/// rules, instants that never go back, reversals that mirror what they name, balances; openings that open their
/// commitments, those missing being as many as the destructions recorded.
///
/// `progress` is told the number of each entry.
///
/// # Errors
/// The storage error; what is wrong in the journal is in the answer.
pub fn verify(
    reader: &Reader<Connection>,
    mut progress: impl FnMut(Seq),
) -> Result<Verification, LedgerError> {
    reader.freeze()?;
    let found = verify_frozen(reader, &mut progress);
    // Whatever was found: a reader that is used again must see what came since.
    reader.thaw()?;
    found
}

fn verify_frozen(
    reader: &Reader<Connection>,
    progress: &mut impl FnMut(Seq),
) -> Result<Verification, LedgerError> {
    let mut checker = Checker {
        reader,
        registry: Books::default(),
        proposed: BTreeMap::new(),
        approved: BTreeSet::new(),
        balances: BTreeMap::new(),
        reversals: 0,
        found: Verification::empty(),
        booked_at: i64::MIN,
    };
    let read = reader.scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
        progress(stored.seq);
        match checker.entry(&stored)? {
            None => Ok(()),
            Some(what) => Err(Stop::Fault(Fault { seq: stored.seq, what })),
        }
    });
    match read {
        Ok(()) => {
            checker.compare_balances()?;
            checker.compare_openings()?;
        }
        Err(Stop::Fault(fault)) => checker.found.fault = Some(fault),
        Err(Stop::Storage(error)) => return Err(error.into()),
    }
    Ok(checker.found)
}

enum Stop {
    Fault(Fault),
    Storage(rusqlite::Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error)
    }
}

impl Verification {
    fn empty() -> Self {
        Self {
            entries: 0,
            ecritures: 0,
            transfers: 0,
            accounts: 0,
            head: Seal::GENESIS,
            households: Households::default(),
            destructions: Vec::new(),
            fault: None,
        }
    }
}

struct Checker<'a> {
    reader: &'a Reader<Connection>,
    registry: Books,
    proposed: BTreeMap<NettingId, Seq>,
    approved: BTreeSet<NettingId>,
    balances: BTreeMap<Account, Balance>,
    reversals: u64,
    found: Verification,
    booked_at: i64,
}

impl Checker<'_> {
    /// What is wrong with an entry, in French.
    fn entry(&mut self, stored: &StoredEntry) -> rusqlite::Result<Option<String>> {
        if stored.seq.get() != self.found.entries + 1 {
            return Ok(Some(format!("numérotation : {} attendu", self.found.entries + 1)));
        }
        if stored.seal_after(self.found.head) != stored.seal {
            return Ok(Some("le sceau ne correspond pas au contenu et à l’écriture précédente".to_owned()));
        }
        if stored.booked_at < self.booked_at {
            return Ok(Some("enregistrée avant l’écriture précédente".to_owned()));
        }
        let entry = match stored.decode() {
            Ok(entry) => entry,
            Err(error) => return Ok(Some(format!("illisible : {error}"))),
        };
        if entry.event.to_payload() != stored.payload {
            return Ok(Some("l’événement n’est pas sous sa forme canonique".to_owned()));
        }
        if let Some(what) = self.posting(&entry)? {
            return Ok(Some(what));
        }
        if let Event::RelogementRecorded(relogement) = &entry.event
            && !self.found.households.count(&relogement.household, self.reader.opening(entry.seq)?.as_ref())
        {
            return Ok(Some("le pseudonyme gardé à part n’est pas celui que l’écriture engage".to_owned()));
        }
        if !self.add(stored, &entry) {
            return Ok(Some("les mouvements d’un compte dépassent la capacité de calcul".to_owned()));
        }
        self.remember(&entry);
        Ok(None)
    }

    /// Adds an entry up; false when a counter would leave its range.
    fn add(&mut self, stored: &StoredEntry, entry: &Entry) -> bool {
        for transfer in &entry.transfers {
            let raised = |side: &mut i64| match side.checked_add(transfer.amount().get()) {
                Some(sum) => {
                    *side = sum;
                    true
                }
                None => false,
            };
            if !raised(&mut self.balances.entry(transfer.debit()).or_default().debit)
                || !raised(&mut self.balances.entry(transfer.credit()).or_default().credit)
            {
                return false;
            }
        }
        self.booked_at = stored.booked_at;
        self.found.head = stored.seal;
        self.found.entries += 1;
        self.found.ecritures += u64::from(!entry.transfers.is_empty());
        self.found.transfers += u64::try_from(entry.transfers.len()).unwrap_or(u64::MAX);
        true
    }

    /// Whether the transfers are those that the posting rules make of the event.
    ///
    /// Recomputed from the journal alone. Follow-ups of a relogement are checked for their comptes and amount
    /// (claw-back: comptes only), since which bailleur hosts it would take a memory that grows with the journal.
    fn posting(&mut self, entry: &Entry) -> rusqlite::Result<Option<String>> {
        use Compte::{EcartDeLoyer, EffortMesure, IndemniteAnru, Travaux, Vacance};
        use chambre_domain::follow_up::IndemnityStatus::{Received, Reclaimed};
        let one = |debit: Compte, credit: Compte, cents: i64| {
            let [transfer] = entry.transfers.as_slice() else {
                return cents == 0 && entry.transfers.is_empty();
            };
            (transfer.debit().compte, transfer.credit().compte, transfer.amount().get())
                == (debit, credit, cents)
                && (transfer.debit().territory, transfer.debit().bailleur)
                    == (transfer.credit().territory, transfer.credit().bailleur)
        };
        let exactly = |made: Option<Transfers>| made.is_some_and(|made| made == entry.transfers);
        let follows = match &entry.event {
            Event::WorksRecorded(works) => one(Travaux, EffortMesure, works.amount.get()),
            Event::VacancyRecorded(vacancy) => one(Vacance, EffortMesure, vacancy.amount.get()),
            Event::IndemnityRecorded(indemnity) => match indemnity.status {
                Received => one(EffortMesure, IndemniteAnru, indemnity.amount.get()),
                Reclaimed => one(IndemniteAnru, EffortMesure, indemnity.amount.get()),
                _ => entry.transfers.is_empty(),
            },
            Event::RentGapAccrued(accrual) => {
                match accrual.due.get().checked_sub(accrual.booked_before.get()) {
                    Some(gap) if gap < 0 => one(EffortMesure, EcartDeLoyer, gap.saturating_neg()),
                    gap => one(EcartDeLoyer, EffortMesure, gap.unwrap_or(i64::MAX)),
                }
            }
            Event::LeaseEnded(_) => {
                let size = entry.transfers.first().map_or(0, |transfer| transfer.amount().get());
                one(EffortMesure, EcartDeLoyer, size) || one(EcartDeLoyer, EffortMesure, size)
            }
            Event::RelogementRecorded(relogement) => exactly(self.placement(relogement)),
            Event::LandCounterpartRecorded(counterpart) => {
                let LandCounterpart { territory, bailleur, step, square_metres, .. } = counterpart;
                exactly(Some(posting::land_counterpart(*territory, *bailleur, *step, *square_metres)))
            }
            Event::BailleurSucceeded(succession) => exactly(Some(self.succession(succession))),
            Event::NettingApproved(approval) => {
                exactly(self.proposal(&approval.netting)?.map(|proposal| proposal.approval()))
            }
            Event::NettingCancelled(cancellation) => {
                let approved = self.approved.contains(&cancellation.netting);
                let proposal = if approved { self.proposal(&cancellation.netting)? } else { None };
                let transfers = proposal.map(|proposal| proposal.approval()).unwrap_or_default();
                exactly(Some(mirrored(&self.registry, &transfers)))
            }
            Event::PaymentConfirmed(paid) => {
                let moved = self.payment(&paid.netting, &paid.payment)?;
                exactly(moved.filter(|(_, cents)| *cents == paid.amount.get()).map(|(moved, _)| moved))
            }
            Event::PaymentReturned(back) => {
                let paid = self.payment(&back.netting, &back.payment)?;
                exactly(paid.map(|(paid, _)| paid.iter().map(Transfer::mirrored).collect()))
            }
            Event::EventReversed(reversal) => return self.mirrors(entry, &reversal.reverses),
            Event::BailleurRegistered(_)
            | Event::BankAccountRegistered(_)
            | Event::OperationRegistered(_)
            | Event::ConventionPublished(_)
            | Event::DisputeRaised(_)
            | Event::DisputeSettled(_)
            | Event::NettingOpened(_)
            | Event::NettingCutOff(_)
            | Event::NettingProposed(_)
            | Event::RegionalProposed(_)
            | Event::NettingPublished(_)
            | Event::NettingRejected(_)
            | Event::NettingInstructed(_)
            | Event::NettingClosed(_)
            | Event::RentRevised(_) => entry.transfers.is_empty(),
        };
        let day = entry.event.occurred_on().unwrap_or_else(|| entry.booked_at.day_in_paris());
        if day != entry.occurred_on {
            return Ok(Some("la date du fait n’est pas celle de l’événement".to_owned()));
        }
        Ok((!follows).then(|| "les mouvements ne suivent pas la règle d’écriture de l’événement".to_owned()))
    }

    /// What a relogement moves under the convention of its lease date.
    fn placement(&self, relogement: &Relogement) -> Option<Transfers> {
        let registered = self.registry.parties();
        let operation = registered.operation(&relogement.operation)?;
        let convention = registered.convention_on(operation.territory, relogement.lease_date)?;
        let gap = RentHistory::of(relogement).capitalised(&convention.rent_gap).ok()?;
        let (territory, origin) = (operation.territory, registered.current(operation.origin));
        Some(posting::relogement(&Parties { territory, origin, host: relogement.host }, gap))
    }

    /// What a merger moves: the balances of the absorbed bailleur, as they stand.
    fn succession(&self, succession: &Succession) -> Transfers {
        let absorbed = self.balances.iter().filter(|(of, _)| of.bailleur == Some(succession.absorbed));
        let moved = |(account, balance): (&Account, &Balance)| {
            posting::succession(*account, succession.absorbing, balance.credit_balance())
        };
        absorbed.filter_map(moved).collect()
    }

    fn proposal(&self, netting: &NettingId) -> rusqlite::Result<Option<Proposed>> {
        let Some(seq) = self.proposed.get(netting) else { return Ok(None) };
        Ok(self.reader.entry(*seq)?.and_then(|stored| stored.decode().ok()).and_then(Proposed::of))
    }

    /// What the confirmation of a payment moves, and its cents.
    fn payment(
        &self,
        netting: &NettingId,
        payment: &PaymentId,
    ) -> rusqlite::Result<Option<(Transfers, i64)>> {
        Ok(self.proposal(netting)?.and_then(|proposal| proposal.payment(&self.registry, payment)))
    }

    fn mirrors(&mut self, entry: &Entry, reverses: &EventId) -> rusqlite::Result<Option<String>> {
        let target = self.reader.entry_of(reverses)?.and_then(|stored| stored.decode().ok());
        let Some(target) = target.filter(|target| target.seq < entry.seq) else {
            return Ok(Some("l’écriture extournée est introuvable".to_owned()));
        };
        self.reversals += 1;
        let good = mirrored(&self.registry, &target.transfers) == entry.transfers
            && target.occurred_on == entry.occurred_on
            && self.reader.reversed_by(target.seq)? == Some(entry.seq);
        Ok((!good).then(|| "l’extourne n’est pas le miroir de ce qu’elle nomme".to_owned()))
    }

    /// Keeps what later entries rest on: participants, projects, conventions, where each run was proposed.
    fn remember(&mut self, entry: &Entry) {
        match &entry.event {
            Event::BailleurRegistered(_)
            | Event::BailleurSucceeded(_)
            | Event::OperationRegistered(_)
            | Event::ConventionPublished(_) => {
                self.registry.apply(&Applied {
                    seq: entry.seq,
                    event_id: &entry.event_id,
                    occurred_on: entry.occurred_on,
                    event: &entry.event,
                    transfers: &[],
                    target: None,
                });
                self.registry.end_group();
            }
            Event::NettingProposed(proposal) => {
                self.proposed.insert(proposal.id.clone(), entry.seq);
            }
            Event::RegionalProposed(proposal) => {
                self.proposed.insert(proposal.id.clone(), entry.seq);
            }
            Event::NettingApproved(approval) => {
                self.approved.insert(approval.netting.clone());
            }
            _ => {}
        }
    }

    fn compare_balances(&mut self) -> Result<(), LedgerError> {
        self.found.accounts = self.balances.len();
        let seq = Seq::new(self.found.entries);
        let fault = |what: String| Some(Fault { seq, what });
        let mut left = std::mem::take(&mut self.balances);
        for row in self.reader.balances()? {
            let Some((account, stored)) = row else {
                self.found.fault = fault("une ligne de la table des soldes n’est pas un compte".to_owned());
                return Ok(());
            };
            if left.remove(&account) != Some(stored) {
                self.found.fault =
                    fault(format!("le solde de {account} n’est pas la somme de ses mouvements"));
                return Ok(());
            }
        }
        if let Some(account) = left.keys().next() {
            self.found.fault = fault(format!("le compte {account} manque dans la table des soldes"));
        } else if self.reader.reversal_count()? != self.reversals {
            self.found.fault = fault("une écriture est marquée extourne sans l’être".to_owned());
        }
        Ok(())
    }

    /// Whether every opening belongs to an entry, and every one that is missing was destroyed by a recorded run.
    fn compare_openings(&mut self) -> Result<(), LedgerError> {
        if self.found.fault.is_some() {
            return Ok(());
        }
        self.found.destructions = self.reader.destructions()?;
        let recorded = self.found.destructions.iter().map(|one| one.openings).sum();
        let what = self.found.households.mismatch(self.reader.opening_count()?, recorded);
        let seq = Seq::new(self.found.entries);
        self.found.fault = what.map(|what| Fault { seq, what });
        Ok(())
    }
}
