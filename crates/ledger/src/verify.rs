//! Verification: reads the whole journal again and says what it proves, in memory that does not grow with it.

use crate::error::LedgerError;
use crate::store::Reader;
use chambre_domain::{Account, Balance, Cents, Compte, Entry, Event, Seal, Seq, StoredEntry, Unit};
use rusqlite::Connection;
use std::collections::BTreeMap;

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

/// Verifies a journal: numbering without hole, seals, canonical events, transfers that follow the posting
/// rules, instants that never go back, reversals that mirror what they name, balances.
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
    let mut checker =
        Checker { reader, balances: BTreeMap::new(), found: Verification::empty(), booked_at: i64::MIN };
    let read = reader.scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
        progress(stored.seq);
        match checker.entry(&stored)? {
            None => Ok(()),
            Some(what) => Err(Stop::Fault(Fault { seq: stored.seq, what })),
        }
    });
    match read {
        Ok(()) => checker.compare_balances()?,
        Err(Stop::Fault(fault)) => checker.found.fault = Some(fault),
        Err(Stop::Storage(error)) => return Err(error.into()),
    }
    reader.thaw()?;
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
        Self { entries: 0, ecritures: 0, transfers: 0, accounts: 0, head: Seal::GENESIS, fault: None }
    }
}

struct Checker<'a> {
    reader: &'a Reader<Connection>,
    balances: BTreeMap<Account, Balance>,
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
        self.add(stored, &entry);
        Ok(None)
    }

    fn add(&mut self, stored: &StoredEntry, entry: &Entry) {
        for transfer in &entry.transfers {
            self.balances.entry(transfer.debit()).or_default().debit += transfer.amount().get();
            self.balances.entry(transfer.credit()).or_default().credit += transfer.amount().get();
        }
        self.booked_at = stored.booked_at;
        self.found.head = stored.seal;
        self.found.entries += 1;
        self.found.ecritures += u64::from(!entry.transfers.is_empty());
        self.found.transfers += u64::try_from(entry.transfers.len()).unwrap_or(u64::MAX);
    }

    /// Whether the transfers are those that the posting rules make of the event.
    ///
    /// Amounts that rest on a convention (capitalised gap, claw-back) are checked for their accounts only: the
    /// replay at opening recomputes them.
    fn posting(&self, entry: &Entry) -> rusqlite::Result<Option<String>> {
        use Compte::{EcartDeLoyer, EffortMesure, IndemniteAnru, PositionDuBailleur, Travaux, Vacance};
        use chambre_domain::follow_up::IndemnityStatus::{Received, Reclaimed};
        let one = |debit: Compte, credit: Compte, cents: i64| {
            let [transfer] = entry.transfers.as_slice() else { return false };
            (transfer.debit().compte, transfer.credit().compte, transfer.amount().get())
                == (debit, credit, cents)
                && (transfer.debit().territory, transfer.debit().bailleur)
                    == (transfer.credit().territory, transfer.credit().bailleur)
        };
        let none = entry.transfers.is_empty();
        let follows = match &entry.event {
            Event::WorksRecorded(works) => one(Travaux, EffortMesure, works.amount.get()),
            Event::VacancyRecorded(vacancy) => one(Vacance, EffortMesure, vacancy.amount.get()),
            Event::IndemnityRecorded(indemnity) if indemnity.status == Received => {
                one(EffortMesure, IndemniteAnru, indemnity.amount.get())
            }
            Event::IndemnityRecorded(indemnity) if indemnity.status == Reclaimed => {
                one(IndemniteAnru, EffortMesure, indemnity.amount.get())
            }
            Event::IndemnityRecorded(_) => none,
            Event::RentGapAccrued(accrual) => match accrual.due.get() - accrual.booked_before.get() {
                0 => none,
                gap if gap > 0 => one(EcartDeLoyer, EffortMesure, gap),
                back => one(EffortMesure, EcartDeLoyer, -back),
            },
            Event::RelogementRecorded(_) => {
                let placements = entry.transfers.iter().filter(|t| t.unit() == Unit::Placement);
                let euros = entry.transfers.iter().filter(|t| t.unit() == Unit::Eur);
                placements.count() == 1
                    && euros.count() == entry.transfers.len() - 1
                    && entry.transfers.len() <= 2
            }
            Event::PaymentConfirmed(payment) => {
                let [transfer] = entry.transfers.as_slice() else {
                    return Ok(Some("règle d’écriture".to_owned()));
                };
                (transfer.debit().compte, transfer.credit().compte)
                    == (PositionDuBailleur, PositionDuBailleur)
                    && transfer.amount() == payment.amount
            }
            Event::NettingApproved(_) => positions_sum_to_zero(entry),
            Event::EventReversed(reversal) => return self.mirrors(entry, &reversal.reverses),
            Event::BailleurRegistered(_)
            | Event::OperationRegistered(_)
            | Event::ConventionPublished(_)
            | Event::NettingProposed(_)
            | Event::NettingRejected(_)
            | Event::RentRevised(_) => none,
            Event::BailleurSucceeded(_) | Event::LandCounterpartRecorded(_) | Event::LeaseEnded(_) => true,
        };
        Ok((!follows).then(|| "les mouvements ne suivent pas la règle d’écriture de l’événement".to_owned()))
    }

    fn mirrors(&self, entry: &Entry, reverses: &chambre_domain::EventId) -> rusqlite::Result<Option<String>> {
        let Some(target) = self.reader.entry_of(reverses)?.and_then(|stored| stored.decode().ok()) else {
            return Ok(Some("l’écriture extournée est introuvable".to_owned()));
        };
        // Accounts may have passed to an absorbing bailleur meanwhile: comptes and amounts are compared.
        let shape = |debit: Compte, credit: Compte, amount: i64| (debit, credit, amount);
        let mirrored =
            target.transfers.iter().map(|t| shape(t.credit().compte, t.debit().compte, t.amount().get()));
        let booked =
            entry.transfers.iter().map(|t| shape(t.debit().compte, t.credit().compte, t.amount().get()));
        let good = target.seq < entry.seq && mirrored.eq(booked);
        Ok((!good).then(|| "l’extourne n’est pas le miroir de ce qu’elle nomme".to_owned()))
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
            let summed = left.remove(&account).unwrap_or_default();
            if summed != stored {
                self.found.fault =
                    fault(format!("le solde de {account} n’est pas la somme de ses mouvements"));
                return Ok(());
            }
        }
        if let Some(account) = left.keys().next() {
            self.found.fault = fault(format!("le compte {account} manque dans la table des soldes"));
        }
        Ok(())
    }
}

/// Invariant: a netting adds nothing up to a territory's positions.
fn positions_sum_to_zero(entry: &Entry) -> bool {
    let is_position = |account: Account| account.compte == Compte::PositionDuBailleur;
    let sum = entry.transfers.iter().fold(Some(Cents::ZERO), |sum, transfer| {
        let amount = transfer.amount().cents();
        let sum = if is_position(transfer.credit()) { sum?.checked_add(amount) } else { sum };
        if is_position(transfer.debit()) { sum?.checked_sub(amount) } else { sum }
    });
    sum == Some(Cents::ZERO)
}
