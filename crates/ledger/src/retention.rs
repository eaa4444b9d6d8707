//! Retention: which pseudonyms are due for destruction, and their destruction.
//!
//! A relogement is *closed* once its lease has ended or it was reversed: on the last day of the lease, or on the
//! day that its end or reversal was booked if that came later. A year after, the opening of its commitment is
//! destroyed, unless something still needs it ([`Kept`]). The journal itself does not change.

use crate::books::{Books, RelogementFile};
use crate::decide;
use crate::error::LedgerError;
use crate::ledger::{lock, replay};
use crate::reader::Reader;
use crate::store::{Durability, FILE_NAME, Store};
use chambre_domain::dispute::DisputeSubject;
use chambre_domain::{
    BookedAt, Date, Event, Household, NettingStatus, Reason, Refusal, Seq, StoredEntry, calendar,
};
use rusqlite::Connection;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Months from the closing of a relogement to the destruction of its pseudonym (docs/rgpd.md).
const MONTHS: u32 = 12;

/// Why a pseudonym is kept. The first that applies is the one told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Sealed in the clear, before commitments: destroying it would break the chain.
    InClear,
    /// Its lease runs, as far as the journal knows.
    Open,
    /// It is disputed, or its origin or its host is in its territory.
    Disputed,
    /// Its effort is not what approved runs shared of it.
    Unshared,
    /// A run that shares it is neither settled nor closed.
    InRun,
    /// It was closed less than a year before.
    Recent,
}

/// What became of the pseudonyms of a journal on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// The day on which they were judged.
    pub on: Date,
    /// Entries whose opening is due for destruction, in order.
    pub due: Vec<Seq>,
    /// How many are kept, by reason.
    pub kept: BTreeMap<Kept, u64>,
    /// How many were destroyed before.
    pub destroyed_before: u64,
}

/// A destruction, as the file records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destruction {
    /// When it was done.
    pub done_at: BookedAt,
    /// The day on which the pseudonyms were judged.
    pub due_on: Date,
    /// How many openings were destroyed.
    pub openings: u64,
    /// The first entry whose opening was destroyed.
    pub first: Seq,
    /// The last.
    pub last: Seq,
}

/// Whether approved runs have still to share something of a relogement: the rule belongs to the settlement.
pub type Unshared<'a> = &'a dyn Fn(&Books, &RelogementFile) -> bool;

/// Tells which pseudonyms of a folder are due on a day; changes nothing, even while the service runs.
///
/// # Errors
/// [`Reason::DateInFuture`]; a folder without journal, a damaged journal, the storage error.
pub fn survey(
    folder: &Path,
    on: Date,
    now: BookedAt,
    unshared: Unshared<'_>,
) -> Result<Retention, LedgerError> {
    check(folder, on, now)?;
    let reader = Reader::open(folder)?;
    reader.freeze()?;
    judge(&replay(&reader)?, &reader, on, unshared)
}

/// Destroys the pseudonyms of a folder that are due on a day, with their salts, and records it.
///
/// The file is written anew, so that it takes as much free space again. Cut off at any moment, it is finished by
/// running it again.
///
/// # Errors
/// As [`survey`]; [`LedgerError::AlreadyOpen`] while the service runs; [`LedgerError::Read`] when somebody reads the
/// journal: the destruction is then recorded, but the disk may hold what it destroyed until it is run again.
pub fn destroy(
    folder: &Path,
    on: Date,
    now: BookedAt,
    unshared: Unshared<'_>,
) -> Result<Retention, LedgerError> {
    check(folder, on, now)?;
    let _lock = lock(folder)?;
    let store = Store::open(folder, Durability::Full)?;
    let reader = store.reader();
    let retention = judge(&replay(&reader)?, &reader, on, unshared)?;
    if let (Some(first), Some(last)) = (retention.due.first(), retention.due.last()) {
        let openings = u64::try_from(retention.due.len()).unwrap_or(u64::MAX);
        let record = Destruction { done_at: now, due_on: on, openings, first: *first, last: *last };
        store.destroy_openings(&retention.due, &record)?;
    }
    // Even when nothing was due: an earlier run may have been cut off before it.
    store.rewrite().map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy) => LedgerError::Read,
        _ => error.into(),
    })?;
    Ok(retention)
}

fn check(folder: &Path, on: Date, now: BookedAt) -> Result<(), LedgerError> {
    let today = now.day_in_paris();
    if on > today {
        return Err(Refusal::new(Reason::DateInFuture, "on", on).with("today", today).into());
    }
    // SQLite would make an empty journal.
    std::fs::metadata(folder.join(FILE_NAME))?;
    Ok(())
}

fn judge<C: Borrow<Connection>>(
    books: &Books,
    reader: &Reader<C>,
    on: Date,
    unshared: Unshared<'_>,
) -> Result<Retention, LedgerError> {
    let mut retention = Retention { on, due: Vec::new(), kept: BTreeMap::new(), destroyed_before: 0 };
    let running = in_unfinished_runs(books);
    for file in books.relogements() {
        let seq = file.measured.recorded_seq;
        let reason = if reader.opening(seq)?.is_none() {
            if !in_clear(reader.entry(seq)?)? {
                retention.destroyed_before += 1;
                continue;
            }
            Some(Kept::InClear)
        } else {
            match closed_on(books, reader, file)? {
                None => Some(Kept::Open),
                Some(_) if is_disputed(books, file) => Some(Kept::Disputed),
                Some(_) if accrues(books, file) || unshared(books, file) => Some(Kept::Unshared),
                Some(_) if running.contains(&seq) => Some(Kept::InRun),
                Some(closed_on) if calendar::plus_months(closed_on, MONTHS) > on => Some(Kept::Recent),
                Some(_) => None,
            }
        };
        match reason {
            Some(reason) => *retention.kept.entry(reason).or_default() += 1,
            None => retention.due.push(seq),
        }
    }
    Ok(retention)
}

fn in_clear(stored: Option<StoredEntry>) -> Result<bool, LedgerError> {
    let entry = stored.map(|stored| stored.decode()).transpose()?;
    Ok(entry.is_some_and(|entry| match entry.event {
        Event::RelogementRecorded(relogement) => matches!(relogement.household, Household::Pseudonym(_)),
        _ => false,
    }))
}

/// The day a relogement was closed; nothing while it is open.
fn closed_on<C: Borrow<Connection>>(
    books: &Books,
    reader: &Reader<C>,
    file: &RelogementFile,
) -> Result<Option<Date>, LedgerError> {
    let booked_on = |stored: &StoredEntry| BookedAt::from_millis(stored.booked_at).day_in_paris();
    if let Some(by) = books.reversed_by(file.measured.recorded_seq) {
        return Ok(reader.entry(by)?.as_ref().map(booked_on));
    }
    let Some(ended_on) = file.measured.rents.ended_on else { return Ok(None) };
    // The last one: an end that was reversed comes before.
    for seq in file.entries.iter().rev() {
        let Some(stored) = reader.entry(Seq::new(*seq))? else { continue };
        if matches!(stored.decode()?.event, Event::LeaseEnded(_)) {
            return Ok(Some(ended_on.max(booked_on(&stored))));
        }
    }
    Ok(None)
}

fn is_disputed(books: &Books, file: &RelogementFile) -> bool {
    let measured = &file.measured;
    let territory = measured.territory;
    let of_bailleur = |siren| DisputeSubject::Bailleur { territory, siren };
    let id = measured.id.clone();
    [DisputeSubject::Relogement { id }, of_bailleur(measured.origin), of_bailleur(measured.host)]
        .iter()
        .any(|subject| books.disputes().open_on(subject).is_some())
}

/// Whether a closing has still to book some of its rent gap; so it has while an index is not published.
fn accrues(books: &Books, file: &RelogementFile) -> bool {
    let through = file.measured.rents.ended_on.unwrap_or(file.measured.rents.lease_date);
    !decide::accrued_due(books, file, through).is_ok_and(|due| due == file.measured.accrued)
}

fn in_unfinished_runs(books: &Books) -> BTreeSet<Seq> {
    let finished = |status| {
        use NettingStatus::{Cancelled, Closed, Rejected, Settled};
        matches!(status, Settled | Closed | Rejected | Cancelled)
    };
    let unfinished = books.nettings().filter(|run| !finished(run.status));
    let proposals = unfinished.filter_map(|run| run.proposal());
    proposals.flat_map(|proposal| &proposal.shared).map(|shared| shared.recorded_seq).collect()
}
